# SPDX-License-Identifier: Apache-2.0
"""`cenote tail` with readers that read, stop, leave and lose their right."""
import os
import re
import shutil
import signal
import subprocess
import unittest

import dns.name

from daemon import BIN, PATIENCE, eventually
from harness import control_call, main
from single_queries import LAB, NOBODY, STAFF, SingleQueries, Tail

CANARY = "canary.nobody-asked.example"


class Tails(SingleQueries):
    def test_hits_appear_by_directive_and_group_and_other_queries_never(self):
        node = self.start_with_log('what = "all"')
        of_directive = Tail(node, "--json", "--directive", "test-1").begun("probe.alpha-ai.example")
        of_group = Tail(node, "--json", "--group", "lab").begun("probe2.alpha-ai.example")
        everything = Tail(node, "--json").begun("probe3.alpha-ai.example")
        of_service = Tail(node, "--json", "--service", "BETA", "--verdict", "observe").begun("probe.beta-ai.example")
        node.ask(CANARY, source=LAB)
        node.ask("one.beta-ai.example", source=LAB)
        node.ask("two.alpha-ai.example", source=STAFF)
        node.ask("three.beta-ai.example", source=STAFF)
        node.ask("last.alpha-ai.example", source=LAB)
        node.ask("last.beta-ai.example", source=LAB)
        for tail in of_directive, of_group, everything:
            tail.wait_for("last.alpha-ai.example")
        for tail in of_group, everything, of_service:
            tail.wait_for("last.beta-ai.example")
        probes = re.compile(r"probe\d?\.|last\.")
        shown = [{name for name in tail.names() if not probes.match(name)}
                 for tail in (of_directive, of_group, everything, of_service)]
        self.assertEqual(shown, [{"two.alpha-ai.example"}, {"one.beta-ai.example"},
                                 {"one.beta-ai.example", "two.alpha-ai.example", "three.beta-ai.example"},
                                 {"one.beta-ai.example", "three.beta-ai.example"}])
        row = next(row for row in everything.rows() if row["name"] == "two.alpha-ai.example")
        self.assertGreaterEqual(set(row), {"time", "node", "client", "group", "name", "type", "verdict", "service",
                                           "list", "directive", "exception", "policy_version"})
        self.assertEqual((row["node"], row["client"], row["group"], row["type"], row["verdict"], row["service"],
                          row["directive"]), ("node1", None, "staff", "A", "restrict", "alpha", "test-1"))
        eventually(lambda: CANARY in (node.folder / "queries.jsonl").read_text(), "the log has all queries")
        looks = node.cenote_json("audit", "--access")
        self.assertEqual([look["object"] for look in looks], [
            "tail, directive test-1", "tail, group lab", "tail", "tail, service BETA, verdict observe"])

    def test_text_is_one_line_a_hit(self):
        node = self.start()
        tail = Tail(node).begun("probe.alpha-ai.example")
        self.assertRegex(tail.lines[0], r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC  restrict   probe\.alpha-ai\.example +"
                                        r"alpha +lab +test-1\n$")

    def test_a_filter_of_nothing_is_refused_with_what_exists(self):
        node = self.start()
        for flags, words in ((("--directive", "test-9"), "there is no directive 'test-9'; there are test-1, test-2"),
                             (("--group", "labs"), "there is no group 'labs'; there are everyone, lab, staff"),
                             (("--service", "gamma"), "there is no service 'gamma'; there are alpha, beta")):
            done = node.cenote("tail", *flags)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (1, "", f"cenote: {words}\n"))
        for flags in (("--verdict", "forward"), ("--group", ""), ("--for", "soon")):
            self.assertEqual(node.cenote("tail", *flags).returncode, 2)
        reply = control_call(node, "tail", verdict="forward")
        self.assertIn("there is no verdict 'forward'; there are advise, block", reply["error"])
        self.assertEqual(node.cenote_json("audit", "--access"), [])

    def test_it_ends_after_its_time(self):
        node = self.start()
        done = node.cenote("tail", "--for", "50ms")
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_a_stopped_reader_is_told_what_it_missed_and_delays_nothing(self):
        node = self.start()
        stopped = Tail(node, "--json").begun("probe.alpha-ai.example")
        reading = Tail(node, "--json").begun("probe2.alpha-ai.example")
        stopped.process.send_signal(signal.SIGSTOP)
        for i in range(12):  # in parts, so that the other one keeps up on a busy machine
            self.ask_many(500, f"part{i}.alpha-ai.example")
            eventually(lambda n=i: sum(f"part{n}." in line for line in reading.lines) == 500, f"part {i} is shown")
        stopped.process.send_signal(signal.SIGCONT)

        def dropped():
            node.ask("after.alpha-ai.example", source=LAB)
            return any("after.alpha-ai.example" in line for line in stopped.lines)
        eventually(dropped, "the stream goes on")
        rows = stopped.rows()
        missing = [row["dropped"] for row in rows if "dropped" in row]
        self.assertTrue(missing, "the loss is told")
        self.assertEqual([set(row) for row in rows if "dropped" in row], [{"dropped"}] * len(missing))
        number = 0
        for row in rows:
            number += row.get("dropped", 1)
            if "seq" in row:
                self.assertEqual(row["seq"], number, "the loss stands where lines are missing")
        self.assertFalse([row for row in reading.rows() if "dropped" in row])

    def test_readers_that_leave_leave_nothing_behind(self):
        node = self.start()
        before = self.sockets()
        tails = [Tail(node).begun(f"probe{i}.alpha-ai.example") for i in range(4)]
        tails[1].process.send_signal(signal.SIGSTOP)
        self.assertGreater(self.sockets(), before)
        for tail in tails:
            tail.process.kill()
            tail.process.wait()
        eventually(lambda: self.sockets() <= before, "all connections are closed")

    def test_without_hits_the_end_of_its_pipe_ends_it(self):
        node = self.start()
        before = self.sockets()
        ours, theirs = os.pipe()
        env = dict(os.environ, CENOTE_SOCKET=str(node.control), CENOTE_CONFIG=str(node.config))
        tail = subprocess.Popen([str(BIN / "cenote"), "tail"], env=env, stdin=subprocess.DEVNULL, stdout=theirs)
        self.addCleanup(tail.kill)
        os.close(theirs)
        eventually(lambda: node.cenote_json("audit", "--access"), "the tail runs")
        os.close(ours)
        self.assertEqual(tail.wait(PATIENCE), -signal.SIGPIPE)
        eventually(lambda: self.sockets() <= before, "the connection is closed")

    def test_a_tail_too_many_is_refused(self):
        node = self.start()
        tails = [Tail(node) for _ in range(16)]
        eventually(lambda: len(node.cenote_json("audit", "--access")) >= 16, "16 tails run")
        done = node.cenote("tail", "--for", "1ms")
        self.assertEqual((done.returncode, done.stderr), (1, "cenote: 16 tails run already; end one\n"))
        for tail in tails:
            tail.close()
        eventually(lambda: node.cenote("tail", "--for", "1ms").returncode == 0, "there is room again")

    def test_the_end_of_the_daemon_ends_it(self):
        node = self.start()
        tail = Tail(node, "--json").begun("probe.alpha-ai.example")
        node.ask("last.alpha-ai.example", source=LAB)
        node.stop()
        self.assertEqual(tail.end(), (1, "cenote: cenoted stops, and the tail ends\n"))
        self.assertIn("last.alpha-ai.example", tail.names(), "what was recorded before the end is shown")

    @unittest.skipUnless(os.geteuid() == 0, "only the superuser can act as another user")
    def test_a_reload_takes_the_right_away(self):
        node = self.start(control='inspectors = ["nogroup"]')
        node.folder.chmod(0o755)
        program = node.folder / "cenote"
        shutil.copy(BIN / "cenote", program)
        user = {"program": program, "user": NOBODY, "group": NOBODY, "extra_groups": []}
        tail = Tail(node, **user).begun("probe.alpha-ai.example")
        node.write_config(control='readers = ["nogroup"]')
        node.cenote_ok("reload")
        self.assertEqual(tail.end(), (1, "cenote: nobody may not see single queries any more: be root or in a group of "
                                         "[control].inspectors\n"))
        code, error = Tail(node, **user).end()
        self.assertEqual(code, 1)
        self.assertIn("nobody may not see what 'tail' shows: be root or in a group of [control].inspectors", error)

    def test_hostile_names_break_no_line(self):
        node = self.start()
        as_json = Tail(node, "--json").begun("probe.alpha-ai.example")
        as_text = Tail(node).begun("probe2.alpha-ai.example")
        hostile = dns.name.Name((b'q"\n\r\x1b[2J\x00\xff\\,{}', b"alpha-ai", b"example", b""))
        for name in (hostile, "last.alpha-ai.example"):
            node.ask(name, source=LAB)
        as_json.wait_for("last.alpha-ai.example")
        as_text.wait_for("last.alpha-ai.example")
        names = [row["name"] for row in as_json.rows() if not row["name"].startswith(("probe", "last"))]
        self.assertEqual(len(names), 1)
        self.assertEqual(dns.name.from_text(names[0]), hostile)
        lines = [line for line in as_text.lines if "probe" not in line and "last." not in line]
        self.assertEqual(len(lines), 1)
        for line in lines + as_json.lines:
            self.assertRegex(line, r"\A[\x20-\x7e]*\n\Z")


if __name__ == "__main__":
    main()
