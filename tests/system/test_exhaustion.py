# SPDX-License-Identifier: Apache-2.0
"""A daemon that runs out of descriptors or memory, whose log nobody reads, whose system calls fail at times, and that is
killed under load: queries are answered, and everything recovers by itself."""
import fcntl
import os
import resource
import select
import signal
import socket
import subprocess
import threading
import time
import unittest

import dns.message

import tracing
from daemon import BIN, PATIENCE, eventually
from harness import SystemTest, addresses, main
from upstreams import ScriptedUpstream, every_name, free_port

BLOCKED = "chat.alpha-ai.example"
OPEN = ["192.0.2.1"]
CLOSED = ["0.0.0.0"]
F_SETPIPE_SZ = 1031


class Exhaustion(SystemTest):
    def start(self, **settings):
        self.upstream = ScriptedUpstream(self, every_name(60))
        self.resolver = self.node(upstreams=[self.upstream.where], **settings).start()
        self.process = self.resolver.daemon.process.pid
        self.asked = 0

    def asks(self, **how):
        """One sinkholed name, and one that has to be asked upstream."""
        self.asked += 1
        self.assertEqual(addresses(self.resolver.ask(BLOCKED, **how)), CLOSED)
        self.assertEqual(addresses(self.resolver.ask(f"n{self.asked}.example", **how)), OPEN)

    def rests(self):
        """Whether it uses less than a third of a processor while nothing is asked: never in a loop without a pause, and in
        the end on any machine."""
        daemon = self.resolver.daemon
        cpu, began = daemon.cpu_seconds(), time.monotonic()
        select.select([], [], [], 0.3)  # in which a loop would be seen
        return daemon.cpu_seconds() - cpu < 0.3 * (time.monotonic() - began)

    def open_descriptors(self):
        return self.resolver.daemon.descriptors()

    def asks_over_tcp(self):
        try:
            return addresses(self.resolver.ask(BLOCKED, tcp=True)) == CLOSED
        except (OSError, EOFError):  # it is refused still
            return False


@unittest.skipIf("undefined" in os.environ.get("CENOTE_SANITIZE", ""),
                 "UndefinedBehaviorSanitizer looks at objects through a pipe, for which it needs descriptors")
class Descriptors(Exhaustion):
    def test_descriptors_run_out_and_come_back(self):
        self.start()
        for _ in range(10):
            self.asks()
        soft, hard = resource.prlimit(self.process, resource.RLIMIT_NOFILE)
        # More than what a part that begins later opens, such as the history.
        resource.prlimit(self.process, resource.RLIMIT_NOFILE, (self.open_descriptors() + 20, hard))
        clients = [self.resolver.tcp() for _ in range(60)]
        full = resource.prlimit(self.process, resource.RLIMIT_NOFILE)[0]
        eventually(lambda: self.open_descriptors() >= full - 1, "descriptors are used up")
        for _ in range(10):
            self.assertEqual(addresses(self.resolver.ask(BLOCKED)), CLOSED)
        eventually(self.rests, "no loop over a socket that cannot be accepted")
        for client in clients:
            client.close()
        eventually(self.asks_over_tcp, "connections are accepted again")
        eventually(lambda: self.open_descriptors() < full - 2, "descriptors are free again")
        for _ in range(10):
            self.asks()
        resource.prlimit(self.process, resource.RLIMIT_NOFILE, (soft, hard))
        self.asks(tcp=True)

    def test_no_descriptor_for_an_upstream_query(self):
        """A query that cannot be sent is answered all the same, and the next one is sent once there are descriptors."""
        self.start()
        soft, hard = resource.prlimit(self.process, resource.RLIMIT_NOFILE)
        resource.prlimit(self.process, resource.RLIMIT_NOFILE, (self.open_descriptors(), hard))
        answer = self.resolver.ask("first.example")
        self.assertIn(answer.rcode(), (0, 2), answer)
        self.assertEqual(addresses(self.resolver.ask(BLOCKED)), CLOSED)
        resource.prlimit(self.process, resource.RLIMIT_NOFILE, (soft, hard))
        asked = iter(range(10 ** 6))
        eventually(lambda: addresses(self.resolver.ask(f"next-{next(asked)}.example")) == OPEN, "it recovers by itself")


