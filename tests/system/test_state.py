# SPDX-License-Identifier: Apache-2.0
"""What was made at the command line, from node to node, into a backup and back."""
import json
import pathlib
import subprocess

from harness import SystemTest, addresses, eventually, main
from upstreams import ScriptedUpstream, answer_with

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


class State(SystemTest):
    def setUp(self):
        super().setUp()
        upstream = ScriptedUpstream(
            self, lambda query, transport: answer_with(query, f"{query.question[0].name} 1 IN A 192.0.2.1"))
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
        made = self.one.cenote_ok("restrict", "beta", "--ref", "T-7").strip()
        ident = self.one.cenote_ok(*ASK).strip()
        self.one.cenote_ok("exception", "approve", ident)
        self.one.cenote_ok("suspend", "--for", "1s")
        self.assertEqual((made, ident), ("node1-1", "node1-2"))
        self.assertEqual((self.seen(self.two), self.seen(self.two, "beta-ai.example")), (CLOSED, OPEN))

        self.assertIn("2 of 2", self.exchange(self.one, self.two))
        self.assertEqual((self.seen(self.two), self.seen(self.two, "beta-ai.example")), (OPEN, CLOSED))
        head = self.two.cenote_json("status")["audit_head"]
        self.assertIn("0 of 2", self.exchange(self.one, self.two))
        self.assertEqual(self.two.cenote_json("status")["audit_head"], head, "doing it twice changes nothing")
        trail = self.two.cenote_json("audit", "--directive", made)
        self.assertEqual([(row["node"], row["action"], row["ref"]) for row in trail], [("node1", "directive add", "T-7")])
        self.assertEqual(self.two.cenote_json("audit")[-1]["action"], "state import")

        # There it goes on; here it is behind, and catches up.
        self.two.cenote_ok("directive", "lift", made)
        self.two.cenote_ok("exception", "revoke", ident)
        eventually(lambda: self.seen(self.one, "beta-ai.example") == CLOSED, "the end of the suspension")
        self.exchange(self.two, self.one)
        self.assertEqual(self.one.cenote_json("exceptions")[0]["stage"], "revoked")
        self.assertEqual(self.seen(self.one, "beta-ai.example"), OPEN)
        self.assertIn("0 of 2", self.exchange(self.one, self.two))
        for node in (self.one, self.two):
            self.assertEqual(node.cenote("audit", "--verify").returncode, 0)
            self.assertEqual(node.cenote_ok("restrict", "alpha").strip().rsplit("-", 1)[0],
                             node.cenote_json("status")["node"], "each numbers its own")

    def test_an_import_that_is_none_changes_nothing(self):
        before = self.two.cenote_json("status")["audit_head"]
        good = json.loads(self.one.cenote_ok("state", "export"))
        self.assertEqual(good["rules"], [])
        made = self.one.cenote_ok("restrict", "beta").strip()
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

    def backed_up(self, node):
        self.ident = node.cenote_ok(*ASK).strip()
        node.cenote_ok("exception", "approve", self.ident)
        node.cenote_ok("restrict", "beta")
        file = node.folder / "backup.db"
        node.cenote_ok("backup", file)
        node.cenote_ok("directive", "lift", "node1-2")
        node.cenote_ok("allow", "beta-ai.example", "--for", "1h")
        self.assertEqual((self.seen(node), self.seen(node, "beta-ai.example")), (OPEN, OPEN))
        return file

    def check_restored(self, node, head):
        self.assertEqual(self.seen(node, "beta-ai.example"), CLOSED, "the directive is back, the allow is gone")
        self.assertEqual(self.seen(node), CLOSED, "the exception waits")
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
        self.one.cenote_ok("restrict", "alpha")  # it is still writable


if __name__ == "__main__":
    main()
