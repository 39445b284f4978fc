# SPDX-License-Identifier: Apache-2.0
"""A year of policy, seen with dig and the tool on a clock that the test sets.

A ministry advises in January, restricts at nine on a day in February having observed before, grants a lab two hours, a
nationwide block comes and goes, and the restriction ends by itself.
"""
from daemon import eventually
from harness import Clock, SystemTest, main
from upstreams import ScriptedUpstream, every_name

POLICY = """
[[group]]
id       = "ministry"
clients  = ["127.0.0.0/24"]
language = "ko"
[[group]]
id      = "lab"
clients = ["127.0.0.64/28"]
[[group]]
id      = "school"
clients = ["127.0.1.0/24"]
[exceptions]
approvals = 1
"""
STAFF, LAB, SCHOOL = "127.0.0.9", "127.0.0.65", "127.0.1.9"
ADVISE = """
[[directive]]
id       = "moti-2025-01"
title    = "Caution with Alpha Chat"
targets  = ["service:alpha"]
groups   = ["ministry"]
step     = "advise"
timezone = "Asia/Seoul"
"""
RESTRICT = """
[[directive]]
id       = "moti-2025-02"
title    = "Temporary restriction of Alpha Chat"
issuer   = "Ministry of Trade"
targets  = ["service:alpha"]
groups   = ["ministry"]
step     = "restrict"
before   = "observe"
starts   = 2025-02-06T09:00:00+09:00
ends     = 2025-12-31T23:59:59+09:00
timezone = "Asia/Seoul"
contact  = ["mailto:dns@moti.example"]
reason   = { en = "Under security assessment", ko = "보안 점검 중" }
exceptions_max = "7d"
"""
BLOCK = """
[[directive]]
id          = "nation-7"
mandated_by = "Data Protection Commission"
targets     = ["service:alpha"]
step        = "block"
layer       = "nation"
starts      = 2025-04-01T00:00:00+09:00
ends        = 2025-05-01T00:00:00+09:00
timezone    = "Asia/Seoul"
"""


