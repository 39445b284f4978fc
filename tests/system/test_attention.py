# SPDX-License-Identifier: Apache-2.0
"""What needs attention reaches people who do not look: the command of [notify], the journal, monitoring, another node."""
import json
import os
import pty
import shutil
import subprocess
import threading
import unittest
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, HTTPServer

from daemon import BIN, PATIENCE, SOURCE, eventually
from harness import RESTRICT_ALPHA, SystemTest, main


class Attention(SystemTest):
    def notified(self, extra="", control=""):
        """A node whose command of [notify] appends what it gets to a file."""
        node = self.node(control=control)
        self.seen = node.folder / "seen.jsonl"
        hook = node.folder / "hook"
        hook.write_text(f"#!/bin/sh\ncat >>{self.seen}\n")
        hook.chmod(0o755)
        node.write_config(extra=f'[notify]\ncommand = "{hook}"\n{extra}')
        return node

    def messages(self):
        text = self.seen.read_text() if self.seen.exists() else ""
        return [json.loads(line) for line in text[:text.rfind("\n") + 1].splitlines()]  # the last one may be on its way

    def ids(self, what):
        return [row["id"] for message in self.messages() for row in message[what]]

    def ids_in(self, kept):
        return [row["id"] for row in json.loads(kept.read_text())]

    def problem(self, node, ident):
        return next((row for row in node.cenote_json("status")["problems"] if row["id"] == ident), None)

    def test_a_refused_reload_begins_and_ends_everywhere(self):
        node = self.notified().start()
        good = node.config.read_text()
        before = datetime.now(timezone.utc).replace(microsecond=0)
        node.config.write_text(good + "nonsense = 1\n")
        self.assertEqual(node.cenote("reload").returncode, 1)
        self.assertGreaterEqual(datetime.fromisoformat(self.problem(node, "reload")["since"]), before)
        done = node.cenote("status", "--check")
        self.assertEqual(done.returncode, 2, done)
        self.assertRegex(done.stdout, r"\ACRITICAL - the last reload failed at [^\n]+\n\Z")
        eventually(lambda: "reload" in self.ids("begun"), "the begin")
        message = self.messages()[0]
        self.assertEqual((message["node"], message["subject"]), ("node1", "cenote node1: 1 new, 0 over"))
        self.assertIn("error: the last reload failed", message["text"])
        self.assertEqual(message["begun"][0], self.problem(node, "reload"))

        node.config.write_text(good)
        node.cenote_ok("reload")
        eventually(lambda: "reload" in self.ids("ended"), "the end")
        node.daemon.wait_line(r"over: the last reload failed")
        self.assertEqual((self.ids("begun"), self.ids("ended")), (["reload"], ["reload"]))
        done = node.cenote("status", "--check")
        self.assertEqual((done.returncode, done.stdout[:15]), (0, "OK - node1: pol"), done)

    def test_a_refused_reload_is_over_after_a_restart_with_good_files(self):
        node = self.notified().start()
        good = node.config.read_text()
        node.config.write_text(good + "nonsense = 1\n")
        self.assertEqual(node.cenote("reload").returncode, 1)
        eventually(lambda: "reload" in self.ids("begun"), "the begin")
        node.stop()
        node.start()  # with the last configuration that was in force
        eventually(lambda: self.ids("ended") == ["reload"] and "start" in self.ids("begun"), "the refused start instead")
        kept = node.folder / "state.db.problems.json"
        eventually(lambda: "unsure" not in kept.read_text() and "reload" not in self.ids_in(kept), "the end of the command")
        node.stop()
        node.config.write_text(good)
        node.start()
        eventually(lambda: self.ids("ended") == ["reload", "start"], "the end of it")
        self.assertEqual(self.ids("begun"), ["reload", "start"])

    def test_a_restart_announces_nothing_twice(self):
        node = self.notified(control='readers = ["no-such-group-here"]').start()
        eventually(lambda: len(self.ids("begun")) == 1, "the warning of the configuration")
        first, = self.ids("begun")
        since = self.problem(node, first)["since"]
        kept = node.folder / "state.db.problems.json"
        eventually(lambda: kept.exists() and first in self.ids_in(kept) and "unsure" not in kept.read_text(),
                   "the file for the next run")
        node.stop()
        node.start()
        self.assertEqual(self.problem(node, first)["since"], since)
        made = node.cenote_ok("exception", "request", "--directive", "test-1", "--client", "127.0.0.1", "--for", "1h",
                              "--purpose", "a class").split()[0]
        eventually(lambda: f"exception {made}" in self.ids("begun"), "the request")
        self.assertEqual(self.ids("begun"), [first, f"exception {made}"])
        node.cenote_ok("exception", "deny", made)
        eventually(lambda: self.ids("ended") == [f"exception {made}"], "the end of the request")

    def test_an_upstream_that_went_has_the_time_when_it_went(self):
        node = self.notified().start()  # nothing listens at its upstream server
        before = datetime.now(timezone.utc).replace(microsecond=0)

        def gone():
            node.ask("open.example")
            return self.problem(node, "upstream 127.0.0.1:9")
        problem = eventually(gone, "the problem")
        self.assertGreaterEqual(datetime.fromisoformat(problem["since"]), before)
        eventually(lambda: "upstream 127.0.0.1:9" in self.ids("begun"), "the begin")
        done = node.cenote("status", "--check", "--quiet")
        self.assertEqual((done.returncode, done.stdout),
                         (2, "CRITICAL - no upstream server answers; upstream 127.0.0.1:9 does not answer\n"))
        node.daemon.wait_line("127.0.0.1:9 does not answer")
        lines = [line for line in node.daemon.log().splitlines() if "127.0.0.1:9 does not answer" in line]
        self.assertEqual(len(lines), 1, "one line in the journal")

    def test_a_command_that_fails_is_a_problem_with_its_output(self):
        node = self.notified()
        (node.folder / "hook").write_text("#!/bin/sh\necho no route to the mail server >&2\nexit 3\n")
        node.write_config(control='readers = ["no-such-group-here"]')
        node.start()
        node.daemon.wait_line(r"hook, failed with exit code 3; .* it wrote: no route to the mail server")
        problem = eventually(lambda: self.problem(node, "notify"), "the problem")
        self.assertEqual(problem["severity"], "warning")
        self.assertEqual(node.ask("alpha-ai.example").answer[0][0].address, "0.0.0.0")

    def test_without_a_daemon_nothing_is_known(self):
        node = self.node()
        done = node.cenote("status", "--check", "--quiet")
        self.assertEqual((done.returncode, done.stderr), (3, ""))
        self.assertRegex(done.stdout, r"\AUNKNOWN - cenoted does not answer: [^\n]+\n\Z")

    def test_nodes_are_compared_by_their_rules(self):
        one, two = self.node(), self.node()
        two.config.write_text(two.config.read_text().replace('node = "node1"', 'node = "node2"'))
        one.start()
        two.start()
        other = f"{two.address}:{two.port}"
        self.assertIn("has the same rules", one.cenote_ok("status", "--node", other))
        one.cenote_ok("restrict", "beta", "--everyone", "--no-end")
        two.cenote_ok("advise", "domain:own.example", "--everyone", "--no-end")
        done = one.cenote("status", "--check", "--node", other)
        self.assertEqual(done.returncode, 1, done)
        self.assertIn(f"WARNING - node {other} has other rules in force", done.stdout)
        for source, target in ((one, two), (two, one)):
            file = source.folder / "export.json"
            file.write_text(source.cenote_ok("state", "export"))
            target.cenote_ok("state", "import", file)
        shown = one.cenote_json("status", "--node", other)
        self.assertEqual(shown["nodes"], [{"id": other, "rules_digest": shown["rules_digest"][:16], "same": True,
                                           "error": None}])
        two.stop()
        done = one.cenote("status", "--check", "--node", other)
        self.assertEqual(done.returncode, 1, done)
        self.assertEqual(one.cenote("status", "--node", "nowhere").returncode, 2)

    def test_a_terminal_gets_a_sentence_and_a_pipe_the_id(self):
        node = self.node(directives=RESTRICT_ALPHA + '[[group]]\nid = "lab"\nclients = ["127.0.0.64/28"]\n').start()
        self.assertEqual(node.cenote_ok("restrict", "beta", "--group", "lab", "--for", "1h"), "node1-1\n")
        ours, theirs = pty.openpty()
        environment = dict(os.environ, CENOTE_SOCKET=str(node.control), CENOTE_CONFIG=str(node.config), NO_COLOR="1")
        subprocess.run([str(BIN / "cenote"), "advise", "beta", "--group", "lab", "--until", "2099-01-01T00:00:00Z"],
                       env=environment, stdout=theirs, stdin=subprocess.DEVNULL, timeout=PATIENCE, check=True)
        os.close(theirs)
        text = os.read(ours, 10000).decode().replace("\r\n", "\n")
        os.close(ours)
        self.assertEqual(text, "node1-2\nadvise beta for group lab until 2099-01-01 00:00 UTC; to undo it: "
                               "cenote directive lift node1-2\n")

    def test_a_dry_run_counts_the_clients_concerned_and_names_who_takes_it(self):
        node = self.node(directives=RESTRICT_ALPHA + '[[group]]\nid = "lab"\nclients = ["127.0.0.64/28"]\n').start()
        for _ in range(3):
            node.ask("alpha-ai.example", source="127.0.0.65")
        node.ask("alpha-ai.example", source="127.0.0.1")
        shown = json.loads(node.cenote_ok("restrict", "service:*", "--group", "lab", "--no-end", "--dry-run", "--json"))
        self.assertEqual([row["id"] for row in shown["takes"]], ["alpha", "beta"])
        self.assertEqual(shown["asked"], [{"group": "lab", "queries": 3}])
        self.assertEqual(shown["taken_already"], [{"id": "test-1", "step": "restrict", "count": 1, "all": False}])
        shown = json.loads(node.cenote_ok("restrict", "alpha", "--everyone", "--no-end", "--dry-run", "--json"))
        self.assertEqual(shown["taken_already"], [{"id": "test-1", "step": "restrict", "count": 1, "all": True}])
        shown = json.loads(node.cenote_ok("block", "alpha", "--everyone", "--no-end", "--dry-run", "--json"))
        self.assertEqual(shown["taken_already"], [], "a stricter step is not taken by restrict")
        self.assertEqual(len(node.cenote_json("directives")), 1)

    @unittest.skipUnless(shutil.which("jq") and shutil.which("curl"), "the example needs jq and curl")
    def test_the_example_posts_to_a_web_hook(self):
        got = []

        class Hook(BaseHTTPRequestHandler):
            def do_POST(self):
                got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                pass
        server = HTTPServer(("127.0.0.1", 0), Hook)
        self.addCleanup(server.server_close)
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        done = subprocess.run([str(SOURCE / "systemd" / "notify-example")], capture_output=True, text=True, timeout=PATIENCE,
                              input=json.dumps({"subject": "cenote dns1: 1 new, 0 over", "text": "error: \"x\"; do y\n"}),
                              env={"PATH": os.environ["PATH"], "SMTP": "", "HOOK": f"http://127.0.0.1:{server.server_port}/"})
        self.assertEqual(done.returncode, 0, done)
        thread.join(PATIENCE)
        self.assertEqual(got, [{"text": "cenote dns1: 1 new, 0 over\nerror: \"x\"; do y\n"}])


if __name__ == "__main__":
    main()
