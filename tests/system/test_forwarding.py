# SPDX-License-Identifier: Apache-2.0
"""Forwarding and caching with real name servers upstream: NSD, and unbound that validates."""
import re
import threading

import dns.flags
import dns.message
import dns.rdatatype

from daemon import eventually
from harness import SystemTest, addresses, extended_errors, main, records
from upstreams import Nsd, ScriptedUpstream, Unbound, answer_with, zone_handler

import zone_catalogue  # daemon.py puts its folder on the path

# With a record set that is larger than any UDP response.
ZONE = (zone_catalogue.read("zone.example.zone")
        + "".join(f"big TXT \"{i:03} {'x' * 200}\"\n" for i in range(40)))


class OverNsd(SystemTest):
    def setUp(self):
        super().setUp()
        self.nsd = Nsd(self, "zone.example", ZONE)
        self.resolver = self.node(upstreams=[self.nsd.where]).start()

    def test_every_type(self):
        for name, rdtype, expected in (
                ("www", "A", ["A 192.0.2.1"]), ("www", "AAAA", ["AAAA 2001:db8::1"]),
                ("text", "TXT", ['TXT "first" "second"']), ("mail", "MX", ["MX 10 www.zone.example."]),
                ("_s._tcp", "SRV", ["SRV 1 2 3 www.zone.example."]),
                ("odd", "TYPE65400", [r"TYPE65400 \# 3 010203"]),
                ("svc", "HTTPS", ['HTTPS 1 www.zone.example. alpn="h2"']),
                ("alias", "A", ["A 192.0.2.1", "CNAME www.zone.example."]),
                ("a.wild", "A", ["A 192.0.2.3"]), ("many", "A", ["A 192.0.2.10", "A 192.0.2.11"])):
            for tcp in (False, True):
                with self.subTest(name=name, type=rdtype, tcp=tcp):
                    answer = self.resolver.ask(f"{name}.zone.example", rdtype, tcp=tcp)
                    self.assertEqual(records(answer), expected)
                    self.assertTrue(answer.flags & dns.flags.RA)
                    self.assertFalse(answer.flags & dns.flags.AA, "not our zone")

    def test_negative(self):
        """RFC 2308: a negative answer has the SOA, and lasts for the lower of its TTL and MINIMUM."""
        for name, rdtype, rcode in (("none.zone.example", "A", "NXDOMAIN"), ("www.zone.example", "MX", "NOERROR")):
            for _ in range(2):
                answer = self.resolver.ask(name, rdtype)
                self.assertRcode(answer, rcode)
                self.assertEqual(records(answer), [])
                soa = [rrset for rrset in answer.authority if rrset.rdtype == dns.rdatatype.SOA]
                self.assertEqual(len(soa), 1, answer)
                self.assertLessEqual(soa[0].ttl, 40)

    def test_the_cache_ages(self):
        def ttl():
            return int(re.search(r"www\.zone\.example\.\s+(\d+)", self.resolver.dig("www.zone.example")).group(1))
        first = ttl()
        self.assertLessEqual(first, 120)
        self.nsd.stop()
        later = eventually(lambda: (t := ttl()) < first and t, "the TTL to go down")
        self.assertLess(later, first)

    def test_the_cache_answers_while_upstream_is_gone(self):
        self.resolver.ask("alias.zone.example")
        self.resolver.ask("none.zone.example")
        self.nsd.stop()
        self.assertEqual(addresses(self.resolver.ask("ALIAS.zone.example")), ["192.0.2.1"])
        self.assertRcode(self.resolver.ask("none.zone.example"), "NXDOMAIN")
        answer = self.resolver.ask("www.zone.example")
        self.assertRcode(answer, "SERVFAIL")
        self.assertTrue({code for code, _ in extended_errors(answer)} & {22, 23}, answer)
        self.assertEqual(addresses(self.resolver.ask("chat.alpha-ai.example")), ["0.0.0.0"])

    def test_stale(self):
        """RFC 8767: after its TTL, with upstream down, an answer still serves, with TTL 30 and EDE 3."""
        self.assertEqual(addresses(self.resolver.ask("short.zone.example")), ["192.0.2.2"])
        self.nsd.stop()

        def stale():
            answer = self.resolver.ask("short.zone.example")
            self.assertEqual(addresses(answer), ["192.0.2.2"])
            return answer if extended_errors(answer) else None
        answer = eventually(stale, "the TTL of 2 s to end")
        self.assertEqual(extended_errors(answer)[0][0], 3)
        self.assertEqual(answer.answer[0].ttl, 30)

    def test_flush(self):
        self.resolver.ask("www.zone.example")
        self.resolver.ask("text.zone.example", "TXT")
        self.nsd.stop()
        self.resolver.cenote_ok("flush", "www.zone.example")
        self.assertRcode(self.resolver.ask("www.zone.example"), "SERVFAIL")
        self.assertRcode(self.resolver.ask("text.zone.example", "TXT"), "NOERROR")
        self.resolver.cenote_ok("flush")
        self.assertRcode(self.resolver.ask("text.zone.example", "TXT"), "SERVFAIL")

    def test_large_answers_come_over_tcp(self):
        answer = self.resolver.ask("big.zone.example", "TXT", tcp=True)
        self.assertEqual(len(records(answer)), 40)
        truncated = self.resolver.ask("big.zone.example", "TXT", payload=4096)
        self.assertTrue(truncated.flags & dns.flags.TC)

    def test_an_alias_to_a_blocked_name_is_blocked(self):
        for _ in range(2):  # fresh, then cached
            answer = self.resolver.ask("leak.zone.example")
            self.assertEqual(records(answer), ["A 0.0.0.0"])
            self.assertEqual(answer.answer[0].name.to_text(), "leak.zone.example.")
            self.assertEqual(extended_errors(answer)[0][0], 15)


