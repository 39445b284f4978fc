# SPDX-License-Identifier: Apache-2.0
"""Thousands of connections, slow clients, clients that vanish, pipelines and resets, over TCP and TLS: memory stays
bounded, others are served, and no descriptor is lost."""
import os
import resource
import selectors
import socket
import ssl
import struct
import time
import unittest

import dns.message

from certificates import Authority
from daemon import PATIENCE, eventually
from harness import SystemTest, addresses, framed, main, read_message
from networks import in_a_network_of_its_own, ip
from upstreams import ScriptedUpstream, answer_with

SINKHOLED = "chat.alpha-ai.example"
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close() sends RST


def raise_descriptor_limit(wanted):
    """The limit of this process and of the daemons that it starts, as near to `wanted` as may be."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), max(hard, wanted)))
    except (ValueError, PermissionError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


WHY_NOT = in_a_network_of_its_own()  # where that is not possible, one test is skipped
LIMIT = raise_descriptor_limit(44000)
# The daemon uses half of its descriptors for connections; half of those connections may be idle for ten seconds.
CONNECTIONS = min(10_000, LIMIT - 2000)


def query_of(name, ident=1, rdtype="A"):
    message = dns.message.make_query(name, rdtype, use_edns=0)
    message.id = ident
    return message.to_wire()


class Streams(SystemTest):
    def setUp(self):
        super().setUp()
        self.upstream = ScriptedUpstream(self, self.upstream_answer)
        self.resolver = self.node(upstreams=[self.upstream.where], workers=2,
                                  extra=f"[limits]\ntcp_clients = {LIMIT // 2}\n")
        self.prepare()
        self.resolver.start()
        for way in (False, True):  # once, so that what is allocated once is not counted
            self.resolver.ask(SINKHOLED, tcp=way)
        self.resolver.ask("big.example", tcp=True)
        self.base = self.descriptors()
        self.open = []
        self.addCleanup(self.close_all)

    def prepare(self):
        """Changes the configuration before the start."""

    @staticmethod
    def upstream_answer(query, _transport):
        name = query.question[0].name.to_text()
        count = 200 if name.lower().startswith("big.") else 1
        return answer_with(query, *(f"{name} 600 IN A 192.0.2.{i + 1}" for i in range(count)))

    def connect(self, source="127.0.0.1", port=None):
        stream = socket.socket()
        self.open.append(stream)
        stream.settimeout(PATIENCE)
        stream.bind((source, 0))
        stream.connect((self.resolver.address, port or self.resolver.port))
        return stream

    def close_all(self, reset=False):
        for stream in self.open:
            if reset and stream.fileno() >= 0:
                stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            stream.close()
        self.open = []

    def descriptors(self):
        return self.resolver.daemon.descriptors()

    def wait_for_descriptors(self, why):
        """A few sockets towards upstream are kept for later queries."""
        eventually(lambda: self.descriptors() <= self.base + 8, f"{self.base} descriptors: {why}")

    def memory(self):
        return self.resolver.daemon.memory()

    def counter(self, name):
        return self.resolver.cenote_json("stats")["counters"][name]

    def check_others_are_served(self, times=5):
        for i in range(times):
            source = f"127.0.9.{i + 1}"
            self.assertEqual(addresses(self.resolver.ask(SINKHOLED, source=source)), ["0.0.0.0"])
            self.assertEqual(addresses(self.resolver.ask(SINKHOLED, source=source, tcp=True)), ["0.0.0.0"])
            self.assertEqual(addresses(self.resolver.ask(f"n{i}.example", source=source, tcp=True)), ["192.0.2.1"])

    def check_memory(self, before, kib):
        """Sanitizers have memory of their own."""
        grown = self.memory() - before
        print(f"{grown} KiB more", flush=True)
        if not os.environ.get("CENOTE_SANITIZE"):
            self.assertLessEqual(grown, kib)

    def check_nothing_is_left(self):
        """Of connections, pending queries and those towards upstream alike."""
        self.wait_for_descriptors("as before")
        self.check_others_are_served()


class Tcp(Streams):
    def test_ten_thousand_connections(self):
        """Every other one has sent half a message."""
        before, begin = self.memory(), time.monotonic()
        for i in range(CONNECTIONS):
            stream = self.connect(f"127.1.{i % 100}.1")
            if i % 2:
                stream.send(b"\0")
            if i % 1000 == 999:
                self.check_others_are_served(1)
        print(f"{CONNECTIONS} connections in {time.monotonic() - begin:.1f} s", flush=True)
        eventually(lambda: self.counter("tcp_connections") >= CONNECTIONS, "all are accepted")
        self.assertEqual(self.counter("tcp_connections_per_client_refused"), 0)
        self.check_memory(before, 16 * CONNECTIONS)
        self.check_others_are_served()
        self.close_all()
        self.check_nothing_is_left()
        full = []
        for _ in range(3):
            accepted = self.counter("tcp_connections") + CONNECTIONS
            for i in range(CONNECTIONS):
                self.connect(f"127.1.{i % 100}.1").send(b"\0")
            eventually(lambda least=accepted: self.counter("tcp_connections") >= least, "all are accepted")
            full.append(self.memory())
            self.close_all(reset=True)
            self.check_nothing_is_left()
        print(*full, "KiB", flush=True)
        self.assertLessEqual(full[2], max(full[:2]) + 12 * 1024, "each takes the memory of those before")

    def test_slow_senders(self):
        """Five hundred clients send a query each, byte by byte and in turn; all get their answers."""
        wire = framed(query_of(SINKHOLED))
        streams = [self.connect(f"127.1.0.{i % 50 + 1}") for i in range(500)]
        for byte in wire:
            for stream in streams:
                stream.send(bytes([byte]))
        for stream in streams:
            self.assertEqual(addresses(read_message(stream)), ["0.0.0.0"])
        self.close_all()
        self.check_nothing_is_left()

    def test_clients_that_never_read(self):
        """Fifty clients send queries for a large answer as long as they are taken: each is held up alone, and closed after
        ten seconds."""
        asked = framed(query_of("big.example")) * 200
        before = self.memory()
        streams = []
        for i in range(50):
            stream = self.connect(f"127.1.0.{i + 1}")
            stream.setblocking(False)
            streams.append(stream)
        sent = self.send_until_stuck(streams, asked, 4 << 20)
        self.assertLess(max(sent.values()), 4 << 20, "the daemon took all of it")
        self.check_memory(before, 50 * 256)
        self.check_others_are_served()
        self.wait_for_descriptors("they are closed")
        self.check_nothing_is_left()

    @staticmethod
    def send_until_stuck(streams, data, most):
        """Sends `data` over and over until nothing is taken for half a second; the bytes that each has sent."""
        sent = dict.fromkeys(streams, 0)
        with selectors.DefaultSelector() as selector:
            for stream in streams:
                selector.register(stream, selectors.EVENT_WRITE)
            while events := selector.select(0.5):
                for key, _ in events:
                    stream = key.fileobj
                    try:
                        sent[stream] += stream.send(data)
                    except OSError:  # closed already
                        selector.unregister(stream)
                        continue
                    if sent[stream] >= most:
                        selector.unregister(stream)
        return sent

    def test_a_pipeline_of_thousands(self):
        """RFC 7766 §6.2.1.1: everything is answered, in any order, and others are not held up."""
        count = 20_000
        plain = [query_of("big.example")[2:], query_of(SINKHOLED)[2:]]
        wire = b"".join(framed(i.to_bytes(2, "big") + plain[i % 2]) for i in range(count))
        before = self.memory()
        stream = self.connect()
        stream.setblocking(False)
        sent, received, idents = 0, bytearray(), set()
        checked = 0
        with selectors.DefaultSelector() as selector:
            selector.register(stream, selectors.EVENT_READ | selectors.EVENT_WRITE)
            while len(idents) < count:
                events = selector.select(PATIENCE)
                self.assertTrue(events, f"{len(idents)} of {count} answers")
                if events[0][1] & selectors.EVENT_WRITE and sent < len(wire):
                    sent += stream.send(wire[sent:sent + 65536])
                    if sent == len(wire):
                        selector.modify(stream, selectors.EVENT_READ)
                if events[0][1] & selectors.EVENT_READ:
                    received += stream.recv(1 << 20)
                at = 0
                while len(received) >= at + 2 and len(received) >= at + 2 + int.from_bytes(received[at:at + 2], "big"):
                    idents.add(int.from_bytes(received[at + 2:at + 4], "big"))
                    at += 2 + int.from_bytes(received[at:at + 2], "big")
                del received[:at]
                if len(idents) // 5000 > checked:
                    checked += 1
                    self.check_others_are_served(1)
        self.check_memory(before, 8 * 1024)
        self.close_all()
        self.check_nothing_is_left()

    def test_resets_at_every_stage(self):
        """Before the query, within it, before the answer, within it, and after it."""
        whole = framed(query_of("big.example")) * 20
        for i in range(2000):
            stream = self.connect(f"127.1.0.{i % 20 + 1}")
            stage = i % 5
            if stage:
                stream.send(whole[:20] if stage == 1 else whole)
            if stage >= 3:
                stream.recv(100 if stage == 3 else 1 << 20)
            stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            stream.close()
        self.open = []
        self.check_nothing_is_left()

    def test_half_closed(self):
        """Clients that send FIN and stay: the daemon answers, and then closes as well (CVE-2022-0396)."""
        streams = [self.connect(f"127.1.0.{i % 50 + 1}") for i in range(500)]
        for i, stream in enumerate(streams):
            if i % 2:
                stream.send(framed(query_of(SINKHOLED)))
            stream.shutdown(socket.SHUT_WR)
        for i, stream in enumerate(streams):
            if i % 2:
                self.assertEqual(addresses(read_message(stream)), ["0.0.0.0"])
            self.assertEqual(stream.recv(1), b"")
        self.check_nothing_is_left()  # while the clients still have theirs


    @unittest.skipIf(WHY_NOT, WHY_NOT)
    def test_clients_that_vanish(self):
        """No segment passes any more: no FIN and no RST tells the daemon, as when a machine is switched off."""
        streams = [self.connect(f"127.1.0.{i % 50 + 1}") for i in range(500)]
        for i, stream in enumerate(streams):
            stream.send((b"", b"\0", framed(query_of(SINKHOLED)), framed(query_of("big.example")) * 200)[i % 4])
        self.check_others_are_served()
        ip("rule", "add", "pref", "100", "lookup", "local")  # behind the next rule
        ip("rule", "del", "pref", "0")
        for pref, which in (("10", "to"), ("11", "from")):
            ip("rule", "add", "pref", pref, which, "127.1.0.0/16", "blackhole")
        try:
            self.close_all()
            self.check_others_are_served()
            self.wait_for_descriptors("closed after ten seconds, each way")
            self.check_nothing_is_left()
        finally:
            ip("rule", "add", "pref", "0", "lookup", "local")
            ip("rule", "del", "pref", "10")
            ip("rule", "del", "pref", "11")
            ip("rule", "del", "pref", "100")


class Tls(Streams):
    def prepare(self):
        folder = self.resolver.folder
        self.authority = Authority(folder)
        for name, text in zip(("chain.pem", "key.pem"), self.authority.pair()):
            (folder / name).write_text(text)
        self.resolver.write_config(server=f'listen_tls = ["127.0.0.1:0"]\n[server.tls]\nname = "dns.example"\n'
                                          f'certificate = "{folder}/chain.pem"\nkey = "{folder}/key.pem"\n')

    def setUp(self):
        super().setUp()
        self.port = int(self.resolver.cenote_json("status")["listen_tls"][0].rsplit(":", 1)[1])
        self.context = ssl.create_default_context(cafile=self.authority.file)
        self.ask_over_tls()
        self.base = self.descriptors()

    def ask_over_tls(self, source="127.0.9.9"):
        with self.context.wrap_socket(self.connect(source, self.port), server_hostname="dns.example") as stream:
            stream.sendall(framed(query_of(SINKHOLED)))
            self.assertEqual(addresses(read_message(stream)), ["0.0.0.0"])

    def test_handshakes_that_do_not_end(self):
        """Hundreds of clients that send nothing, half of a ClientHello, or all of it and no more."""
        hello = self.client_hello()
        before = self.memory()
        for i in range(900):
            stream = self.connect(f"127.1.0.{i % 30 + 1}", self.port)
            stream.send((b"", hello[:len(hello) // 2], hello)[i % 3])
        self.check_memory(before, 900 * 64)
        self.check_others_are_served()
        self.ask_over_tls()
        self.wait_for_descriptors("they are closed after five seconds")
        self.ask_over_tls()
        self.close_all(reset=True)
        self.check_nothing_is_left()

    def client_hello(self):
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        with self.assertRaises(ssl.SSLWantReadError):
            self.context.wrap_bio(incoming, outgoing, server_hostname="dns.example").do_handshake()
        return outgoing.read()

    def test_sessions_that_are_reset(self):
        for i in range(200):
            stream = self.context.wrap_socket(self.connect(f"127.1.0.{i % 20 + 1}", self.port),
                                              server_hostname="dns.example")
            if i % 2:
                stream.sendall(framed(query_of("big.example")) * 20)
            stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            stream.close()
        self.open = []
        self.ask_over_tls()
        self.check_nothing_is_left()


if __name__ == "__main__":
    main()
