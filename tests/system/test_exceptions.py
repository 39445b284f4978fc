# SPDX-License-Identifier: Apache-2.0
"""Exceptions: requested by one person, approved by another, used, ended; and what is refused.

Persons are real users of this host, known to the daemon by the credentials of their connections.
"""
import contextlib
import json
import os
import sqlite3
import subprocess
import unittest
import uuid

from daemon import BIN, eventually
from harness import SystemTest, addresses, main
from upstreams import ScriptedUpstream, every_name

OPEN = ["192.0.2.1"]
CLOSED = ["0.0.0.0"]
POLICY = """
[[group]]
id      = "lab"
clients = ["127.0.0.64/28"]
[[group]]
id      = "ministry"
clients = ["127.0.0.0/16"]
[[directive]]
id      = "d1"
issuer  = "The Ministry"
targets = ["service:alpha"]
step    = "restrict"
ends    = 2099-12-31T23:59:59Z
exceptions_max = "30000d"
[[directive]]
id      = "d2"
targets = ["service:beta"]
groups  = ["ministry"]
step    = "block"
[[directive]]
id      = "d3"
targets = ["domain:watched.example"]
step    = "advise"
"""


def run(*command):
    subprocess.run(command, check=True, capture_output=True)


@contextlib.contextmanager
def people(*rights):
    """A user for each of "approver", "reader", "outsider", each in a group of that right."""
    made = {}
    tag = uuid.uuid4().hex[:8]
    try:
        for right in rights:
            group, user = f"g{right[:3]}{tag}", f"u{right[:3]}{tag}{len(made)}"
            run("groupadd", "-f", group)
            run("useradd", "--no-create-home", "--shell", "/bin/sh", "-G", group, user)
            made[user] = group
        yield list(made)
    finally:
        for user, group in made.items():
            subprocess.run(["userdel", user], capture_output=True)
            subprocess.run(["groupdel", group], capture_output=True)


