# SPDX-License-Identifier: Apache-2.0
"""Names that are answered here and not sent upstream."""
import dns.flags

from harness import SystemTest, addresses, extended_errors, main, records
from upstreams import ScriptedUpstream, every_name

OVER_RELAY = """
[[directive]]
id      = "relay-1"
title   = "Private Relay is not offered"
targets = ["domain:mask.icloud.com"]
step    = "block"
"""
NXDOMAIN = ("a.test", "test", "b.invalid", "hidden.onion", "printer.local", "laptop.home.arpa",
            "5.0.0.10.in-addr.arpa", "5.0.168.192.in-addr.arpa", "9.9.16.172.in-addr.arpa", "9.9.31.172.in-addr.arpa",
            "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa",
            "use-application-dns.net", "mask.icloud.com", "mask-h2.icloud.com")
FORWARDED = ("www.example", "example.com", "a.example.org", "latest", "xtest", "nottest.example", "xresolver.arpa",
             "9.9.32.172.in-addr.arpa", "9.9.15.172.in-addr.arpa", "xuse-application-dns.net", "icloud.com",
             "ipv4only.arpa")


class SpecialNames(SystemTest):
    def setUp(self):
        super().setUp()
        self.upstream = ScriptedUpstream(self, every_name(60))
        self.resolver = self.node(upstreams=[self.upstream.where]).start()

    def test_nothing_there(self):
        for name in NXDOMAIN:
            for spelled in (name, name.upper()):
                for rdtype in ("A", "AAAA", "HTTPS", "TXT", "PTR"):
                    with self.subTest(name=spelled, type=rdtype):
                        answer = self.resolver.ask(spelled, rdtype)
                        self.assertRcode(answer, "NXDOMAIN")
                        self.assertEqual(records(answer), [])
                        self.assertEqual([line.split()[0] for line in records(answer, "authority")], ["SOA"])
        self.assertEqual(self.upstream.count(), 0)

    def test_localhost(self):
        """RFC 6761 §6.3."""
        self.assertEqual(records(self.resolver.ask("localhost")), ["A 127.0.0.1"])
        self.assertEqual(records(self.resolver.ask("a.localhost", "AAAA")), ["AAAA ::1"])
        self.assertRcode(self.resolver.ask("localhost", "MX"), "NOERROR")
        self.assertEqual(self.upstream.count(), 0)

    def test_no_designated_resolver(self):
        """RFC 9462 §4: NODATA for resolver.arpa and all below it."""
        for name, rdtype in (("resolver.arpa", "A"), ("_dns.resolver.arpa", "SVCB"), ("_dns.resolver.arpa", "TXT")):
            answer = self.resolver.ask(name, rdtype)
            self.assertRcode(answer, "NOERROR")
            self.assertEqual(records(answer), [])
        self.assertEqual(self.upstream.count(), 0)

    def test_everything_else_is_forwarded(self):
        for name in FORWARDED:
            with self.subTest(name):
                self.assertEqual(addresses(self.resolver.ask(name)), ["192.0.2.1"])

    def test_the_answer_stands_under_a_directive(self):
        resolver = self.node(directives=OVER_RELAY, upstreams=[self.upstream.where]).start()
        before = resolver.cenote_json("status")["blocked"]
        for rdtype in ("A", "AAAA", "HTTPS"):
            answer = resolver.ask("mask.icloud.com", rdtype)
            self.assertRcode(answer, "NXDOMAIN")
            self.assertEqual(records(answer), [])
            self.assertEqual(extended_errors(answer)[0][0], 15)
        self.assertEqual(extended_errors(resolver.ask("mask-h2.icloud.com")), [])
        self.assertEqual(resolver.cenote_json("status")["blocked"] - before, 3)

    def test_any_is_refused_politely(self):
        """RFC 8482: an ANY query that is not sinkholed gets HINFO, and nothing goes upstream for it."""
        answer = self.resolver.ask("open.example", "ANY")
        self.assertRcode(answer, "NOERROR")
        self.assertEqual([line.split()[0] for line in records(answer)], ["HINFO"])
        self.assertFalse(answer.flags & dns.flags.TC)
        self.assertEqual(self.upstream.count(), 0)


if __name__ == "__main__":
    main()
