# SPDX-License-Identifier: Apache-2.0
"""`cenote prove` finds each planted defect on real nodes and names it, and finds none where there is none.

Defects of a policy are those of a second daemon. Defects of a path, such as one type answered by another server, are
those of a server in front of a daemon that answers some queries itself and hands the others on.
"""
import json
import os
import signal
import socket
import subprocess

import dns.flags
import dns.message
import dns.query
import dns.rdatatype

from daemon import BIN, PATIENCE, eventually
from harness import CATALOGUE, RESTRICT_ALPHA, SystemTest, main
from upstreams import ScriptedUpstream, answer_with, every_name

NAME = "alpha-ai.example"
HOSTS = """
[[list]]
id     = "extra"
source = "{folder}/extra.txt"
format = "{format}"
[[directive]]
id      = "test-2"
targets = ["list:extra"]
step    = "block"
"""


class ProveTest(SystemTest):
    def setUp(self):
        super().setUp()
        self.upstream = ScriptedUpstream(self, every_name(60))

    def started(self, **settings):
        return self.node(upstreams=[self.upstream.where], **settings).start()

    @staticmethod
    def where(node):
        return f"{node.address}:{node.port}"

    def proved(self, node, *words, code):
        """The result as JSON; the exit code is as expected, and the text says the same."""
        done = node.cenote("prove", *words, "--json")
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return json.loads(done.stdout)

    def rows(self, node, *others, directive="test-1"):
        """The deviations of other nodes from what the daemon of `node` has in force, each named in the text."""
        words = [word for other in others for word in ("--node", other)]
        result = self.proved(node, directive, *words, code=1)
        rows = result["directives"][0]["rows"]
        self.assertEqual(min(result["deviations"], 200), len(rows))
        self.assertTrue(all(row["node"] in others for row in rows), rows)
        done = node.cenote("prove", directive, *words)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"{result['checks']} checks on ", done.stdout)
        for row in rows[:10]:
            self.assertIn(f"{row['node']} {row['transport']} ", done.stdout)
            self.assertIn(f"expected {row['expected']}; got {row['got']}", done.stdout)
        return rows


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


