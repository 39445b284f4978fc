# SPDX-License-Identifier: Apache-2.0
"""HTTP/2 from hyper's h2 over a socket: requests and frames of any kind, and what the server makes of them."""
import base64
import socket
import ssl
import struct

import dns.message
import h2.config
import h2.connection
import h2.events
import h2.exceptions
import h2.settings

TYPE = "application/dns-message"


def wire_of(query):
    return query if isinstance(query, bytes) else query.to_wire()


def dns_text(query):
    return base64.urlsafe_b64encode(wire_of(query)).rstrip(b"=").decode()


def raw_frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


class Response:
    def __init__(self):
        self.status, self.fields, self.body, self.ended, self.reset = None, {}, b"", False, None

    def message(self):
        return dns.message.from_wire(self.body)


class Client:
    """`stream`: a connected socket, through TLS or not."""

    def __init__(self, stream):
        self.stream, self.responses, self.goaway, self.closed = stream, {}, None, False
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True, header_encoding="utf-8"))
        self.h2.initiate_connection()
        self.flush()

    def flush(self):
        self.stream.sendall(self.h2.data_to_send())

    def begin(self, fields, body=None, end=True, flush=True):
        number = self.h2.get_next_available_stream_id()
        self.h2.send_headers(number, fields, end_stream=body is None and end)
        if body is not None:
            self.h2.send_data(number, body, end_stream=end)
        self.responses[number] = Response()
        if flush:
            self.flush()
        return number

    @staticmethod
    def fields(method, path, *more):
        return [(":method", method), (":scheme", "https"), (":authority", "dns.example"), (":path", path), *more]

    def get(self, query, path="/dns-query", **options):
        return self.begin(self.fields("GET", f"{path}?dns={dns_text(query)}", ("accept", TYPE)), **options)

    def post(self, query, **options):
        wire = wire_of(query)
        return self.begin(self.fields("POST", "/dns-query", ("content-type", TYPE), ("content-length", str(len(wire)))),
                          wire, **options)

    def read(self):
        """Takes what has come; False: the connection is over."""
        try:
            received = self.stream.recv(65536)
        except (ConnectionError, ssl.SSLError):
            received = b""
        if not received:
            self.closed = True
            return False
        for event in self.h2.receive_data(received):
            self.note(event)
        try:
            self.flush()
        except (ConnectionError, ssl.SSLError):
            pass
        return True

    def note(self, event):
        response = self.responses.get(getattr(event, "stream_id", None))
        if isinstance(event, h2.events.ConnectionTerminated):
            self.goaway = int(event.error_code)
        elif response is None:
            return
        elif isinstance(event, h2.events.ResponseReceived):
            response.fields = dict(event.headers)
            response.status = int(response.fields[":status"])
        elif isinstance(event, h2.events.DataReceived):
            response.body += event.data
            self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.StreamEnded):
            response.ended = True
        elif isinstance(event, h2.events.StreamReset):
            response.reset = int(event.error_code)

    def wait(self, number):
        response = self.responses[number]
        while not response.ended and response.reset is None:
            if not self.read():
                raise EOFError(f"the connection ended before stream {number}, GOAWAY {self.goaway}")
        return response

    def wait_end(self):
        """The error of the GOAWAY with which the server ends; None: it ended without one."""
        while self.read():
            pass
        return self.goaway
