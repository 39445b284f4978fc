# SPDX-License-Identifier: Apache-2.0
"""AF_XDP for clients, in two network namespaces: what goes around the kernel's network stack, what does not, and all that
can be wrong with it."""
import os
import pathlib
import re
import signal
import socket
import unittest

import dns.message
import dns.rcode

from daemon import BIN, eventually
from harness import SystemTest, addresses, main, records
from many_names import SINKHOLE, ManyNames
from namespaces import enter
from test_same_answers import Datagrams, difference, is_truncated, queries_of
from upstreams import Nsd, ScriptedUpstream, every_name
from xdp_hosts import (BPF, CLIENT4, IPC_LOCK, NET_ADMIN, NET_RAW, SERVER4, SERVER6, SYS_ADMIN, Pair, mac_of, udp_frame,
                       without)

BLOCKED = "chat.alpha-ai.example"
LISTEN = f'"{SERVER4}:53", "[{SERVER6}]:53", "127.0.0.1:53"'
FILTER = pathlib.Path(os.environ.get("CENOTE_BUILD", BIN.parent)) / "resolver" / "xdp" / "filter.bpf.o"
PROXY_LOCAL = b"\r\n\r\n\0\r\nQUIT\n\x20\x00\x00\x00"  # a PROXY header of the proxy itself

WHY_NOT = enter() or ("" if FILTER.exists() else "cenoted was built without AF_XDP")


@unittest.skipIf(WHY_NOT, WHY_NOT)
class XdpTest(SystemTest):
    def setUp(self):
        super().setUp()
        self.pair = Pair(self)

    def make(self, listen=LISTEN, server="", **settings):
        with self.pair.server.inside():
            if "upstreams" not in settings:
                self.upstream = ScriptedUpstream(self, every_name(60))
                settings["upstreams"] = [self.upstream.where]
            node = self.node(listen=listen, server=f'xdp = ["eth0"]\n{server}', **settings)
        self.change(node)
        return node

    def change(self, node, **settings):
        node.write_config(**settings)
        node.config.write_text(node.config.read_text().replace('"127.0.0.0/8", "::1/128"', '"0.0.0.0/0", "::/0"'))

    def start(self, node, stored=None):
        with self.pair.server.inside():
            node.start(stored)
        return node

    def start_again(self, node):
        """With the sockets that it has stored."""
        node.notify.drain()
        return self.start(node, node.notify.stored)

    def client(self, kind=socket.SOCK_DGRAM, family=socket.AF_INET):
        with self.pair.client.inside():
            made = socket.socket(family, kind)
        self.addCleanup(made.close)
        made.settimeout(90)
        return made

    def ask(self, name, to=SERVER4, made=None, **options):
        """By UDP, once."""
        query = dns.message.make_query(name, "A", **options)
        stream = made or self.client(family=socket.AF_INET6 if ":" in to else socket.AF_INET)
        stream.sendto(query.to_wire(), (to, 53))
        answer = dns.message.from_wire(stream.recvfrom(65535)[0])
        self.assertEqual(answer.id, query.id)
        return answer

    def queues(self, node):
        return node.cenote_json("status")["xdp"]

    def counted(self, node, what):
        return sum(queue[what] for queue in self.queues(node))

    def serves(self, node, by_xdp):
        """Each kind of answer, over both families; `by_xdp`: the sockets of the kernel see none of the queries."""
        before, seen = self.counted(node, "redirected"), self.seen_by_kernel()
        for to in (SERVER4, SERVER6):
            self.assertEqual(addresses(self.ask(BLOCKED, to)), ["0.0.0.0"])
            self.assertEqual(addresses(self.ask(f"late-{before}-{len(to)}.example", to)), ["192.0.2.1"])
        self.assertEqual(self.counted(node, "redirected") - before, 4 if by_xdp else 0)
        if not by_xdp:
            self.assertGreater(self.seen_by_kernel(), seen)

    def seen_by_kernel(self):
        """UDP datagrams that the server's network stack has delivered."""
        shown = self.pair.server.run("cat", "/proc/net/snmp", "/proc/net/snmp6")
        lines = [line.split() for line in shown.splitlines() if line.startswith("Udp: ")]
        return int(lines[1][lines[0].index("InDatagrams")]) + int(re.search(r"Udp6InDatagrams\s+(\d+)", shown).group(1))

    def falls_back(self, node, why):
        """Served by sockets, and said: one warning, a problem, the line of each queue, the metric."""
        node.daemon.wait_line("interface eth0 is served by sockets instead of AF_XDP: .*" + why)
        problems = [problem["what"] for problem in node.cenote_json("status")["problems"]]
        self.assertRegex("\n".join(problems), "interface eth0 .*" + why)
        self.assertRegex(node.cenote("status").stdout.replace("\n           ", " "), r"xdp +eth0 queue 0: sockets: .*")
        self.assertEqual(node.metric('cenote_xdp_queue_info{interface="eth0",queue="0",way="sockets"}'), 1)
        self.assertEqual(len(re.findall("served by sockets instead of AF_XDP", node.daemon.log())), 1)
        self.serves(node, by_xdp=False)


