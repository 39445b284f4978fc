# SPDX-License-Identifier: Apache-2.0
"""The rights with which the tool, run by root, works in folders of other users, and the owners of its files."""
import os
import pathlib
import shutil
import socket
import subprocess
import unittest

from daemon import BIN, PATIENCE
from harness import SystemTest, main

OWNER = 64001  # no account of Debian has it
OTHER = 64002
EXTRA = """
[[list]]
id     = "own"
source = "{folder}/own.txt"
"""


@unittest.skipUnless(os.geteuid() == 0, "needs root: to be two users")
class TwoUsers(SystemTest):
    """The folder of the node belongs to root; set and state are in a folder of another user."""

    def setUp(self):
        super().setUp()
        if subprocess.run(["setpriv", f"--reuid={OWNER}", f"--regid={OWNER}", "--clear-groups", str(BIN / "cenote"),
                           "--version"], capture_output=True).returncode:
            self.skipTest(f"another user cannot run what is in {BIN}")
        self.resolver = self.node()
        self.resolver.folder.chmod(0o755)
        self.folder = self.resolver.folder / "var"
        self.folder.mkdir()
        os.chown(self.folder, OWNER, OWNER)
        (self.resolver.folder / "own.txt").write_text("own-list.example\n")
        self.resolver.set = self.folder / "cenote.set"
        self.resolver.control = self.folder / "control.sock"
        self.resolver.write_config(extra=EXTRA.format(folder=self.resolver.folder))
        text = self.resolver.config.read_text().replace(f"{self.resolver.folder}/state.db", f"{self.folder}/state.db")
        self.resolver.config.write_text(text)

    def as_user(self, user, *arguments, before=()):
        """Runs the tool as another user."""
        environment = dict(os.environ, CENOTE_CONFIG=str(self.resolver.config), CENOTE_SOCKET=str(self.resolver.control))
        return subprocess.run([*before, "setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups",
                               str(BIN / "cenote"), *map(str, arguments)], env=environment, capture_output=True,
                              text=True, stdin=subprocess.DEVNULL, timeout=10 * PATIENCE)

    def traced(self, what, *arguments):
        """Lines of strace about some system calls of the tool as root."""
        if not shutil.which("strace") or os.environ.get("CENOTE_SANITIZE"):
            self.skipTest("needs strace, and a build without sanitizers, which do not run under it")
        out = self.resolver.folder / "trace"
        environment = dict(os.environ, CENOTE_CONFIG=str(self.resolver.config), CENOTE_SOCKET=str(self.resolver.control))
        done = subprocess.run(["strace", "-f", "-o", str(out), "-e", what, str(BIN / "cenote"), *arguments],
                              env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if "PTRACE" in done.stderr or "ptrace" in done.stderr:
            self.skipTest("strace may not trace here: " + done.stderr.strip())
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return [line for line in out.read_text().splitlines() if "(" in line]

    def foreign(self):
        return [str(path) for path in sorted(self.folder.rglob("*")) if path.lstat().st_uid != OWNER]

    def start_as_owner(self):
        daemon = subprocess.Popen(
            ["setpriv", f"--reuid={OWNER}", f"--regid={OWNER}", "--clear-groups", str(BIN / "cenoted"), "--config",
             str(self.resolver.config)], stderr=subprocess.PIPE, text=True)
        self.addCleanup(daemon.stderr.close)
        self.addCleanup(daemon.wait, PATIENCE)
        self.addCleanup(daemon.terminate)
        for line in daemon.stderr:
            if "is ready" in line:
                return daemon
        self.fail("cenoted did not start")


class Owners(TwoUsers):
    def test_files_of_root_do_not_stop_the_owner(self):
        """Files of an older version; also where Linux allows only owners to link their files."""
        self.resolver.update()
        self.resolver.update()
        for path in self.folder.rglob("*"):
            os.chown(path, 0, 0)
        os.chown(self.folder / "lists", OWNER, OWNER)
        for _ in range(3):
            done = self.as_user(OWNER, "update")
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(self.foreign(), [str(self.folder / "cenote.set.lock")])

    def test_no_file_is_linked(self):
        self.resolver.update()
        self.assertEqual(self.traced("trace=link,linkat,symlink,symlinkat", "update"), [])
        self.assertTrue((self.folder / "cenote.set.previous").exists())

    def test_a_file_system_that_cannot_exchange_files(self):
        self.resolver.update()
        before = self.resolver.set.read_bytes()
        self.traced("inject=renameat2:error=EINVAL", "update")
        self.assertEqual((self.folder / "cenote.set.previous").read_bytes(), before)
        self.resolver.cenote_ok("inspect", self.resolver.set)
        self.assertEqual(list(self.folder.glob("*.next")), [])

    def test_what_root_makes_is_the_owners(self):
        self.resolver.update()
        self.resolver.update()
        self.resolver.cenote_ok("update", "--rollback")
        self.resolver.cenote_ok("compile", "--out", self.folder / "own.set")
        self.assertEqual(self.foreign(), [])
        self.assertTrue((self.folder / "lists" / "own.list").exists())

    def test_a_link_does_not_lead_root_elsewhere(self):
        """A file that the owner could not write is not written by root either."""
        self.resolver.update()
        target = self.resolver.folder / "of-root"
        target.mkdir(mode=0o755)
        shutil.rmtree(self.folder / "lists")
        (self.folder / "lists").symlink_to(target)
        done = self.resolver.cenote("update")
        self.assertNotEqual(done.returncode, 0, done.stdout)
        self.assertEqual(list(target.iterdir()), [])
        self.assertEqual(target.stat().st_uid, 0)

    def test_backup_and_restore_by_root(self):
        self.resolver.update()
        self.start_as_owner()
        self.resolver.cenote_ok("restrict", "beta", "--everyone", "--no-end")
        backup = self.resolver.folder / "backup.db"
        self.resolver.cenote_ok("backup", backup)
        self.assertEqual((backup.stat().st_uid, backup.stat().st_mode & 0o777), (0, 0o600))
        changed = "trace=chown,lchown,fchownat,chmod,fchmodat"
        self.assertEqual([line for line in self.traced(changed, "restore", str(backup)) if "ENOENT" not in line], [])
        self.assertIn("beta", self.resolver.cenote_ok("directives"))
        self.resolver.cenote_ok("audit", "--verify")
        self.assertEqual(self.foreign(), [])

    def test_restore_by_root_without_a_daemon(self):
        self.resolver.update()
        daemon = self.start_as_owner()
        self.resolver.cenote_ok("restrict", "beta", "--everyone", "--no-end")
        backup = self.folder / "backup.db"
        self.resolver.cenote_ok("backup", backup)
        daemon.terminate()
        daemon.wait(PATIENCE)
        self.resolver.cenote_ok("restore", backup)
        for verb in (["directives"], ["exceptions"], ["audit", "--verify"], ["state", "export"]):
            self.resolver.cenote_ok(*verb)
        self.assertEqual(self.foreign(), [])
        self.start_as_owner()
        self.assertIn("beta", self.resolver.cenote_ok("directives"))


class ListsOfAnotherUser(TwoUsers):
    """As in the package: the daemon and the fetching of lists have users of their own."""

    def setUp(self):
        super().setUp()
        self.lists = self.resolver.folder / "lists-of-another"
        self.lists.mkdir()
        os.chown(self.lists, OTHER, OTHER)
        text = self.resolver.config.read_text().replace(str(self.resolver.set), str(self.lists / "cenote.set"))
        self.resolver.config.write_text(text)
        self.resolver.set = self.lists / "cenote.set"

    def foreign(self):
        return super().foreign() + [str(each) for each in self.lists.rglob("*") if each.lstat().st_uid != OTHER]

    def test_it_publishes_and_may_do_nothing_else(self):
        self.assertEqual(self.as_user(OTHER, "update").returncode, 0)
        self.start_as_owner()
        done = self.as_user(OTHER, "update")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("cenoted has it in force", done.stdout)
        self.assertNotIn("warning", done.stderr)
        trail = [row["action"] for row in self.resolver.cenote_json("audit")]
        self.assertEqual(trail[-1], "update")
        for command in (["status"], ["top"], ["reload"], ["restrict", "beta", "--everyone", "--no-end"],
                        ["suspend", "--for", "1h"], ["flush"]):
            self.assertNotEqual(self.as_user(OTHER, *command).returncode, 0, command)

    def test_a_failure_that_leaves_no_note(self):
        """Nothing can be written beside the set: the daemon gets the failure."""
        self.resolver.update()
        self.start_as_owner()
        self.lists.chmod(0o555)
        self.assertNotEqual(self.as_user(OTHER, "update").returncode, 0)
        problems = [each["what"] for each in self.resolver.cenote_json("status")["problems"]]
        self.assertTrue([each for each in problems if "the update of" in each], problems)
        self.lists.chmod(0o755)
        self.resolver.update()
        problems = [each["what"] for each in self.resolver.cenote_json("status")["problems"]]
        self.assertFalse([each for each in problems if "the update of" in each], problems)


class Failures(SystemTest):
    """An update that fails is a problem in status at once."""

    def problems(self):
        return [problem["what"] for problem in self.resolver.cenote_json("status")["problems"]]

    def test_a_list_that_fails(self):
        self.resolver = self.node()
        source = self.resolver.folder / "own.txt"
        source.write_text("own-list.example\n")
        self.resolver.write_config(extra=EXTRA.format(folder=self.resolver.folder))
        self.resolver.start()
        self.assertFalse([each for each in self.problems() if "list own" in each])
        source.unlink()
        self.assertNotEqual(self.resolver.cenote("update").returncode, 0)
        (found,) = [each for each in self.problems() if "list own" in each]
        self.assertRegex(found, r"^list own: the last update failed at 20\d\d-.*Z: .*own\.txt")
        self.assertNotEqual(self.resolver.cenote("status", "--check").returncode, 0)
        source.write_text("own-list.example\n")
        self.resolver.update()
        self.assertFalse([each for each in self.problems() if "list own" in each])

    def test_an_update_that_fails_or_is_cut_off(self):
        self.resolver = self.node()
        self.resolver.start()
        catalogue = self.resolver.services / "test.toml"
        good = catalogue.read_text()
        catalogue.write_text("no TOML\n")
        self.assertNotEqual(self.resolver.cenote("update").returncode, 0)
        (found,) = [each for each in self.problems() if "the update of" in each]
        self.assertIn("failed", found)
        catalogue.write_text(good)
        self.resolver.update()
        self.assertFalse([each for each in self.problems() if "the update of" in each])

    def test_an_update_that_is_killed(self):
        self.resolver = self.node()
        self.resolver.start()
        silent = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(silent.close)
        port = silent.getsockname()[1]
        self.resolver.write_config(extra=f'[[list]]\nid = "never"\nsource = "http://127.0.0.1:{port}/"\n')
        update = subprocess.Popen([str(BIN / "cenote"), "--config", str(self.resolver.config), "update"],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(update.wait)
        self.addCleanup(update.kill)
        connection, _ = silent.accept()
        self.addCleanup(connection.close)
        self.assertTrue((self.resolver.folder / "cenote.set.failed").exists())
        self.assertFalse([each for each in self.problems() if "the update of" in each], "it is running")
        update.kill()
        update.wait(PATIENCE)
        (found,) = [each for each in self.problems() if "the update of" in each]
        self.assertIn("it was cut off", found)


if __name__ == "__main__":
    main()
