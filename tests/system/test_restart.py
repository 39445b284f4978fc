# SPDX-License-Identifier: Apache-2.0
"""The sockets wait in systemd's file-descriptor store (a stand-in here), so that a restart loses no query."""
import ctypes
import os
import select
import signal
import socket
import threading
import time

import dns.message

from daemon import PATIENCE, deadline
from harness import SystemTest, addresses, framed, main, read_message
from upstreams import ScriptedUpstream, answer_with, free_port

PER_RESTART = 60  # what fits into the kernel's buffer of one socket many times over


class Opening:
    """Notices when a file is opened (inotify(7))."""
    IN_OPEN = 0x20

    def __init__(self, path):
        self.path = path

    def __enter__(self):
        libc = ctypes.CDLL(None, use_errno=True)
        self.fd = libc.inotify_init1(0)
        if self.fd < 0 or libc.inotify_add_watch(self.fd, bytes(self.path), self.IN_OPEN) < 0:
            raise OSError(ctypes.get_errno(), "inotify")
        return self

    def wait(self):
        if not select.select([self.fd], [], [], PATIENCE)[0]:
            raise AssertionError(f"nothing opens {self.path}")

    def __exit__(self, *_):
        os.close(self.fd)


class Restart(SystemTest):
    def setUp(self):
        super().setUp()
        self.released = threading.Event()  # until it is set, upstream sends no answer
        self.released.set()
        self.upstream = ScriptedUpstream(self, self.answer)
        self.resolver = self.node(upstreams=[self.upstream.where], workers=2).start()
        self.resolver.notify.drain()
        self.ident = 0
        self.waiting = {}
        self.clients = [self.resolver.udp() for _ in range(8)]

    def answer(self, query, transport):
        self.released.wait(PATIENCE)
        return answer_with(query, f"{query.question[0].name} 60 IN A 192.0.2.1")

    def ask_without_waiting(self):
        self.ident += 1
        name = f"n{self.ident}.example" if self.ident % 2 else f"n{self.ident}.alpha-ai.example"
        query = dns.message.make_query(name, "A")
        query.id = self.ident
        self.waiting[self.ident] = "192.0.2.1" if self.ident % 2 else "0.0.0.0"
        self.clients[self.ident % len(self.clients)].send(query.to_wire())

    def collect(self, seconds=0.0):
        end = deadline(seconds)
        while self.waiting:
            ready = select.select(self.clients, [], [], max(0.0, end - time.monotonic()))[0]
            if not ready:
                return
            for client in ready:
                answer = dns.message.from_wire(client.recv(4096))
                self.assertEqual(addresses(answer), [self.waiting.pop(answer.id)])

    def test_sockets_are_parked(self):
        stored = [fd for fds in self.resolver.notify.stored.values() for fd in fds]
        self.assertTrue(stored)
        ports = set()
        for fd in stored:
            with socket.socket(fileno=socket.dup(fd)) as parked:
                ports.add(parked.getsockname()[1])
        self.assertEqual(ports, {self.resolver.port})

    def test_no_query_is_lost(self):
        for _ in range(3):
            old, port = self.resolver.daemon, self.resolver.port
            for i in range(PER_RESTART):
                self.ask_without_waiting()
                self.collect()
                if i == PER_RESTART // 3:
                    old.signal(signal.SIGTERM)
            self.assertEqual(old.wait(), 0, old.log())
            self.resolver.notify.drain()
            for _ in range(PER_RESTART):  # no process reads: these wait in the sockets
                self.ask_without_waiting()
            stream = self.resolver.tcp()
            stream.sendall(framed(dns.message.make_query("late.alpha-ai.example", "A").to_wire()))
            self.resolver.start(stored=self.resolver.notify.stored)
            self.assertEqual(self.resolver.port, port)
            self.collect(PATIENCE)
            self.assertEqual(self.waiting, {}, "queries without an answer")
            self.assertEqual(addresses(read_message(stream)), ["0.0.0.0"])

    def test_in_flight_is_answered_before_the_end(self):
        self.released.clear()
        self.ask_without_waiting()
        self.upstream.wait_for("n1.example")  # read by a worker, not still in a socket that the next start would read
        self.resolver.daemon.signal(signal.SIGTERM)
        self.resolver.daemon.wait_line("stopping")
        self.released.set()
        self.collect(PATIENCE)
        self.assertEqual(self.waiting, {})
        self.assertEqual(self.resolver.daemon.wait(), 0)

    def test_a_second_signal_ends_at_once(self):
        self.released.clear()
        self.addCleanup(self.released.set)
        self.ask_without_waiting()
        self.upstream.wait_for("n1.example")
        daemon = self.resolver.daemon
        daemon.signal(signal.SIGTERM)
        daemon.wait_line("stopping")
        self.assertIsNone(daemon.process.poll(), "after one signal the daemon waits for queries in progress")
        daemon.signal(signal.SIGTERM)
        daemon.wait_line("stopping at once")
        self.assertEqual(daemon.wait(), 0)

    def test_a_signal_during_the_start_waits(self):
        """Sent when the configuration is opened, the first thing that a start does."""
        for number, line in ((signal.SIGHUP, "reloaded"), (signal.SIGTERM, "stopping")):
            self.resolver.stop()
            with Opening(self.resolver.config) as opening:
                daemon = self.resolver.launch()
                opening.wait()
                daemon.signal(number)
            daemon.wait_line("is ready")
            daemon.wait_line(line)
        self.assertEqual(daemon.wait(), 0)

    def test_parked_sockets_of_another_configuration(self):
        """Stored sockets of addresses that are not listened on any more are closed; new ones are opened."""
        stored = dict(self.resolver.notify.stored)
        self.resolver.daemon.signal(signal.SIGTERM)
        self.resolver.daemon.wait()
        self.resolver.write_config(listen='"127.0.0.3:0"', workers=1)
        self.resolver.start(stored=stored)
        self.assertEqual(self.resolver.address, "127.0.0.3")
        self.assertEqual(addresses(self.resolver.ask("chat.alpha-ai.example")), ["0.0.0.0"])

    def test_fewer_workers_leave_no_socket_that_nobody_reads(self):
        """A stored socket of a worker that no longer exists would still receive its share of the queries."""
        self.resolver.daemon.signal(signal.SIGTERM)
        self.resolver.daemon.wait()
        self.resolver.notify.drain()
        self.resolver.write_config(workers=1)
        self.resolver.start(stored=self.resolver.notify.stored)
        self.resolver.notify.drain()
        for _ in range(64):  # each from a port of its own, so spread over all that is bound
            self.assertEqual(addresses(self.resolver.ask("chat.alpha-ai.example")), ["0.0.0.0"])

    def test_a_kill_leaves_nothing_in_the_way(self):
        self.resolver.stop()
        self.resolver.write_config(listen=f'"127.0.0.1:{free_port()}"')
        self.resolver.start()
        self.resolver.daemon.kill()
        self.resolver.notify.drain()
        for fds in self.resolver.notify.stored.values():
            for fd in fds:
                socket.close(fd)
        self.resolver.notify.stored = {}
        self.resolver.start()
        self.assertEqual(addresses(self.resolver.ask("chat.alpha-ai.example")), ["0.0.0.0"])
        self.assertEqual(self.resolver.cenote_json("status")["node"], "node1")


if __name__ == "__main__":
    main()
