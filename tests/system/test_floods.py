# SPDX-License-Identifier: Apache-2.0
"""Floods: clients over [limits].rate, random names below one name, and clients that take every place."""
import os
import select
import socket
import threading
import time

import dns.edns
import dns.flags
import dns.message
import dns.rcode

from daemon import eventually
from harness import SystemTest, addresses, control_call, extended_errors, framed, main, read_message
from upstreams import answer_with

CLIENT_COOKIE = bytes(range(8))
SINKHOLED = "chat.alpha-ai.example"


def query_of(name, rdtype="A", **options):
    options.setdefault("use_edns", 0)
    return dns.message.make_query(name, rdtype, **options)


def cookie(data):
    return dns.edns.GenericOption(dns.edns.OptionType.COOKIE, data)


def cookie_of(answer):
    return next(option.data for option in answer.options if option.otype == dns.edns.OptionType.COOKIE)


class QuietUpstream:
    """Answers each name with an address, but for names with a label of `silent`, and for those of `held` until release();
    one thread, because a flood may ask for thousands of names."""

    def __init__(self, test, silent=(), held=()):
        self.silent, self.held = set(silent), set(held)
        self.names = set()
        self.waiting = []
        self.lock = threading.Lock()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.socket.bind(("127.0.0.1", 0))
        self.where = "%s:%d" % self.socket.getsockname()
        test.addCleanup(self.socket.close)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                wire, peer = self.socket.recvfrom(4096)
            except OSError:
                return
            labels, at = [], 12
            while at < len(wire) and wire[at] != 0:
                labels.append(wire[at + 1:at + 1 + wire[at]].decode().lower())
                at += 1 + wire[at]
            if not labels:  # a probe
                continue
            with self.lock:
                self.names.add(".".join(labels))
                if self.silent.intersection(labels):
                    continue
                if self.held.intersection(labels):
                    self.waiting.append((wire, peer))
                    continue
            self.answer(wire, peer)

    def answer(self, wire, peer):
        query = dns.message.from_wire(wire)
        reply = answer_with(query, f"{query.question[0].name} 300 IN A 192.0.2.1")
        try:
            self.socket.sendto(reply.to_wire(), peer)
        except OSError:
            pass

    def release(self):
        with self.lock:
            self.held, waiting = set(), self.waiting
        for wire, peer in waiting:
            self.answer(wire, peer)

    def asked(self, ending):
        with self.lock:
            return sum(name.endswith(ending) for name in self.names)


