#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""check_sizes.py finds files, functions and classes that are too large, names file and line, and accepts small ones."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "tools/dev/check_sizes.py"


def check(files):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        done = subprocess.run([sys.executable, SCRIPT, folder], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout


def function(lines, head="int f() {"):
    return head + "\n" + "    g();\n" * (lines - 2) + "}\n"


def type_of(kind, functions, extra=""):
    members = "".join(f"    [[nodiscard]] int f{number}() const noexcept;  // one\n" for number in range(functions))
    access = "public:\n" if kind == "class" else ""
    return f"{kind} Large {{\n{access}{members}{extra}}};\n"


class CheckSizes(unittest.TestCase):
    def test_small_files_pass(self):
        code, words = check({"resolver/base/a.cc": function(60), "resolver/base/a.h": type_of("class", 20),
                             "tests/system/test_a.py": "def f():\n" + "    g()\n" * 59})
        self.assertEqual((code, words), (0, "3 files are small enough\n"))

    def test_a_file_of_401_lines(self):
        code, words = check({"tests/base/a_test.cc": "int a;\n" * 401})
        self.assertEqual((code, words), (1, "tests/base/a_test.cc:1: 401 lines; a file has at most 400\n"))

    def test_functions_of_61_lines(self):
        tails = {"int f() {": 2, "Shard::Shard(int a,\n             int b)\n    : a_(a),\n      b_(b) {": 2}
        for head, line in tails.items():
            lines = 61 - head.count("\n")
            code, words = check({"resolver/base/a.cc": "int a;\n" + function(lines, head)})
            self.assertEqual((code, words), (1, f"resolver/base/a.cc:{line}: a function of 61 lines; one has at most 60\n"))

    def test_a_member_function_of_61_lines(self):
        body = "    int f() {\n" + "        g();\n" * 59 + "    }\n"
        code, words = check({"resolver/base/a.h": "class A {\n" + body + "};\n"})
        self.assertEqual((code, words), (1, "resolver/base/a.h:2: a function of 61 lines; one has at most 60\n"))

    def test_a_python_function_of_61_lines(self):
        code, words = check({"tools/dev/a.py": "def f():\n" + "    g()\n" * 60})
        self.assertEqual((code, words), (1, "tools/dev/a.py:1: a function of 61 lines; one has at most 60\n"))

    def test_21_public_functions(self):
        for kind in ("class", "struct"):
            code, words = check({"resolver/base/a.h": type_of(kind, 21)})
            self.assertEqual((code, words), (1, "resolver/base/a.h:1: Large has 21 public functions; "
                                                "a class has at most 20\n"))

    def test_what_does_not_count(self):
        extra = ("    Large(const Large&) = delete;\n    explicit Large(int value);\n    ~Large();\n    friend bool operator==(Large, Large) = default;\n"
                 "    using Callback = std::function<void()>;\n    int value = 0;  // of f()\nprivate:\n    void hidden();\n")
        code, _ = check({"resolver/base/a.h": type_of("class", 20, extra)})
        self.assertEqual(code, 0)

    def test_a_folder_without_sources_is_an_error(self):
        self.assertEqual(check({"README.md": ""})[0], 1)


if __name__ == "__main__":
    unittest.main()
