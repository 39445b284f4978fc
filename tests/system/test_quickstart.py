# SPDX-License-Identifier: Apache-2.0
"""The scripts that a new user runs first, without the build: their output and the lines for a shell."""
import os
import pathlib
import pty
import re
import shutil
import subprocess
import tempfile
import unittest

from daemon import SOURCE
from harness import main

COLUMNS = 80
STAND_IN = """#!/bin/bash
case "$*" in
    "--preset release") ;;
    "--build --preset release"*)
        for n in 1 2 198 199; do echo "[$n/199] Building CXX object $(printf 'long/%.0s' {1..40})x.cc.o"; done ;;
esac
"""


class Progress(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="cenote-quickstart-"))
        self.addCleanup(shutil.rmtree, self.folder)
        cmake = self.folder / "cmake"
        cmake.write_text(STAND_IN)
        cmake.chmod(0o755)

    def run_build(self, cmake_status=0):
        """Runs build_release on a terminal; returns its output and exit code."""
        if cmake_status:
            (self.folder / "cmake").write_text(STAND_IN.replace("done ;;", f"done; exit {cmake_status} ;;"))
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            ["bash", "-c", f"set -euo pipefail; . {SOURCE}/tools/dev/progress.sh; "
             f"build_release {self.folder}/log '[2/4] building'; finished '[2/4] built in 1 s'"],
            stdout=theirs, stdin=subprocess.DEVNULL, cwd=self.folder,
            env=dict(os.environ, PATH=f"{self.folder}:{os.environ['PATH']}"))
        os.close(theirs)
        written = b""
        try:
            while chunk := os.read(ours, 4096):
                written += chunk
        except OSError:  # EIO: the other side has closed
            pass
        os.close(ours)
        return written.decode(), process.wait()

    def test_the_build_says_how_far_it_is_on_one_line(self):
        written, status = self.run_build()
        self.assertEqual(status, 0, written)
        self.assertIn("198 of 199", written)
        for line in re.split(r"[\r\n]+", written.replace("\033[K", "")):
            self.assertLessEqual(len(line), COLUMNS, line)
        self.assertEqual(len((self.folder / "log").read_text().splitlines()), 4)

    def test_a_build_that_fails_is_a_failure(self):
        written, status = self.run_build(cmake_status=1)
        self.assertNotEqual(status, 0)
        self.assertNotIn("built in", written)


class Packages(unittest.TestCase):
    def test_a_package_needs_no_test(self):
        """The packages installed for building and packing include the tools of cpack, and no test library."""
        done = subprocess.run(["bash", "-c", f". {SOURCE}/tools/dev/packages.sh; packages_of build package"],
                              capture_output=True, text=True, check=True)
        packages = done.stdout.split()
        for needed in ("dpkg-dev", "file", "g++", "cmake", "ninja-build"):
            self.assertIn(needed, packages)
        self.assertNotIn("libgtest-dev", packages)

    def test_a_release_configures_without_the_tests(self):
        self.assertIn('"CENOTE_TESTS": "OFF"', (SOURCE / "CMakePresets.json").read_text())


def function_of(script, name):
    """The text of a function of a script."""
    begin = script.index(f"\n{name}() {{")
    return script[begin:script.index("\n}\n", begin) + 3]


class Forwarded(unittest.TestCase):
    """What is said about the upstream server is what its answer was."""

    def said(self, reply):
        script = (SOURCE / "tools" / "quickstart").read_text()
        done = subprocess.run(["bash", "-c", f"set -euo pipefail; port=1\ndig() {{ printf '%s' \"$REPLY_OF_DIG\"; }}\n"
                               f"{function_of(script, 'forwarded')}forwarded www.debian.org"],
                              env=dict(os.environ, REPLY_OF_DIG=reply), capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_an_answer_is_shown(self):
        self.assertEqual(self.said(";; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 1\n"
                                   "www.debian.org.\t30\tIN\tA\t192.0.2.1\n"), "192.0.2.1\n")

    def test_a_negative_answer_is_an_answer(self):
        for rcode in ("NXDOMAIN", "REFUSED"):
            self.assertEqual(self.said(f";; ->>HEADER<<- opcode: QUERY, status: {rcode}, id: 1\n"),
                             f"the upstream server answers {rcode}; sinkholing works\n")

    def test_nobody_answered(self):
        for reply in ("", ";; ->>HEADER<<- opcode: QUERY, status: SERVFAIL, id: 1\n; EDE: 22 (No Reachable Authority)\n"):
            self.assertEqual(self.said(reply), "no upstream reachable; sinkholing works\n")


class TryNext(unittest.TestCase):
    def test_what_can_be_pasted(self):
        """Three lines within 80 columns; the first sets all that the tool needs in a shell."""
        script = (SOURCE / "tools" / "quickstart").read_text()
        function = function_of(script, "write_environment")
        tail = script[script.index("\nwrite_environment\n"):]
        with tempfile.TemporaryDirectory(prefix="cenote quickstart-") as folder:
            home = pathlib.Path(folder) / ".quickstart"
            home.mkdir()
            done = subprocess.run(
                ["bash", "-c", f"set -eu; from=$PWD; here=$PWD/.quickstart; socket=$here/control.sock; bin=$PWD/bin;"
                 f"CENOTE_CONFIG=$here/cenote.toml\n{function}{tail}"], cwd=folder, capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)
            lines = done.stdout.splitlines()
            self.assertEqual(len(lines), 4, done.stdout)
            for line in lines:
                self.assertLessEqual(len(line), COLUMNS)
            shown = subprocess.run(["bash", "-c", f"{lines[1]}; echo $CENOTE_SOCKET; echo $CENOTE_CONFIG; echo $PATH"],
                                   cwd=folder, capture_output=True, text=True, check=True).stdout.splitlines()
            self.assertEqual(shown[:2], [f"{home}/control.sock", f"{home}/cenote.toml"])
            self.assertTrue(shown[2].startswith(f"{folder}/bin:"))


if __name__ == "__main__":
    main()
