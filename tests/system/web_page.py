# SPDX-License-Identifier: Apache-2.0
"""A cenote-web that a test runs, and requests to it: by http.client for well-formed ones, by sockets for the others."""
import http.client
import os
import re
import signal
import socket
import ssl
import subprocess
import threading
import time

from daemon import BIN, PATIENCE, SANITIZER, deadline, eventually
from harness import SystemTest, control_call

HEADERS = {"content-security-policy", "x-content-type-options", "x-frame-options", "referrer-policy",
           "cross-origin-opener-policy", "cross-origin-resource-policy", "permissions-policy", "cache-control", "vary"}
COOKIE = "__Host-session"
LISTEN = '[web]\nlisten = ["127.0.0.1:0"]\n'


class Web:
    """The program, from start to end. Without `waits` it listens when this is made."""

    def __init__(self, node, environment=None, waits=False, **process):
        self.node = node
        self.lines = []
        self.arrived = threading.Condition()
        env = {**os.environ, **node.environment, **(environment or {})}
        self.process = subprocess.Popen([str(BIN / "cenote-web"), "--socket", str(node.control)], env=env,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                        **process)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        node.test.addCleanup(self.kill)
        if not waits:
            self.listen()

    def _read(self):
        for raw in self.process.stderr:
            with self.arrived:
                self.lines.append(raw.decode(errors="replace").rstrip("\n"))
                self.arrived.notify_all()
        with self.arrived:
            self.arrived.notify_all()

    def log(self):
        """What it has written; all of it where it has ended."""
        if self.process.poll() is not None:
            self.reader.join(PATIENCE)
        with self.arrived:
            return "\n".join(self.lines)

    def wait_line(self, pattern, since=0):
        expression, end = re.compile(pattern), deadline()
        with self.arrived:
            while True:
                for line in self.lines[since:]:
                    found = expression.search(line)
                    if found:
                        return found
                if not self.reader.is_alive() or time.monotonic() > end:
                    raise AssertionError(f"no line of cenote-web matches {pattern!r} in:\n" + "\n".join(self.lines))
                self.arrived.wait(1.0)

    def listen(self, since=0):
        """Waits until it serves, and until the daemon knows."""
        places = self.wait_line(r"the page is served on (.+)$", since).group(1).split(", ")
        self.places = places
        self.port = next((int(place.rsplit(":", 1)[1]) for place in places if not place.startswith("unix:")), None)
        return self

    def get(self, path, method="GET", headers=None, body=None, host=None, cookie=None, timeout=PATIENCE):
        """(status, headers in lower case, body): every reply has the headers that all have."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        headers = dict(headers or {})
        headers["Host"] = host or f"127.0.0.1:{self.port}"
        if cookie:
            headers["Cookie"] = f"{COOKIE}={cookie}"
        try:
            connection.request(method, path, body, headers)
            return checked(self.node.test, connection.getresponse())
        finally:
            connection.close()

    def socket(self):
        client = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
        self.node.test.addCleanup(client.close)
        return client

    def raw(self, text):
        """What comes back for these bytes until the connection closes; empty where it is reset."""
        with self.socket() as client:
            received = b""
            try:
                client.sendall(text)
                while chunk := client.recv(65536):
                    received += chunk
            except (ConnectionResetError, BrokenPipeError):
                pass
            return received

    def sign_in(self, link):
        """The cookie of a session that a link begins."""
        status, headers, _ = self.get(link[link.index("/login/"):])
        self.node.test.assertEqual(status, 200)
        return headers["set-cookie"].split(";")[0].split("=", 1)[1]

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(PATIENCE)
        self.reader.join(PATIENCE)
        self.node.test.assertEqual(code, 0, self.log())
        self.node.test.assertIsNone(SANITIZER.search(self.log()), self.log())

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(PATIENCE)
        self.reader.join(PATIENCE)
        self.process.stderr.close()


class WebTest(SystemTest):
    def served(self, extra=LISTEN, **settings):
        """A daemon and its page."""
        node = self.node(extra=extra, **settings).start()
        self.web = Web(node)
        return node

    def link(self, node):
        """A link for the user of the test, once the daemon knows of the page."""
        self.announced(node)
        return node.cenote_ok("web", "login").strip()

    def announced(self, node):
        return eventually(lambda: control_call(node, "web-login")["ok"], "cenote-web is announced")

    def signed_in(self, node):
        return self.web.sign_in(self.link(node))


def checked(test, response):
    """A reply in parts, after a look at what every reply has."""
    names = [name.lower() for name, _ in response.getheaders()]
    test.assertLessEqual(HEADERS, set(names))
    for name in HEADERS:
        test.assertEqual(names.count(name), 1, name)
    headers = {name.lower(): value for name, value in response.getheaders()}
    test.assertEqual(headers["x-content-type-options"], "nosniff")
    test.assertNotIn("unsafe", headers["content-security-policy"])
    test.assertNotIn("server", headers)
    return response.status, headers, response.read().decode()


class UnixConnection(http.client.HTTPConnection):
    """To the page on a unix socket."""

    def __init__(self, path):
        super().__init__("dns.example", timeout=PATIENCE)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(PATIENCE)
        self.sock.connect(self.path)


def tls_connection(port, authority, host="dns.example", version=None):
    context = ssl.create_default_context(cafile=str(authority))
    if version:
        context.minimum_version = context.maximum_version = version
    plain = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    return context.wrap_socket(plain, server_hostname=host)
