# SPDX-License-Identifier: Apache-2.0
"""A month of two groups, acted out on a clock that the test moves: what the history, the metrics and the log say of it is
compared with what was asked. The history is read by SQLite's own module."""
import collections
import datetime
import json
import math
import random
import signal
import sqlite3
import subprocess

from daemon import eventually
from harness import Clock, SystemTest, main
from upstreams import ScriptedUpstream, every_name

GROUPS = {"staff": range(17, 31), "lab": range(33, 37)}
DIRECTIVES = """
[[directive]]
id      = "look-1"
targets = ["service:alpha"]
step    = "observe"
[[directive]]
id      = "close-2"
targets = ["service:alpha"]
step    = "restrict"
starts  = 2026-06-15T00:00:00Z
"""
EXTRA = """
[exceptions]
approvals = 1
[privacy]
smallest = 1
[log]
file = "queries.jsonl"
keep = "60d"
""" + "".join(f'[[group]]\nid = "{group}"\nclients = ["127.0.0.{hosts[0] // 16 * 16}/28"]\n'
              for group, hosts in GROUPS.items())
EXCEPTED = 33  # a client in lab, from the 20th for three days
FIRST = datetime.datetime(2026, 6, 1, tzinfo=datetime.timezone.utc)
VERDICTS = ("forward", "observe", "advise", "restrict", "block", "allow", "exception", "local")


def estimate(registers):
    """Linear counting, which HyperLogLog uses where most registers are empty."""
    return len(registers) * math.log(len(registers) / registers.count(0))


