# SPDX-License-Identifier: Apache-2.0
"""Upstream servers of DNS over HTTPS: unbound, dnsdist, and a scripted one on hyper's h2."""
import socket
import ssl
import subprocess
import threading

import dns.message
import h2.config
import h2.connection
import h2.events
import h2.exceptions

from h2_client import TYPE
from upstreams import Server, Unbound, free_port, unbound_command


def trust(node, authority):
    """The daemon of `node` trusts the authority beside none other, as OpenSSL takes those of the system."""
    node.environment["SSL_CERT_FILE"] = str(authority.file)


class WithPair:
    """A server with a certificate of the authority, in its folder."""

    def pair(self, authority, name):
        chain, key = authority.pair(name=name)
        for file, text in (("chain.pem", chain), ("key.pem", key)):
            (self.folder / file).write_text(text)

    def url(self, name="dns.example"):
        return f"https://127.0.0.1:{self.https_port}/dns-query#{name}"


class HttpsUnbound(Unbound, WithPair):
    """unbound that resolves from one NSD, and is asked over HTTPS."""

    def __init__(self, test, nsd, authority, name="dns.example"):
        self.authority, self.name = authority, name
        super().__init__(test, nsd)

    def command(self):
        self.pair(self.authority, self.name)
        self.https_port = free_port()
        return unbound_command(self, "iterator", self._zones(), f"""
  interface: 127.0.0.1@{self.https_port}
  https-port: {self.https_port}
  http-endpoint: "/dns-query"
  tls-service-key: "{self.folder}/key.pem"
  tls-service-pem: "{self.folder}/chain.pem"
""")

    def start_again(self):
        """At the same ports."""
        for _ in range(10):
            self.process = subprocess.Popen(["unbound", "-d", "-c", str(self.folder / "unbound.conf")],
                                            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            if self._answers(self.nsd.zone):
                return
            self.process.kill()
            self.process.wait()
        raise AssertionError("unbound did not start again")


class HttpsDnsdist(Server, WithPair):
    """dnsdist in front of another server."""

    def __init__(self, test, behind, probe, authority, name="dns.example"):
        self.behind, self.authority, self.name = behind, authority, name
        super().__init__(test, probe)

    def command(self):
        self.pair(self.authority, self.name)
        self.https_port = free_port()
        config = self.folder / "dnsdist.conf"
        config.write_text(f"""
setLocal("127.0.0.1:{self.port}")
setUDPTimeout(30)
addDOHLocal("127.0.0.1:{self.https_port}", "{self.folder}/chain.pem", "{self.folder}/key.pem", "/dns-query")
newServer({{address="{self.behind}", healthCheckMode="up"}})
setSecurityPollSuffix("")
""")
        return ["dnsdist", "--supervised", "--disable-syslog", "-C", str(config)]


class H2Connection:
    """A connection of H2Upstream."""

    def __init__(self, stream, number):
        self.stream, self.number, self.closed = stream, number, False
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False, header_encoding="utf-8"))
        self.bodies, self.fields = {}, {}

    def flush(self):
        self.raw(self.h2.data_to_send())

    def raw(self, data):
        try:
            self.stream.sendall(data)
        except (OSError, ssl.SSLError):
            self.closed = True

    def answer(self, number, body, status=200, fields=(("content-type", TYPE),)):
        """Sends a response; a body larger than the windows goes as far as they let it."""
        self.h2.send_headers(number, [(":status", str(status)), *fields], end_stream=not body)
        while body:
            room = min(self.h2.local_flow_control_window(number), self.h2.max_outbound_frame_size)
            if room <= 0:
                break
            part, body = body[:room], body[room:]
            self.h2.send_data(number, part, end_stream=not body)
        self.flush()


class H2Upstream:
    """Calls `handler(connection, stream, query)` for each request that is whole; `query` is a message of dnspython."""

    def __init__(self, test, authority, handler, name="dns.example", protocols=("h2",), where=("127.0.0.1", 0)):
        self.handler, self.log, self.connections = handler, [], []
        self.arrived = threading.Condition()
        chain, key = authority.folder / f"{id(self)}.pem", authority.folder / f"{id(self)}.key"
        for path, text in zip((chain, key), authority.pair(name=name)):
            path.write_text(text)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(chain, key)
        if protocols:
            self.context.set_alpn_protocols(list(protocols))
        self.listener = socket.create_server(where)
        self.port = self.listener.getsockname()[1]
        test.addCleanup(self.close)
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self, name="dns.example", path="/dns-query"):
        return f"https://127.0.0.1:{self.port}{path}#{name}"

    def count(self, name):
        with self.arrived:
            return sum(asked == name for asked in self.log)

    def close(self):
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()

    def _accept(self):
        while True:
            try:
                plain, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(plain,), daemon=True).start()

    def _serve(self, plain):
        try:
            stream = self.context.wrap_socket(plain, server_side=True)
        except (OSError, ssl.SSLError):
            plain.close()
            return
        with stream:
            connection = H2Connection(stream, len(self.connections))
            self.connections.append(connection)
            connection.h2.initiate_connection()
            connection.flush()
            while not connection.closed:
                try:
                    received = stream.recv(65536)
                    events = connection.h2.receive_data(received) if received else []
                except (OSError, ssl.SSLError, h2.exceptions.ProtocolError):
                    return
                if not received:
                    return
                for event in events:
                    self._note(connection, event)
                connection.flush()

    def _note(self, connection, event):
        if isinstance(event, h2.events.RequestReceived):
            connection.fields[event.stream_id] = dict(event.headers)
            connection.bodies[event.stream_id] = b""
        elif isinstance(event, h2.events.DataReceived):
            connection.bodies[event.stream_id] += event.data
            connection.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.StreamEnded):
            query = dns.message.from_wire(connection.bodies.pop(event.stream_id))
            with self.arrived:
                self.log.append(query.question[0].name.to_text(omit_final_dot=True).lower())
                self.arrived.notify_all()
            self.handler(connection, event.stream_id, query)
