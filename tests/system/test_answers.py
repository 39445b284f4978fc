# SPDX-License-Identifier: Apache-2.0
"""The content of answers: local chains and wildcards, which parts of an answer are judged, stale data that was
superseded, and late answers that are sent over time."""
import socket
import struct
import threading
import time

import dns.message

from daemon import PATIENCE, eventually
from harness import RESTRICT_ALPHA, SystemTest, addresses, main, records
from upstreams import ScriptedUpstream, answer_with

SO_TIMESTAMPNS = 35  # asm-generic/socket.h; Debian 12's Python has no name for it

EXTRA = """
protect = ["agency.example"]
[[local]]
name  = "www.corp.example"
type  = "CNAME"
value = "web.corp.example."
[[local]]
name  = "web.corp.example"
type  = "CNAME"
value = "edge.example."
[[local]]
name  = "host.corp.example"
type  = "A"
value = "10.0.0.10"
[[local]]
name  = "*.apps.corp.example"
type  = "CNAME"
value = "host.corp.example."
[[local]]
name  = "db.test.apps.corp.example"
type  = "A"
value = "10.0.0.11"
"""
CLOSED_ADDRESSES = """
[[directive]]
id      = "test-2"
targets = ["address:198.51.100.0/24"]
step    = "restrict"
"""
ANSWERS = {
    "edge.example": ["edge.example 60 IN A 192.0.2.1"],
    "to-local.example": ["to-local.example 60 IN CNAME host.corp.example.",
                         "host.corp.example 60 IN A 192.0.2.66"],
    "www.old.example": ["old.example 60 IN DNAME new.example.", "www.new.example 60 IN A 192.0.2.2"],
    "www.agency.example": ["www.agency.example 60 IN CNAME chat.alpha-ai.example.",
                           "chat.alpha-ai.example 60 IN A 198.51.100.7"],
    "through.example": ["through.example 60 IN CNAME www.agency.example.",
                        "www.agency.example 60 IN CNAME chat.alpha-ai.example.",
                        "chat.alpha-ai.example 60 IN A 198.51.100.7"],
    "leak.example": ["leak.example 60 IN CNAME chat.alpha-ai.example.", "chat.alpha-ai.example 60 IN A 192.0.2.3"],
    "nat64.example": ["nat64.example 60 IN AAAA 64:ff9b::198.51.100.7"],
    "mapped.example": ["mapped.example 60 IN AAAA ::ffff:198.51.100.7"],
    "hint.example": ["hint.example 60 IN HTTPS 1 . ipv4hint=198.51.100.7"],
    "plain.example": ["plain.example 60 IN HTTPS 1 . ipv4hint=192.0.2.4"],
    "signed.example": ["signed.example 60 IN A 192.0.2.5",
                       "signed.example 60 IN RRSIG A 8 2 60 20300101000000 20260101000000 1 example. AAAA"],
}


def name_of(query):
    return query.question[0].name.to_text(omit_final_dot=True).lower()


class Answers(SystemTest):
    def setUp(self):
        super().setUp()
        self.upstream = ScriptedUpstream(self, lambda query, _: answer_with(query, *ANSWERS[name_of(query)]))
        self.resolver = self.node(upstreams=[self.upstream.where], extra=EXTRA,
                                  directives=RESTRICT_ALPHA + CLOSED_ADDRESSES).start()

    def ask_twice(self, name, rdtype="A"):
        """Fresh and from the cache it is the same."""
        first = self.resolver.ask(name, rdtype)
        self.assertEqual(records(self.resolver.ask(name, rdtype)), records(first))
        return records(first)

    def test_chains_and_wildcards(self):
        self.assertEqual(self.ask_twice("www.corp.example"),
                         ["A 192.0.2.1", "CNAME edge.example.", "CNAME web.corp.example."])
        self.assertEqual(self.ask_twice("to-local.example"), ["A 10.0.0.10", "CNAME host.corp.example."])
        self.assertEqual(self.ask_twice("a.b.apps.corp.example"), ["A 10.0.0.10", "CNAME host.corp.example."])
        self.assertEqual(self.ask_twice("db.test.apps.corp.example"), ["A 10.0.0.11"])
        empty = self.resolver.ask("test.apps.corp.example")  # an empty non-terminal (RFC 4592 §2.2.2)
        self.assertRcode(empty, "NOERROR")
        self.assertEqual(records(empty), [])
        self.assertEqual(self.resolver.cenote_json("explain", "a.b.apps.corp.example")["verdict"], "local")

    def test_a_dname_alone(self):
        self.assertEqual(self.ask_twice("www.old.example"),
                         ["A 192.0.2.2", "CNAME www.new.example.", "DNAME new.example."])

    def test_signatures_go_to_clients_that_set_do(self):
        """RFC 4035 §3.2.1, with an upstream that sends signatures whether or not DO is set."""
        self.assertEqual(self.ask_twice("signed.example"), ["A 192.0.2.5"])
        for _ in range(2):  # fresh, then cached
            reply = self.resolver.ask("signed.example", want_dnssec=True)
            self.assertEqual([r.split()[0] for r in records(reply)], ["A", "RRSIG"])

    def test_the_check_ends_at_a_protected_name(self):
        for name in ("www.agency.example", "through.example"):
            self.assertIn("A 198.51.100.7", self.ask_twice(name))
            self.assertEqual(self.resolver.cenote_json("explain", name)["verdict"], "forward")
        self.assertEqual(self.ask_twice("leak.example"), ["A 0.0.0.0"])

    def test_every_form_of_an_address_is_judged(self):
        for name, rdtype, expected in (("nat64.example", "AAAA", ["AAAA ::"]), ("mapped.example", "AAAA", ["AAAA ::"]),
                                       ("hint.example", "HTTPS", []),
                                       ("plain.example", "HTTPS", ['HTTPS 1 . ipv4hint="192.0.2.4"'])):
            self.assertEqual(self.ask_twice(name, rdtype), expected, name)


