# SPDX-License-Identifier: Apache-2.0
"""Odd client packets, bytes written by hand: each is answered or dropped as the RFCs require, and the daemon goes on."""
import struct

import dns.message
import dns.opcode
import dns.rcode

from harness import SystemTest, addresses, framed, main, read_exactly
from upstreams import ScriptedUpstream, zone_handler

RD = 0x0100
OPT = b"\0" + struct.pack("!HHIH", 41, 1232, 0, 0)


def header(flags=RD, qd=1, an=0, ns=0, ar=0, ident=0x1234):
    return struct.pack("!HHHHHH", ident, flags, qd, an, ns, ar)


def labels(*parts):
    return b"".join(bytes([len(part)]) + part for part in parts) + b"\0"


def question(name, rdtype=1, rdclass=1):
    return name + struct.pack("!HH", rdtype, rdclass)


BLOCKED = labels(b"chat", b"alpha-ai", b"example")
OPEN = labels(b"open", b"example")


def opt(rdata=b"", owner=b"\0", ttl=0):
    return owner + struct.pack("!HHIH", 41, 1232, ttl, len(rdata)) + rdata


def option(code, data=b"", length=None):
    return struct.pack("!HH", code, len(data) if length is None else length) + data


class OddPackets(SystemTest):
    def setUp(self):
        super().setUp()
        self.upstream = ScriptedUpstream(self, zone_handler("open.example 60 IN A 192.0.2.1"))
        self.resolver = self.node(upstreams=[self.upstream.where]).start()
        self.client = self.resolver.udp()

    def tearDown(self):
        self.still_serves()
        super().tearDown()

    def still_serves(self):
        self.assertEqual(addresses(self.resolver.ask("chat.alpha-ai.example")), ["0.0.0.0"])

    def reply(self, packet):
        self.client.send(packet)
        return self.client.recv(65535)

    def rcode_of(self, packet):
        wire = self.reply(packet)
        self.assertEqual(wire[:2], packet[:2], "id")
        self.assertTrue(wire[2] & 0x80, "QR")
        return dns.rcode.to_text(dns.rcode.Rcode(wire[3] & 15))

    def assertDropped(self, packet):
        """The reply to the next query of the same flow comes first, so the packet has had no reply."""
        probe = header(ident=0x7777) + question(BLOCKED)
        self.client.send(packet)
        self.assertEqual(self.reply(probe)[:2], b"\x77\x77")

    def test_dropped(self):
        self.assertDropped(header(flags=0x8000 | RD) + question(BLOCKED))
        self.assertDropped(header(flags=0x8182) + question(OPEN))
        whole = header() + question(BLOCKED)
        for size in (1, 2, 4, 11):
            self.assertDropped(whole[:size])
        self.assertDropped(b"")

    def test_header_only(self):
        for count in (0, 1, 2):
            with self.subTest(qdcount=count):
                wire = self.reply(header(qd=count))
                self.assertEqual(wire[3] & 15, 1)
                self.assertEqual(len(wire), 12)

    def test_two_questions(self):
        packet = header(qd=2) + question(BLOCKED) + question(OPEN)
        self.assertEqual(self.rcode_of(packet), "FORMERR")

    def test_trailing_bytes(self):
        for name, address in ((BLOCKED, "0.0.0.0"), (OPEN, "192.0.2.1")):
            wire = self.reply(header() + question(name) + b"trailing")
            self.assertEqual(addresses(dns.message.from_wire(wire)), [address])
            self.assertNotIn(b"trailing", wire)

    def test_broken_names(self):
        broken = {
            "pointer to itself": b"\xc0\x0c",
            "pointer past the end": b"\xc1\xff",
            "pointer ahead": b"\xc0\x10" + b"\0" * 8,
            "label 0x40": b"\x40" + b"a" * 64 + b"\0",
            "label 0x80": b"\x80" + b"a" * 128 + b"\0",
            "256 bytes": (b"\x3f" + b"a" * 63) * 3 + b"\x3f" + b"a" * 63 + b"\0",
            "cut short": b"\x05abc",
            "no root": b"\x03abc",
        }
        for what, name in broken.items():
            with self.subTest(what):
                packet = header() + (name if what in ("cut short", "no root") else question(name))
                wire = self.reply(packet)
                self.assertEqual((wire[:2], wire[3] & 15, len(wire)), (packet[:2], 1, 12))

    def test_opcodes(self):
        for opcode, allowed in ((1, {"NOTIMP"}), (2, {"NOTIMP"}), (4, {"NOTIMP", "REFUSED"}), (5, {"NOTIMP"}),
                                (15, {"NOTIMP"})):
            with self.subTest(opcode):
                self.assertIn(self.rcode_of(header(flags=RD | opcode << 11) + question(BLOCKED)), allowed)

    def test_classes(self):
        for rdclass, rcode in ((0, "FORMERR"), (3, "REFUSED"), (4, "REFUSED"), (254, "REFUSED"), (255, "REFUSED"),
                               (65535, "REFUSED")):
            with self.subTest(rdclass):
                self.assertEqual(self.rcode_of(header() + question(OPEN, 1, rdclass)), rcode)
        self.assertEqual(self.upstream.count(), 0)

    def test_meta_types(self):
        for rdtype, allowed in ((41, {"FORMERR"}), (250, {"FORMERR"}), (251, {"REFUSED", "NOTIMP"}),
                                (252, {"REFUSED", "NOTIMP"})):
            with self.subTest(rdtype):
                packet = header() + question(OPEN, rdtype)
                self.assertIn(self.rcode_of(packet), allowed)
                stream = self.resolver.tcp()
                stream.sendall(framed(packet))
                wire = read_exactly(stream, int.from_bytes(read_exactly(stream, 2), "big"))
                self.assertIn(dns.rcode.to_text(dns.rcode.Rcode(wire[3] & 15)), allowed)
        self.assertEqual(self.upstream.count(), 0)

    def test_no_recursion_wanted(self):
        self.assertEqual(self.rcode_of(header(flags=0) + question(OPEN)), "REFUSED")
        self.assertEqual(self.upstream.count(), 0)
        self.assertEqual(self.rcode_of(header(flags=0) + question(BLOCKED)), "NOERROR")

    def test_edns(self):
        wire = self.reply(header(ar=1) + question(BLOCKED) + opt(ttl=1 << 16))
        self.assertEqual(dns.message.from_wire(wire).rcode(), dns.rcode.BADVERS)
        for what, packet in {
            "two OPT": header(ar=2) + question(BLOCKED) + OPT + OPT,
            "OPT in ANSWER": header(an=1) + question(BLOCKED) + OPT,
            "OPT not at root": header(ar=1) + question(BLOCKED) + opt(owner=b"\x01a\0"),
            "option past RDATA": header(ar=1) + question(BLOCKED) + opt(option(3, b"", length=9)),
            "half an option": header(ar=1) + question(BLOCKED) + opt(b"\0\3"),
            "cookie of 7 bytes": header(ar=1) + question(BLOCKED) + opt(option(10, b"1234567")),
            "ECS of 3 bytes": header(ar=1) + question(BLOCKED) + opt(option(8, b"\0\1\x18")),
            "ECS of family 9": header(ar=1) + question(BLOCKED) + opt(option(8, b"\0\x09\x18\0abc")),
            "ARCOUNT 65535": header(ar=65535) + question(BLOCKED),
        }.items():
            with self.subTest(what):
                self.assertEqual(self.rcode_of(packet), "FORMERR")
        self.assertEqual(self.upstream.count(), 0)

    def test_many_options(self):
        packet = header(ar=1) + question(BLOCKED) + opt(option(65001) * 300)
        self.assertIn(self.rcode_of(packet), ("NOERROR", "FORMERR"))

    def test_a_dot_inside_a_label(self):
        answer = dns.message.from_wire(self.reply(header() + question(labels(b"chat.alpha-ai.example"))))
        self.assertEqual(addresses(answer), [])
        self.assertNotEqual(answer.rcode(), dns.rcode.FORMERR)

    def test_bytes_in_labels(self):
        for byte in (b"\0", b"\n", b"\"", b"\x1b", b"\xff", b"<"):
            with self.subTest(byte):
                name = labels(b"x" + byte, b"alpha-ai", b"example")
                answer = dns.message.from_wire(self.reply(header() + question(name)))
                self.assertEqual(addresses(answer), ["0.0.0.0"])

    def test_garbage_of_every_length(self):
        noise = bytes((i * 167 + 13) & 0x7f for i in range(1400))
        for size in range(0, 1400, 7):
            self.client.send(noise[:size])
        self.client = self.resolver.udp()  # replies to the random bytes are not read

    def test_every_cut_of_a_good_query(self):
        whole = header(ar=1) + question(BLOCKED) + opt(option(10, b"12345678"))
        for size in range(12, len(whole)):
            with self.subTest(size):
                self.assertEqual(self.rcode_of(whole[:size]), "FORMERR")

    def test_a_packet_logs_nothing(self):
        self.resolver.daemon.wait_line(r" is ready: ")  # the last line of a start
        before = len(self.resolver.daemon.lines)
        for _ in range(50):
            self.reply(header(qd=2))
        self.still_serves()
        self.assertEqual(self.resolver.daemon.lines[before:], [])


class NotAllowed(SystemTest):
    def test_refused_with_prohibited(self):
        node = self.node(server="", upstreams=[])
        text = node.config.read_text().replace('allow_from = ["127.0.0.0/8", "::1/128"]', 'allow_from = ["127.0.0.2/32"]')
        node.config.write_text(text)
        node.start()
        answer = node.ask("chat.alpha-ai.example", source="127.0.0.1")
        self.assertRcode(answer, "REFUSED")
        self.assertEqual([int(o.code) for o in answer.options if int(o.otype) == 15], [18])
        self.assertEqual(addresses(node.ask("chat.alpha-ai.example", source="127.0.0.2")), ["0.0.0.0"])


if __name__ == "__main__":
    main()
