#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""check_static_memory.py finds each way to write such a call, and leaves the others alone."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "tools/dev/check_static_memory.py"


def check(text):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "resolver/base/file.cc"
        path.parent.mkdir(parents=True)
        path.write_text(text)
        done = subprocess.run([sys.executable, SCRIPT, folder], capture_output=True, text=True)
        return done.returncode, done.stdout


class StaticMemory(unittest.TestCase):
    def test_calls(self):
        for line in ("auto g = getgrnam(name);", "auto g = ::getgrnam (name);", "std::localtime(&t)", "if (!strtok(a, b))"):
            self.assertEqual(check("\n" + line)[0], 1, line)
        self.assertIn("resolver/base/file.cc:2: getgrnam() is unsafe in programs with threads; use getgrnam_r",
                      check("\ngetgrnam(name);\n")[1])

    def test_what_is_none(self):
        for line in ("::getgrnam_r(name, &entry, space, size, &found);", "// getgrnam() has static memory", "zone.localtime(t)",
                     "int my_localtime(int);", "std::strerror(errno)"):
            self.assertEqual(check(line)[0], 0, line)


if __name__ == "__main__":
    unittest.main()
