# SPDX-License-Identifier: Apache-2.0
"""The trail tells it: edges of directives, changes of files, stops and gaps; and who may read it without root."""
import json
import os
import shutil
import signal
import subprocess
import unittest

from daemon import BIN, PATIENCE, eventually
from harness import Clock, RESTRICT_ALPHA, SystemTest, addresses, main
from upstreams import ScriptedUpstream, every_name

NOBODY = 65534
LETTER = """
[[directive]]
id       = "2026-014"
title    = "Temporary restriction"
targets  = ["service:alpha"]
step     = "restrict"
starts   = 2098-03-03T09:00:00Z
ends     = 2098-03-05T12:00:00Z
hours    = "mon-sun 08:00-19:00"
timezone = "UTC"
"""


class Trail(SystemTest):
    def setUp(self):
        super().setUp()
        upstream = ScriptedUpstream(self, every_name(1))
        self.resolver = self.node(directives=LETTER, upstreams=[upstream.where])
        self.clock = Clock(self.resolver, "2098-03-03T08:30:00Z")

    def audit(self, *words):
        return self.resolver.cenote_json("audit", *words)

    def brief(self, *words):
        return [(row["action"], row["at"][5:16], row["before"] if len(row["before"]) < 10 else "") for row in
                self.audit(*words)]

    def actions(self, *words):
        return [row["action"] for row in self.audit(*words)]

    def set_clock(self, text, action):
        """Sets the clock over an edge, and waits for its record."""
        count = self.actions().count(action)
        self.clock.set(text)
        eventually(lambda: self.actions().count(action) > count, action)

    def test_a_day_of_a_directive(self):
        """In force from 09:00 to 19:00: what an official has to prove."""
        self.resolver.start()
        self.set_clock("2098-03-03T09:00:00Z", "directive begin")
        self.resolver.daemon.wait_line("directive 2026-014 in force: restrict, until 2098-03-03T19:00:00Z: policy version")
        self.assertEqual(addresses(self.resolver.ask("alpha-ai.example")), ["0.0.0.0"])
        self.set_clock("2098-03-03T19:00:00Z", "directive hours end")
        self.assertEqual(addresses(self.resolver.ask("alpha-ai.example")), ["192.0.2.1"])
        self.set_clock("2098-03-04T08:00:00Z", "directive hours begin")
        self.resolver.cenote_ok("suspend", "--for", "1h", "--note", "outage")
        self.set_clock("2098-03-04T09:00:00Z", "directive resumed")
        rows = self.audit("--directive", "2026-014")
        self.assertEqual([(row["action"], row["at"][8:16], row["before"][:8], row["after"][:8]) for row in rows[1:]], [
            ("start", "03T08:30", "", rows[1]["after"][:8]),
            ("directive begin", "03T09:00", "observe", "restrict"),
            ("directive hours end", "03T19:00", "restrict", "nothing"),
            ("directive hours begin", "04T08:00", "nothing", "restrict"),
            ("directive suspended", "04T08:00", "restrict", "observe"),
            ("directive resumed", "04T09:00", "observe", "restrict")])
        self.assertEqual((rows[5]["actor"], rows[5]["note"]), ("root", "outage"))
        shown = self.resolver.cenote_ok("audit", "--directive", "2026-014", "--since", "2098-03-04T00:00:00Z")
        self.assertIn("directive 2026-014 within its hours: nothing → restrict", shown)
        self.assertEqual(len(shown.splitlines()), 3)
        self.assertEqual(self.resolver.cenote("audit", "--verify").returncode, 0)

    def test_edges_that_pass_while_no_daemon_runs(self):
        """After a stop and after a kill: each once, with its time, and with the gap."""
        self.resolver.start()
        self.resolver.stop()
        self.clock.set("2098-03-03T10:00:00Z")
        self.resolver.start()
        begin, = [row for row in self.audit() if row["action"] == "directive begin"]
        self.assertEqual(begin["at"], "2098-03-03T09:00:00Z")
        self.assertEqual(begin["note"], "recorded at 2098-03-03T10:00:00Z: cenoted was not there from "
                                        "2098-03-03T08:30:00Z to 2098-03-03T10:00:00Z")
        self.assertNotIn("gap", self.actions(), "it was stopped")
        self.resolver.daemon.kill()
        self.clock.set("2098-03-04T10:00:00Z")
        self.resolver.start()
        gap, = [row for row in self.audit() if row["action"] == "gap"]
        self.assertEqual((gap["before"], gap["after"]), ("2098-03-03T10:00:00Z", "2098-03-04T10:00:00Z"))
        self.assertIn("gap: cenoted was not there from 2098-03-03 10:00 UTC to 2098-03-04 10:00 UTC",
                      self.resolver.cenote_ok("audit", "--directive", "2026-014"))
        passed = [(row["action"], row["at"]) for row in self.audit("--directive", "2026-014")
                  if row["action"].startswith("directive hours")]
        self.assertEqual(passed, [("directive hours end", "2098-03-03T19:00:00Z"),
                                  ("directive hours begin", "2098-03-04T08:00:00Z")])
        count = len(self.audit())
        self.resolver.daemon.kill()
        self.resolver.start()
        self.assertEqual(self.actions()[count:], ["gap", "start"], "no edge twice")
        self.assertEqual(self.resolver.cenote("audit", "--verify").returncode, 0)

    def test_a_reload_tells_what_it_changed(self):
        self.resolver.start()
        count = len(self.audit())
        self.resolver.write_config(directives=LETTER.replace("restrict\"", "block\"") + RESTRICT_ALPHA +
                                   '[[group]]\nid = "lab"\nclients = ["127.0.0.7/32"]\n')
        self.resolver.cenote_ok("reload", "--ref", "2026-118")
        rows = self.audit()[count:]
        self.assertEqual([(row["action"], row["object"]) for row in rows[:-1]],
                         [("directive change", "2026-014"), ("directive add", "test-1"), ("group add", "lab")])
        self.assertEqual(rows[-1]["action"], "reload")
        self.assertEqual({(row["actor"], row["ref"]) for row in rows}, {("root", "2026-118")})
        self.assertIn('step = "restrict"', rows[0]["before"])
        self.assertIn('step = "block"', rows[0]["after"])
        self.assertRegex(rows[0]["note"], r"cenote\.toml:\d+$")
        self.assertIn("directive change 2026-014: restrict → block", self.resolver.cenote_ok("audit"))
        self.resolver.write_config(directives="[[directive]]\n")
        self.assertEqual(self.resolver.cenote("reload", "--note", "a try").returncode, 1)
        refused = self.audit()[-1]
        self.assertEqual((refused["action"], refused["actor"], refused["note"]), ("reload refused", "root", "a try"))
        self.assertRegex(refused["after"], r"cenote\.toml:\d+:\d+: ")
        self.resolver.write_config(directives="")
        self.resolver.daemon.signal(signal.SIGHUP)
        eventually(lambda: self.actions()[-1] == "reload", "the reload")
        removed = [row for row in self.audit() if row["action"] == "directive remove"]
        self.assertEqual([(row["object"], row["actor"], row["after"]) for row in removed],
                         [("2026-014", "SIGHUP", ""), ("test-1", "SIGHUP", "")])

    def test_a_file_that_changes_while_no_daemon_runs(self):
        self.resolver.start()
        self.resolver.stop()
        self.resolver.write_config(directives=LETTER.replace("restrict\"", "block\""))
        self.resolver.start()
        self.assertEqual(self.actions()[-3:], ["stop", "directive change", "start"])

    def test_one_record_whole(self):
        self.resolver.start()
        number = next(row["id"] for row in self.audit() if row["action"] == "directive add")
        shown = self.resolver.cenote_ok("audit", number)
        self.assertIn('after:\n[[directive]]\nid = "2026-014"\n', shown)
        self.assertIn("directive add 2026-014: restrict service:alpha for everyone from 2098-03-03 09:00 UTC", shown)
        row, = self.audit(number)
        self.assertEqual((row["id"], row["node"]), (number, "node1"))
        done = self.resolver.cenote("audit", "999")
        self.assertEqual((done.returncode, done.stderr), (1, "cenote: there is no record 999; 'cenote audit' shows them\n"))
        self.assertEqual(self.resolver.cenote("audit", "0").returncode, 2)
        done = self.resolver.cenote("audit", "--directive", "2026-01")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("there is no record about '2026-01'; did you mean '2026-014'", done.stderr)

    def test_what_a_rule_changed_is_said(self):
        self.resolver.start()
        made = self.resolver.cenote_ok("restrict", "beta", "--everyone", "--no-end").split()[0]
        self.resolver.cenote_ok("directive", "step", made, "observe")
        self.resolver.cenote_ok("allow", "chat.beta-ai.example", "--for", "1h")
        shown = self.resolver.cenote_ok("audit")
        self.assertIn(f"directive add {made}: restrict service:beta for everyone", shown)
        self.assertIn(f"directive step {made}: restrict → observe", shown)
        self.assertIn("chat.beta-ai.example for everyone until 2098-03-03 09:30 UTC (1h)", shown)

    def test_behind_sudo_its_user_is_the_requester(self):
        self.resolver.start()
        self.resolver.environment["SUDO_USER"] = "kim"
        self.resolver.cenote_ok("reload")
        self.resolver.cenote_ok("reload", "--requester", "the minister")
        self.assertEqual([row["requester"] for row in self.audit()[-2:]], ["sudo: kim", "the minister"])


