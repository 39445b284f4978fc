# SPDX-License-Identifier: Apache-2.0
"""Responses of a hostile or broken upstream, and that the right answer which follows is the one in use."""
import socket
import struct
import threading

import dns.flags
import dns.message
import dns.rcode

from harness import SystemTest, addresses, extended_errors, main, records
from upstreams import ScriptedUpstream, answer_with

GOOD, BAD = "192.0.2.1", "192.0.2.66"


def good(query):
    return answer_with(query, f"{query.question[0].name} 60 IN A {GOOD}").to_wire()


def bad(query):
    return bytearray(answer_with(query, f"{query.question[0].name} 60 IN A {BAD}").to_wire())


def question_end(query):
    return 12 + len(query.question[0].name.to_wire()) + 4


def with_bytes(query, at, value):
    wire = bad(query)
    wire[at:at + len(value)] = value
    return bytes(wire)


def other_question(query, name=None, rdtype=None, rdclass=None):
    other = dns.message.make_query(name or query.question[0].name, rdtype or query.question[0].rdtype,
                                   rdclass or query.question[0].rdclass)
    other.id = query.id
    reply = dns.message.make_response(other, recursion_available=True)
    return reply.to_wire()


def raw_record(query, owner, rdlength, rdata, ancount=1):
    head = struct.pack("!HHHHHH", query.id, 0x8180, 1, ancount, 0, 0)
    asked = query.question[0]
    return (head + asked.name.to_wire() + struct.pack("!HH", asked.rdtype, 1) + owner
            + struct.pack("!HHIH", 1, 1, 60, rdlength) + rdata)


def two_opt(query):
    wire = bad(query)
    opt = b"\0" + struct.pack("!HHIH", 41, 1232, 0, 0)
    wire[10:12] = struct.pack("!H", 2)
    return bytes(wire[:question_end(query) + 16]) + opt + opt


def option_past_rdata(query):
    wire = bad(query)
    wire[10:12] = struct.pack("!H", 1)
    return bytes(wire[:question_end(query) + 16]) + b"\0" + struct.pack("!HHIH", 41, 1232, 0, 4) + struct.pack("!HH", 3, 900)


# Responses before the right answer; each must be ignored.
FIRST = {
    "wrong id": lambda q: [with_bytes(q, 0, struct.pack("!H", q.id ^ 0x5555))],
    "60 wrong ids": lambda q: [with_bytes(q, 0, struct.pack("!H", (q.id + 1 + i) & 0xffff)) for i in range(60)],
    "other name": lambda q: [other_question(q, name="other.example")],
    "other type": lambda q: [other_question(q, rdtype="TXT")],
    "class CH": lambda q: [other_question(q, rdclass="CH")],
    "QDCOUNT 0": lambda q: [struct.pack("!HHHHHH", q.id, 0x8180, 0, 1, 0, 0) + bytes(bad(q))[question_end(q):]],
    "QDCOUNT 2": lambda q: [with_bytes(q, 4, b"\0\2")],
    "QR=0": lambda q: [with_bytes(q, 2, b"\1\0")],
    "1 byte": lambda q: [b"\0"],
    "4 bytes": lambda q: [bytes(bad(q))[:4]],
    "12 bytes": lambda q: [bytes(bad(q))[:12]],
    "noise behind our id": lambda q: [struct.pack("!H", q.id) + bytes((i * 89 + 7) & 0xff for i in range(200))],
    "opcode 5": lambda q: [with_bytes(q, 2, b"\xa8\x00")],
    "owner points at itself": lambda q: [raw_record(q, struct.pack("!H", 0xc000 | question_end(q)), 4, b"\xc0\0\2\x42")],
    "RDLENGTH past the end": lambda q: [raw_record(q, b"\xc0\x0c", 400, b"\xc0\0\2\x42")],
    "A of 3 bytes": lambda q: [raw_record(q, b"\xc0\x0c", 3, b"\xc0\0\2")],
    "ANCOUNT 65535": lambda q: [raw_record(q, b"\xc0\x0c", 4, b"\xc0\0\2\x42", ancount=65535)],
    "two OPT": lambda q: [two_opt(q)],
    "option past RDATA": lambda q: [option_past_rdata(q)],
}


