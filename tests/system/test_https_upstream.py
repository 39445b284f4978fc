# SPDX-License-Identifier: Apache-2.0
"""DNS over HTTPS towards upstream servers (RFC 8484): unbound and dnsdist, and hostile ones on Python's h2."""
import itertools
import os
import threading

import dns.message

from certificates import Authority
from daemon import eventually
from h2_client import TYPE, raw_frame
from harness import SystemTest, addresses, extended_errors, main, records
from https_upstreams import H2Upstream, HttpsDnsdist, HttpsUnbound, trust
from upstreams import Nsd, ScriptedUpstream, answer_with, every_name

import zone_catalogue  # daemon.py puts its folder on the path

# With a record set that is larger than any UDP response.
ZONE = (zone_catalogue.read("zone.example.zone")
        + "".join(f"big TXT \"{i:03} {'x' * 200}\"\n" for i in range(40))
        + "".join(f"n{i} A 192.0.2.{i}\n" for i in range(200)))
GOOD = "192.0.2.1"


def good(query):
    return answer_with(query, f"{query.question[0].name} 60 IN A {GOOD}").to_wire(max_size=65535)


class HttpsUpstreamTest(SystemTest):
    def setUp(self):
        super().setUp()
        self.authority = Authority(self.node().folder)

    def resolver(self, *upstreams, **settings):
        node = self.node(upstreams=list(upstreams), **settings)
        trust(node, self.authority)
        return node.start()

    def check_fails(self, answer):
        """It is there, whatever the server does; when, is for tests of the forwarder (unit.upstream)."""
        self.assertRcode(answer, "SERVFAIL")
        self.assertTrue({code for code, _ in extended_errors(answer)} & {22, 23}, answer)


class OverRealServers(HttpsUpstreamTest):
    def check(self, server, node):
        for name, rdtype, expected in (
                ("www", "A", ["A 192.0.2.1"]), ("www", "AAAA", ["AAAA 2001:db8::1"]),
                ("text", "TXT", ['TXT "first" "second"']), ("mail", "MX", ["MX 10 www.zone.example."]),
                ("odd", "TYPE65400", [r"TYPE65400 \# 3 010203"]),
                ("svc", "HTTPS", ['HTTPS 1 www.zone.example. alpn="h2"']),
                ("alias", "A", ["A 192.0.2.1", "CNAME www.zone.example."])):
            with self.subTest(name=name, type=rdtype):
                self.assertEqual(records(node.ask(f"{name}.zone.example", rdtype)), expected)
        self.assertRcode(node.ask("none.zone.example"), "NXDOMAIN")
        self.assertEqual(len(records(node.ask("big.zone.example", "TXT", tcp=True))), 40)

        client, waiting = node.udp(), set()
        for i in range(200):
            query = dns.message.make_query(f"n{i}.zone.example", "A")
            waiting.add(query.id)
            client.send(query.to_wire())
        while waiting:
            answer = dns.message.from_wire(client.recv(65535))
            self.assertRcode(answer, "NOERROR")
            self.assertEqual(addresses(answer), [f"192.0.2.{answer.question[0].name.labels[0][1:].decode()}"])
            waiting.discard(answer.id)

        (row,) = node.cenote_json("status")["upstreams"]
        self.assertEqual(row["server"], server.url())
        self.assertTrue(row["healthy"])
        self.assertIn(server.url(), node.cenote_ok("status"))
        eventually(lambda: node.metric(f'cenote_upstream_up{{server="{server.url()}"}}', 0) == 1, "the server's metric")
        self.assertEqual(node.metric("cenote_upstream_http_refused_total"), 0)
        self.assertEqual(node.metric("cenote_upstream_mismatched_total"), 0)

    def test_unbound(self):
        server = HttpsUnbound(self, Nsd(self, "zone.example", ZONE), self.authority)
        self.check(server, self.resolver(server.url(), workers=2))

    def test_dnsdist(self):
        nsd = Nsd(self, "zone.example", ZONE)
        server = HttpsDnsdist(self, nsd.where, "zone.example", self.authority)
        self.check(server, self.resolver(server.url(), workers=2))

    def test_a_route(self):
        server = HttpsUnbound(self, Nsd(self, "zone.example", ZONE), self.authority)
        other = ScriptedUpstream(self, every_name(60))
        node = self.resolver(other.where, extra=f'[[upstream.route]]\nzone = "zone.example"\nservers = ["{server.url()}"]')
        self.assertEqual(records(node.ask("mail.zone.example", "MX")), ["MX 10 www.zone.example."])
        self.assertEqual(addresses(node.ask("www.open.example")), [GOOD])
        self.assertEqual(other.count("mail.zone.example"), 0)

    def test_a_server_that_comes_back(self):
        server = HttpsUnbound(self, Nsd(self, "zone.example", ZONE), self.authority)
        node = self.resolver(server.url())
        self.assertEqual(addresses(node.ask("n1.zone.example")), ["192.0.2.1"])
        server.stop()
        self.check_fails(node.ask("n2.zone.example"))
        server.start_again()
        eventually(lambda: addresses(node.ask("n3.zone.example")) == ["192.0.2.3"], "the server that came back")

    def test_a_certificate_for_another_name(self):
        server = HttpsUnbound(self, Nsd(self, "zone.example", ZONE), self.authority, name="other.example")
        node = self.resolver(server.url())
        self.check_fails(node.ask("www.zone.example"))
        node.write_config(upstreams=[server.url("other.example")])
        node.cenote_ok("reload")
        self.assertEqual(addresses(node.ask("n4.zone.example")), ["192.0.2.4"])
        node.write_config(upstreams=[server.url("127.0.0.1")])
        node.cenote_ok("reload")
        self.assertEqual(addresses(node.ask("n5.zone.example")), ["192.0.2.5"])

    def test_an_authority_that_is_not_trusted(self):
        server = HttpsUnbound(self, Nsd(self, "zone.example", ZONE), self.authority)
        node = self.node(upstreams=[server.url()]).start()
        self.check_fails(node.ask("www.zone.example"))


