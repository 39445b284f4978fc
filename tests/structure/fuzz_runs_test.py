# SPDX-License-Identifier: Apache-2.0
"""tools/dev/fuzz: what is counted of programs that end well, that find something, and that cannot be run."""
import contextlib
import importlib.machinery
import importlib.util
import io
import pathlib
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]

# As libFuzzer of clang 14 writes it.
ENDED = """INFO: Running with entropic power schedule (0xFF, 100).
#2\tINITED cov: 63 ft: 64 corp: 1/1b exec/s: 0 rss: 30Mb
#4096\tpulse  cov: 80 ft: 99 corp: 9/30b lim: 43 exec/s: 2048 rss: 40Mb
Done 5000 runs in 2 second(s)
stat::number_of_executed_units: 5000
stat::average_exec_per_sec:     2500
"""
STOPPED = "#2\tINITED cov: 63 ft: 64\n#1024\tNEW    cov: 80 ft: 99\n"


def script():
    loader = importlib.machinery.SourceFileLoader("fuzz", str(ROOT / "tools" / "dev" / "fuzz"))
    spec = importlib.util.spec_from_loader("fuzz", loader)
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


class FuzzRuns(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.fuzz = script()
        self.fuzz.ROOT = pathlib.Path(folder.name)
        self.fuzz.BUILD = self.fuzz.ROOT / "build" / "fuzz"
        self.fuzz.SEEDS = self.fuzz.ROOT / "seeds"
        self.fuzz.RUNS = self.fuzz.BUILD / "runs.tsv"
        self.fuzz.build = lambda preset: None
        self.fuzz.program = lambda target: self.programs / f"{target}_fuzz"
        self.programs = self.fuzz.BUILD / "tests" / "fuzz"
        self.programs.mkdir(parents=True)

    def program(self, target, text, body=""):
        """A shell script in the place of a target, which prints the text."""
        (self.fuzz.BUILD / f"{target}.txt").write_text(text)
        path = self.programs / f"{target}_fuzz"
        path.write_text(f'#!/bin/sh\ncat {target}.txt >&2\n{body}\n')
        path.chmod(0o755)

    def run_targets(self, *targets):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            code = self.fuzz.fuzz(list(targets), 1, 2)
        return code, out.getvalue()

    def total(self):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            self.fuzz.total()
        return out.getvalue()

    def test_executions_of_all_processes_are_added_up(self):
        self.program("query", ENDED)
        self.program("name", STOPPED)
        code, out = self.run_targets("query", "name")
        self.assertEqual(code, 0)
        self.assertRegex(out, r"query +10,000 ")
        self.assertRegex(out, r"name +2,048 ")
        self.assertRegex(out, r"all +12,048\n")
        self.run_targets("query")
        self.assertRegex(self.total(), r" 22,048 executions of 2 targets, 0 finds\n")

    def test_new_inputs_of_the_corpus_are_counted(self):
        self.program("query", ENDED, "mktemp -p corpus/query")
        self.assertRegex(self.run_targets("query")[1], r"query +10,000 +[\d,]+ +2 +0\n")

    def test_a_find_is_shown_with_its_replay(self):
        found = self.fuzz.BUILD / "found" / "query" / "crash-1"
        self.program("query", f"{ENDED}Test unit written to {found}\n", "exit 77")
        code, out = self.run_targets("query")
        self.assertEqual(code, 1)
        self.assertIn("found by query: build/fuzz/found/query/crash-1", out)
        self.assertIn("replay: build/fuzz/tests/fuzz/query_fuzz build/fuzz/found/query/crash-1", out)
        self.assertIn("1 finds", self.total())

    def test_a_program_that_cannot_run_is_no_find(self):
        self.program("query", "error while loading shared libraries", "exit 127")
        with self.assertRaisesRegex(self.fuzz.Failure, "query ended without an input"):
            self.run_targets("query")

    def test_targets_that_are_not_there_are_named(self):
        self.assertEqual(self.fuzz.chosen([]), list(self.fuzz.parsers()))
        with self.assertRaisesRegex(self.fuzz.Failure, "no such target: nix; there are: name query "):
            self.fuzz.chosen(["query", "nix"])


if __name__ == "__main__":
    unittest.main()
