# SPDX-License-Identifier: Apache-2.0
"""The answers for a sinkholed name: every answer mode and every query type."""
import dns.flags
import dns.message
import dns.rdatatype

from harness import SystemTest, addresses, extended_errors, main, records
from upstreams import ScriptedUpstream, zone_handler

MODES = ("null", "nodata", "nxdomain", "address", "cname", "refused", "drop")
OTHER_TYPES = ("MX", "SRV", "NAPTR", "CAA", "TLSA", "NS", "SOA", "TYPE65400")
CONTACT = "dns@agency.example"

DIRECTIVES = "".join(f"""
[[directive]]
id      = "mode-{mode}"
targets = ["domain:{mode}.blocked.example"]
step    = "restrict"
answer  = "{mode}"
ends    = 2099-12-31T23:59:59Z
contact = ["mailto:{CONTACT}"]
""" for mode in MODES) + """
[[directive]]
id      = "alpha-1"
targets = ["service:alpha"]
step    = "block"
contact = ["mailto:dns@agency.example"]
reason  = { en = "Under security assessment" }
[[directive]]
id      = "beta-1"
targets = ["service:beta"]
step    = "block"
mandated_by = "National Authority"
[[group]]
id      = "lab"
clients = ["127.0.0.77/32"]
answer  = "nodata"
[[allow]]
domains = ["open.nxdomain.blocked.example"]
groups  = ["lab"]
"""
SINKHOLE = '''answer = "null"
ipv4 = "192.0.2.80"
ipv6 = "2001:db8::80"
cname = "landing.example"
ttl = "30s"
'''


