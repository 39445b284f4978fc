# SPDX-License-Identifier: Apache-2.0
"""The steady load of the soak: clients over each transport, and the judgement of each answer."""
import base64
import collections
import random
import selectors
import socket
import ssl
import struct
import subprocess
import threading
import time
import urllib.parse

import dns.exception
import dns.message

import world as places
from expectations import CLOSED, FAILED, OPEN, verdict_of
from h2_client import Client as HttpClient
from harness import framed, read_exactly

LOST = 10.0  # seconds without an answer
LATE = 3.0   # the resolver answers within 2.5 s, whatever upstream does
SO_TIMESTAMPNS = getattr(socket, "SO_TIMESTAMPNS", 35)
TOP = 20     # of faults that are described; all are counted


class Query:
    def __init__(self, name, rdtype, rule, client, server, transport):
        self.name, self.rdtype, self.rule = name, rdtype, rule
        self.client, self.server, self.transport = client, server, transport
        self.message = dns.message.make_query(name, rdtype, use_edns=0)
        self.sent = self.sent_wall = 0.0
        self.tried = 0

    def mark(self):
        self.sent, self.sent_wall = time.monotonic(), time.time()

    def __str__(self):
        return f"{self.name} {self.rdtype} from {self.client} to {self.server} over {self.transport}"


class Questions:
    """Draws queries from a seed: names of each rule, for the client that asks."""

    def __init__(self, world, seed):
        self.rules, self.rng = world.rules, random.Random(seed)
        self.number = self.rng.randrange(1 << 40)

    def draw(self, client, server, transport):
        kind = self.rng.choices(("open", "wild", "closed", "changing"), (30, 8, 22, 40))[0]
        rdtype = "A"
        if kind == "open":
            name, rule = f"h{self.rng.randrange(places.HOSTS)}.open.example", "open"
        elif kind == "wild":
            self.number += 1
            name, rule = f"w{self.number}.wild.example", "open"
        elif kind == "closed":
            name, rule = self.rng.choice([("chat.alpha-ai.example", "alpha"), ("api.alpha-ai.example", "alpha"),
                                          (f"n{self.rng.randrange(places.LISTED - 5)}.bad.example", "listed"),
                                          ("x.zoned.example", "zoned"), ("a.gamma.example", "gamma"),
                                          (f"a{self.rng.randrange(50)}.alias.example", "alias"), ("lab.example", "lab")])
            if rule == "alpha":
                rdtype = self.rng.choice(("A", "A", "AAAA"))
        else:
            rule = self.rng.choice(("beta", "gamma", "timed", "web", "nation", "file", "toggle0", "toggle1", "toggle2", "planned"))
            name = {"beta": "beta-ai.example", "web": f"n{places.LISTED - self.rng.randrange(1, 6)}.bad.example"}.get(
                rule, f"{rule}.example")
        if rule == "gamma" and client != places.EXCEPTED:
            rule = "alpha"  # the exception is for one client: for all others it stays sinkholed
        if rule == "lab" and client != places.IN_LAB:
            rule = "open"
        return Query(name, rdtype, self.rules[rule], client, server, transport)


