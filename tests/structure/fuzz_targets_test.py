# SPDX-License-Identifier: Apache-2.0
"""Each fuzz target has a source, a corpus and a line in parsers.txt, and parsers.txt names files that are there."""
import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FUZZ = ROOT / "tests" / "fuzz"


def parsers():
    rows = [line.split() for line in (FUZZ / "parsers.txt").read_text().splitlines() if line and line[0] != "#"]
    return [(row[0], file) for row in rows for file in row[1:]]


def targets():
    return re.findall(r"^cenote_fuzz\((\w+) ", (FUZZ / "CMakeLists.txt").read_text(), re.M)


class FuzzTargets(unittest.TestCase):
    def test_targets_are_the_sources(self):
        self.assertGreater(len(targets()), 30)
        self.assertEqual(sorted(targets()), sorted(path.name[:-len("_fuzz.cc")] for path in FUZZ.glob("*_fuzz.cc")))

    def test_each_has_inputs_that_are_small(self):
        for target in targets():
            inputs = [path for path in (FUZZ / "corpus" / target).iterdir()]
            self.assertGreater(len(inputs), 4, target)
            for path in inputs:
                self.assertLess(path.stat().st_size, 96 * 1024, path)
        self.assertEqual(sorted(targets()), sorted(path.name for path in (FUZZ / "corpus").iterdir()))

    def test_each_reaches_a_parser_and_no_parser_is_missing(self):
        self.assertEqual(sorted(targets()), sorted({target for target, _ in parsers()}))
        for target, file in parsers():
            self.assertTrue((ROOT / file).is_file(), f"{target}: {file}")

    def test_dictionaries_are_used_and_there(self):
        used = set(re.findall(r"DICT (\w+)", (FUZZ / "CMakeLists.txt").read_text().split("endfunction()")[1]))
        self.assertEqual(used, {path.stem for path in (FUZZ / "dictionaries").iterdir()})


if __name__ == "__main__":
    unittest.main()
