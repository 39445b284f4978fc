# SPDX-License-Identifier: Apache-2.0
"""Queries to upstream servers by raw sockets, in two network namespaces: where they leave from, what comes back, who else
gets what, and all that can be missing."""
import os
import pathlib
import re
import shutil
import signal
import socket
import struct
import threading
import unittest
from unittest import mock

import dns.message
import dns.rcode

import daemon
import test_system_calls
import tracing
from daemon import BIN, PATIENCE, eventually
from harness import SystemTest, addresses, main
from namespaces import enter
from upstreams import ScriptedUpstream, every_name
from xdp_hosts import BPF, CLIENT4, CLIENT6, NET_ADMIN, NET_RAW, SERVER4, SYS_ADMIN, Pair, checksum, without

PROGRAM = pathlib.Path(os.environ.get("CENOTE_BUILD", BIN.parent)) / "resolver" / "rawudp" / "replies.bpf.o"
SO_RCVBUFFORCE = 33
OTHER4 = "192.0.2.9"  # of the upstream's host as well, and no server
NAMES = 1500

WHY_NOT = enter() or ("" if PROGRAM.exists() else "cenoted was built without programs for the kernel")


class Capture:
    """What arrives at, and leaves, the upstream's interface."""

    def __init__(self, test, host):
        with host.inside():
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0003))
            self.socket.bind(("eth0", 0))
        self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20)
        self.socket.setblocking(False)
        test.addCleanup(self.socket.close)

    def frames(self):
        found = []
        while True:
            try:
                found.append(self.socket.recv(65535))
            except BlockingIOError:
                return found

    def queries(self):
        """(family, source port, right checksum) of each datagram to port 53."""
        found = []
        for frame in self.frames():
            kind = frame[12:14]
            if kind == b"\x08\x00" and frame[23] == 17:
                ip, udp, addresses_ = 4, frame[34:], frame[26:34]
                udp = udp[:struct.unpack(">H", udp[4:6])[0]]
            elif kind == b"\x86\xdd" and frame[20] == 17:
                ip, udp, addresses_ = 6, frame[54:], frame[22:54]
            else:
                continue
            source, to, size = struct.unpack(">HHH", udp[:6])
            if to == 53:
                found.append((ip, source, checksum(addresses_ + struct.pack(">HH", 17, size) + udp) == 0))
        return found


@unittest.skipIf(WHY_NOT, WHY_NOT)
class RawTest(SystemTest):
    def setUp(self):
        super().setUp()
        self.pair = Pair(self)
        self.pair.client.add(f"{OTHER4}/24")
        self.pair.server.run("sysctl", "-qw", "net.ipv4.icmp_ratelimit=0")

    def upstream(self, address=CLIENT4, handler=None):
        with self.pair.client.inside():
            return ScriptedUpstream(self, handler or every_name(60), address, 53)

    def make(self, upstreams, raw=True, **settings):
        where = [f"[{u.address}]:53" if ":" in u.address else f"{u.address}:53" for u in upstreams]
        with self.pair.server.inside():
            node = self.node(upstreams=where, **settings)
        self.change(node, raw)
        return node

    @staticmethod
    def change(node, raw=True, **settings):
        node.write_config(**settings)
        if raw:
            node.config.write_text(node.config.read_text().replace("[upstream]\n", "[upstream]\nraw = true\n"))

    def start(self, node, by="raw", stored=None):
        with self.pair.server.inside():
            node.start(stored)
        self.assertEqual(node.cenote_json("status")["sending"]["by"], by)
        return node

    def ask(self, node, name):
        with self.pair.server.inside():
            node.fill_cache([name])
            self.assertEqual(addresses(node.ask(name)), ["192.0.2.1"], name)

    def ask_many(self, node, count=NAMES, prefix="n"):
        """With up to 200 under way; what got no answer is asked again."""
        waiting = {i: dns.message.make_query(f"{prefix}{i}.example", "A", id=i).to_wire() for i in range(count)}
        with self.pair.server.inside():
            made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        made.connect((node.address, node.port))
        made.settimeout(5)
        while waiting:
            under_way = list(waiting)[:200]
            for i in under_way:
                made.send(waiting[i])
            while any(i in waiting for i in under_way):
                try:
                    answer = dns.message.from_wire(made.recv(4096))
                except TimeoutError:
                    break
                if addresses(answer) == ["192.0.2.1"]:
                    waiting.pop(answer.id, None)
        made.close()

    def probe(self, port, source=CLIENT4, source_port=53, payload=b"probe"):
        udp = struct.pack(">HHHH", source_port, port, 8 + len(payload), 0) + payload
        header = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0)
        packet = header + socket.inet_aton(source) + socket.inet_aton(SERVER4) + udp
        with self.pair.client.inside(), socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
            raw.sendto(packet, (SERVER4, 0))

    def refused(self, ports, **probe):
        """Those of the ports for which the kernel has sent an ICMP error; a datagram to port 1, which no program takes,
        comes after them and shows that all have been looked at."""
        capture = Capture(self, self.pair.client)
        for port in ports:
            self.probe(port, **probe)
        self.probe(1)
        found = set()

        def seen():
            for frame in capture.frames():
                if frame[12:14] == b"\x08\x00" and frame[23] == 1 and frame[34:36] == b"\3\3":
                    found.add(struct.unpack(">H", frame[64:66])[0])
            return 1 in found

        eventually(seen, "an ICMP error for the last")
        return found - {1}


