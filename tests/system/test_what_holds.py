# SPDX-License-Identifier: Apache-2.0
"""What holds now and by whose rule: allows, suspensions and their end, verdicts by group, lifted directives."""
from daemon import eventually
from harness import main
from rules_node import CLOSED, OPEN, RulesTest


class WhatHolds(RulesTest):
    def lines(self, *words):
        return self.resolver.cenote_ok(*words).splitlines()

    def test_allows_and_suspensions_are_listed_with_their_authors(self):
        self.assertEqual(self.resolver.cenote_json("allows"), [])
        self.resolver.cenote_ok("allow", "beta-ai.example", "--group", "lab", "--until", "2098-01-01T00:00:00Z",
                                "--note", "a test", "--requester", "park")
        self.resolver.cenote_ok("suspend", "--until", "2098-02-01T00:00:00Z", "--note", "outage")
        for stopped in (False, True):  # by the daemon, and from the files
            if stopped:
                self.resolver.stop()
            allow, suspension = self.resolver.cenote_json("allows")
            self.assertEqual((allow["id"], allow["kind"], allow["domains"], allow["groups"], allow["reason"]),
                             ("node1-1", "allow", ["beta-ai.example"], ["lab"], "a test"))
            self.assertEqual((allow["made"]["by"], allow["made"]["requester"]), ("root", "park"))
            self.assertEqual((suspension["id"], suspension["kind"], suspension["reason"], suspension["ends"]),
                             ("node1-2", "suspension", "outage", "2098-02-01T00:00:00Z"))
            listed = self.lines("allows")
            for text in ("node1-1", "beta-ai.example", "lab", "root", "2098-01-01 00:00 UTC", "a test"):
                self.assertIn(text, listed[0])
            self.assertIn("every step is observe", listed[1])

    def test_explain_names_the_rule_and_its_author(self):
        self.resolver.cenote_ok("allow", "beta-ai.example", "--group", "lab", "--until", "2098-01-01T00:00:00Z")
        client = ("--client", "127.0.0.77")
        for stopped in (False, True):
            if stopped:
                self.resolver.stop()
            shown = self.lines("explain", "beta-ai.example", *client)
            self.assertIn("open by allow node1-1 of root", shown[0])
            self.assertIn("until 2098-01-01 00:00 UTC", shown[1])
            self.assertIn("> directive file-1 > everyone", self.lines("explain", "beta-ai.example")[0], "it has no author")
            row, = self.resolver.cenote_json("directives", "file-1")
            self.assertEqual((row["made"], row["ended"]), (None, None), "it is in a file, which the trail tells, too")
        self.resolver.start()
        made = self.made("restrict", "alpha", "--everyone", "--no-end")
        asked = self.made("exception", "request", "--directive", made, "--client", "127.0.0.1/32", "--for", "1h",
                          "--purpose", "a test", "--emergency")
        self.assertIn(f"open by exception {asked} of root from directive {made}",
                      self.lines("explain", "alpha-ai.example")[0])
        self.assertIn(f"> directive {made} of root >", self.lines("explain", "alpha-ai.example", *client)[0])
        self.resolver.cenote_ok("suspend", "--for", "30m")
        shown = self.resolver.cenote_ok("explain", "alpha-ai.example", *client)
        self.assertIn("suspended by node1-4 of root; 'cenote resume' ends it", shown)
        self.assertEqual(shown.count("until"), 1, shown)

    def test_resume_ends_a_suspension(self):
        self.assertIn("nothing is suspended", self.refused("resume"))
        self.resolver.cenote_ok("suspend", "--for", "1h", "--note", "outage")
        self.assertEqual(self.seen("beta-ai.example"), OPEN)
        problem, = [p for p in self.resolver.cenote_json("status")["problems"] if "suspended" in p["what"]]
        self.assertIn("by root (node1-1: outage)", problem["what"])
        self.assertIn("'cenote resume' ends it", self.resolver.cenote_ok("status"))
        self.assertIn("is not the suspension in force; that is node1-1", self.refused("resume", "node1-9"))
        self.assertIn("node1-1 is ended", self.resolver.cenote_ok("resume", "--note", "it is over"))
        self.assertEqual(self.seen("beta-ai.example"), CLOSED)
        self.assertEqual(self.resolver.cenote_json("allows"), [])
        self.assertEqual([(row["action"], row["object"]) for row in self.audit()[-2:]],
                         [("resume", "node1-1"), ("directive resumed", "file-1")])
        self.resolver.cenote_ok("suspend", "--for", "1h")
        self.resolver.cenote_ok("resume", "node1-2")
        self.resolver.cenote_ok("suspend", "--for", "1h")
        self.resolver.cenote_ok("directive", "lift", "node1-3")
        self.assertEqual(self.seen("beta-ai.example"), CLOSED)
        ended = self.resolver.cenote_json("allows", "--all")
        self.assertEqual([(row["id"], row["state"], row["ended"]["by"]) for row in ended],
                         [(f"node1-{i}", "lifted", "root") for i in (1, 2, 3)])
        self.assertEqual(ended[0]["ended"]["note"], "it is over")

    def test_verdicts_show_a_service_group_by_group(self):
        made = self.made("restrict", "beta", "--group", "lab", "--no-end", "--title", "For the laboratory")
        self.resolver.cenote_ok("allow", "beta-ai.example", "--until", "2098-01-01T00:00:00Z")
        rows = {row["group"]: row for row in self.resolver.cenote_json("verdicts", "beta")}
        self.assertEqual({group: row["verdict"] for group, row in rows.items()}, {"lab": "allow", "everyone": "allow"})
        self.resolver.cenote_ok("directive", "lift", "node1-2")
        self.resolver.cenote_ok("directive", "step", made, "block")
        self.made("exception", "request", "--directive", "file-1", "--client", "127.0.0.1/32", "--for", "1h",
                  "--purpose", "a test", "--emergency")
        for stopped in (False, True):
            if stopped:
                self.resolver.stop()
            rows = {row["group"]: row for row in self.resolver.cenote_json("verdicts", "beta")}
            self.assertEqual((rows["lab"]["verdict"], rows["lab"]["directive"], rows["lab"]["title"],
                              rows["lab"]["made"]["by"], rows["lab"]["exceptions"]),
                             ("block", made, "For the laboratory", "root", 0))
            self.assertEqual((rows["everyone"]["verdict"], rows["everyone"]["directive"], rows["everyone"]["exceptions"],
                              rows["everyone"]["names"]), ("restrict", "file-1", 1, 1))
            self.assertRegex(self.resolver.cenote_ok("verdicts", "beta"),
                             rf"lab +block +1 +directive {made} of root +0 +- +For the laboratory")

    def test_a_lifted_directive_can_be_looked_at(self):
        made = self.made("restrict", "alpha", "--everyone", "--no-end", "--title", "For a while", "--requester", "park")
        self.resolver.cenote_ok("directive", "lift", made, "--note", "assessed", "--ref", "2026-117")
        for stopped in (False, True):
            if stopped:
                self.resolver.stop()
            self.assertEqual([row["id"] for row in self.resolver.cenote_json("directives")], ["file-1"])
            rows = self.resolver.cenote_json("directives", "--all")
            self.assertEqual([(row["id"], row["state"]) for row in rows], [(made, "lifted"), ("file-1", "in-force")])
            shown = self.resolver.cenote_ok("directives", made)
            self.assertRegex(shown, r"state +lifted\n")
            self.assertRegex(shown, r"made +20\S+ \S+ UTC by root for park\n")
            self.assertRegex(shown, r"lifted +20\S+ \S+ UTC by root, 2026-117: assessed\n")
            self.assertIn('title = "For a while"', self.resolver.cenote_ok("directives", made, "--toml"))

    def test_what_has_ended_by_the_clock_is_among_all(self):
        clock = self.resolver.restart_at("2098-03-20T12:00:00Z")
        self.resolver.cenote_ok("allow", "beta-ai.example", "--until", "2098-03-20T13:00:00Z")
        clock.set("2098-03-20T13:00:01Z")
        eventually(lambda: "allow end" in [row["action"] for row in self.audit()], "the record of the end")
        self.assertEqual(self.resolver.cenote_json("allows"), [])
        row, = self.resolver.cenote_json("allows", "--all")
        self.assertEqual((row["state"], row["ended"]["by"]), ("lifted", "cenoted"))


if __name__ == "__main__":
    main()
