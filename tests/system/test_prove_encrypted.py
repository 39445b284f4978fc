# SPDX-License-Identifier: Apache-2.0
"""`cenote prove` over TLS and HTTPS: a node that serves them, one that is open over HTTPS alone, one of another path."""
import dns.query
import dns.rdatatype

from certificates import Authority, replace
from daemon import PATIENCE
from harness import main
from https_upstreams import H2Upstream
from prove_nodes import ProveTest
from upstreams import every_name

CHECKS = 2 * 2 * 8 * 5 + 4 * 2 + 1  # as test_prove.py has it, of one node over one transport


class Encrypted(ProveTest):
    def encrypted(self):
        node = self.node(upstreams=[self.upstream.where])
        self.authority = Authority(node.folder)
        chain, key = node.folder / "chain.pem", node.folder / "key.pem"
        for path, text in zip((chain, key), self.authority.pair()):
            replace(path, text)
        node.write_config(server=(f'listen_tls = ["127.0.0.1:0"]\nlisten_https = ["127.0.0.1:0"]\n[server.tls]\n'
                                  f'name = "dns.example"\ncertificate = "{chain}"\nkey = "{key}"\n'))
        return node.start()

    @staticmethod
    def https_port(node):
        return int(node.cenote_json("status")["listen_https"][0].rsplit(":", 1)[1])

    def beside(self, node, handler, address="127.0.0.2"):
        """Another node, at the port of HTTPS of this one."""
        H2Upstream(self, self.authority, handler, where=(address, self.https_port(node)))
        return f"{address}:53"

    def test_where_the_node_serves_them_they_are_asked(self):
        node = self.encrypted()
        result = self.proved(node, code=0)
        self.assertEqual(result["directives"][0]["transports"], ["udp", "tcp", "tls", "https"])
        self.assertEqual((result["checks"], result["deviations"]), (4 * CHECKS, 0))
        result = self.proved(node, "--transport", "https", code=0)
        self.assertEqual(result["directives"][0]["transports"], ["https"])
        self.assertEqual(result["checks"], CHECKS)
        self.assertEqual(node.metric('cenote_queries_total{transport="https"}'), 2 * CHECKS)

    def test_what_is_open_over_https_alone_deviates(self):
        node = self.encrypted()

        def handle(connection, stream, query):
            if query.question[0].rdtype == dns.rdatatype.A:
                reply = every_name(60)(query, "https")
            else:
                reply = dns.query.tcp(query, node.address, port=node.port, timeout=PATIENCE)
            connection.answer(stream, reply.to_wire())
        words = ("test-1", "--transport", "https", "--node", self.beside(node, handle))
        rows = self.proved(node, *words, code=1)["directives"][0]["rows"]
        self.assertEqual({(row["transport"], row["type"]) for row in rows}, {("https", "A")})
        self.assertEqual({(row["expected"], row["got"]) for row in rows}, {("0.0.0.0, EDE 15", "192.0.2.1, no EDE")})

    def test_a_server_that_has_no_dns_there_says_so(self):
        node = self.encrypted()
        page = (("content-type", "text/html"),)
        others = {self.beside(node, lambda c, s, q: c.answer(s, b"x", 404, page), "127.0.0.2"): "HTTP status 404",
                  self.beside(node, lambda c, s, q: c.answer(s, b"x", 200, page), "127.0.0.3"):
                      "something else than application/dns-message"}
        for other, why in others.items():
            done = node.cenote("prove", "test-1", "--transport", "https", "--node", other)
            self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
            self.assertIn(why, " ".join(done.stdout.split()))

    def test_a_node_without_them(self):
        node = self.started()
        for transport in ("tls", "https"):
            done = node.cenote("prove", "test-1", "--transport", transport)
            self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
            self.assertIn(f"does not listen with {transport.upper()}; see listen_{transport}", done.stderr)


if __name__ == "__main__":
    main()
