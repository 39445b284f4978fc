# SPDX-License-Identifier: Apache-2.0
"""Two thousand names, six types each, over every transport: the answers are equal, whichever transport asked first.

NSD has the names; what comes back is compared byte by byte without TTLs, and where the bytes differ, by what dnspython
reads in them.
"""
import functools
import itertools
import math
import os
import pathlib
import socket
import struct
import subprocess
import time
import unittest

import dns.edns
import dns.flags
import dns.message
import dns.name
import dns.rdatatype
import dns.rrset

from daemon import BIN, PATIENCE, eventually
from h2_client import Client
from harness import framed, main
from https_node import HttpsTest
from many_names import COUNT, SINKHOLE, ManyNames
from upstreams import Nsd

TYPES = ("A", "AAAA", "HTTPS", "TXT", "MX", "SOA")
UNDER_WAY = 64  # queries, on each transport
KEEPALIVE, PADDING = 11, 12  # options that belong to a transport (RFC 7828, RFC 8467)
OPT = 41
SIZE = 1232  # of UDP, in the OPT of these queries
QUIC_CLIENT = pathlib.Path(os.environ.get("CENOTE_BUILD", BIN.parent)) / "tests" / "quic_client"


def queries_of(names):
    """Every name with every type, by number, which is the message's id: some with DO, CD or AD, some without EDNS."""
    made = {}
    for number, (name, kind) in enumerate(itertools.product(names, TYPES)):
        flags = dns.flags.RD | (dns.flags.CD if number % 13 == 0 else 0) | (dns.flags.AD if number % 5 == 0 else 0)
        opt = b"" if number % 11 == 0 else b"\0" + struct.pack(">HHIH", OPT, SIZE, 0x8000 if number % 7 == 0 else 0, 0)
        made[number] = (struct.pack(">6H", number, flags, 1, 0, 0, 1 if opt else 0) + dns.name.from_text(name).to_wire()
                        + struct.pack(">HH", dns.rdatatype.from_text(kind), 1) + opt)
    return made


def number_of(wire):
    return int.from_bytes(wire[:2], "big")


def in_batches(queries):
    rest = iter(queries.items())
    while batch := dict(itertools.islice(rest, UNDER_WAY)):
        yield batch


class Datagrams:
    def __init__(self, stream):
        self.socket = stream

    def ask(self, queries):
        answers, rest = {}, iter(queries.values())
        for wire in itertools.islice(rest, UNDER_WAY):
            self.socket.send(wire)
        while len(answers) < len(queries):
            wire = self.socket.recv(65535)
            answers[number_of(wire)] = wire
            for more in itertools.islice(rest, 1):
                self.socket.send(more)
        return answers


class Messages:
    """Over a connection, each behind its length (RFC 1035 §4.2.2)."""

    def __init__(self, stream):
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.stream, self.file = stream, stream.makefile("rb")

    def ask(self, queries):
        answers = {}
        for batch in in_batches(queries):
            self.stream.sendall(b"".join(map(framed, batch.values())))
            for _ in batch:
                wire = self.file.read(int.from_bytes(self.file.read(2), "big"))
                answers[number_of(wire)] = wire
        return answers


class Requests:
    """Over HTTP/2."""

    def __init__(self, stream, method):
        self.client = Client(stream)
        self.begin = self.client.get if method == "GET" else self.client.post

    def ask(self, queries):
        answers = {}
        for batch in in_batches(queries):
            numbers = {number: self.begin(wire, flush=False) for number, wire in batch.items()}
            self.client.flush()
            for number, stream in numbers.items():
                response = self.client.wait(stream)
                if response.status != 200:
                    raise AssertionError(f"status {response.status} for query {number}")
                answers[number] = self.client.responses.pop(stream).body
        return answers


class Streams:
    """Over QUIC, each on a stream of its own, with the id 0 on the wire (RFC 9250 §4.2.1)."""

    def __init__(self, where):
        self.where = where

    def ask(self, queries):
        client = subprocess.run([QUIC_CLIENT, "ask", self.where, str(UNDER_WAY)], capture_output=True,
                                input=b"".join(map(framed, queries.values())), timeout=PATIENCE)
        if client.returncode:
            raise AssertionError(client.stderr.decode())
        answers, rest = {}, client.stdout
        while rest:
            end = 2 + int.from_bytes(rest[:2], "big")
            answers[number_of(rest[2:end])] = rest[2:end]
            rest = rest[end:]
        return answers


