# SPDX-License-Identifier: Apache-2.0
"""What is kept of clients at each level of [privacy], who sees it, and how it is shown, removed and found out."""
import os
import re
import shutil
import subprocess
import unittest

from daemon import BIN, PATIENCE
from harness import CATALOGUE, RESTRICT_ALPHA, SystemTest, main

RELAY = """
[[service]]
id       = "relay"
aliases  = []
name     = "Relay"
category = ["bypass"]
default  = true
checked  = 2026-11-01
evidence = ["alpha-labs.example/docs"]
shared   = []

[[service.domain]]
name = "relay.example"
role = "web"
"""
OBSERVE_RELAY = """
[[directive]]
id      = "test-2"
title   = "Ways around are observed"
targets = ["service:relay"]
step    = "observe"
ends    = 2099-12-31T23:59:59Z
contact = ["mailto:dns@agency.example"]
"""
GROUPS = """
[[group]]
id      = "lab"
clients = ["127.0.1.0/24"]
[[group]]
id       = "wide"
clients  = ["127.0.0.0/16"]
"""
PERSONS = {"anna": "daemon", "ben": "bin", "carl": "sys"}  # users of every Debian, for persons with groups of theirs
PSEUDONYM = re.compile(r"p-[a-z2-7]{16}")


class WithLevel(SystemTest):
    """A node with a way around, whose level of [privacy] the tests set."""

    def setUp(self):
        super().setUp()
        self.resolver = self.node(catalogue=CATALOGUE + RELAY, directives=RESTRICT_ALPHA + OBSERVE_RELAY)
        self.program = self.resolver.folder / "cenote"
        shutil.copy(BIN / "cenote", self.program)
        self.resolver.folder.chmod(0o755)

    def level(self, level, more="", control=""):
        agreement = "" if level == "none" else 'agreement = "works agreement 7"\n'
        self.resolver.write_config(extra=f'[privacy]\nidentity = "{level}"\n{agreement}{more}\n{GROUPS}',
                                   control=control)

    def run_as(self, user, *arguments):
        import grp
        import pwd
        entry = pwd.getpwnam(user)
        env = dict(os.environ, CENOTE_SOCKET=str(self.resolver.control), CENOTE_CONFIG=str(self.resolver.config))
        groups = os.getgrouplist(user, entry.pw_gid)
        self.assertTrue(grp.getgrgid(entry.pw_gid))
        return subprocess.run([str(self.program), *arguments], env=env, capture_output=True, text=True,
                              user=entry.pw_uid, group=entry.pw_gid, extra_groups=groups, stdin=subprocess.DEVNULL,
                              timeout=10 * PATIENCE)

    def looks(self):
        return [(row["actor"], row["object"]) for row in self.resolver.cenote_json("audit", "--access")]


@unittest.skipUnless(os.geteuid() == 0, "only the superuser can act as another user")
class Levels(WithLevel):
    def test_at_none_no_client_is_shown_to_anybody(self):
        self.level("none")
        self.resolver.start()
        self.resolver.ask("relay.example", source="127.0.1.7")
        refused = self.resolver.cenote("top", "clients")
        self.assertEqual(refused.returncode, 1)
        self.assertIn('[privacy].identity is "none"', refused.stderr)
        self.assertIn("'agreement'", refused.stderr)
        stats = self.resolver.cenote_json("stats")
        self.assertEqual((stats["bypass"], stats["bypass_clients"], stats["fewer_than"]), ([], None, 5))
        self.assertIn('identity is "none"', stats["bypass_note"])
        self.assertNotIn("127.0.1.7", self.resolver.cenote_ok("stats") + self.resolver.cenote_ok("metrics"))
        self.assertRegex(self.resolver.cenote_ok("stats"), r"number +<5\n")
        self.assertEqual(self.looks(), [], "nothing was seen")

    def test_above_none_inspectors_see_what_the_level_allows(self):
        self.level("pseudonym", control='readers = ["daemon"]\ninspectors = ["bin"]')
        self.resolver.start()
        self.resolver.ask("relay.example", source="127.0.1.7")
        reader = self.run_as("daemon", "stats", "--json")
        self.assertIn('"bypass": []', reader.stdout)
        self.assertIn("daemon may not see clients", reader.stdout)
        self.assertIn("daemon may not see clients", self.run_as("daemon", "top", "clients").stderr)
        shown = self.run_as("bin", "stats", "--json").stdout + self.run_as("bin", "top", "clients").stdout
        self.assertEqual(len(PSEUDONYM.findall(shown)), 2)
        self.assertEqual(len(set(PSEUDONYM.findall(shown))), 1)
        self.assertNotIn("127.0.1.7", shown)
        self.assertEqual(self.looks(), [("bin", "stats: bypass"), ("bin", "top clients")])
        self.level("address", control='readers = ["daemon"]\ninspectors = ["bin"]')
        self.resolver.cenote_ok("reload")
        shown = self.run_as("bin", "stats", "--json").stdout + self.run_as("bin", "top", "clients").stdout
        self.assertEqual(shown.count("127.0.1.7"), 2, "a higher level removes nothing")

    def test_a_lower_level_removes_what_was_kept(self):
        self.level("address")
        self.resolver.start()
        self.resolver.ask("relay.example", source="127.0.1.7")
        self.assertIn("127.0.1.7", self.resolver.cenote_ok("top", "clients"))
        self.level("pseudonym")
        self.resolver.cenote_ok("reload")
        self.assertEqual(self.resolver.cenote_json("top", "clients"), [])
        self.assertEqual(self.resolver.cenote_json("stats")["bypass"], [])


