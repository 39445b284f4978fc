# SPDX-License-Identifier: Apache-2.0
"""Listen addresses: IPv4 and IPv6, one or all, and replies that leave from the address to which the query was sent."""
import re
import socket

import dns.message

from daemon import PATIENCE
from harness import SystemTest, addresses, main
from upstreams import ScriptedUpstream, every_name

BLOCKED = "chat.alpha-ai.example"


class Listen(SystemTest):
    def setUp(self):
        super().setUp()
        self.upstream = ScriptedUpstream(self, every_name(60))

    def listening(self, listen, *allowed):
        node = self.node(upstreams=[self.upstream.where], listen=listen)
        clients = "".join(f'"{prefix}", ' for prefix in allowed)
        node.config.write_text(node.config.read_text().replace("allow_from = [", f"allow_from = [{clients}"))
        node.update()
        daemon = node.launch()
        daemon.wait_notified("READY")
        daemon.wait_line(r"is ready")
        return [(host.strip("[]"), int(port))
                for host, port in re.findall(r"listening on (\S+):(\d+) ", daemon.log())]

    def connected(self, address, port, name):
        """A connected socket takes replies only from the address and port to which it is connected."""
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as asker:
            asker.settimeout(PATIENCE)
            asker.connect((address, port))
            asker.send(dns.message.make_query(name, "A", use_edns=0).to_wire())
            return addresses(dns.message.from_wire(asker.recv(4096)))

    def test_all_addresses_of_both_families(self):
        where = self.listening('"0.0.0.0:0", "[::]:0"')
        self.assertEqual([host for host, _ in where], ["0.0.0.0", "::"])
        v4, v6 = where[0][1], where[1][1]
        for address, port in (("127.0.0.1", v4), ("127.0.0.7", v4), ("127.1.2.3", v4), ("::1", v6)):
            with self.subTest(address):
                self.assertEqual(self.connected(address, port, BLOCKED), ["0.0.0.0"])
                # This query waits for upstream: late replies leave from the same address.
                self.assertEqual(self.connected(address, port, f"{address.replace(':', 'x')}.example"), ["192.0.2.1"])

    def test_one_address_of_each_family(self):
        for host, port in self.listening('"127.0.0.5:0", "[::1]:0"'):
            with self.subTest(host):
                self.assertEqual(self.connected(host, port, BLOCKED), ["0.0.0.0"])
                self.assertEqual(self.connected(host, port, "late.example"), ["192.0.2.1"])

    def test_an_address_that_this_machine_does_not_have(self):
        """The other addresses are served; the missing one has one line in the journal and is a problem in the status."""
        where = self.listening('"203.0.113.1:5300", "127.0.0.1:0"', "203.0.113.0/24")
        self.assertEqual([host for host, _ in where], ["127.0.0.1"])
        self.assertEqual(self.connected(*where[0], BLOCKED), ["0.0.0.0"])
        node = self.nodes[-1]
        self.assertEqual(len(re.findall("no address 203.0.113.1:5300", node.daemon.log())), 1)
        problems = [problem["what"] for problem in node.cenote_json("status")["problems"]]
        self.assertEqual([what for what in problems if "203.0.113.1:5300" in what], problems)
        self.assertEqual(len(problems), 1)


if __name__ == "__main__":
    main()