class Tally:
    """What has become of the queries. Any thread."""

    def __init__(self, world):
        self.gaps, self.drops, self.lock = world.gaps, world.drops, threading.Lock()
        self.counts = collections.Counter()       # (transport, outcome)
        self.seconds = collections.defaultdict(list)
        self.faults = collections.defaultdict(list)  # kind: descriptions
        self.excused = collections.Counter()      # (outcome, reason)
        self.muted = False                        # while the control of the checker runs
        self.unseen = 0

    def count(self, query, outcome, text=""):
        with self.lock:
            self.counts[query.transport, outcome] += 1
            if text:
                self.faults[outcome].append(text)

    def answered(self, query, reply, waited=None):
        now = time.monotonic()
        waited = now - query.sent if waited is None else waited
        verdict = verdict_of(reply, places.truth(query.name))
        allowed = query.rule.allowed(query.sent, now)
        self.seconds[query.transport].append(waited)
        if waited > LATE:
            reason = self.gaps.reason(query, query.sent, now, "lost")
            if reason:
                with self.lock:
                    self.excused["late", reason] += 1
            else:
                at = time.strftime("%H:%M:%S", time.localtime(query.sent_wall))
                self.count(query, "late", f"{at} {query}: after {waited:.1f} s, {verdict}")
        if verdict in allowed or (query.rdtype != "A" and verdict == CLOSED and CLOSED in allowed):
            return self.count(query, "right")
        if verdict == FAILED and (OPEN in allowed or query.rule.name == "alias"):
            reason = self.gaps.reason(query, query.sent, now, "failed")
            if reason:
                with self.lock:
                    self.excused["failed", reason] += 1
                return self.count(query, "failed while upstream did")
            return self.count(query, "failed", f"{query}: SERVFAIL, {[option.to_text() for option in reply.options]}")
        if self.muted:
            self.unseen += 1
            return None
        return self.count(query, "wrong", f"{time.strftime('%H:%M:%S')} {query}: {verdict}, allowed is {sorted(allowed)}")

    def missing(self, query):
        reason = self.gaps.reason(query, query.sent, query.sent + LOST, "lost")
        if not reason and query.transport in ("udp", "dig") and self.drops.between(query.sent, query.sent + LATE):
            reason = "a socket was full"
        if reason:
            with self.lock:
                self.excused["lost", reason] += 1
            return self.count(query, "lost in a gap")
        at = time.strftime("%H:%M:%S", time.localtime(query.sent_wall))
        return self.count(query, "lost", f"{at} {query}")

    def total(self, outcome):
        with self.lock:
            return sum(count for (_, what), count in self.counts.items() if what == outcome)


class UdpLoad(threading.Thread):
    """Sends at a steady rate from several addresses, and reads the time of each answer's arrival from the kernel."""

    LANES = [(places.CLIENTS[0], places.FIRST), (places.CLIENTS[1], places.FIRST), (places.CLIENTS[2], places.SECOND),
             (places.EXCEPTED, places.FIRST), (places.IN_LAB, places.FIRST), (places.SIXTH, places.THIRD)]

    def __init__(self, world, tally, rate, seed):
        super().__init__(daemon=True)
        self.world, self.tally, self.rate = world, tally, rate
        self.questions, self.ended = Questions(world, f"{seed} udp"), threading.Event()
        self.waiting = {}

    def run(self):
        with self.world.clients.inside():
            lanes, selector = [], selectors.DefaultSelector()
            for client, server in self.LANES:
                lane = socket.socket(socket.AF_INET6 if ":" in client else socket.AF_INET, socket.SOCK_DGRAM)
                lane.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
                lane.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
                lane.bind((client, 0))
                lane.setblocking(False)
                selector.register(lane, selectors.EVENT_READ, (client, server))
                lanes.append((lane, client, server))
        next_send, next_sweep = time.monotonic(), time.monotonic() + 1
        while not self.ended.is_set() or self.waiting:
            now = time.monotonic()
            if not self.ended.is_set() and now >= next_send:
                next_send = max(next_send + 1 / self.rate, now - 0.1)
                self.send(*lanes[self.questions.rng.randrange(len(lanes))])
            for key, _ in selector.select(max(0.0, min(next_send, next_sweep) - time.monotonic())):
                self.receive(key.fileobj)
            if now >= next_sweep:
                next_sweep = now + 1
                self.sweep(now)

    def send(self, lane, client, server):
        query = self.questions.draw(client, server, "udp")
        query.mark()
        key = (lane.fileno(), query.message.id)
        if key in self.waiting:
            return
        self.waiting[key] = query
        try:
            lane.sendto(query.message.to_wire(), (server, 53))
        except OSError:  # the network is gone: as a datagram that is lost on the way
            pass

    def receive(self, lane):
        while True:
            try:
                wire, ancillary, _, _ = lane.recvmsg(65535, 64)
            except OSError:
                return
            query = self.waiting.pop((lane.fileno(), int.from_bytes(wire[:2], "big")), None)
            if query is None:
                continue
            arrived = next((struct.unpack("qq", data[:16]) for level, kind, data in ancillary
                            if (level, kind) == (socket.SOL_SOCKET, SO_TIMESTAMPNS)), None)
            waited = arrived[0] + arrived[1] / 1e9 - query.sent_wall if arrived else None
            try:
                reply = dns.message.from_wire(wire)
                if not query.message.is_response(reply):
                    raise dns.exception.FormError("another question")
            except dns.exception.DNSException as error:
                self.tally.count(query, "wrong", f"{query}: {error!r} {wire.hex()}")
                continue
            self.tally.answered(query, reply, waited)

    def sweep(self, now):
        for key, query in list(self.waiting.items()):
            if now - query.sent > LOST:
                del self.waiting[key]
                self.tally.missing(query)


