# SPDX-License-Identifier: Apache-2.0
"""DNS over HTTPS (RFC 8484), judged by curl, kdig, h2load, dnsperf, HAProxy and Python's h2."""
import re
import threading

import dns.edns
import dns.flags
import dns.message

from daemon import PATIENCE, eventually
from h2_client import dns_text
from harness import main, records
from https_node import NAMES, TYPES, HttpsTest, upstream_answer


WAIT = f"+time={PATIENCE:.0f}"  # of kdig and dig


class Https(HttpsTest):
    def test_answers_are_those_of_udp_tcp_and_tls(self):
        self.start()
        client = self.client()
        for name in NAMES:
            for rdtype in TYPES:
                over_tcp = self.node_.ask(name, rdtype, tcp=True)
                numbers = client.get(self.query(name, rdtype)), client.post(self.query(name, rdtype))
                for number in numbers:
                    answer = client.wait(number).message()
                    self.assertEqual((answer.id, answer.flags, answer.rcode()), (0, over_tcp.flags, over_tcp.rcode()),
                                     (name, rdtype))
                    for section in ("answer", "authority", "additional"):
                        self.assertEqual(records(answer, section), records(over_tcp, section), (name, rdtype))
                    self.assertEqual([option.to_text() for option in answer.options],
                                     [option.to_text() for option in over_tcp.options])
                over_udp = self.node_.ask(name, rdtype)
                if not over_udp.flags & dns.flags.TC:
                    self.assertEqual(records(over_udp), records(over_tcp))
        self.assertEqual(self.metric('cenote_queries_total{transport="https"}'), 2 * len(NAMES) * len(TYPES))
        self.assertEqual(self.metric('cenote_http_responses_total{status="200"}'), 2 * len(NAMES) * len(TYPES))

    def test_ages(self):
        self.start()
        client = self.client()

        def age(name, rdtype="A"):
            response = client.wait(client.get(self.query(name, rdtype)))
            found = re.fullmatch(r"private, max-age=(\d+)", response.fields["cache-control"])
            answer = response.message()
            self.assertEqual(dns.message.from_wire(response.body).id, 0)
            ttls = [rrset.ttl for rrset in answer.answer] or [min(rrset.ttl, rrset[0].minimum)
                                                             for rrset in answer.authority]
            self.assertEqual(int(found[1]), min(ttls, default=0), (name, rdtype))
            return int(found[1])

        self.assertGreater(age("www.open.example"), 590)
        self.assertLessEqual(age("www.open.example"), 600)
        self.assertEqual(age("chat.alpha-ai.example"), 30)
        self.assertGreater(age("chat.alpha-ai.example", "MX"), 0)
        self.assertTrue(60 < age("none.example") <= 77)
        self.assertEqual(client.wait(client.post(self.query("a.example", rdclass="HS"))).fields["cache-control"],
                         "private, max-age=0")

    def test_answers_are_padded_where_asked_for(self):
        self.start()
        client = self.client()
        for name in NAMES:
            padded = client.wait(client.get(self.query(name, options=[dns.edns.GenericOption(12, b"")]))).body
            self.assertEqual(len(padded) % 468, 0, name)
            plain = client.wait(client.get(self.query(name))).message()
            self.assertNotIn(12, [int(option.otype) for option in plain.options])
            self.assertNotIn(11, [int(option.otype) for option in plain.options], "no keep-alive of TCP")

    def test_answers_overtake_each_other(self):
        held = threading.Event()
        self.upstream.handler = lambda query, transport: (held.wait(PATIENCE), upstream_answer(query, transport))[1]
        self.start()
        client = self.client()
        slow = client.get(self.query("www.open.example"), flush=False)
        fast = [client.get(self.query("chat.alpha-ai.example"), flush=False) for _ in range(50)]
        client.flush()
        order = []
        while len(order) < len(fast):
            self.assertTrue(client.read())
            order += [number for number in (*fast, slow) if client.responses[number].ended and number not in order]
        self.assertEqual(sorted(order[:len(fast)]), fast, "the slow one is the last one")
        held.set()
        self.assertEqual(client.wait(slow).status, 200)

    def test_many_streams_at_once(self):
        self.start()
        client = self.client()
        for rounds in range(3):
            numbers = {client.get(self.query(name), flush=False): name
                       for name in (f"n{rounds}-{i}.{'alpha-ai' if i % 2 else 'open'}.example" for i in range(90))}
            client.flush()
            for number, name in numbers.items():
                self.assertEqual(client.wait(number).message().question[0].name.to_text(), name + ".")

    def test_curl(self):
        self.start()
        wire = self.node_.folder / "query"
        wire.write_bytes(self.query("chat.alpha-ai.example").to_wire())
        where = f"{self.url()}/dns-query"
        kind = ["-H", "content-type: application/dns-message", "--data-binary", f"@{wire}"]
        show = ["-o", "/dev/null", "-w", "%{http_version} %{response_code} %{content_type} %{size_download}"]
        over_h2 = self.curl("--http2", *kind, *show, where)
        self.assertRegex(over_h2, r"^2 200 application/dns-message \d+$")
        self.assertEqual(self.curl("--http2", *show, f"{where}?dns={dns_text(self.query('chat.alpha-ai.example'))}"), over_h2)
        h2c, = self.haproxy(("", self.h2c, "send-proxy-v2", "tcp"))
        self.assertEqual(self.curl("--http2-prior-knowledge", *kind, *show, f"{self.url(h2c, 'http')}/dns-query", port=h2c),
                         over_h2)
        self.assertRegex(self.curl("--http1.1", *kind, *show, where), r"^1\.1 505  0$")
        self.assertRegex(self.curl("--http1.1", *show, where), r"^1\.1 505  0$")
        self.assertRegex(self.curl("--http1.1", *show, f"{self.url(h2c, 'http')}/dns-query", port=h2c), r"^1\.1 505  0$")
        self.assertRegex(self.curl("--http1.1", "--no-alpn", *show, where), r"^1\.1 505  0$")
        eventually(lambda: self.closed("version") == 4, "four clients of HTTP/1.1")
        resolved = self.curl("-v", "--doh-url", f"https://127.0.0.1:{self.https}/dns-query", "http://chat.alpha-ai.example:1/",
                             ok=False)
        self.assertIn("Trying 0.0.0.0:1", resolved)

    def test_kdig(self):
        self.start()
        for more in (["+https"], ["+https", "+https-get"]):
            out = self.program("kdig", "@127.0.0.1", "-p", self.https, *more, "+tls-ca=" + str(self.authority.file),
                               "+tls-hostname=dns.example", "+padding", WAIT, "+retry=0", "chat.alpha-ai.example")
            self.assertRegex(out, r"HTTP session \(HTTP/2-(POST|GET)\)")
            self.assertRegex(out, r"(?m)^chat\.alpha-ai\.example\.\s.*\sA\s+0\.0\.0\.0$")
        wrong = self.program("kdig", "@127.0.0.1", "-p", self.https, "+https=/other", WAIT, "+retry=0", "localhost", ok=False)
        self.assertIn("404", wrong)

    def test_dig(self):
        self.start()
        strict = [f"+tls-ca={self.authority.file}", "+tls-hostname=dns.example", "+tries=1", WAIT]
        for way in ("+https", "+https-get"):
            dig = ["dig", "-r", "@127.0.0.1", "-p", self.https, way, *strict]
            out = self.program(*dig, "chat.alpha-ai.example", "big.open.example")
            self.assertRegex(out, r"(?m)^chat\.alpha-ai\.example\.\s.*\sA\s+0\.0\.0\.0$")
            self.assertIn("EDE: 15 (Blocked)", out)
            self.assertEqual(len(re.findall(r"192\.0\.2\.\d+$", out, re.M)), 60)
            self.assertIn("(HTTPS)" if way != "+https-get" else "(HTTPS-GET)", out)
        wrong = self.program(*dig, "+tls-hostname=other.example", "localhost", ok=False)
        self.assertNotIn("status: NOERROR", wrong)

    def test_behind_haproxy(self):
        self.start()
        both = self.node_.folder / "both.pem"
        both.write_text(self.chain.read_text() + self.key.read_text())
        _, port = self.haproxy(("", self.h2c, "send-proxy-v2", "tcp"),
                               (f"ssl crt {both} alpn h2,http/1.1", self.h2c, "send-proxy-v2 proto h2", "http"))
        where = f"{self.url(port)}/dns-query?dns={dns_text(self.query('chat.alpha-ai.example'))}"
        show = ["-o", "/dev/null", "-w", "%{http_version} %{response_code} %{content_type}"]
        for version, number in (("--http2", "2"), ("--http1.1", "1.1")):
            self.assertEqual(self.curl(version, *show, where, port=port), f"{number} 200 application/dns-message")

    def test_dnsperf_loses_nothing(self):
        self.start()
        names = self.node_.folder / "names"
        names.write_text("".join(f"{label}{i}.{'alpha-ai' if i % 2 else 'open'}.example A\n"
                                 for i in range(50) for label in ("a", "b")))
        self.node_.fill_cache(line.split()[0] for line in names.read_text().splitlines())
        for method in ("GET", "POST"):
            # A connection for each thread, and a query at a time on each: of several responses that one record brings,
            # dnsperf 2.10 takes one.
            out = self.program("dnsperf", "-m", "doh", "-s", "127.0.0.1", "-p", self.https, "-d", names, "-n", "10", "-T", "4",
                               "-c", "4", "-q", "4", "-t", f"{PATIENCE:.0f}", "-O", "doh-uri=https://dns.example/dns-query", "-O",
                               f"doh-method={method}")
            self.assertRegex(out, r"Queries completed:\s+1000 \(100\.00%\)")
            self.assertRegex(out, r"Response codes:\s+NOERROR 1000 \(100\.00%\)")

    def test_h2load_loses_nothing(self):
        self.start()
        wire = self.node_.folder / "query"
        wire.write_bytes(self.query("chat.alpha-ai.example").to_wire())
        post = ["-d", wire, "-H", "content-type: application/dns-message"]
        h2c, = self.haproxy(("", self.h2c, "send-proxy-v2", "tcp"))
        asked = [dns_text(self.query(f"n{i}.{'alpha-ai' if i % 2 else 'open'}.example")) for i in range(50)]
        for where in (f"https://127.0.0.1:{self.https}", f"http://127.0.0.1:{h2c}"):
            many = self.node_.folder / "urls"
            many.write_text("".join(f"{where}/dns-query?dns={text}\n" for text in asked))
            for arguments in ([*post, f"{where}/dns-query"], ["-i", many]):
                out = self.program("h2load", "-n", "5000", "-c", "10", "-m", "100", *arguments)
                self.assertIn("5000 succeeded, 0 failed, 0 errored, 0 timeout", out)
                self.assertIn("status codes: 5000 2xx", out)
        self.assertEqual(self.metric('cenote_http_responses_total{status="200"}'), 20000)
        self.assertGreater(self.upstream.count(), 24, "open names were among them")

    def test_certificates_are_swapped_under_load(self):
        self.start()
        stop, faults, counts = threading.Event(), [], [0, 0]

        def work(which):
            try:
                client = self.client()
                while not stop.is_set():
                    if which:
                        client = self.client()
                    self.assertEqual(client.wait(client.get(self.query("chat.alpha-ai.example"))).status, 200)
                    counts[which] += 1
            except Exception as fault:  # pylint: disable=broad-except
                faults.append(repr(fault))

        threads = [threading.Thread(target=work, args=(which,)) for which in (0, 0, 1)]
        for thread in threads:
            thread.start()
        try:
            for _ in range(5):
                before = self.secure().getpeercert()["serialNumber"]
                self.put(self.authority.pair())
                eventually(lambda was=before: self.secure().getpeercert()["serialNumber"] != was, "the new certificate")
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        self.assertEqual(faults, [])
        self.assertTrue(all(counts), counts)

    def test_a_restart_says_goodbye_and_keeps_the_ports(self):
        self.start()
        client = self.client()
        client.wait(client.get(self.query("localhost")))
        self.node_.notify.drain()
        stored = {name: list(fds) for name, fds in self.node_.notify.stored.items()}
        before = self.tls, self.https, self.h2c
        self.node_.stop()
        self.assertEqual(client.wait_end(), 0, "NO_ERROR")
        self.node_.start(stored)
        self.read_ports()
        self.assertEqual((self.tls, self.https, self.h2c), before)
        client = self.client()
        self.assertEqual(client.wait(client.get(self.query("localhost"))).status, 200)

    def test_status_shows_where_it_listens(self):
        self.start()
        self.assertRegex(self.node_.cenote_ok("status"), f"HTTPS 127.0.0.1:{self.https}; h2c 127.0.0.1:{self.h2c}")

    def test_the_history_has_the_transport(self):
        self.start()
        client = self.client()
        client.wait(client.get(self.query("chat.alpha-ai.example")))
        self.assertEqual(self.node_.cenote_json("stats")["counters"]["queries_https"], 1)


if __name__ == "__main__":
    main()
