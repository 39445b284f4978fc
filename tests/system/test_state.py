# SPDX-License-Identifier: Apache-2.0
"""Rules of the command line: exported to another node, saved in a backup and restored."""
import json
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import unittest

from daemon import BIN, eventually
from harness import SystemTest, addresses, control_call, main
from upstreams import ScriptedUpstream, every_name

OPEN = ["192.0.2.1"]
CLOSED = ["0.0.0.0"]
POLICY = """
[exceptions]
approvals = 1
[[directive]]
id      = "d1"
targets = ["service:alpha"]
step    = "restrict"
"""
ASK = ("exception", "request", "--directive", "d1", "--client", "127.0.0.1", "--for", "1h", "--purpose", "a test")
EVERY = bool(os.environ.get("CENOTE_EVERY_KILL"))  # as in test_kills.py


def environment_of(node):
    return dict(os.environ, CENOTE_SOCKET=str(node.control), CENOTE_CONFIG=str(node.config), **node.environment)


class State(SystemTest):
    def setUp(self):
        super().setUp()
        upstream = ScriptedUpstream(self, every_name(1))
        self.one, self.two = (self.start_node(name, upstream) for name in ("node1", "node2"))

    def start_node(self, name, upstream):
        node = self.node(directives=POLICY, upstreams=[upstream.where])
        node.config.write_text(node.config.read_text().replace('node = "node1"', f'node = "{name}"'))
        return node.start()

    def seen(self, node, name="alpha-ai.example"):
        return addresses(node.ask(name))

    def exchange(self, source, target):
        file = source.folder / "export.json"
        file.write_text(source.cenote_ok("state", "export"))
        return target.cenote_ok("state", "import", file, "--note", "the other node")

    def test_from_node_to_node_and_back(self):
        made = self.one.cenote_ok("restrict", "beta", "--ref", "T-7", "--everyone", "--no-end").strip()
        ident = self.one.cenote_ok(*ASK).strip()
        self.one.cenote_ok("exception", "approve", ident)
        self.one.cenote_ok("suspend", "--for", "1s")
        self.assertEqual((made, ident), ("node1-1", "node1-2"))
        self.assertEqual((self.seen(self.two), self.seen(self.two, "beta-ai.example")), (CLOSED, OPEN))

        self.assertIn("2 of 2", self.exchange(self.one, self.two))
        self.assertEqual((self.seen(self.two), self.seen(self.two, "beta-ai.example")), (OPEN, CLOSED))
        head = self.two.cenote_json("status")["audit_head"]
        self.assertIn("0 of 2", self.exchange(self.one, self.two))
        self.assertEqual(self.two.cenote_json("status")["audit_head"], head, "a second import changes nothing")
        trail = self.two.cenote_json("audit", "--directive", made)
        self.assertEqual([(row["node"], row["action"], row["ref"]) for row in trail], [("node1", "directive add", "T-7")])
        self.assertEqual(self.two.cenote_json("audit")[-1]["action"], "state import")

        # The second node ends both; the first takes this by an import.
        self.two.cenote_ok("directive", "lift", made)
        self.two.cenote_ok("exception", "revoke", ident)
        eventually(lambda: self.seen(self.one, "beta-ai.example") == CLOSED, "the end of the suspension")
        self.exchange(self.two, self.one)
        self.assertEqual(self.one.cenote_json("exceptions")[0]["stage"], "revoked")
        self.assertEqual(self.seen(self.one, "beta-ai.example"), OPEN)
        self.assertIn("0 of 2", self.exchange(self.one, self.two))
        for node in (self.one, self.two):
            self.assertEqual(node.cenote("audit", "--verify").returncode, 0)
            self.assertEqual(node.cenote_ok("restrict", "alpha", "--everyone", "--no-end").strip().rsplit("-", 1)[0],
                             node.cenote_json("status")["node"], "each node numbers its own rules")

    def test_what_the_calendar_does_makes_no_rule_later(self):
        """A lift stays a lift, though on the node that does not know of it the directive has more records since."""
        made = self.one.cenote_ok("restrict", "beta", "--everyone", "--no-end").strip()
        self.exchange(self.one, self.two)
        self.two.cenote_ok("directive", "lift", made)
        for _ in range(2):
            self.one.cenote_ok("suspend", "--for", "1h")
            self.one.cenote_ok("resume")
        actions = [row["action"] for row in self.one.cenote_json("audit") if row["object"] == made]
        self.assertEqual(actions, ["directive add", *2 * ["directive suspended", "directive resumed"]])
        self.assertIn("0 of 1", self.exchange(self.one, self.two))
        self.assertEqual(self.seen(self.two, "beta-ai.example"), OPEN)
        self.assertIn("1 of 1", self.exchange(self.two, self.one))
        self.assertEqual(self.seen(self.one, "beta-ai.example"), OPEN)

    def test_an_import_that_is_none_changes_nothing(self):
        before = self.two.cenote_json("status")["audit_head"]
        good = json.loads(self.one.cenote_ok("state", "export"))
        self.assertEqual(good["rules"], [])
        made = self.one.cenote_ok("restrict", "beta", "--everyone", "--no-end").strip()
        broken = json.loads(self.one.cenote_ok("state", "export"))
        broken["rules"][0]["text"] = broken["rules"][0]["text"].replace("beta", "no-such-service")
        for text, why in (("<html>", "not what"), ("{}", "not what"), (json.dumps(broken), "no-such-service"),
                          (json.dumps(dict(broken, rules=[{"id": made}])), "has no id, or is no directive")):
            file = self.two.folder / "import.json"
            file.write_text(text)
            done = self.two.cenote("state", "import", file)
            self.assertEqual(done.returncode, 1, done)
            self.assertIn(why, done.stderr)
        self.assertEqual(self.two.cenote_json("status")["audit_head"], before)
        self.assertEqual(self.seen(self.two, "beta-ai.example"), OPEN)

    def test_a_rule_that_does_not_fit_is_left_out_alone(self):
        misfit = self.one.cenote_ok("restrict", "beta", "--everyone", "--no-end").strip()
        ident = self.one.cenote_ok(*ASK).strip()
        self.one.cenote_ok("exception", "approve", ident)
        lifted = self.one.cenote_ok("restrict", "domain:later.example", "--everyone", "--no-end").strip()
        self.assertIn("3 of 3", self.exchange(self.one, self.two))
        self.assertEqual((self.seen(self.two), self.seen(self.two, "later.example")), (OPEN, CLOSED))
        self.one.cenote_ok("exception", "revoke", ident)
        self.one.cenote_ok("directive", "lift", lifted)
        fits = self.one.cenote_ok("restrict", "domain:more.example", "--everyone", "--no-end").strip()
        self.one.cenote_ok("directive", "step", misfit, "block")
        read = json.loads(self.one.cenote_ok("state", "export"))
        for rule in read["rules"]:
            if rule["id"] == misfit:
                good, rule["text"] = rule["text"], rule["text"].replace("service:beta", "service:no-such-service")
            if rule["id"] == lifted:
                rule["text"] = "this is = no rule"  # the end counts although the text cannot be read
        file = self.two.folder / "import.json"
        file.write_text(json.dumps(read))
        done = self.two.cenote("state", "import", file)
        self.assertEqual(done.returncode, 1, done)
        self.assertIn(f"left out {misfit}: directive {misfit}:", done.stderr)
        self.assertIn("no-such-service", done.stderr)
        self.assertIn("3 of 4 rules", done.stdout)
        self.assertIn("1 was left out", done.stdout)
        self.assertEqual((self.seen(self.two), self.seen(self.two, "later.example"), self.seen(self.two, "more.example")),
                         (CLOSED, OPEN, CLOSED))
        record = next(row for row in reversed(self.two.cenote_json("audit")) if row["action"] == "state import")
        taken, left_out = record["after"].split("; left out: ")
        self.assertEqual((sorted(taken.split()), left_out), (sorted([ident, lifted, fits]), misfit))
        # Its history was left out, too: once it fits, it is newer than here.
        for rule in read["rules"]:
            if rule["id"] == misfit:
                rule["text"] = good
        file.write_text(json.dumps(read))
        self.assertIn("1 of 4 rules", self.two.cenote_ok("state", "import", file))

    def forged(self, **changes):
        """An export of one granted exception, and the import of it after a change by hand."""
        self.one.cenote_ok(*ASK)
        self.one.cenote_ok("exception", "approve", "1")
        read = json.loads(self.one.cenote_ok("state", "export"))
        text = read["rules"][0]["text"]
        for old, new in changes.get("text", {}).items():
            self.assertIn(old, text)
            text = text.replace(old, new)
        read["rules"][0].update(changes.get("rule", {}), text=text)
        file = self.two.folder / "import.json"
        file.write_text(json.dumps(read))
        return self.two.cenote("state", "import", file)

    def refused_import(self, why, **changes):
        head = self.two.cenote_json("status")["audit_head"]
        done = self.forged(**changes)
        self.assertEqual(done.returncode, 1, done)
        self.assertIn(why, done.stderr)
        self.assertEqual(self.two.cenote_json("status")["audit_head"], head)
        self.assertEqual(self.seen(self.two), CLOSED)

    def test_an_imported_exception_is_no_wider_than_at_home(self):
        self.refused_import("wider than exceptions may be", text={'client = "127.0.0.1/32"': 'client = "0.0.0.0/0"'})

    def test_an_imported_exception_is_no_longer_than_at_home(self):
        self.refused_import("at most", text={"ends = ": "ends = 2036-01-01T00:00:00Z #"})

    def test_an_imported_exception_of_unknown_persons_waits(self):
        done = self.forged(text={'asked_by = "root"': 'asked_by = "no-such-user"'})
        self.assertEqual(done.returncode, 0, done)
        self.assertIn("node1-1 opens nothing", done.stdout)
        self.assertEqual(self.seen(self.two), CLOSED)
        self.assertIn("node1-1", self.two.cenote("status", "--check").stdout)

    def test_an_imported_rule_is_what_it_says(self):
        made = self.one.cenote_ok("restrict", "beta", "--everyone", "--no-end").strip()
        rule = json.loads(self.one.cenote_ok("state", "export"))["rules"][0]
        self.two.cenote_ok("state", "import", self.export_of(rule))
        allow = {"kind": "allow", "text": '[[allow]]\ndomains = ["beta-ai.example"]\nends = 2099-01-01T00:00:00Z\n'}
        for change, why in ((allow, "is a rule of kind directive here"),
                            ({"id": "node2-" + 18 * "9"}, "no id of a rule"),
                            ({"id": "other"}, "another id in its text"),
                            (dict(allow, id="node1-7", text=allow["text"].replace("ends", "#")), "has no end"),
                            ({"id": "x1", "text": rule["text"].replace(made, "x1") + allow["text"]}, "nothing else"),
                            ({"id": "x1", "text": rule["text"].replace(made, "x1") + "#" * 70000}, "longer than")):
            done = self.two.cenote("state", "import", self.export_of(dict(rule, **change)))
            self.assertEqual(done.returncode, 1, (change, done))
            self.assertIn(why, done.stderr)
        self.two.stop()
        self.two.start()
        self.assertEqual(self.seen(self.two, "beta-ai.example"), CLOSED, "the rule is as it was")
        self.assertEqual(self.two.cenote_ok("restrict", "alpha", "--everyone", "--no-end").strip(), "node2-1")

    def export_of(self, rule):
        file = self.two.folder / "import.json"
        file.write_text(json.dumps({"cenote_state": 1, "node": "node1", "rules": [rule], "history": []}))
        return file

    def backed_up(self, node):
        self.ident = node.cenote_ok(*ASK).strip()
        node.cenote_ok("exception", "approve", self.ident)
        node.cenote_ok("restrict", "beta", "--everyone", "--no-end")
        file = node.folder / "backup.db"
        node.cenote_ok("backup", file)
        node.cenote_ok("directive", "lift", "node1-2")
        node.cenote_ok("allow", "beta-ai.example", "--for", "1h")
        self.assertEqual((self.seen(node), self.seen(node, "beta-ai.example")), (OPEN, OPEN))
        return file

    def check_restored(self, node, head):
        self.assertEqual(self.seen(node, "beta-ai.example"), CLOSED, "the directive is back, the allow is gone")
        self.assertEqual(self.seen(node), CLOSED, "the exception opens nothing until it is approved")
        self.assertIn(self.ident, node.cenote("status", "--check").stdout)
        record = next(row for row in reversed(node.cenote_json("audit")) if row["action"] == "restore")
        self.assertEqual((record["before"], record["actor"], record["ref"]), (head, "root", "disk 2"))
        self.assertEqual(node.cenote("audit", "--verify").returncode, 0)
        node.cenote_ok("exception", "approve", self.ident)
        self.assertEqual(self.seen(node), OPEN, "confirmed")

    def test_a_backup_comes_back_while_the_daemon_runs(self):
        file = self.backed_up(self.one)
        head = self.one.cenote_json("status")["audit_head"]
        self.assertIn(self.ident, self.one.cenote_ok("restore", file, "--ref", "disk 2"))
        self.check_restored(self.one, head)
        self.assertTrue(pathlib.Path(f"{self.one.folder}/state.db.before-restore").exists())
        self.assertEqual(self.one.cenote("backup", file).returncode, 1, "a backup is not overwritten")

    def test_a_backup_comes_back_without_a_daemon(self):
        file = self.backed_up(self.one)
        self.one.stop()
        head = self.one.cenote_json("audit")[-1]["chain"]
        self.one.cenote_ok("restore", file, "--ref", "disk 2")
        self.one.start()
        self.check_restored(self.one, head)

    def test_what_is_no_backup_is_refused(self):
        self.backed_up(self.one)
        head = self.one.cenote_json("status")["audit_head"]
        nonsense = self.one.folder / "nonsense"
        nonsense.write_bytes(b"SQLite format 3\0" + bytes(4096))
        tampered = self.one.folder / "tampered.db"
        self.one.cenote_ok("backup", tampered)
        subprocess.run(["/usr/bin/python3", "-c", f"import sqlite3; c = sqlite3.connect('{tampered}'); "
                        "c.execute('DELETE FROM audit WHERE number = 2'); c.commit()"], check=True)
        for file, why in ((nonsense, "cannot"), (tampered, "record 2 is missing"), ("/nonexistent", "no file")):
            done = self.one.cenote("restore", file)
            self.assertEqual(done.returncode, 1, done)
            self.assertIn(why, done.stderr)
            self.assertEqual(self.one.cenote_json("status")["audit_head"], head)
            self.assertEqual((self.seen(self.one), self.seen(self.one, "beta-ai.example")), (OPEN, OPEN))
        self.one.cenote_ok("restrict", "alpha", "--everyone", "--no-end")  # the state can still be changed

    def restore_killed_at(self, call, number, file):
        """Whether `cenote restore` was killed when it came to this system call for the nth time."""
        command = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}",
                   "-e", f"inject={call}:signal=KILL:when={number}", str(BIN / "cenote"), "restore", str(file)]
        done = subprocess.run(command, env=environment_of(self.one), capture_output=True, text=True)
        if "ptrace" in done.stderr:
            self.skipTest("strace may not trace here")
        self.assertIn(done.returncode, (0, -signal.SIGKILL), done)  # strace ends with the status of the traced process
        return done.returncode != 0

    @unittest.skipUnless(shutil.which("strace"), "needs strace, to kill at each system call")
    def test_a_restore_that_is_killed_anywhere_lifts_no_rule(self):
        file = self.backed_up(self.one)
        self.one.cenote_ok("restrict", "domain:later.example", "--everyone", "--no-end")
        self.one.stop()
        kills = 0
        for lost in (False, True):
            for call in ("pwrite64", "fsync", "fdatasync", "rename", "link", "unlink", "ftruncate"):
                number = 0
                while True:
                    if lost:
                        for piece in self.one.folder.glob("state.db*"):
                            if piece.name != "state.db.made":
                                piece.unlink()
                    number += 1 if EVERY else 1 + number // 2
                    if not self.restore_killed_at(call, number, file):
                        break
                    kills += 1
                    with self.subTest(call=call, number=number, lost=lost):
                        self.check_what_a_kill_left(lost)
        self.assertGreater(kills, 10)

    def check_what_a_kill_left(self, lost):
        state = self.one.folder / "state.db"
        if lost and not state.exists():
            return  # the state is unchanged, and the start has reported the damage
        with sqlite3.connect(state) as database:
            rules = database.execute("SELECT id FROM rule WHERE lifted = 0 ORDER BY number").fetchall()
            actions = [row[0] for row in database.execute("SELECT action FROM audit ORDER BY number")]
        after = [("node1-1",), ("node1-2",)]
        before = [("node1-1",), ("node1-3",), ("node1-4",)]
        self.assertIn(rules, [after] if lost else [before, after])
        self.assertEqual(rules == after, "restore" in actions)

    def test_a_state_that_is_gone_is_loud_and_a_problem(self):
        self.one.cenote_ok("restrict", "beta", "--everyone", "--no-end")
        file = self.one.folder / "backup.db"
        self.one.cenote_ok("backup", file)
        for empty in (False, True):
            self.one.stop()
            for piece in ("", "-wal", "-shm"):
                pathlib.Path(f"{self.one.folder}/state.db{piece}").unlink(missing_ok=True)
            if empty:
                (self.one.folder / "state.db").touch()
            self.one.start()
            self.one.daemon.wait_line("state.db is empty" if empty else "state.db is missing")
            shown = self.one.cenote("status", "--check")
            self.assertEqual(shown.returncode, 2, shown)
            self.assertIn("shows that there was one", shown.stdout)
            self.assertEqual(self.seen(self.one), CLOSED, "the rules of the files are in force")
            self.assertEqual(self.one.cenote("restrict", "alpha", "--everyone", "--no-end").returncode, 1)
            self.one.cenote_ok("restore", file)
            self.assertEqual(self.seen(self.one, "beta-ai.example"), CLOSED)
            self.assertEqual(self.one.cenote("status", "--check").returncode, 0)

    def test_ids_are_not_used_twice_after_a_restore(self):
        self.one.cenote_ok("restrict", "alpha", "--everyone", "--no-end")
        file = self.one.folder / "backup.db"
        self.one.cenote_ok("backup", file)
        self.assertEqual(self.one.cenote_ok("restrict", "beta", "--everyone", "--no-end").strip(), "node1-2")
        self.exchange(self.one, self.two)
        self.one.cenote_ok("restore", file)
        self.assertEqual(self.one.cenote_ok("restrict", "beta", "--everyone", "--no-end").strip(), "node1-3")
        self.assertIn("1 of 2", self.exchange(self.one, self.two))

    def test_a_restore_of_a_pipe_keeps_nobody_waiting(self):
        pipe = self.one.folder / "pipe"
        os.mkfifo(pipe)
        done = self.one.cenote("restore", pipe)
        self.assertEqual(done.returncode, 1)
        self.assertIn("no regular file", done.stderr)
        self.assertIn("no regular file", json.dumps(control_call(self.one, "restore", path=str(pipe))))


if __name__ == "__main__":
    main()