def responses():
    """What a server may send that is no answer: a name, and what is done with connection, stream and query."""
    return {
        "redirect": lambda c, s, q: c.answer(s, b"", 302, (("location", "https://127.0.0.1:1/dns-query"),)),
        "not found": lambda c, s, q: c.answer(s, b"404", 404, (("content-type", "text/html"),)),
        "unavailable": lambda c, s, q: c.answer(s, good(q), 503),
        "other type": lambda c, s, q: c.answer(s, good(q), 200, (("content-type", "text/html"),)),
        "no type": lambda c, s, q: c.answer(s, good(q), 200, ()),
        "other question": lambda c, s, q: c.answer(s, good(dns.message.make_query("other.example", "A", id=0))),
        "other id": lambda c, s, q: c.answer(s, b"\x12\x34" + good(q)[2:]),
        "empty": lambda c, s, q: c.answer(s, b""),
        "noise": lambda c, s, q: c.answer(s, os.urandom(500)),
        "100 MB announced": lambda c, s, q: c.answer(s, good(q), 200, (("content-type", TYPE),
                                                                       ("content-length", "104857600"))),
        "many fields": lambda c, s, q: c.answer(s, good(q), 200, (("content-type", TYPE),
                                                                  *((f"x-{i}", "x" * 1000) for i in range(20)))),
    }


