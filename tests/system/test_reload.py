# SPDX-License-Identifier: Apache-2.0
"""A reload publishes a whole new state or changes nothing, and no query is lost meanwhile."""
import json
import signal
import socket
import threading

import dns.exception
import dns.message
import dns.query

from harness import RESTRICT_ALPHA, SystemTest, addresses, main
from upstreams import ScriptedUpstream, every_name

BLOCK_OPEN = RESTRICT_ALPHA + """
[[directive]]
id      = "test-2"
targets = ["domain:open.example"]
step    = "block"
"""
BROKEN = {
    "syntax": "[[directive\n",
    "unknown key": '[[directive]]\nid = "x"\ntargets = ["service:alpha"]\nstep = "block"\nstpe = "block"\n',
    "unknown service": '[[directive]]\nid = "x"\ntargets = ["service:alhpa"]\nstep = "block"\n',
    "wrong type": '[[directive]]\nid = "x"\ntargets = 7\nstep = "block"\n',
    "end before start": '[[directive]]\nid = "x"\ntargets = ["service:alpha"]\nstep = "block"\n'
                        "starts = 2026-02-01T00:00:00Z\nends = 2026-01-01T00:00:00Z\n",
    "one id twice": RESTRICT_ALPHA + RESTRICT_ALPHA,
    "no step": '[[directive]]\nid = "x"\ntargets = ["service:alpha"]\n',
}