class Story(SystemTest):
    def setUp(self):
        super().setUp()
        upstream = ScriptedUpstream(self, every_name(3600))
        self.resolver = self.node(directives=POLICY + ADVISE, upstreams=[upstream.where])
        self.clock = Clock(self.resolver, "2025-01-10T10:00:00+09:00")
        self.resolver.start()

    def dig(self, client, *more):
        return self.resolver.dig("-b", client, "alpha-ai.example", *more)

    def is_open(self, client):
        return "192.0.2.1" in self.dig(client, "+short")

    def counted(self, verdict, directive, group):
        return sum(row["count"] for row in self.resolver.cenote_json("stats")["verdicts"]
                   if (row["verdict"], row["directive"], row["group"]) == (verdict, directive, group))

    def come_to(self, time, what, condition):
        """Sets the clock and waits until the daemon has noticed it."""
        self.clock.set(time)
        eventually(condition, f"{what} at {time}")

    def ttl(self, client):
        return min(int(line.split()[1]) for line in self.dig(client, "+noall", "+answer").splitlines())

    def directives(self):
        return {row["id"]: (row["state"], row["step_now"]) for row in self.resolver.cenote_json("directives")}

    def test_a_year(self):
        self.advice_and_a_planned_restriction()
        self.two_hours_for_the_lab()
        self.the_nation_blocks()
        self.the_end_of_the_year()
        self.what_is_told_afterwards()

    def advice_and_a_planned_restriction(self):
        # January: advice. Nothing is closed, everything is counted by service, group and directive.
        self.assertTrue(self.is_open(STAFF))
        self.assertTrue(self.is_open(LAB))
        self.assertEqual(self.counted("advise", "moti-2025-01", "ministry"), 1)
        self.assertEqual(self.counted("advise", "moti-2025-01", "lab"), 1)

        # The restriction is written down; until it starts it observes, beside the advice.
        self.resolver.write_config(directives=POLICY + RESTRICT)
        self.resolver.cenote_ok("reload")
        self.assertEqual(self.directives()["moti-2025-02"], ("planned", "observe"))
        self.assertTrue(self.is_open(STAFF))
        self.assertEqual(self.counted("observe", "moti-2025-02", "ministry"), 1)
        shown = self.resolver.cenote_json("explain", "alpha-ai.example", "--client", STAFF)
        self.assertEqual((shown["verdict"], shown["next_verdict"], shown["changes"]),
                         ("observe", "restrict", "2025-02-06T00:00:00Z"))

        # A minute before nine no answer may be kept past nine.
        self.come_to("2025-02-06T08:59:00+09:00", "short answers", lambda: self.ttl(STAFF) <= 60)
        self.assertTrue(self.is_open(STAFF))
        self.come_to("2025-02-06T09:00:00+09:00", "the restriction", lambda: not self.is_open(STAFF))
        answer = self.dig(STAFF)
        for text in ("0.0.0.0", "EDE: 15 (Blocked)", "지시 moti-2025-02에 따라 2025-12-31 14:59까지", "dns@moti.example",
                     "보안 점검 중"):
            self.assertIn(text, answer)
        self.assertTrue(self.is_open(SCHOOL), "the network of another group")

    def two_hours_for_the_lab(self):
        ident = self.resolver.cenote_ok("exception", "request", "--directive", "moti-2025-02", "--group", "lab", "--for",
                                        "2h", "--purpose", "comparing models").strip()
        self.resolver.cenote_ok("exception", "approve", ident)
        self.assertTrue(self.is_open(LAB))
        self.assertFalse(self.is_open(STAFF))
        self.come_to("2025-02-06T10:59:30+09:00", "short answers", lambda: self.ttl(LAB) <= 30)
        self.come_to("2025-02-06T11:00:01+09:00", "the end of it", lambda: not self.is_open(LAB))
        self.come_to("2025-02-06T11:00:02+09:00", "its closing record",
                     lambda: self.resolver.cenote_json("exceptions")[0]["stage"] == "ended")
        self.clock.set("2025-02-06T10:30:00+09:00")  # after the clock is set back, a sinkholed name stays sinkholed
        self.resolver.cenote_ok("reload")
        self.assertFalse(self.is_open(LAB))
        self.clock.set("2025-03-01T08:00:00+09:00")

    def the_nation_blocks(self):
        # In April the nation blocks, mandated by another body: without exceptions, and with another reason.
        self.resolver.write_config(directives=POLICY + RESTRICT + BLOCK)
        self.resolver.cenote_ok("reload")
        self.assertTrue(self.is_open(SCHOOL))
        self.assertFalse(self.is_open(STAFF), "a planned change has no effect before its time")
        ident = self.resolver.cenote_ok("exception", "request", "--directive", "moti-2025-02", "--group", "lab",
                                        "--until", "2025-03-02T12:00:00+09:00", "--purpose", "again").strip()
        self.resolver.cenote_ok("exception", "approve", ident)
        self.assertTrue(self.is_open(LAB))
        self.come_to("2025-04-01T00:00:00+09:00", "the block", lambda: not self.is_open(SCHOOL))
        for client in (LAB, STAFF, SCHOOL):
            answer = self.dig(client)
            self.assertIn("EDE: 16 (Censored)", answer)
            self.assertIn("nation-7", answer)
        refused = self.resolver.cenote("exception", "request", "--directive", "nation-7", "--group", "lab", "--for", "1h",
                                       "--purpose", "x")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("block has no exceptions", refused.stderr)
        self.come_to("2025-05-01T00:00:00+09:00", "the end of the block", lambda: self.is_open(SCHOOL))
        self.assertFalse(self.is_open(STAFF), "the directive of the ministry is still in force")

    def the_end_of_the_year(self):
        # The last second of the year in the time zone of the ministry.
        self.come_to("2025-12-31T23:59:58+09:00", "the last seconds", lambda: not self.is_open(STAFF))
        self.come_to("2025-12-31T23:59:59+09:00", "the end", lambda: self.is_open(STAFF))
        self.assertEqual(self.directives(), {"moti-2025-02": ("lapsed", "nothing"), "nation-7": ("lapsed", "nothing")})

    def what_is_told_afterwards(self):
        # An explanation with --at uses the policy of that time.
        for at, client, verdict in (("2025-01-10T12:00:00+09:00", STAFF, "observe"),
                                    ("2025-02-06T09:30:00+09:00", STAFF, "restrict"),
                                    ("2025-02-06T09:30:00+09:00", SCHOOL, "forward"),
                                    ("2025-03-01T09:00:00+09:00", LAB, "exception"),
                                    ("2025-04-15T00:00:00+09:00", LAB, "block"),
                                    ("2025-07-01T00:00:00+09:00", LAB, "restrict")):
            shown = self.resolver.cenote_json("explain", "alpha-ai.example", "--client", client, "--at", at)
            self.assertEqual(shown["verdict"], verdict, (at, client))
        trail = self.resolver.cenote_json("audit", "--directive", "moti-2025-02")
        self.assertEqual([row["action"] for row in trail],
                         ["directive add", "directive begin", "exception request", "exception approve", "exception end",
                          "exception request", "exception approve", "exception end", "directive end"])
        self.assertEqual([row["at"] for row in trail if row["action"] in ("directive begin", "directive end")],
                         ["2025-02-06T00:00:00Z", "2025-12-31T14:59:59Z"])
        self.assertEqual(self.resolver.cenote("audit", "--verify").returncode, 0)


if __name__ == "__main__":
    main()