class Statement(WithLevel):
    def test_the_statement_is_that_of_the_running_configuration(self):
        self.level("none")
        self.resolver.start()
        english = self.resolver.cenote_ok("privacy")
        self.assertIn("Level: none", english)
        self.assertIn("No query log is kept", english)
        self.level("pseudonym", f'[log]\nfile = "{self.resolver.folder}/queries.jsonl"\nkeep = "14d"')
        self.assertEqual(self.resolver.cenote_ok("privacy").splitlines()[2:], english.splitlines()[2:],
                         "a file that was not loaded is not the running configuration")
        self.resolver.cenote_ok("reload")
        korean = self.resolver.cenote_ok("privacy", "--lang", "ko")
        for part in ("works agreement 7", "queries.jsonl", "14일", "수준: pseudonym"):
            self.assertIn(part, korean)
        shown = self.resolver.cenote_json("privacy", "--lang", "ko")
        self.assertEqual((shown["identity"], shown["agreement"], shown["smallest"]),
                         ("pseudonym", "works agreement 7", 5))
        self.assertEqual(self.resolver.cenote("privacy", "--lang", "fr").returncode, 2)


@unittest.skipUnless(os.geteuid() == 0, "only the superuser can act as another user")
class OfOneClient(WithLevel):
    """What is held about an address, and its removal."""

    def start(self, level, control=""):
        self.log = self.resolver.folder / "queries.jsonl"
        self.level(level, f'[log]\nfile = "{self.log}"', control=control)
        self.resolver.start()

    def asks(self, client, count=1):
        for _ in range(count):
            self.resolver.ask("chat.alpha-ai.example", source=client)

    def closed_lines(self):
        text = ""
        for file in sorted(self.resolver.folder.glob("queries-*.jsonl.zst")):
            text += subprocess.run(["zstd", "-dcq", str(file)], check=True, capture_output=True, text=True).stdout
        return text

    def about(self, client):
        return self.resolver.cenote_json("privacy", "about", "--client", client)

    def wait_for_lines(self, client, count):
        while sum(file["lines"] for file in self.about(client)["files"]) < count:
            pass

    def test_what_is_held_about_an_address_is_told_and_removed(self):
        self.start("address")
        self.asks("127.0.1.7", 3)
        self.asks("127.0.1.8", 2)
        self.wait_for_lines("127.0.1.7", 3)
        self.wait_for_lines("127.0.1.8", 2)
        held = self.about("127.0.1.7")
        self.assertEqual((held["groups"], held["exceptions"], held["in_memory"]), (["lab", "wide"], [], True))
        self.assertEqual(self.resolver.cenote("privacy", "erase", "--client", "127.0.1.7").returncode, 2)
        done = self.resolver.cenote_json("privacy", "erase", "--client", "127.0.1.7", "--purpose", "a request")
        self.assertEqual((done["lines"], done["files"]), (3, 1))
        self.assertNotIn("127.0.1.7", self.closed_lines())
        self.assertEqual(self.closed_lines().count("127.0.1.8"), 2)
        held = self.about("127.0.1.7")
        self.assertEqual((sum(file["lines"] for file in held["files"]), held["in_memory"]), (0, False))
        records = {}
        while "log close" not in records:  # it is written within a second
            records = {row["action"]: row for row in self.resolver.cenote_json("audit")}
        self.assertEqual(records["log close"]["after"], records["log rewrite"]["before"])
        self.assertIn("2 lines, SHA-256 ", records["log rewrite"]["after"])
        self.assertEqual((records["privacy erase"]["object"], records["privacy erase"]["note"]),
                         ("127.0.1.7", "a request"))
        self.resolver.cenote_ok("audit", "--verify")
        self.assertEqual([file.name for file in self.resolver.folder.glob("*.without")], [])

    def test_lines_of_a_log_that_is_no_longer_configured_are_removed_too(self):
        self.start("address")
        self.asks("127.0.1.7", 2)
        self.wait_for_lines("127.0.1.7", 2)
        self.resolver.cenote_ok("privacy", "erase", "--client", "127.0.1.9", "--purpose", "it closes the file")
        actions = []
        while "log close" not in actions:  # it is written within a second
            actions = [row["action"] for row in self.resolver.cenote_json("audit")]
        self.asks("127.0.1.7", 3)
        self.wait_for_lines("127.0.1.7", 5)
        self.resolver.config.write_text(re.sub(r"\[log\]\nfile = .*\n", "", self.resolver.config.read_text()))
        self.resolver.cenote_ok("reload")
        self.assertEqual(sum(file["lines"] for file in self.about("127.0.1.7")["files"]), 5)
        done = self.resolver.cenote_json("privacy", "erase", "--client", "127.0.1.7", "--purpose", "a request")
        self.assertEqual((done["lines"], done["files"]), (5, 2))
        self.assertIn("no log is configured", " ".join(done["stays"]))
        self.assertEqual(sum(file["lines"] for file in self.about("127.0.1.7")["files"]), 0)

    def test_lines_with_a_pseudonym_are_found_and_removed(self):
        self.start("pseudonym")
        self.asks("127.0.1.7", 2)
        self.wait_for_lines("127.0.1.7", 2)
        self.assertEqual(self.about("127.0.1.7")["pseudonyms"], 1)
        done = self.resolver.cenote_json("privacy", "erase", "--client", "127.0.1.7", "--purpose", "a request")
        self.assertEqual(done["lines"], 2)
        self.assertNotRegex(self.closed_lines(), PSEUDONYM)
        trail = self.resolver.cenote_ok("audit", "--json")
        self.assertNotIn("127.0.1.7", trail, "a record says no more than the level keeps")
        self.assertRegex(trail, PSEUDONYM)

    def test_only_who_may_change_and_look_removes(self):
        self.start("address", control='admins = ["daemon"]\ninspectors = ["bin"]')
        for user, verb in (("daemon", "about"), ("daemon", "erase"), ("bin", "erase")):
            refused = self.run_as(user, "privacy", verb, "--client", "127.0.1.7", "--purpose", "curiosity")
            self.assertEqual(refused.returncode, 1, verb)
            self.assertIn(f"{user} may not", refused.stderr)
        self.assertEqual(self.run_as("bin", "privacy", "about", "--client", "127.0.1.7").returncode, 0)
        self.assertEqual(self.looks(), [("bin", "privacy about 127.0.1.7")])