def packet_of(name):
    """A query for an address, made fast."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return b"\0\7\1\0\0\1\0\0\0\0\0\0" + labels + b"\0\0\1\0\1"


class Flood:
    """Sends queries from many client addresses, and reads what comes back. It waits for a local answer now and then, so
    that no datagram is lost on a slow machine."""

    AT_ONCE = 200  # fit into the buffer of a socket

    def __init__(self, node, clients):
        self.sockets = [node.udp(source) for source in clients]
        self.counter = node.udp("127.0.0.250")  # of a client that nobody floods with
        self.local = query_of("localhost").to_wire()
        self.sent = 0
        self.servfail = 0

    def send(self, names):
        for packet in [packet_of(name) for name in names]:
            self.sockets[self.sent % len(self.sockets)].send(packet)
            self.sent += 1
            if self.sent % self.AT_ONCE == 0:
                self.settle()

    def settle(self):
        """Everything that was sent is with the resolver."""
        self.counter.send(self.local)
        self.counter.recv(4096)
        for client in self.sockets:
            client.setblocking(False)
            try:
                while True:
                    self.servfail += client.recv(4096)[3] & 0xf == dns.rcode.SERVFAIL
            except BlockingIOError:
                pass
            client.setblocking(True)


class Rate(SystemTest):
    RATE = 5
    BURST = 4 * RATE
    NOTICES = 8 * RATE

    def limited(self, more="", **settings):
        return self.node(extra=f"[limits]\nrate = {self.RATE}\n{more}", **settings).start()

    @staticmethod
    def processed(node):
        """The number of queries over UDP that were answered or refused."""
        counters = control_call(node, "stats")["data"]["counters"]
        return counters["queries_udp"] + counters["rate_limited"]

    @staticmethod
    def unanswered(node):
        return control_call(node, "stats")["data"]["counters"]["rate_unanswered"]

    def flood(self, node, count, source="127.0.0.1", sockets=1, query=None):
        """The replies to that many equal queries over UDP, and the seconds that it took."""
        wire = (query or query_of(SINKHOLED)).to_wire()
        clients = [node.udp(source) for _ in range(sockets)]
        before, silent = self.processed(node), self.unanswered(node)
        replies = []

        def arrived(sent):
            """All are processed, and the replies that were counted are here: a worker sends after it has counted."""
            while ready := select.select(clients, [], [], 0)[0]:
                replies.extend(dns.message.from_wire(client.recv(4096)) for client in ready)
            return (self.processed(node) - before >= sent and
                    len(replies) >= sent - (self.unanswered(node) - silent))
        begin = time.monotonic()
        for i in range(count):
            clients[i % sockets].send(wire)
            if i % 50 == 49 or i == count - 1:  # so that none is lost on a slow machine
                eventually(lambda sent=i + 1: arrived(sent), "all are processed, and all replies are here")
        return replies, time.monotonic() - begin

    def use_up(self, node, source="127.0.0.1"):
        """Asks until the first truncated answer."""
        client = node.udp(source)
        for _ in range(100_000):
            client.send(query_of(SINKHOLED).to_wire())
            if dns.message.from_wire(client.recv(4096)).flags & dns.flags.TC:
                return
        raise AssertionError("there is no limit")

    def test_a_burst_then_truncation_then_silence(self):
        """One limit for two workers, over which the ports of a client are spread."""
        node = self.limited(workers=2)
        count = 400
        replies, seconds = self.flood(node, count, sockets=20)
        answered = [reply for reply in replies if not reply.flags & dns.flags.TC]
        truncated = [reply for reply in replies if reply.flags & dns.flags.TC]
        self.assertGreaterEqual(len(answered), self.BURST)
        self.assertLessEqual(len(answered), self.BURST + self.RATE * seconds + 1)
        self.assertGreaterEqual(len(truncated), min(self.NOTICES, count - len(answered)))
        self.assertLessEqual(len(truncated), self.NOTICES + 8 * self.RATE * seconds + 1)
        for reply in answered:
            self.assertEqual(addresses(reply), ["0.0.0.0"])
        for reply in truncated:
            self.assertRcode(reply, "NOERROR")
            self.assertEqual((reply.answer, reply.authority, reply.additional, reply.options), ([], [], [], ()))
            self.assertLessEqual(len(reply.to_wire()), len(query_of(SINKHOLED).to_wire()))
        rejected = node.metric('cenote_rejected_total{reason="rate"}')
        self.assertEqual(node.metric('cenote_queries_total{transport="udp"}') + rejected, count)
        self.assertEqual(node.metric("cenote_rate_unanswered_total"), rejected - len(truncated))
        eventually(lambda: "over [limits].rate of their client" in node.cenote_ok("status"), "the notice")
        self.assertEqual(node.cenote("status", "--check").returncode, 0, "it is a notice")

    def test_real_clients_come_back_by_tcp(self):
        node = self.limited()
        self.use_up(node)
        text = node.dig(SINKHOLED)  # between two queries of the rate, at the slowest
        self.assertIn("0.0.0.0", text)
        for _ in range(3):
            self.use_up(node)
            self.assertEqual(addresses(node.ask(SINKHOLED, tcp=True)), ["0.0.0.0"])

    def test_dig_says_that_it_retries(self):
        """rate = 1: the second query within a second is truncated, or else the machine is so slow that it is not."""
        node = self.node(extra="[limits]\nrate = 1\n").start()
        for _ in range(100):
            self.use_up(node)
            text = node.dig(SINKHOLED)
            self.assertIn("0.0.0.0", text)
            if "Truncated, retrying in TCP mode" in text:
                return
        self.fail("dig was never sent to TCP")

    def test_a_cookie_shows_who_it_is(self):
        node = self.limited()
        self.use_up(node)
        client = node.udp()
        first = query_of(SINKHOLED, options=[cookie(CLIENT_COOKIE)])
        learned = None
        for _ in range(1000):
            client.send(first.to_wire())
            reply = dns.message.from_wire(client.recv(4096))
            if reply.flags & dns.flags.TC:
                learned = cookie_of(reply)
                break
        self.assertIsNotNone(learned, "a truncated answer brings a cookie as well")
        self.assertEqual(len(learned), 24)
        self.flood(node, 300)  # whoever forges the address
        answer = node.send(query_of(SINKHOLED, options=[cookie(learned)]))
        self.assertEqual(addresses(answer), ["0.0.0.0"])
        self.assertFalse(answer.flags & dns.flags.TC)

    def test_over_tcp_too_many_are_refused(self):
        node = self.limited()
        count = 300
        stream = node.tcp()
        begin = time.monotonic()
        threading.Thread(target=lambda: stream.sendall(framed(query_of(SINKHOLED).to_wire()) * count)).start()
        replies = [read_message(stream) for _ in range(count)]  # none is lost
        seconds = time.monotonic() - begin
        refused = [reply for reply in replies if reply.rcode() == dns.rcode.REFUSED]
        served = len(replies) - len(refused)
        self.assertGreaterEqual(served, self.BURST)
        self.assertLessEqual(served, self.BURST + self.RATE * seconds + 1)
        for reply in refused:
            self.assertEqual(extended_errors(reply), [(31, "too many queries a second")])
            self.assertFalse(reply.flags & dns.flags.TC)

    def test_others_are_served_and_a_prefix_is_one_client(self):
        node = self.limited("rate_prefix4 = 24\n")
        begin = time.monotonic()
        replies, _ = self.flood(node, 300)
        self.assertEqual(addresses(node.ask(SINKHOLED, source="127.0.1.1")), ["0.0.0.0"])
        replies += self.flood(node, 300, source="127.0.0.77")[0]  # of the same /24
        self.assertLessEqual(sum(not r.flags & dns.flags.TC for r in replies),
                             self.BURST + self.RATE * (time.monotonic() - begin) + 1)

    def test_a_reload_changes_it(self):
        node = self.node().start()
        replies, _ = self.flood(node, 200)
        self.assertEqual(sum(bool(r.flags & dns.flags.TC) for r in replies), 0)
        node.write_config(extra="[limits]\nrate = 1\n")
        node.cenote_ok("reload")
        replies, seconds = self.flood(node, 200)
        self.assertLessEqual(sum(not r.flags & dns.flags.TC for r in replies), 4 + seconds + 1)
        node.write_config(extra="")
        node.cenote_ok("reload")
        replies, _ = self.flood(node, 200)
        self.assertEqual(len(replies), 200)
        node.write_config(extra="[limits]\nrate = \"many\"\n")
        self.assertRegex(node.cenote("reload").stderr, r"cenote\.toml:\d+:8: 'rate'")


class RandomNames(SystemTest):
    """Many clients ask for random names below one name, whose servers answer nothing."""

    CLIENTS = [f"127.0.2.{i}" for i in range(1, 41)]

    def test_others_are_served(self):
        upstream = QuietUpstream(self, silent=["victim"])
        node = self.node(upstreams=[upstream.where]).start()
        self.assertEqual(addresses(node.ask("cached.example")), ["192.0.2.1"])
        flood = Flood(node, self.CLIENTS)
        of_answers = self.cost_of_answers(node, flood, upstream)
        memory, sent = node.daemon.memory(), flood.sent
        cpu, begin = node.daemon.cpu_seconds(), time.monotonic()
        flood.send(f"r{k}.victim.example" for k in range(3000))
        for i in range(20):
            flood.send(f"s{i}-{k}.victim.example" for k in range(50))
            for name, address in (("cached.example", "192.0.2.1"), (SINKHOLED, "0.0.0.0"),
                                  (f"n{i}.other.example", "192.0.2.1"), (f"n{i}.zone.co.example", "192.0.2.1")):
                self.assertEqual(addresses(node.ask(name, source="127.0.3.1")), [address], name)
        flood.settle()
        seconds = time.monotonic() - begin
        used = (node.daemon.cpu_seconds() - cpu) / (flood.sent - sent)
        print(f"{flood.sent - sent} names in {seconds:.1f} s, {used * 1e6:.0f} us of CPU each, {of_answers * 1e6:.0f} us where "
              "there is an answer", flush=True)
        if not os.environ.get("CENOTE_SANITIZE"):  # what is cached waits for those that came just before it
            self.assertLess(used, 10 * of_answers, "the work for a name does not grow with the names that wait")
            self.assertLess(node.daemon.memory() - memory, 96 * 1024, "KiB")
        eventually(lambda: node.metric("cenote_upstream_zone_full_total") > 0, "they are counted")
        self.assertGreater(flood.servfail, 0)
        # A place is taken for 2.45 s, so that the next thousand may be asked after that time.
        self.assertLessEqual(upstream.asked(".victim.example"), 1024 * (1 + seconds // 2.4))
        self.assertEqual(node.metric("cenote_upstream_overloaded_total"), 0, "no query had to give way")
        eventually(lambda: "clients reach limits" in node.cenote_ok("status"), "the notice")
        upstream.silent = set()
        eventually(lambda: addresses(node.ask("www.victim.example")) == ["192.0.2.1"], "the places are free again")

    @staticmethod
    def cost_of_answers(node, flood, upstream, count=800):
        """Seconds of CPU for a name that upstream answers: fewer than a zone may have under way."""
        cpu = node.daemon.cpu_seconds()
        flood.send(f"p{k}.plain.example" for k in range(count))
        flood.settle()
        eventually(lambda: upstream.asked(".plain.example") >= count, "all were asked upstream")
        return max(node.daemon.cpu_seconds() - cpu, 0.02) / count

    def test_a_zone_below_a_public_suffix_has_a_limit_of_its_own(self):
        upstream = QuietUpstream(self, silent=["victim"])
        node = self.node(upstreams=[upstream.where]).start()
        flood = Flood(node, self.CLIENTS)
        begin = time.monotonic()
        flood.send(f"r{k}.victim.co.example" for k in range(2000))
        self.assertEqual(addresses(node.ask("www.neighbour.co.example", source="127.0.3.1")), ["192.0.2.1"])
        self.assertLessEqual(upstream.asked(".victim.co.example"), 256 * (1 + (time.monotonic() - begin) // 2.4))
        eventually(lambda: node.metric("cenote_upstream_zone_full_total") > 0, "a report of the worker")


class Shares(SystemTest):
    """Ten clients ask for whatever they can, of many zones, and get no answer. Another asks for little."""

    ROUNDS = 6

    def test_what_a_patient_client_waits_for_gives_way_to_nobody(self):
        """All has to happen before its queries time out; a slow machine gets several rounds."""
        for number in range(self.ROUNDS):
            upstream = QuietUpstream(self, silent=["silent"], held=["held"])
            node = self.node(upstreams=[upstream.where]).start()
            greedy = Flood(node, [f"127.0.2.{i}" for i in range(1, 11)])
            patient = node.udp("127.0.3.1")
            names = [f"n.silent.zone{k}.tld{k % 50}" for k in range(4500)]
            begin = time.monotonic()
            for i in range(20):
                patient.send(packet_of(f"n{i}.held.example{i}"))
            eventually(lambda: upstream.asked("") >= 20, "its queries")
            greedy.send(names)
            upstream.release()
            answers = [dns.message.from_wire(patient.recv(4096)) for _ in range(20)]
            seconds = time.monotonic() - begin
            print(f"{len(names)} names in {seconds:.1f} s", flush=True)
            if seconds < 2:
                self.assertEqual([addresses(answer) for answer in answers], [["192.0.2.1"]] * 20)
                break
            node.stop()
        else:
            self.skipTest("this machine is too slow for 4,500 queries within two seconds")
        self.assertEqual(node.metric("cenote_upstream_overloaded_total"), 0)
        eventually(lambda: node.metric("cenote_pending_per_client_overflow_total") > 0, "greedy clients had no place")

    def test_a_client_that_begins_to_ask_finds_places(self):
        upstream = QuietUpstream(self, silent=["silent"])
        node = self.node(upstreams=[upstream.where]).start()
        greedy = Flood(node, [f"127.0.2.{i}" for i in range(1, 11)])
        for i in range(30):
            greedy.send(f"m{i}.silent.zone{k}.tld{k % 50}" for k in range(400))
            self.assertEqual(addresses(node.ask(f"m{i}.open.example", source="127.0.3.1")), ["192.0.2.1"])
        self.assertEqual(node.metric("cenote_upstream_overloaded_total"), 0)


if __name__ == "__main__":
    main()
