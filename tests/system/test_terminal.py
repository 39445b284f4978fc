# SPDX-License-Identifier: Apache-2.0
"""What a person sees: the tool on a terminal of 80 columns, in a pipe, and completed by a shell."""
import fcntl
import os
import pty
import re
import shutil
import struct
import subprocess
import termios
import unicodedata
import unittest

from daemon import BIN, PATIENCE, SOURCE
from harness import SystemTest, main
from upstreams import ScriptedUpstream, zone_handler

COLUMNS = 80
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
U_LABELS, A_LABELS = "한글도메인.kr", "xn--bj0bj3i97fq8o5lq.kr"
DIRECTIVES = f"""
[[group]]
id      = "staff"
name    = "All the staff of the ministry, in the capital and in every other city of the country"
clients = ["127.0.0.0/24", "10.20.0.0/16", "10.21.0.0/16", "10.22.0.0/16", "10.23.0.0/16", "10.24.0.0/16"]

[[directive]]
id      = "2026-014"
title   = "딥시크 접속 일시 제한: 개인정보 보호 점검이 끝날 때까지 이용을 제한합니다"
issuer  = "Ministry of Trade, Industry and Energy"
basis   = "Official letter 2026-117 of the Personal Information Protection Commission"
targets = ["service:deepseek", "category:companion", "domain:{U_LABELS}", "domain:a-long-name.of-an-agency.example"]
groups  = ["staff"]
step    = "restrict"
ends    = 2099-12-31T23:59:59Z
contact = ["mailto:dns@agency.example"]
reason  = {{ ko = "개인정보 보호 점검이 끝날 때까지 이용을 제한합니다" }}
"""


def columns_of(line):
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in line)