class Superseded(SystemTest):
    def test_an_answer_that_was_superseded_is_not_served_stale(self):
        """RFC 8767 §4, with a newer answer that may not be kept."""
        ttl = {"now": 1}
        silent = threading.Event()

        def handle(query, _):
            return None if silent.is_set() else answer_with(query, f"short.example {ttl['now']} IN A 192.0.2.1")

        upstream = ScriptedUpstream(self, handle)
        resolver = self.node(upstreams=[upstream.where]).start()
        self.assertEqual(addresses(resolver.ask("short.example")), ["192.0.2.1"])
        ttl["now"] = 0
        eventually(lambda: resolver.ask("short.example").answer[0].ttl == 0, "the newer answer")
        silent.set()
        self.assertRcode(resolver.ask("short.example"), "SERVFAIL")


class Paced(SystemTest):
    def test_held_answers_leave_over_time(self):
        """CVE-2024-33655: late answers to one address are not sent in one pulse."""
        count, held_s = 400, 0.7
        upstream = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(upstream.close)
        upstream.bind(("127.0.0.1", 0))
        resolver = self.node(upstreams=["%s:%d" % upstream.getsockname()]).start()
        text = "x" * 250
        answered_from = []  # the wall clock before upstream sends its first answer
        threading.Thread(target=self.answer_all_at_once, args=(upstream, count, held_s, text, answered_from),
                         daemon=True).start()

        client = resolver.udp()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        client.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        client.settimeout(30)  # until those that are missing are taken for dropped
        for i in range(count):
            client.send(dns.message.make_query(f"n{i}.example", "TXT", use_edns=0, payload=1232).to_wire())
        arrived = []  # (time of arrival in the kernel, bytes)
        while len(arrived) < count:
            try:
                data, control, _, _ = client.recvmsg(65535, 256)
            except TimeoutError:  # the kernel may have dropped some
                break
            seconds, nanoseconds = struct.unpack("qq", control[0][2][:16])
            arrived.append((seconds + nanoseconds / 1e9, len(data)))
        self.assertGreater(sum(size for _, size in arrived), 4 * 65536)
        # Counted from the moment before upstream answers: a busy machine only makes replies later, never earlier.
        total = 0
        for number, (at, size) in enumerate(arrived):
            total += size
            self.assertLessEqual(total, 65536 + 65536 / 0.020 * (at - answered_from[0]), f"up to number {number}")
        self.assertEqual(addresses(resolver.ask("chat.alpha-ai.example")), ["0.0.0.0"])

    @staticmethod
    def answer_all_at_once(upstream, count, held_s, text, answered_from):
        """Reads until all queries are there and the first is old, then answers each."""
        waiting, first = {}, None
        try:
            while len(waiting) < count or time.monotonic() - first < held_s:
                upstream.settimeout(0.05 if waiting else PATIENCE)
                try:
                    wire, peer = upstream.recvfrom(4096)
                except TimeoutError:
                    continue
                first = first or time.monotonic()
                waiting[dns.message.from_wire(wire).question[0].name.to_text().lower()] = (wire, peer)
                if first and time.monotonic() - first > 2 * held_s:
                    break
            answered_from.append(time.time())
            for wire, peer in waiting.values():
                query = dns.message.from_wire(wire)
                name = query.question[0].name
                reply = answer_with(query, *[f"{name} 60 IN TXT \"{i}{text}\"" for i in range(4)])
                upstream.sendto(reply.to_wire(max_size=65535), peer)
        except OSError:
            return


if __name__ == "__main__":
    main()
