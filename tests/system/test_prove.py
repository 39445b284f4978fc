# SPDX-License-Identifier: Apache-2.0
"""`cenote prove` where a directive holds, where it cannot be asked, and what becomes of its result."""
import contextlib
import itertools
import json
import os
import signal
import socket
import subprocess
import threading

from daemon import BIN, PATIENCE, eventually
from harness import RESTRICT_ALPHA, Clock, addresses, framed, main, read_exactly
from prove_nodes import ProveTest
from upstreams import ScriptedUpstream, answer_with


class Clean(ProveTest):
    def test_two_nodes_with_one_policy(self):
        first, second = self.started(), self.started()
        done = first.cenote("prove", "--node", self.where(first), "--node", self.where(second))
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        result = self.proved(first, "--node", self.where(first), "--node", self.where(second), code=0)
        self.assertEqual(done.stdout.splitlines()[-1], f"{result['checks']} checks on 2 nodes, none deviates")
        only = result["directives"][0]
        self.assertEqual((only["directive"], only["step"], only["transports"]), ("test-1", "restrict", ["udp", "tcp"]))
        # Two names and one below each, by eight types and five variants; four controls by two types; the policy.
        self.assertEqual(result["checks"], 2 * 2 * (2 * 2 * 8 * 5 + 4 * 2 + 1))
        self.assertEqual({node["node"] for node in only["nodes"]}, {self.where(first), self.where(second)})

    def test_a_server_that_ends_each_connection_after_three_answers(self):
        node = self.started()
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)

        def serve():
            while True:
                try:
                    client = listener.accept()[0]
                except OSError:
                    return
                with client, socket.create_connection((node.address, node.port)) as own:
                    for _ in range(3):
                        try:
                            own.sendall(framed(read_exactly(client, int.from_bytes(read_exactly(client, 2), "big"))))
                            client.sendall(framed(read_exactly(own, int.from_bytes(read_exactly(own, 2), "big"))))
                        except (EOFError, OSError):
                            break
                    with contextlib.suppress(OSError):
                        client.shutdown(socket.SHUT_WR)
                        while client.recv(4096):  # with something unread the kernel would reset the connection
                            pass
        threading.Thread(target=serve, daemon=True).start()
        where = f"127.0.0.1:{listener.getsockname()[1]}"
        self.assertEqual(self.proved(node, "--transport", "tcp", "--node", where, code=0)["deviations"], 0)

    def test_an_edge_of_the_calendar_meanwhile(self):
        """The hours of the directive end after some answers: what was right then is asked again, and is right again."""
        node = self.node(upstreams=[self.upstream.where],
                         directives=RESTRICT_ALPHA.replace("step ", 'hours = "mon-fri 08:00-19:00"\nbefore = "nothing"\nstep ', 1))
        clock = Clock(node, "2026-03-02T18:00:00+00:00")  # a Monday
        node.start()
        self.assertEqual(addresses(node.ask("alpha-ai.example")), ["0.0.0.0"])
        asked = itertools.count(1)

        def close(query):
            if next(asked) == 100:
                clock.set("2026-03-02T19:30:00+00:00")
                eventually(lambda: addresses(node.ask("alpha-ai.example")) == ["192.0.2.1"], "the end of the hours")
            return False
        done = node.cenote("prove", "test-1", "--node", self.front(node, close).where)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("the policy changed while names were asked; they are asked again", done.stderr)
        self.assertIn("test-1 (nothing): 2 names, ", done.stdout)

    def test_every_answer_mode(self):
        for mode in ("null", "nodata", "nxdomain", "address", "cname", "refused"):
            with self.subTest(mode):
                node = self.started(sinkhole=f'answer = "{mode}"\nipv4 = "192.0.2.80"\nipv6 = "2001:db8::80"\n'
                                             'cname = "blocked.agency.example"')
                self.assertEqual(self.proved(node, code=0)["deviations"], 0)
        with self.subTest("drop"):
            node = self.started(sinkhole='answer = "drop"')
            self.assertEqual(self.proved(node, "--type", "A", "--transport", "udp", code=0)["deviations"], 0)

    def test_rules_that_open_names(self):
        extra = """
[[allow]]
domains = ["api.alpha-ai.example"]
[[group]]
id      = "lab"
clients = ["127.0.0.77/32"]
[[directive]]
id      = "watch"
targets = ["service:beta"]
step    = "observe"
[[directive]]
id      = "roles"
targets = ["service:alpha"]
roles   = ["api"]
step    = "advise"
"""
        node = self.started(directives=RESTRICT_ALPHA + extra)
        result = self.proved(node, code=0)
        self.assertEqual([each["directive"] for each in result["directives"]], ["test-1", "watch", "roles"])
        self.assertEqual([each["step"] for each in result["directives"]], ["restrict", "observe", "advise"])

    def test_an_upstream_that_fails_is_told_from_a_sinkhole(self):
        def failing(query, transport):
            return answer_with(query, rcode=2)
        upstream = ScriptedUpstream(self, failing)
        node = self.node(upstreams=[upstream.where]).start()
        result = self.proved(node, code=1)["directives"][0]
        self.assertTrue(result["rows"])
        for row in result["rows"]:
            self.assertEqual((row["expected"], row["got"][:8]), ("resolves", "SERVFAIL"), row)
        self.assertGreater(result["unresolved"], 0)  # DS of the names themselves
        self.assertTrue(any("could not resolve" in remark for remark in result["remarks"]), result["remarks"])