class Blocking(SystemTest):
    def setUp(self):
        super().setUp()
        self.upstream = ScriptedUpstream(self, zone_handler(
            "landing.example 300 IN A 192.0.2.99",
            "landing.example 300 IN AAAA 2001:db8::99",
            "null.blocked.example 300 IN DS 12345 13 2 " + "ab" * 32,
            "notalpha-ai.example 300 IN A 192.0.2.7",
            "open.nxdomain.blocked.example 300 IN A 192.0.2.8"))
        self.resolver = self.node(directives=DIRECTIVES, sinkhole=SINKHOLE, upstreams=[self.upstream.where]).start()

    def blocked(self, name, rdtype, ede=15, **options):
        """Asks, and checks the properties of every sinkhole answer."""
        answer = self.resolver.ask(name, rdtype, **options)
        flags = answer.flags
        self.assertTrue(flags & dns.flags.QR and flags & dns.flags.RA and flags & dns.flags.RD, answer)
        self.assertFalse(flags & (dns.flags.AA | dns.flags.TC | dns.flags.AD), answer)
        self.assertEqual(answer.question[0].name.to_text(), name.rstrip(".") + ".", "the question's own spelling")
        self.assertEqual(answer.additional, [])
        if options.get("use_edns", 0) is not False:
            errors = extended_errors(answer)
            self.assertTrue(errors, answer)
            self.assertEqual(errors[0][0], ede)
            self.assertEqual(errors[1:], [(4, "")] if answer.answer else [])
        if not answer.answer and dns.rcode.to_text(answer.rcode()) in ("NOERROR", "NXDOMAIN"):
            self.check_soa(answer)
        return answer

    def check_soa(self, answer):
        """RFC 2308 §3: TTL and MINIMUM are the block TTL, so that the answer is not cached for longer."""
        self.assertEqual(len(answer.authority), 1, answer)
        soa = answer.authority[0]
        self.assertEqual(soa.rdtype, dns.rdatatype.SOA)
        self.assertTrue(answer.question[0].name.is_subdomain(soa.name))
        self.assertEqual((soa.ttl, soa[0].minimum), (30, 30))

    def name(self, mode):
        return f"host.{mode}.blocked.example"

    def test_null(self):
        name = self.name("null")
        self.assertEqual(records(self.blocked(name, "A")), ["A 0.0.0.0"])
        self.assertEqual(records(self.blocked(name, "AAAA")), ["AAAA ::"])
        self.assertEqual(records(self.blocked(name, "ANY")), ["A 0.0.0.0", "AAAA ::"])
        self.assertEqual(self.blocked(name, "A").answer[0].ttl, 30)
        for rdtype in ("HTTPS", "SVCB", "CNAME", "DS", "DNSKEY", "RRSIG") + OTHER_TYPES:
            with self.subTest(rdtype):
                answer = self.blocked(name, rdtype)
                self.assertRcode(answer, "NOERROR")
                self.assertEqual(records(answer), [])
        text = records(self.blocked(name, "TXT"))
        self.assertEqual(len(text), 1)
        self.assertIn("directive=mode-null", text[0])

    def test_address(self):
        name = self.name("address")
        self.assertEqual(records(self.blocked(name, "A")), ["A 192.0.2.80"])
        self.assertEqual(records(self.blocked(name, "AAAA")), ["AAAA 2001:db8::80"])
        self.assertEqual(records(self.blocked(name, "ANY")), ["A 192.0.2.80", "AAAA 2001:db8::80"])
        for rdtype in ("HTTPS", "SVCB", "CNAME") + OTHER_TYPES:
            with self.subTest(rdtype):
                self.assertEqual(records(self.blocked(name, rdtype)), [])
        self.assertIn("directive=mode-address", records(self.blocked(name, "TXT"))[0])

    def test_nodata_and_nxdomain(self):
        for mode, rcode in (("nodata", "NOERROR"), ("nxdomain", "NXDOMAIN")):
            for rdtype in ("A", "AAAA", "HTTPS", "SVCB", "TXT", "CNAME", "DS", "DNSKEY") + OTHER_TYPES:
                with self.subTest(mode=mode, type=rdtype):
                    answer = self.blocked(self.name(mode), rdtype)
                    self.assertRcode(answer, rcode)
                    self.assertEqual(records(answer), [])
        self.assertRcode(self.blocked(self.name("nxdomain"), "ANY"), "NXDOMAIN")
        # NODATA, or one HINFO (RFC 8482 §4.2).
        self.assertIn([line.split()[0] for line in records(self.blocked(self.name("nodata"), "ANY"))], ([], ["HINFO"]))

    def test_cname(self):
        name = self.name("cname")
        self.assertEqual(records(self.blocked(name, "A")), ["A 192.0.2.99", "CNAME landing.example."])
        self.assertEqual(records(self.blocked(name, "AAAA")), ["AAAA 2001:db8::99", "CNAME landing.example."])
        for rdtype in ("HTTPS", "TXT", "MX", "ANY", "TYPE65400", "CNAME"):
            with self.subTest(rdtype):
                self.assertEqual(records(self.blocked(name, rdtype)), ["CNAME landing.example."])

    def test_refused(self):
        for rdtype in ("A", "AAAA", "HTTPS", "ANY", "TXT", "MX"):
            with self.subTest(rdtype):
                answer = self.blocked(self.name("refused"), rdtype)
                self.assertRcode(answer, "REFUSED")
                self.assertEqual(records(answer) + records(answer, "authority"), [])

    def test_drop(self):
        client = self.resolver.udp()
        silent = dns.message.make_query(self.name("drop"), "A")
        spoken = dns.message.make_query(self.name("null"), "A")
        client.send(silent.to_wire())
        client.send(spoken.to_wire())
        # Both go to one worker in order, so the first reply would belong to the query that is dropped.
        self.assertEqual(dns.message.from_wire(client.recv(4096)).id, spoken.id)

    def test_ds_at_the_cut_is_the_parents(self):
        answer = self.resolver.ask("null.blocked.example", "DS")
        self.assertEqual([line.split()[0] for line in records(answer)], ["DS"], answer)
        self.assertEqual(extended_errors(answer), [])
        self.assertGreater(self.upstream.count("null.blocked.example"), 0)

    def test_nothing_sinkholed_goes_upstream(self):
        for rdtype in ("A", "AAAA", "HTTPS", "TXT", "MX"):
            self.blocked("chat.alpha-ai.example", rdtype)
        self.assertEqual(self.upstream.count(), 0)

    def test_labels_not_letters(self):
        self.assertEqual(addresses(self.resolver.ask("notalpha-ai.example")), ["192.0.2.7"])
        self.assertEqual(addresses(self.blocked("a.b.c.ALPHA-ai.eXample", "A")), ["0.0.0.0"])
        # A dot inside a label is a byte of the label (RFC 4343).
        answer = self.resolver.ask(r"chat\.alpha-ai.example")
        self.assertRcode(answer, "NXDOMAIN")
        self.assertEqual(extended_errors(answer), [])

    def test_dnssec_flags_change_nothing(self):
        for flags in (0, dns.flags.CD, dns.flags.AD):
            answer = self.blocked("alpha-ai.example", "A", want_dnssec=True, flags=dns.flags.RD | flags)
            self.assertEqual(addresses(answer), ["0.0.0.0"])
            self.assertEqual(bool(answer.flags & dns.flags.CD), flags == dns.flags.CD)
            self.assertTrue(answer.ednsflags & dns.flags.DO, "RFC 3225 §3")

    def test_the_text_is_a_sentence_for_people(self):
        text = extended_errors(self.resolver.ask(self.name("null")))[0][1]
        for word in ("mode-null", "2099-12-31", CONTACT):
            self.assertIn(word, text)
        self.assertIn("Alpha Chat", extended_errors(self.resolver.ask("alpha-ai.example"))[0][1])

    def test_ordered_by_another_body(self):
        self.assertEqual(addresses(self.blocked("beta-ai.example", "A", ede=16)), ["0.0.0.0"])

    def test_answer_of_a_group(self):
        answer = self.blocked("alpha-ai.example", "A", source="127.0.0.77")
        self.assertEqual(records(answer), [])
        self.assertRcode(answer, "NOERROR")

    def test_nxdomain_would_deny_an_open_child(self):
        """RFC 8020: with an open name below for this client, NXDOMAIN becomes NODATA."""
        self.assertRcode(self.blocked("nxdomain.blocked.example", "A"), "NXDOMAIN")
        self.assertRcode(self.blocked("nxdomain.blocked.example", "A", source="127.0.0.77"), "NOERROR")
        self.assertEqual(addresses(self.resolver.ask("open.nxdomain.blocked.example", source="127.0.0.77")),
                         ["192.0.2.8"])
        self.assertRcode(self.blocked("open.nxdomain.blocked.example", "A"), "NXDOMAIN")

    def test_over_tcp_and_without_edns(self):
        self.assertEqual(addresses(self.blocked("alpha-ai.example", "A", tcp=True)), ["0.0.0.0"])
        answer = self.blocked("alpha-ai.example", "A", use_edns=False)
        self.assertEqual(addresses(answer), ["0.0.0.0"])
        self.assertEqual(answer.edns, -1)

    def test_as_dig_shows_it(self):
        shown = self.resolver.dig("cHat.alpha-ai.example", "A")
        self.assertIn("EDE: 15 (Blocked)", shown)
        self.assertIn("EDE: 4 (Forged Answer)", shown)
        self.assertRegex(shown, r"cHat\.alpha-ai\.example\.\s+30\s+IN\s+A\s+0\.0\.0\.0")


if __name__ == "__main__":
    main()