class Planted(ProveTest):
    """Ten defects and two more, each on another node than the one that has the plan."""

    def front(self, node, is_open, change=lambda query, reply: reply):
        """A server that answers itself where `is_open`, and otherwise hands on what the node answers."""
        def handle(query, transport):
            if is_open(query):
                return every_name(60)(query, transport)
            way = dns.query.tcp if transport == "tcp" else dns.query.udp
            return change(query, way(query, node.address, port=node.port, timeout=PATIENCE))
        return ScriptedUpstream(self, handle)

    def test_1_a_node_without_the_directive(self):
        first, second = self.started(), self.started(directives="")
        rows = self.rows(first, self.where(second))
        row = next(row for row in rows if row["name"] == NAME and row["type"] == "A")
        self.assertEqual((row["expected"], row["got"]), ("0.0.0.0, EDE 15", "192.0.2.1, no EDE"))

    def test_2_one_type_is_left_open(self):
        node = self.started()
        front = self.front(node, lambda query: query.question[0].rdtype == dns.rdatatype.HTTPS)
        rows = self.rows(node, front.where)
        self.assertEqual({row["type"] for row in rows}, {"HTTPS"})
        self.assertEqual({row["expected"] for row in rows}, {"NODATA, EDE 15"})
        self.assertEqual({row["transport"] for row in rows}, {"udp", "tcp"})

    def test_3_a_shared_name_is_sinkholed_by_force(self):
        first = self.started()
        second = self.started(extra='[[local]]\nname = "shared.cdn-net.example"\ntype = "A"\nvalue = "0.0.0.0"\n')
        rows = [row for row in self.rows(first, self.where(second)) if row["name"] != "policy.cenote"]
        self.assertEqual({(row["name"], row["type"]) for row in rows}, {("shared.cdn-net.example", "A")})
        self.assertEqual({(row["expected"], row["got"]) for row in rows}, {("resolves", "0.0.0.0, no EDE")})

    def test_4_tcp_is_not_reached(self):
        node = self.started()
        front = self.front(node, lambda query: False)
        front.tcp.shutdown(socket.SHUT_RDWR)
        front.tcp.close()
        rows = self.rows(node, front.where)
        self.assertEqual([(row["transport"], row["got"]) for row in rows], [("tcp", "connection refused")])

    def test_5_the_extended_error_is_missing(self):
        def without_errors(query, reply):
            reply.use_edns(edns=0, options=[])
            return reply
        node = self.started()
        front = self.front(node, lambda query: False, without_errors)
        rows = self.rows(node, front.where)
        self.assertIn(("0.0.0.0, EDE 15", "0.0.0.0, no EDE"), {(row["expected"], row["got"]) for row in rows})
        self.assertTrue(all("no EDE" in row["got"] for row in rows), rows)

    def test_6_another_sinkhole_address(self):
        first = self.started()
        second = self.started(sinkhole='answer = "address"\nipv4 = "192.0.2.66"')
        rows = self.rows(first, self.where(second))
        self.assertIn(("A", "192.0.2.66, EDE 15 and 4"), {(row["type"], row["got"]) for row in rows})
        self.assertIn(("AAAA", "NODATA, EDE 15"), {(row["type"], row["got"]) for row in rows})

    def test_7_mixed_case_is_let_through(self):
        node = self.started()
        front = self.front(node, lambda query: any(c.isupper() for c in query.question[0].name.to_text()))
        rows = self.rows(node, front.where)
        self.assertEqual({row["variant"] for row in rows}, {"mixed-case"})

    def test_8_do_and_cd_are_let_through(self):
        node = self.started()
        for flagged, variants in ((lambda query: query.ednsflags & dns.flags.DO, {"do", "cd+do"}),
                                  (lambda query: query.flags & dns.flags.CD, {"cd", "cd+do"})):
            rows = self.rows(node, self.front(node, flagged).where)
            self.assertEqual({row["variant"] for row in rows}, variants)

    def test_9_a_name_below_is_let_through(self):
        first, second = self.listed("domains", "bad.example\n"), self.listed("hosts", "0.0.0.0 bad.example\n")
        rows = [row for row in self.rows(first, self.where(second), directive="test-2")
                if row["name"] != "policy.cenote"]
        self.assertTrue(rows)
        for row in rows:
            self.assertRegex(row["name"], r"^cenote-[0-9a-f]{8}\.bad\.example$")

    def listed(self, kind, text):
        node = self.node(upstreams=[self.upstream.where])
        (node.folder / "extra.txt").write_text(text)
        node.write_config(directives=HOSTS.format(folder=node.folder, format=kind))
        return node.start()

    def test_10_another_policy(self):
        first = self.started()
        second = self.started(directives=RESTRICT_ALPHA + '[[directive]]\nid = "more"\ntargets = ["service:beta"]\n'
                                                          'step = "observe"\n')
        rows = self.rows(first, self.where(second))
        self.assertEqual([row["name"] for row in rows], ["policy.cenote"])
        self.assertRegex(rows[0]["expected"], "^rules [0-9a-f]{16}$")
        self.assertRegex(rows[0]["got"], "^rules [0-9a-f]{16}$")
        self.assertNotEqual(rows[0]["expected"], rows[0]["got"])

    def test_11_an_exception_does_not_open(self):
        first, second = self.started(), self.started()
        first.cenote_ok("exception", "request", "--directive", "test-1", "--client", "127.0.0.1", "--for", "1h",
                        "--purpose", "a test", "--emergency")
        result = self.proved(first, "test-1", code=0)
        self.assertTrue(any("for this host" in remark for remark in result["directives"][0]["remarks"]), result)
        rows = self.rows(first, self.where(second))
        self.assertIn((NAME, "not sinkholed", "0.0.0.0, EDE 15 and 4"),
                      {(row["name"], row["expected"], row["got"]) for row in rows})

    def test_12_an_older_set(self):
        first, second = self.started(), self.started()
        more = CATALOGUE.replace('[[service.domain]]\nname = "alpha-ai.example"',
                                 '[[service.domain]]\nname = "new.alpha.example"\nrole = "web"\n\n'
                                 '[[service.domain]]\nname = "alpha-ai.example"', 1)
        self.assertNotEqual(more, CATALOGUE)
        (first.services / "test.toml").write_text(more)
        first.update()
        rows = [row for row in self.rows(first, self.where(second)) if row["name"] != "policy.cenote"]
        self.assertTrue(rows)
        self.assertEqual({row["name"].split(".", 1)[1] if row["name"].startswith("cenote-") else row["name"]
                          for row in rows}, {"new.alpha.example"})


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