class Month(SystemTest):
    def setUp(self):
        super().setUp()
        upstream = ScriptedUpstream(self, every_name(1))
        self.node_ = self.node(directives=DIRECTIVES, upstreams=[upstream.where], extra=EXTRA)
        self.clock = Clock(self.node_, FIRST.isoformat(), passes=True)
        self.random = random.Random(7)
        self.asked = collections.Counter()  # (day, verdict, directive, group)
        self.logged = collections.Counter()  # (verdict, directive, group)
        self.clients = collections.defaultdict(set)  # (day, directive, group)
        self.hits_since_start = collections.Counter()

    def pass_to(self, then):
        """What was asked until now belongs to the minute before, so it waits until that is written."""
        self.clock.set(then.isoformat())
        eventually(lambda: self.metric("cenote_history_written_timestamp_seconds") >= then.timestamp(), "the history")

    def metric(self, name):
        return self.node_.metric(name, 0)

    def expected(self, then, host):
        if then.day < 15:
            return "observe", "look-1"
        return ("exception" if host == EXCEPTED and 20 <= then.day < 23 else "restrict"), "close-2"

    def ask_for_a_day(self, then):
        day = then.replace(hour=0)
        for group, hosts in GROUPS.items():
            for _ in range(self.random.randrange(3, 12)):
                host = self.random.choice(hosts)
                name = self.random.choice(("alpha-ai.example", "Chat.Alpha-AI.example"))
                self.node_.ask(name, self.random.choice(("A", "AAAA", "HTTPS")), source=f"127.0.0.{host}",
                               tcp=self.random.random() < 0.2)
                verdict, directive = self.expected(then, host)
                self.asked[day, verdict, directive, group] += 1
                self.logged[verdict, directive, group] += 1
                self.hits_since_start[verdict, directive, group] += 1
                self.clients[day, directive, group].add(host)
            for number in range(self.random.randrange(4)):
                self.node_.ask(f"canary-{number}.outside.example", source=f"127.0.0.{self.random.choice(hosts)}")
                self.asked[day, "forward", "", group] += 1
                self.hits_since_start["forward", "", group] += 1

    def history(self, query):
        with sqlite3.connect(f"file:{self.node_.folder}/history.db?mode=ro", uri=True) as database:
            return database.execute(query).fetchall()

    def test_history_metrics_and_log_agree_with_what_was_asked(self):
        gaps = []
        self.node_.start()
        for day in range(30):
            then = FIRST + datetime.timedelta(days=day, hours=self.random.randrange(2, 20))
            self.pass_to(then)
            if then.day == 20:
                self.node_.cenote_ok("exception", "request", "--directive", "close-2", "--client",
                                     f"127.0.0.{EXCEPTED}", "--for", "3d", "--purpose", "an audit")
                self.node_.cenote_ok("exception", "approve", "1")
            self.ask_for_a_day(then)
            if then.day == 18:
                self.node_.stop()
                gaps.append(("stopped", then, then + datetime.timedelta(hours=1)))
            self.clock.set((then + datetime.timedelta(hours=1)).isoformat())
            if then.day == 18:
                self.hits_since_start.clear()
                self.node_.start()
            self.pass_to(then + datetime.timedelta(hours=1))
            if then.day == 25:
                self.node_.daemon.signal(signal.SIGKILL)
                self.node_.daemon.wait()
                self.clock.set((then + datetime.timedelta(hours=2)).isoformat())
                gaps.append(("killed", then + datetime.timedelta(hours=1), then + datetime.timedelta(hours=2)))
                self.hits_since_start.clear()
                self.node_.start()
        self.compare_metrics()
        self.node_.stop()
        self.compare_history()
        self.compare_log()
        seconds = [(why, int(begin.timestamp()), int(end.timestamp())) for why, begin, end in gaps]
        # The clock of the test jumps by hours, in which nothing was written: the history says so, too.
        self.assertEqual(
            self.history("SELECT why, begins, ends FROM gaps WHERE why <> 'unwritten' ORDER BY begins"), seconds)

    def compare_metrics(self):
        found = collections.Counter()
        for line in self.node_.cenote_ok("metrics").splitlines():
            if line.startswith("cenote_policy_hits_total{"):
                labels = dict(part.split("=") for part in line[line.index("{") + 1:line.index("}")].split(","))
                found[tuple(labels[key].strip('"') for key in ("verdict", "directive", "group"))] += int(line.split()[-1])
        hits = {key: count for key, count in self.hits_since_start.items() if key[1]}
        self.assertEqual({key: count for key, count in found.items() if key[1]}, hits)

    def compare_history(self):
        for span in (1, 2):  # hours and days
            found = collections.Counter()
            for at, verdict, directive, group, count in self.history(f"""
                    SELECT at, verdict, d.text, g.text, sum(count) FROM counts
                    JOIN ids d ON d.id = directive JOIN ids g ON g.id = client_group
                    WHERE span = {span} GROUP BY at, verdict, directive, client_group"""):
                day = datetime.datetime.fromtimestamp(at, datetime.timezone.utc).replace(hour=0)
                found[day, VERDICTS[verdict], directive, group] += count
            self.assertEqual(found, self.asked)
        days = {}
        for day, directive, group, registers in self.history("""
                SELECT day, d.text, g.text, clients FROM sketches
                JOIN ids d ON d.id = directive JOIN ids g ON g.id = client_group"""):
            days[datetime.datetime.fromtimestamp(day, datetime.timezone.utc), directive, group] = estimate(registers)
        self.assertEqual(days.keys(), self.clients.keys())
        for key, hosts in self.clients.items():
            # Clients may share registers: of eight, more than three do so once in ten million seeds.
            self.assertLess(days[key], len(hosts) + 1, key)
            self.assertGreater(days[key], max(0, len(hosts) - 4), key)

    def compare_log(self):
        found = collections.Counter()
        text = (self.node_.folder / "queries.jsonl").read_text()
        for path in sorted(self.node_.folder.glob("queries-*.zst")):
            text += subprocess.run(["zstd", "-dcq", path], check=True, capture_output=True, text=True).stdout
        for line in text.splitlines():
            row = json.loads(line)
            found[row["verdict"], row["directive"], row["group"]] += 1
        self.assertEqual(dict(found), dict(self.logged))
        self.assertNotIn("canary", text)
        self.assertNotIn("127.0.0.", text)


if __name__ == "__main__":
    main()
