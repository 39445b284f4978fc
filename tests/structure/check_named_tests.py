#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that documents name tests that exist, and that each row of docs/ATTACKS.md names one or says that it is open.

Usage: check_named_tests.py [ROOT]. A test is named in backticks as ctest names it, with one of its parts behind a slash:
`system.tcp`, `system.tcp/test_big_answer`, `unit.wire/NameTest.ReadsUncompressed`, and for a test with parameters
`unit.upstream/HostileUpstreamTest.Row/wrong_id`. A star stands for any text. Prints FILE:LINE: and the fault.
"""

import fnmatch
import re
import sys
from pathlib import Path

DOCUMENTS = ("docs/ATTACKS.md", "docs/ARCHITECTURE.md", "docs/FLEET.md", "docs/OPERATIONS.md", "CONTRIBUTING.md",
             "SECURITY.md")
ROWS_WITH_TESTS = "docs/ATTACKS.md"
KINDS = ("unit", "system", "fuzz", "scenario", "structure", "misuse", "browser", "conformance", "soak")
NAMED = re.compile(r"`((?:%s)\.(?!py`)[^`\s]+)`" % "|".join(KINDS))  # `soak.py` is a file
GTEST = re.compile(r"^(?:TYPED_)?TEST(?:_[FP])?\(\s*(\w+),\s*(\w+)\)", re.MULTILINE)
METHOD = re.compile(r"^    def (test_\w+)\(", re.MULTILINE)
ADDED = re.compile(r"add_test\(NAME ([a-z_]+\.[\w.]+)")


def texts(root, pattern):
    return {path: path.read_text(encoding="utf-8", errors="replace") for path in sorted(root.glob(pattern))}


def gtest_parts(module, sources):
    """The tests of a module, and for those with parameters the texts of their file, which name the rows."""
    parts = set()
    for text in sources:
        for suite, name in GTEST.findall(text):
            parts.add(f"unit.{module}/{suite}.{name}")
            if f"TEST_P({suite}, {name})" in text:
                parts.update(f"unit.{module}/{suite}.{name}/{row}" for row in re.findall(r'"(\w+)"', text))
    return parts


def existing(root):
    """Every test, and every part of one, as documents name them."""
    tests = root / "tests"
    found = set()
    for folder in sorted(path for path in tests.iterdir() if path.is_dir()):
        sources = [text for path, text in texts(folder, "*_test.cc").items()]
        if sources:
            found.add(f"unit.{folder.name}")
            found |= gtest_parts(folder.name, sources)
    for kind in ("system", "browser", "conformance"):
        for path, text in texts(tests / kind, "test_*.py").items():
            name = f"{kind}.{path.stem.removeprefix('test_')}"
            found |= {name} | {f"{name}/{method}" for method in METHOD.findall(text)}
    found |= {f"fuzz.{path.stem.removesuffix('_fuzz')}" for path in (tests / "fuzz").glob("*_fuzz.cc")}
    found |= {f"fuzz.{path.parent.name}/{path.name}" for path in (tests / "fuzz").glob("corpus/*/*")}
    found |= {f"scenario.{path.stem}" for path in (tests / "scenarios").glob("*.rpl")}
    found |= {f"misuse.{path.stem}" for path in (tests / "misuse").glob("*.cc")}
    for text in texts(tests, "*/CMakeLists.txt").values():
        found |= set(ADDED.findall(text))
    return found


def is_row(line):
    """Whether a line is a row of a table, and neither its head nor the line below that."""
    return line.startswith("|") and not re.fullmatch(r"[|\s:-]+", line)


def faults_of(document, lines, tests):
    for number, line in enumerate(lines):
        named = NAMED.findall(line)
        for name in named:
            if name not in tests and not ("*" in name and fnmatch.filter(tests, name)):
                yield number + 1, f"there is no test {name}"
        if document == ROWS_WITH_TESTS and is_row(line) and not named and "| open: " not in line:
            head = number + 1 < len(lines) and re.fullmatch(r"[|\s:-]+", lines[number + 1])
            if not head:
                yield number + 1, 'a row names a test, or its last cell begins with "open: " and the reason'


def main(root):
    tests = existing(root)
    failed = named = 0
    for document in DOCUMENTS:
        path = root / document
        if not path.exists():
            print(f"{document}:1: there is no such document")
            return 1
        lines = path.read_text(encoding="utf-8").splitlines()
        named += sum(len(NAMED.findall(line)) for line in lines)
        for number, fault in faults_of(document, lines, tests):
            print(f"{document}:{number}: {fault}")
            failed = 1
    if not failed:
        print(f"all {named} tests that documents name exist")
    return failed


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).resolve().parents[2])))
