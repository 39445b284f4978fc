# SPDX-License-Identifier: Apache-2.0
"""Transfers of a primary zone: who may transfer it, the limits for each client, and the service to others."""
import socket

import dns.message
import dns.rcode
import dns.rdatatype

from daemon import PATIENCE, eventually
from harness import addresses, framed, main, read_exactly, read_message
from primary_zones import ZONE, PrimaryZoneTest
from secondaries import KEY


class RpzOutLimits(PrimaryZoneTest):
    def test_clients_without_the_key_stop_no_transfer(self):
        self.stand_up()
        streams = [self.resolver.tcp() for _ in range(40)]
        for stream in streams:
            stream.sendall(self.question(ZONE, "AXFR", 1) + b"\0")  # with the first byte of another message
        for stream in streams:
            # SERVFAIL: more queries of one client than may wait.
            self.assertIn(dns.rcode.to_text(read_message(stream).rcode()), ("REFUSED", "SERVFAIL"))
        self.assertEqual(self.transfer()[0][1], "SOA")

    def test_transfers_that_are_not_read_stop_no_other_secondary(self):
        self.stand_up(more=self.many(50000))
        streams = []
        for _ in range(80):
            stream = socket.socket()
            self.addCleanup(stream.close)
            stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            stream.settimeout(PATIENCE)
            stream.bind(("127.0.0.2", 0))
            stream.connect((self.resolver.address, self.resolver.port))
            stream.sendall(self.question(ZONE, "AXFR", 1, signed=True))
            streams.append(stream)
        rcodes = [read_exactly(stream, 6)[5] & 0xf for stream in streams]
        self.assertEqual(sorted(set(rcodes)), [0, 2], "a share of the places, SERVFAIL for the rest")
        self.assertLess(rcodes.count(0), 16)
        self.assertEqual(sum(row[2] == "." for row in self.transfer()), 100000)

    def test_who_may_ask_about_zones(self):
        self.stand_up(allow_from='["127.0.0.1/32"]', notify=["127.0.0.3:9"])
        for source, rcode in (("127.0.0.1", "NOERROR"), ("127.0.0.2", "REFUSED"), ("127.0.0.3", "NOERROR")):
            for rdtype, tcp in (("SOA", False), ("SOA", True), ("AXFR", True)):
                with self.subTest(source=source, rdtype=rdtype, tcp=tcp):
                    query = dns.message.make_query(ZONE, rdtype)
                    query.use_tsig(self.keyring, keyname=KEY)
                    with socket.socket(type=socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM) as client:
                        client.settimeout(PATIENCE)
                        client.bind((source, 0))
                        client.connect((self.resolver.address, self.resolver.port))
                        client.sendall(framed(query.to_wire()) if tcp else query.to_wire())
                        head = read_exactly(client, 6)[2:] if tcp else client.recv(4096)
                    self.assertEqual(dns.rcode.to_text(head[3] & 0xf), rcode)

    def test_one_connection_for_names_and_zones(self):
        self.stand_up(more=self.many(5000), keys=False, notify=["127.0.0.1:9"])
        stream = self.resolver.tcp()
        stream.sendall(self.question("a.slow.example", "A", 1) + self.question(ZONE, "SOA", 2)
                       + self.question("b.example", "A", 3) + self.question(ZONE, "AXFR", 4)
                       + self.question(ZONE, "AXFR", 5) + self.question("chat.alpha-ai.example", "A", 6))
        answers, soas = {}, {4: 0, 5: 0}
        while set(answers) != {2, 3, 4, 5, 6} or set(soas.values()) != {2}:
            wire = read_exactly(stream, int.from_bytes(read_exactly(stream, 2), "big"))
            answer = dns.message.from_wire(wire, one_rr_per_rrset=True)
            answers[answer.id] = answer
            if answer.id in soas:
                soas[answer.id] += sum(rrset.rdtype == dns.rdatatype.SOA for rrset in answer.answer)
        self.gate.set()
        self.assertEqual(read_message(stream).id, 1, "answered, also where the upstream was too slow")
        self.assertEqual([dns.rcode.to_text(answers[i].rcode()) for i in range(2, 7)], ["NOERROR"] * 5)
        self.assertEqual([addresses(answers[i]) for i in (3, 6)], [["192.0.2.1"], ["0.0.0.0"]])
        stream.sendall(self.question(ZONE, "NS", 7) + self.question("c.example", "A", 8))
        self.assertEqual({read_message(stream).id for _ in range(2)}, {7, 8})

    def test_a_reload_while_transfers_wait(self):
        self.stand_up(more=self.many(50000))
        streams = [self.resolver.tcp() for _ in range(4)]
        for stream in streams:
            stream.sendall(self.question(ZONE, "AXFR", 1, signed=True))
            read_exactly(stream, 100)
        self.resolver.cenote_ok("restrict", "domain:new.example", "--everyone", "--no-end")
        self.resolver.cenote_ok("reload")
        streams.pop().close()
        self.assertEqual(sum(row[2] == "." for row in self.transfer()), 100000)
        self.resolver.stop()  # while three transfers are in progress
        self.resolver.start()
        eventually(lambda: self.serial() > 0, "the zone")
        self.assertEqual(sum(row[2] == "." for row in self.transfer()), 100000)

    def test_many_records_in_many_messages(self):
        self.stand_up(more=self.many(20000))
        rows = self.transfer()
        self.assertEqual(sum(row[2] == "." for row in rows), 40000)


if __name__ == "__main__":
    main()
