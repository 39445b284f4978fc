# SPDX-License-Identifier: Apache-2.0
"""The tool against a running daemon and without one: fields, words and exit codes of the contract."""
import json
import re
import shutil
import socket
import subprocess
from datetime import datetime, timedelta, timezone

from daemon import BIN, SOURCE
from harness import RESTRICT_ALPHA, SystemTest, main
from upstreams import ScriptedUpstream, every_name

DIRECTIVES = RESTRICT_ALPHA + """
[[directive]]
id      = "watch-1"
targets = ["service:beta"]
step    = "observe"
[[group]]
id      = "lab"
name    = "Laboratory"
clients = ["127.0.0.77/32"]
[[group]]
id      = "wide"
clients = ["127.0.0.64/26"]
[[allow]]
domains = ["open.alpha-ai.example"]
groups  = ["lab"]
reason  = "needed"
"""
STATUS = ("version node uptime_s workers policy_version set upstreams queries blocked restricted advised observed "
          "refused cached forwarded problems").split()
EXPLAIN = ("name client groups verdict service list directive exception matched answer until policy_version "
           "steps").split()
LISTS = "id format entries last_good age error".split()


class Control(SystemTest):
    def setUp(self):
        super().setUp()
        self.upstream = ScriptedUpstream(self, every_name(60))
        self.list = None
        self.resolver = self.node(directives=DIRECTIVES, upstreams=[self.upstream.where])
        source = self.resolver.folder / "extra.txt"
        source.write_text("listed.example\nsecond.example\n")
        self.resolver.write_config(extra=f'[privacy]\nsmallest = 1\nidentity = "address"\nagreement = "test"\n[[list]]\nid = "extra"\nsource = "{source}"\nformat = "domains"\n')
        self.resolver.start()

    def test_status(self):
        status = self.resolver.cenote_json("status")
        self.assertFalse(set(STATUS) - set(status), status)
        self.assertEqual((status["node"], status["workers"]), ("node1", 1))
        self.assertFalse({"path", "domains", "bytes", "built_at"} - set(status["set"]))
        self.assertEqual(status["set"]["path"], str(self.resolver.set))
        datetime.fromisoformat(status["set"]["built_at"].replace("Z", "+00:00"))
        self.assertEqual([u["server"] for u in status["upstreams"]], [self.upstream.where])
        self.assertFalse({"healthy", "rtt_ms"} - set(status["upstreams"][0]))
        self.assertIn(f"{self.resolver.address}:{self.resolver.port}", json.dumps(status["listen"]))
        self.assertTrue(self.resolver.cenote_ok("status").strip())

    def test_top(self):
        for name, source in (("alpha-ai.example", "127.0.0.1"), ("alpha-ai.example", "127.0.0.77"),
                             ("beta-ai.example", "127.0.0.78"), ("www.open.example", "127.0.0.1"),
                             ("www.open.example", "127.0.0.77"), ("www.open.example", "127.0.0.77")):
            self.resolver.ask(name, source=source)
        services = self.resolver.cenote_json("top")
        self.assertEqual([(row["service"], row["queries"]) for row in services], [("alpha", 2), ("beta", 1)])
        self.assertEqual((services[0]["restrict"], services[1]["observe"]), (2, 1))
        groups = {row["group"]: row["queries"] for row in self.resolver.cenote_json("top", "groups")}
        self.assertEqual((groups["lab"], groups["wide"]), (3, 1))
        names = self.resolver.cenote_json("top", "names")
        self.assertEqual([(row["name"], row["queries"]) for row in names], [("www.open.example", 3)])
        self.assertIn(names[0]["clients"], (1, 2), "by estimate")
        clients = {row["client"]: row["queries"] for row in self.resolver.cenote_json("top", "clients")}
        self.assertEqual(clients, {"127.0.0.77": 3, "127.0.0.1": 2, "127.0.0.78": 1})
        self.assertEqual(len(self.resolver.cenote_json("top", "clients", "--rows", "1")), 1)
        for what in ("services", "groups", "names", "clients"):
            self.assertTrue(self.resolver.cenote_ok("top", what).strip())
        self.assertEqual(self.resolver.cenote("top", "weather").returncode, 2)

    def test_counts(self):
        before = self.resolver.cenote_json("status")
        for name in ("chat.alpha-ai.example", "beta-ai.example", "open.example", "open.example"):
            self.resolver.ask(name)
        after = self.resolver.cenote_json("status")
        gained = {key: after[key] - before[key] for key in ("queries", "restricted", "observed", "forwarded", "cached",
                                                            "blocked", "refused")}
        self.assertEqual((gained["queries"], gained["restricted"], gained["observed"]), (4, 1, 1))
        self.assertEqual((gained["forwarded"], gained["cached"], gained["refused"]), (2, 1, 0))

    def test_check(self):
        done = self.resolver.cenote("status", "--check")
        problems = self.resolver.cenote_json("status")["problems"]
        severities = {problem["severity"] for problem in problems}
        self.assertEqual(done.returncode, 2 if "error" in severities else 1 if "warning" in severities else 0, done)

    def explain(self, *arguments):
        shown = self.resolver.cenote_json("explain", *arguments)
        self.assertFalse(set(EXPLAIN) - set(shown), shown)
        return shown

    def check_explanations(self):
        shown = self.explain("chat.alpha-ai.example", "--client", "127.0.0.1")
        self.assertEqual((shown["verdict"], shown["service"], shown["directive"]), ("restrict", "alpha", "test-1"))
        self.assertEqual((shown["name"], shown["matched"]), ("chat.alpha-ai.example", "alpha-ai.example"))
        self.assertIn("everyone", shown["groups"])
        self.assertTrue(shown["until"].startswith("2099-12-31"))
        self.assertEqual(self.explain("beta-ai.example")["verdict"], "observe")
        self.assertEqual(self.explain("open.example")["verdict"], "forward")
        narrow = self.explain("open.alpha-ai.example", "--client", "127.0.0.77")
        self.assertEqual(narrow["verdict"], "allow")
        self.assertEqual([g for g in narrow["groups"] if g != "everyone"], ["lab", "wide"])
        self.assertEqual(self.explain("open.alpha-ai.example", "--client", "127.0.0.1")["verdict"], "restrict")

    def test_explain_with_the_daemon(self):
        self.check_explanations()

    def test_explain_without_the_daemon(self):
        self.resolver.stop()
        self.check_explanations()

    def test_explain_for_people(self):
        line = self.resolver.cenote_ok("explain", "chat.alpha-ai.example").splitlines()[0]
        for word in ("restrict", "alpha-ai.example", "Alpha Chat", "test-1", "everyone", "null"):
            self.assertIn(word, line)
        self.assertIn("in no service and no list", self.resolver.cenote_ok("explain", "www.debian.org"))

    def check_lists_of_things(self):
        ids = lambda verb: [row["id"] for row in self.resolver.cenote_json(verb)]
        self.assertEqual(sorted(ids("services")), ["alpha", "beta"])
        self.assertEqual(sorted(ids("directives")), ["test-1", "watch-1"])
        self.assertFalse({"lab", "wide"} - set(ids("groups")))
        rows = self.resolver.cenote_json("lists")
        self.assertEqual([row["id"] for row in rows], ["extra"])
        self.assertFalse(set(LISTS) - set(rows[0]), rows)
        self.assertEqual((rows[0]["format"], rows[0]["entries"]), ("domains", 2))
        for verb in ("services", "directives", "groups", "lists"):
            self.assertTrue(self.resolver.cenote_ok(verb).strip())
        self.assertIn("alpha-ai.example", self.resolver.cenote_ok("services", "alpha"))
        self.assertIn("alpha-ai.example", self.resolver.cenote_ok("services", "alpha-chat"))
        self.assertIn("test-1", self.resolver.cenote_ok("directives", "test-1"))

    def test_lists_of_things_with_the_daemon(self):
        self.check_lists_of_things()

    def test_lists_of_things_without_the_daemon(self):
        self.resolver.stop()
        self.check_lists_of_things()

    def test_what_fails_says_why_in_one_line(self):
        for arguments in (("services", "no-such-service"), ("directives", "no-such-directive"),
                          ("inspect", "/no/such/file")):
            with self.subTest(arguments):
                done = self.resolver.cenote(*arguments)
                self.assertEqual(done.returncode, 1, done)
                self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
        self.resolver.stop()
        for arguments in (("status",), ("reload",), ("flush",), ("stats",)):
            with self.subTest(arguments):
                done = self.resolver.cenote(*arguments)
                self.assertEqual(done.returncode, 1, done)
                self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
                self.assertIn(str(self.resolver.control), done.stderr)

    def test_wrong_command_lines(self):
        for arguments in (("no-such-verb",), ("explain",), ("status", "--no-such-option"), ("compile",),
                          ("explain", "a.example", "--client", "not-an-address"), ("completion", "tcsh")):
            with self.subTest(arguments):
                done = self.resolver.cenote(*arguments)
                self.assertEqual(done.returncode, 2, done)
                self.assertTrue(done.stderr.strip())

    def test_update(self):
        self.resolver.cenote_ok("update", "--dry-run")
        self.resolver.cenote_ok("update")
        self.resolver.stop()
        shown = self.resolver.cenote("update")
        self.assertEqual(shown.returncode, 0, shown)

    def test_stats(self):
        self.resolver.ask("chat.alpha-ai.example")
        self.assertTrue(self.resolver.cenote_ok("stats").strip())
        self.assertTrue(self.resolver.cenote_json("stats"))

    def test_metrics(self):
        self.resolver.ask("chat.alpha-ai.example")
        text = self.resolver.cenote_ok("metrics")
        documented = re.findall(r"(?m)^\| `((?:cenote|process)_\w+)", (SOURCE / "docs" / "METRICS.md").read_text())
        for name in documented:
            self.assertIn(f"# TYPE {name} ", text)
        value = lambda name: float(re.search(rf"(?m)^{re.escape(name)} (\S+)$", text).group(1))
        self.assertEqual((value('cenote_queries_total{transport="udp"}'), value("cenote_workers")), (1, 1))
        self.assertGreater(value("process_resident_memory_bytes"), 1e6)
        self.assertEqual(value("cenote_directives_in_force"), 2)
        self.assertEqual(value("cenote_set_domains"), self.resolver.cenote_json("status")["set"]["domains"])
        if shutil.which("promtool"):
            checked = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True)
            self.assertEqual(checked.returncode, 0, checked)
            alerts = SOURCE / "docs" / "prometheus" / "alerts.yml"
            checked = subprocess.run(["promtool", "check", "rules", alerts], capture_output=True, text=True)
            self.assertEqual(checked.returncode, 0, checked)

    def test_export_is_of_what_is_in_force(self):
        exported = lambda: self.resolver.cenote("export", "--format", "domains")
        self.assertIn("alpha-ai.example", exported().stdout)
        self.resolver.write_config(directives=DIRECTIVES.replace("service:alpha", "service:beta"))
        done = exported()
        self.assertIn("alpha-ai.example", done.stdout)
        self.assertNotIn("no cenoted runs", done.stderr)
        self.resolver.stop()
        done = exported()
        self.assertIn("beta-ai.example", done.stdout)
        self.assertIn("no cenoted runs: this is what the files say", done.stderr)

    def now_of(self, directive):
        row, = self.resolver.cenote_json("directives", directive)
        listed, = [line for line in self.resolver.cenote_ok("directives").splitlines() if line.startswith(directive)]
        return row["state"], row["step"], row["step_now"], row["now_because"], listed

    def test_directives_say_what_holds_now(self):
        far = (datetime.now(timezone.utc) + timedelta(days=3)).strftime("%a").lower()
        self.resolver.write_config(directives=DIRECTIVES + f"""
[[directive]]
id      = "hours-1"
targets = ["service:beta"]
step    = "restrict"
hours   = "{far} 10:00-11:00"
[[directive]]
id      = "later-1"
targets = ["service:beta"]
step    = "restrict"
starts  = 2099-01-01T00:00:00Z
""")
        self.resolver.cenote_ok("reload")
        self.assertEqual(self.now_of("test-1")[:4], ("in-force", "restrict", "restrict", None))
        *row, listed = self.now_of("hours-1")
        self.assertEqual(row, ["in-force", "restrict", "nothing", "outside-hours"])
        self.assertIn(f"outside hours, from {far.capitalize()} 10:00", listed)
        *row, listed = self.now_of("later-1")
        self.assertEqual(row, ["planned", "restrict", "observe", "planned"])
        self.assertIn("observe; restrict from 2099-01-01 00:00 UTC", listed)
        self.resolver.cenote_ok("suspend", "--for", "30m")
        *row, listed = self.now_of("test-1")
        self.assertEqual(row, ["in-force", "restrict", "observe", "suspended"])
        self.assertIn("suspended (observe)", listed)
        self.assertEqual(self.now_of("watch-1")[2:4], ("observe", None), "no other step than without the suspension")
        self.assertIn("suspended (observe)", self.resolver.cenote_ok("directives", "test-1"))

    def test_a_directive_shows_its_planned_steps(self):
        made = self.resolver.cenote_ok("advise", "beta", "--everyone", "--no-end").strip()
        self.resolver.cenote_ok("directive", "step", made, "block", "--at", "2098-05-01T00:00:00Z")
        self.resolver.cenote_ok("directive", "step", made, "restrict", "--at", "2098-04-01T00:00:00Z")
        self.assertIn("restrict from 2098-04-01 00:00 UTC, block from 2098-05-01 00:00 UTC",
                      self.resolver.cenote_ok("directives", made))

    def test_every_problem_has_a_time(self):
        self.resolver.cenote_ok("suspend", "--for", "30m")
        problems = self.resolver.cenote_json("status")["problems"]
        self.assertTrue(any("suspended" in p["what"] for p in problems), problems)
        first = {p["what"]: datetime.fromisoformat(p["since"].replace("Z", "+00:00")) for p in problems}
        again = {p["what"]: datetime.fromisoformat(p["since"].replace("Z", "+00:00"))
                 for p in self.resolver.cenote_json("status")["problems"]}
        self.assertEqual(first, again)

    def test_what_others_write_forges_no_row_and_moves_no_cursor(self):
        note = "fine\n99  2026-01-01T00:00:00Z  root  restrict\x1b[2J\u009b\u202e"
        self.resolver.cenote_ok("reload", "--note", note)
        self.resolver.cenote_ok("allow", "open.example", "--for", "1h", "--requester", note, "--ref", note)
        shown = self.resolver.cenote_ok("audit")
        self.assertEqual(len(shown.splitlines()), len(self.resolver.cenote_json("audit")), shown)
        self.assertIn(note, [row["note"] for row in self.resolver.cenote_json("audit")])
        for printed in (shown, self.resolver.cenote_ok("audit", "--json"), self.resolver.daemon.log()):
            for raw in ("\x1b", "\u009b", "\u202e"):
                self.assertNotIn(raw, printed)

    def test_a_usage_error_names_the_help_of_its_verb(self):
        for arguments, verb in ((("explain",), "cenote explain"), (("exception", "request"), "cenote exception request"),
                                (("status", "--no-such-option"), "cenote status"), (("no-such-verb",), "cenote")):
            done = self.resolver.cenote(*arguments)
            self.assertEqual(done.returncode, 2)
            self.assertTrue(done.stderr.strip().endswith(f"'{verb} --help' shows its usage"), done.stderr)
            self.assertEqual(self.resolver.cenote(*verb.split()[1:], "--help").returncode, 0)

    def test_versions(self):
        for program in ("cenoted", "cenote"):
            done = subprocess.run([str(BIN / program), "--version"], capture_output=True, text=True)
            self.assertEqual(done.returncode, 0)
            self.assertRegex(done.stdout, r"\d+\.\d+\.\d+")
        self.assertIn(self.resolver.cenote_json("status")["version"],
                      subprocess.run([str(BIN / "cenoted"), "--version"], capture_output=True, text=True).stdout)

    def test_completion(self):
        for shell in ("bash", "zsh", "fish"):
            script = self.resolver.cenote_ok("completion", shell)
            self.assertIn(" complete ", script, "the script asks the program (test_terminal.py)")
            if shell == "bash":
                checked = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True)
                self.assertEqual((checked.returncode, checked.stderr), (0, ""))

    def test_the_socket_speaks_lines(self):
        """docs/CONTROL.md: a request is one JSON object a line; nonsense gets an error, and the next client is served."""

        for line in (b"nonsense\n", b'{"v":99,"verb":"status"}\n', b'{"v":1,"verb":"no-such-verb","args":{}}\n'):
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(30)
                client.connect(str(self.resolver.control))
                client.sendall(line)
                reply = client.makefile().readline()
                self.assertFalse(json.loads(reply)["ok"], reply)
        self.resolver.cenote_ok("status")


if __name__ == "__main__":
    main()