class Memory(Exhaustion):
    @unittest.skipIf(os.environ.get("CENOTE_SANITIZE"), "sanitizers take more address space than any limit")
    def test_a_limit_of_memory_while_it_runs(self):
        """Queries go on, and what needs more memory fails with a sentence, or ends the daemon with one line; without the
        limit all works again."""
        self.start()
        self.asks()
        size = self.resolver.daemon.memory("VmSize")
        resource.prlimit(self.process, resource.RLIMIT_AS, (size * 1024 + (1 << 20), resource.RLIM_INFINITY))
        for _ in range(50):
            self.asks()
        self.assertIn(self.resolver.cenote("reload").returncode, (0, 1))
        if self.resolver.cenote("status").returncode == 0:
            self.asks()
            resource.prlimit(self.process, resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        else:
            self.assertEqual(self.resolver.daemon.wait(), 1, self.resolver.daemon.log())
            self.resolver.start()
        self.resolver.cenote_ok("reload")
        self.asks()


class Log(Exhaustion):
    def test_a_log_that_nobody_reads_delays_nothing(self):
        node = self.node(upstreams=[ScriptedUpstream(self, every_name(60)).where])
        port = free_port()
        node.write_config(listen=f'"127.0.0.1:{port}"')
        node.update()
        out, into = os.pipe()
        fcntl.fcntl(into, F_SETPIPE_SZ, 4096)
        process = subprocess.Popen([str(BIN / "cenoted"), "--config", str(node.config)], stdin=subprocess.DEVNULL,
                                   stdout=into, stderr=into, env=dict(os.environ, NOTIFY_SOCKET=str(node.notify.path)))
        self.addCleanup(os.close, out)
        self.addCleanup(lambda: process.poll() is None and process.kill())
        os.close(into)
        while not any("READY" in message for message in node.notify.messages):
            self.assertTrue(node.notify.take(PATIENCE), "the daemon is ready")
        node.address, node.port = "127.0.0.1", port
        good = node.config.read_text()
        node.config.write_text(good + "\n[upstrem]\n" * 40)

        def lost():
            self.assertEqual(node.cenote("reload").returncode, 1)
            self.assertEqual(addresses(node.ask(BLOCKED)), CLOSED)
            return node.metric('cenote_log_dropped_total{sink="stderr"}')
        eventually(lambda: lost() > 0, "lines are dropped")
        node.config.write_text(good)
        node.cenote_ok("reload")
        self.assertEqual(addresses(node.ask("open.example")), OPEN)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(PATIENCE), 0)


@unittest.skipIf(tracing.WHY_NOT, tracing.WHY_NOT)
class SystemCalls(Exhaustion):
    FAULTS = (("sendmmsg", "error=EAGAIN"), ("sendmmsg", "error=ENOBUFS"), ("sendmmsg", "error=EINTR"),
              ("recvmmsg", "error=EINTR"), ("recvmmsg", "error=EAGAIN"), ("recvmmsg", "error=ENOMEM"),
              ("poll,ppoll,epoll_wait,epoll_pwait", "error=EINTR"),
              ("accept4", "error=EINTR"), ("accept4", "error=ECONNABORTED"), ("accept4", "error=ENOMEM"),
              ("sendto,send,sendmsg", "error=EAGAIN"), ("recvfrom,recv,recvmsg", "error=EINTR"),
              ("connect", "error=EAGAIN"), ("getrandom", "error=EINTR"), ("write,writev", "error=EAGAIN"))

    def test_system_calls_that_fail_at_times_lose_no_query(self):
        self.start()
        self.asks()
        self.asks(tcp=True)
        for calls, error in self.FAULTS:
            with self.subTest(calls=calls, error=error):
                with tracing.faults(self, self.process, calls, f"{error}:when=2+3"):
                    for _ in range(6):
                        self.asks()
                        self.asks(tcp=True)
                    eventually(self.rests, "no loop")
        self.asks()


class OneAfterTheOther:
    """A client that sends a query when the one before has its answer, or was lost with the process that had read it."""

    def __init__(self, test, port):
        self.starts = 0  # of processes since the first one: when there was one, a query that has no answer may be lost
        self.answered, self.lost, self.wrong = 0, 0, []
        self.ended = threading.Event()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect(("127.0.0.1", port))
        self.socket.settimeout(1.0)
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()
        test.addCleanup(self.socket.close)
        test.addCleanup(self.end)

    def run(self):
        number, waiting, since = 0, [], 0
        while waiting or not self.ended.is_set():
            if not waiting or self.starts > since:
                number, since = number + 1, self.starts
                waiting.append(number)
                self.socket.send(dns.message.make_query(BLOCKED, "A", id=number).to_wire())
            try:
                answer = dns.message.from_wire(self.socket.recv(4096))
            except TimeoutError:
                continue
            if answer.id not in waiting or addresses(answer) != CLOSED:
                self.wrong.append(answer)
                continue
            self.lost += waiting.index(answer.id)  # a worker answers what comes from one port in its order
            del waiting[:waiting.index(answer.id) + 1]
            self.answered += 1

    def end(self):
        self.ended.set()
        self.starts += 1  # so that the answer to a last query shows what became of those before it
        self.thread.join(PATIENCE)
        if self.thread.is_alive():
            raise AssertionError("the last query of a client has no answer")


class Killed(Exhaustion):
    def test_killed_under_load_again_and_again(self):
        """SIGKILL while queries come: the sockets are kept, so that what comes meanwhile waits for the next process, and
        only what was read and not answered is lost."""
        self.start(workers=2)
        self.resolver.notify.drain()
        port = self.resolver.port
        clients = [OneAfterTheOther(self, port) for _ in range(4)]
        for start in range(1, 6):
            before = [client.answered for client in clients]
            eventually(lambda: all(client.answered >= was + 15 for client, was in zip(clients, before)), "queries come")
            self.resolver.daemon.kill()
            self.resolver.notify.drain()
            self.resolver.start(stored=self.resolver.notify.stored)
            self.assertEqual(self.resolver.port, port)
            self.resolver.notify.drain()
            for client in clients:
                client.starts = start
        for client in clients:
            client.end()
            self.assertEqual(client.wrong, [])
            self.assertLessEqual(client.lost, 5, "one for each kill at most")
        self.asks()
        self.asks(tcp=True)


if __name__ == "__main__":
    main()