class Sending(RawTest):
    def test_fresh_ports_over_both_families(self):
        for address in (CLIENT4, CLIENT6):
            with self.subTest(address):
                node = self.start(self.make([self.upstream(address)], workers=2))
                capture = Capture(self, self.pair.client)
                self.ask_many(node)
                queries = capture.queries()
                self.assertEqual({(ip, right) for ip, _, right in queries}, {(6 if ":" in address else 4, True)})
                self.assert_uniform([port for _, port, _ in queries])
                self.assertIn("sending    raw", node.cenote("status").stdout)
                self.assertEqual(node.metric('cenote_upstream_sending_info{way="raw"}'), 1)
                self.assertEqual(node.cenote_json("status")["problems"], [])
                # A late reply comes to a port that another query has by now: with 200 under way, one of three hundred.
                self.assertLess(node.metric("cenote_upstream_mismatched_total"), NAMES / 50)
                node.stop()

    def assert_uniform(self, ports):
        """Of 1024 to 65535; the limits are far from what chance gives."""
        self.assertGreaterEqual(len(ports), NAMES)
        self.assertGreaterEqual(min(ports), 1024)
        self.assertGreater(len(set(ports)), 0.94 * len(ports), "some 1 % are the same by chance")
        bins = [0] * 16
        for port in ports:
            bins[(port - 1024) * 16 // 64512] += 1
        expected = len(ports) / 16
        self.assertLess(sum((count - expected) ** 2 / expected for count in bins), 90)  # of 15 degrees: 1 in 10^12
        steps = [(b - a) % 65536 for a, b in zip(ports, ports[1:])]
        self.assertLess(max(steps.count(step) for step in set(steps)), 20, "one after the other")

    def test_no_thread_keeps_a_capability(self):
        node = self.start(self.make([self.upstream()]))
        tasks = list(pathlib.Path(f"/proc/{node.daemon.process.pid}/task").iterdir())
        self.assertGreater(len(tasks), 2)
        for task in tasks:
            for held in re.findall(r"(?m)^Cap(?:Prm|Eff|Inh|Amb):\s+(\w+)", (task / "status").read_text()):
                self.assertEqual(int(held, 16) & (1 << NET_ADMIN | 1 << NET_RAW | 1 << BPF), 0)

    def test_answers_that_match_in_part(self):
        """Another id, another question, and the right answer from another port and another address, before the right one."""
        def handler(query, transport):
            if transport != "udp":
                return None
            right = every_name(60)(query, transport).to_wire()
            wrong = bytearray(right)
            wrong[-1] = 66
            seen.extend(port for _, port, _ in capture.queries())
            for source, source_port in ((CLIENT4, 54), (OTHER4, 53)):
                self.probe(seen[-1], source, source_port, bytes(wrong))
            return [bytes([right[0] ^ 1]) + bytes(wrong[1:]), bytes(wrong[:13]) + b"x" + bytes(wrong[14:]), right]

        seen, capture = [], Capture(self, self.pair.client)
        node = self.start(self.make([self.upstream(handler=handler)]))
        self.ask(node, "part.example")
        eventually(lambda: node.metric("cenote_upstream_mismatched_total") >= 2, "counted")

    def test_servers_come_and_go(self):
        first, second = self.upstream(), self.upstream(CLIENT6)
        node = self.start(self.make([first]))
        self.ask(node, "before.example")
        self.change(node, upstreams=[f"[{CLIENT6}]:53"])
        node.cenote_ok("reload")
        capture = Capture(self, self.pair.client)

        def by_raw():
            self.ask(node, f"n{second.count()}.example")
            return any(not 32768 <= port <= 60999 for _, port, _ in capture.queries())

        eventually(by_raw, "the second server is asked by a raw socket")
        self.change(node, raw=False)
        self.assertIn("[upstream].raw", node.cenote_ok("reload"))


class Receiving(RawTest):
    def test_probes_learn_nothing(self):
        done = threading.Event()
        self.addCleanup(done.set)

        def handler(query, transport):
            if "held" in query.question[0].name.to_text():
                done.wait(PATIENCE)
            return every_name(60)(query, transport)

        upstream = self.upstream(handler=handler)
        node = self.start(self.make([upstream]))
        capture = Capture(self, self.pair.client)
        with self.pair.server.inside():
            waiting = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(waiting.close)
        waiting.settimeout(PATIENCE)
        waiting.sendto(dns.message.make_query("held.example", "A").to_wire(), (node.address, node.port))
        upstream.wait_for("held.example")
        open_port = capture.queries()[0][1]
        ports = {open_port, 1024, 5353, 32768, 45000, 60999, 65535, open_port ^ 1}
        self.assertEqual(self.refused(ports), set(), "from the server")
        self.assertEqual(self.refused(ports, source=OTHER4), ports, "from another address")
        self.assertEqual(self.refused(ports, source_port=54), ports, "from another port")
        done.set()
        self.assertEqual(dns.message.from_wire(waiting.recv(4096)).rcode(), dns.rcode.NOERROR)
        eventually(lambda: node.metric('cenote_upstream_strays_total{what="dropped"}') >= len(ports) - 1, "counted")

    def test_other_programs_keep_their_replies(self):
        upstreams = [self.upstream(), self.upstream(CLIENT6)]
        node = self.start(self.make(upstreams))
        self.ask(node, "ours.example")
        for round_ in range(20):
            for address in (CLIENT4, CLIENT6):
                for connected in (False, True):
                    with self.pair.server.inside():
                        made = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
                    made.settimeout(PATIENCE)
                    if connected:
                        made.connect((address, 53))
                    for turn in range(2):
                        query = dns.message.make_query(f"theirs{round_}-{turn}.example", "A")
                        made.sendto(query.to_wire(), (address, 53))
                        answer, source = made.recvfrom(4096)
                        self.assertEqual((source[:2], dns.message.from_wire(answer).id), ((address, 53), query.id))
                    made.close()
        counted = node.metric('cenote_upstream_strays_total{what="handed_over"}')
        # The first reply of each that is not connected; the second goes straight, as do all to a port of a moment ago.
        self.assertIn(counted, range(36, 41))
        self.ask(node, "ours-again.example")

    def test_two_daemons(self):
        upstream = self.upstream()
        nodes = [self.start(self.make([upstream], workers=2)) for _ in range(2)]
        threads = [threading.Thread(target=self.ask_many, args=(node, 500, f"d{i}-")) for i, node in enumerate(nodes)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        nodes[1].stop()
        self.ask(nodes[0], "alone.example")

    def test_a_kill_leaves_nothing(self):
        node = self.start(self.make([self.upstream()]))
        ports = {1024, 20000, 40000, 65535}
        self.assertEqual(self.refused(ports), set())
        node.daemon.signal(signal.SIGKILL)
        node.daemon.wait()
        self.assertEqual(self.refused(ports), ports)
        node.notify.drain()
        self.start(node, stored=node.notify.stored)
        self.assertEqual(self.refused(ports), set())
        self.ask(node, "again.example")
        node.stop()
        self.assertEqual(self.refused(ports), ports)


@unittest.skipIf(tracing.WHY_NOT or not shutil.which("systemd-analyze"), "needs strace and systemd-analyze")
class Calls(RawTest):
    def test_the_drop_in_permits_them(self):
        self.folder = test_system_calls.folder_for_summaries(self)
        node = self.make([self.upstream()])
        node.update()
        with mock.patch.object(daemon, "BIN", test_system_calls.SystemCalls.programs(self, ("cenoted",))):
            self.start(node)
        self.ask(node, "traced.example")
        node.stop()
        drop_in = test_system_calls.permitted("cenoted.service") | test_system_calls.permitted("xdp.conf")
        calls = test_system_calls.SystemCalls.summaries(self, "cenoted")
        self.assertIn("bpf", calls)
        self.assertEqual(sorted(calls - drop_in - test_system_calls.BY_ROOT), [])


class Faults(RawTest):
    def falls_back(self, why, *capabilities):
        node = self.make([self.upstream()])
        with self.pair.server.inside():
            node.update()
            without(capabilities, node.start)
        said = "upstream servers are asked by sockets instead of raw sockets: .*"
        node.daemon.wait_line(said + why)
        self.assertRegex("\n".join(p["what"] for p in node.cenote_json("status")["problems"]), said + why)
        self.assertRegex(node.cenote("status").stdout.replace("\n           ", " "), "sending +sockets: .*" + why)
        self.assertEqual(node.metric('cenote_upstream_sending_info{way="sockets"}'), 1)
        capture = Capture(self, self.pair.client)
        for i in range(100):
            self.ask(node, f"n{i}.example")
        self.assertTrue(all(32768 <= port <= 60999 for _, port, _ in capture.queries()))
        self.assertEqual(len(re.findall("instead of raw sockets", node.daemon.log())), 1)
        self.assertEqual(self.refused({1024, 65535}), {1024, 65535})

    def test_no_capability(self):
        self.falls_back("takes no program for its look-up of sockets: .*CAP_BPF", BPF, NET_ADMIN, NET_RAW, SYS_ADMIN)

    def test_no_raw_socket(self):
        self.falls_back("no raw socket: .*CAP_NET_RAW", NET_RAW)

    def test_off(self):
        node = self.start(self.make([self.upstream()], raw=False), by="sockets")
        self.ask(node, "off.example")
        self.assertEqual(self.refused({1024, 65535}), {1024, 65535})
        self.assertNotIn("sending", node.cenote("status").stdout)

    def test_a_packet_that_is_too_long(self):
        """The raw socket refuses it; a socket cuts it into fragments."""
        node = self.start(self.make([self.upstream()]))
        for host in (self.pair.client, self.pair.server):
            host.run("ip", "link", "set", "eth0", "mtu", "128")
        self.ask(node, f"{'a' * 60}.{'b' * 60}.example")

    def test_another_address(self):
        node = self.start(self.make([self.upstream()]))
        self.ask(node, "before.example")
        self.pair.server.run("ip", "address", "delete", f"{SERVER4}/24", "dev", "eth0")
        self.pair.server.add("192.0.2.77/24")
        self.comes_back(node)

    def test_the_network_goes_and_comes_back(self):
        node = self.start(self.make([self.upstream()]))
        self.ask(node, "before.example")
        self.pair.server.run("ip", "link", "set", "eth0", "down")
        self.refuses(node)
        self.pair.server.run("ip", "link", "set", "eth0", "up")
        self.comes_back(node)

    def test_a_firewall_that_refuses(self):
        """EPERM: as with sockets, the server cannot be reached."""
        node = self.start(self.make([self.upstream()]))
        self.ask(node, "before.example")
        for line in ("add table inet t", "add chain inet t o { type filter hook output priority 0; }",
                     f"add rule inet t o ip daddr {CLIENT4} drop"):
            self.pair.server.run("nft", line)
        self.refuses(node)
        self.assertIn(f"{CLIENT4}:53", node.cenote("status").stdout)
        self.pair.server.run("nft", "delete table inet t")
        self.comes_back(node)

    def refuses(self, node):
        with self.pair.server.inside():
            self.assertEqual(node.ask("down.example").rcode(), dns.rcode.SERVFAIL)

    def comes_back(self, node):
        """A server that was down is asked again, by a new name each time."""
        tries = iter(range(1000000))

        def answered():
            with self.pair.server.inside():
                return node.ask(f"back{next(tries)}.example").rcode() == dns.rcode.NOERROR

        eventually(answered, "queries are answered again")


if __name__ == "__main__":
    main()