@unittest.skipUnless(os.geteuid() == 0, "only the superuser can act as another user")
class ReadWithoutRoot(SystemTest):
    """As in the package: users of the control socket cannot open the state, nor the set."""

    def setUp(self):
        super().setUp()
        self.resolver = self.node(directives=RESTRICT_ALPHA, control='readers = ["nogroup"]')
        self.kept = self.resolver.folder / "kept"
        self.kept.mkdir(mode=0o700)
        text = self.resolver.config.read_text()
        for name in ("state.db", "cenote.set"):
            text = text.replace(f"{self.resolver.folder}/{name}", f"{self.kept}/{name}")
        self.resolver.config.write_text(text)
        self.resolver.set = self.kept / "cenote.set"
        self.resolver.start()
        self.resolver.folder.chmod(0o755)
        self.program = self.resolver.folder / "cenote"
        shutil.copy(BIN / "cenote", self.program)
        self.open = self.resolver.folder / "open"
        self.open.mkdir()
        os.chown(self.open, NOBODY, NOBODY)

    def as_nobody(self, *arguments):
        env = dict(os.environ, CENOTE_SOCKET=str(self.resolver.control), CENOTE_CONFIG=str(self.resolver.config))
        return subprocess.run([str(self.program), *map(str, arguments)], env=env, capture_output=True, text=True,
                              user=NOBODY, group=NOBODY, extra_groups=[], stdin=subprocess.DEVNULL,
                              timeout=10 * PATIENCE)

    def ok(self, *arguments):
        done = self.as_nobody(*arguments)
        self.assertEqual(done.returncode, 0, done)
        return done.stdout

    def test_a_reader_reads_what_root_reads(self):
        self.resolver.cenote_ok("restrict", "beta", "--everyone", "--no-end")
        for arguments in (("audit",), ("audit", "--json"), ("audit", "--verify"), ("audit", "1"), ("state", "export"),
                          ("export", "--format", "rpz"), ("export", "--format", "hosts")):
            with self.subTest(arguments):
                mine, roots = self.ok(*arguments), self.resolver.cenote_ok(*arguments)
                if arguments[0] == "export":  # both have the time of the call
                    mine, roots = ([line for line in text.splitlines() if not line.startswith(("#", ";")) and
                                    "SOA" not in line] for text in (mine, roots))
                self.assertEqual(mine, roots)
                self.assertTrue(mine)
        self.assertIn("beta-ai.example", self.ok("export", "--format", "domains"))

    def test_a_long_trail_comes_in_parts(self):
        with open(self.resolver.folder / "many.json", "w") as file:
            rule = '[[allow]]\ndomains = ["open.example"]\nends = 2099-01-01T00:00:00Z\n'
            json.dump({"cenote_state": 1, "node": "node2",
                       "rules": [{"kind": "allow", "id": f"node2-{i}", "text": rule, "lifted": True}
                                 for i in range(1, 451)],
                       "history": [{"node": "node2", "number": i, "at": "2026-01-01T00:00:00Z", "actor": "kim",
                                    "action": "allow", "object": f"node2-{i}", "after": rule, "note": "x" * 900}
                                   for i in range(1, 451)]}, file)
        self.resolver.cenote_ok("state", "import", self.resolver.folder / "many.json")
        exported = json.loads(self.ok("state", "export"))
        self.assertEqual([rule["id"] for rule in exported["rules"]], [f"node2-{i}" for i in range(1, 451)])
        self.assertEqual([row["number"] for row in exported["history"]], list(range(1, 451)))
        self.assertEqual(len(json.loads(self.ok("audit", "--directive", "node2-400", "--json"))), 1)

    def test_a_backup_needs_an_admin(self):
        file = self.open / "backup.db"
        done = self.as_nobody("backup", file)
        self.assertEqual(done.returncode, 1)
        self.assertIn("nobody may not backup", done.stderr)
        self.assertFalse(file.exists())
        self.resolver.config.write_text(self.resolver.config.read_text().replace("readers", "admins"))
        self.resolver.cenote_ok("reload")
        self.assertRegex(self.ok("backup", file), r"\d+ audit records, head [0-9a-f]{64}")
        self.assertEqual((file.stat().st_uid, file.stat().st_mode & 0o777), (NOBODY, 0o600))
        self.assertEqual(self.as_nobody("backup", file).returncode, 1, "it is not overwritten")
        self.assertEqual([name for name in os.listdir(self.kept) if "leaving" in name], [])
        self.resolver.cenote_ok("restore", file)

    def test_an_update_by_one_who_may_not_write_says_so(self):
        done = self.as_nobody("update")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"nobody may not write to \S+; run 'sudo cenote update', or 'systemctl start "
                                      r"cenote-update'")
        self.assertNotIn("update", json.dumps(self.resolver.cenote_json("status")["problems"]), "it is none of ours")

    def test_without_a_right_and_without_a_daemon(self):
        self.resolver.config.write_text(self.resolver.config.read_text().replace('readers = ["nogroup"]', ""))
        self.resolver.cenote_ok("reload")
        for arguments in (("audit",), ("audit", "--verify"), ("state", "export"), ("backup", self.open / "b")):
            self.assertIn("nobody may not use this socket", self.as_nobody(*arguments).stderr)
        self.resolver.stop()
        for arguments in (("audit",), ("audit", "--verify"), ("state", "export"), ("backup", self.open / "b")):
            with self.subTest(arguments):
                done = self.as_nobody(*arguments)
                self.assertEqual(done.returncode, 1)
                self.assertIn("no cenoted runs, and nobody may not read", done.stderr)
                if arguments[0] != "backup":
                    self.resolver.cenote_ok(*arguments)


if __name__ == "__main__":
    main()