class StreamLoad(threading.Thread):
    """Queries over one connection after another: TCP, TLS or HTTPS. A query of a connection that was closed is sent once
    more over the next one, as clients do (RFC 7766 §6.2.4)."""

    def __init__(self, world, tally, transport, client, seed):
        super().__init__(daemon=True)
        self.world, self.tally, self.transport, self.client = world, tally, transport, client
        self.questions, self.ended = Questions(world, f"{seed} {transport} {client}"), threading.Event()
        self.again = []

    def run(self):
        with self.world.clients.inside():
            while not self.ended.is_set():
                stream, waiting = None, []
                try:
                    stream = self.connect()
                    for _ in range(self.questions.rng.randrange(1, 60)):
                        if self.ended.is_set():
                            break
                        waiting = self.again + [self.questions.draw(self.client, places.FIRST, self.transport)
                                                for _ in range(self.questions.rng.randrange(1, 6))]
                        self.again = []
                        self.exchange(stream, waiting)
                        self.ended.wait(0.2)
                except (OSError, EOFError, ssl.SSLError) as error:
                    self.unanswered(waiting, error)
                    self.ended.wait(0.3)
                finally:
                    if stream is not None:
                        stream.close()

    def connect(self):
        port = {"tcp": 53, "tls": 853, "https": 443}[self.transport]
        plain = socket.create_connection((places.FIRST, port), LOST, (self.client, 0))
        if self.transport == "tcp":
            return plain
        context = ssl.create_default_context(cafile=self.world.authority.file)
        if self.transport == "https":
            context.set_alpn_protocols(["h2"])
        try:
            return context.wrap_socket(plain, server_hostname="dns.example")
        except BaseException:
            plain.close()
            raise

    def exchange(self, stream, waiting):
        """Sends all and reads until each has its answer, which leaves `waiting`."""
        stream.settimeout(LOST)
        for query in waiting:
            query.mark()
            query.tried += 1
        if self.transport == "https":
            return self.exchange_https(stream, waiting)
        stream.sendall(b"".join(framed(query.message.to_wire()) for query in waiting))
        while waiting:
            wire = read_exactly(stream, int.from_bytes(read_exactly(stream, 2), "big"))
            query = next((query for query in waiting if query.message.id == int.from_bytes(wire[:2], "big")), None)
            if query is None:
                raise EOFError("an answer to no query")
            waiting.remove(query)
            self.judge(query, wire)
        return None

    def exchange_https(self, stream, waiting):
        client = getattr(stream, "http", None) or HttpClient(stream)
        stream.http = client
        begun = {}
        for query in waiting:
            query.message.id = 0
            begun[client.get(query.message) if self.questions.rng.random() < 0.5 else client.post(query.message)] = query
        for number, query in begun.items():
            response = client.wait(number)
            if response.reset is not None or response.status != 200:
                raise EOFError(f"status {response.status}, reset {response.reset}")
            waiting.remove(query)
            self.judge(query, response.body)

    def judge(self, query, wire):
        try:
            reply = dns.message.from_wire(wire)
            if not query.message.is_response(reply):
                raise dns.exception.FormError("another question")
        except dns.exception.DNSException as error:
            return self.tally.count(query, "wrong", f"{query}: {error!r} {wire.hex()}")
        return self.tally.answered(query, reply)

    def unanswered(self, waiting, error):
        """A time-out is a loss; a connection that was closed, or never made, has its queries sent again once."""
        for query in waiting:
            if isinstance(error, TimeoutError) or query.tried > 1:
                self.tally.missing(query)
            else:
                self.again.append(query)
        with self.tally.lock:
            self.tally.counts[self.transport, "connections lost"] += 1


