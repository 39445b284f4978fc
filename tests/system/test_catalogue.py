# SPDX-License-Identifier: Apache-2.0
"""What the tool says about the catalogue beside the verdict: open names that are in it, evidence, gaps."""
from harness import SystemTest, main
from upstreams import ScriptedUpstream, every_name

CATALOGUE = """
vendor       = "Notes Labs"
jurisdiction = "ZZ"

[[service]]
id       = "notes"
aliases  = []
name     = "Notes"
category = ["chat"]
default  = true
checked  = 2026-11-28
seen     = { day = 2001-01-01, source = "owner/list", revision = "c975ccef" }
watch    = true
evidence = ["owner/list"]
shared   = ["apis.example", "login.example"]

[[service.domain]]
name = "notes-pa.apis.example"
role = "api"
seen = { source = "owner/list", revision = "c975ccef" }
[[service.domain]]
name   = "docs.notes.example"
role   = "web"
strict = true
"""
DIRECTIVE = """
[[directive]]
id      = "all"
targets = ["service:*"]
step    = "restrict"
"""


class Catalogue(SystemTest):
    def setUp(self):
        super().setUp()
        upstream = ScriptedUpstream(self, every_name(60))
        self.resolver = self.node(directives=DIRECTIVE, upstreams=[upstream.where], catalogue=CATALOGUE)
        (self.resolver.folder / "shared_infrastructure.txt").write_text("# sign-in\nlogin.example\n")
        self.resolver.start()

    def check_explanations(self):
        standing = lambda name: self.resolver.cenote_json("explain", name)["standing"]
        self.assertEqual((standing("login.example")["kind"], standing("login.example")["services"]), ("shared", ["notes"]))
        self.assertEqual(standing("fonts.apis.example")["kind"], "below-shared")
        self.assertEqual(standing("docs.notes.example")["kind"], "strict")
        self.assertIsNone(standing("notes-pa.apis.example"))
        self.assertIsNone(standing("www.debian.org"))
        self.assertIn("login.example: sign-in, used by notes and by others, never sinkholed",
                      self.resolver.cenote_ok("explain", "login.example"))
        self.assertIn("strict = true", self.resolver.cenote_ok("explain", "docs.notes.example"))
        self.assertIn("in no service and no list", self.resolver.cenote_ok("explain", "www.debian.org"))

    def test_open_names_with_the_daemon(self):
        self.check_explanations()

    def test_open_names_without_the_daemon(self):
        self.resolver.stop()
        self.check_explanations()

    def test_evidence(self):
        self.assertEqual(self.resolver.cenote_json("status")["catalogue"], {"services": 1, "watched": 1, "stale": 1})
        row = self.resolver.cenote_json("services", "--stale")[0]
        self.assertEqual(row["seen"], {"day": "2001-01-01", "source": "owner/list", "revision": "c975ccef"})
        self.assertEqual(self.resolver.cenote_json("services", "--stale=36500"), [])
        hosts = {host["name"]: host["seen"] for host in self.resolver.cenote_json("services", "notes")[0]["hosts"]}
        self.assertEqual(hosts, {"docs.notes.example": None, "notes-pa.apis.example":
                                 {"day": None, "source": "owner/list", "revision": "c975ccef"}})

    def test_gaps(self):
        for client in range(1, 13):
            for name in ("planner-pa.apis.example", "fonts.apis.example"):
                self.resolver.ask(name, source=f"127.0.0.{client}")
        self.resolver.ask("private-pa.apis.example", source="127.0.0.1")
        gaps = self.resolver.cenote_json("services", "--gaps")
        self.assertEqual([(row["id"], row["queries"], row["beside"], row["service"]) for row in gaps],
                         [("planner-pa.apis.example", 12, "notes-pa.apis.example", "notes")],
                         "a name of one client is not shown")


if __name__ == "__main__":
    main()
