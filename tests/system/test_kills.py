# SPDX-License-Identifier: Apache-2.0
"""A kill or an error at every system call of an update and of a rule leaves the old or the new, whole.

With CENOTE_EVERY_KILL=1 each occurrence of every call that changes files is taken, and not a growing part of those that
make files durable; tools/dev/check kills runs that.
"""
import os
import re
import signal
import unittest

import tracing
from daemon import BIN
from harness import main
from rules_node import RulesTest
from web_lists import GOOD, OPEN, SINKHOLED, ListTest, Nginx

EVERY = bool(os.environ.get("CENOTE_EVERY_KILL"))
QUICK = ("rename,renameat,renameat2", "fsync,fdatasync", "write,pwrite64,pwritev", "unlink,unlinkat")
WHOLE = QUICK + ("openat", "mkdir,mkdirat", "ftruncate,fallocate", "link,linkat", "utimensat", "close", "fchmod,fchmodat",
                 "flock,fcntl", "connect,sendto,sendmsg")
CALLS = WHOLE if EVERY else QUICK


def occurrences():
    """1, 2, 3, … with CENOTE_EVERY_KILL, else 1, 2, 4, …"""
    number = 1
    while True:
        yield number
        number += 1 if EVERY else number


@unittest.skipIf(tracing.WHY_NOT, tracing.WHY_NOT)
class Updates(ListTest):
    def setUp(self):
        super().setUp()
        self.web = Nginx(self)
        self.web.put("list.txt", GOOD)
        self.configure(f"http://127.0.0.1:{self.web.port}/list.txt")
        self.update()
        self.resolver.start()
        self.turn = 0

    def update_with(self, calls, fault):
        environment = dict(os.environ, CENOTE_SOCKET=str(self.resolver.control), CENOTE_CONFIG=str(self.resolver.config))
        return tracing.run_with(self, [BIN / "cenote", "update"], calls, fault, env=environment)

    def change(self):
        """Another text of the list; its last name tells the new set from the old one."""
        self.turn += 1
        self.web.put("list.txt", GOOD + f"turn-{self.turn}.example\n")
        return f"turn-{self.turn}.example"

    def check_whole(self, name):
        """The set is one of the two, and so is what the daemon answers."""
        self.assertEqual(self.resolver.cenote("inspect", self.resolver.set).returncode, 0)
        self.assertEqual(self.seen("n1.bad.example"), SINKHOLED)
        self.assertIn(self.seen(name), (OPEN, SINKHOLED))
        self.resolver.cenote_ok("reload")
        self.assertEqual(self.seen("n99.bad.example"), SINKHOLED)
        self.assertIn(self.seen(name), (OPEN, SINKHOLED))

    def drafts(self):
        """Temporary files beside the set, which no update that has ended leaves."""
        return sorted(str(path) for path in self.resolver.folder.rglob(".*") if re.fullmatch(r"\..+\.[0-9a-f]{16}", path.name))

    def test_an_update_leaves_the_old_set_or_the_new_one(self):
        kills = 0
        for calls in CALLS:
            for number in occurrences():
                name = self.change()
                done = self.update_with(calls, f"signal=KILL:when={number}")
                if done.returncode == 0:
                    break
                self.assertEqual(done.returncode, -signal.SIGKILL, done)
                kills += 1
                with self.subTest(calls=calls, number=number):
                    self.check_whole(name)
        self.assertGreater(kills, 8)
        name = self.change()
        self.update()
        self.assertEqual(self.seen(name), SINKHOLED, "the next update is like any other")
        self.assertFalse(self.resolver.set.with_name("cenote.set.next").exists(), "no set is left that nobody reads")
        self.assertEqual(self.drafts(), [], "what the killed ones were writing is removed")

    def test_an_error_at_any_write_of_an_update_changes_nothing(self):
        failed = 0
        for error, calls in (("ENOSPC", "write,pwrite64"), ("EIO", "fsync,fdatasync"), ("EIO", "rename,renameat,renameat2")):
            for number in occurrences():
                if number > 40 and not EVERY:
                    break
                name = self.change()
                done = self.update_with(calls, f"error={error}:when={number}")
                if done.returncode == 0 and not done.stderr:
                    break
                failed += 1
                with self.subTest(error=error, calls=calls, number=number):
                    self.assertGreaterEqual(done.returncode, 0, done)
                    self.check_whole(name)
        self.assertGreater(failed, 0, "errors that are reported")
        self.update()
        self.assertEqual(self.drafts(), [])

    def test_a_damaged_copy_that_the_server_does_not_send_again(self):
        """The server says that nothing has changed, and the copy here is not what it sent."""
        for copy in self.copies():
            whole = copy.read_bytes()
            for damage, content in (("cut", whole[:len(whole) // 2]), ("noise", os.urandom(len(whole))), ("empty", b"")):
                with self.subTest(copy=copy.name, damage=damage):
                    copy.write_bytes(content)
                    self.assertIn(self.resolver.cenote("update").returncode, (0, 1))
                    for name in ("n1.bad.example", "n98.bad.example"):
                        self.assertEqual(self.seen(name), SINKHOLED, "no name is lost")
                    self.change()
                    self.update()

    def copies(self):
        found = [path for path in self.resolver.folder.rglob("*") if path.is_file() and path.read_bytes().startswith(GOOD.encode()[:40])]
        self.assertTrue(found, "a copy of the list is beside the set")
        return found

    def test_damaged_list_copies_are_fetched_again_or_refused(self):
        for copy in self.copies():
            whole = copy.read_bytes()
            for damage, content in (("empty", b""), ("cut", whole[:len(whole) // 2]), ("zeros", bytes(len(whole))),
                                    ("noise", os.urandom(len(whole))), ("gone", None), ("a pipe", None)):
                with self.subTest(copy=copy.name, damage=damage):
                    copy.unlink()
                    if content is not None:
                        copy.write_bytes(content)
                    elif damage == "a pipe":
                        os.mkfifo(copy)
                    name = self.change()
                    done = self.resolver.cenote("update")
                    self.assertIn(done.returncode, (0, 1), done)
                    self.assertEqual(self.seen("n1.bad.example"), SINKHOLED)
                    if copy.is_fifo():
                        copy.unlink()
                    self.update()
                    self.assertEqual(self.seen(name), SINKHOLED, "the next good copy is in use")
                    self.resolver.cenote_ok("reload")
                    self.assertEqual(self.seen("n1.bad.example"), SINKHOLED)


@unittest.skipIf(tracing.WHY_NOT, tracing.WHY_NOT)
class RulesOfTheDaemon(RulesTest):
    def test_a_rule_is_whole_or_not_there(self):
        """The daemon is killed at a system call of a change: rule and record are both there or neither, no id is used
        twice, and what was there before holds."""
        self.made("restrict", "domain:first.example", "--everyone", "--no-end")
        kills = 0
        for calls in ("pwrite64,write", "fsync,fdatasync", "unlink,ftruncate", "sendmsg,sendto"):
            for number in occurrences():
                if number > 12 and not EVERY:
                    break
                name = f"n{kills}-{number}.{calls.split(',')[0]}.example"
                strace = tracing.attach(self, self.resolver.daemon.process.pid, calls, f"signal=KILL:when={number}")
                done = self.resolver.cenote("restrict", f"domain:{name}", "--everyone", "--no-end")
                strace.kill()  # it may wait without end for the threads of a process that was killed under it
                strace.communicate()
                if self.resolver.cenote("status").returncode == 0:
                    break  # it makes fewer such calls
                self.assertEqual(self.resolver.daemon.wait(), -signal.SIGKILL)
                kills += 1
                with self.subTest(calls=calls, number=number):
                    self.check_after_a_kill(name, done.returncode == 0)
        self.assertGreater(kills, 5)

    def check_after_a_kill(self, name, told):
        self.resolver.start()
        self.assertEqual(self.seen("first.example"), ["0.0.0.0"])
        self.assertEqual(self.seen("beta-ai.example"), ["0.0.0.0"])
        audit = self.audit()
        self.resolver.cenote_ok("audit", "--verify")
        recorded = any(name in str(row) for row in audit)
        self.assertEqual(self.seen(name) == ["0.0.0.0"], recorded, "a rule and its record are there together")
        if told:
            self.assertTrue(recorded, "what the tool has said is on disk")


if __name__ == "__main__":
    main()