class OverUnbound(SystemTest):
    """A signed zone behind a validating resolver."""

    def setUp(self):
        super().setUp()
        self.nsd = Nsd(self, "zone.example", ZONE, signed=True)
        self.unbound = Unbound(self, self.nsd)
        self.resolver = self.node(upstreams=[self.unbound.where]).start()

    def test_signatures_pass(self):
        for _ in range(2):
            answer = self.resolver.ask("www.zone.example", want_dnssec=True)
            self.assertEqual([line.split()[0] for line in records(answer)], ["A", "RRSIG"])
            self.assertTrue(answer.ednsflags & dns.flags.DO)
        plain = self.resolver.ask("www.zone.example")
        self.assertEqual(records(plain), ["A 192.0.2.1"])
        self.assertFalse(plain.ednsflags & dns.flags.DO)

    def test_denial_passes(self):
        answer = self.resolver.ask("none.zone.example", want_dnssec=True)
        self.assertRcode(answer, "NXDOMAIN")
        self.assertIn("NSEC3", {line.split()[0] for line in records(answer, "authority")})

    def test_ad_for_those_who_ask(self):
        """RFC 6840 §5.7, §5.8: only a client that set DO or AD gets AD."""
        without = self.resolver.ask("www.zone.example", flags=dns.flags.RD)
        self.assertFalse(without.flags & dns.flags.AD)

    def test_bogus_stays_servfail(self):
        broken = Nsd(self, "zone.example", ZONE)  # the same zone, unsigned, under the same trust anchor
        broken.trust_anchor = self.nsd.trust_anchor
        resolver = self.node(upstreams=[Unbound(self, broken).where]).start()
        self.assertRcode(resolver.ask("www.zone.example"), "SERVFAIL")
        self.assertEqual(addresses(resolver.ask("www.zone.example", flags=dns.flags.RD | dns.flags.CD)), ["192.0.2.1"])
        self.assertRcode(resolver.ask("www.zone.example"), "SERVFAIL")