class ProgramLoad(threading.Thread):
    """Programs that people use, one after another: dig, kdig over TCP, TLS and HTTPS, curl."""

    def __init__(self, world, tally, seed):
        super().__init__(daemon=True)
        self.world, self.tally = world, tally
        self.questions, self.ended = Questions(world, f"{seed} programs"), threading.Event()

    def run(self):
        with self.world.clients.inside():
            while not self.ended.is_set():
                self.one(self.questions.rng.choice(("dig", "kdig tcp", "kdig tls", "kdig https", "curl")))
                self.ended.wait(0.3)

    def one(self, program):
        query = self.questions.draw(places.CLIENTS[0], places.FIRST, program)
        ca = self.world.authority.file
        kdig = ["kdig", f"@{places.FIRST}", "-b", query.client, "+timeout=9", "+retry=0", query.name, query.rdtype]
        verified = [f"+tls-ca={ca}", "+tls-hostname=dns.example"]
        command = {"dig": ["dig", "-r", f"@{places.FIRST}", "-b", query.client, "+tries=1", "+time=9", query.name, query.rdtype],
                   "kdig tcp": [*kdig, "+tcp"], "kdig tls": [*kdig, "+tls", *verified],
                   "kdig https": [*kdig, "+https=/dns-query", *verified]}.get(program) or self.curl(query, ca)
        query.mark()
        done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL)
        if program == "curl":
            if done.returncode == 0 and done.stdout:
                return self.tally.answered(query, dns.message.from_wire(done.stdout), time.monotonic() - query.sent)
            return self.tally.missing(query)
        text = done.stdout.decode(errors="replace")
        reply = reply_of(text, query)
        return self.tally.missing(query) if reply is None else self.tally.answered(query, reply)

    @staticmethod
    def curl(query, ca):
        query.message.id = 0
        text = base64.urlsafe_b64encode(query.message.to_wire()).rstrip(b"=").decode()
        return ["curl", "-sS", "--fail", "--max-time", "9", "--http2", "--cacert", str(ca), "--interface", query.client,
                "--resolve", f"dns.example:443:{places.FIRST}", "-H", "accept: application/dns-message",
                f"https://dns.example/dns-query?dns={urllib.parse.quote(text)}"]


def reply_of(text, query):
    """The reply that dig or kdig has printed: its status and its addresses; None when there was none."""
    status = next((line.split("status:")[1].split(";")[0].split(",")[0].strip() for line in text.splitlines()
                   if "status:" in line), None)
    if status is None:
        return None
    reply = dns.message.make_response(query.message)
    reply.set_rcode(dns.rcode.from_text(status))
    for line in text.splitlines():
        words = line.split()
        if len(words) >= 5 and not line.startswith(";") and words[3] in ("A", "AAAA", "CNAME"):
            reply.answer.append(dns.rrset.from_text(words[0], 1, "IN", words[3], words[4]))
    return reply
