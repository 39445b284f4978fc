# SPDX-License-Identifier: Apache-2.0
"""Upstream servers that fail in every way and come back, attackers beside them, and what of that reaches clients."""
import os
import socket
import struct
import threading

import dns.edns
import dns.flags
import dns.message
import dns.rcode

from daemon import PATIENCE, eventually
from harness import SystemTest, addresses, framed, main, read_message
from upstreams import ScriptedUpstream, answer_with, free_port

GOOD, BAD = "192.0.2.1", "192.0.2.66"
BLOCKED = "chat.alpha-ai.example"


def good(query):
    return answer_with(query, f"{query.question[0].name} 60 IN A {GOOD}")


def with_strategy(strategy):
    """Settings of a node whose servers are chosen so."""
    return {"timeout": f'2500ms"\nstrategy = "{strategy}'}


class Faults(SystemTest):
    def resolver_over(self, *upstreams, **settings):
        return self.node(upstreams=[upstream.where for upstream in upstreams], **settings).start()


class OneOfTwo(Faults):
    def setUp(self):
        super().setUp()
        self.fault = None  # of the first server
        self.never = threading.Event()
        self.addCleanup(self.never.set)
        self.first = ScriptedUpstream(self, self.answer, port=free_port())
        self.second = ScriptedUpstream(self, lambda query, transport: good(query))

    def answer(self, query, transport):
        fault, seen = self.fault, self.first.count()
        if fault == "silent" or (fault == "flapping" and seen % 2):
            return None
        if fault == "slow":
            self.never.wait(1.0)
        if fault in ("SERVFAIL", "REFUSED"):
            return answer_with(query, rcode=dns.rcode.from_text(fault))
        if fault == "garbage":
            return struct.pack("!H", query.id) + os.urandom(60)
        if fault == "another name":
            return answer_with(dns.message.make_query("other.example", "A", id=query.id), f"other.example. 60 IN A {BAD}")
        return good(query)

    def test_one_of_two_fails_in_every_way(self):
        resolver = self.resolver_over(self.first, self.second, **with_strategy("ordered"))
        for fault in ("silent", "slow", "flapping", "SERVFAIL", "REFUSED", "garbage", "another name"):
            with self.subTest(fault):
                self.fault = fault
                for i in range(8):
                    name = f"{fault.replace(' ', '-')}-{i}.example"
                    self.assertEqual(addresses(resolver.ask(name)), [GOOD], name)
                self.assertEqual(addresses(resolver.ask(BLOCKED)), ["0.0.0.0"])
                self.fault = None
                self.back_in_use(resolver, fault)

    def back_in_use(self, resolver, fault):
        """The first server is asked first again: its name is seen there and not at the second one."""
        asked = 0

        def is_first():
            nonlocal asked
            asked += 1
            name = f"back-{asked}.{fault.replace(' ', '-').lower()}.example"
            self.assertEqual(addresses(resolver.ask(name)), [GOOD])
            return self.first.count(name) > 0 and self.second.count(name) == 0
        eventually(is_first, "the first server is in use again")

    def test_a_server_that_is_gone_and_back(self):
        """The port is closed, then open again."""
        where = self.first.where
        resolver = self.resolver_over(self.first, self.second, **with_strategy("ordered"))
        self.first.close()
        for i in range(8):
            self.assertEqual(addresses(resolver.ask(f"gone-{i}.example")), [GOOD])
        back = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(back.close)
        back.bind((where.split(":")[0], int(where.split(":")[1])))
        seen = threading.Event()

        def serve():
            while True:
                try:
                    wire, peer = back.recvfrom(4096)
                except OSError:
                    return
                query = dns.message.from_wire(wire)
                if query.question[0].name.to_text().lower().startswith("back-"):
                    seen.set()
                back.sendto(good(query).to_wire(), peer)
        threading.Thread(target=serve, daemon=True).start()
        asked = iter(range(10 ** 6))
        eventually(lambda: addresses(resolver.ask(f"back-{next(asked)}.example")) == [GOOD] and seen.is_set(),
                   "the server is asked again")


class Slow(Faults):
    def test_slow_servers(self):
        """The answer to the first try is taken behind the second try; one after the end of the query is ignored, and sent to
        no client."""
        late = threading.Event()
        self.addCleanup(late.set)
        first = ["the first try"]  # pop() is of one thread

        def handle(query, transport):
            name = query.question[0].name.to_text().lower()
            if name.startswith("slow.") and first and first.pop():
                upstream.wait_for("slow.example", 2)
                return good(query)
            if name.startswith("never."):
                late.wait(PATIENCE)
                return good(query)
            return good(query) if name.startswith("probe") else None
        upstream = ScriptedUpstream(self, handle)
        resolver = self.resolver_over(upstream)
        self.assertEqual(addresses(resolver.ask("slow.example")), [GOOD])
        client = resolver.udp()
        client.send(dns.message.make_query("never.example", "A", id=1).to_wire())
        failed = dns.message.from_wire(client.recv(4096))
        self.assertEqual((failed.id, failed.rcode()), (1, dns.rcode.SERVFAIL))
        late.set()
        client.send(dns.message.make_query("probe.example", "A", id=2).to_wire())
        self.assertEqual(dns.message.from_wire(client.recv(4096)).id, 2, "no second answer to the first query")

    def test_what_cd_brought_is_for_cd_alone(self):
        """A validator upstream: data that it holds for bogus is for clients that set CD (RFC 4035 §3.2.2)."""
        def handle(query, transport):
            if query.flags & dns.flags.CD:
                return answer_with(query, f"{query.question[0].name} 60 IN A {BAD}")
            return answer_with(query, rcode=dns.rcode.SERVFAIL)
        resolver = self.resolver_over(ScriptedUpstream(self, handle))
        checking = dns.flags.RD | dns.flags.CD
        for _ in range(2):
            self.assertEqual(addresses(resolver.ask("bogus.example", flags=checking)), [BAD])
            self.assertRcode(resolver.ask("bogus.example"), "SERVFAIL")