@unittest.skipUnless(os.geteuid() == 0, "only the superuser can act as another user")
class Revealed(WithLevel):
    def test_two_persons_find_the_address_behind_a_pseudonym(self):
        self.level("pseudonym", control='inspectors = ["daemon"]\napprovers = ["bin", "sys"]')
        self.resolver.start()
        self.resolver.ask("alpha-ai.example", source="127.0.1.200")
        name, = PSEUDONYM.findall(self.run_as("daemon", "top", "clients").stdout)
        self.assertIn("give --purpose", self.run_as("daemon", "reveal", name).stderr)
        refused = self.run_as("bin", "reveal", name, "--purpose", "an incident")
        self.assertIn("bin may not see", refused.stderr)
        asked = self.run_as("daemon", "reveal", name, "--purpose", "an incident")
        self.assertIn("cenote reveal approve 1", asked.stdout, asked.stderr)
        self.assertIn("an incident", self.run_as("daemon", "reveal").stdout)
        self.assertIn("may not approve", self.run_as("daemon", "reveal", "approve", "1").stderr)
        self.assertIn("root never counts", self.resolver.cenote("reveal", "approve", "1").stderr)
        self.assertIn("waits", self.run_as("daemon", "reveal", "show", "1").stderr)
        approved = self.run_as("bin", "reveal", "approve", "1")
        self.assertEqual(approved.stdout, f"{name} is 127.0.1.200\n", approved.stderr)
        self.assertEqual(self.run_as("daemon", "reveal", "show", "1").stdout, approved.stdout)
        self.assertIn("only daemon", self.run_as("sys", "reveal", "show", "1").stderr)
        trail = [(row["actor"], row["action"], row["object"]) for row in self.resolver.cenote_json("audit")]
        self.assertIn(("daemon", "reveal request", name), trail)
        self.assertIn(("bin", "reveal approve", name), trail)
        self.assertIn(("daemon", "look", f"reveal {name}"), trail)

    def test_what_cannot_be_revealed_has_its_reason(self):
        self.level("pseudonym", control='inspectors = ["daemon"]\napprovers = ["bin"]')
        self.resolver.start()
        self.assertIn("is no pseudonym", self.run_as("daemon", "reveal", "127.0.0.1", "--purpose", "x").stderr)
        unknown = "p-" + "a" * 16
        self.run_as("daemon", "reveal", unknown, "--purpose", "an incident")
        self.assertIn("no key of a pseudonym is kept", self.run_as("bin", "reveal", "approve", "1").stderr)
        self.assertIn("no address was found", self.run_as("daemon", "reveal", "show", "1").stderr)