class Serving(XdpTest):
    def test_queries_go_around_the_network_stack(self):
        node = self.make()
        for mode, way in (("copy", "copy"), ("auto", "copy"), ("generic", "generic")):
            with self.subTest(mode):
                self.change(node, server=f'xdp = ["eth0"]\nxdp_mode = "{mode}"\n')
                self.start_again(node)
                self.assertEqual({queue["served_by"] for queue in self.queues(node)}, {way})
                self.assertTrue(self.pair.program())
                self.serves(node, by_xdp=True)
                self.assertIn(f"eth0 queue 0: xdp {way}", node.cenote("status").stdout)
                with self.pair.client.inside():
                    node.address = SERVER4
                    self.assertEqual(addresses(node.ask(BLOCKED, tcp=True)), ["0.0.0.0"])
                self.assertEqual(node.cenote_json("status")["problems"], [])
                name = 'cenote_xdp_packets_total{interface="eth0",queue="0",what="redirected"}'
                self.assertEqual(node.metric(name), self.counted(node, "redirected"))
                node.stop()
                self.assertFalse(self.pair.program(), "left behind")

    def test_no_thread_keeps_a_capability(self):
        node = self.start(self.make())
        tasks = list(pathlib.Path(f"/proc/{node.daemon.process.pid}/task").iterdir())
        self.assertGreater(len(tasks), 2)
        for task in tasks:
            status = (task / "status").read_text()
            for name in ("CapPrm", "CapEff", "CapInh", "CapAmb"):
                held = int(re.search(rf"{name}:\s+(\w+)", status).group(1), 16)
                self.assertEqual(held & (1 << NET_ADMIN | 1 << NET_RAW | 1 << BPF), 0, f"{name} of {status.split()[1]}")

    def test_a_kill_leaves_nothing_and_a_restart_loses_nothing(self):
        node = self.start(self.make())
        self.serves(node, by_xdp=True)
        node.daemon.signal(signal.SIGKILL)
        node.daemon.wait()
        self.assertFalse(self.pair.program())
        self.start_again(node)
        self.serves(node, by_xdp=True)
        node.stop()
        waiting = self.client()
        waiting.sendto(dns.message.make_query(BLOCKED, "A").to_wire(), (SERVER4, 53))
        self.start_again(node)
        self.assertEqual(addresses(dns.message.from_wire(waiting.recv(4096))), ["0.0.0.0"])
        self.serves(node, by_xdp=True)

    def test_queries_under_way_at_the_end_are_answered(self):
        node = self.start(self.make())
        clients = [self.client() for _ in range(50)]
        for made in clients:
            made.sendto(dns.message.make_query(BLOCKED, "A").to_wire(), (SERVER4, 53))
        node.stop()
        self.start_again(node)
        for made in clients:
            self.assertEqual(addresses(dns.message.from_wire(made.recv(4096))), ["0.0.0.0"])

    def test_wildcards_follow_the_addresses(self):
        node = self.start(self.make(listen='"0.0.0.0:53", "[::]:53", "127.0.0.1:5300"'))
        self.serves(node, by_xdp=True)
        self.pair.server.add("192.0.2.54/24")

        def redirected():
            before = self.counted(node, "redirected")
            self.assertEqual(addresses(self.ask(BLOCKED, "192.0.2.54")), ["0.0.0.0"])
            return self.counted(node, "redirected") > before

        eventually(redirected, "the new address is served by AF_XDP")
        self.assertEqual(addresses(self.ask("late.example", "192.0.2.54")), ["192.0.2.1"])

    def test_proxies_need_their_header(self):
        node = self.start(self.make(server=f'proxies = ["{CLIENT4}/32"]'))
        made = self.client()
        query = dns.message.make_query(BLOCKED, "A").to_wire()
        made.sendto(query, (SERVER4, 53))
        eventually(lambda: self.counted(node, "redirected") == 1, "it came")
        for name in (BLOCKED, "late.example"):
            query = dns.message.make_query(name, "A")
            made.sendto(PROXY_LOCAL + query.to_wire(), (SERVER4, 53))
            self.assertEqual(dns.message.from_wire(made.recv(4096)).id, query.id, "the first had none")


