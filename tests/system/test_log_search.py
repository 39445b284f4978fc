# SPDX-License-Identifier: Apache-2.0
"""`cenote log`: a search over closed files and the open one, and its export."""
import hashlib
import json
import os
import re
import shutil
import subprocess
import unittest

from daemon import BIN, PATIENCE, eventually
from harness import control_call, main
from single_queries import LAB, NOBODY, STAFF, SingleQueries
from test_terminal import COLOUR, columns_of, on_terminal


class Log(SingleQueries):
    def search(self, *flags):
        return [json.loads(line) for line in self.node_.cenote_ok("log", "--json", *flags).splitlines()]

    def wait_for(self, name):
        eventually(lambda: self.search("--name", name), f"{name} is in the log")

    def test_without_a_log_it_says_how_to_keep_one(self):
        node = self.start()
        done = node.cenote("log")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr, f"cenote: no log is kept; name a file in [log].file of {node.config}, then 'cenote "
                                      "reload'\n")

    def test_closed_files_are_searched_with_the_open_one(self):
        node = self.start_with_log('max_size = "1MiB"')
        for i in range(3):
            node.ask(f"begin{i}.alpha-ai.example", source=LAB)
            self.ask_many(2600)
            eventually(lambda n=i: len(list(node.folder.glob("queries-*.zst"))) > n, "the file is closed")
        node.ask("last.alpha-ai.example", source=STAFF)
        self.wait_for("last.alpha-ai.example")
        rows = self.search()
        self.assertEqual(len(rows), 3 * 2601 + 1)
        self.assertEqual([row["name"] for row in rows if not row["name"].startswith("many.")],
                         [f"begin{i}.alpha-ai.example" for i in range(3)] + ["last.alpha-ai.example"])
        times = [row["time"] for row in rows]
        self.assertEqual([row["name"] for row in self.search("--limit", "2")],
                         ["many.alpha-ai.example", "last.alpha-ai.example"])
        self.assertEqual(len(self.search("--limit", "5000")), 5000)
        self.assertEqual(self.search("--limit", "5000")[0], rows[-5000])
        self.assertEqual(len(self.search("--group", "staff")), 1)
        middle = times[len(times) // 2][:19] + "Z"
        split = len(self.search("--to", middle)), len(self.search("--from", middle))
        self.assertEqual(sum(split), len(rows))
        self.assertEqual(split[0], sum(time < middle[:19] for time in times))
        self.assertFalse(self.search("--verdict", "observe"))
        self.assertEqual(node.cenote("log", "--from", "2026-01-02", "--to", "2026-01-01").returncode, 1)
        self.check_text(rows)
        self.check_exports(rows, middle)

    def check_text(self, rows):
        text = COLOUR.sub("", on_terminal(self.node_, "log", columns=120)).splitlines()
        self.assertEqual(len(text), len(rows))
        self.assertLessEqual(max(map(columns_of, text)), 100)
        self.assertIn("last.alpha-ai.example", text[-1])

    def check_exports(self, rows, middle):
        node = self.node_
        out = node.folder / "exported"
        for flags in ((), ("--purpose", ""), ("--purpose", "x", "--group", "lab")):
            self.assertEqual(node.cenote("log", "--export", out, *flags).returncode, 2, flags)
        said = node.cenote_ok("log", "--export", out, "--purpose", "Letter 2026-117")
        lines = out.read_bytes().splitlines()
        self.assertEqual([json.loads(line) for line in lines], rows)
        digest = hashlib.sha256(out.read_bytes()).hexdigest()
        self.assertEqual(said, f"{out}: {len(rows)} lines, SHA-256 {digest}\n")
        self.assertEqual(out.stat().st_mode & 0o777, 0o600)
        done = node.cenote("log", "--export", out, "--purpose", "again")
        self.assertEqual((done.returncode, done.stderr), (1, f"cenote: {out} exists already; name another file\n"))
        self.assertEqual(hashlib.sha256(out.read_bytes()).hexdigest(), digest)
        part = node.folder / "part"
        made = json.loads(node.cenote_ok("log", "--export", part, "--purpose", "a part", "--from", middle, "--json"))
        self.assertEqual(made["lines"], len(self.search("--from", middle)))
        looks = [row for row in node.cenote_json("audit", "--access") if row["object"].startswith("export")]
        self.assertEqual([(row["object"], row["note"]) for row in looks],
                         [("export of the log", "Letter 2026-117"), (f"export of the log, from {middle}", "a part")])
        reply = control_call(node, "log", export=True)
        self.assertIn("an export needs a purpose", reply["error"])

    def test_each_format_is_searched_but_cef(self):
        node = self.start_with_log()
        names = []
        for shape in ("jsonl", "ecs", "ocsf"):
            node.write_config(extra=f'[log]\nfile = "{node.folder}/queries.jsonl"\nformat = "{shape}"')
            node.cenote_ok("reload")
            names.append(f"{shape}.alpha-ai.example")
            node.ask(names[-1], source=LAB)
            node.ask(f"{shape}.beta-ai.example", source=STAFF)
            self.wait_for(f"{shape}.beta-ai.example")
        text = node.cenote_ok("log", "--directive", "test-1", "--group", "lab", "--service", "alpha", "--verdict", "restrict")
        self.assertEqual([line.split()[4] for line in text.splitlines()], names)
        node.write_config(extra=f'[log]\nfile = "{node.folder}/queries.jsonl"\nformat = "cef"')
        node.cenote_ok("reload")
        done = node.cenote("log")
        self.assertEqual(done.returncode, 1)
        self.assertIn("the log is in the format cef, which is not searched", done.stderr)
        self.assertIn("--export", done.stderr)
        node.ask("cef.alpha-ai.example", source=LAB)
        eventually(lambda: "cef.alpha-ai.example" in (node.folder / "queries.jsonl").read_text(), "the line is written")
        node.cenote_ok("log", "--export", node.folder / "out", "--purpose", "test")
        self.assertEqual((node.folder / "out").read_text(), (node.folder / "queries.jsonl").read_text())

    def test_damage_is_named_and_words_that_nothing_has_are_refused(self):
        node = self.start_with_log()
        node.ask("one.alpha-ai.example", source=LAB)
        self.wait_for("one.alpha-ai.example")
        line = (node.folder / "queries.jsonl").read_text().splitlines()[0]
        old = line.replace('"test-1"', '"gone-1"')
        closed = node.folder / ("queries-" + re.sub("[-:]", "", json.loads(line)["time"][:19]) + "Z.jsonl")
        closed.write_text(f"{old}\n{old[:30]}{old}\n{old}\n{old[:40]}")
        done = node.cenote("log", "--json")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(len(done.stdout.splitlines()), 3)
        self.assertEqual(done.stderr, f"cenote: {closed}:2: this is no line of a log; it is left out\n"
                                      f"cenote: {closed}:4: the line was cut; it is left out\n")
        closed.write_text(f"{old}\n")
        self.assertEqual(len(self.search("--directive", "gone-1")), 1, "an old log has what is no longer in force")
        done = node.cenote("log", "--directive", "gone-2")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("there is no directive 'gone-2'; there are test-1, test-2", done.stderr)
        self.assertEqual(self.search("--directive", "test-2"), [])

    @unittest.skipUnless(os.geteuid() == 0, "only the superuser can act as another user")
    def test_readers_of_counts_see_no_query(self):
        node = self.start_with_log()
        node.folder.chmod(0o755)
        program = node.folder / "cenote"
        shutil.copy(BIN / "cenote", program)
        node.ask("one.alpha-ai.example", source=LAB)
        self.wait_for("one.alpha-ai.example")

        def as_nobody():
            env = dict(os.environ, CENOTE_SOCKET=str(node.control), CENOTE_CONFIG=str(node.config))
            return subprocess.run([str(program), "log", "--json"], env=env, capture_output=True, text=True, user=NOBODY,
                                  group=NOBODY, extra_groups=[], stdin=subprocess.DEVNULL, timeout=PATIENCE)
        node.write_config(control='readers = ["nogroup"]')
        node.cenote_ok("reload")
        done = as_nobody()
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("nobody may not see what 'log' shows", done.stderr)
        node.write_config(control='inspectors = ["nogroup"]')
        node.cenote_ok("reload")
        done = as_nobody()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("one.alpha-ai.example", done.stdout)


if __name__ == "__main__":
    main()
