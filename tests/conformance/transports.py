# SPDX-License-Identifier: Apache-2.0
"""One query over UDP, TCP, TLS and HTTPS by dnspython, Python's ssl and hyper's h2: the reply, or that there is none."""
import socket
import ssl
import struct

import dns.message

from daemon import PATIENCE
from h2_client import TYPE, Client
from harness import framed, read_exactly

NAMES = ("udp", "tcp", "tls", "https")
PROBE_ID = 0x7e57


class Reply:
    """`message` is None where a query had no reply, and `status` is that of HTTP."""

    def __init__(self, wire=None, status=None, fields=None):
        self.wire, self.status, self.fields = wire, status, fields or {}
        self.message = dns.message.from_wire(wire, ignore_trailing=False) if wire else None


class Transports:
    def __init__(self, test, node, authority, tls_port, https_port):
        self.test, self.node, self.authority = test, node, authority
        self.tls_port, self.https_port = tls_port, https_port
        # Answered by the daemon itself: behind a query that has no reply it shows that none came.
        self.probe = dns.message.make_query("localhost", "A", id=PROBE_ID).to_wire()

    def ask(self, transport, wire):
        return getattr(self, transport)(wire)

    def udp(self, wire):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(PATIENCE)
            client.connect((self.node.address, self.node.port))
            client.send(wire)
            client.send(self.probe)
            replies = []
            while not any(reply[:2] == struct.pack("!H", PROBE_ID) for reply in replies) or (len(replies) < 2 and is_slow(wire)):
                replies.append(client.recv(65535))
            return self.first(replies)

    def stream(self, stream, wire):
        """The probe follows on the same connection; a server may also close it because of what came first."""
        stream.settimeout(PATIENCE)
        replies = []
        try:
            stream.sendall(framed(wire) + framed(self.probe))
            while not any(reply[:2] == struct.pack("!H", PROBE_ID) for reply in replies) or (len(replies) < 2 and is_slow(wire)):
                replies.append(read_exactly(stream, int.from_bytes(read_exactly(stream, 2), "big")))
        except (EOFError, ConnectionError):
            pass
        return self.first(replies)

    @staticmethod
    def first(replies):
        others = [reply for reply in replies if reply[:2] != struct.pack("!H", PROBE_ID)]
        return Reply(others[0]) if others else Reply()

    def tcp(self, wire):
        with socket.create_connection((self.node.address, self.node.port), timeout=PATIENCE) as stream:
            return self.stream(stream, wire)

    def secure(self, port, protocol):
        context = ssl.create_default_context(cafile=self.authority.file)
        context.set_alpn_protocols([protocol])
        plain = socket.create_connection((self.node.address, port), timeout=PATIENCE)
        return context.wrap_socket(plain, server_hostname="dns.example")

    def tls(self, wire):
        with self.secure(self.tls_port, "dot") as stream:
            return self.stream(stream, wire)

    def https(self, wire):
        with self.secure(self.https_port, "h2") as stream:
            client = Client(stream)
            response = client.wait(client.post(wire))
        is_message = response.fields.get("content-type") == TYPE
        return Reply(response.body if is_message else None, response.status, response.fields)


def is_slow(wire):
    """A query that has a reply which may come behind that of the probe, because it is asked upstream."""
    return len(wire) >= 12 and not wire[2] & 0x80
