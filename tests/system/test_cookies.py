# SPDX-License-Identifier: Apache-2.0
"""DNS cookies (RFC 7873, RFC 9018), judged by dig, kdig and BIND, which makes the same cookies with the same secret."""
import re
import subprocess

import dns.edns
import dns.message
import dns.query
import dns.rcode

from daemon import PATIENCE, eventually
from harness import Clock, SystemTest, main
from proxies import PROXY, header
from secondaries import Bind
from upstreams import ScriptedUpstream, every_name

OLD, NEW = "dd3bdf9344b678b185a6f5cb60fca715", "445536bcd2513298075a5d379663c962"  # of RFC 9018, A.4


def data_of(option):
    """dnspython 2.3 has a class of its own for the option, and older ones do not."""
    return option.data if hasattr(option, "data") else option.client + option.server


class Cookies(SystemTest):
    def with_secrets(self, *secrets, **settings):
        node = self.node(**settings)
        self.put(node, *secrets)
        node.write_config(extra=f'[limits]\ncookie_secret_file = "{node.folder}/cookies.key"\n')
        return node

    @staticmethod
    def put(node, *secrets):
        file = node.folder / "cookies.key"
        file.write_text("".join(secret + "\n" for secret in secrets))
        file.chmod(0o640)

    def dig(self, node, cookie=None, *more):
        """The cookie in the answer, and what dig thinks of it."""
        out = node.dig("+cookie" if cookie is None else f"+cookie={cookie}", *more, "localhost")
        self.assertIn("status: NOERROR", out)
        found = re.search(r"; COOKIE: ([0-9a-f]+)(?: \((\w+)\))?", out)
        self.assertIsNotNone(found, out)
        return found.groups()

    def count(self, node, state):
        return node.metric(f'cenote_cookies_total{{state="{state}"}}')

    @staticmethod
    def kdig(node):
        return subprocess.run(["kdig", f"@{node.address}", "-p", str(node.port), "+cookie", "+badcookie", "+retry=0",
                               f"+time={PATIENCE:.0f}", "localhost"], capture_output=True, text=True, timeout=2 * PATIENCE)

    def test_dig_learns_one_and_sends_it_back(self):
        node = self.node().start()
        for more in ([], ["+tcp"]):
            cookie, judged = self.dig(node, None, *more)
            self.assertEqual((len(cookie), judged), (48, "good"))
            self.assertEqual(self.dig(node, cookie, *more)[0], cookie)
        self.assertEqual([self.count(node, state) for state in ("new", "valid", "invalid")], [2, 2, 0])
        self.dig(node, cookie[:-1] + ("0" if cookie[-1] != "0" else "1"))
        self.assertEqual(self.count(node, "invalid"), 1)
        self.assertIn("status: FORMERR", node.dig("+ednsopt=10:01020304050607", "+nocookie", "localhost"))

    def test_kdig_checks_it(self):
        node = self.node().start()
        done = self.kdig(node)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r";; (?:Option )?COOKIE: ?[0-9A-F]+", done.stdout)
        self.assertNotIn("WARNING", done.stderr + done.stdout)

    def test_a_cookie_alone(self):
        node = self.node().start()
        query = dns.message.Message(id=7)
        query.use_edns(0, options=[dns.edns.GenericOption(10, bytes(8))])
        answer = node.send(query)
        self.assertEqual((answer.rcode(), answer.question, answer.answer), (dns.rcode.NOERROR, [], []))
        cookie = next(option for option in answer.options if option.otype == 10)
        self.assertEqual(len(data_of(cookie)), 24)
        query.use_edns(0, options=[dns.edns.GenericOption(10, bytes(24))])
        self.assertEqual(node.send(query).rcode(), dns.rcode.BADCOOKIE)

    def test_servers_behind_one_address_accept_each_others_and_roll_without_loss(self):
        nodes = [self.with_secrets(OLD), self.with_secrets(OLD)]
        for node in nodes:
            node.start()
        cookie, _ = self.dig(nodes[0])
        for secrets in ((OLD, NEW), (NEW, OLD), (NEW,)):
            for node in nodes:
                self.put(node, *secrets)
                node.cenote_ok("reload")
                for each in nodes:
                    cookie, _ = self.dig(each, cookie)
        self.assertEqual([self.count(node, "invalid") for node in nodes], [0, 0])
        self.put(nodes[1], OLD)
        nodes[1].cenote_ok("reload")
        self.dig(nodes[1], cookie)
        self.assertEqual(self.count(nodes[1], "invalid"), 1)

    def test_a_bad_file_changes_nothing(self):
        node = self.with_secrets(OLD).start()
        cookie, _ = self.dig(node)
        self.put(node, OLD[:-1])
        refused = node.cenote("reload")
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("line 1 of", refused.stderr)
        self.assertEqual(self.dig(node, cookie)[0], cookie)
        self.assertEqual(self.count(node, "invalid"), 0)

    def test_without_a_file_a_restart_makes_another(self):
        node = self.node().start()
        cookie, _ = self.dig(node)
        node.cenote_ok("reload")
        self.assertEqual(self.dig(node, cookie)[0], cookie)
        node.stop()
        node.start()
        self.dig(node, cookie)
        self.assertEqual(self.count(node, "invalid"), 1)

    def test_off(self):
        node = self.node(extra="[limits]\ncookies = false\n").start()
        self.assertNotIn("; COOKIE", node.dig("+cookie", "localhost"))

    def test_it_ages_by_the_wall_clock(self):
        node = self.with_secrets(OLD)
        clock = Clock(node, "2026-11-20T10:00:00+00:00")
        node.start()
        cookie, _ = self.dig(node)
        self.assertEqual(int(cookie[24:32], 16), 1795168800)
        clock.set("2026-11-20T10:40:00+00:00")
        renewed = eventually(lambda: (found := self.dig(node, cookie)[0]) != cookie and found, "a new cookie")
        self.assertEqual(self.count(node, "invalid"), 0)
        self.assertEqual(int(renewed[24:32], 16), 1795168800 + 2400)
        clock.set("2026-11-20T11:30:00+00:00")
        eventually(lambda: self.dig(node, cookie) and self.count(node, "invalid") > 0, "the end of the first one")

    def test_behind_a_proxy_the_address_of_the_client_counts(self):
        node = self.with_secrets(OLD)
        node.write_config(server=f'proxies = ["{PROXY}"]\n')
        node.start()

        def ask(client, data):
            query = dns.message.make_query("localhost", "A", use_edns=0, options=[dns.edns.GenericOption(10, data)])
            socket = node.udp(PROXY if client else "127.0.0.78")
            socket.send((header(client) if client else b"") + query.to_wire())
            answer = dns.message.from_wire(socket.recv(4096))
            found = next(option for option in answer.options if option.otype == 10)
            return data_of(found)
        learned = ask("127.0.0.78", b"abcdefgh")
        self.assertEqual(ask(None, learned), learned, "the same client without its proxy")
        self.assertNotEqual(ask("127.0.0.79", learned), learned)
        self.assertEqual([self.count(node, state) for state in ("new", "valid", "invalid")], [1, 1, 1])

    def test_where_it_is_required(self):
        node = self.node(extra="[limits]\nrequire_cookies = true\n").start()
        first = node.dig("+cookie", "+nobadcookie", "+notcp", "+ignore", "localhost")
        self.assertIn("status: BADCOOKIE", first)
        cookie = re.search(r"; COOKIE: ([0-9a-f]{48})", first)[1]
        self.assertIn("status: NOERROR", node.dig(f"+cookie={cookie}", "+nobadcookie", "+notcp", "localhost"))
        out = node.dig("+cookie", "+badcookie", "localhost")
        self.assertIn("status: NOERROR", out)
        self.assertRegex(out, r"(?m)^localhost\.\s.*\sA\s+127\.0\.0\.1$")
        out = node.dig("+nocookie", "+ignore", "localhost")
        self.assertRegex(out, r"flags:[^;]* tc[ ;]")
        out = node.dig("+nocookie", "localhost")
        self.assertIn("Truncated, retrying in TCP mode", out)
        self.assertRegex(out, r"(?m)^localhost\.\s.*\sA\s+127\.0\.0\.1$")
        self.assertGreater(self.rejected(node), 3)
        before = self.rejected(node)
        done = self.kdig(node)
        self.assertIn("127.0.0.1", done.stdout)
        self.assertEqual(self.rejected(node), before + 1)
        node.write_config(extra="")
        node.cenote_ok("reload")
        self.assertIn("status: NOERROR", node.dig("+nocookie", "+ignore", "localhost"))
        self.assertEqual(self.rejected(node), before + 1)

    @staticmethod
    def rejected(node):
        return node.metric('cenote_rejected_total{reason="cookie"}')

    def test_a_proof_where_it_is_required(self):
        upstream = ScriptedUpstream(self, every_name(60))
        node = self.node(upstreams=[upstream.where], extra="[limits]\nrequire_cookies = true\n").start()
        done = node.cenote("prove", "test-1", "--transport", "udp")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(self.rejected(node), 1, "one query learned the cookie of all")

    def test_bind_makes_the_same(self):
        peer = Bind(self, "", options=f'recursion no; answer-cookie yes; cookie-algorithm siphash24; cookie-secret "{OLD}"; require-server-cookie yes;')
        node = self.with_secrets(OLD).start()

        def of_bind(cookie):
            out = subprocess.run(["dig", "-r", "@127.0.0.1", "-p", str(peer.port), f"+cookie={cookie}", "+tries=1",
                                  f"+time={PATIENCE:.0f}", "+norecurse", "example"], capture_output=True, text=True,
                                 timeout=2 * PATIENCE).stdout
            return re.search(r"; COOKIE: ([0-9a-f]{48})", out)[1]
        cookie = of_bind("0102030405060708")
        self.assertEqual(self.dig(node, cookie)[0], cookie)
        self.assertEqual(self.count(node, "valid"), 1)
        ours = self.dig(node, "1112131415161718")[0]
        self.assertEqual(of_bind(ours)[:16], ours[:16])
        answer = dns.message.make_query("example", "SOA", use_edns=0,
                                        options=[dns.edns.GenericOption(10, bytes.fromhex(ours))])
        answer = dns.query.udp(answer, "127.0.0.1", port=peer.port, timeout=PATIENCE)
        self.assertNotEqual(answer.rcode(), dns.rcode.BADCOOKIE, "BIND requires a valid one")


if __name__ == "__main__":
    main()