def after_name(wire, at):
    while length := wire[at]:
        if length >= 0xc0:
            return at + 2
        at += 1 + length
    return at + 1


@functools.lru_cache(maxsize=None)
def without_ttls(wire):
    """The message with each TTL set to zero, and the TTLs. Those of an OPT are flags, and stay."""
    data, ttls, at = bytearray(wire), [], 12
    questions, *records = struct.unpack_from(">4H", wire, 4)
    for _ in range(questions):
        at = after_name(wire, at) + 4
    for _ in range(sum(records)):
        at = after_name(wire, at)
        kind, _, ttl, size = struct.unpack_from(">HHIH", wire, at)
        if kind != OPT:
            ttls.append(ttl)
            data[at + 4:at + 8] = bytes(4)
        at += 10 + size
    if at != len(wire):
        raise AssertionError(f"{len(wire) - at} bytes behind the message")
    return bytes(data), ttls


def meaning(wire):
    """What a message says, apart from the order of its records, their TTLs, and what belongs to its transport."""
    message = dns.message.from_wire(wire)
    return (message.id, message.rcode(), dns.flags.to_text(message.flags), dns.flags.edns_to_text(message.ednsflags),
            message.edns, message.payload,
            [str(question) for question in message.question],
            sorted(f"{option.otype} {option.to_text()}" for option in message.options
                   if option.otype not in (KEEPALIVE, PADDING)),
            [sorted(f"{rrset.name} {rrset.rdclass} {rrset.rdtype} {record.to_text()}"
                    for rrset in section for record in rrset)
             for section in (message.answer, message.authority, message.additional)])


def difference(one, other, seconds=0.0):
    """Nothing when two answers are equal; `seconds`: how long one may have aged since the other."""
    (first, ttls), (second, other_ttls) = without_ttls(one), without_ttls(other)
    if first != second:
        pair = meaning(one), meaning(other)
        if pair[0] != pair[1]:
            return f"{pair[0]}\n  differs from {pair[1]}"
    # The least, which is that of every record that comes from the cache.
    if bool(ttls) != bool(other_ttls) or abs(min(ttls, default=0) - min(other_ttls, default=0)) > seconds:
        return f"TTLs {ttls} and {other_ttls} of {meaning(one)}"
    return ""


def is_truncated(wire):
    return bool(wire[2] & 2)


def is_servfail(wire):
    return wire[3] & 15 == 2


