# SPDX-License-Identifier: Apache-2.0
"""DNS over TLS (RFC 7858), judged by kdig, dig, openssl, dnsperf and Python's ssl."""
import contextlib
import json
import re
import socket
import ssl
import subprocess
import threading

import dns.edns
import dns.message

from certificates import Authority, replace
from daemon import BIN, PATIENCE, eventually
from harness import SystemTest, framed, main, read_exactly, records
from upstreams import ScriptedUpstream, answer_with

NAMES = ["chat.alpha-ai.example", "alpha-ai.example", "www.open.example", "big.open.example", "localhost", "none.example",
         "use-application-dns.net", "_dns.resolver.arpa"]
TYPES = ["A", "AAAA", "HTTPS", "TXT", "MX", "ANY"]


def upstream_answer(query, transport):
    question = query.question[0]
    name = question.name.to_text()
    if name.lower().startswith("none"):
        query = dns.message.make_response(query)
        query.set_rcode(3)
        return query
    if question.rdtype != 1:
        return answer_with(query)
    count = 60 if name.lower().startswith("big") else 1
    return answer_with(query, *(f"{name} 600 IN A 192.0.2.{i + 1}" for i in range(count)))


class Tls(SystemTest):
    def setUp(self):
        super().setUp()
        upstream = ScriptedUpstream(self, upstream_answer)
        self.node_ = self.node(upstreams=[upstream.where], workers=2)
        self.authority = Authority(self.node_.folder)
        self.chain, self.key = (self.node_.folder / name for name in ("chain.pem", "key.pem"))
        self.put(self.authority.pair())
        self.node_.write_config(server=self.section())

    def section(self, more=""):
        return (f'listen_tls = ["127.0.0.1:0"]\n{more}\n[server.tls]\nname = "dns.example"\ncertificate = "{self.chain}"\n'
                f'key = "{self.key}"\n')

    def put(self, pair):
        for path, text in zip((self.chain, self.key), pair):
            replace(path, text)

    def start(self):
        self.node_.start()
        where = self.node_.cenote_json("status")["listen_tls"]
        self.assertEqual(len(where), 1)
        self.port = int(where[0].rsplit(":", 1)[1])

    def client(self, version=None):
        context = ssl.create_default_context(cafile=self.authority.file)
        if version is not None:
            context.maximum_version = version
        return context

    def connect(self, context=None):
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
        self.addCleanup(plain.close)
        stream = (context or self.client()).wrap_socket(plain, server_hostname="dns.example")
        self.addCleanup(stream.close)
        return stream

    def ask(self, stream, name, rdtype="A", ident=1):
        query = dns.message.make_query(name, rdtype, use_edns=0)
        query.id = ident
        stream.sendall(framed(query.to_wire()))
        return dns.message.from_wire(read_exactly(stream, int.from_bytes(read_exactly(stream, 2), "big")))

    def problems(self):
        return {row["id"]: row["what"] for row in self.node_.cenote_json("status")["problems"]}

    def metric(self, name):
        return self.node_.metric(name)

    def program(self, *command, ok=True, text=""):
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, input=text,
                              timeout=4 * PATIENCE)
        if ok:
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def kdig(self, *arguments, ok=True):
        return self.program("kdig", "@127.0.0.1", "-p", self.port, "+tls", f"+time={PATIENCE:.0f}", "+retry=0", *arguments,
                            ok=ok)

    def test_answers_are_those_of_tcp(self):
        self.start()
        stream = self.connect()
        for name in NAMES:
            for rdtype in TYPES:
                over_tcp, over_tls = self.node_.ask(name, rdtype, tcp=True), self.ask(stream, name, rdtype)
                self.assertEqual(over_tls.rcode(), over_tcp.rcode(), (name, rdtype))
                self.assertEqual(over_tls.flags, over_tcp.flags, (name, rdtype))
                for section in ("answer", "authority", "additional"):
                    self.assertEqual(records(over_tls, section), records(over_tcp, section), (name, rdtype))
                options = [[option.to_text() for option in answer.options] for answer in (over_tls, over_tcp)]
                self.assertEqual(*options)
        self.assertEqual(self.metric('cenote_queries_total{transport="tls"}'), len(NAMES) * len(TYPES))

    def test_strict_clients_accept_it(self):
        self.start()
        strict = ["+tls-ca=" + str(self.authority.file), "+tls-hostname=dns.example"]
        out = self.kdig(*strict, "chat.alpha-ai.example", "A")
        self.assertRegex(out, r"TLS session \(TLS1\.3\)")
        self.assertRegex(out, r"(?m)^chat\.alpha-ai\.example\.\s.*\sA\s+0\.0\.0\.0$")
        self.assertRegex(self.kdig(*strict, "+keepopen", "www.open.example", "A", "chat.alpha-ai.example", "A"), "192.0.2.1")
        wrong = self.kdig("+tls-ca=" + str(self.authority.file), "+tls-hostname=other.example", "localhost", ok=False)
        self.assertNotIn("status: NOERROR", wrong)
        out = self.program("dig", "-r", "@127.0.0.1", "-p", self.port, "+tls", "+tls-hostname=dns.example",
                           f"+tls-ca={self.authority.file}", "big.open.example")
        self.assertEqual(len(re.findall(r"192\.0\.2\.\d+$", out, re.M)), 60)

    def test_answers_are_padded_where_asked_for(self):
        self.start()
        stream = self.connect()
        for name in NAMES:
            query = dns.message.make_query(name, "A", use_edns=0, options=[dns.edns.GenericOption(12, b"")])
            stream.sendall(framed(query.to_wire()))
            size = int.from_bytes(read_exactly(stream, 2), "big")
            self.assertEqual(size % 468, 0, name)
            self.assertIn(12, [int(option.otype) for option in dns.message.from_wire(read_exactly(stream, size)).options])
            plain = self.node_.send(query, tcp=True)
            self.assertNotIn(12, [int(option.otype) for option in plain.options])

    def test_both_versions_and_no_other(self):
        self.start()
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            self.assertEqual(self.ask(self.connect(self.client(version)), "localhost").rcode(), 0)
        old = self.program("openssl", "s_client", "-connect", f"127.0.0.1:{self.port}", "-tls1_1", "-cipher",
                           "ALL:@SECLEVEL=0", ok=False)
        self.assertIn("Cipher is (NONE)", old)

    def test_sessions_are_resumed_by_any_worker(self):
        self.start()
        kept = self.node_.folder / "session.pem"
        where = ["openssl", "s_client", "-connect", f"127.0.0.1:{self.port}", "-CAfile", self.authority.file]
        query = framed(dns.message.make_query("localhost", "A").to_wire())
        # The ticket of TLS 1.3 comes after the handshake, so the client has to read an answer.
        first = subprocess.Popen([*map(str, where), "-quiet", "-sess_out", str(kept)], stdin=subprocess.PIPE,
                                 stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        first.stdin.write(query)
        first.stdin.flush()
        first.stdout.read(20)
        eventually(kept.exists, "a session ticket")
        first.kill()
        first.communicate()
        for _ in range(8):
            self.assertIn("Reused, TLSv1.3", self.program(*where, "-sess_in", kept))
        eventually(lambda: self.handshakes("resumed") >= 8, "all are counted")

    def test_s_time(self):
        """openssl s_time prints r for a handshake that resumed a session, and * for a full one."""
        self.start()
        where = ["openssl", "s_time", "-connect", f"127.0.0.1:{self.port}", "-CAfile", self.authority.file, "-verify", "2",
                 "-time", "1"]
        for version, which, shown in (("-tls1_3", "-new", "*"), ("-tls1_2", "-new", "*"), ("-tls1_2", "-reuse", "r")):
            before = {result: self.handshakes(result) for result in ("full", "resumed", "failed")}
            out = self.program(*where, version, which)
            made = int(re.search(r"^(\d+) connections in [\d.]+ real seconds", out, re.M)[1])
            self.assertGreater(made, 0, out)
            self.assertGreaterEqual(out.count(shown), made, out)
            result = "resumed" if which == "-reuse" else "full"
            eventually(lambda: self.handshakes(result) - before[result] >= made, "the handshakes")
            self.assertEqual(self.handshakes("failed"), before["failed"])

    def handshakes(self, result):
        return self.metric(f'cenote_tls_handshakes_total{{result="{result}"}}')

    def test_dnsperf_loses_nothing(self):
        self.start()
        names = self.node_.folder / "names"
        names.write_text("".join(f"{label}{i}.{'alpha-ai' if i % 2 else 'open'}.example A\n"
                                 for i in range(50) for label in ("a", "b")))
        self.node_.fill_cache(line.split()[0] for line in names.read_text().splitlines())
        out = self.program("dnsperf", "-m", "dot", "-s", "127.0.0.1", "-p", self.port, "-d", names, "-n", "100", "-c", "20",
                           "-q", "200", "-t", f"{PATIENCE:.0f}")
        self.assertRegex(out, r"Queries completed:\s+10000 \(100\.00%\)")
        self.assertRegex(out, r"Response codes:\s+NOERROR 10000 \(100\.00%\)")

    def test_a_pipeline_is_answered_whole(self):
        self.start()
        stream = self.connect()
        queries = {i: f"n{i}.{'alpha-ai' if i % 2 else 'open'}.example" for i in range(1, 500)}
        wire = b""
        for ident, name in queries.items():
            query = dns.message.make_query(name, "A", use_edns=0)
            query.id = ident
            wire += framed(query.to_wire())
        threading.Thread(target=stream.sendall, args=(wire,), daemon=True).start()
        seen = set()
        while len(seen) < len(queries):
            answer = dns.message.from_wire(read_exactly(stream, int.from_bytes(read_exactly(stream, 2), "big")))
            self.assertEqual(answer.question[0].name.to_text(), queries[answer.id] + ".")
            seen.add(answer.id)

    def test_certificates_are_swapped_under_load(self):
        self.start()
        stop, faults, counts = threading.Event(), [], [0, 0]

        def one_connection():
            try:
                stream = self.connect()
                while not stop.is_set():
                    self.assertEqual(self.ask(stream, "chat.alpha-ai.example").rcode(), 0)
                    counts[0] += 1
            except Exception as fault:  # pylint: disable=broad-except
                faults.append(repr(fault))

        def many_connections():
            try:
                while not stop.is_set():
                    self.assertEqual(self.ask(self.connect(), "chat.alpha-ai.example").rcode(), 0)
                    counts[1] += 1
            except Exception as fault:  # pylint: disable=broad-except
                faults.append(repr(fault))

        threads = [threading.Thread(target=work) for work in (one_connection, one_connection, many_connections)]
        for thread in threads:
            thread.start()
        try:
            for number in range(6):
                before = self.connect().getpeercert()["serialNumber"]
                self.put(self.authority.pair())
                if number % 2:
                    self.node_.cenote_ok("reload")
                eventually(lambda was=before: self.connect().getpeercert()["serialNumber"] != was, "the new certificate")
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        self.assertEqual(faults, [])
        self.assertTrue(all(counts), counts)

    def test_a_bad_pair_leaves_the_old_one(self):
        self.start()
        good = self.chain.read_text(), self.key.read_text()
        serial = self.connect().getpeercert()["serialNumber"]
        stranger = self.authority.pair()[1]
        for chain, key, why in ((good[0], stranger, "not that of the certificate"),
                                ("", good[1], "no certificate in PEM"),
                                (good[0][:300], good[1], "no certificate in PEM"),
                                (good[0], "a secret\n", "no private key in PEM")):
            self.put((chain, key))
            done = self.node_.cenote("reload")
            self.assertEqual(done.returncode, 1)
            self.assertIn(why, done.stderr)
            eventually(lambda: why in self.problems().get("certificate refused", ""), why)
            self.assertEqual(self.connect().getpeercert()["serialNumber"], serial)
        self.put(good)
        eventually(lambda: "certificate refused" not in self.problems(), "the good pair")
        self.node_.cenote_ok("reload")

    def test_the_end_of_a_certificate_is_announced(self):
        for days, expected in ((90, None), (20, "certificate ends within 30 days"), (5, "certificate ends within 7 days")):
            self.put(self.authority.pair(days=days))
            if self.node_.daemon is None:
                self.start()
            self.node_.cenote_ok("reload")
            eventually(lambda: {key for key in self.problems() if key.startswith("certificate ends")} == {expected} - {None},
                       f"{expected} for {days} days")
        self.put(self.authority.pair(name="other.example"))
        self.node_.cenote_ok("reload")
        eventually(lambda: "not valid for dns.example" in self.problems().get("certificate name", ""), "the problem")

    def test_without_a_certificate_the_rest_is_served(self):
        self.chain.unlink()
        self.start()
        eventually(lambda: "there is no certificate" in self.problems().get("certificate refused", ""), "the problem")
        self.assertEqual(self.node_.ask("localhost").rcode(), 0)
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE) as plain:
            self.assertEqual(plain.recv(1), b"")
        self.put(self.authority.pair())
        eventually(lambda: "certificate refused" not in self.problems(), "the certificate")
        self.assertEqual(self.ask(self.connect(), "localhost").rcode(), 0)

    def test_other_protocols_are_closed(self):
        self.start()
        query = framed(dns.message.make_query("localhost", "A").to_wire())
        for first in (query, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"\x16\x03\x01\xff\xff" + b"\x01" * 200):
            with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE) as plain:
                plain.sendall(first)
                received = b""
                with contextlib.suppress(ConnectionResetError):
                    while part := plain.recv(4096):
                        received += part
                self.assertLess(len(received), 16, "an alert at most")
        context = self.client()
        context.set_alpn_protocols(["h2"])
        with self.assertRaises(ssl.SSLError):
            self.connect(context)
        eventually(lambda: self.handshakes("failed") >= 4, "all are counted")

    def test_a_restart_keeps_the_port(self):
        self.start()
        self.node_.notify.drain()
        stored = {name: list(fds) for name, fds in self.node_.notify.stored.items()}
        before = self.port
        self.node_.stop()
        self.node_.start(stored)
        self.assertEqual(self.node_.cenote_json("status")["listen_tls"], [f"127.0.0.1:{before}"])
        self.assertEqual(self.ask(self.connect(), "localhost").rcode(), 0)

    def test_prove_asks_over_tls_too(self):
        self.start()
        done = self.node_.cenote("prove", "--json")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        proved = json.loads(done.stdout)
        self.assertEqual(proved["directives"][0]["transports"], ["udp", "tcp", "tls"])
        self.assertEqual(self.metric('cenote_queries_total{transport="tls"}') * 3, proved["checks"])
        self.node_.stop()
        self.chain.unlink()
        self.start()
        done = self.node_.cenote("prove", "--json")
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertEqual({row["transport"] for row in json.loads(done.stdout)["directives"][0]["rows"]}, {"tls"})
        only = self.node_.cenote("prove", "--transport", "udp")
        self.assertEqual(only.returncode, 0, only.stdout + only.stderr)

    def test_mistakes_in_the_file(self):
        for section, what in (('listen_tls = ["127.0.0.1:0"]', "'listen_tls' needs a certificate"),
                              (f'[server.tls]\ncertificate = "{self.chain}"', "a certificate needs its key"),
                              ('listen_tls = ["dns.example:853"]', "is not an address to listen on")):
            self.node_.write_config(server=section)
            self.assertIn(what, self.program(BIN / "cenoted", "--config", self.node_.config, "--check", ok=False))


if __name__ == "__main__":
    main()
