#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""check_man_pages.py finds each kind of difference, against programs that only print --help."""

import tempfile
import unittest
from pathlib import Path

import check_man_pages

TOOL = """#!/bin/sh
case "$*" in
    "--help") printf 'Options:\\n  -h,--help  Help\\n  --config FILE\\n  --socket PATH\\n  --version\\n'
              printf '\\nSee:\\n  show        Shows\\n\\nChange:\\n  rule        Rules\\n' ;;
    "show --help") printf 'Arguments:\\n  NAME  A name\\n\\nOptions:\\n  -h,--help  Help\\n  -v,--steps  All\\n  --json  JSON\\n' ;;
    "rule --help") printf 'Options:\\n  -h,--help  Help\\n\\nVerbs:\\n  add    Adds\\n  drop  Drops\\n' ;;
    "rule add --help") printf 'Options:\\n  --for DURATION  How long\\n  --note TEXT\\n  --ref T\\n  --requester N\\n' ;;
    "rule drop --help") printf 'Options:\\n  --for DURATION  How long\\n' ;;
esac
"""
DAEMON = "#!/bin/sh\nprintf 'Options:\\n  -h,--help  Help\\n  --config FILE\\n  --check\\n'\n"

TOOL_PAGE = """.Op Fl -config Ar file
.It Fl -socket Ar path
.It Fl -version
.It Fl -json
.Sh VERBS
.Bl -tag
.It Cm show Ar name Op Fl v | -steps
Shows.
.It Cm rule add | drop Ar id Fl -for Ar duration
Both with
.Fl -requester , -ref
and
.Fl -note .
.El
.Sh FILES
"""
DAEMON_PAGE = ".Op Fl -config Ar file\n.Fl -check\n"


class CheckManPages(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.tool = self.program(Path(folder.name) / "cenote", TOOL)
        self.daemon = self.program(Path(folder.name) / "cenoted", DAEMON)

    @staticmethod
    def program(path, text):
        path.write_text(text)
        path.chmod(0o755)
        return str(path)

    def found(self, page):
        return check_man_pages.differences_of_tool(self.tool, page)

    def test_same(self):
        self.assertEqual(self.found(TOOL_PAGE), [])
        self.assertEqual(check_man_pages.differences_of_daemon(self.daemon, DAEMON_PAGE), [])

    def test_flag_without_documentation(self):
        self.assertIn("cenote rule drop --for is not in cenote.1",
                      self.found(TOOL_PAGE.replace(" Fl -for Ar duration", "")))
        self.assertIn("cenote show --steps is not in cenote.1", self.found(TOOL_PAGE.replace(" Op Fl v | -steps", "")))
        self.assertIn("cenote --socket is not in cenote.1", self.found(TOOL_PAGE.replace(".It Fl -socket Ar path\n", "")))

    def test_documentation_without_flag(self):
        self.assertIn("cenote.1 has --late for 'show', which does not know it",
                      self.found(TOOL_PAGE.replace("-steps", "-steps Op Fl -late")))

    def test_verbs(self):
        self.assertIn("cenote rule drop is in no man page", self.found(TOOL_PAGE.replace(" | drop", "")))
        self.assertIn("cenote.1 has the verb 'hide', which cenote does not know",
                      self.found(TOOL_PAGE.replace(".El", ".It Cm hide\n.El")))
        self.assertIn("cenote.1 has the verb 'hide', which cenote does not know",
                      self.found(TOOL_PAGE.replace("Cm show Ar name", "Cm show Ar name , Cm hide Ar name")))

    def test_brackets_in_brackets(self):
        nested = TOOL_PAGE.replace("Op Fl v | -steps", "Op Fl v | -steps Op Fl -json")
        self.assertEqual(self.found(nested), ["cenote.1 has brackets in brackets, write Oo ... Oc: "
                                              ".It Cm show Ar name Op Fl v | -steps Op Fl -json"])
        self.assertEqual(self.found(nested.replace("Op Fl v | -steps Op Fl -json", "Oo Fl v | -steps Oc Op Fl -json")), [])

    def test_daemon(self):
        self.assertEqual(check_man_pages.differences_of_daemon(self.daemon, DAEMON_PAGE + ".Fl -fast\n"),
                         ["cenoted.8 has --fast, which cenoted does not know"])
        self.assertEqual(check_man_pages.differences_of_daemon(self.daemon, ".Op Fl -config Ar file\n"),
                         ["cenoted --check is not in cenoted.8"])


if __name__ == "__main__":
    unittest.main()
