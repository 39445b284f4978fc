# SPDX-License-Identifier: Apache-2.0
"""A node that serves DNS over HTTPS, TLS and h2c, and its clients: what the tests of HTTPS share."""
import socket
import ssl
import subprocess

import dns.message

import proxies
from certificates import Authority, replace
from daemon import PATIENCE, eventually
from h2_client import Client
from harness import SystemTest
from upstreams import ScriptedUpstream, answer_with

NAMES = ["chat.alpha-ai.example", "alpha-ai.example", "www.open.example", "big.open.example", "localhost", "none.example",
         "use-application-dns.net", "_dns.resolver.arpa"]
TYPES = ["A", "AAAA", "HTTPS", "TXT", "MX", "ANY", "DS"]


def upstream_answer(query, transport):
    question = query.question[0]
    name = question.name.to_text()
    if name.lower().startswith("none"):
        reply = dns.message.make_response(query)
        reply.set_rcode(3)
        reply.authority.append(dns.rrset.from_text("example.", 900, "IN", "SOA", "ns.example. h.example. 1 2 3 4 77"))
        return reply
    if question.rdtype != 1:
        return answer_with(query)
    count = 60 if name.lower().startswith("big") else 1
    return answer_with(query, *(f"{name} 600 IN A 192.0.2.{i + 1}" for i in range(count)))


class HttpsTest(SystemTest):
    def setUp(self):
        super().setUp()
        self.upstream = ScriptedUpstream(self, upstream_answer)
        self.node_ = self.node(upstreams=[self.upstream.where], workers=2)
        self.authority = Authority(self.node_.folder)
        self.chain, self.key = (self.node_.folder / name for name in ("chain.pem", "key.pem"))
        self.put(self.authority.pair())
        self.node_.write_config(server=self.section())

    def section(self):
        return (f'listen_tls = ["127.0.0.1:0"]\nlisten_https = ["127.0.0.1:0"]\nlisten_h2c = ["127.0.0.1:0"]\n'
                f'proxies = ["{proxies.PROXY}"]\n[server.tls]\nname = "dns.example"\ncertificate = "{self.chain}"\n'
                f'key = "{self.key}"\n')

    def put(self, pair):
        for path, text in zip((self.chain, self.key), pair):
            replace(path, text)

    def start(self):
        self.node_.start()
        self.read_ports()

    def read_ports(self):
        status = self.node_.cenote_json("status")
        self.tls, self.https, self.h2c = (int(status[key][0].rsplit(":", 1)[1])
                                          for key in ("listen_tls", "listen_https", "listen_h2c"))

    def socket(self, port):
        plain = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.addCleanup(plain.close)
        return plain

    def secure(self, alpn=("h2",), port=None):
        context = ssl.create_default_context(cafile=self.authority.file)
        if alpn:
            context.set_alpn_protocols(list(alpn))
        stream = context.wrap_socket(self.socket(port or self.https), server_hostname="dns.example")
        self.addCleanup(stream.close)
        return stream

    def client(self):
        return Client(self.secure())

    def behind_proxy(self):
        """A client of h2c."""
        return Client(proxies.connect(self, self.h2c, proxies.header("127.0.0.1")))

    def haproxy(self, *listeners):
        """HAProxy in front of h2c, and its ports; see proxies.HaProxy."""
        ports = proxies.HaProxy(self, *listeners).ports
        show = ["-o", "/dev/null", "-w", "%{response_code}"]
        where = f"{self.url(ports[0], 'http')}/"
        eventually(lambda: self.curl("--http2-prior-knowledge", *show, where, port=ports[0], ok=False).endswith("404"),
                   "HAProxy")
        return ports

    def metric(self, name):
        return self.node_.metric(name)

    def closed(self, reason):
        return self.metric(f'cenote_http_closed_total{{reason="{reason}"}}')

    def program(self, *command, ok=True):
        done = subprocess.run(list(map(str, command)), capture_output=True, timeout=4 * PATIENCE)
        text = (done.stdout + done.stderr).decode(errors="replace")
        if ok:
            self.assertEqual(done.returncode, 0, text)
        return text

    def curl(self, *arguments, port=None, ok=True):
        port = port or self.https
        return self.program("curl", "-sS", "--cacert", self.authority.file, "--resolve", f"dns.example:{port}:127.0.0.1",
                            *arguments, ok=ok)

    def url(self, port=None, scheme="https"):
        return f"{scheme}://dns.example:{port or self.https}"

    @staticmethod
    def query(name, rdtype="A", **options):
        query = dns.message.make_query(name, rdtype, use_edns=0, **options)
        query.id = 0
        return query
