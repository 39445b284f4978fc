# SPDX-License-Identifier: Apache-2.0
"""Servers of lists for tests: nginx, a socket that breaks HTTP; and a node with one list."""
import os
import socket
import subprocess
import threading
import time

from daemon import deadline
from harness import SystemTest, addresses
from upstreams import ScriptedUpstream, Server, every_name, free_port

OPEN = ["192.0.2.1"]
SINKHOLED = ["0.0.0.0"]
GOOD = "".join(f"n{i}.bad.example\n" for i in range(100))
RESTRICT = """
[[directive]]
id      = "d1"
targets = ["list:web"]
step    = "restrict"
"""


class Nginx(Server):
    """Serves a folder over http, and over https with a self-signed certificate."""

    def __init__(self, test):
        self.test = test
        self.requests = []
        self.written, self.first_written = 0, int(time.time()) - 100_000
        super().__init__(test, None)

    def command(self):
        self.tls_port = free_port()
        files = self.folder / "files"
        files.mkdir(exist_ok=True)
        self.folder.chmod(0o755)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                        "-keyout", self.folder / "key", "-out", self.folder / "cert"], check=True, capture_output=True)
        config = self.folder / "nginx.conf"
        user = "user root;" if os.geteuid() == 0 else ""
        config.write_text(f"""
{user}
daemon off;
pid {self.folder}/pid;
error_log {self.folder}/error.log;
events {{ worker_connections 64; }}
http {{
  access_log {self.folder}/access.log;
  client_body_temp_path {self.folder}/a; proxy_temp_path {self.folder}/b; fastcgi_temp_path {self.folder}/c;
  uwsgi_temp_path {self.folder}/d; scgi_temp_path {self.folder}/e;
  default_type text/plain;
  gzip on; gzip_min_length 1; gzip_types text/plain;
  server {{
    listen 127.0.0.1:{self.port};
    listen 127.0.0.1:{self.tls_port} ssl;
    ssl_certificate {self.folder}/cert;
    ssl_certificate_key {self.folder}/key;
    root {files};
    location = /moved {{ return 302 /list.txt; }}
    location = /away {{ return 302 http://127.0.0.1:{self.port}/list.txt; }}
    location = /round {{ return 302 /round; }}
    location = /broken {{ return 500; }}
    location = /bomb.txt {{ gzip off; add_header Content-Encoding gzip; }}
  }}
}}
""")
        return ["/usr/sbin/nginx", "-e", str(self.folder / "error.log"), "-c", str(config)]

    def _answers(self, probe):
        end = deadline()
        while self.process.poll() is None and time.monotonic() < end:
            try:
                # From another address: until nginx listens, a connection from the port to itself would succeed.
                socket.create_connection(("127.0.0.1", self.port), 0.5, ("127.0.0.2", 0)).close()
                return True
            except OSError:
                pass
        return False

    def put(self, name, content):
        """Writes a file with a modification time of its own: nginx makes ETag and Last-Modified of the second and the size."""
        path = self.folder / "files" / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        self.written += 1
        os.utime(path, (self.first_written + self.written,) * 2)

    def statuses(self):
        """The status codes of the responses so far, in their order."""
        return [line.split('"')[2].split()[0] for line in (self.folder / "access.log").read_text().splitlines()]


class RudeServer:
    """Accepts a connection, reads the request, sends the given bytes and closes (or keeps the connection open)."""

    def __init__(self, test, *replies, keep=False):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}/list.txt"
        self.asked = 0
        self.replies, self.keep = replies, keep
        self.kept = []
        test.addCleanup(self.close)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                client, _ = self.socket.accept()
                client.recv(65536)
                reply = self.replies[min(self.asked, len(self.replies) - 1)]
                self.asked += 1
                for part in reply if not isinstance(reply, bytes) else [reply]:
                    client.sendall(part)
                if self.keep:
                    self.kept.append(client)
                else:
                    client.close()
            except OSError:
                if self.socket.fileno() < 0:
                    return

    def close(self):
        self.socket.close()
        for client in self.kept:
            client.close()


def endless():
    yield b"HTTP/1.1 200 OK\r\n\r\n"
    while True:
        yield b"x.bad.example\n" * 65536


class ListTest(SystemTest):
    """A node that sinkholes what the list `web` has."""

    def setUp(self):
        super().setUp()
        upstream = ScriptedUpstream(self, every_name(1))
        self.resolver = self.node(directives=RESTRICT, upstreams=[upstream.where])
        self.lists = self.resolver.folder / "lists"

    def configure(self, url, more=""):
        self.resolver.write_config(extra=f'[[list]]\nid = "web"\nsource = "{url}"\n{more}')

    def update(self, *words, code=0):
        done = self.resolver.cenote("update", *words)
        self.assertEqual(done.returncode, code, done)
        return done.stdout + done.stderr

    def row(self):
        return self.resolver.cenote_json("lists")[0]

    def seen(self, name="n1.bad.example"):
        return addresses(self.resolver.ask(name))
