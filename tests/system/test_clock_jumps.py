# SPDX-License-Identifier: Apache-2.0
"""The wall clock is set by years, ahead and back: TTLs and timers go on, what is in force stays, and nothing stops."""
from harness import Clock, SystemTest, addresses, main
from daemon import eventually
from upstreams import ScriptedUpstream, every_name

NOW = "2030-03-20T12:00:00Z"
DIRECTIVES = """
[[directive]]
id      = "always"
targets = ["service:alpha"]
step    = "restrict"
[[directive]]
id      = "a-year"
targets = ["service:beta"]
step    = "restrict"
starts  = 2030-01-01T00:00:00Z
ends    = 2031-01-01T00:00:00Z
"""


class ClockJumps(SystemTest):
    def test_ten_years_both_ways(self):
        upstream = ScriptedUpstream(self, every_name(3600))
        resolver = self.node(directives=DIRECTIVES, upstreams=[upstream.where])
        clock = Clock(resolver, NOW)
        resolver.start()
        daemon = resolver.daemon.process
        self.assertEqual(addresses(resolver.ask("kept.example")), ["192.0.2.1"])
        asked = upstream.asked("kept.example")
        for number, time in enumerate(("2040-03-20T12:00:00Z", NOW, "2020-03-20T12:00:00Z", "1970-01-01T00:10:00Z",
                                       "2105-01-01T00:00:00Z", NOW)):
            with self.subTest(time):
                clock.set(time)
                year = time[:4]
                kept = resolver.ask("kept.example")
                self.assertEqual(upstream.asked("kept.example"), asked, "nothing expires with the wall clock")
                self.assertGreater(kept.answer[0].ttl, 2400)
                self.assertLessEqual(kept.answer[0].ttl, 3600)
                self.assertEqual(addresses(resolver.ask("chat.alpha-ai.example")), ["0.0.0.0"])
                self.assertEqual(addresses(resolver.ask(f"new-{number}-{year}.example")), ["192.0.2.1"])
                self.assertEqual(resolver.cenote("reload").returncode, 0)
                self.assertIsNone(daemon.poll(), "the daemon runs on")
                # A directive begins by the latest time that was seen, and ends by the clock: what is sinkholed stays so.
                beta = ["192.0.2.1"] if year > "2031" else ["0.0.0.0"]
                eventually(lambda: addresses(resolver.ask("beta-ai.example")) == beta, "the directive of a year")
        eventually(lambda: "the clock says" in resolver.cenote("status", "--check").stdout, "the problem")
        resolver.cenote_ok("state", "accept-clock", "--note", "the clock was wrong")
        eventually(lambda: "the clock says" not in resolver.cenote("status", "--check").stdout, "no problem")
        self.assertEqual(addresses(resolver.ask("beta-ai.example")), ["0.0.0.0"])


if __name__ == "__main__":
    main()
