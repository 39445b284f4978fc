# SPDX-License-Identifier: Apache-2.0
"""Receivers of hits for tests: syslog over UDP, TCP and TLS, and programs of others as children."""
import re
import socket
import ssl
import subprocess
import sys
import threading

from daemon import eventually
from upstreams import free_port

HEADER = re.compile(rb"<134>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z node1 cenoted \d+ hit - ")

# A receiver over TCP that writes each message as a line; it is killed and stopped as a process.
CHILD = """
import socket, sys
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print(listener.getsockname()[1], flush=True)
while True:
    stream = listener.accept()[0].makefile("rb")
    while True:
        digits = b""
        while (one := stream.read(1)).isdigit():
            digits += one
        if one != b" ":
            break
        print(stream.read(int(digits)).decode(), flush=True)
"""


def certificate(folder, name):
    """A self-signed certificate and its key in one file."""
    path = folder / f"{name}.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                    "2", "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}", "-keyout", path, "-out",
                    folder / "certificate"], check=True, capture_output=True)
    path.write_text(path.read_text() + (folder / "certificate").read_text())
    return path


class Syslog:
    """Keeps the messages that it gets, without their counts of octets."""

    def __init__(self, test, kind, certificate_file=None):
        self.messages = []
        self.connections = 0
        self.faults = []
        self.arrived = threading.Condition()
        if kind == "udp":
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.socket.bind(("127.0.0.1", 0))
        else:
            self.socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"{kind}://127.0.0.1:{self.socket.getsockname()[1]}"
        self.tls = None
        if certificate_file:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(certificate_file)
        test.addCleanup(self.socket.close)
        threading.Thread(target=self._datagrams if kind == "udp" else self._streams, daemon=True).start()

    def _keep(self, message):
        with self.arrived:
            self.messages.append(message)

    def _datagrams(self):
        while True:
            self._keep(self.socket.recv(65536))

    def _streams(self):
        while True:
            stream, _ = self.socket.accept()
            threading.Thread(target=self._stream, args=(stream,), daemon=True).start()

    def _stream(self, stream):
        with stream:
            try:
                if self.tls:
                    stream = self.tls.wrap_socket(stream, server_side=True)
            except OSError as fault:
                self.faults.append(str(fault))
                return
            with stream, stream.makefile("rb") as reader:
                self.connections += 1
                self._frames(reader)

    def _frames(self, reader):
        while True:
            digits = b""
            while (one := reader.read(1)).isdigit():
                digits += one
            if not one:
                return
            if one != b" " or not digits:
                self.faults.append(f"a frame begins with {digits + one!r}")
                return
            self._keep(reader.read(int(digits)))

    def lines(self):
        """The messages without their headers, which are checked."""
        with self.arrived:
            messages = list(self.messages)
        found = []
        for message in messages:
            header = HEADER.match(message)
            if not header:
                raise AssertionError(f"no header of RFC 5424: {message!r}")
            found.append(message[header.end():].decode())
        return found

    def wait(self, count):
        eventually(lambda: len(self.messages) >= count or self.faults, f"{count} messages at {self.address}")
        if self.faults:
            raise AssertionError(self.faults)
        return self.lines()


class Child:
    """A program that a test starts and ends, whose lines of output are kept."""

    def __init__(self, test, *command):
        self.lines = []
        self.process = subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True)
        test.addCleanup(self.end)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def signal(self, number):
        self.process.send_signal(number)

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.reader.join()
        self.process.stdout.close()


class SyslogChild(Child):
    """CHILD, whose first line is its port: one that stays free when it has ended."""

    def __init__(self, test, port=None):
        super().__init__(test, sys.executable, "-c", CHILD, port or free_port())
        self.port = int(eventually(lambda: self.lines, "the port of the receiver")[0])

    def messages(self):
        return self.lines[1:]