class Merged(Faults):
    def test_equal_questions_of_every_kind_are_one_exchange(self):
        """Other options, case and transport make no other question; what a client sends in its OPT stays here."""
        gate = threading.Event()
        self.addCleanup(gate.set)
        seen = []

        def handle(query, transport):
            seen.append(query)
            gate.wait(2.0)
            return good(query)
        upstream = ScriptedUpstream(self, handle)
        resolver = self.resolver_over(upstream)
        waiting = []
        for i in range(50):
            options = [[], [dns.edns.ECSOption(f"198.51.{i}.0", 24)], [dns.edns.GenericOption(10, bytes([i] * 8))],
                       [dns.edns.GenericOption(12, bytes(i))], [dns.edns.GenericOption(65001, b"\xbe\xef")]][i % 5]
            name = "".join(c.upper() if (i >> n) & 1 else c for n, c in enumerate("same.example"))
            query = dns.message.make_query(name, "A", use_edns=0, options=options, id=i)
            client = resolver.tcp() if i % 7 == 0 else resolver.udp(f"127.0.0.{i + 1}")
            client.send(framed(query.to_wire()) if i % 7 == 0 else query.to_wire())
            waiting.append((client, query))
        upstream.wait_for("same.example")
        gate.set()
        for client, query in waiting:
            answer = read_message(client) if query.id % 7 == 0 else dns.message.from_wire(client.recv(4096))
            self.assertEqual((answer.id, addresses(answer)), (query.id, [GOOD]))
            self.assertEqual(answer.question[0].name.labels, query.question[0].name.labels, "the case of QNAME")
            cookies = [option.data for option in answer.options if int(option.otype) == 10]
            sent = [option.data for option in query.options if int(option.otype) == 10]
            self.assertEqual([cookie[:8] for cookie in cookies], sent, "the cookie of this client")
            self.assertNotIn(65001, [int(option.otype) for option in answer.options])
        self.assertLessEqual(upstream.count("same.example"), 3, "one exchange and its retries")
        self.assertEqual([query.options for query in seen if query.options], [])


class BesideThePath(Faults):
    def forge(self, raw, peer, upstream, code):
        """An ICMP error about the datagram that the resolver sent from `peer` to `upstream`."""
        udp = struct.pack("!HHHH", peer[1], upstream[1], 60, 0)
        inner = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 80, 1, 0x4000, 64, 17, 0, socket.inet_aton(peer[0]),
                            socket.inet_aton(upstream[0]))
        body = struct.pack("!BBHHH", 3, code, 0, 0, 576 if code == 4 else 0) + inner + udp + bytes(20)
        total = sum(struct.unpack(f"!{len(body) // 2}H", body))
        while total >> 16:
            total = (total & 0xffff) + (total >> 16)
        raw.sendto(body[:2] + struct.pack("!H", ~total & 0xffff) + body[4:], (peer[0], 0))

    def test_forged_icmp_errors_end_no_query(self):
        """CVE-2020-25705: neither an ICMP error nor 60 wrong ids end a query or mark its server as down."""
        try:
            raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
        except PermissionError:
            self.skipTest("ICMP messages need root")
        self.addCleanup(raw.close)
        upstream = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(upstream.close)
        upstream.bind(("127.0.0.1", 0))

        def serve():
            while True:
                try:
                    wire, peer = upstream.recvfrom(4096)
                except OSError:
                    return
                query = dns.message.from_wire(wire)
                for code in (3, 4):
                    self.forge(raw, peer, upstream.getsockname(), code)
                for i in range(60):
                    wrong = answer_with(query, f"{query.question[0].name} 60 IN A {BAD}")
                    wrong.id = (query.id + 1 + i) & 0xffff
                    upstream.sendto(wrong.to_wire(), peer)
                upstream.sendto(good(query).to_wire(), peer)
        threading.Thread(target=serve, daemon=True).start()
        resolver = self.node(upstreams=["%s:%d" % upstream.getsockname()]).start()
        for i in range(5):
            self.assertEqual(addresses(resolver.ask(f"n{i}.example")), [GOOD])
        eventually(lambda: resolver.metric("cenote_upstream_mismatched_total") >= 5 * 60, "all are counted")
        self.assertTrue(resolver.cenote_json("status")["upstreams"][0]["healthy"])


if __name__ == "__main__":
    main()