class HostileServers(HttpsUpstreamTest):
    def hostile(self, handler, **settings):
        self.upstream = H2Upstream(self, self.authority, handler)
        return self.resolver(self.upstream.url(), **settings)

    def test_responses_that_are_no_answers(self):
        kinds = list(responses().items())

        def handle(connection, stream, query):
            label = query.question[0].name.labels[0].decode()
            if label.startswith("k"):
                kinds[int(label[1:])][1](connection, stream, query)
            else:
                connection.answer(stream, good(query))
        node = self.hostile(handle)
        for i, (kind, _) in enumerate(kinds):
            with self.subTest(kind):
                self.check_fails(node.ask(f"k{i}.example"))
                self.assertEqual(addresses(node.ask(f"after-{i}.example")), [GOOD], "the connection goes on")
        eventually(lambda: node.metric("cenote_upstream_http_refused_total") >= len(kinds), "the metric")
        self.assertEqual(len(self.upstream.connections), 1)

    def test_status_says_why_a_server_is_sick(self):
        self.upstream = H2Upstream(self, self.authority, lambda c, s, q: c.answer(s, b"", 404))
        node = self.node(upstreams=[self.upstream.url(), self.upstream.url("other.example")])
        trust(node, self.authority)
        node.start()

        names = itertools.count()

        def sick():
            node.ask(f"n{next(names)}.example")
            rows = node.cenote_json("status")["upstreams"]
            return not any(row["healthy"] for row in rows) and {row["server"]: row["why"] for row in rows}
        self.assertEqual(eventually(sick, "two sick servers"),
                         {self.upstream.url(): "its response has HTTP status 404",
                          self.upstream.url("other.example"): "its certificate is not accepted: hostname mismatch"})
        shown = " ".join(node.cenote_ok("status").split())
        self.assertIn(f"upstream {self.upstream.url()} does not answer: its response has HTTP status 404", shown)
        self.assertIn("sick its certificate is not accepted: hostname mismatch", shown)
        node.daemon.wait_line(r"does not answer: its response has HTTP status 404; check the server")

    def test_the_next_server_answers(self):
        plain = ScriptedUpstream(self, every_name(60))
        self.upstream = H2Upstream(self, self.authority, lambda c, s, q: c.answer(s, b"", 404))
        node = self.resolver(self.upstream.url(), plain.where)
        for i in range(5):
            self.assertEqual(addresses(node.ask(f"n{i}.example")), [GOOD])

    def test_servers_that_are_slow(self):
        release = threading.Event()
        self.addCleanup(release.set)

        def drip(connection, stream, query):
            connection.raw(raw_frame(1, 4, stream, b"\x88"))  # :status 200
            while not release.wait(0.3) and not connection.closed:
                connection.raw(raw_frame(0, 0, stream, b"x"))
        node = self.hostile(drip)
        self.check_fails(node.ask("slow.example"))
        node.write_config(upstreams=[H2Upstream(self, self.authority, lambda c, s, q: None).url()])
        node.cenote_ok("reload")
        self.check_fails(node.ask("silent.example"))

    def test_goaway_in_the_middle(self):
        held = []

        def handle(connection, stream, query):
            name = query.question[0].name.to_text(omit_final_dot=True)
            if connection.number > 0:
                return connection.answer(stream, good(query))
            held.append((stream, name, query))
            if len(held) < 4:
                return None
            held.sort(key=lambda each: each[0])
            connection.raw(raw_frame(7, 0, 0, held[1][0].to_bytes(4, "big") + bytes(4)))
            for number, _, one in held[:2]:
                connection.answer(number, good(one))
            return None
        node = self.hostile(handle)
        client = node.udp()
        for i in range(4):
            client.send(dns.message.make_query(f"n{i}.example", "A").to_wire())
        for _ in range(4):
            self.assertEqual(addresses(dns.message.from_wire(client.recv(65535))), [GOOD])
        for number, name, _ in held:
            if number > held[1][0]:
                self.assertGreaterEqual(self.upstream.count(name), 2)
        self.assertTrue(node.cenote_json("status")["upstreams"][0]["healthy"])

    def test_floods(self):
        """Each ends the connection; the query is sent again, and memory stays."""
        floods = {
            "ping": raw_frame(6, 0, 0, bytes(8)) * 20000,
            "settings": raw_frame(4, 0, 0) * 20000,
            "window": raw_frame(8, 0, 0, b"\0\0\0\1") * 20000,
            "unknown streams": b"".join(raw_frame(3, 0, 2 * i + 1, bytes(4)) for i in range(9, 20000)),
            "push": raw_frame(5, 4, 1, (2).to_bytes(4, "big") + b"\x82\x84\x87\x41\x01a") * 2000,
            "headers without end": raw_frame(1, 0, 1, b"\x88") + raw_frame(9, 0, 1, b"\x88") * 5000,
        }
        names = list(floods)

        def handle(connection, stream, query):
            label = query.question[0].name.labels[0].decode()
            if label.startswith("k") and self.upstream.count(query.question[0].name.to_text(omit_final_dot=True)) < 2:
                return connection.raw(floods[names[int(label[1:])]])
            return connection.answer(stream, good(query))
        node = self.hostile(handle)
        self.assertEqual(addresses(node.ask("first.example")), [GOOD])
        used = []
        for _ in range(6):
            self.upstream.log.clear()
            for i, name in enumerate(names):
                with self.subTest(name):
                    self.assertEqual(addresses(node.ask(f"k{i}.example")), [GOOD])
                    node.cenote_ok("flush")
            used.append(node.daemon.memory())
        if not os.environ.get("CENOTE_SANITIZE"):  # AddressSanitizer keeps what was freed
            self.assertLess(used[-1] - used[1], 4 << 10, used)

    def test_servers_without_http2(self):
        for protocols in ((), ("http/1.1",)):
            upstream = H2Upstream(self, self.authority, lambda c, s, q: None, protocols=protocols)
            node = self.resolver(upstream.url())
            self.check_fails(node.ask("www.example"))
            self.assertEqual(upstream.log, [])

    def test_queries_are_padded_and_have_no_id(self):
        seen = []

        def handle(connection, stream, query):
            seen.append((connection.fields[stream], query, len(query.to_wire())))
            connection.answer(stream, good(query))
        node = self.hostile(handle)
        for name in ("a.example", "a-much-longer-name-than-that." * 4 + "example"):
            node.ask(name)
        self.assertGreaterEqual(len(seen), 2)
        for fields, query, _ in seen:
            self.assertEqual(query.id, 0)
            self.assertEqual(int(fields["content-length"]) % 128, 0)
            self.assertEqual((fields[":method"], fields[":path"]), ("POST", "/dns-query"))
            self.assertEqual(fields[":authority"], f"dns.example:{self.upstream.port}")
            self.assertIn(12, [int(option.otype) for option in query.options])
            self.assertFalse({"user-agent", "cookie", "accept-language"} & set(fields), "nothing by which clients differ")


if __name__ == "__main__":
    main()
