# SPDX-License-Identifier: Apache-2.0
"""A disk that gives errors (EIO) under the query log, the history or the keys of pseudonyms: queries are answered, what
is lost is counted and told, and when the disk works again so does the daemon. strace acts the disk out."""
import re
import sqlite3
import unittest

import tracing
from daemon import eventually
from harness import Clock, SystemTest, addresses, main

NAME = "chat.alpha-ai.example"


@unittest.skipIf(tracing.WHY_NOT, tracing.WHY_NOT)
class DiskErrors(SystemTest):
    def start(self, clock=None, passes=False):
        self.resolver = self.node()
        self.clock = Clock(self.resolver, clock, passes) if clock else None
        self.resolver.start()
        self.process = self.resolver.daemon.process.pid

    def ask(self, times=1):
        for _ in range(times):
            self.assertEqual(addresses(self.resolver.ask(NAME)), ["0.0.0.0"])

    def errors(self, calls, *paths):
        """These calls on these paths fail with EIO meanwhile."""
        return tracing.faults(self, self.process, calls, "error=EIO", *paths)

    def problem(self, words):
        problems = self.resolver.cenote_json("status")["problems"]
        return next((row["what"] for row in problems if words in row["what"]), "")

    def metric(self, name):
        return self.resolver.metric(name)

    def test_errors_under_the_log_cost_lines_that_are_counted(self):
        self.start()
        log = self.resolver.folder / "queries.jsonl"
        self.resolver.write_config(extra=f'[log]\nfile = "{log}"\n')
        self.resolver.cenote_ok("reload")
        self.ask()
        eventually(lambda: log.exists() and log.read_text().count("\n") == 1, "the first line")
        dropped = 'cenote_log_dropped_total{sink="file"}'
        before = self.metric(dropped)
        asked = 1
        with self.errors("write", log):
            self.ask(5)
            asked += 5
            eventually(lambda: self.metric(dropped) == before + 5, "the lost lines")
            eventually(lambda: "Input/output error" in self.problem("the log is not written"), "the problem")
            self.assertEqual(self.resolver.cenote("status", "--check").returncode, 1)
            self.ask()  # it goes on answering
            asked += 1

        def written_again():
            nonlocal asked
            self.ask()
            asked += 1
            return not self.problem("the log is not written")

        eventually(written_again, "it recovers by itself")
        eventually(lambda: log.read_text().count("\n") + self.metric(dropped) - before == asked, "each is a line or counted")

    def counted(self):
        with sqlite3.connect(f"file:{self.resolver.folder}/history.db?mode=ro", uri=True) as database:
            return database.execute("SELECT coalesce(sum(count), 0) FROM counts WHERE span = 2").fetchone()[0]

    def test_errors_under_the_history_lose_no_count(self):
        self.start(clock="2098-03-20T12:00:45Z")
        self.ask(2)
        self.clock.set("2098-03-20T12:01:15Z")
        eventually(lambda: self.counted() == 2, "the first minute")
        history = self.resolver.folder / "history.db"
        with self.errors("pwrite64", history, f"{history}-wal"):
            self.ask(3)
            self.clock.set("2098-03-20T12:02:15Z")
            eventually(lambda: self.problem("the history is not written"), "the problem")
            self.ask(4)
            self.clock.set("2098-03-20T12:06:15Z")
            self.assertEqual(self.counted(), 2)
        self.clock.set("2098-03-20T12:07:15Z")
        eventually(lambda: self.counted() == 9, "all of them are counted")
        eventually(lambda: not self.problem("the history is not written"), "it recovers by itself")
        with sqlite3.connect(f"file:{history}?mode=ro", uri=True) as database:
            self.assertEqual(database.execute("PRAGMA integrity_check").fetchone()[0], "ok")
        self.resolver.stop()

    def test_errors_under_the_trail_leave_days_for_the_next_seal(self):
        self.start(clock="2098-03-20T12:00:45Z", passes=True)
        self.ask(2)
        self.clock.set("2098-03-20T12:02:00Z")
        eventually(lambda: self.counted() == 2, "the day has a row")
        state = self.resolver.folder / "state.db"
        with self.errors("pwrite64", state, f"{state}-wal"):
            self.clock.set("2098-03-21T00:01:00Z")
            eventually(lambda: self.problem("days of the history are not sealed"), "the problem")
            self.ask()
        self.clock.set("2098-03-21T02:01:00Z")
        seal = "history seal"
        eventually(lambda: [row["object"] for row in self.resolver.cenote_json("audit") if row["action"] == seal] ==
                   ["2098-03-20"], "the seal")
        eventually(lambda: not self.problem("days of the history are not sealed"), "no problem")

    def test_a_key_of_pseudonyms_that_cannot_be_stored_is_a_problem(self):
        self.start()
        log = self.resolver.folder / "queries.jsonl"
        self.resolver.write_config(extra=f'[log]\nfile = "{log}"\n[privacy]\nidentity = "pseudonym"\nagreement = "AB-1"\n')
        self.resolver.cenote_ok("reload")
        keys = self.resolver.folder / "pseudonym.keys"
        keys.mkdir()  # what takes the place of the file
        self.ask()
        eventually(lambda: "their key cannot be stored" in self.problem("clients get no pseudonyms"), "the problem")
        eventually(lambda: log.exists() and log.read_text().count("\n") == 1, "a line without a client")
        self.assertNotIn('"client":"p-', log.read_text())
        keys.rmdir()
        self.ask()
        eventually(lambda: not self.problem("clients get no pseudonyms"), "it recovers by itself")
        eventually(lambda: re.search('"p-[a-z2-7]+"', log.read_text()), "a pseudonym")


if __name__ == "__main__":
    main()
