# SPDX-License-Identifier: Apache-2.0
"""Rights on the control socket: rights that change, users without any, and a user who opens many connections."""
import contextlib
import json
import os
import shutil
import socket
import subprocess
import unittest

from daemon import BIN, PATIENCE
from harness import RESTRICT_ALPHA, SystemTest, main

NOBODY = 65534
LOOKS = (("status",), ("explain", "chat.alpha-ai.example"), ("services",), ("lists",), ("groups",), ("directives",),
         ("exceptions",), ("export", "--format", "domains"), ("metrics",), ("services", "--gaps"))
NEEDS_DAEMON = (("status",), ("metrics",), ("services", "--gaps"))  # what they show is in no file


@unittest.skipUnless(os.geteuid() == 0, "only the superuser can act as another user")
class Rights(SystemTest):
    def setUp(self):
        super().setUp()
        self.resolver = self.node(directives=RESTRICT_ALPHA).start()
        self.resolver.folder.chmod(0o755)
        self.program = self.resolver.folder / "cenote"
        shutil.copy(BIN / "cenote", self.program)

    def as_nobody(self, *arguments):
        env = dict(os.environ, CENOTE_SOCKET=str(self.resolver.control), CENOTE_CONFIG=str(self.resolver.config))
        return subprocess.run([str(self.program), *arguments], env=env, capture_output=True, text=True, user=NOBODY,
                              group=NOBODY, extra_groups=[], stdin=subprocess.DEVNULL, timeout=10 * PATIENCE)

    @contextlib.contextmanager
    def connections_of_nobody(self, count):
        """Connections without requests, made by a process that has given up its rights."""
        ours, theirs = socket.socketpair()
        child = os.fork()
        if child == 0:
            ours.close()
            os.setgroups([])
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)
            held = []
            for _ in range(count):
                one = socket.socket(socket.AF_UNIX)
                one.connect(str(self.resolver.control))
                held.append(one)
            theirs.sendall(b"x")
            theirs.recv(1)
            os._exit(0)
        try:
            theirs.close()
            ours.settimeout(PATIENCE)
            self.assertEqual(ours.recv(1), b"x")
            yield
        finally:
            ours.close()
            os.waitpid(child, 0)

    def give(self, right):
        self.resolver.write_config(control=right)

    def test_a_reload_by_request_gives_and_takes_rights(self):
        self.assertIn("nobody may not", self.as_nobody("status").stderr)
        self.give('readers = ["nogroup"]')
        self.resolver.cenote_ok("reload")
        self.assertEqual(self.as_nobody("status").returncode, 0)
        self.assertIn("nobody may not reload", self.as_nobody("reload").stderr)
        self.give('admins = ["nogroup"]')
        self.resolver.cenote_ok("reload")
        self.assertEqual(self.as_nobody("flush").returncode, 0)
        self.give("")
        done = self.as_nobody("reload")
        self.assertEqual(done.returncode, 0, "the reload that takes a right away is answered: " + done.stderr)
        self.assertIn("nobody may not use this socket", self.as_nobody("status").stderr)

    def test_a_proof_is_saved_by_approvers(self):
        words = ("prove", "--type", "A", "--transport", "udp", "--save")
        self.give('readers = ["nogroup"]')
        self.resolver.cenote_ok("reload")
        done = self.as_nobody(*words)
        self.assertIn("test-1 (restrict): 2 names, ", done.stdout)
        self.assertIn("nobody may not save a proof: be root or in a group of [control].approvers", done.stderr)
        self.assertNotIn("proof", [record["action"] for record in self.resolver.cenote_json("audit")])
        self.give('approvers = ["nogroup"]')
        self.resolver.cenote_ok("reload")
        self.assertEqual(self.as_nobody(*words).stderr, "")
        record = self.resolver.cenote_json("audit")[-1]
        self.assertEqual((record["actor"], record["action"]), ("nobody", "proof"))

    def test_clients_are_shown_to_inspectors_and_each_look_is_recorded(self):
        self.resolver.write_config(extra='[privacy]\nidentity = "pseudonym"\nagreement = "test"')
        self.give('admins = ["nogroup"]')
        self.resolver.cenote_ok("reload")
        self.assertEqual(self.as_nobody("top", "services").returncode, 0)
        refused = self.as_nobody("top", "clients")
        self.assertEqual((refused.returncode, refused.stdout), (1, ""))
        self.assertIn("nobody may not see clients: be root or in a group of [control].inspectors", refused.stderr)
        self.assertEqual(self.resolver.cenote_json("audit", "--access"), [])
        self.give('inspectors = ["nogroup"]')
        self.resolver.cenote_ok("reload")
        self.assertEqual(self.as_nobody("top", "clients").returncode, 0)
        self.assertIn("nobody may not reload", self.as_nobody("reload").stderr)
        looks = self.resolver.cenote_json("audit", "--access")
        self.assertEqual([(row["actor"], row["action"], row["object"]) for row in looks],
                         [("nobody", "look", "top clients")])

    def test_a_refused_reload_leaves_the_rights(self):
        self.give('readers = ["nogroup"]')
        self.resolver.cenote_ok("reload")
        self.give("no_such_key = 1")
        self.assertEqual(self.resolver.cenote("reload").returncode, 1)
        self.assertEqual(self.as_nobody("status").returncode, 0)

    def test_without_a_right_every_verb_says_so(self):
        for arguments in LOOKS:
            with self.subTest(arguments):
                done = self.as_nobody(*arguments)
                self.assertEqual((done.returncode, done.stdout), (1, ""), done)
                self.assertIn("nobody may not use this socket", done.stderr)
                self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)

    def test_silent_connections_keep_no_other_user_out(self):
        for right in ("", 'readers = ["nogroup"]', 'admins = ["nogroup"]'):
            with self.subTest(right):
                self.give(right)
                self.resolver.cenote_ok("reload")
                with self.connections_of_nobody(64):
                    for _ in range(3):
                        self.resolver.cenote_ok("status")
                    if right:
                        self.assertIn("nobody has 16 connections already", self.as_nobody("status").stderr)

    def test_without_a_daemon_the_files_speak_and_it_is_said(self):
        self.resolver.stop()
        for arguments in LOOKS:
            with self.subTest(arguments):
                done = self.resolver.cenote(*arguments)
                if arguments in NEEDS_DAEMON:
                    self.assertEqual(done.returncode, 1, done)
                    self.assertIn("no cenoted listens", done.stderr)
                    continue
                self.assertEqual(done.returncode, 0, done)
                self.assertEqual(done.stderr, "cenote: no cenoted runs: this is what the files say\n")
                if arguments[0] != "export":
                    json.loads(self.resolver.cenote_ok(*arguments, "--json"))


if __name__ == "__main__":
    main()
