# SPDX-License-Identifier: Apache-2.0
"""The history of counts where its file is damaged, later than the program or out of room, over kills and clocks that are
set: queries are answered, what is lost is a minute at most, and what is missing is a gap."""
import datetime
import os
import re
import sqlite3
import subprocess
import unittest

import dns.message

from daemon import eventually
from harness import Clock, SystemTest, addresses, main
from mounts import fill, in_mounts_of_its_own, small_file_system

WHY_NOT = in_mounts_of_its_own()
NAME = "chat.alpha-ai.example"
MINUTE = 0  # the number of the span in the table of counts


def seconds(text):
    return int(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp())


class History(SystemTest):
    def start(self, clock=None, **settings):
        self.resolver = self.node(**settings)
        self.file = self.resolver.folder / "history.db"
        self.clock = Clock(self.resolver, clock) if clock else None
        self.resolver.start()
        return self.resolver

    def ask(self, times=1):
        for _ in range(times):
            self.assertEqual(addresses(self.resolver.ask(NAME)), ["0.0.0.0"])

    def read(self, query, *values):
        """What a program that is not ours reads while the daemon writes."""
        with sqlite3.connect(f"file:{self.file}?mode=ro", uri=True) as database:
            return database.execute(query, values).fetchall()

    def counted(self, span=MINUTE):
        return self.read("SELECT coalesce(sum(count), 0) FROM counts WHERE span = ?", span)[0][0]

    def gaps(self):
        return self.read("SELECT begins, ends, why FROM gaps ORDER BY begins")

    def problem(self):
        problems = self.resolver.cenote_json("status")["problems"]
        return next((row["what"] for row in problems if "history" in row["what"] or "over time" in row["what"]), "")

    def test_a_kill_loses_a_minute_at_most_and_leaves_a_gap(self):
        self.start("2098-03-20T12:00:45Z")
        self.ask(7)
        self.clock.set("2098-03-20T12:01:05Z")
        eventually(lambda: self.counted() == 7, "the first minute")
        self.ask(3)
        self.clock.set("2098-03-20T12:01:40Z")
        self.resolver.daemon.kill()
        self.clock.set("2098-03-20T12:10:00Z")
        self.resolver.start()
        self.assertEqual(self.counted(), 7)
        self.assertEqual(self.gaps(), [(seconds("2098-03-20T12:01:05Z"), seconds("2098-03-20T12:10:00Z"), "killed")])
        self.ask(2)
        self.resolver.stop()
        self.assertEqual(self.counted(), 9, "a stop writes everything")
        self.clock.set("2098-03-20T12:20:00Z")
        self.resolver.start()
        self.assertEqual(self.gaps()[1:], [(seconds("2098-03-20T12:10:00Z"), seconds("2098-03-20T12:20:00Z"), "stopped")])

    def test_clocks_that_jump(self):
        self.start("2098-03-20T12:00:45Z")
        self.ask(2)
        self.clock.set("2098-03-20T12:01:00Z")
        eventually(lambda: self.counted() == 2, "the first minute")
        self.ask(3)
        self.clock.set("2099-03-20T12:00:00Z")  # ahead by a year
        eventually(lambda: [gap[1:] for gap in self.gaps()] == [(seconds("2099-03-20T12:00:00Z"), "clock")], "the gap")
        self.assertEqual(self.counted(), 5, "minutes of 2098 are kept: the clock may be wrong")
        self.ask(4)
        self.clock.set("2098-03-20T12:02:00Z")  # and back
        eventually(lambda: self.counted() == 9, "the minute of 2099")
        self.ask(1)
        self.clock.set("2098-03-20T12:03:00Z")
        eventually(lambda: self.counted() == 10, "the minute after it")
        self.assertEqual(self.counted(2), 10)
        days = dict(self.read("SELECT at, sum(count) FROM counts WHERE span = 2 GROUP BY at"))
        self.assertEqual(days, {seconds("2098-03-20T00:00:00Z"): 6, seconds("2099-03-20T00:00:00Z"): 4})
        self.clock.set("1970-01-02T00:00:00Z")
        self.ask(1)
        eventually(lambda: self.counted() == 10, "nothing of it is lost")
        self.resolver.stop()
        self.assertEqual(self.counted(), 11)

    def test_a_damaged_file_is_kept_aside(self):
        self.start()
        self.ask(5)
        self.resolver.stop()
        damaged = self.file.read_bytes()[:4096] + os.urandom(8192)
        self.file.write_bytes(damaged)
        self.resolver.start()
        self.ask(2)
        self.assertIn("was damaged", self.problem())
        aside = [path for path in self.resolver.folder.iterdir() if re.fullmatch(r"history\.db\.damaged-\d+", path.name)]
        self.assertEqual([path.read_bytes() for path in aside], [damaged])
        self.assertIn(str(aside[0]), self.problem())
        self.assertEqual(self.resolver.cenote("status", "--check").returncode, 1)
        self.resolver.stop()
        self.assertEqual(self.counted(), 2, "counting began anew")
        self.resolver.start()
        self.assertEqual(self.problem(), "")

    def test_a_file_of_a_later_version_is_never_written(self):
        self.start()
        self.resolver.stop()
        with sqlite3.connect(self.file) as database:
            database.execute("PRAGMA journal_mode = DELETE")
            database.execute("PRAGMA user_version = 99")
        before = self.file.read_bytes()
        self.resolver.start()
        self.ask(2)
        self.assertIn("later Cenote", self.problem())
        self.resolver.cenote_ok("reload")
        self.assertFalse(re.search("^cenote_history_written", self.resolver.cenote_ok("metrics"), re.M))
        self.resolver.stop()
        self.assertEqual(self.file.read_bytes(), before)

    def test_what_is_in_the_place_of_the_file(self):
        self.start()
        self.resolver.stop()
        self.file.rename(self.resolver.folder / "elsewhere.db")
        self.file.mkdir()
        self.resolver.start()
        self.ask()
        self.assertIn("nothing is counted over time", self.problem())
        self.file.rmdir()
        self.resolver.cenote_ok("reload")
        self.assertEqual(self.problem(), "", "a reload tries again")
        self.ask()
        self.resolver.stop()
        self.assertEqual(self.counted(), 1, "counting began with the file")

    def test_a_file_that_is_deleted_is_begun_anew(self):
        self.start("2098-03-20T12:00:45Z")
        self.ask(3)
        self.clock.set("2098-03-20T12:01:00Z")
        eventually(lambda: self.counted() == 3, "the first minute")
        for path in self.resolver.folder.glob("history.db*"):
            path.unlink()
        self.ask(2)
        self.clock.set("2098-03-20T12:01:59Z")
        self.clock.set("2098-03-20T12:02:00Z")

        def begun_anew():
            try:
                return self.counted() == 2
            except sqlite3.OperationalError:  # there is no file yet, or it has no tables yet
                return False

        eventually(begun_anew, "a new file")
        self.ask(1)
        self.resolver.stop()
        self.assertEqual((self.counted(), self.file.stat().st_mode & 0o777), (3, 0o640))

    @unittest.skipIf(WHY_NOT, WHY_NOT)
    def test_a_full_disk_costs_nothing_that_is_counted(self):
        self.resolver = self.node()
        folder = small_file_system(self.resolver.folder / "small", "1m")
        self.addCleanup(subprocess.run, ["umount", "-l", str(folder)])
        self.file = folder / "history.db"
        self.resolver.write_config(extra=f'[history]\nfile = "{self.file}"\n')
        self.clock = Clock(self.resolver, "2098-03-20T12:00:45Z")
        self.resolver.start()
        self.ask(1)
        self.clock.set("2098-03-20T12:01:00Z")
        eventually(lambda: self.counted() == 1, "the first minute")
        filled = fill(folder)
        asked = 1
        minute = 1
        for minute in range(2, 200):  # the pages of the journal that are there are used first
            self.ask(1)
            asked += 1
            self.clock.set(f"2098-03-20T{12 + minute // 60}:{minute % 60:02}:00Z")
            if eventually(lambda: "full" in self.problem() or self.counted() == asked, "a write"):
                if "full" in self.problem():
                    break
        self.assertIn("the history is not written", self.problem())
        filled.unlink()
        self.clock.set(f"2098-03-20T{12 + (minute + 2) // 60}:{(minute + 2) % 60:02}:00Z")
        eventually(lambda: self.counted() == asked, "what was counted meanwhile")
        eventually(lambda: self.problem() == "", "the problem is over")

    def test_ten_thousand_groups(self):
        count = 10_000
        groups = "".join(f'[[group]]\nid = "g{i}"\nclients = ["127.{1 + i // 250}.{i % 250}.1/32"]\n' for i in range(count))
        directive = '[[directive]]\nid = "d"\ntargets = ["service:alpha"]\nstep = "restrict"\n'
        self.start(directives=directive + groups)
        wire = dns.message.make_query(NAME, "A").to_wire()
        for i in range(count):
            client = self.resolver.udp(f"127.{1 + i // 250}.{i % 250}.1")
            client.send(wire)
            client.recv(65535)
            client.close()
        page = self.resolver.cenote_ok("metrics")
        self.assertLess(len(page), 2 << 20)
        self.assertLess(sum(not line.startswith("#") for line in page.splitlines()), 10_000)
        hits = re.findall(r'^cenote_policy_hits_total\{(.*)\} (\d+)$', page, re.M)
        self.assertEqual(sum(int(number) for _, number in hits), count, "further groups are counted under (other)")
        self.resolver.stop()
        rows = self.read("SELECT text, sum(count) FROM counts JOIN ids ON id = client_group WHERE span = 2 GROUP BY text")
        self.assertEqual(len(rows), count)
        self.assertEqual({number for _, number in rows}, {1})
        self.assertEqual(self.problem_of_files(), "ok")

    def problem_of_files(self):
        return self.read("PRAGMA integrity_check")[0][0]


if __name__ == "__main__":
    main()