class SameAnswers(HttpsTest):
    def setUp(self):
        super().setUp()
        self.names = ManyNames(self.node_.folder)
        nsd = Nsd(self, ".", self.names.zone)
        self.node_.write_config(upstreams=[nsd.where], sinkhole=SINKHOLE, extra=self.names.extra,
                                directives=self.names.directives)

    def section(self):
        return 'listen_quic = ["127.0.0.1:0"]\n' + super().section()

    def transports(self):
        """Each transport, as what connects by it, and how its queries are counted. Another one is a line here: its
        ask(queries) gives the answers by number."""
        return {"udp": (lambda: Datagrams(self.node_.udp()), "udp"),
                "tcp": (lambda: Messages(self.node_.tcp()), "tcp"),
                "dot": (lambda: Messages(self.secure(("dot",), self.tls)), "tls"),
                "doh GET": (lambda: Requests(self.secure(), "GET"), "https"),
                "doh POST": (lambda: Requests(self.secure(), "POST"), "https"),
                "doq": (lambda: Streams(self.quic), "quic"),
                "h2c behind HAProxy": (lambda: Requests(self.socket(self.proxy), "POST"), "https")}

    def test_answers_are_equal(self):
        self.assertEqual(len(set(self.names.names)), COUNT)
        self.start()
        self.quic, = self.node_.cenote_json("status")["listen_quic"]
        self.node_.daemon.wait_line("cenote-quic has connected")
        self.proxy, = self.haproxy(("", self.h2c, "send-proxy-v2", "tcp"))
        transports, queries = self.transports(), queries_of(self.names.names)
        self.assertEqual(len(queries), COUNT * len(TYPES))
        shares = {name: {} for name in transports}  # of what no cache has
        for number, wire in queries.items():
            shares[list(transports)[(number // len(TYPES) + number) % len(transports)]][number] = wire
        began = time.monotonic()
        first = {}
        for name, (connect, _) in transports.items():
            answered = connect().ask(shares[name])
            self.assertEqual(answered.keys(), shares[name].keys(), name)
            first.update(answered)
        again = self.settle(queries, first)
        answers = {name: connect().ask(queries) for name, (connect, _) in transports.items()}
        seconds = math.ceil(time.monotonic() - began) + 1
        expected, faults, late = answers["tcp"], [], 0
        for name, those in {**answers, "the first answer": first}.items():
            self.assertEqual(those.keys(), queries.keys(), name)
            for number, wire in those.items():
                if is_truncated(wire):  # by its size over UDP, and then asked again over TCP
                    self.assertTrue(name in ("udp", "the first answer"), f"truncated over {name}")
                    self.assertGreater(len(expected[number]), SIZE if number % 11 else 512, meaning(wire))
                elif name == "the first answer" and is_servfail(wire) and not is_servfail(expected[number]):
                    late += 1
                elif what := difference(wire, expected[number], seconds):
                    faults.append(f"{name}: {what}")
        self.assertEqual(faults[:5], [], f"{len(faults)} in all")
        self.assertLess(late, len(queries) / 20)
        for counter in {counter for _, counter in transports.values()}:
            count = sum(len(shares[name]) + len(queries) for name, (_, its) in transports.items() if its == counter)
            count += again if counter == "tcp" else 0
            self.assertEqual(self.metric(f'cenote_queries_total{{transport="{counter}"}}'), count, counter)
        self.look_at(expected)

    def settle(self, queries, answers):
        """Asks until there is an answer where NSD had no time for one, on a machine that others use; how often it asked."""
        asked = itertools.count()
        stream = self.transports()["tcp"][0]()
        for number in [number for number, wire in answers.items() if is_servfail(wire)]:
            def answered(number=number):
                next(asked)
                return not is_servfail(stream.ask({number: queries[number]})[number])
            eventually(answered, f"an answer to query {number}")
        return next(asked)

    def look_at(self, answers):
        """The answers are of all kinds; equal ones that say nothing would not be worth a comparison."""
        read = [dns.message.from_wire(wire) for wire in answers.values()]
        rcodes = {code: sum(answer.rcode() == code for answer in read) for code in range(6)}
        self.assertEqual((rcodes[1], rcodes[2], rcodes[4]), (0, 0, 0), rcodes)
        self.assertTrue(all(rcodes[code] > 500 for code in (0, 3, 5)), rcodes)
        self.assertGreater(sum(b"of-" in wire for wire in answers.values()), 3000, "explained by a directive")
        self.assertGreater(sum(len(answer.answer) > 1 for answer in read), 300, "chains")
        self.assertGreater(sum(len(wire) > SIZE for wire in answers.values()), 200, "larger than UDP takes")
        self.assertGreater(sum(b"\xc0\x00\x02" in wire for wire in answers.values()), 1000, "addresses from upstream")


class Judge(unittest.TestCase):
    """The comparison finds what it is for."""

    def test_it_sees_differences(self):
        query = dns.message.make_query("www.page.example", "A", use_edns=0)

        def answer(change=lambda reply: None, lines=("1", "2"), ttl=300, options=()):
            reply = dns.message.make_response(query)
            reply.use_edns(0, 0, SIZE, options=[dns.edns.EDEOption(15, "why"), *options])
            if lines:
                addresses = (f"192.0.2.{n}" for n in lines)
                reply.answer.append(dns.rrset.from_text("www.page.example.", ttl, "IN", "A", *addresses))
            change(reply)
            return reply.to_wire()

        def flag(reply):
            reply.flags |= dns.flags.AD

        same = answer()
        self.assertEqual(difference(same, answer()), "")
        self.assertEqual(difference(same, answer(lines=("2", "1"))), "", "order")
        self.assertEqual(difference(same, answer(options=[dns.edns.GenericOption(PADDING, bytes(9))])), "")
        self.assertEqual(difference(same, answer(ttl=299), 1), "")
        for other in (answer(flag), answer(lambda reply: reply.set_rcode(3)), answer(lines=("1",)), answer(lines=()),
                      answer(lines=("1", "3")), answer(ttl=290), answer(lambda reply: reply.use_edns(False)),
                      answer(lambda reply: reply.use_edns(0, 0, SIZE, options=[dns.edns.EDEOption(15, "other")])),
                      answer(options=[dns.edns.GenericOption(3, b"node")])):
            self.assertNotEqual(difference(same, other, 1), "", dns.message.from_wire(other))
        with self.assertRaises(AssertionError):
            difference(same, same + b"x")


if __name__ == "__main__":
    main()
