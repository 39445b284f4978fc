# SPDX-License-Identifier: Apache-2.0
"""The query log where it cannot be written, is moved away or was left in the middle of a line: queries are answered, a
loss is counted and told, and each line is whole."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import dns.message

from daemon import eventually
from harness import SystemTest, addresses, main
from mounts import fill, in_mounts_of_its_own, small_file_system

WHY_NOT = in_mounts_of_its_own()
NAME = "chat.alpha-ai.example"


class LogFaults(SystemTest):
    def folder(self):
        """A folder that is there before the node."""
        folder = pathlib.Path(tempfile.mkdtemp(prefix="cenote-log-"))
        self.addCleanup(shutil.rmtree, folder, True)
        return folder

    def start(self, log, more=""):
        self.resolver = self.node()
        self.resolver.write_config(extra=f'[log]\nfile = "{log}"\n{more}')
        self.resolver.start()
        return self.resolver

    def ask(self, times=1, name=NAME):
        for _ in range(times):
            self.assertEqual(addresses(self.resolver.ask(name)), ["0.0.0.0"])

    def rows(self, log):
        """The whole lines of a log: a piece of a line is no JSON."""
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []

    def lost(self):
        return self.resolver.metric('cenote_log_dropped_total{sink="file"}')

    def problem(self):
        return next((row["what"] for row in self.resolver.cenote_json("status")["problems"] if "the log" in row["what"]), "")

    @unittest.skipIf(WHY_NOT, WHY_NOT)
    def test_a_full_file_system_costs_lines_only(self):
        folder = self.folder() / "small"
        small_file_system(folder, "256k")
        self.addCleanup(subprocess.run, ["umount", "-l", str(folder)])
        log = folder / "queries.jsonl"
        self.start(log)
        self.ask()
        eventually(lambda: len(self.rows(log)) == 1, "the first line")
        filled = fill(folder)
        asked = 1

        def some_are_lost():
            nonlocal asked
            self.ask(20)
            asked += 20
            return self.lost() > 0

        eventually(some_are_lost, "the room of the last page is used")
        eventually(lambda: "No space left" in self.problem(), "the problem")
        self.assertEqual(self.resolver.cenote("status", "--check").returncode, 1)
        self.resolver.daemon.wait_line("the log is not written")
        self.rows(log)
        filled.unlink()

        def written_again():
            nonlocal asked
            self.ask()
            asked += 1
            return self.problem() == ""

        eventually(written_again, "room helps by itself")
        eventually(lambda: len(self.rows(log)) + self.lost() == asked, "each query is a line or counted as lost")
        self.resolver.daemon.wait_line("over: the log is not written")

    def test_a_file_that_was_moved_away_is_begun_anew(self):
        folder = self.folder()
        log, moved = folder / "queries.jsonl", folder / "queries.jsonl.1"
        self.start(log)
        self.ask()
        eventually(lambda: len(self.rows(log)) == 1, "the first line")
        log.rename(moved)  # logrotate without copytruncate, and without a signal
        self.ask()
        eventually(lambda: len(self.rows(log)) == 1, "a new file")
        os.truncate(log, 0)  # logrotate with copytruncate
        self.ask(2)
        eventually(lambda: [row["seq"] for row in self.rows(log)] == [3, 4], "the lines after the cut")
        self.assertEqual([row["seq"] for row in self.rows(moved)], [1])
        self.assertEqual((self.lost(), self.problem()), (0, ""))

    def test_a_folder_or_a_link_in_its_place(self):
        folder = self.folder()
        log = folder / "queries.jsonl"
        log.mkdir()
        self.start(log)
        self.ask(3)
        eventually(lambda: "Is a directory" in self.problem(), "the problem")
        log.rmdir()
        log.symlink_to(folder / "elsewhere")
        self.ask()
        eventually(lambda: "Too many levels" in self.problem(), "a link is not followed")
        self.assertFalse((folder / "elsewhere").exists())
        log.unlink()
        self.ask()
        eventually(lambda: self.problem() == "" and self.rows(log), "a file of our own")
        self.assertEqual(self.lost(), 4)
        folder.joinpath("queries.jsonl").unlink()
        folder.rename(folder.with_suffix(".away"))
        self.addCleanup(os.rename, folder.with_suffix(".away"), folder)
        self.ask()
        eventually(lambda: "No such file" in self.problem(), "the folder is gone")

    def test_a_kill_leaves_whole_lines(self):
        log = self.folder() / "queries.jsonl"
        self.start(log)
        for _ in range(3):
            self.ask(20)
            eventually(lambda: self.rows(log), "a line")
            self.resolver.daemon.kill()
            with open(log, "a") as torn:  # what a kill in the middle of a write leaves
                torn.write('{"time":"2026-')
            self.resolver.start()
            self.ask()
            eventually(lambda: log.read_text().endswith('}\n'), "the line after it")
            lines = log.read_text().splitlines()
            self.assertEqual(lines.count('{"time":"2026-'), 1)
            log.write_text("".join(f"{line}\n" for line in lines if line.endswith("}")))
        self.assertEqual(self.problem(), "")

    def test_what_was_closed_is_in_the_audit_trail(self):
        """A file is closed at its size, compressed, and its digest recorded."""
        log = self.folder() / "queries.jsonl"
        self.start(log, 'max_size = "1MiB"\n')
        long_name = ".".join(["x" * 60] * 3) + ".alpha-ai.example"
        client = self.resolver.udp()
        wire = dns.message.make_query(long_name, "A").to_wire()

        def closed():
            for _ in range(200):
                client.send(wire)
                client.recv(65535)
            return [row for row in self.resolver.cenote_json("audit") if row["action"] == "log close"]

        record = eventually(closed, "the record", 120)[0]
        packed = pathlib.Path(record["object"])
        self.assertRegex(packed.name, r"\Aqueries-\d{8}T\d{6}Z(-\d+)?\.jsonl\.zst\Z")
        plain = subprocess.run(["zstd", "-dcq", packed], check=True, capture_output=True).stdout
        digest = subprocess.run(["sha256sum"], input=plain, check=True, capture_output=True, text=False).stdout.split()[0]
        after = str(record["after"])
        self.assertIn(digest.decode(), after)
        self.assertIn(f"{plain.count(bytes([10]))} lines", after)
        for line in plain.splitlines():
            json.loads(line)


if __name__ == "__main__":
    main()