class OddFrames(XdpTest):
    def setUp(self):
        super().setUp()
        self.node_ = self.start(self.make())
        with self.pair.client.inside():
            self.raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
            self.raw.bind(("eth0", 0))
        self.addCleanup(self.raw.close)
        self.to, self.own = mac_of(self.pair.server), mac_of(self.pair.client)
        self.query = dns.message.make_query(BLOCKED, "A").to_wire()

    def listener(self, port=5353):
        made = self.client()
        made.bind((CLIENT4, port))
        return made

    def passed_and_answered(self, made, query):
        before = self.counted(self.node_, "redirected")
        made.sendto(query.to_wire(max_size=4000), (SERVER6 if made.family == socket.AF_INET6 else SERVER4, 53))
        self.assertEqual(addresses(dns.message.from_wire(made.recv(65535))), ["0.0.0.0"])
        self.assertEqual(self.counted(self.node_, "redirected"), before)

    def test_options_fragments_and_headers_are_the_kernels(self):
        query = dns.message.make_query(BLOCKED, "A")
        with_options = self.client()
        with_options.setsockopt(socket.IPPROTO_IP, socket.IP_OPTIONS, b"\x01\x01\x01\x01")
        self.passed_and_answered(with_options, query)
        padded = dns.message.make_query(BLOCKED, "A", use_edns=0, options=[dns.edns.GenericOption(12, bytes(2500))])
        self.passed_and_answered(self.client(), padded)
        self.passed_and_answered(self.client(family=socket.AF_INET6), padded)
        extended = self.client(family=socket.AF_INET6)
        extended.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_DSTOPTS, b"\0\0\x01\x04\0\0\0\0")
        self.passed_and_answered(extended, query)

    def test_wrong_checksums_are_counted_and_not_answered(self):
        made = self.listener()
        self.raw.send(udp_frame(self.to, self.own, self.query, sum_of_udp=0x1234))
        eventually(lambda: self.counted(self.node_, "bad_checksum") == 1, "it is counted")
        self.raw.send(udp_frame(self.to, self.own, self.query[:1] + b"\x77" + self.query[2:], sum_of_udp=0))
        self.assertEqual(made.recv(4096)[1], 0x77, "without a checksum; the first got no answer")

    def test_macs_that_are_not_ours(self):
        made = self.listener()
        redirected = self.counted(self.node_, "redirected")
        self.raw.send(udp_frame(b"\x02\x11\x22\x33\x44\x55", self.own, self.query))
        self.raw.send(udp_frame(self.to, b"\xff" * 6, self.query[:1] + b"\x78" + self.query[2:]))
        self.assertEqual(made.recv(4096)[1], 0x78, "by the kernel, to the MAC address of the neighbour")
        self.assertEqual(self.counted(self.node_, "redirected"), redirected)
        self.raw.send(udp_frame(self.to, self.own, self.query, source="127.0.0.1"))
        self.raw.send(udp_frame(self.to, self.own, self.query, source=SERVER4))
        self.raw.send(self.to + self.own + b"\x81\x00\x00\x07" + udp_frame(self.to, self.own, self.query)[12:])
        self.serves(self.node_, by_xdp=True)

    def test_frames_of_every_length(self):
        whole = udp_frame(self.to, self.own, self.query)
        for size in range(14, len(whole)):
            self.raw.send(whole[:size])
        for size in range(len(whole), 1515, 13):
            self.raw.send(whole + bytes(size - len(whole)))
        self.serves(self.node_, by_xdp=True)
        self.assertEqual(self.counted(self.node_, "not_plain"), 0)


