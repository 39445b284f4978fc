# SPDX-License-Identifier: Apache-2.0
"""The table of behaviours over every transport, and those that take more than one query."""
import socket
import threading

import dns.flags
import dns.message

import transports
from behaviours import ALL, WWW, query
from certificates import Authority, replace
from daemon import PATIENCE, eventually
from h2_client import Client
from harness import SystemTest, addresses, extended_errors, framed, main, read_message
from upstreams import Nsd, ScriptedUpstream, Unbound, answer_with

import zone_catalogue  # daemon.py puts its folder on the path

ZONE = zone_catalogue.read("signed.example.zone")


class TamperedNsd(Nsd):
    """One record is not the one that was signed."""

    def _sign(self, zonefile):
        signed = super()._sign(zonefile)
        text = signed.read_text()
        assert text.count("192.0.2.66") == 1
        signed.write_text(text.replace("192.0.2.66", "192.0.2.99"))
        return signed


class Conformance(SystemTest):
    def stand_up(self):
        nsd = TamperedNsd(self, "signed.example", ZONE, signed=True)
        validating = Unbound(self, nsd)
        self.silent = threading.Event()
        self.scripted = ScriptedUpstream(self, self.answer)
        node = self.node(upstreams=[self.scripted.where])
        authority = Authority(node.folder)
        for name, text in zip(("chain.pem", "key.pem"), authority.pair()):
            replace(node.folder / name, text)
        node.write_config(server=f"""listen_tls = ["127.0.0.1:0"]
listen_https = ["127.0.0.1:0"]
[server.tls]
name = "dns.example"
certificate = "{node.folder}/chain.pem"
key = "{node.folder}/key.pem"
""", extra=f"""[[upstream.route]]
zone = "signed.example"
servers = ["{validating.where}"]
""")
        self.resolver = node.start()
        status = node.cenote_json("status")
        tls, https = (int(status[key][0].rsplit(":", 1)[1]) for key in ("listen_tls", "listen_https"))
        self.transports = transports.Transports(self, node, authority, tls, https)

    def answer(self, asked, transport):
        name = asked.question[0].name.to_text()
        if self.silent.is_set():
            return None
        count = 80 if name.lower().startswith("many") else 1
        ttl = 1 if name.lower().startswith("short") else 60
        if name.lower().startswith("leak."):
            return answer_with(asked, f"{name} 60 IN CNAME chat.alpha-ai.example.", "chat.alpha-ai.example. 60 IN A 192.0.2.7")
        if name.lower().startswith("outside."):
            return answer_with(asked, f"{name} 60 IN HTTPS 0 chat.alpha-ai.example.")
        if name.lower().startswith("fails"):
            return answer_with(asked, rcode=2)
        return answer_with(asked, *(f"{name} {ttl} IN A 192.0.2.{i + 1}" for i in range(count)))

    def setUp(self):
        super().setUp()
        self.stand_up()


def faults(behaviour, reply, transport):
    """What is wrong with a reply, by each check of the row."""
    if reply.message is None and not any(check.__name__ == "dropped" for check in behaviour.checks):
        return [f"no reply, status {reply.status}"]
    return [fault for fault in (check(reply, transport) for check in behaviour.checks) if fault]


class Table(Conformance):
    def test_every_behaviour_on_every_transport(self):
        replies = []
        for behaviour in ALL:
            for transport in transports.NAMES:
                with self.subTest(f"{behaviour.where}: {behaviour.what}", transport=transport):
                    reply = self.transports.ask(transport, behaviour.wire)
                    reply.sent = behaviour.wire
                    self.assertEqual(faults(behaviour, reply, transport), [], reply.message)
                    if reply.message is not None:
                        self.assertEqual(reply.wire[:2], behaviour.wire[:2], "the id (RFC 1035 §4.1.1)")
                        self.assertTrue(reply.message.flags & dns.flags.QR)
                    if transport == "tcp":
                        replies.append(reply)
        for behaviour in ALL:  # a row that fits every reply would hold nothing
            self.assertTrue(any(faults(behaviour, reply, "tcp") for reply in replies), behaviour.what)


class OverTime(Conformance):
    def test_streams(self):
        """RFC 7766 §6.2.1.1, §7: pipelined queries, answers in any order, a connection that stays."""
        stream = socket.create_connection((self.resolver.address, self.resolver.port), timeout=PATIENCE)
        self.addCleanup(stream.close)
        stream.sendall(b"".join(framed(dns.message.make_query(name, "A", id=i).to_wire())
                                for i, name in enumerate((WWW, "localhost", "five.signed.example"))))
        self.assertEqual(sorted(read_message(stream).id for _ in range(3)), [0, 1, 2])
        stream.sendall(framed(dns.message.make_query("localhost", "A", id=9).to_wire()))
        self.assertEqual(read_message(stream).id, 9)

    def test_https(self):
        """RFC 8484 §4.2.1, §5.1: the type of the body, and an age that is that of the answer."""
        with self.transports.secure(self.transports.https_port, "h2") as stream:
            client = Client(stream)
            asked = dns.message.make_query("age.open.example", "A", id=0)
            for number in (client.get(asked), client.post(asked)):
                response = client.wait(number)
                self.assertEqual((response.status, response.fields["content-type"]), (200, "application/dns-message"))
                lowest = min(rrset.ttl for rrset in response.message().answer)
                self.assertRegex(response.fields["cache-control"], r"max-age=\d+")
                self.assertLessEqual(int(response.fields["cache-control"].split("max-age=")[1].split(",")[0]), lowest)
                self.assertEqual(response.message().id, 0)

    def test_stale_data(self):
        """RFC 8767 §4, §5: past its TTL while the server fails, with a TTL of 30 and the extended error 3."""
        for transport in transports.NAMES:
            message = self.transports.ask(transport, query(f"short-{transport}.open.example")).message
            self.assertEqual(message.answer[0].ttl, 1)
        self.silent.set()
        for transport in transports.NAMES:
            eventually(lambda: self.is_stale(transport), "stale data")

    def is_stale(self, transport):
        message = self.transports.ask(transport, query(f"short-{transport}.open.example")).message
        if 3 not in [code for code, _ in extended_errors(message)]:
            return False
        self.assertEqual((addresses(message), message.answer[0].ttl), (["192.0.2.1"], 30))
        return True

    def test_failures_are_remembered(self):
        """RFC 9520 §3.2: a failure is cached, so that not every query is sent on."""
        for transport in transports.NAMES:
            eventually(lambda: self.is_remembered(transport, f"fails-{transport}.open.example"), "a query that is not sent on")

    def is_remembered(self, transport, name):
        """Of two queries, one behind the other; on a busy machine the failure may have been forgotten between them."""
        asked = []
        for _ in range(2):
            self.assertRcode(self.transports.ask(transport, query(name)).message, "SERVFAIL")
            asked.append(self.scripted.asked(name))
        self.assertGreater(asked[0], 0)
        return asked[0] == asked[1]


if __name__ == "__main__":
    main()