@unittest.skipIf(os.geteuid() != 0, "needs root, to be several users")
class Exceptions(SystemTest):
    def setUp(self):
        super().setUp()
        self.kim, self.lee, self.read, self.outsider = self.enterContext(people("approver", "approver", "reader", "outsider"))
        upstream = ScriptedUpstream(self, every_name(3600))
        groups = {user: subprocess.run(["id", "-Gn", user], capture_output=True, text=True).stdout.split()[-1]
                  for user in (self.kim, self.read)}
        self.resolver = self.node(directives=POLICY, upstreams=[upstream.where])
        text = self.resolver.config.read_text().replace(
            "[control]", f'[control]\napprovers = ["{groups[self.kim]}"]\nreaders = ["{groups[self.read]}"]')
        self.resolver.config.write_text(text)
        self.resolver.folder.chmod(0o755)
        self.resolver.start()

    def as_user(self, user, *words):
        """The tool, run by another user. setpriv leaves the login uid unset, as a login of that user would."""
        environment = dict(CENOTE_SOCKET=self.resolver.control, CENOTE_CONFIG=self.resolver.config, **self.resolver.environment)
        # Not for setpriv itself: the clock of a test has a thread, which setpriv's change of user does not reach.
        command = ["setpriv", "--reuid", user, "--regid", user, "--init-groups",
                   "env", *(f"{name}={value}" for name, value in environment.items())]
        return subprocess.run([*command, str(BIN / "cenote"), *words], capture_output=True, text=True)

    def done_by(self, user, *words):
        done = self.as_user(user, *words) if user else self.resolver.cenote(*words)
        self.assertEqual(done.returncode, 0, done)
        return done.stdout.split("\n")[0]

    def refused(self, user, *words):
        done = self.as_user(user, *words) if user else self.resolver.cenote(*words)
        self.assertEqual(done.returncode, 1, done)
        return done.stderr

    def row(self, ident):
        return next(row for row in self.resolver.cenote_json("exceptions") if row["id"] == ident)

    def seen(self, name="alpha-ai.example", source="127.0.0.65"):
        return addresses(self.resolver.ask(name, source=source))

    def request(self, user, *more, client="127.0.0.64/28", directive="d1", how_long=("--for", "2h")):
        return ("exception", "request", "--directive", directive, "--client", client, *how_long, "--purpose", "a test",
                *more)

    def test_asked_agreed_used_revoked(self):
        ident = self.done_by(self.kim, *self.request(self.kim, "--ref", "T-1", "--requester", "Ms Choi"))
        self.assertEqual(ident, "node1-1")
        self.assertEqual(self.seen(), CLOSED, "a request opens nothing")
        self.assertIn("a second person", self.refused(self.kim, "exception", "approve", "1"))
        self.assertIn("root never counts as a second person", self.refused(None, "exception", "approve", "1"))
        self.assertIn("may not approve exceptions", self.refused(self.read, "exception", "approve", "1"))
        self.assertIn("may not", self.refused(self.outsider, "exception", "approve", "1"))
        self.assertEqual(self.seen(), CLOSED)

        self.done_by(self.lee, "exception", "approve", "1", "--note", "seen the plan")
        answer = self.resolver.ask("alpha-ai.example", source="127.0.0.65")
        self.assertEqual(addresses(answer), OPEN)
        self.assertLessEqual(answer.answer[0].ttl, 30, "the exception may be revoked")
        self.assertEqual(self.seen(source="127.0.0.80"), CLOSED, "just outside the prefix")
        shown = self.resolver.cenote_json("explain", "alpha-ai.example", "--client", "127.0.0.65")
        self.assertEqual((shown["verdict"], shown["exception"], shown["directive"]), ("exception", ident, "d1"))
        self.assertEqual(shown["next_verdict"], "restrict")
        self.assertEqual(self.seen(), OPEN)
        row = self.row(ident)
        self.assertEqual((row["stage"], row["asked_by"], row["agreed_by"], row["queries"]),
                         ("granted", self.kim, [self.lee], 2))
        self.assertEqual((row["requester"], row["ref"], row["extension"]), ("Ms Choi", "T-1", None))
        self.assertIn("Ms Choi", self.resolver.cenote_ok("exceptions"))
        self.assertIsNotNone(row["first"])
        self.assertIn("nothing to approve", self.refused(self.lee, "exception", "approve", "1"))

        self.resolver.stop()
        self.resolver.start()
        self.assertEqual(self.seen(), OPEN, "kept over a restart")
        self.assertEqual(self.row(ident)["queries"], 3, "the count of queries is kept, too")

        ends = self.row(ident)["ends"]
        self.assertIn("waits for a second person", self.done_by(self.lee, "exception", "extend", "1", "--for", "1h"))
        self.assertEqual(self.row(ident)["ends"], ends, "one person alone extends nothing")
        self.assertEqual(self.row(ident)["extension"]["asked_by"], self.lee)
        self.assertIn("the extension of exception node1-1", self.resolver.cenote_ok("status"))
        self.assertIn("a second person", self.refused(self.lee, "exception", "approve", "1"))
        self.assertIn("root never counts", self.refused(None, "exception", "approve", "1"))
        self.assertIn("the extension of node1-1 is approved", self.done_by(self.kim, "exception", "approve", "1"))
        self.assertGreater(self.row(ident)["ends"], ends)
        self.assertNotIn("the extension of", self.resolver.cenote_ok("status"))
        self.assertIn("may not request more time", self.refused(self.read, "exception", "extend", "1", "--for", "1h"))

        self.done_by(self.kim, "exception", "revoke", ident)
        self.assertEqual(self.seen(), CLOSED, "at once")
        row = self.row(ident)
        self.assertEqual((row["stage"], row["closed_by"], row["queries"]), ("revoked", self.kim, 3))
        self.assertIn("ask for a new one", self.refused(self.lee, "exception", "extend", "1", "--for", "1h"))
        trail = self.resolver.cenote_json("audit", "--directive", ident)
        self.assertEqual([(r["action"], r["actor"]) for r in trail],
                         [("exception request", self.kim), ("exception approve", self.lee),
                          ("exception extend", self.lee), ("exception approve", self.kim), ("exception revoke", self.kim)])
        self.assertIn("3 queries", trail[-1]["note"])
        shown = self.resolver.cenote_ok("audit", "--directive", ident)
        self.assertIn(", 1h more; in force until ", shown)
        self.assertIn("the extension is approved: until ", shown)
        self.assertIn("d1 is a directive", self.refused(self.lee, "exception", "approve", "d1"))
        self.assertEqual(self.resolver.cenote("audit", "--verify").returncode, 0)

    def test_an_emergency_is_open_at_once_and_unratified(self):
        self.assertIn("4h at most", self.refused(self.kim, *self.request(self.kim, "--emergency", how_long=("--for", "5h"))))
        self.assertIn("may not declare", self.refused(self.read, *self.request(self.read, "--emergency")))
        ident = self.done_by(self.kim, *self.request(self.kim, "--emergency"))
        self.assertEqual(self.seen(), OPEN)
        self.assertTrue(self.row(ident)["unratified"])
        problems = self.resolver.cenote("status", "--check")
        self.assertEqual(problems.returncode, 1)
        self.assertIn(ident, problems.stdout)
        self.assertIn("still needs a second person", self.refused(self.lee, "exception", "extend", ident, "--for", "1h"))
        self.assertIn("a second person", self.refused(self.kim, "exception", "approve", ident))
        self.done_by(self.lee, "exception", "approve", ident)
        self.assertFalse(self.row(ident)["unratified"])
        self.assertNotIn(ident, self.resolver.cenote("status", "--check").stdout)
        self.assertEqual(self.seen(), OPEN)

    def test_one_ends_by_itself_with_a_closing_record(self):
        clock = self.resolver.restart_at("2098-03-20T12:00:00Z")
        ident = self.done_by(self.kim, *self.request(self.kim))
        self.done_by(self.lee, "exception", "approve", ident)
        self.assertEqual(self.seen(), OPEN)
        clock.set("2098-03-20T14:00:01Z")
        eventually(lambda: self.seen() == CLOSED, "the end of the exception")
        eventually(lambda: self.row(ident)["stage"] == "ended", "its closing record")
        closing = self.resolver.cenote_json("audit", "--directive", ident)[-1]
        self.assertEqual((closing["action"], closing["actor"]), ("exception end", "cenoted"))
        self.assertRegex(closing["note"], r"^\d+ queries, first 20\S+Z, last 20\S+Z$")

    def test_one_that_ended_while_no_daemon_ran_is_closed_at_the_start(self):
        clock = self.resolver.restart_at("2098-03-20T12:00:00Z")
        ident = self.done_by(self.kim, *self.request(self.kim))
        self.done_by(self.lee, "exception", "approve", ident)
        self.resolver.daemon.kill()
        clock.set("2098-03-20T14:00:01Z")
        self.resolver.start()
        self.assertEqual(self.seen(), CLOSED)
        eventually(lambda: self.row(ident)["stage"] == "ended", "its closing record")

    def test_for_a_group_and_denied(self):
        ident = self.done_by(self.read, "exception", "request", "--directive", "d1", "--group", "lab", "--for", "1h",
                             "--purpose", "a class")
        self.done_by(self.lee, "exception", "deny", ident, "--note", "not now")
        self.assertEqual(self.row(ident)["stage"], "denied")
        self.assertIn("is denied", self.refused(self.lee, "exception", "approve", ident))
        ident = self.done_by(self.read, "exception", "request", "--directive", "d1", "--group", "lab", "--for", "1h",
                             "--purpose", "a class")
        self.done_by(self.lee, "exception", "approve", ident)
        self.assertEqual(self.seen(), OPEN)
        self.assertEqual(self.seen(source="127.0.0.9"), CLOSED)

    def test_a_step_to_block_closes_and_back_opens(self):
        made = self.done_by(None, "restrict", "domain:other.example", "--everyone", "--no-end")
        ident = self.done_by(self.kim, *self.request(self.kim, directive=made))
        self.done_by(self.lee, "exception", "approve", ident)
        self.assertEqual(self.seen("other.example"), OPEN)
        self.done_by(None, "directive", "step", made, "block")
        self.assertEqual(self.seen("other.example"), CLOSED)
        self.done_by(None, "directive", "step", made, "restrict")
        self.assertEqual(self.seen("other.example"), OPEN)

    def test_what_is_refused_changes_nothing(self):
        before = self.resolver.cenote_json("status")
        for words, why in (
                (self.request(None, directive="d2"), "block has no exceptions"),
                (self.request(None, directive="d3"), "sinkholes nothing"),
                (self.request(None, directive="dd1"), "did you mean 'd1'"),
                (self.request(None, client="127.0.0.0/24"), "wider than exceptions may be (/28)"),
                (self.request(None, client="127.0.0.65/28"), "not a client prefix"),
                (self.request(None, client="203.0.113.0/28"), "allow_from refuses"),
                (self.request(None, client="::1", directive="d1", how_long=()), "ends by itself"),
                (self.request(None, how_long=("--until", "2001-01-01T00:00:00Z")), "has passed"),
                (self.request(None, how_long=("--until", "2100-06-01T00:00:00Z")), "outlive directive d1"),
                (self.request(None, how_long=("--for", "36000d")), "last 30000d at most"),
                (("exception", "request", "--directive", "d1", "--group", "labb", "--for", "1h", "--purpose", "x"),
                 "did you mean 'lab'"),
                (("exception", "request", "--directive", "d1", "--group", "ministry", "--for", "1h", "--purpose", "x"),
                 "group 'ministry' has more clients (127.0.0.0/16)"),
                (("exception", "request", "--directive", "d1", "--group", "everyone", "--for", "1h", "--purpose", "x"),
                 "wider than an exception may be"),
                (("exception", "request", "--directive", "d1", "--for", "1h", "--purpose", "x"), "name one"),
                (("exception", "approve", "99"), "no exception 'node1-99'")):
            with self.subTest(words=words):
                self.assertIn(why, self.refused(None, *words))
        after = self.resolver.cenote_json("status")
        self.assertEqual((before["policy_version"], before["audit_head"]), (after["policy_version"], after["audit_head"]))
        self.assertEqual(self.resolver.cenote_json("exceptions"), [])

    def test_a_grant_that_came_too_late_is_refused(self):
        clock = self.resolver.restart_at("2098-03-20T12:00:00Z")
        ident = self.done_by(self.kim, *self.request(self.kim, how_long=("--until", "2098-03-20T12:10:00Z")))
        clock.set("2098-03-20T12:10:01Z")
        self.assertIn("has passed", self.refused(self.lee, "exception", "approve", ident))
        self.assertEqual(self.row(ident)["stage"], "asked")

    def test_a_reader_can_neither_fill_the_disk_nor_the_list(self):
        self.assertIn("longer than 1000 bytes", self.refused(self.read, *self.request(self.read, "--note", "x" * 1001)))
        for _ in range(20):
            self.done_by(self.read, *self.request(self.read))
        self.assertIn("wait for an answer", self.refused(self.read, *self.request(self.read)))
        self.done_by(self.kim, *self.request(self.kim))
        self.done_by(self.lee, "exception", "deny", "1")
        self.done_by(self.read, *self.request(self.read))

    def test_thousands_are_listed(self):
        ident = self.done_by(self.kim, *self.request(self.kim))
        self.resolver.stop()
        with sqlite3.connect(self.resolver.folder / "state.db") as state:
            (text,) = state.execute("SELECT text FROM rule WHERE id = ?", (ident,)).fetchone()
            text = text.replace('stage = "asked"', 'stage = "denied"').replace('"a test"', '"' + "long " * 100 + '"')
            state.executemany("INSERT INTO rule (kind, id, text, lifted) VALUES ('exception', ?, ?, 1)",
                              [(f"node1-{i}", text.replace(ident, f"node1-{i}")) for i in range(2, 4002)])
        self.resolver.start()
        for by_daemon in (True, False):  # afterwards from the files
            self.assertEqual(len(self.resolver.cenote_json("exceptions")), 4001)
            self.assertEqual([row["id"] for row in self.resolver.cenote_json("exceptions", "--open")], [ident])
            self.assertEqual(len(self.resolver.cenote_json("exceptions", "--stage", "denied")), 4000)
            self.assertEqual(self.resolver.cenote_json("exceptions", "--directive", "d2"), [])
            if by_daemon:
                self.resolver.stop()

    def test_one_admin_brings_no_exception_from_elsewhere(self):
        ident = self.done_by(self.kim, *self.request(self.kim))
        self.done_by(self.lee, "exception", "approve", ident)
        made = json.loads(self.resolver.cenote_ok("state", "export"))
        self.resolver.cenote_ok("exception", "revoke", ident)
        self.assertEqual(self.seen(), CLOSED)
        for known, stage, seen in ((True, "granted", OPEN), (False, "unconfirmed", CLOSED)):
            rule = dict(made["rules"][0], id="node2-1" if known else "node2-2")
            rule["text"] = rule["text"].replace(ident, rule["id"])
            if not known:
                rule["text"] = rule["text"].replace(self.lee, self.read)
            file = self.resolver.folder / "import.json"
            file.write_text(json.dumps(dict(made, node="node2", rules=[rule], history=[])))
            self.resolver.cenote_ok("state", "import", file)
            self.assertEqual((self.row(rule["id"])["stage"], self.seen()), (stage, seen))
            if known:
                self.resolver.cenote_ok("exception", "revoke", rule["id"])
        file.write_text(json.dumps(dict(made, rules=made["rules"], history=[])))
        self.resolver.cenote_ok("state", "import", file)
        self.assertEqual(self.row(ident)["stage"], "revoked", "an exception that is closed here stays closed")

    def test_an_extension_that_is_denied_or_withdrawn_leaves_the_end(self):
        ident = self.done_by(self.read, *self.request(self.read))
        self.done_by(self.lee, "exception", "approve", ident)
        ends = self.row(ident)["ends"]
        for user in (self.lee, self.read):  # denied by an approver, withdrawn by the requester
            self.done_by(self.read, "exception", "extend", ident, "--for", "1h")
            self.assertIn("requested an extension", self.refused(self.kim, "exception", "extend", ident, "--for", "9h"))
            self.done_by(user, "exception", "deny", ident)
            self.assertEqual((self.row(ident)["ends"], self.row(ident)["extension"]), (ends, None))
        self.assertEqual(self.seen(), OPEN)

    def test_status_for_monitoring_needs_the_right_to_look(self):
        done = self.as_user(self.read, "status", "--check")
        self.assertEqual((done.returncode, done.stdout.split(" - ")[0], done.stderr), (0, "OK", ""), done)
        self.assertEqual(self.as_user(self.read, "status", "--check", "--quiet").stdout, "")
        done = self.as_user(self.outsider, "status", "--check", "--quiet")
        self.assertEqual((done.returncode, done.stdout.split(" - ")[0], done.stderr), (3, "UNKNOWN", ""), done)
        self.assertEqual(done.stdout.count("\n"), 1)

    def test_only_root_restores(self):
        file = self.resolver.folder / "backup.db"
        self.resolver.cenote_ok("backup", file)
        group = subprocess.run(["id", "-Gn", self.lee], capture_output=True, text=True).stdout.split()[-1]
        self.resolver.config.write_text(self.resolver.config.read_text().replace("[control]", f'[control]\nadmins = ["{group}"]'))
        self.resolver.stop()
        self.resolver.start()
        path = self.resolver.folder / "state.db"
        request = json.dumps({"v": 1, "verb": "restore", "args": {"path": str(file)}})
        reply = subprocess.run(["setpriv", "--reuid", self.lee, "--regid", self.lee, "--init-groups", "/usr/bin/python3",
                                "-c", "import socket, sys\nwith socket.socket(socket.AF_UNIX) as s:\n"
                                " s.connect(sys.argv[1])\n s.sendall(sys.argv[2].encode() + b'\\n')\n"
                                " print(s.makefile().readline())",
                                str(self.resolver.control), request], capture_output=True, text=True).stdout
        self.assertIn("may not restore a backup", reply)
        self.assertTrue(path.exists())

    def test_readers_look_and_change_nothing(self):
        self.done_by(self.read, "status")
        self.done_by(self.read, "exceptions")
        for words in (("reload",), ("restrict", "beta", "--everyone", "--no-end"), ("suspend", "--for", "1m"),
                      ("allow", "a.example", "--for", "1m"), ("flush",)):
            self.assertIn("may not", self.refused(self.read, *words))
            self.assertIn("may not", self.refused(self.kim, *words))
        self.assertIn("may not", self.refused(self.outsider, "status"))


if __name__ == "__main__":
    main()
