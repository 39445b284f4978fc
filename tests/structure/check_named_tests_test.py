#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""check_named_tests.py finds names of tests that do not exist and rows without a test, and accepts the others."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parent / "check_named_tests.py"
HEAD = "| id | test |\n|---|---|\n"
TREE = {
    "tests/wire/name_test.cc": "TEST(NameTest, Reads) {\n}\nTEST_F(NameTest,\n       Writes) {\n}\n",
    "tests/upstream/hostile_test.cc": 'TEST_P(HostileTest, Row) {\n}\nauto rows() { return row("wrong_id"); }\n',
    "tests/system/test_tcp.py": "class Tcp:\n    def test_big(self):\n        pass\n",
    "tests/fuzz/name_fuzz.cc": "",
    "tests/fuzz/corpus/name/cut": "",
    "tests/scenarios/stale.rpl": "",
    "tests/misuse/slab_copied.cc": "",
    "tests/structure/CMakeLists.txt": "add_test(NAME structure.layers COMMAND x)\n",
    "tests/soak/CMakeLists.txt": "add_test(NAME soak.expectations COMMAND x)\n",
    "docs/ARCHITECTURE.md": "",
    "docs/FLEET.md": "",
    "docs/OPERATIONS.md": "",
    "CONTRIBUTING.md": "",
    "SECURITY.md": "",
}


def check(attacks, **documents):
    files = {**TREE, "docs/ATTACKS.md": attacks, **documents}
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        done = subprocess.run([sys.executable, SCRIPT, folder], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout


class CheckNamedTests(unittest.TestCase):
    def test_every_kind_that_exists_passes(self):
        names = ("unit.wire", "unit.wire/NameTest.Reads", "unit.wire/NameTest.Writes",
                 "unit.upstream/HostileTest.Row/wrong_id", "system.tcp", "system.tcp/test_big", "fuzz.name",
                 "fuzz.name/cut", "scenario.stale", "misuse.slab_copied", "structure.layers", "soak.expectations", "system.*",
                 "unit.wire/NameTest.*")
        code, words = check(HEAD + "".join(f"| x | `{name}` |\n" for name in names))
        self.assertEqual((code, words), (0, f"all {len(names)} tests that documents name exist\n"))

    def test_every_kind_that_does_not_exist_is_a_fault(self):
        for name in ("unit.wires", "unit.wire/NameTest.Read", "unit.wire/NameTest.Reads/row",
                     "unit.upstream/HostileTest.Row/right_id", "system.tcp/test_small", "system.udp", "fuzz.names",
                     "fuzz.name/long", "scenario.fresh", "misuse.slab", "structure.layer", "browser.*", "soak.load"):
            code, words = check(HEAD + f"| x | `{name}` |\n")
            self.assertEqual((code, words), (1, f"docs/ATTACKS.md:3: there is no test {name}\n"))

    def test_a_row_without_a_test(self):
        code, words = check(HEAD + "| x | we hope |\n")
        self.assertEqual(code, 1)
        self.assertIn("docs/ATTACKS.md:3: a row names a test", words)

    def test_an_open_row_says_why(self):
        self.assertEqual(check(HEAD + "| x | open: there is no such counter |\n")[0], 0)
        self.assertEqual(check(HEAD + "| x | open |\n")[0], 1)

    def test_other_documents_need_no_test_in_each_row(self):
        self.assertEqual(check("", **{"SECURITY.md": HEAD + "| x | y |\n"})[0], 0)

    def test_a_file_is_no_test(self):
        self.assertEqual(check("", **{"CONTRIBUTING.md": "`soak.py`\n"})[0], 0)

    def test_a_name_that_does_not_exist_is_a_fault_in_each_document(self):
        for document in ("docs/ARCHITECTURE.md", "docs/FLEET.md", "docs/OPERATIONS.md", "CONTRIBUTING.md", "SECURITY.md"):
            self.assertEqual(check("", **{document: "see `system.udp`\n"}), (1, f"{document}:1: there is no test system.udp\n"))


if __name__ == "__main__":
    unittest.main()
