# SPDX-License-Identifier: Apache-2.0
"""PROXY protocol version 2 in front of every listener, by kdig, HAProxy, dnsdist and bare headers."""
import re
import socket
import ssl
import subprocess
import threading

import dns.edns
import dns.exception
import dns.message
import dns.query
import dns.rcode

import proxies
from certificates import Authority, replace
from daemon import PATIENCE, eventually
from h2_client import Client
from harness import RESTRICT_ALPHA, SystemTest, addresses, extended_errors, framed, main, read_exactly, read_message
from proxies import PROXY, Dnsdist, HaProxy, header, local_header
from upstreams import ScriptedUpstream, answer_with

WAIT = f"+time={PATIENCE:.0f}"  # of kdig
LAB = "127.0.0.77"  # a client of the group that the directive is for
DIRECTIVE = RESTRICT_ALPHA + 'groups = ["lab"]\n[[group]]\nid = "lab"\nclients = ["127.0.0.77/32", "::1/128"]\n'


def upstream_answer(query, transport):
    return answer_with(query, f"{query.question[0].name.to_text()} 600 IN A 192.0.2.1")


class Proxied(SystemTest):
    def setUp(self):
        super().setUp()
        self.gate = threading.Event()
        self.addCleanup(self.gate.set)
        self.upstream = ScriptedUpstream(self, self.upstream_answer)
        self.resolver = self.node(upstreams=[self.upstream.where], directives=DIRECTIVE,
                                  extra='[privacy]\nidentity = "address"\nagreement = "a test"\n')
        folder = self.resolver.folder
        self.authority = Authority(folder)
        self.chain, self.key = folder / "chain.pem", folder / "key.pem"
        for path, text in zip((self.chain, self.key), self.authority.pair()):
            replace(path, text)
        self.both = folder / "both.pem"
        self.both.write_text(self.chain.read_text() + self.key.read_text())
        self.resolver.write_config(server=(
            f'listen_tls = ["127.0.0.1:0"]\nlisten_https = ["127.0.0.1:0"]\nlisten_h2c = ["127.0.0.1:0"]\n'
            f'proxies = ["{PROXY}"]\n[server.tls]\nname = "dns.example"\ncertificate = "{self.chain}"\n'
            f'key = "{self.key}"\n'))
        self.resolver.start()
        status = self.resolver.cenote_json("status")
        self.tls, self.https, self.h2c = (int(status[key][0].rsplit(":", 1)[1])
                                          for key in ("listen_tls", "listen_https", "listen_h2c"))

    def upstream_answer(self, query, transport):
        if query.question[0].name.to_text().startswith("slow"):
            self.gate.wait(PATIENCE)
        return upstream_answer(query, transport)

    def metric(self, name):
        return self.resolver.metric(name)

    def refused(self, reason):
        return self.metric(f'cenote_proxy_headers_refused_total{{reason="{reason}"}}')

    @staticmethod
    def query(name, number=7):
        query = dns.message.make_query(name, "A", use_edns=0)
        query.id = number
        return query.to_wire()

    def datagram(self, *parts, source=PROXY):
        client = self.resolver.udp(source)
        client.send(b"".join(parts))
        return client

    def assertSinkholed(self, answer, is_sinkholed=True):
        self.assertEqual(addresses(answer), ["0.0.0.0" if is_sinkholed else "192.0.2.1"], answer)

    def over_udp(self, first, query):
        return dns.message.from_wire(self.datagram(first, query).recv(4096))

    def over_tcp(self, first, query):
        return read_message(proxies.connect(self, self.resolver.port, first, framed(query)))

    def secure(self, port, first, alpn):
        context = ssl.create_default_context(cafile=self.authority.file)
        context.set_alpn_protocols([alpn])
        stream = context.wrap_socket(proxies.connect(self, port, first), server_hostname="dns.example")
        self.addCleanup(stream.close)
        return stream

    def over_tls(self, first, query):
        stream = self.secure(self.tls, first, "dot")
        stream.sendall(framed(query))
        return read_message(stream)

    def over_https(self, first, query):
        client = Client(self.secure(self.https, first, "h2"))
        return client.wait(client.post(query)).message()

    def over_h2c(self, first, query):
        client = Client(proxies.connect(self, self.h2c, first))
        return client.wait(client.post(query)).message()

    def ways(self):
        return (self.over_udp, self.over_tcp, self.over_tls, self.over_https, self.over_h2c)

    def clients(self):
        return {row["client"]: row["queries"] for row in self.resolver.cenote_json("top", "clients")}

    def test_the_header_decides_on_every_listener(self):
        query = self.query("alpha-ai.example")
        for way in self.ways():
            with self.subTest(way.__name__):
                self.assertSinkholed(way(header(LAB), query))
                self.assertSinkholed(way(header("::1", extensions=b"\4\0\1x"), query))
                self.assertSinkholed(way(header("127.0.0.78"), query), False)
                self.assertSinkholed(way(local_header(), query), False)
                outside = way(header("192.0.2.7"), query)
                self.assertRcode(outside, "REFUSED")
                self.assertEqual([code for code, _ in extended_errors(outside)], [18])
        self.assertEqual(self.metric('cenote_rejected_total{reason="acl"}'), 5)
        eventually(lambda: self.clients() == {LAB: 5, "::1": 5, "127.0.0.78": 5, PROXY: 5}, "four clients")

    def test_designations_have_the_address_that_the_client_asked(self):
        query = dns.message.make_query("_dns.resolver.arpa", "SVCB").to_wire()
        for way in self.ways():
            for client, asked in ((LAB, "203.0.113.53"), ("::1", "2001:db8::53")):
                with self.subTest(way.__name__, asked=asked):
                    answer = way(header(client, asked=asked), query)
                    hint = f'ipv{6 if ":" in asked else 4}hint="{asked}"'
                    shown = sorted(rdata.to_text() for rdata in answer.answer[0])
                    for text, port, alpn in zip(shown, (self.https, self.tls), ("h2", "dot"), strict=True):
                        self.assertIn(hint, text)
                        self.assertIn(f'port="{port}"', text)
                        self.assertIn(f'alpn="{alpn}"', text)
                    self.assertEqual([rdata.to_text() for rrset in answer.additional for rdata in rrset], [asked])
        for more in ([], ["+tcp"]):
            out = self.kdig("-p", self.resolver.port, f"+proxy={LAB}#4711-203.0.113.53#53", *more,
                            "_dns.resolver.arpa", "SVCB")
            self.assertEqual(len(re.findall(r"ipv4hint=203\.0\.113\.53\b", out)), 2, out)

    def test_late_replies_find_their_proxy(self):
        sockets = [self.datagram(header(LAB), self.query(f"slow{i}.example", i)) for i in range(20)]
        streams = [proxies.connect(self, self.resolver.port, header("127.0.0.78"), framed(self.query(f"slow{i}.example", i)))
                   for i in range(20)]
        for i in range(20):
            self.upstream.wait_for(f"slow{i}.example")
        self.gate.set()
        for i, (client, stream) in enumerate(zip(sockets, streams)):
            for answer in (dns.message.from_wire(client.recv(4096)), read_message(stream)):
                self.assertEqual((answer.id, addresses(answer)), (i, ["192.0.2.1"]))

    def test_a_header_is_required_of_proxies(self):
        query = self.query("localhost")
        whole = header(LAB)
        silent = [self.datagram(query), self.datagram(b"PROXY UDP4 ", query), self.datagram(whole[:20]),
                  self.datagram(header(LAB, extensions=bytes(513)), query)]
        for port in (self.resolver.port, self.tls, self.https, self.h2c):
            for first in (framed(query), b"PROXY TCP4 127.0.0.77 127.0.0.1 1 53\r\n", header(LAB, extensions=bytes(60000)),
                          header(command=0x21, family=0x31, content=bytes(216))):
                try:
                    self.assertEqual(proxies.connect(self, port, first).recv(100), b"")
                except ConnectionError:
                    pass
        self.assertRcode(self.over_udp(whole, query), "NOERROR")
        for client in silent:
            client.setblocking(False)
            with self.assertRaises(BlockingIOError):
                client.recv(100)
        reasons = ("missing", "version1", "malformed", "slow", "unexpected")
        eventually(lambda: [self.refused(reason) for reason in reasons] == [5, 5, 10, 0, 0], "each is counted")

    def test_of_anybody_else_a_header_is_garbage(self):
        query = self.query("localhost")
        answer = self.datagram(header(LAB), query, source="127.0.0.1").recv(4096)
        self.assertEqual((len(answer), answer[3] & 0xf), (12, dns.rcode.FORMERR))
        for port in (self.resolver.port, self.tls, self.https, self.h2c):
            stream = proxies.connect(self, port, header(LAB), framed(query), source="127.0.0.1")
            received = b""
            try:
                while part := stream.recv(100):
                    received += part
            except ConnectionResetError:
                pass
            self.assertLess(len(received), 16, "an alert at most")
        eventually(lambda: self.refused("unexpected") == 2, "each is counted")
        self.assertRcode(self.resolver.ask("localhost"), "NOERROR")
        self.assertRcode(self.resolver.ask("localhost", tcp=True), "NOERROR")

    def test_a_proxy_may_have_more_connections_than_a_client(self):
        query = framed(self.query("localhost"))
        streams = []
        for i in range(270):
            streams.append(proxies.connect(self, self.resolver.port, header(f"127.0.1.{i % 90 + 1}"), query))
            self.assertRcode(read_message(streams[-1]), "NOERROR")
        for stream in streams:
            stream.sendall(query)
            self.assertRcode(read_message(stream), "NOERROR")
        self.assertEqual(self.metric("cenote_tcp_connections_per_client_refused_total"), 0)

    def kdig(self, *arguments, ok=True):
        done = subprocess.run(["kdig", "@127.0.0.1", "-b", PROXY, "+retry=0", WAIT, *map(str, arguments)],
                              capture_output=True, text=True, timeout=2 * PATIENCE)
        self.assertEqual(done.returncode == 0, ok, done.stdout + done.stderr)
        return done.stdout

    def test_kdig(self):
        for more in ([], ["+tcp"]):
            for client, address in ((LAB, "0.0.0.0"), ("127.0.0.78", "192.0.2.1")):
                out = self.kdig("-p", self.resolver.port, f"+proxy={client}#4711-127.0.0.1#53", *more, "alpha-ai.example")
                self.assertRegex(out, rf"(?m)^alpha-ai\.example\.\s.*\sA\s+{re.escape(address)}$")
        out = self.kdig("-p", self.resolver.port, "+proxy=::1-::1", "alpha-ai.example")
        self.assertRegex(out, r"(?m)^alpha-ai\.example\.\s.*\sA\s+0\.0\.0\.0$")
        self.assertEqual(self.refused("missing"), 0)
        self.kdig("-p", self.resolver.port, "+tcp", "alpha-ai.example", ok=False)
        eventually(lambda: self.refused("missing") == 1, "it is counted")

    def test_behind_haproxy(self):
        secure = f"ssl crt {self.both} alpn h2"
        proxy = HaProxy(self, ("", self.resolver.port, "send-proxy-v2", "tcp"),
                        ("", self.tls, "send-proxy-v2", "tcp"),
                        ("", self.https, "send-proxy-v2", "tcp"),
                        (secure, self.h2c, "send-proxy-v2 proto h2", "http"),
                        ("", self.resolver.port, "send-proxy", "tcp"),
                        ("", self.resolver.port, "send-proxy-v2 check inter 100ms fall 1000", "tcp"))
        tcp, tls, https, h2c, version1, checked = proxy.ports

        def is_open():
            try:
                return dns.query.tcp(dns.message.from_wire(self.query("localhost")), "127.0.0.1", port=tcp, timeout=PATIENCE)
            except (OSError, EOFError):
                return False
        eventually(is_open, "HAProxy")
        for client in (LAB, "127.0.0.78"):
            query = dns.message.make_query("alpha-ai.example", "A")
            context = ssl.create_default_context(cafile=self.authority.file)
            self.assertSinkholed(dns.query.tcp(query, "127.0.0.1", port=tcp, source=client, timeout=PATIENCE), client == LAB)
            self.assertSinkholed(dns.query.tcp(query, "127.0.0.1", port=checked, source=client, timeout=PATIENCE),
                                 client == LAB)
            self.assertSinkholed(dns.query.tls(query, "127.0.0.1", port=tls, source=client, ssl_context=context,
                                               server_hostname="dns.example", timeout=PATIENCE), client == LAB)
            for port in (https, h2c):
                context = ssl.create_default_context(cafile=self.authority.file)
                context.set_alpn_protocols(["h2"])
                plain = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE, source_address=(client, 0))
                self.addCleanup(plain.close)
                stream = context.wrap_socket(plain, server_hostname="dns.example")
                self.addCleanup(stream.close)
                http = Client(stream)
                self.assertSinkholed(http.wait(http.post(query.to_wire())).message(), client == LAB)
        self.assertEqual(sum(self.refused(reason) for reason in ("missing", "version1", "malformed", "slow")), 0,
                         "health checks are no fault either")
        old = socket.create_connection(("127.0.0.1", version1), timeout=PATIENCE)
        self.addCleanup(old.close)
        self.assertEqual(old.recv(10), b"")
        eventually(lambda: self.refused("version1") == 1, "it is counted")
        refused = r"proxies are refused for the PROXY headers .*: 1 of version 1, where 2 is read"
        self.resolver.daemon.wait_line(refused)
        eventually(lambda: re.search(refused, self.resolver.cenote_ok("status")), "the notice")

    def test_behind_a_proxy_that_ends_tls_answers_are_padded(self):
        proxy = HaProxy(self, (f"ssl crt {self.both} alpn dot", self.resolver.port, "send-proxy-v2-ssl", "tcp"),
                        ("", self.resolver.port, "send-proxy-v2-ssl", "tcp"))
        through_tls, plain = proxy.ports
        query = dns.message.make_query("alpha-ai.example", "A", use_edns=0, options=[dns.edns.GenericOption(12, b"")])

        def is_open():
            try:
                return dns.query.tcp(query, "127.0.0.1", port=plain, source=LAB, timeout=PATIENCE)
            except (OSError, EOFError):
                return False
        answer = eventually(is_open, "HAProxy")
        self.assertNotIn(12, [int(option.otype) for option in answer.options])
        before = self.metric('cenote_queries_total{transport="tls"}')
        context = ssl.create_default_context(cafile=self.authority.file)
        context.set_alpn_protocols(["dot"])
        stream = context.wrap_socket(socket.create_connection(("127.0.0.1", through_tls), timeout=PATIENCE,
                                                              source_address=(LAB, 0)), server_hostname="dns.example")
        self.addCleanup(stream.close)
        stream.sendall(framed(query.to_wire()))
        size = int.from_bytes(read_exactly(stream, 2), "big")
        self.assertEqual(size % 468, 0)
        self.assertSinkholed(dns.message.from_wire(read_exactly(stream, size)))
        self.assertEqual(self.metric('cenote_queries_total{transport="tls"}'), before + 1)

    def dnsdist(self, *listeners):
        proxy = Dnsdist(self, self.resolver.port, listeners=listeners)
        query = dns.message.make_query("localhost", "A")

        def is_up():
            try:
                return dns.query.udp(query, "127.0.0.1", port=proxy.port, timeout=1).rcode() == dns.rcode.NOERROR
            except (OSError, dns.exception.Timeout):
                return False
        eventually(is_up, "dnsdist")
        return proxy

    def test_behind_dnsdist(self):
        proxy = self.dnsdist()
        for way in (dns.query.udp, dns.query.tcp):
            for client, is_sinkholed in ((LAB, True), ("127.0.0.78", False)):
                answer = way(dns.message.make_query("alpha-ai.example", "A"), "127.0.0.1", port=proxy.port, source=client,
                             timeout=PATIENCE)
                self.assertSinkholed(answer, is_sinkholed)
        answers = []

        def ask(i):
            late = dns.message.make_query(f"slow{i}.example", "A")
            answers.append(dns.query.udp(late, "127.0.0.1", port=proxy.port, source=LAB, timeout=PATIENCE))
        threads = [threading.Thread(target=ask, args=(i,)) for i in range(10)]
        for thread in threads:
            thread.start()
        for i in range(10):
            self.upstream.wait_for(f"slow{i}.example")
        self.gate.set()
        for thread in threads:
            thread.join()
        self.assertEqual([addresses(answer) for answer in answers], [["192.0.2.1"]] * 10)
        self.assertEqual(sum(self.refused(reason) for reason in ("missing", "version1", "malformed", "unexpected")), 0,
                         "dnsdist's health checks have a header too")

    def test_behind_dnsdist_that_encrypts(self):
        """What dnsdist gets over TLS and HTTPS reaches the node with its client."""
        pair = f'"{self.chain}", "{self.key}"'
        proxy = self.dnsdist(f'addTLSLocal("{{}}", {pair})', f'addDOHLocal("{{}}", {pair}, "/dns-query")')
        tls, https = proxy.ports
        secure = [f"+tls-ca={self.authority.file}", "+tls-hostname=dns.example", WAIT, "+retry=0"]
        for port, way in ((tls, "+tls"), (https, "+https"), (https, "+https-get")):
            for client, address in ((LAB, "0.0.0.0"), ("127.0.0.78", "192.0.2.1")):
                done = subprocess.run(["kdig", "@127.0.0.1", "-b", client, "-p", str(port), way, *secure, "alpha-ai.example"],
                                      capture_output=True, text=True, timeout=2 * PATIENCE)
                self.assertRegex(done.stdout, rf"(?m)^alpha-ai\.example\.\s.*\sA\s+{re.escape(address)}$", done.stderr)
        eventually(lambda: [self.clients().get(client) for client in (LAB, "127.0.0.78")] == [3, 3], "the clients")


class Transfers(SystemTest):
    """Zone maintenance over UDP behind a proxy: its reply goes to the proxy as well."""

    def test_a_secondary_behind_a_proxy_gets_the_soa(self):
        node = self.node(server=f'proxies = ["{PROXY}"]\n',
                         extra='[[serve_rpz]]\nzone = "rpz.agency.example"\nnotify = ["127.0.0.55:53"]\n').start()
        query = dns.message.make_query("rpz.agency.example", "SOA").to_wire()

        def soa(client):
            asked = node.udp(PROXY)
            asked.send(header(client) + query)
            return dns.message.from_wire(asked.recv(4096))
        answer = eventually(lambda: (found := soa("127.0.0.55")).answer and found, "the zone")
        self.assertEqual(answer.answer[0].name.to_text(), "rpz.agency.example.")
        self.assertRcode(soa("192.0.2.7"), "REFUSED")


if __name__ == "__main__":
    main()