class HistoryOfNodes(WithLevel):
    def exported(self, node, *arguments):
        return node.cenote_ok("history", "export", *arguments)

    def with_counts(self):
        self.level("none")
        self.resolver.start()
        for client in range(1, 4):
            self.resolver.ask("alpha-ai.example", source=f"127.0.1.{client}")
        self.resolver.stop()  # writes what was counted
        self.resolver.start()
        return self.exported(self.resolver)

    def other(self):
        other = self.node(catalogue=CATALOGUE + RELAY, directives=RESTRICT_ALPHA + OBSERVE_RELAY)
        other.config.write_text(other.config.read_text().replace('node = "node1"', 'node = "node2"'))
        return other.start()

    def test_counts_go_from_node_to_node_and_again_change_nothing(self):
        lines = self.with_counts()
        self.assertIn('"cenote_history":1', lines.splitlines()[0])
        self.assertIn('"service":"alpha"', lines)
        file = self.resolver.folder / "export"
        self.resolver.cenote_ok("history", "export", "--out", file)
        other = self.other()
        for _ in range(2):
            self.assertIn("rows of node1", other.cenote_ok("history", "import", file))
        rows = self.in_history(other)
        self.assertEqual(rows, [("node1", 0, 3), ("node1", 1, 3)])
        self.assertEqual([row["after"] for row in other.cenote_json("audit") if row["action"] == "history import"],
                         [f"{len(lines.splitlines()) - 2} rows"] * 2)
        own = self.resolver.cenote("history", "import", file)
        self.assertEqual(own.returncode, 1)
        self.assertIn("are of this node, node1; nothing was imported", own.stderr)

    def in_history(self, node):
        import sqlite3
        with sqlite3.connect(node.folder / "history.db") as base:
            return base.execute("SELECT n.text, span - 1, sum(count) FROM counts JOIN ids n ON n.id = node "
                                "WHERE n.text = 'node1' GROUP BY 1, 2 ORDER BY 2").fetchall()

    def test_a_damaged_file_is_refused_whole(self):
        lines = self.with_counts().splitlines(keepends=True)
        other = self.other()
        file = self.resolver.folder / "export"
        for damaged, why in ((lines[:-1], "damaged or cut short"), (lines[:1] + lines[2:], "damaged or cut short"),
                             (lines[:1] + ["{nonsense\n"] + lines[1:], "a damaged line"),
                             ([line.replace('"count":3', '"count":4') for line in lines], "damaged or cut short"),
                             (['{"cenote_history":2}\n'] + lines[1:], "of a later Cenote"), (["text\n"], "is no export")):
            file.write_text("".join(damaged))
            refused = other.cenote("history", "import", file)
            self.assertEqual(refused.returncode, 1, why)
            self.assertIn(why, refused.stderr)
        self.assertEqual(self.in_history(other), [])

    def test_gaps_say_how_long_the_history_counts(self):
        self.with_counts()
        shown = self.resolver.cenote_ok("services", "--gaps")
        self.assertRegex(shown, r"services without a query in 90 days are not known yet: this node has counted since 20")


class SmallNumbers(WithLevel):
    def test_groups_with_few_clients_have_no_number(self):
        self.level("none")
        self.resolver.start()
        self.resolver.ask("alpha-ai.example", source="127.0.1.7")
        for client in range(1, 21):
            self.resolver.ask("alpha-ai.example", source=f"127.0.0.{client}")
        rows = {row["id"]: row for row in self.resolver.cenote_json("groups")}
        self.assertEqual((rows["lab"]["clients_seen"], rows["lab"]["fewer_than"]), (None, 5))
        self.assertNotIn("fewer_than", rows["wide"])
        self.assertGreaterEqual(rows["wide"]["clients_seen"], 15)
        self.assertRegex(self.resolver.cenote_ok("groups"), r"lab .* <5 ")
        metrics = self.resolver.cenote_ok("metrics")
        self.assertNotIn('cenote_group_clients{group="lab"}', metrics)
        self.assertIn('cenote_group_clients{group="wide"}', metrics)


if __name__ == "__main__":
    main()
