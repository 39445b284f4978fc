# SPDX-License-Identifier: Apache-2.0
"""Names below a sinkholed name that are allowed still validate: with delv, and with unbound behind the resolver.

DS, DNSKEY and the like of the sinkholed name come from upstream (RFC 4035 §3.1.4.1), because signatures below it cannot
be checked without them. Sinkhole answers are unsigned, so a validator finds them bogus: the name stays sinkholed.
"""
import subprocess

import dns.flags
import dns.message
import dns.query

from daemon import PATIENCE
from harness import SystemTest, addresses, main, records
from upstreams import Nsd, Unbound

import zone_catalogue  # daemon.py puts its folder on the path

ZONE = zone_catalogue.read("alpha-ai.example.zone")
ALLOW = """
[[allow]]
domains = ["open.alpha-ai.example"]
"""
ROLES = """
[[directive]]
id      = "by-role"
targets = ["service:alpha"]
roles   = ["web"]
step    = "restrict"
"""
RESTRICT = """
[[directive]]
id      = "all"
targets = ["service:alpha"]
step    = "restrict"
"""


class Validating(SystemTest):
    def stand_up(self, directives, answer):
        self.nsd = Nsd(self, "alpha-ai.example", ZONE, signed=True)
        self.resolver = self.node(directives=directives, upstreams=[Unbound(self, self.nsd).where],
                                  sinkhole=f'answer = "{answer}"').start()

    def delv(self, name):
        anchors = self.resolver.folder / "anchors"
        flags, protocol, algorithm, key = self.nsd.trust_anchor.split(";")[0].split("DNSKEY")[1].split(None, 3)
        anchors.write_text('trust-anchors { "alpha-ai.example." static-key '
                           f'{flags} {protocol} {algorithm} "{key.strip()}"; }};\n')
        done = subprocess.run(["delv", f"@{self.resolver.address}", "-p", str(self.resolver.port), "-a", str(anchors),
                               "+root=alpha-ai.example", name, "A"], capture_output=True, text=True, timeout=PATIENCE)
        return done.stdout + done.stderr

    def check_open_below(self, name, address):
        validated = self.delv(name)
        self.assertIn("fully validated", validated)
        self.assertIn(address, validated)
        behind = Unbound(self, self.nsd, behind=f"{self.resolver.address}:{self.resolver.port}")
        answer = dns.query.udp(dns.message.make_query(name, "A", want_dnssec=True), "127.0.0.1", port=behind.port,
                               timeout=PATIENCE)
        self.assertEqual(addresses(answer), [address])
        self.assertTrue(answer.flags & dns.flags.AD)
        closed = dns.query.udp(dns.message.make_query("www.alpha-ai.example", "A"), "127.0.0.1", port=behind.port,
                               timeout=PATIENCE)
        self.assertEqual(addresses(closed), [], "the validator finds the closed one bogus")
        self.assertRcode(closed, "SERVFAIL")

    def test_below_a_closed_name(self):
        for answer in ("null", "nxdomain"):
            for directives, name, address in ((RESTRICT + ALLOW, "open.alpha-ai.example", "192.0.2.12"),
                                              (ROLES, "api.alpha-ai.example", "192.0.2.13")):
                with self.subTest(answer=answer, name=name):
                    self.stand_up(directives, answer)
                    apex = self.resolver.ask("alpha-ai.example", "A", want_dnssec=True)
                    self.assertRcode(apex, "NOERROR")  # NXDOMAIN would deny the open name as well (RFC 8020)
                    self.assertEqual(addresses(apex), ["0.0.0.0"] if answer == "null" else [])
                    for rdtype in ("DNSKEY", "NS", "SOA"):
                        asked = self.resolver.ask("alpha-ai.example", rdtype, want_dnssec=True)
                        self.assertTrue(any(r.startswith(rdtype) for r in records(asked)), asked)
                    self.check_open_below(name, address)

    def test_nothing_open_below_nothing_given_away(self):
        self.stand_up(RESTRICT, "nxdomain")
        for rdtype in ("A", "DNSKEY", "NS", "SOA", "NSEC3PARAM"):
            answer = self.resolver.ask("alpha-ai.example", rdtype, want_dnssec=True)
            self.assertRcode(answer, "NXDOMAIN")
            self.assertEqual(records(answer), [])
        self.assertNotIn("fully validated", self.delv("www.alpha-ai.example"))
        # DS is data of the parent zone (RFC 4035 §3.1.4.1); below the sinkholed name there is no data of another zone.
        self.assertNotEqual(self.resolver.ask("alpha-ai.example", "DS").rcode(), 3)
        self.assertRcode(self.resolver.ask("www.alpha-ai.example", "DS"), "NXDOMAIN")

    def test_a_link_to_the_open_one(self):
        self.stand_up(RESTRICT.replace("service:alpha", "domain:alias.alpha-ai.example") + ALLOW, "null")
        self.assertEqual(addresses(self.resolver.ask("alias.alpha-ai.example")), ["0.0.0.0"])
        self.assertIn("fully validated", self.delv("open.alpha-ai.example"))


if __name__ == "__main__":
    main()