class HostileUpstream(SystemTest):
    def resolver_over(self, handler, **settings):
        self.upstream = ScriptedUpstream(self, handler)
        return self.node(upstreams=[self.upstream.where], **settings).start()

    def check_fails(self, answer):
        """It is there, whatever the server does; when, is for tests of the forwarder (unit.upstream)."""
        self.assertRcode(answer, "SERVFAIL")
        self.assertTrue({code for code, _ in extended_errors(answer)} & {22, 23}, answer)

    def test_the_right_answer_that_follows_is_used(self):
        kinds = list(FIRST)

        def handle(query, transport):
            kind = kinds[int(query.question[0].name.labels[0][1:])]
            return (FIRST[kind](query) if transport == "udp" else []) + [good(query)]
        resolver = self.resolver_over(handle)
        for i, kind in enumerate(kinds):
            with self.subTest(kind):
                self.assertEqual(addresses(resolver.ask(f"k{i}.example")), [GOOD])
        status = resolver.cenote_json("status")
        self.assertTrue(status["upstreams"][0]["healthy"], "bad datagrams never mark an upstream down")

    def test_wrong_sender(self):
        other_port = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        other_address = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(other_port.close)
        self.addCleanup(other_address.close)
        other_port.bind(("127.0.0.1", 0))
        other_address.bind(("127.0.0.8", 0))
        upstream = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(upstream.close)
        upstream.bind(("127.0.0.1", 0))

        def serve():
            while True:
                try:
                    wire, peer = upstream.recvfrom(4096)
                except OSError:
                    return
                if not wire:
                    return
                query = dns.message.from_wire(wire)
                for sender in (other_port, other_address):
                    sender.sendto(bytes(bad(query)), peer)
                upstream.sendto(good(query), peer)
        threading.Thread(target=serve, daemon=True).start()
        self.addCleanup(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"", upstream.getsockname()))
        resolver = self.node(upstreams=["127.0.0.1:%d" % upstream.getsockname()[1]]).start()
        for i in range(5):
            self.assertEqual(addresses(resolver.ask(f"n{i}.example")), [GOOD])

    def test_badvers_then_plain(self):
        def handle(query, transport):
            if query.edns >= 0:
                reply = dns.message.make_response(query)
                reply.use_edns(0)
                reply.set_rcode(dns.rcode.BADVERS)
                return reply
            return good(query)
        self.assertEqual(addresses(self.resolver_over(handle).ask("n.example")), [GOOD])

    def test_formerr_then_plain(self):
        def handle(query, transport):
            if query.edns >= 0:
                return struct.pack("!HHHHHH", query.id, 0x8181, 0, 0, 0, 0)
            return good(query)
        self.assertEqual(addresses(self.resolver_over(handle).ask("n.example")), [GOOD])

    def test_upper_case_echo_is_fallen_back_from(self):
        """An upstream that changes the case of QNAME is asked without 0x20 case randomisation, and still used."""
        def handle(query, transport):
            wire = bytearray(good(query))
            end = question_end(query) - 4
            wire[12:end] = bytes(wire[12:end]).upper()
            return bytes(wire)
        resolver = self.resolver_over(handle)
        self.assertEqual(addresses(resolver.ask("spelled.example")), [GOOD])

    def test_truncated(self):
        def handle(query, transport):
            if transport == "udp":
                wire = bad(query)
                wire[2] |= 0x02
                return bytes(wire)
            return good(query)
        resolver = self.resolver_over(handle)
        self.assertEqual(addresses(resolver.ask("n.example")), [GOOD])

    def truncated_then(self, over_tcp):
        def handle(query, transport):
            if transport == "udp":
                reply = dns.message.make_response(query)
                reply.flags |= dns.flags.TC
                return reply
            return over_tcp(query)
        return self.resolver_over(handle)

    def test_truncated_and_tcp_silent(self):
        self.check_fails(self.truncated_then(lambda query: None).ask("n.example"))

    def test_truncated_and_tcp_truncated(self):
        def over_tcp(query):
            wire = bad(query)
            wire[2] |= 0x02
            return bytes(wire)
        answer = self.truncated_then(over_tcp).ask("n.example")
        self.assertRcode(answer, "SERVFAIL")
        self.assertNotIn(BAD, addresses(answer))

    def test_truncated_and_tcp_first_wrong_id(self):
        answer = self.truncated_then(lambda query: [with_bytes(query, 0, struct.pack("!H", query.id ^ 1)), good(query)]
                                     ).ask("n.example")
        self.assertEqual(addresses(answer), [GOOD])

    def test_three_thousand_records_over_tcp(self):
        asked = dns.message.make_query("n.example", "A")  # made ahead of time: it takes longer than the client waits
        wire = answer_with(asked, *(f"n.example. 60 IN A 10.{i >> 8}.{i & 255}.1" for i in range(3000))).to_wire(max_size=65535)

        def over_tcp(query):
            name = query.question[0].name.to_wire()
            return struct.pack("!H", query.id) + wire[2:12] + name + wire[12 + len(name):]
        answer = self.truncated_then(over_tcp).ask("n.example", tcp=True)
        self.assertEqual(len(addresses(answer)), 3000)

    def test_bytes_after_the_message(self):
        resolver = self.resolver_over(lambda query, transport: good(query) + b"\xee" * 40)
        answer = resolver.ask("n.example")
        if answer.rcode() == dns.rcode.NOERROR:
            self.assertEqual(addresses(answer), [GOOD])
        else:
            self.assertRcode(answer, "SERVFAIL")

    def test_unknown_rcode(self):
        resolver = self.resolver_over(lambda query, transport: answer_with(query, rcode=11))
        self.assertRcode(resolver.ask("n.example"), "SERVFAIL")

    def test_unrelated_records_are_stripped(self):
        def handle(query, transport):
            name = query.question[0].name
            if name.to_text().lower().startswith("n."):
                return answer_with(query, f"{name} 60 IN A {GOOD}", f"victim.example. 60 IN A {BAD}",
                                   authority=(f"victim2.example. 60 IN A {BAD}",))
            return answer_with(query, f"{name} 60 IN A 192.0.2.2")
        resolver = self.resolver_over(handle)
        for _ in range(2):
            answer = resolver.ask("n.example")
            self.assertEqual((records(answer), records(answer, "authority")), ([f"A {GOOD}"], []))
        for name in ("victim.example", "victim2.example"):
            self.assertEqual(addresses(resolver.ask(name)), ["192.0.2.2"])
            self.assertGreaterEqual(self.upstream.count(name), 1)

    def test_alias_targets_are_not_answers_of_their_own(self):
        def handle(query, transport):
            name = query.question[0].name
            if name.to_text().lower().startswith("alias."):
                return answer_with(query, f"{name} 60 IN CNAME victim3.example.", f"victim3.example. 60 IN A {BAD}")
            return answer_with(query, f"{name} 60 IN A {GOOD}")
        resolver = self.resolver_over(handle)
        self.assertEqual(addresses(resolver.ask("alias.example")), [BAD])
        self.assertEqual(addresses(resolver.ask("victim3.example")), [GOOD])

    def test_alias_to_itself(self):
        def handle(query, transport):
            name = query.question[0].name
            return answer_with(query, f"{name} 60 IN CNAME {name}")
        self.assertRcode(self.resolver_over(handle).ask("loop.example"), "SERVFAIL")

    def test_what_an_answer_reveals_is_judged(self):
        def handle(query, transport):
            name, first = query.question[0].name, query.question[0].name.labels[0].lower()
            if first == b"alias":
                return answer_with(query, f"{name} 60 IN CNAME chat.alpha-ai.example.",
                                   f"chat.alpha-ai.example. 60 IN A {GOOD}")
            return answer_with(query, f"{name} 60 IN HTTPS 0 chat.alpha-ai.example.")
        resolver = self.resolver_over(handle)
        for _ in range(2):
            answer = resolver.ask("alias.example")
            self.assertEqual(addresses(answer), ["0.0.0.0"])
            self.assertEqual(extended_errors(answer)[0][0], 15)
            answer = resolver.ask("svc.example", "HTTPS")
            self.assertEqual(records(answer), [])
            self.assertEqual(extended_errors(answer)[0][0], 15)

    def test_no_more_than_four_packets_a_question(self):
        resolver = self.resolver_over(lambda query, transport: None)
        self.check_fails(resolver.ask("n.example"))
        self.assertLessEqual(self.upstream.count("n.example"), 4)


if __name__ == "__main__":
    main()
