# SPDX-License-Identifier: Apache-2.0
"""The judgement of the soak: an answer that the policy does not allow is found, one that it allows is not."""
import pathlib
import sys
import unittest
from unittest import mock

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "system"))
import dns.message

import expectations
from expectations import CLOSED, FAILED, OPEN, Gaps, Rule, verdict_of
from measure import Drops, Stalls
from upstreams import answer_with


class Clock(unittest.TestCase):
    def setUp(self):
        self.now = 0.0
        self.enterContext(mock.patch.object(expectations.time, "monotonic", lambda: self.now))

    def at(self, now, function, *args, **how):
        self.now = now
        return function(*args, **how)


class Rules(Clock):
    def test_only_the_present_verdict_is_allowed_while_nothing_changes(self):
        rule = Rule("r", OPEN)
        self.assertEqual(rule.allowed(1, 2), {OPEN})

    def test_old_or_new_while_it_changes_and_each_alone_before_and_after(self):
        rule = Rule("r", OPEN)
        self.at(10, rule.begin, CLOSED)
        self.assertEqual(rule.allowed(9, 11), {OPEN, CLOSED})
        self.at(12, rule.settle, CLOSED)
        self.assertEqual(rule.allowed(8, 9), {OPEN}, "answered before the change was requested")
        self.assertEqual(rule.allowed(8, 10.5), {OPEN, CLOSED})
        self.assertEqual(rule.allowed(11, 15), {OPEN, CLOSED}, "sent while it changed")
        self.assertEqual(rule.allowed(12.5, 13), {CLOSED}, "sent after it had changed")

    def test_a_change_that_did_not_happen(self):
        rule = Rule("r", OPEN)
        self.at(10, rule.begin, CLOSED)
        self.at(12, rule.settle, OPEN)
        self.assertEqual(rule.allowed(10.5, 11), {OPEN, CLOSED})
        self.assertEqual(rule.allowed(13, 14), {OPEN})

    def test_there_and_back(self):
        rule = Rule("r", OPEN)
        for begin, end, verdict in (1, 2, CLOSED), (3, 4, OPEN), (5, 6, CLOSED):
            self.at(begin, rule.begin, verdict)
            self.at(end, rule.settle, verdict)
        self.assertEqual(rule.allowed(2.5, 2.6), {CLOSED})
        self.assertEqual(rule.allowed(4.5, 4.6), {OPEN})
        self.assertEqual(rule.allowed(7, 8), {CLOSED})
        with self.assertRaises(RuntimeError):
            rule.begin(OPEN)
            rule.begin(OPEN)


class Excused(Clock):
    def test_a_gap_concerns_its_time_and_its_queries(self):
        gaps = Gaps()
        gap = self.at(10, gaps.begin, "killed", lambda query: query == "udp", since=2)
        self.assertEqual(gaps.reason("udp", 8.5, 9, "lost"), "killed")
        self.assertEqual(gaps.reason("tcp", 8.5, 9, "lost"), "")
        self.at(12, gaps.end, gap, later=1)
        self.assertEqual(gaps.reason("udp", 12.5, 20, "lost"), "killed")
        self.assertEqual(gaps.reason("udp", 13.5, 20, "lost"), "")
        self.assertEqual(gaps.reason("udp", 7, 7.5, "lost"), "")

    def test_a_gap_of_upstream_excuses_no_loss(self):
        gaps = Gaps()
        self.at(10, gaps.begin, "upstream failed", excused=("failed",))
        self.assertEqual(gaps.reason("udp", 11, 12, "failed"), "upstream failed")
        self.assertEqual(gaps.reason("udp", 11, 12, "lost"), "")


class Busy(Clock):
    def test_a_late_wake_up_excuses_what_waited_meanwhile_and_nothing_else(self):
        gaps = Gaps()
        stalls = Stalls(gaps)
        self.at(10.3, stalls.woke, 10.0)
        self.assertEqual(gaps.reason("udp", 9, 11, "lost"), "", "a little late")
        self.at(22.0, stalls.woke, 20.0)
        for outcome in ("lost", "failed"):
            self.assertNotEqual(gaps.reason("udp", 19.95, 21, outcome), "")
            self.assertNotEqual(gaps.reason("udp", 18, 23, outcome), "")
            self.assertEqual(gaps.reason("udp", 18, 19, outcome), "")
            self.assertEqual(gaps.reason("udp", 22.1, 23, outcome), "")
        self.assertEqual((stalls.longest, stalls.total), (2.0, 2.0))


class FullSockets(unittest.TestCase):
    def test_a_drop_excuses_the_queries_of_its_second(self):
        drops = Drops()
        drops.read(9.5, {"1": 3})
        drops.read(10.0, {"1": 3})
        drops.read(11.0, {"1": 8, "2": 7})
        drops.read(12.0, {"1": 8, "2": 7})
        self.assertEqual(drops.total(), 12, "what was dropped before the first reading does not count")
        self.assertTrue(drops.between(10.5, 10.9))
        self.assertTrue(drops.between(9.0, 10.2))
        self.assertFalse(drops.between(8.0, 9.9))
        self.assertFalse(drops.between(11.1, 12.0))


class Verdicts(unittest.TestCase):
    def test_each_kind_of_answer(self):
        query = dns.message.make_query("a.example", "A")
        for lines, rcode, expected in ((["a.example. 1 IN A 192.0.2.1"], 0, OPEN),
                                       (["a.example. 1 IN A 192.0.2.9"], 0, "addresses ['192.0.2.9']"),
                                       (["a.example. 1 IN A 0.0.0.0"], 0, CLOSED), ([], 2, FAILED), ([], 3, "rcode 3"),
                                       ([], 0, "no address"),
                                       (["a.example. 1 IN A 0.0.0.0", "a.example. 1 IN A 192.0.2.1"], 0,
                                        "addresses ['0.0.0.0', '192.0.2.1']")):
            self.assertEqual(verdict_of(answer_with(query, *lines, rcode=rcode), "192.0.2.1"), expected)


if __name__ == "__main__":
    unittest.main()