class Reload(SystemTest):
    def setUp(self):
        super().setUp()
        self.upstream = ScriptedUpstream(self, every_name(300))
        self.resolver = self.node(upstreams=[self.upstream.where], workers=2).start()

    def reload_by_signal(self):
        self.resolver.daemon.signal(signal.SIGHUP)
        self.resolver.daemon.wait_notified("RELOADING")
        self.resolver.daemon.wait_notified("READY")

    def test_by_signal(self):
        self.assertEqual(addresses(self.resolver.ask("chat.alpha-ai.example")), ["0.0.0.0"])
        self.resolver.write_config(directives="")
        self.reload_by_signal()
        self.assertEqual(addresses(self.resolver.ask("chat.alpha-ai.example")), ["192.0.2.1"])
        self.resolver.write_config(directives=RESTRICT_ALPHA)
        self.reload_by_signal()
        self.assertEqual(addresses(self.resolver.ask("chat.alpha-ai.example")), ["0.0.0.0"])

    def test_a_new_block_bites_at_once_though_cached(self):
        asked = []
        for _ in range(3):
            self.assertEqual(addresses(self.resolver.ask("open.example")), ["192.0.2.1"])
            asked.append(self.upstream.asked("open.example"))
        self.assertEqual(asked, asked[:1] * 3, "the first answer is in the cache")
        self.resolver.write_config(directives=BLOCK_OPEN)
        self.resolver.cenote_ok("reload")
        self.assertEqual(addresses(self.resolver.ask("open.example")), ["0.0.0.0"])

    def test_a_directive_from_its_own_file(self):
        folder = self.resolver.folder / "directives.d"
        folder.mkdir()
        (folder / "extra.toml").write_text(BLOCK_OPEN.replace(RESTRICT_ALPHA, ""))
        self.resolver.cenote_ok("reload")
        self.assertEqual(addresses(self.resolver.ask("open.example")), ["0.0.0.0"])

    def test_broken_by_signal(self):
        daemon = self.resolver.daemon
        self.resolver.write_config(directives=BROKEN["unknown key"])
        since = len(daemon.lines)
        daemon.signal(signal.SIGHUP)
        daemon.wait_line(r"cenote\.toml:\d+:\d+: ", since)
        daemon.wait_notified("READY")
        self.assertEqual(addresses(self.resolver.ask("chat.alpha-ai.example")), ["0.0.0.0"])

    def test_broken_by_command(self):
        version = self.resolver.cenote_json("status")["policy_version"]
        for what, directives in BROKEN.items():
            with self.subTest(what):
                self.resolver.write_config(directives=directives)
                done = self.resolver.cenote("reload")
                self.assertEqual(done.returncode, 1, done)
                self.assertRegex(done.stderr, r"cenote\.toml:\d+:\d+: ")
                self.assertEqual(addresses(self.resolver.ask("chat.alpha-ai.example")), ["0.0.0.0"])
        self.assertEqual(self.resolver.cenote_json("status")["policy_version"], version)

    def problems(self):
        return [p for p in self.resolver.cenote_json("status")["problems"] if "the last reload failed" in p["what"]]

    def refuse_and_repair(self, refuse, repair):
        """A reload that fails is a problem, with its place and time, until one succeeds; systemd shows it, too."""
        daemon = self.resolver.daemon
        self.assertEqual(self.problems(), [])
        self.resolver.write_config(directives=BROKEN["unknown key"])
        refuse()
        daemon.wait_notified("RELOADING")
        self.assertIn("the last reload failed at", daemon.wait_notified("READY")["STATUS"])
        problem, = self.problems()
        self.assertEqual(problem["severity"], "error")
        self.assertRegex(problem["what"], r"failed at \d{4}-\S+Z: \S*cenote\.toml:\d+:\d+: ")
        self.assertIn(problem["since"], problem["what"])
        done = self.resolver.cenote("status", "--check")
        self.assertEqual(done.returncode, 2, done)
        self.assertRegex(done.stdout, r"\ACRITICAL - .*the last reload failed at .*\n\Z")
        self.resolver.write_config(directives=RESTRICT_ALPHA)
        repair()
        daemon.wait_notified("RELOADING")
        self.assertNotIn("failed", daemon.wait_notified("READY")["STATUS"])
        self.assertEqual(self.problems(), [])

    def test_a_reload_refused_by_signal_is_a_problem(self):
        hang_up = lambda: self.resolver.daemon.signal(signal.SIGHUP)
        self.refuse_and_repair(hang_up, hang_up)

    def test_a_reload_refused_by_command_is_a_problem(self):
        self.refuse_and_repair(lambda: self.assertEqual(self.resolver.cenote("reload").returncode, 1),
                               lambda: self.resolver.cenote_ok("reload"))

    def test_a_restart_with_refused_files_keeps_the_policy(self):
        """A mistake in policy does not end the service: what was in force is in force again, loudly, until a reload."""
        for what, directives in BROKEN.items():
            with self.subTest(what):
                self.resolver.write_config(directives=directives)
                self.resolver.stop()
                self.resolver.start()
                self.assertEqual(addresses(self.resolver.ask("chat.alpha-ai.example")), ["0.0.0.0"])
                problem, = [p for p in self.resolver.cenote_json("status")["problems"]
                            if "was refused at the start" in p["what"]]
                self.assertEqual(problem["severity"], "error")
                self.assertRegex(problem["what"], r"cenote\.toml:\d+:\d+: ")
                self.assertNotEqual(self.resolver.cenote("status", "--check").returncode, 0)
                self.assertEqual(self.resolver.cenote("reload").returncode, 1)
        self.resolver.write_config(directives=BLOCK_OPEN)
        self.resolver.cenote_ok("reload")
        self.assertEqual(addresses(self.resolver.ask("open.example")), ["0.0.0.0"])
        self.assertNotIn("refused at the start", str(self.resolver.cenote_json("status")["problems"]))

    def test_what_waits_for_a_restart_is_told(self):
        self.resolver.write_config(workers=1)
        self.assertIn("[server].workers is taken over at the next restart", self.resolver.cenote_ok("reload"))
        problem, = [p for p in self.resolver.cenote_json("status")["problems"] if "next restart" in p["what"]]
        self.assertEqual(problem["severity"], "warning")

    def test_a_set_that_is_refused_is_a_problem(self):
        good = self.resolver.set.read_bytes()
        spare = self.resolver.folder / "spare"
        spare.write_bytes(good[: len(good) // 2])
        spare.rename(self.resolver.set)
        self.assertEqual(self.reload_set()["ok"], False)
        refused = lambda: [p for p in self.resolver.cenote_json("status")["problems"]
                           if "the newest set is not in force" in p["what"]]
        self.assertEqual([p["severity"] for p in refused()], ["error"])
        self.assertTrue(refused()[0]["since"])
        spare.write_bytes(good)
        spare.rename(self.resolver.set)
        self.assertEqual(self.reload_set()["ok"], True)
        self.assertEqual(refused(), [])

    def reload_set(self):
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(self.resolver.control))
            client.sendall(b'{"v":1,"verb":"reload-set","args":{}}\n')
            return json.loads(client.makefile().readline())

    def test_update_and_reload_under_load(self):
        stop = threading.Event()
        wrong, counts = [], []

        def client(number, tcp):
            asked = 0
            while not stop.is_set():
                name, expected = (("chat.alpha-ai.example", "0.0.0.0"), ("open.example", "192.0.2.1"),
                                  (f"n{number}-{asked}.example", "192.0.2.1"))[asked % 3]
                try:
                    answer = self.resolver.ask(name, tcp=tcp)
                    if addresses(answer) != [expected]:
                        wrong.append((name, answer.to_text()))
                except (dns.exception.DNSException, OSError, EOFError) as error:
                    wrong.append((name, repr(error)))
                asked += 1
            counts.append(asked)

        clients = [threading.Thread(target=client, args=(i, i == 3)) for i in range(4)]
        for thread in clients:
            thread.start()
        try:
            for i in range(6):
                (self.resolver.services / "more.toml").write_text(MORE.format(number=i))
                self.resolver.cenote_ok("update")
                self.resolver.cenote_ok("reload")
                self.reload_by_signal()
        finally:
            stop.set()
            for thread in clients:
                thread.join()
        self.assertEqual(wrong, [])
        self.assertGreater(min(counts), 3)
        self.assertIn("more5", [row["id"] for row in self.resolver.cenote_json("services")])


MORE = """
vendor       = "More Labs"
jurisdiction = "ZZ"
[[service]]
id       = "more{number}"
aliases  = []
name     = "More {number}"
category = ["chat"]
default  = true
checked  = 2026-11-01
evidence = ["more-labs.example"]
shared   = []
[[service.domain]]
name = "more{number}-ai.example"
role = "web"
"""

if __name__ == "__main__":
    main()
