# SPDX-License-Identifier: Apache-2.0
"""Hits reach receivers of syslog and dnstap, which may die and stop without costing a query."""
import collections
import json
import re
import shutil
import signal
import subprocess
import unittest

import dns.message

from daemon import PATIENCE, eventually
from harness import RESTRICT_ALPHA, SystemTest, main
from receivers import Child, Syslog, SyslogChild, certificate
from upstreams import ScriptedUpstream, every_name, free_port

ALPHA = "alpha-ai.example"
CANARY = "canary-5bd1e7.example"  # no directive covers it
HOSTILE = r"a\"b\010c\027\000\255<script>." + ALPHA
# As long as a name gets: its line is long too.
LONG = ".".join(["\\001" * 59, "\\002" * 59, "\\003" * 59, ALPHA])
ADDRESS = '[privacy]\nidentity = "address"\nagreement = "DV 2026/3"\n'


def export(address, form="jsonl", more=""):
    return f'[[log.export]]\naddress = "{address}"\nformat = "{form}"\n{more}\n'


class Sinks(SystemTest):
    def started(self, extra, **settings):
        return self.node(extra=extra, **settings).start()

    def dropped(self, node, sink):
        return node.metric(f'cenote_log_dropped_total{{sink="{sink}"}}')

    def problems(self, node):
        return {row["id"]: row["what"] for row in node.cenote_json("status")["problems"] if "receiver" in row["id"]}

    def ask_all(self, node, name, count):
        """Each query gets its answer; ten are on their way at a time."""
        client = node.udp()
        query = dns.message.make_query(name, "A").to_wire()
        for first in range(0, count, 10):
            for number in range(first, first + 10):
                client.send(number.to_bytes(2, "big") + query[2:])
            got = sorted(int.from_bytes(client.recv(4096)[:2], "big") for _ in range(10))
            self.assertEqual(got, list(range(first, first + 10)))

    def frames(self, file, *options):
        done = subprocess.run(["dnstap-read", *options, str(file)], capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout


class SyslogReceivers(Sinks):
    def test_lines_reach_receivers_over_udp_tcp_and_tls(self):
        udp, tcp = Syslog(self, "udp"), Syslog(self, "tcp")
        node = self.node()
        pem = certificate(node.folder, "siem.example")
        tls = Syslog(self, "tls", pem)
        node.write_config(extra=export(udp.address, "cef") + export(tcp.address, "jsonl") +
                          export(f"{tls.address}#siem.example", "ecs", f'ca = "{pem}"'))
        node.start()
        node.ask(CANARY)
        for name in (ALPHA, HOSTILE, ALPHA):
            node.ask(name)
        for receiver in (udp, tcp, tls):
            lines = receiver.wait(3)
            self.assertEqual(len(lines), 3)
            for line in lines:
                self.assertTrue(line.isprintable(), line)
                self.assertNotIn("canary", line)
        rows = [json.loads(line) for line in tcp.lines()]
        self.assertEqual([row["name"] for row in rows], [ALPHA, rows[1]["name"], ALPHA])
        self.assertIn(r'\010c\027\000\255<script>.alpha-ai.example', rows[1]["name"])
        self.assertEqual([row["seq"] for row in rows], [1, 2, 3])
        self.assertEqual((rows[0]["directive"], rows[0]["client"], rows[0]["node"]), ("test-1", None, "node1"))
        self.assertIn("dhost=alpha-ai.example act=restrict proto=udp", udp.lines()[0])
        self.assertEqual(json.loads(tls.lines()[0])["rule"]["id"], "test-1")
        self.assertEqual(self.problems(node), {})

    def test_a_receiver_with_another_certificate_gets_nothing(self):
        node = self.node()
        pem = certificate(node.folder, "other.example")
        tls = Syslog(self, "tls", pem)
        address = f"{tls.address}#siem.example"
        node.write_config(extra=export(address, "ecs", f'ca = "{pem}"'))
        node.start()
        node.ask(ALPHA)
        problem = eventually(lambda: self.problems(node).get(f"receiver {address}"), "the problem")
        self.assertIn("its certificate is not accepted: ", problem)
        self.assertEqual((tls.messages, tls.connections), ([], 0))

    def test_all_has_queries_that_no_directive_covers_without_their_clients(self):
        all_of_them, hits = Syslog(self, "tcp"), Syslog(self, "tcp")
        node = self.started(ADDRESS + export(all_of_them.address, "jsonl", 'what = "all"') + export(hits.address))
        for name in (CANARY, ALPHA):
            node.ask(name)
        rows = [json.loads(line) for line in all_of_them.wait(2)]
        self.assertEqual([(row["name"], row["client"]) for row in rows], [(CANARY, None), (ALPHA, "127.0.0.1")])
        self.assertEqual([json.loads(line)["name"] for line in hits.wait(1)], [ALPHA])

    def test_a_reload_leaves_a_receiver_alone_that_did_not_change(self):
        kept, old, new = (Syslog(self, "tcp") for _ in range(3))
        node = self.started(export(kept.address) + export(old.address))
        node.ask(ALPHA)
        kept.wait(1)
        old.wait(1)
        node.write_config(extra=export(kept.address) + export(new.address))
        node.cenote_ok("reload")
        node.ask(ALPHA)
        self.assertEqual([json.loads(line)["seq"] for line in kept.wait(2)], [1, 2])
        self.assertEqual([json.loads(line)["seq"] for line in new.wait(1)], [1])
        self.assertEqual((len(old.messages), kept.connections), (1, 1))

    def test_a_stopped_and_a_killed_receiver_cost_no_query(self):
        receiver = SyslogChild(self)
        ident = f"receiver tcp://127.0.0.1:{receiver.port}"
        node = self.started(export(f"tcp://127.0.0.1:{receiver.port}"))
        node.ask(ALPHA)
        eventually(receiver.messages, "the first line")
        receiver.signal(signal.SIGSTOP)

        def overflows():
            self.ask_all(node, LONG, 500)
            return self.dropped(node, "syslog") > 0
        eventually(overflows, "a full queue", 5 * PATIENCE)
        self.assertIn("it has taken nothing for 10 s", eventually(lambda: self.problems(node).get(ident), "the problem"))
        self.ask_all(node, LONG, 1000)
        receiver.signal(signal.SIGKILL)
        receiver.end()
        eventually(lambda: "reached" in self.problems(node).get(ident, ""), "the problem of a dead receiver")
        self.ask_all(node, ALPHA, 100)
        again = SyslogChild(self, receiver.port)
        eventually(lambda: not self.problems(node), "the end of the problem", 3 * PATIENCE)
        node.ask("api." + ALPHA)
        eventually(lambda: any('"name":"api.alpha-ai.example"' in line for line in again.messages()), "the last line")
        self.assertTrue(all(line.startswith("<134>1 ") for line in again.messages()))

    @unittest.skipUnless(shutil.which("rsyslogd"), "rsyslog is not installed")
    def test_rsyslog_reads_the_messages(self):
        node = self.node()
        port_file, written, conf = (node.folder / name for name in ("port", "written", "rsyslog.conf"))
        fields = ("pri", "protocol-version", "hostname", "app-name", "msgid", "structured-data", "msg")
        template = "".join(f'property(name="{field}" format="jsonf") constant(value=", ") ' for field in fields)
        conf.write_text(f"""
module(load="imtcp")
input(type="imtcp" port="0" address="127.0.0.1" listenPortFileName="{port_file}")
template(name="fields" type="list") {{ constant(value="{{") {template} constant(value="\\"end\\":1}}\\n") }}
action(type="omfile" file="{written}" template="fields")
""")
        Child(self, "rsyslogd", "-n", "-iNONE", "-f", conf)
        port = eventually(lambda: port_file.exists() and port_file.read_text().strip(), "the port of rsyslog")
        node.write_config(extra=export(f"tcp://127.0.0.1:{port}", "jsonl"))
        node.start()
        for name in (ALPHA, HOSTILE):
            node.ask(name)

        def rows():
            text = written.read_text() if written.exists() else ""
            found = [json.loads(line) for line in text.splitlines() if '"cenoted"' in line]
            return found if len(found) == 2 else None
        for row in eventually(rows, "two messages"):
            self.assertEqual([row[key] for key in ("pri", "protocol-version", "hostname", "app-name", "msgid",
                                                   "structured-data")], ["134", "1", "node1", "cenoted", "hit", "-"])
            self.assertEqual(json.loads(row["msg"])["directive"], "test-1")


class Dnstap(Sinks):
    def capture(self, node, socket):
        """fstrm_capture at a Unix socket; its file is whole when it has ended."""
        socket.unlink(missing_ok=True)
        child = Child(self, "fstrm_capture", "-t", "protobuf:dnstap.Dnstap", "-u", socket, "-w",
                      node.folder / "captured", "-d")
        eventually(socket.exists, "the socket of fstrm_capture")
        return child

    def captured(self, node, child):
        """Ends the node, which finishes its stream, and then the receiver."""
        node.stop()
        child.signal(signal.SIGTERM)
        child.process.wait(PATIENCE)
        return node.folder / "captured"

    def decoded(self, file):
        """The frames by numbers of fields, by protoc without a schema."""
        texts = []
        raw = file.read_bytes()
        self.assertIn(b"protobuf:dnstap.Dnstap", raw)
        at = 0
        while at < len(raw):
            size = int.from_bytes(raw[at:at + 4], "big")
            at += 4
            if size == 0:  # a control frame
                at += 4 + int.from_bytes(raw[at:at + 4], "big")
                continue
            done = subprocess.run(["protoc", "--decode_raw"], input=raw[at:at + size], capture_output=True, check=True)
            texts.append(done.stdout.decode())
            at += size
        return texts

    def test_programs_of_others_read_the_frames(self):
        node = self.node()
        socket = node.folder / "dnstap.sock"
        child = self.capture(node, socket)
        node.write_config(extra=f'{ADDRESS}[dnstap]\nsocket = "{socket}"\n')
        node.start()
        node.ask(CANARY)
        node.ask(ALPHA)
        node.ask(HOSTILE, tcp=True)
        self.assertEqual(self.problems(node), {})
        file = self.captured(node, child)
        shown = self.frames(file)
        self.assertEqual(re.findall(r" (CQ|CR) .*? (UDP|TCP) ", shown),
                         [("CQ", "UDP"), ("CR", "UDP"), ("CQ", "TCP"), ("CR", "TCP")], shown)
        self.assertNotIn("canary", shown)
        self.assertNotIn(b"canary", file.read_bytes())
        yaml = self.frames(file, "-y")
        self.assertIn("identity: node1", yaml)
        self.assertRegex(yaml, r"version: cenote \d")
        self.assertIn('query_address: "127.0.0.1"', yaml)
        self.assertIn("'alpha-ai.example. IN A'", yaml)
        self.assertIn("qr rd ra", yaml)
        first, second = self.decoded(file)[:2]
        policy = re.search(r"  15 \{\n(.*?)\n  \}", first, re.DOTALL)[1]
        self.assertEqual([line.strip() for line in policy.splitlines()],
                         ['1: "cenote"', '2: "test-1"', "3: 6", "4: 1", r'5: "\010alpha-ai\007example\000"'])
        self.assertIn("\n  1: 5\n", first)
        self.assertIn("\n  1: 6\n", second)
        self.assertIn(r'\"directive\":\"test-1\"', first)

    def check_messages(self, kinds, of_clients):
        """So many queries of clients with their replies; one is asked upstream, again where the machine is busy."""
        found = collections.Counter(kinds)
        self.assertEqual((found["CQ"], found["CR"], found["FR"]), (of_clients, of_clients, 1), found)
        self.assertIn(found["FQ"], range(1, 5), found)

    def test_queries_to_upstream_servers_are_forwarder_messages(self):
        upstream = ScriptedUpstream(self, every_name(1))
        observe = RESTRICT_ALPHA.replace('"restrict"', '"observe"')
        self.assertIn("observe", observe)
        node = self.node(directives=observe, upstreams=[upstream.where])
        socket = node.folder / "dnstap.sock"
        child = self.capture(node, socket)
        node.write_config(extra=f'{ADDRESS}[dnstap]\nsocket = "{socket}"\n')
        node.start()
        node.ask(CANARY)
        node.ask(ALPHA)
        node.ask(ALPHA)  # from the cache
        file = self.captured(node, child)
        self.assertNotIn(b"canary", file.read_bytes())
        shown = self.frames(file)
        self.check_messages(re.findall(r" (CQ|CR|FQ|FR) .*?UDP ", shown), 2)
        for frame in self.decoded(file):
            if re.search("^  1: [78]$", frame, re.M):
                self.assertNotIn("\n  4: ", frame, "no client")
                self.assertIn(r'\"directive\":\"test-1\"', frame)
        yaml = self.frames(file, "-y")
        self.assertIn(f"response_port: {upstream.where.rpartition(':')[2]}", yaml)

    def test_with_all_every_query_to_upstream_is_one_too_without_a_client(self):
        upstream = ScriptedUpstream(self, every_name(1))
        node = self.node(upstreams=[upstream.where])
        socket = node.folder / "dnstap.sock"
        child = self.capture(node, socket)
        node.write_config(extra=f'{ADDRESS}[dnstap]\nsocket = "{socket}"\nwhat = "all"\n')
        node.start()
        node.ask(CANARY, source="127.0.3.9")
        file = self.captured(node, child)
        self.check_messages(re.findall(r" (CQ|CR|FQ|FR) ", self.frames(file)), 1)
        self.assertNotIn("127.0.3.9", self.frames(file, "-y"))

    def test_by_default_no_address_is_in_a_frame(self):
        node = self.node()
        socket = node.folder / "dnstap.sock"
        child = self.capture(node, socket)
        node.write_config(extra=f'[dnstap]\nsocket = "{socket}"\nwhat = "all"\n')
        node.start()
        for name in (CANARY, ALPHA):
            node.ask(name, source="127.0.3.9")
        file = self.captured(node, child)
        yaml = self.frames(file, "-y")
        self.assertIn("canary", yaml)
        self.assertNotIn("127.0.3.9", yaml)
        for frame in self.decoded(file):
            if re.search("^  1: [56]$", frame, re.M):  # others have the family of the server's address
                self.assertNotIn("\n  2: ", frame)
            self.assertNotIn("\n  4: ", frame)

    def test_a_killed_receiver_costs_no_query_and_the_next_goes_on(self):
        node = self.node()
        socket = node.folder / "dnstap.sock"
        child = self.capture(node, socket)
        node.write_config(extra=f'[dnstap]\nsocket = "{socket}"\n')
        node.start()
        node.ask(ALPHA)
        child.signal(signal.SIGKILL)
        child.process.wait(PATIENCE)
        ident = f"receiver {socket}"
        eventually(lambda: self.problems(node).get(ident), "the problem")
        self.ask_all(node, ALPHA, 1000)
        self.assertEqual(self.dropped(node, "dnstap"), 0, "the queue has room for these")
        (node.folder / "captured").unlink(missing_ok=True)
        child = self.capture(node, socket)
        eventually(lambda: not self.problems(node), "the end of the problem", 3 * PATIENCE)
        shown = self.frames(self.captured(node, child))
        self.assertIn(shown.count(" CQ "), (1000, 1001), "the first one may have been in the queue still")

    def test_a_receiver_over_tcp_and_one_that_is_no_receiver(self):
        node = self.node()
        other = Syslog(self, "tcp")  # it answers nothing, and takes the handshake for a broken frame
        port = free_port()
        child = Child(self, "fstrm_capture", "-t", "protobuf:dnstap.Dnstap", "-a", "127.0.0.1", "-p", port, "-w",
                      node.folder / "captured")
        node.write_config(extra=f'[dnstap]\nsocket = "tcp://127.0.0.1:{port}"\n')
        node.start()
        node.ask(ALPHA)
        eventually(lambda: not self.problems(node), "the connection")
        self.assertEqual(self.frames(self.captured(node, child)).count(" CR "), 1)
        node.write_config(extra=f'[dnstap]\nsocket = "{other.address}"\n')
        node.start()
        problem = eventually(lambda: self.problems(node).get(f"receiver {other.address}"), "the problem")
        self.assertRegex(problem, "it has (not answered|closed)")


if __name__ == "__main__":
    main()
