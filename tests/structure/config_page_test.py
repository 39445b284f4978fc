#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""config_page.py takes each key, comment and paragraph over, and finds a page that is behind."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOOL = ROOT / "tools" / "dev" / "config_page.py"
sys.path.insert(0, str(TOOL.parent))

import config_page  # noqa: E402

SOURCE = """# cenote.toml

One file, see `--config`.

- A key with a `.` in **front**.

## Reference

```toml reference
[server]                        # needs a restart
listen = ["127.0.0.1:53",       # UDP
          "[::1]:53"]           # and TCP
colour = "#fff"                 # no comment begins in a text
                                # and this one goes on

[[group]]
clients = []
```
"""


class ConfigPage(unittest.TestCase):
    def test_everything_is_taken_over(self):
        page = config_page.page_of(SOURCE)
        self.assertIn("One file, see \\fB\\-\\-config\\fR\\&.\n", page)
        self.assertIn(".IP \\(bu 2\nA key with a \\fB\\&.\\fR in \\fIfront\\fR\\&.\n", page)
        self.assertIn(".SS [server]\nneeds a restart\n.TP\n\\fBlisten\\fR = [\"127.0.0.1:53\", \"[::1]:53\"]\nUDP and TCP\n", page)
        self.assertIn("\\fBcolour\\fR = \"#fff\"\nno comment begins in a text and this one goes on\n.SS [[group]]\n", page)

    def test_a_line_that_is_not_understood_is_an_error(self):
        with self.assertRaises(ValueError):
            config_page.page_of("# a\n\n```toml\nno key\n```\n")

    def test_a_page_that_is_behind_is_found(self):
        with tempfile.TemporaryDirectory() as folder:
            source, page = Path(folder) / "CONFIG.md", Path(folder) / "page.5"
            source.write_text(SOURCE)
            command = [sys.executable, str(TOOL), str(source), str(page)]
            self.assertEqual(subprocess.run(command).returncode, 0)
            check = [*command, "--check"]
            self.assertEqual(subprocess.run(check).returncode, 0)
            source.write_text(SOURCE.replace("UDP", "TCP"))
            behind = subprocess.run(check, capture_output=True, text=True)
            self.assertEqual(behind.returncode, 1)
            self.assertIn("run tools/dev/config_page.py", behind.stdout)


if __name__ == "__main__":
    unittest.main()
