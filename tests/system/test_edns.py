# SPDX-License-Identifier: Apache-2.0
"""EDNS, tested with dig."""
import json
import re

from harness import SystemTest, main
from upstreams import ScriptedUpstream, answer_with

DIRECTIVE = """
[[directive]]
id      = "edns-1"
targets = ["service:alpha"]
step    = "restrict"
ends    = 2099-12-31T23:59:59Z
issuer  = "Ministry of Examples"
contact = ["mailto:dns@agency.example"]
reason  = { en = "Under security assessment" }
"""
BLOCKED = "chat.alpha-ai.example"


class Edns(SystemTest):
    def setUp(self):
        super().setUp()
        self.seen = []
        self.upstream = ScriptedUpstream(self, self.upstream_answer)
        self.resolver = self.node(directives=DIRECTIVE, upstreams=[self.upstream.where]).start()

    def upstream_answer(self, query, transport):
        self.seen.append(query)
        name = query.question[0].name.to_text()
        many = 60 if name.lower().startswith("many.") else 1
        return answer_with(query, *(f"{name} 60 IN A 192.0.2.{i + 1}" for i in range(many)))

    def extra_text(self, shown):
        return re.search(r"EDE: 15 \(Blocked\): \((.*)\)", shown).group(1)

    def test_no_opt_asked_none_given(self):
        for name in (BLOCKED, "open.example"):
            self.assertNotIn("OPT PSEUDOSECTION", self.resolver.dig("+noedns", name))
            self.assertIn("OPT PSEUDOSECTION", self.resolver.dig(name))

    def test_badvers(self):
        shown = self.resolver.dig("+edns=1", "+noednsneg", BLOCKED)
        self.assertIn("status: BADVERS", shown)
        self.assertIn("EDNS: version: 0", shown)

    def test_do_is_echoed_and_ad_absent(self):
        shown = self.resolver.dig("+dnssec", "+cdflag", BLOCKED)
        self.assertRegex(shown, r"EDNS: version: 0, flags: do;")
        self.assertRegex(shown, r"0\.0\.0\.0")
        flags = re.search(r";; flags: ([a-z ]+);", shown).group(1).split()
        self.assertIn("cd", flags)
        self.assertNotIn("ad", flags)

    def test_our_own_udp_size(self):
        self.assertIn("udp: 1232", self.resolver.dig("+bufsize=4096", BLOCKED))

    def test_structured_error(self):
        """The structured-DNS-error draft: an empty option 26 asks for JSON; the reply then has no EDE of code 4."""
        shown = self.resolver.dig("+ednsopt=26", BLOCKED)
        text = self.extra_text(shown)
        fields = json.loads(text.encode().decode("unicode_escape") if "\\" in text else text)
        self.assertTrue(set(fields) & {"c", "j", "s"}, fields)
        self.assertEqual(fields.get("c"), ["mailto:dns@agency.example"])
        self.assertIn("l", fields)
        self.assertNotIn("EDE: 4", shown)
        plain = self.resolver.dig(BLOCKED)
        self.assertNotIn("{", self.extra_text(plain))
        self.assertIn("EDE: 4", plain)

    def test_nsid(self):
        self.assertIn('("node1 policy ', self.resolver.dig("+nsid", BLOCKED))
        self.assertIn('("node1 policy ', self.resolver.dig("+nsid", "open.example"))
        self.assertNotIn("NSID", self.resolver.dig("+nonsid", BLOCKED))

    def test_chaos_names(self):
        self.assertIn('"node1"', self.resolver.dig("CH", "TXT", "id.server"))
        self.assertRegex(self.resolver.dig("CH", "TXT", "version.bind"), r'version\.bind\.\s+\d+\s+CH\s+TXT\s+"')
        self.assertIn("status: REFUSED", self.resolver.dig("CH", "TXT", "other.bind"))

    def test_spelling_is_kept(self):
        for name in ("cHaT.ALPHA-ai.eXample", "oPeN.eXample"):
            self.assertIn(f";{name}.", self.resolver.dig(name))
            self.assertRegex(self.resolver.dig(name), rf"(?m)^{re.escape(name)}\.")

    def test_truncation_and_tcp(self):
        shown = self.resolver.dig("+bufsize=512", "+ignore", "many.example")
        self.assertRegex(shown, r";; flags: [a-z ]*\btc\b")
        whole = self.resolver.dig("+bufsize=512", "many.example")
        self.assertIn("ANSWER: 60", whole)
        self.assertIn("ANSWER: 60", self.resolver.dig("+tcp", "+keepopen", "many.example"))
        self.assertNotRegex(self.resolver.dig("+bufsize=512", "+ignore", BLOCKED), r";; flags: [a-z ]*\btc\b")

    def test_norecurse(self):
        self.assertIn("0.0.0.0", self.resolver.dig("+norecurse", BLOCKED))
        self.assertIn("status: REFUSED", self.resolver.dig("+norecurse", "never-asked.example"))
        self.assertEqual(self.upstream.count("never-asked.example"), 0)
        self.resolver.dig("asked.example")
        self.assertIn("status: NOERROR", self.resolver.dig("+norecurse", "asked.example"))

    def test_hop_by_hop(self):
        """No option of a client reaches the upstream (RFC 7871 §7.5, RFC 7873, RFC 8467)."""
        self.resolver.dig("+subnet=198.51.100.0/24", "+cookie=0123456789abcdef", "+padding=128", "+nsid",
                          "+ednsopt=65001:beef", "private.example")
        self.assertTrue(self.seen)
        for query in self.seen:  # more than one on a busy machine
            self.assertEqual([int(option.otype) for option in query.options], [])
            self.assertEqual(query.payload, 1232)

    def test_random_id_port_and_spelling_upstream(self):
        for i in range(8):
            self.resolver.ask(f"random{i}-with-many-letters.example")
        self.assertGreater(len({query.id for query in self.seen}), 6)
        spelled = [query.question[0].name.to_text() for query in self.seen]
        self.assertTrue(any(name != name.lower() for name in spelled), spelled)


if __name__ == "__main__":
    main()
