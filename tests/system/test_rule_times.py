# SPDX-License-Identifier: Apache-2.0
"""Rules of the command line and time: planned steps, ends, past and future policies, a clock that is set back."""
from datetime import datetime, timedelta, timezone

from daemon import eventually
from harness import main
from rules_node import CLOSED, FROM_FILE, OPEN, RulesTest


class RuleTimes(RulesTest):
    def test_what_comes_can_be_asked_now(self):
        self.made("block", "alpha", "--starts", "2098-01-01T00:00:00Z", "--everyone", "--no-end")
        for stopped in (False, True):  # from the daemon, then from the files
            if stopped:
                self.resolver.stop()
            shown = self.resolver.cenote_json("explain", "alpha-ai.example")
            self.assertEqual((shown["verdict"], shown["directive"]), ("observe", "node1-1"))
            shown = self.resolver.cenote_json("explain", "alpha-ai.example", "--at", "2098-01-01T00:00:00Z")
            self.assertEqual((shown["verdict"], shown["directive"]), ("block", "node1-1"))

    def test_what_was_can_be_asked_later(self):
        """`explain --at` uses the policy that was in force at that time, also after all its rules have ended."""
        def after_a_second():
            then = datetime.now(timezone.utc).replace(microsecond=0)
            eventually(lambda: datetime.now(timezone.utc) >= then + timedelta(seconds=1), "the next second")
            return f"{then:%Y-%m-%dT%H:%M:%SZ}"

        times = [after_a_second()]
        made = self.made("restrict", "alpha", "--group", "lab", "--no-end")
        times.append(after_a_second())
        self.resolver.cenote_ok("directive", "step", made, "block")
        times.append(after_a_second())
        self.resolver.cenote_ok("directive", "lift", made)
        self.resolver.write_config(directives=FROM_FILE.replace("127.0.0.77", "127.0.0.78"))
        self.resolver.cenote_ok("reload")
        for stopped in (False, True):
            if stopped:
                self.resolver.stop()
            for at, verdict in zip(times, ("forward", "restrict", "block")):
                shown = self.resolver.cenote_json("explain", "alpha-ai.example", "--client", "127.0.0.77", "--at", at)
                self.assertEqual(shown["verdict"], verdict, shown)
            self.assertIn("no policy is stored", self.refused("explain", "alpha-ai.example", "--at",
                                                              "2001-01-01T00:00:00Z"))
        versions = [row["policy"].split()[1] for row in self.audit("--directive", made)]
        self.assertEqual(len(set(versions)), 3, "each change has its version in the trail")

    def test_a_step_can_be_planned(self):
        clock = self.resolver.restart_at("2097-03-20T12:00:00Z")
        made = self.made("advise", "alpha", "--everyone", "--no-end")
        self.assertIn("has passed", self.refused("directive", "step", made, "restrict", "--at", "2001-01-01T00:00:00Z"))
        self.resolver.cenote_ok("directive", "step", made, "block", "--at", "2098-01-01T00:00:00Z")
        self.resolver.cenote_ok("directive", "step", made, "restrict", "--at", "2097-03-20T12:30:00Z")
        shown = self.resolver.cenote_json("directives", made)[0]
        self.assertEqual([step["step"] for step in shown["planned"]], ["restrict", "block"])
        shown = self.resolver.cenote_json("explain", "alpha-ai.example", "--at", "2098-01-01T00:00:00Z")
        self.assertEqual(shown["verdict"], "block")
        clock.set("2097-03-20T12:30:00Z")
        eventually(lambda: self.seen("alpha-ai.example") == CLOSED, "the planned step")
        self.assertEqual(self.resolver.cenote_json("explain", "alpha-ai.example")["next_verdict"], "block")
        self.resolver.cenote_ok("directive", "step", made, "advise")
        self.assertEqual(self.seen("alpha-ai.example"), OPEN)
        self.assertEqual(len(self.resolver.cenote_json("directives", made)[0]["planned"]), 1, "steps ahead")

    def test_at_two_in_the_morning(self):
        self.assertEqual(self.seen("beta-ai.example"), CLOSED)
        self.resolver.cenote_ok("allow", "beta-ai.example", "--group", "lab", "--for", "24h")
        self.assertEqual(self.seen("beta-ai.example"), CLOSED)
        self.assertEqual(self.seen("beta-ai.example", source="127.0.0.77"), OPEN)
        self.resolver.cenote_ok("suspend", "--for", "1h", "--note", "outage")
        self.assertEqual(self.seen("beta-ai.example"), OPEN)
        self.assertIn("suspended until", self.resolver.cenote_ok("explain", "beta-ai.example", "--json"))
        self.assertTrue(any("suspended" in problem["what"] for problem in self.resolver.cenote_json("status")["problems"]))

    def test_they_end_by_themselves(self):
        clock = self.resolver.restart_at("2098-03-20T12:00:00Z")
        before = self.resolver.cenote_json("status")["policy_version"]
        self.resolver.cenote_ok("suspend", "--until", "2098-03-20T12:10:00Z")
        self.assertEqual(self.seen("beta-ai.example"), OPEN)
        clock.set("2098-03-20T12:10:00Z")
        self.resolver.daemon.wait_line("directive file-1 no longer suspended: observe → restrict")
        eventually(lambda: self.seen("beta-ai.example") == CLOSED, "the end of it")
        self.assertGreater(self.resolver.cenote_json("status")["policy_version"], before)

    def test_what_has_ended_stays_ended_though_the_clock_is_set_back(self):
        clock = self.resolver.restart_at("2098-03-20T12:00:00Z")
        self.resolver.cenote_ok("allow", "beta-ai.example", "--until", "2098-03-20T13:00:00Z")
        made = self.made("restrict", "domain:begun.example", "--starts", "2098-03-20T12:30:00Z", "--everyone", "--no-end")
        self.assertEqual((self.seen("beta-ai.example"), self.seen("begun.example")), (OPEN, OPEN))
        clock.set("2098-03-20T13:00:01Z")
        eventually(lambda: "allow end" in [row["action"] for row in self.audit()], "the record of the end")
        serial = self.resolver.cenote_json("status")["policy_version"]
        self.resolver.cenote_ok("allow", "other.example", "--until", "2098-03-20T14:00:00Z")
        for back in ("2098-02-27T12:00:00Z", "1970-01-02T00:00:00Z"):
            self.resolver.daemon.kill()
            clock.set(back)
            self.resolver.start()
            self.assertEqual((self.seen("beta-ai.example"), self.seen("begun.example")), (CLOSED, CLOSED), back)
            shown = self.resolver.cenote("status", "--check")
            self.assertEqual(shown.returncode, 2, shown)
            self.assertIn(f"the clock says {back[:10]} {back[11:16]} UTC", shown.stdout)
            self.assertIn("the clock says", self.refused("suspend", "--until", "2099-01-01T00:00:00Z"))
            self.resolver.cenote_ok("restrict", "domain:more.example", "--everyone", "--no-end")
            self.assertGreater(self.resolver.cenote_json("status")["policy_version"], serial, "no serial falls")
        clock.set("2098-03-20T13:10:00Z")
        eventually(lambda: "the clock says" not in self.resolver.cenote("status", "--check").stdout, "the right time")
        self.assertEqual((self.seen("beta-ai.example"), self.seen("begun.example")), (CLOSED, CLOSED))
        self.resolver.cenote_ok("directive", "lift", made)
        self.assertEqual(self.seen("begun.example"), OPEN)

    def test_a_clock_that_was_ahead_can_be_accepted(self):
        clock = self.resolver.restart_at("2098-03-20T12:00:00Z")
        self.assertIn("nothing to accept", self.refused("state", "accept-clock"))
        clock.set("2098-09-20T12:00:00Z")
        eventually(lambda: self.resolver.cenote_json("explain", "beta-ai.example")["verdict"] == "restrict", "an answer")
        self.resolver.cenote_ok("reload")
        clock.set("2098-03-20T12:01:00Z")
        eventually(lambda: "the clock says" in self.resolver.cenote("status", "--check").stdout, "the problem")
        self.resolver.cenote_ok("state", "accept-clock", "--note", "the battery was empty")
        self.assertNotIn("the clock says", self.resolver.cenote("status", "--check").stdout)
        self.resolver.cenote_ok("allow", "beta-ai.example", "--until", "2098-03-20T13:00:00Z")
        self.assertEqual(self.seen("beta-ai.example"), OPEN)
        self.assertEqual([row["note"] for row in self.audit() if row["action"] == "accept clock"], ["the battery was empty"])


if __name__ == "__main__":
    main()
