# SPDX-License-Identifier: Apache-2.0
"""DNS over TCP (RFC 7766): pipelining, order, and clients that misbehave."""
import re
import resource
import select
import socket
import struct
import subprocess
import threading

import dns.message

from daemon import PATIENCE
from harness import SystemTest, addresses, framed, main, read_message
from upstreams import ScriptedUpstream, answer_with


class Tcp(SystemTest):
    def setUp(self):
        super().setUp()
        self.gate = threading.Event()  # holds back every answer below slow.example
        self.addCleanup(self.gate.set)
        self.upstream = ScriptedUpstream(self, self.upstream_answer)
        self.resolver = self.node(upstreams=[self.upstream.where], extra="[limits]\ntcp_clients = 1000").start()

    def upstream_answer(self, query, transport):
        name = query.question[0].name.to_text()
        if name.lower().endswith("slow.example."):
            self.gate.wait(PATIENCE)
        count = 200 if name.lower().endswith("big.example.") else 1
        return answer_with(query, *(f"{name} 60 IN A 192.0.2.{i + 1}" for i in range(count)))

    def query(self, name, ident):
        message = dns.message.make_query(name, "A", use_edns=0)
        message.id = ident
        return message.to_wire()

    def test_clients_learn_how_long_a_connection_lasts(self):
        def timeout_of(*more):
            found = re.search(r"; TCP[- ]KEEPALIVE: ([0-9.]+)", self.resolver.dig("+keepalive", *more, "localhost"))
            return found and float(found[1])
        self.assertEqual(timeout_of("+tcp"), 10.0)
        self.assertIsNone(timeout_of("+notcp"))
        self.assertNotIn("KEEPALIVE", self.resolver.dig("+tcp", "localhost"))
        wrong = ("+ednsopt=11:0064", "localhost")
        self.assertIn("status: FORMERR", self.resolver.dig("+tcp", *wrong))
        self.assertIn("status: NOERROR", self.resolver.dig("+notcp", *wrong))

    def test_where_connections_run_out_clients_are_asked_to_close(self):
        node = self.node(extra="[limits]\ntcp_clients = 10\n").start()
        streams = [node.tcp() for _ in range(8)]
        for stream in streams:
            stream.sendall(framed(self.query("localhost", 1)))
            read_message(stream)
        self.assertRegex(node.dig("+tcp", "+keepalive", "localhost"), r"; TCP[- ]KEEPALIVE: 0\.0")

    def test_pipelining(self):
        stream = self.resolver.tcp()
        names = {i: f"n{i}.example" if i % 2 else f"n{i}.alpha-ai.example" for i in range(1, 51)}
        stream.sendall(b"".join(framed(self.query(name, i)) for i, name in names.items()))
        answers = {}
        for _ in names:
            answer = read_message(stream)
            answers[answer.id] = answer
        self.assertEqual(set(answers), set(names))
        for i, answer in answers.items():
            self.assertEqual(answer.question[0].name.to_text(), names[i] + ".")
            self.assertEqual(addresses(answer), ["192.0.2.1" if i % 2 else "0.0.0.0"])

    def test_out_of_order(self):
        stream = self.resolver.tcp()
        stream.sendall(framed(self.query("a.slow.example", 1)))
        self.upstream.wait_for("a.slow.example")
        stream.sendall(framed(self.query("chat.alpha-ai.example", 2)))
        self.assertEqual(read_message(stream).id, 2)
        self.gate.set()
        self.assertEqual(read_message(stream).id, 1)

    def test_in_small_pieces(self):
        stream = self.resolver.tcp()
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in framed(self.query("chat.alpha-ai.example", 7)):
            stream.sendall(bytes([byte]))
        self.assertEqual(addresses(read_message(stream)), ["0.0.0.0"])

    def test_length_and_message_in_one_segment(self):
        """RFC 7766 §8."""
        stream = self.resolver.tcp()
        stream.sendall(framed(self.query("chat.alpha-ai.example", 7)))
        first = stream.recv(65535)
        self.assertGreater(len(first), 12)
        self.assertEqual(int.from_bytes(first[:2], "big"), len(first) - 2)

    def test_other_protocols_are_closed_by_kind(self):
        def count(kind):
            return self.resolver.metric(f'cenote_other_protocols_total{{protocol="{kind}"}}')
        done = subprocess.run(["openssl", "s_client", "-connect", f"{self.resolver.address}:{self.resolver.port}"],
                              input="", capture_output=True, text=True, timeout=PATIENCE)
        self.assertNotEqual(done.returncode, 0, done.stdout)
        self.assertEqual(count("tls"), 1)
        stream = self.resolver.tcp()
        stream.sendall(b"GET / HTTP/1.1\r\nHost: dns.example\r\n\r\n")
        try:
            self.assertEqual(stream.recv(100), b"")
        except ConnectionResetError:
            pass
        self.assertEqual(count("http"), 1)

    def test_half_a_message_and_gone(self):
        for cut in (1, 2, 3, 14, 30):
            stream = self.resolver.tcp()
            stream.sendall(framed(self.query("chat.alpha-ai.example", 7))[:cut])
            stream.close()
        self.assertEqual(addresses(self.resolver.ask("chat.alpha-ai.example", tcp=True)), ["0.0.0.0"])

    def test_half_closed_after_asking(self):
        stream = self.resolver.tcp()
        stream.sendall(framed(self.query("a.slow.example", 1)) + framed(self.query("chat.alpha-ai.example", 2)))
        stream.shutdown(socket.SHUT_WR)
        self.assertEqual(read_message(stream).id, 2)
        self.gate.set()
        self.assertEqual(read_message(stream).id, 1)

    def test_zero_length(self):
        stream = self.resolver.tcp()
        stream.sendall(b"\0\0")
        self.assertEqual(stream.recv(1), b"", "closed: a message has at least a header")

    def test_a_half_message_is_closed(self):
        """One byte and silence: the connection is closed at the idle limit, and other clients are not delayed."""
        silent = self.resolver.tcp()
        silent.sendall(b"\0")
        idle = self.resolver.tcp()
        self.assertEqual(addresses(self.resolver.ask("chat.alpha-ai.example", tcp=True)), ["0.0.0.0"])
        for stream in (silent, idle):
            self.assertEqual(stream.recv(1), b"")

    def test_a_thousand_idle(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
        idle = []
        for i in range(1000):
            stream = socket.socket()
            self.addCleanup(stream.close)
            stream.settimeout(PATIENCE)
            stream.bind((f"127.0.1.{i % 250 + 1}", 0))
            stream.connect((self.resolver.address, self.resolver.port))
            if i % 2:
                stream.sendall(b"\0")
            idle.append(stream)
        self.assertEqual(addresses(self.resolver.ask("chat.alpha-ai.example")), ["0.0.0.0"])
        self.assertEqual(addresses(self.resolver.ask("chat.alpha-ai.example", tcp=True)), ["0.0.0.0"])
        self.assertEqual(addresses(self.resolver.ask("open.example", tcp=True)), ["192.0.2.1"])

    def connected_from(self, source):
        stream = socket.socket()
        self.addCleanup(stream.close)
        stream.settimeout(PATIENCE)
        stream.bind((source, 0))
        stream.connect((self.resolver.address, self.resolver.port))
        return stream

    def test_one_client_cannot_take_every_connection(self):
        greedy = [self.resolver.tcp() for _ in range(300)]
        self.assertEqual(addresses(self.resolver.ask("chat.alpha-ai.example", tcp=True, source="127.0.0.9")),
                         ["0.0.0.0"])
        self.assertEqual(len(greedy), 300)

    def test_one_question_a_connection_many_times(self):
        """A closed connection does not count towards the limit: each query is answered."""
        question = framed(self.query("chat.alpha-ai.example", 7))
        for i in range(1500):
            with socket.create_connection((self.resolver.address, self.resolver.port), timeout=PATIENCE) as stream:
                stream.sendall(question)
                self.assertEqual(addresses(read_message(stream)), ["0.0.0.0"], i)
        self.assertEqual(self.counter("tcp_connections_per_client_refused"), 0)

    def test_a_reset_connection_takes_no_place(self):
        for _ in range(600):
            stream = self.resolver.tcp()
            stream.sendall(framed(self.query("a.slow.example", 1)))
            stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            stream.close()
        self.assertEqual(addresses(self.resolver.ask("chat.alpha-ai.example", tcp=True)), ["0.0.0.0"])

    def test_a_client_at_its_limit_loses_what_it_does_not_use(self):
        first = self.resolver.tcp()
        others = [self.resolver.tcp() for _ in range(300)]
        self.assertEqual(first.recv(1), b"", "the one that was silent for the longest is closed")
        others[-1].sendall(framed(self.query("chat.alpha-ai.example", 7)))
        self.assertEqual(addresses(read_message(others[-1])), ["0.0.0.0"])

    def test_greedy_clients_leave_others_their_share(self):
        """Ten addresses, a hundred connections each, one query on each that upstream does not answer yet."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
        for i in range(1000):
            stream = self.connected_from(f"127.0.1.{i % 10 + 1}")
            stream.sendall(framed(self.query(f"n{i}.slow.example", 1)))
        for i in range(10):
            answer = self.resolver.ask("chat.alpha-ai.example", tcp=True, source=f"127.0.2.{i + 1}")
            self.assertEqual(addresses(answer), ["0.0.0.0"])

    def counter(self, name):
        return self.resolver.cenote_json("stats")["counters"][name]

    def test_slow_reader(self):
        """A client that sends queries and never reads: the daemon stops reading and serves other clients."""
        stream = socket.socket()
        self.addCleanup(stream.close)
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stream.connect((self.resolver.address, self.resolver.port))
        stream.setblocking(False)
        asked = framed(self.query("a.big.example", 9)) * 100
        sent = 0
        while sent < 4 << 20 and select.select([], [stream], [], 0.5)[1]:
            try:
                sent += stream.send(asked)
            except OSError:
                break  # the server closed the connection: also an end
        self.assertLess(sent, 4 << 20, "the daemon took all of it")
        for _ in range(20):
            self.assertEqual(addresses(self.resolver.ask("chat.alpha-ai.example", tcp=True)), ["0.0.0.0"])

    def test_big_answer(self):
        self.assertEqual(len(addresses(self.resolver.ask("b.big.example", tcp=True))), 200)


if __name__ == "__main__":
    main()
