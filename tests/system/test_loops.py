# SPDX-License-Identifier: Apache-2.0
"""Resolvers that forward to each other, and one that forwards to itself."""
import select
import socket
import threading

from harness import SystemTest, addresses, extended_errors, main
from upstreams import free_port

SINKHOLED = "chat.alpha-ai.example"


class Relay:
    """Passes datagrams on to a server and its answers back, and counts both."""

    target = None

    def __init__(self, test):
        self.packets = 0
        self.front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.front.bind(("127.0.0.1", 0))
        self.where = "127.0.0.1:%d" % self.front.getsockname()[1]
        self.backs = {}  # the peer -> the socket towards the server
        self.closed = False
        test.addCleanup(self.close)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while not self.closed:
            peers = {back: peer for peer, back in list(self.backs.items())}
            for ready in select.select([self.front, *peers], [], [], 0.1)[0]:
                try:
                    wire, sender = ready.recvfrom(4096)
                    if self.target is None:  # a probe, before there is a server
                        continue
                    self.packets += 1
                    if ready is self.front:
                        if sender not in self.backs:
                            self.backs[sender] = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                            self.backs[sender].connect(self.target)
                        self.backs[sender].send(wire)
                    else:
                        self.front.sendto(wire, peers[ready])
                except OSError:  # the socket of an exchange that has ended
                    continue

    def close(self):
        self.closed = True


class Loops(SystemTest):
    NAMES = 3

    def packets_of_a_ring(self, workers):
        relays = [Relay(self), Relay(self)]
        nodes = [self.node(upstreams=[relay.where], workers=workers).start() for relay in relays]
        for relay, node in zip(relays, reversed(nodes)):
            relay.target = (node.address, node.port)
        for number in range(self.NAMES):
            for node in nodes:  # the second one at the end of its exchange, or from its cache
                answer = node.ask(f"ring{number}.example")
                self.assertRcode(answer, "SERVFAIL")
                self.assertNotEqual(extended_errors(answer), [])
                self.assertEqual(addresses(node.ask(SINKHOLED)), ["0.0.0.0"])
        for node in nodes:
            node.stop()  # when no exchange is under way
        return sum(relay.packets for relay in relays)

    def test_two_that_forward_to_each_other(self):
        for workers in (1, 2):
            packets = self.packets_of_a_ring(workers)
            print(f"{workers} workers: {packets} packets for {self.NAMES} names", flush=True)
            self.assertGreaterEqual(packets, 2 * self.NAMES, "each went round")
            self.assertLessEqual(packets, 20 * self.NAMES)

    def test_a_server_of_its_own(self):
        port = free_port()
        node = self.node(listen=f'"127.0.0.1:{port}"', upstreams=[f"127.0.0.1:{port}"])
        done = node.cenote("update")
        self.assertIn("queries would loop", done.stdout + done.stderr)
        daemon = node.launch()
        self.assertNotEqual(daemon.wait(), 0)


if __name__ == "__main__":
    main()