class Fallbacks(XdpTest):
    def test_another_program(self):
        self.pair.server.run("ip", "link", "set", "dev", "eth0", "xdpdrv", "obj", FILTER, "sec", "xdp")
        self.falls_back(self.start(self.make()), "another XDP program")
        self.assertTrue(self.pair.program(), "it stays")

    def test_an_mtu_that_the_driver_does_not_take(self):
        for host in (self.pair.client, self.pair.server):
            host.run("ip", "link", "set", "eth0", "mtu", "9000")
        self.falls_back(self.start(self.make()), "MTU")

    def test_no_such_interface_and_none_of_ethernet(self):
        node = self.make()
        node.config.write_text(node.config.read_text().replace('xdp = ["eth0"]', 'xdp = ["eth7", "lo"]'))
        self.start(node)
        node.daemon.wait_line("interface eth7 .*no such interface")
        node.daemon.wait_line("interface lo .*no Ethernet")
        self.assertEqual(addresses(self.ask(BLOCKED)), ["0.0.0.0"])

    def launch_without(self, *capabilities, memlock=None):
        node = self.make()
        with self.pair.server.inside():
            node.update()
            without(capabilities, node.start, memlock)
        return node

    def test_no_capability(self):
        self.falls_back(self.launch_without(BPF, NET_ADMIN, NET_RAW, SYS_ADMIN), "takes no filter: .*CAP_BPF")

    def test_no_socket(self):
        self.falls_back(self.launch_without(NET_RAW), "no socket of AF_XDP: .*CAP_NET_RAW")

    def test_too_little_memory_to_lock(self):
        self.falls_back(self.launch_without(IPC_LOCK, memlock=1 << 20), "LimitMEMLOCK")

    def test_an_interface_that_goes_and_comes_back(self):
        node = self.start(self.make())
        self.serves(node, by_xdp=True)
        self.pair.server.run("ip", "link", "set", "eth0", "down")
        self.pair.server.run("ip", "link", "set", "eth0", "up")
        self.pair.server.add(f"{SERVER6}/64")
        self.serves(node, by_xdp=True)
        self.pair.cut()
        node.daemon.wait_line("interface eth0 is served by sockets.*has gone")
        self.pair.connect()
        self.falls_back(node, "has gone")
        node.stop()
        self.start_again(node)
        self.serves(node, by_xdp=True)


class SameAnswers(XdpTest):
    def test_two_thousand_names_by_both_ways(self):
        with self.pair.server.inside():
            node = self.make(sinkhole=SINKHOLE)
            names = ManyNames(node.folder)
            nsd = Nsd(self, ".", names.zone)
        self.change(node, upstreams=[nsd.where], extra=names.extra, directives=names.directives)
        self.start(node)
        queries = queries_of(names.names)
        around, by_sockets = self.client(), self.client_at_home()
        around.connect((SERVER4, 53))
        by_sockets.connect(("127.0.0.1", 53))
        Datagrams(by_sockets).ask(queries)  # fills the cache
        answers = Datagrams(around).ask(queries)
        expected = Datagrams(by_sockets).ask(queries)
        self.assertGreaterEqual(self.counted(node, "redirected"), len(queries))
        faults = [what for number in queries if (what := difference(answers[number], expected[number], 90))]
        self.assertEqual(faults[:5], [], f"{len(faults)} in all")
        self.assertGreater(sum(map(is_truncated, answers.values())), 50)

    def client_at_home(self):
        with self.pair.server.inside():
            made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(made.close)
        made.settimeout(90)
        return made


if __name__ == "__main__":
    main()