class Scripted(SystemTest):
    def test_equal_questions_are_asked_once(self):
        gate = threading.Event()
        self.addCleanup(gate.set)

        def handle(query, transport):
            gate.wait(2.0)
            return answer_with(query, f"{query.question[0].name} 60 IN A 192.0.2.5")
        upstream = ScriptedUpstream(self, handle)
        resolver = self.node(upstreams=[upstream.where]).start()
        clients = [resolver.udp(f"127.0.0.{i + 1}") for i in range(50)]
        for i, client in enumerate(clients):
            query = dns.message.make_query("same.example" if i % 2 else "SAME.example", "A")
            client.send(query.to_wire())
        upstream.wait_for("same.example")
        gate.set()
        for i, client in enumerate(clients):
            answer = dns.message.from_wire(client.recv(4096))
            self.assertEqual(addresses(answer), ["192.0.2.5"])
            self.assertEqual(answer.question[0].name.to_text(), "same.example." if i % 2 else "SAME.example.")
        self.assertLessEqual(upstream.count("same.example"), 3, "one exchange and its retries")

    def test_routes(self):
        general = ScriptedUpstream(self, zone_handler("a.site.example 60 IN A 192.0.2.1"))
        site = ScriptedUpstream(self, zone_handler("a.site.example 60 IN A 192.0.2.2",
                                                   "1.0.0.10.in-addr.arpa 60 IN PTR a.site.example."))
        deep = ScriptedUpstream(self, zone_handler("a.deep.site.example 60 IN A 192.0.2.3"))
        routes = "".join(f'[[upstream.route]]\nzone = "{zone}"\nservers = ["{where}"]\n' for zone, where in (
            ("site.example", site.where), ("deep.site.example", deep.where), ("10.in-addr.arpa", site.where)))
        resolver = self.node(upstreams=[general.where], extra=routes).start()
        self.assertEqual(addresses(resolver.ask("a.site.example")), ["192.0.2.2"])
        self.assertEqual(addresses(resolver.ask("a.deep.site.example")), ["192.0.2.3"])
        self.assertEqual(records(resolver.ask("1.0.0.10.in-addr.arpa", "PTR")), ["PTR a.site.example."])
        self.assertEqual(general.count(), 0)

    def test_the_other_upstream_serves(self):
        def refuse(query, transport):
            return answer_with(query, rcode=5)
        for what, handler in (("silent", lambda query, transport: None), ("refusing", refuse)):
            with self.subTest(what):
                sick = ScriptedUpstream(self, handler)
                well = ScriptedUpstream(self, zone_handler(*(f"n{i}.example 60 IN A 192.0.2.1" for i in range(20))))
                resolver = self.node(upstreams=[sick.where, well.where]).start()
                for i in range(20):
                    self.assertEqual(addresses(resolver.ask(f"n{i}.example")), ["192.0.2.1"])
                self.assertLess(sick.count(), 40)

    def test_nobody_answers(self):
        """SERVFAIL with EDE 22, and sinkholing goes on."""
        silent = ScriptedUpstream(self, lambda query, transport: None)
        resolver = self.node(upstreams=[silent.where]).start()
        answer = resolver.ask("lost.example")
        self.assertRcode(answer, "SERVFAIL")
        self.assertIn(22, {code for code, _ in extended_errors(answer)})
        self.assertEqual(addresses(resolver.ask("chat.alpha-ai.example")), ["0.0.0.0"])
        asked = silent.count("lost.example")
        self.assertLessEqual(asked, 4)
        again = resolver.ask("lost.example")
        self.assertRcode(again, "SERVFAIL")

    def test_an_upstream_goes_and_comes_back(self):
        """A problem in status, and one line in the log at its start and its end."""
        here = threading.Event()
        answers = zone_handler(*(f"n{i}.example 60 IN A 192.0.2.1" for i in range(1000)))
        upstream = ScriptedUpstream(self, lambda query, transport: answers(query, transport) if here.is_set() else None)
        resolver = self.node(upstreams=[upstream.where]).start()
        names = iter(range(1000))

        def healthy():
            for _ in range(4):  # at once, so that a silent server costs one timeout
                resolver.udp().send(dns.message.make_query(f"n{next(names)}.example", "A").to_wire())
            return resolver.cenote_json("status", "--json")["upstreams"][0]["healthy"]
        def outages():
            return re.findall(f"upstream {re.escape(upstream.where)} (does not answer|answers again)",
                              resolver.daemon.log())
        for present, lines in ((True, []), (False, ["does not answer"]), (True, ["does not answer", "answers again"])):
            here.set() if present else here.clear()
            eventually(lambda: healthy() == present, f"the upstream to be seen as {present}")
            eventually(lambda: outages() == lines, f"{lines} in the log")
            expected = [] if present else [f"upstream {upstream.where} does not answer"]
            eventually(lambda: [problem["what"] for problem in resolver.cenote_json("status")["problems"]
                                if upstream.where in problem["what"]] == expected, f"{expected} in status")

    def test_local_records(self):
        upstream = ScriptedUpstream(self, zone_handler())
        resolver = self.node(upstreams=[upstream.where], extra="""
[[local]]
name = "intranet.site.example"
type = "A"
value = "10.0.0.10"
[[local]]
name = "intranet.site.example"
type = "TXT"
value = '"hello"'
""").start()
        self.assertEqual(records(resolver.ask("Intranet.site.example")), ["A 10.0.0.10"])
        self.assertEqual(records(resolver.ask("intranet.site.example", "TXT")), ['TXT "hello"'])
        nodata = resolver.ask("intranet.site.example", "AAAA")
        self.assertRcode(nodata, "NOERROR")
        self.assertEqual(records(nodata), [])
        self.assertEqual(upstream.count(), 0)


if __name__ == "__main__":
    main()
