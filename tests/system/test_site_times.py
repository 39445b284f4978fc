# SPDX-License-Identifier: Apache-2.0
"""Times on the clock of the site: shown with the name of its zone, and read in it where they have no offset."""
from daemon import eventually
from harness import Clock, SystemTest, main
from upstreams import ScriptedUpstream, every_name

DIRECTIVES = """
[[directive]]
id      = "2026-014"
title   = "딥시크 접속 일시 제한"
targets = ["service:alpha"]
step    = "restrict"
before  = "nothing"
starts  = 2026-11-30T09:00:00+09:00
ends    = 2027-05-31T23:59:59+09:00
review  = 2027-01-31T00:00:00+09:00
hours   = "mon-fri 08:00-19:00"
[[directive]]
id      = "default"
targets = ["service:*"]
step    = "observe"
"""


class SiteTimes(SystemTest):
    def setUp(self):
        super().setUp()
        upstream = ScriptedUpstream(self, every_name(60))
        self.resolver = self.node(directives=DIRECTIVES, upstreams=[upstream.where], timezone="Asia/Seoul")
        self.clock = Clock(self.resolver, "2026-11-30T01:00:00Z")  # a Monday, 10:00 in Seoul
        self.resolver.start()

    def now_of(self, directive):
        listed, = [line for line in self.resolver.cenote_ok("directives").splitlines() if line.startswith(directive)]
        return listed

    def test_text_has_the_zone_and_json_the_offset(self):
        shown = self.resolver.cenote_ok("directives", "2026-014")
        for text in ("starts       2026-11-30 09:00 KST", "ends         2027-05-31 23:59:59 KST",
                     "review       2027-01-31 00:00 KST", "next change  nothing from 2026-11-30 19:00 KST"):
            self.assertIn(text, shown)
        row, = self.resolver.cenote_json("directives", "2026-014")
        self.assertEqual((row["starts"], row["review"]), ("2026-11-30T00:00:00Z", "2027-01-30T15:00:00Z"))
        self.assertEqual((row["changes"], row["next_step"]), ("2026-11-30T10:00:00Z", "nothing"))
        self.assertIn("starts = 2026-11-30T09:00:00+09:00", self.resolver.cenote_ok("directives", "2026-014", "--toml"))
        explained = self.resolver.cenote_ok("explain", "alpha-ai.example")
        self.assertEqual(explained.count("until"), 1, explained)
        self.assertIn("until 2026-11-30 19:00 KST (in 9 hours), then observe; "
                      "directive 2026-014 ends 2027-05-31 23:59:59 KST", explained)
        self.assertIn("KST", self.resolver.cenote_ok("status"))
        self.assertIn("built 2026", self.resolver.cenote_ok("status"))
        self.assertIn("2026-11-30 10:00 KST", self.resolver.cenote_ok("audit"))
        self.assertEqual(self.resolver.cenote_json("audit")[0]["at"][-1], "Z")

    def test_the_hours_say_when_they_begin(self):
        self.assertRegex(self.now_of("2026-014"), r"in-force +restrict +restrict +everyone")
        for now, text in (("2026-11-30T10:30:00Z", "outside hours, from 08:00"),
                          ("2026-12-04T11:00:00Z", "outside hours, from Mon 08:00")):
            self.clock.set(now)
            self.resolver.cenote_ok("reload")
            eventually(lambda words=text: words in self.now_of("2026-014"), text)

    def test_a_review_is_due_on_the_day_of_the_site(self):
        self.clock.set("2027-01-30T14:59:00Z")
        self.resolver.cenote_ok("reload")
        self.assertNotIn("was due for review", self.resolver.cenote_ok("status"))
        self.clock.set("2027-01-30T15:00:00Z")
        eventually(lambda: "was due for review on 2027-01-31 00:00 KST" in self.resolver.cenote_ok("status"), "the problem")

    def test_a_time_without_an_offset_is_one_of_the_site(self):
        made = self.resolver.cenote_ok("restrict", "beta", "--everyone", "--until", "2026-12-31 23:59").split()[0]
        row, = self.resolver.cenote_json("directives", made)
        self.assertEqual(row["ends"], "2026-12-31T14:59:00Z")
        self.assertIn("at step block from 2026-12-24 09:00 KST on",
                      self.resolver.cenote_ok("directive", "step", made, "block", "--at", "2026-12-24T09:00"))
        row, = self.resolver.cenote_json("directives", made)
        self.assertEqual(row["planned"], [{"at": "2026-12-24T00:00:00Z", "step": "block"}])
        self.assertIn("restrict; block from 2026-12-24 09:00 KST", self.now_of(made))
        self.assertIn("open until 2026-11-30 12:00 KST",
                      self.resolver.cenote_ok("allow", "beta-ai.example", "--until", "2026-11-30 12:00 KST"))
        shown = self.resolver.cenote_json("explain", "alpha-ai.example", "--at", "2026-11-30 19:00")
        self.assertEqual(shown["verdict"], "observe")
        self.assertEqual([row["action"] for row in self.resolver.cenote_json("audit", "--since", "2026-11-30 10:00")][-3:],
                         ["directive add", "directive step", "allow"])
        self.assertEqual(self.resolver.cenote_json("audit", "--since", "2026-11-30 10:01"), [])
        self.assertIn("2026-12-31T23:59:00+09:00",
                      self.resolver.cenote_ok("restrict", "beta", "--everyone", "--until", "2026-12-31 23:59",
                                              "--dry-run"))
        done = self.resolver.cenote("allow", "beta-ai.example", "--until", "2026-11-30 09:00")
        self.assertEqual(done.returncode, 1, done)

    def test_hours_that_the_clock_skips_or_repeats(self):
        self.resolver.write_config(timezone="Europe/Berlin")
        self.resolver.cenote_ok("reload")
        for time, why in (("2027-03-28 02:30", "there is no 2027-03-28 02:30 in Europe/Berlin"),
                          ("2027-10-31 02:30", "write 2027-10-31T02:30:00+02:00 or 2027-10-31T02:30:00+01:00")):
            done = self.resolver.cenote("suspend", "--until", time)
            self.assertEqual(done.returncode, 2, done)
            self.assertIn(why, done.stderr)
        self.assertIn("until 2027-10-31 02:30 CET",
                      self.resolver.cenote_ok("suspend", "--until", "2027-10-31 02:30 CET"))

    def test_from_files_the_zone_is_that_of_the_configuration(self):
        self.resolver.stop()
        done = self.resolver.cenote("directives", "2026-014")
        self.assertIn("2026-11-30 09:00 KST", done.stdout)
        self.assertEqual(done.stderr, "cenote: no cenoted runs: this is what the files say\n")
        self.assertEqual(self.resolver.cenote_json("explain", "alpha-ai.example", "--at", "2026-12-01 19:00")["verdict"],
                         "observe")


if __name__ == "__main__":
    main()
