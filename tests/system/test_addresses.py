# SPDX-License-Identifier: Apache-2.0
"""Listen addresses that are added and removed, in a network namespace of the test."""
import subprocess
import unittest

import dns.exception
import dns.rcode

from daemon import eventually
from harness import SystemTest, addresses, main
from networks import in_a_network_of_its_own, ip
from upstreams import ScriptedUpstream, every_name

BLOCKED = "chat.alpha-ai.example"


def tentative():
    """Addresses that the kernel does not deliver to yet: it makes them usable a little later, without DAD too."""
    shown = subprocess.run(["ip", "-6", "addr", "show", "dev", "lo", "tentative"], check=True, capture_output=True)
    return shown.stdout.strip()


WHY_NOT = in_a_network_of_its_own()


@unittest.skipIf(WHY_NOT, WHY_NOT)
class Addresses(SystemTest):
    def setUp(self):
        super().setUp()
        self.upstream = ScriptedUpstream(self, every_name(60))

    def problems(self, node):
        return [problem["what"] for problem in node.cenote_json("status")["problems"]]

    def ask(self, node, name, tcp):
        """Asks as a stub resolver does: a datagram may be lost while an address comes or goes."""
        found = []

        def answered():
            try:
                found.append(addresses(node.ask(name, tcp=tcp, timeout=5)))
            except dns.exception.Timeout:
                return False
            return True

        eventually(answered, f"an answer for {name}")
        return found[0]

    def serves(self, node, address):
        node.address = address
        for tcp in (False, True):
            self.assertEqual(self.ask(node, BLOCKED, tcp), ["0.0.0.0"])
            self.assertEqual(self.ask(node, f"{'tcp' if tcp else 'udp'}.example", tcp), ["192.0.2.1"])

    def test_addresses_that_come_and_go(self):
        for address, prefix, port in (("192.0.2.53", "192.0.2.53/32", 5301), ("2001:db8::53", "2001:db8::53/128", 5302)):
            with self.subTest(address):
                shown = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
                node = self.node(upstreams=[self.upstream.where], listen=f'"{shown}", "127.0.0.1:{port}"', workers=2)
                node.config.write_text(node.config.read_text().replace(
                    '"127.0.0.0/8", "::1/128"', '"0.0.0.0/0", "::/0"'))
                node.start()
                self.serves(node, "127.0.0.1")
                eventually(lambda: [what for what in self.problems(node) if shown in what], "the problem")
                for _ in range(2):
                    since = len(node.daemon.lines)
                    ip("addr", "add", prefix, "dev", "lo", *(["nodad"] if ":" in address else []))
                    eventually(lambda: not tentative(), "the kernel delivers to the address")
                    self.serves(node, address)  # at once: the next check of the daemon is not needed
                    node.daemon.wait_line(f"{address}.* has come", since)
                    eventually(lambda: not self.problems(node), "no problem is left")
                    since = len(node.daemon.lines)
                    ip("addr", "del", prefix, "dev", "lo")
                    node.daemon.wait_line(f"no address .*{address}", since)
                    self.serves(node, "127.0.0.1")
                node.stop()

    def test_the_network_goes_and_comes_back(self):
        """First the route to the upstream server, then the interface: what is sinkholed is answered as long as clients can
        reach the daemon, and all else as soon as the network is there again."""
        ip("addr", "add", "198.51.100.1/32", "dev", "lo")
        upstream = ScriptedUpstream(self, every_name(60), address="198.51.100.1")
        node = self.node(upstreams=[upstream.where], listen='"127.0.0.1:5304"').start()
        self.serves(node, "127.0.0.1")
        asked = iter(range(10 ** 6))
        for _ in range(2):
            ip("addr", "del", "198.51.100.1/32", "dev", "lo")
            eventually(lambda: node.ask(f"gone-{next(asked)}.example").rcode() == dns.rcode.SERVFAIL, "no upstream server")
            self.assertEqual(self.ask(node, BLOCKED, False), ["0.0.0.0"])
            eventually(lambda: self.problems(node), "status has a problem")
            ip("addr", "add", "198.51.100.1/32", "dev", "lo")
            eventually(lambda: addresses(node.ask(f"back-{next(asked)}.example")) == ["192.0.2.1"], "names are answered again")
            eventually(lambda: not self.problems(node), "no problem is left")
        ip("link", "set", "lo", "down")
        ip("link", "set", "lo", "up")
        eventually(lambda: self.ask(node, f"up-{next(asked)}.example", False) == ["192.0.2.1"], "and after the interface")
        self.serves(node, "127.0.0.1")
        ip("addr", "del", "198.51.100.1/32", "dev", "lo")

    def test_none_of_the_addresses_is_there(self):
        node = self.node(listen='"192.0.2.53:5353", "[2001:db8::53]:5353"')
        node.update()
        daemon = node.launch()
        self.assertEqual(daemon.wait(), 1)
        self.assertIn("cannot listen on 192.0.2.53:5353 (udp): Cannot assign requested address; this machine has no such "
                      "address: change [server].listen", daemon.log())

    def test_a_taken_port_still_ends_the_start(self):
        first = self.node(listen='"127.0.0.1:5353"').start()
        second = self.node(listen='"192.0.2.53:5353", "127.0.0.1:5353"')
        second.update()
        daemon = second.launch()
        self.assertEqual(daemon.wait(), 1)
        self.assertRegex(daemon.log(), r"cannot listen on 127\.0\.0\.1:5353 \(udp\): Address already in use; find the process")
        self.assertEqual(addresses(first.ask(BLOCKED)), ["0.0.0.0"])


if __name__ == "__main__":
    main()