def on_terminal(node, *arguments, columns=COLUMNS, **environment):
    """What the tool prints on a terminal."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    variables = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "TERM")}
    variables.update(CENOTE_SOCKET=str(node.control), CENOTE_CONFIG=str(node.config), TERM="xterm")
    process = subprocess.Popen([str(BIN / "cenote"), *arguments], stdin=subprocess.DEVNULL, stdout=theirs,
                               stderr=subprocess.DEVNULL, env={**variables, **environment})
    os.close(theirs)
    written = b""
    try:
        while chunk := os.read(ours, 65536):
            written += chunk
    except OSError:  # EIO: the other side has closed
        pass
    os.close(ours)
    assert process.wait(PATIENCE) == 0, written.decode()
    return written.decode().replace("\r\n", "\n")


class Terminal(SystemTest):
    """One node with the catalogue of the sources, for all tests."""

    def setUp(self):
        super().setUp()
        upstream = ScriptedUpstream(self, zone_handler("xn--3e0b707e.example 60 IN A 192.0.2.1"))
        self.node_ = self.node(directives=DIRECTIVES, upstreams=[upstream.where])
        for file in (SOURCE / "blocklists" / "services").glob("*.toml"):
            shutil.copy(file, self.node_.services)
        self.node_.start()

    def test_no_line_is_wider_than_the_terminal(self):
        node = self.node_
        node.ask("chat.deepseek.com")
        node.ask(A_LABELS)
        node.cenote_ok("exception", "request", "--directive", "2026-014", "--client", "127.0.0.16/28", "--for", "2h",
                       "--purpose", "a comparison of models for the procurement of the ministry, letter 2026-221")
        node.cenote_ok("allow", U_LABELS, "--for", "1h", "--note", "needed for a talk with the registry " * 4)
        for arguments in (["services"], ["services", "chatgpt"], ["services", "deepseek"], ["directives"],
                          ["directives", "2026-014"], ["groups"], ["lists"], ["exceptions"], ["audit"], ["status"],
                          ["explain", "chat.deepseek.com", "--steps"], ["explain", U_LABELS], ["top"], ["top", "names"],
                          ["inspect", str(node.set)], ["help"], ["help", "directive", "add"], ["help", "restrict"]):
            for columns in (COLUMNS, 132):
                for line in on_terminal(node, *arguments, columns=columns).splitlines():
                    plain = COLOUR.sub("", line)
                    self.assertLessEqual(columns_of(plain), columns, f"{arguments}: {plain}")

    def test_a_pipe_gets_rows_whole(self):
        rows = self.node_.cenote_ok("directives").splitlines()
        self.assertEqual(len(rows), 1, rows)
        self.assertGreater(columns_of(rows[0]), COLUMNS)
        with_header = self.node_.cenote_ok("directives", "--header").splitlines()
        self.assertEqual(len(with_header), 2)
        self.assertTrue(with_header[0].startswith("DIRECTIVE "), with_header)
        self.assertTrue(on_terminal(self.node_, "directives").startswith("DIRECTIVE "))

    def test_colours(self):
        explain = ("explain", "chat.deepseek.com")
        self.assertRegex(on_terminal(self.node_, *explain), COLOUR)
        self.assertNotRegex(on_terminal(self.node_, *explain, TERM="dumb"), COLOUR)
        self.assertNotRegex(on_terminal(self.node_, *explain, NO_COLOR="1"), COLOUR)
        self.assertNotRegex(self.node_.cenote_ok(*explain), COLOUR)

    def test_names_beyond_ascii(self):
        node = self.node_
        self.assertIn(U_LABELS, node.cenote_ok("explain", U_LABELS))
        self.assertEqual(node.cenote_json("explain", U_LABELS)["name"], A_LABELS)
        node.cenote_ok("allow", U_LABELS, "--for", "1h")
        self.assertIn(f"domain:{U_LABELS} ({A_LABELS})", node.cenote_ok("directives"))
        for client in range(1, 21):
            node.ask("xn--3e0b707e.example", source=f"127.0.0.{client}")
        self.assertRegex(on_terminal(node, "top", "names"), r"(?m)^한국\.example \(xn--3e0b707e\.example\) +20 ")
        self.assertRegex(node.cenote_ok("top", "names"), r"(?m)^xn--3e0b707e\.example +20 ")

    def test_services_by_the_names_that_people_use(self):
        self.assertIn("chatgpt.com", self.node_.cenote_ok("services", "ChatGPT"))
        refused = self.node_.cenote("restrict", "Moonshot AI", "--everyone", "--no-end")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("it is a vendor: write vendor:Moonshot AI, or one of its services: ", refused.stderr)
        for filter_ in (["--jurisdiction", "China"], ["--category", "ai"]):
            unknown = self.node_.cenote("services", *filter_)
            self.assertEqual((unknown.returncode, unknown.stdout), (2, ""), unknown)
        self.assertRegex(self.node_.cenote("services", "--jurisdiction", "China").stderr, r"there are .*\bCN\b")

    def completed(self, *lines):
        """What bash offers at the end of each line."""
        script = (f"source {self.node_.folder}/cenote.bash\n" + "".join(
            f"COMP_LINE={line!r}; COMP_POINT=${{#COMP_LINE}}; _cenote; echo \"${{COMPREPLY[*]}}\"\n" for line in lines))
        (self.node_.folder / "cenote.bash").write_text(self.node_.cenote_ok("completion", "bash"))
        done = self.in_shell("bash", "-c", script)
        self.assertEqual(done.stderr, "")
        return done.stdout.splitlines()

    def in_shell(self, *command):
        return subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=PATIENCE, env=dict(
            os.environ, PATH=f"{BIN}:{os.environ['PATH']}", HOME=str(self.node_.folder),
            CENOTE_SOCKET=str(self.node_.control), CENOTE_CONFIG=str(self.node_.config)))

    def test_bash_completes_what_the_daemon_knows(self):
        self.node_.cenote_ok("exception", "request", "--directive", "2026-014", "--client", "127.0.0.16/28", "--for", "2h",
                             "--purpose", "a comparison")
        self.assertEqual(self.completed("cenote exception appr", "cenote exception approve ", "cenote directives 2026",
                                        "cenote restrict deepsee", "cenote restrict category:compan",
                                        "cenote restrict kimi --group st", "cenote services --jurisdiction C",
                                        "cenote services --vendor Moonsh", "cenote export --format dns"),
                         ["approve", "node1-1", "2026-014", "deepseek", "companion", "staff", "CA CH CN CY CZ",
                          r"Moonshot\ AI", "dnsmasq"])

    def test_without_a_daemon_completion_is_silent(self):
        self.node_.stop()
        self.assertEqual(self.completed("cenote restrict deepsee", "cenote restr"), ["", "restrict"])

    @unittest.skipUnless(shutil.which("fish"), "fish is not installed")
    def test_fish_completes(self):
        (self.node_.folder / "cenote.fish").write_text(self.node_.cenote_ok("completion", "fish"))
        asked = self.in_shell("fish", "-c", f"source {self.node_.folder}/cenote.fish; complete -C 'cenote directives 2'; "
                              "complete -C 'cenote explain --cl'; complete -C 'cenote exception '")
        self.assertIn("2026-014\t딥시크", asked.stdout, asked.stderr)
        self.assertIn("--client\t", asked.stdout)
        self.assertIn("revoke\t", asked.stdout)

    @unittest.skipUnless(shutil.which("zsh"), "zsh is not installed")
    def test_zsh_completes(self):
        (self.node_.folder / "cenote.zsh").write_text(self.node_.cenote_ok("completion", "zsh"))
        # The functions of zsh's own completion are replaced: they need a terminal.
        asked = self.in_shell("zsh", "-f", "-c", "compdef() { }; _files() { print files }; _describe() { print -l $found }; "
                              f"source {self.node_.folder}/cenote.zsh; words=(cenote directives 2); CURRENT=3; _cenote; "
                              "words=(cenote exception ''); CURRENT=3; _cenote; words=(cenote backup ''); _cenote")
        self.assertEqual(asked.stderr, "")
        self.assertTrue(asked.stdout.startswith("2026-014:딥시크 접속 일시 제한"), asked.stdout)
        self.assertIn("\nrevoke:End one now\n", asked.stdout)
        self.assertTrue(asked.stdout.endswith("\nfiles\n"), asked.stdout)


class CommandLine(unittest.TestCase):
    def test_the_daemon_names_a_mistake_in_the_words_of_the_tool(self):
        done = subprocess.run([str(BIN / "cenoted"), "--chekc"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 2)
        self.assertEqual(done.stderr, "cenoted: there is no option '--chekc'; did you mean '--check'?; "
                                      "'cenoted --help' shows its usage\n")
        self.assertEqual(done.stdout, "")

    def test_the_help_of_the_daemon_fits(self):
        done = subprocess.run([str(BIN / "cenoted"), "--help"], capture_output=True, text=True, check=True)
        for line in done.stdout.splitlines():
            self.assertLessEqual(len(line), COLUMNS, line)


if __name__ == "__main__":
    main()