class BadInput(ProveTest):
    def refused(self, node, *words, code=1):
        done = node.cenote("prove", *words)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        return done.stderr

    def test_what_cannot_be_proved_says_why(self):
        planned = '[[directive]]\nid = "later"\ntargets = ["service:beta"]\nstep = "block"\nbefore = "nothing"\n' \
                  'starts = 2098-01-01T00:00:00Z\n[[group]]\nid = "lab"\nclients = ["127.0.0.77/32"]\n'
        node = self.started(directives=RESTRICT_ALPHA + planned)
        self.assertIn("there is no directive 'test-11'; did you mean", self.refused(node, "test-11"))
        self.assertIn("in force from 2098-01-01 00:00 UTC on", self.refused(node, "later"))
        made = node.cenote_ok("block", "service:beta", "--everyone", "--no-end").split()[0]
        node.cenote_ok("directive", "lift", made, "--note", "done")
        self.assertIn(f"directive '{made}' was lifted", self.refused(node, made))
        self.assertIn("given twice", self.refused(node, "--node", "127.0.0.1", "--node", "127.0.0.1:53"))
        self.assertIn("is no address", self.refused(node, "--node", "dns1", code=2))
        self.assertIn("there is no group 'lib'", self.refused(node, "--group", "lib"))
        self.refused(node, "--type", "PTR", code=2)
        node.stop()
        self.assertIn("cenoted", self.refused(node))

    def test_a_silent_node_is_a_deviation(self):
        node = self.started()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
            silent.bind(("127.0.0.1", 0))
            where = f"127.0.0.1:{silent.getsockname()[1]}"
            result = self.proved(node, "--transport", "udp", "--node", where, code=1)["directives"][0]
        self.assertEqual([(row["node"], row["got"]) for row in result["rows"]], [(where, "no answer after 3 tries")])
        self.assertEqual(result["checks"], 1)
        self.assertTrue(any("given up" in remark for remark in result["remarks"]), result["remarks"])

    def test_a_directive_for_others_is_not_asked_but_explained(self):
        groups = '[[group]]\nid = "lab"\nclients = ["127.0.0.77/32"]\n' \
                 '[[group]]\nid = "near"\nclients = ["127.0.0.1/32"]\n'
        node = self.started(directives=RESTRICT_ALPHA.replace("step ", 'groups = ["lab"]\nstep ', 1) + groups)
        only = self.proved(node, code=0)["directives"][0]
        self.assertEqual((only["transports"], only["nodes"]), (["explain"], []))
        self.assertEqual(only["explained"], only["checks"])
        text = node.cenote_ok("prove")
        self.assertIn("not asked as 127.0.0.1, the address of this host: it is in no group of directive test-1", text)
        self.assertIn("not asked as that client: cenoted explained 2 of 2 names as 127.0.0.77 of group lab", text)
        done = node.cenote("prove", "--group", "near")
        self.assertEqual(done.returncode, 1)
        self.assertIn("directive test-1 is not for group near", done.stdout)
        self.assertIn("nothing is proved", done.stderr)

    def test_a_group_that_this_host_is_not_in_is_explained(self):
        groups = '[[group]]\nid = "lab"\nclients = ["127.0.0.77/32"]\n'
        node = self.started(directives=RESTRICT_ALPHA + groups)
        node.cenote_ok("exception", "request", "--directive", "test-1", "--client", "127.0.0.77", "--for", "1h",
                       "--purpose", "a test", "--emergency")
        only = self.proved(node, "--group", "lab", code=0)["directives"][0]
        self.assertEqual(only["transports"], ["explain"])
        self.assertTrue(any("exception" in remark and "not asked as that client" in remark
                            for remark in only["remarks"]), only["remarks"])


