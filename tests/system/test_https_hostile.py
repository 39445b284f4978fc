# SPDX-License-Identifier: Apache-2.0
"""DNS over HTTPS and what it does not serve: other requests, other protocols, floods; by Python's h2 and bare sockets."""
import ssl
import struct

import dns.flags
import dns.message
import dns.opcode

import proxies
from daemon import BIN, eventually
from h2_client import dns_text, raw_frame
from harness import main
from https_node import HttpsTest

CALM = 11  # ENHANCE_YOUR_CALM, RFC 9113 §7


class HttpsHostile(HttpsTest):
    def test_opcodes_and_transfers_are_those_of_tcp(self):
        self.start()
        client = self.client()
        queries = [dns.message.make_query("rpz.example", "AXFR"), self.query("a.example", rdclass="CH")]
        for opcode in (dns.opcode.UPDATE, dns.opcode.NOTIFY, dns.opcode.STATUS):
            queries.append(self.query("a.example", "SOA"))
            queries[-1].set_opcode(opcode)
        queries.append(self.query("a.example"))
        queries[-1].question.append(self.query("b.example").question[0])  # QDCOUNT 2 (RFC 9619)
        for query in queries:
            self.assertEqual(client.wait(client.post(query)).message().rcode(), self.node_.send(query, tcp=True).rcode())

    def requests(self):
        """Requests, and the status of each."""
        text = dns_text(self.query("localhost"))
        kind = ("content-type", "application/dns-message")
        response = self.query("localhost")
        response.flags |= dns.flags.QR
        return (
            ("GET", f"/dns-query?dns={text}", (), None, 200),
            ("GET", f"/dns-query?a=b&dns={text}&c", (), None, 200),
            ("HEAD", f"/dns-query?dns={text}", (), None, 200),
            ("POST", "/dns-query?x=y", (("content-type", "Application/DNS-Message; charset=x"),),
             self.query("localhost").to_wire(), 200),
            ("GET", "/dns-query", (), None, 400),
            ("GET", "/dns-query?dns=", (), None, 400),
            ("GET", f"/dns-query?dns={text}==", (), None, 400),
            ("GET", f"/dns-query?dns={text}%3D", (), None, 400),
            ("GET", f"/dns-query?dns={text}&dns={text}", (), None, 400),
            ("GET", "/dns-query?dns=AAAA", (), None, 400),
            ("GET", "/dns-query?dns=" + "A" * 17, (), None, 400),
            ("GET", f"/dns-query?dns={dns_text(response)}", (), None, 400),
            ("POST", "/dns-query", (kind,), b"", 400),
            ("POST", "/dns-query", (kind,), b"short", 400),
            ("GET", "/", (), None, 404),
            ("GET", f"/dns-query/?dns={text}", (), None, 404),
            ("GET", f"/a/../dns-query?dns={text}", (), None, 404),
            ("GET", f"/DNS-QUERY?dns={text}", (), None, 404),
            ("PUT", "/dns-query", (kind,), b"x" * 30, 405),
            ("DELETE", "/dns-query", (), None, 405),
            ("GET", f"/dns-query?dns={text}", (("accept", "text/html,*/*;q=0.8"),), None, 200),
            ("GET", f"/dns-query?dns={text}", (("accept", "application/*;q=0.1"), ("accept", "text/html")), None, 200),
            ("GET", f"/dns-query?dns={text}", (("accept", "application/dns-json"),), None, 406),
            ("POST", "/dns-query", (kind, ("accept", "*/*, application/dns-message;q=0")),
             self.query("localhost").to_wire(), 406),
            ("POST", "/dns-query", (kind,), b"\0" * 65536, 413),
            ("POST", "/dns-query", (kind, ("content-length", "1000000")), b"", 413),
            ("GET", "/dns-query?dns=" + "A" * 1600, (), None, 414),
            ("GET", "/dns-query?" + "a" * 4000, (), None, 414),
            ("POST", "/dns-query", (), self.query("localhost").to_wire(), 415),
            ("POST", "/dns-query", (("content-type", "application/json"),), b"{}", 415),
            ("GET", f"/dns-query?dns={text}", (("big", "b" * 15000), ("more", "m" * 3000)), None, 431))

    def test_statuses(self):
        self.start()
        client = self.client()
        for method, path, more, body, status in self.requests():
            what = (method, path[:40], status)
            end = ("content-length", "1000000") not in more
            number = client.begin(client.fields(method, path, *more), body[:16384] if body and len(body) > 16384 else body,
                                  end=end and not (body and len(body) > 16384))
            if body and len(body) > 16384:
                rest = body[16384:]
                while rest and client.responses[number].status is None:
                    window = min(client.h2.local_flow_control_window(number), 16384, len(rest))
                    if window == 0:
                        client.read()
                        continue
                    client.h2.send_data(number, rest[:window], end_stream=len(rest) == window)
                    rest = rest[window:]
                    client.flush()
            answer = client.wait(number)
            self.assertEqual(answer.status, status, what)
            self.assertEqual("allow" in answer.fields, status == 405, what)
            if status == 200:
                self.assertEqual(answer.fields["content-type"], "application/dns-message")
            if method != "HEAD":
                self.assertEqual(int(answer.fields["content-length"]), len(answer.body), what)
        self.assertEqual(client.wait(client.get(self.query("localhost"))).status, 200, "the connection goes on")
        for status in (400, 404, 405, 406, 413, 414, 415, 431):
            self.assertGreater(self.metric(f'cenote_http_responses_total{{status="{status}"}}'), 0, status)

    def flood(self, make, rounds=3000):
        """The GOAWAY that a client gets which sends this again and again; other clients are answered meanwhile."""
        client = self.client()
        client.wait(client.get(self.query("localhost")))
        try:
            for number in range(rounds):
                client.stream.sendall(make(client, number))
        except (ConnectionError, ssl.SSLError):
            pass
        other = self.client()
        self.assertEqual(other.wait(other.get(self.query("localhost"))).status, 200)
        return client.wait_end()

    def test_floods_end_the_connection(self):
        self.start()

        def reset(client, _):
            number = client.get(self.query("chat.alpha-ai.example"), flush=False)
            client.h2.reset_stream(number, 8)
            return client.h2.data_to_send()

        def headers(number, payload, flags):
            return raw_frame(1, flags, 3 + 2 * number, payload)

        for what, make, reason in (
                ("rapid reset", reset, "resets"),
                ("SETTINGS", lambda client, _: raw_frame(4, 0, 0) * 10, "frames"),
                ("PING", lambda client, _: raw_frame(6, 0, 0, b"12345678") * 10, "frames"),
                ("PRIORITY", lambda client, _: raw_frame(2, 0, 9, bytes(5)) * 10, "frames"),
                ("WINDOW_UPDATE", lambda client, _: raw_frame(8, 0, 0, struct.pack(">I", 1)) * 10, "frames"),
                ("CONTINUATION", lambda client, number: headers(0, b"\x82\x87\x84", 1) if number == 0
                 else raw_frame(9, 0, 3, b"\x00\x01a\x01b"), "fields")):
            before = self.closed(reason)
            self.assertEqual(self.flood(make), CALM, what)
            eventually(lambda was=before, why=reason: self.closed(why) == was + 1, what)
        # Faster than they can be reset, malformed requests are too many at the same time, which is a PROTOCOL_ERROR.
        self.assertIn(self.flood(lambda client, number: headers(number, b"\x82\x82", 5)), (1, CALM))
        client = self.client()
        open_one = client.begin(client.fields("POST", "/dns-query"), end=False)
        try:
            for _ in range(3000):
                client.stream.sendall(raw_frame(0, 0, open_one))
        except (ConnectionError, ssl.SSLError):
            pass
        self.assertEqual(client.wait_end(), CALM, "empty DATA")

    def test_other_protocols_are_closed(self):
        self.start()
        for port, front in ((self.https, b""), (self.h2c, proxies.header("127.0.0.1"))):
            for first in (b"\x00\x1d" + bytes(29), b"\x16\x03\x01\xff\xff" + b"\x01" * 200, b"hello\r\n"):
                plain = proxies.connect(self, port, front, first, source=proxies.PROXY if front else "127.0.0.1")
                received = b""
                try:
                    while part := plain.recv(4096):
                        received += part
                except ConnectionError:
                    pass
                self.assertLess(len(received), 16, "an alert at most")
        with self.assertRaises(ssl.SSLError):
            self.secure(alpn=("dot",))
        client = self.behind_proxy()
        client.stream.sendall(raw_frame(0, 0, 0, b"DATA on stream 0"))
        self.assertEqual(client.wait_end(), 1, "PROTOCOL_ERROR")
        eventually(lambda: self.closed("protocol") >= 4, "what is not HTTP/2")

    def test_only_proxies_use_h2c(self):
        self.start()
        self.assertEqual(self.socket(self.h2c).recv(1), b"")
        eventually(lambda: self.closed("not_proxy") == 1, "it is counted")
        client = self.behind_proxy()
        self.assertEqual(client.wait(client.get(self.query("chat.alpha-ai.example"))).status, 200)

    def test_mistakes_in_the_file(self):
        for section, what in (('listen_https = ["127.0.0.1:0"]', "'listen_https' needs a certificate"),
                              ('listen_h2c = ["127.0.0.1:0"]', "'listen_h2c' is served to proxies alone"),
                              ('proxies = ["0.0.0.0/0"]', "a prefix of length 0 makes a proxy of every client"),
                              ('listen_h2c = ["127.0.0.1:0"]\nproxies = ["me"]', "'me'"),
                              ('listen_https = ["dns.example:443"]', "is not an address to listen on")):
            self.node_.write_config(server=section)
            self.assertIn(what, self.program(BIN / "cenoted", "--config", self.node_.config, "--check", ok=False))


if __name__ == "__main__":
    main()
