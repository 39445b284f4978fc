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