class Kept(ProveTest):
    def test_a_saved_proof_is_in_the_trail_and_in_the_metrics(self):
        node = self.started()
        self.assertNotIn("cenote_proof_checks{", node.cenote_ok("metrics"))
        node.cenote_ok("prove", "test-1", "--save", "--ref", "letter 7")
        record = node.cenote_json("audit")[-1]
        self.assertEqual((record["action"], record["object"], record["ref"]), ("proof", "test-1", "letter 7"))
        kept = json.loads(record["after"])
        self.assertEqual((kept["deviations"], kept["rows"], kept["transports"]), (0, [], ["udp", "tcp"]))
        self.assertEqual((len(kept["digest"]), kept["nodes"]), (64, [self.where(node)]))
        self.assertIn(f"proof test-1: {kept['cells']} checks on 1 node, none deviates", node.cenote_ok("audit"))
        self.assertIn(f'cenote_proof_checks{{directive="test-1"}} {kept["cells"]}\n', node.cenote_ok("metrics"))
        self.assertIn('cenote_proof_failures{directive="test-1"} 0\n', node.cenote_ok("metrics"))

        other = self.started(directives="")
        done = node.cenote("prove", "test-1", "--save", "--node", self.where(other))
        self.assertEqual(done.returncode, 1)
        failed = json.loads(node.cenote_json("audit")[-1]["after"])
        self.assertEqual(len(failed["rows"]), min(failed["deviations"], 200))
        failures = f'cenote_proof_failures{{directive="test-1"}} {failed["deviations"]}\n'
        self.assertIn(failures, node.cenote_ok("metrics"))
        node.stop()
        node.start()
        self.assertIn(failures, node.cenote_ok("metrics"))  # the trail has it over a restart
        self.assertIn("none altered, removed or moved", node.cenote_ok("audit", "--verify"))

    def test_the_script_holds_and_deviates_without_cenote(self):
        node, other = self.started(), self.started(directives="")
        for where, code in ((self.where(node), 0), (self.where(other), 1)):
            script = node.cenote_ok("prove", "--script", "test-1", "--node", where)
            self.assertNotIn("cenote ", script.split("exit $bad")[0].split("\n", 2)[2])
            done = subprocess.run(["sh"], input=script, capture_output=True, text=True, timeout=10 * PATIENCE)
            self.assertEqual((done.returncode, done.stderr), (code, ""), done.stdout)
            self.assertEqual("deviates:" in done.stdout, code == 1)
            self.assertIn("holds:", done.stdout)  # the control


class Long(ProveTest):
    """A list of 100,000 names."""

    MANY = """
[[list]]
id     = "many"
source = "{folder}/many.txt"
format = "domains"
[[directive]]
id      = "many"
targets = ["list:many"]
step    = "block"
"""

    def setUp(self):
        super().setUp()
        self.resolver = self.node(upstreams=[self.upstream.where])
        (self.resolver.folder / "many.txt").write_text("".join(f"n{i}.many.example\n" for i in range(100_000)))
        self.resolver.write_config(directives=self.MANY.format(folder=self.resolver.folder))
        self.resolver.start()

    def test_all_names_are_asked_in_bounded_memory(self):
        environment = dict(os.environ, CENOTE_SOCKET=str(self.resolver.control))
        tool = subprocess.Popen([BIN / "cenote", "prove", "--type", "A", "--transport", "udp"], env=environment,
                                stdout=subprocess.PIPE, text=True)
        out = tool.stdout.read()
        tool.stdout.close()
        _, status, usage = os.wait4(tool.pid, 0)
        tool.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(tool.returncode, 0, out)
        self.assertEqual(out.splitlines()[-1], "1000007 checks on 1 node, none deviates")
        if not os.environ.get("CENOTE_SANITIZE"):
            self.assertLess(usage.ru_maxrss, 100 * 1024, "KiB")

    def test_ctrl_c_says_how_far(self):
        environment = dict(os.environ, CENOTE_SOCKET=str(self.resolver.control))
        tool = subprocess.Popen([BIN / "cenote", "prove", "many", "--save"], env=environment, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)
        self.addCleanup(tool.kill)
        eventually(lambda: self.resolver.cenote_json("status")["queries"] > 1000, "queries of the tool")
        tool.send_signal(signal.SIGINT)
        out, error = tool.communicate(timeout=10 * PATIENCE)
        self.assertEqual(tool.returncode, 1, out + error)
        self.assertRegex(out, r"by udp was ended at name \d+ of 100000\n")
        self.assertRegex(out.splitlines()[-1], r"^ended early: \d+ checks on 1 node, none deviates$")
        self.assertIn("ended early; it is not saved", error)
        self.assertNotIn("proof", [record["action"] for record in self.resolver.cenote_json("audit")])


if __name__ == "__main__":
    main()
