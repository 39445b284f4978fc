# SPDX-License-Identifier: Apache-2.0
"""Client certificates and tokens: who is in which group, judged by kdig, openssl, curl and Python's h2."""
import json
import ssl
import subprocess

import dns.message

from certificates import ClientAuthority, replace
from daemon import BIN, PATIENCE, eventually
from h2_client import Client, dns_text
from harness import framed, main, read_exactly
from https_node import HttpsTest
from single_queries import Tail

WAIT = f"+time={PATIENCE:.0f}"  # of kdig
TOKEN = "5f2b9c0e7a1d4386b2f09d5e6c7a8140"
GUEST = "0c66e0d5b1f94a2f8d3e7b5a69c81f24"
UNKNOWN = "9d1c7b3e5f80a2463b6e4d2c1a0f9e87"
ALPHA, BETA = "chat.alpha-ai.example", "www.beta-ai.example"
RULES = """
[[group]]
id           = "lab"
certificates = ["*.lab.example", "*@lab.example"]
tokens       = "lab.tokens"

[[group]]
id     = "guests"
tokens = "guests.tokens"

[[directive]]
id      = "of-lab"
targets = ["service:alpha"]
groups  = ["lab"]
step    = "restrict"
ends    = 2099-12-31T23:59:59Z

[[directive]]
id      = "of-guests"
targets = ["service:beta"]
groups  = ["guests"]
step    = "restrict"
ends    = 2099-12-31T23:59:59Z
"""


class Identity(HttpsTest):
    def setUp(self):
        super().setUp()
        folder = self.node_.folder
        self.clients = ClientAuthority(folder)
        self.ca, self.crl = folder / "clients.pem", folder / "revoked.pem"
        replace(self.ca, self.clients.file.read_text())
        self.put_tokens("lab", TOKEN)
        self.put_tokens("guests", GUEST)
        self.pc7 = self.clients.client("DNS:pc7.lab.example")
        self.configure()

    def configure(self, more="", **changes):
        self.node_.write_config(directives=RULES, server=self.section() + f'client_ca = "{self.ca}"\n' + more, **changes)

    def put_tokens(self, group, *tokens):
        path = self.node_.folder / f"{group}.tokens"
        replace(path, "".join(f"{token}\n" for token in tokens))
        path.chmod(0o640)

    def certificates(self, result):
        return self.metric(f'cenote_client_certificates_total{{result="{result}"}}')

    def handshakes(self, result):
        return self.metric(f'cenote_tls_handshakes_total{{result="{result}"}}')

    def kdig(self, *arguments, pair=None, name=ALPHA, ok=True):
        with_pair = (f"+tls-certfile={pair[0]}", f"+tls-keyfile={pair[1]}") if pair else ()
        return self.program("kdig", "@127.0.0.1", "-p", self.tls, "+tls", WAIT, "+retry=0", *with_pair, *arguments,
                            name, "A", ok=ok)

    def assert_in_lab(self, output):
        self.assertIn("EDE: 15", output)
        self.assertRegex(output, r"\sA\s+0\.0\.0\.0")

    def assert_not_in_lab(self, output):
        self.assertRegex(output, r"\sA\s+192\.0\.2\.1")

    def is_sinkholed(self, message):
        return [record.to_text() for rrset in message.answer for record in rrset] == ["0.0.0.0"]

    def context(self, pair=None):
        context = ssl.create_default_context(cafile=self.authority.file)
        if pair:
            context.load_cert_chain(*pair)
        return context

    def connect(self, pair=None, port=None):
        stream = self.context(pair).wrap_socket(self.socket(port or self.tls), server_hostname="dns.example")
        self.addCleanup(stream.close)
        return stream

    def ask(self, stream, name=ALPHA):
        stream.sendall(framed(self.query(name).to_wire()))
        return dns.message.from_wire(read_exactly(stream, int.from_bytes(read_exactly(stream, 2), "big")))

    def http(self, pair=None):
        context = self.context(pair)
        context.set_alpn_protocols(["h2"])
        stream = context.wrap_socket(self.socket(self.https), server_hostname="dns.example")
        self.addCleanup(stream.close)
        return Client(stream)

    def over_http(self, client, token="", name=ALPHA):
        return client.wait(client.get(self.query(name), path="/dns-query" + (f"/{token}" if token else "")))

    def s_client(self, *arguments, name=ALPHA):
        """The answer over a connection of openssl; its tickets come with the answer."""
        process = subprocess.Popen(["openssl", "s_client", "-quiet", "-connect", f"127.0.0.1:{self.tls}", "-CAfile",
                                    str(self.authority.file), *map(str, arguments)], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        try:
            process.stdin.write(framed(self.query(name).to_wire()))
            process.stdin.flush()
            size = int.from_bytes(process.stdout.read(2), "big")
            return dns.message.from_wire(process.stdout.read(size))
        finally:
            process.kill()
            process.communicate()

    def test_a_certificate_puts_a_client_into_a_group(self):
        self.start()
        self.assert_not_in_lab(self.kdig())
        self.assert_in_lab(self.kdig(pair=self.pc7))
        self.assert_in_lab(self.kdig(pair=self.clients.client("email:anna@lab.example")))
        for other in ("DNS:pc7.other.example", "DNS:a.pc7.lab.example", "URI:https://pc7.lab.example", "DNS:*.lab.example"):
            self.assert_not_in_lab(self.kdig(pair=self.clients.client(other)))
        self.assert_not_in_lab(self.kdig(name="www.open.example", pair=self.pc7))
        eventually(lambda: self.certificates("valid") == 7, "each is counted")
        self.assertFalse(self.is_sinkholed(self.node_.ask(ALPHA)), "over UDP nothing is proved")
        self.assertFalse(self.is_sinkholed(self.node_.ask(ALPHA, tcp=True)))

    def test_https_takes_the_same(self):
        self.start()
        where = ["+https=dns.example/dns-query", f"+tls-ca={self.authority.file}", "-p", str(self.https)]
        pair = [f"+tls-certfile={self.pc7[0]}", f"+tls-keyfile={self.pc7[1]}"]
        kdig = ["kdig", "@127.0.0.1", WAIT, "+retry=0", *where]
        self.assert_not_in_lab(self.program(*kdig, ALPHA, "A"))
        self.assert_in_lab(self.program(*kdig, *pair, ALPHA, "A"))
        url = self.url() + "/dns-query?dns=" + dns_text(self.query(ALPHA))
        for arguments, expected in (([], False), (["--cert", self.pc7[0], "--key", self.pc7[1]], True)):
            out = self.node_.folder / "answer"
            self.curl(*arguments, "-o", out, url)
            self.assertEqual(self.is_sinkholed(dns.message.from_wire(out.read_bytes())), expected)

    def test_a_resumed_session_has_the_same_identity(self):
        self.start()
        for version in ("-tls1_3", "-tls1_2"):
            kept = self.node_.folder / f"session{version}"
            self.assertTrue(self.is_sinkholed(self.s_client(version, "-cert", self.pc7[0], "-key", self.pc7[1], "-sess_out",
                                                            kept)))
            eventually(kept.exists, "a session ticket")
            before = self.handshakes("resumed")
            for _ in range(4):
                self.assertTrue(self.is_sinkholed(self.s_client(version, "-sess_in", kept)), "without the certificate")
            eventually(lambda was=before: self.handshakes("resumed") == was + 4, "each is counted")
            self.assertFalse(self.is_sinkholed(self.s_client(version)))

    def test_a_ticket_is_not_taken_by_another_listener(self):
        self.start()
        kept = self.node_.folder / "session"
        self.s_client("-cert", self.pc7[0], "-key", self.pc7[1], "-sess_out", kept)
        eventually(kept.exists, "a session ticket")
        done = self.program("openssl", "s_client", "-connect", f"127.0.0.1:{self.https}", "-sess_in", kept, ok=False)
        self.assertIn("New, TLSv1.3", done)
        self.assertNotIn("Reused", done)

    def test_a_certificate_that_is_revoked_counts_no_more(self):
        replace(self.crl, self.clients.revoked())
        self.configure(f'client_crl = "{self.crl}"\n')
        self.start()
        kept = self.node_.folder / "session"
        other = self.clients.client("DNS:pc8.lab.example")
        self.assertTrue(self.is_sinkholed(self.s_client("-cert", self.pc7[0], "-key", self.pc7[1], "-sess_out", kept)))
        eventually(kept.exists, "a session ticket")
        opened, without = self.connect(self.pc7), self.connect()
        self.assertTrue(self.is_sinkholed(self.ask(opened)))
        self.assertFalse(self.is_sinkholed(self.ask(without)))
        self.clients.revoke(self.pc7[0])
        replace(self.crl, self.clients.revoked())  # nothing announces it: the file is watched
        self.assertEqual(opened.recv(1), b"", "the connection ends")
        self.assertFalse(self.is_sinkholed(self.ask(without)), "and no other one")
        self.assert_not_in_lab(self.kdig(pair=self.pc7))
        self.assert_in_lab(self.kdig(pair=other))
        before = self.handshakes("resumed")
        self.assertFalse(self.is_sinkholed(self.s_client("-sess_in", kept)), "the ticket of before is none")
        self.assertEqual(self.handshakes("resumed"), before)
        eventually(lambda: (self.certificates("ended"), self.certificates("not_valid")) == (1, 1), "each is counted")

    def test_certificates_that_are_not_valid(self):
        stranger = ClientAuthority(self.node_.folder, "stranger")
        pairs = {"another authority": stranger.client("DNS:pc7.lab.example"),
                 "expired": self.clients.client("DNS:pc7.lab.example", days=(-3, -1)),
                 "not begun": self.clients.client("DNS:pc7.lab.example", days=(1, 3))}
        self.start()
        for what, pair in pairs.items():
            with self.subTest(what):
                self.assert_not_in_lab(self.kdig(pair=pair))
                # GnuTLS sends no certificate of an authority that the request does not name, OpenSSL does.
                before = self.certificates("not_valid")
                self.assertFalse(self.is_sinkholed(self.ask(self.connect(pair))))
                eventually(lambda was=before: self.certificates("not_valid") == was + 1, "it is counted")
        self.configure('client_certificates = "required"\n')
        self.node_.cenote_ok("reload")
        self.assert_in_lab(self.kdig(pair=self.pc7))
        for what, pair in {**pairs, "none": None}.items():
            with self.subTest(what):
                self.assertNotIn("NOERROR", self.kdig(pair=pair, ok=False))

    def test_what_is_only_claimed_opens_nothing(self):
        self.start()
        for name in ("pc7.lab.example", "lab", "lab.dns.example"):
            self.assert_not_in_lab(self.kdig(f"+tls-sni={name}"))
        client = self.http()
        for path in ("/dns-query/lab", "/dns-query/pc7.lab.example", "/lab/dns-query", "/dns-query/"):
            self.assertEqual(client.wait(client.get(self.query(ALPHA), path=path)).status, 404, path)
        out = self.node_.folder / "answer"
        self.curl("-H", "Host: pc7.lab.example", "-o", out, self.url() + "/dns-query?dns=" + dns_text(self.query(ALPHA)))
        self.assertFalse(self.is_sinkholed(dns.message.from_wire(out.read_bytes())))

    def test_a_token_puts_a_request_into_its_group(self):
        self.start()
        client = self.http()
        for token, name, expected in (("", ALPHA, False), (TOKEN, ALPHA, True), ("", ALPHA, False), (GUEST, ALPHA, False),
                                      (TOKEN, BETA, False), (GUEST, BETA, True), (TOKEN, ALPHA, True)):
            response = self.over_http(client, token, name)
            self.assertEqual(response.status, 200)
            self.assertEqual(self.is_sinkholed(response.message()), expected, (token, name))
            self.assertIn("private", response.fields["cache-control"])
        both = self.http(self.pc7)
        self.assertTrue(self.is_sinkholed(self.over_http(both, GUEST, ALPHA).message()), "the certificate counts beside it")
        self.assertTrue(self.is_sinkholed(self.over_http(both, GUEST, BETA).message()))
        self.assertFalse(self.is_sinkholed(self.over_http(both, "", BETA).message()))
        url = f"+https=dns.example/dns-query/{TOKEN}"
        self.assert_in_lab(self.program("kdig", "@127.0.0.1", "-p", self.https, url, f"+tls-ca={self.authority.file}",
                                        WAIT, "+retry=0", ALPHA, "A"))

    def test_an_unknown_token_is_a_path_like_any_other(self):
        self.start()
        client = self.http()
        wrong = client.wait(client.get(self.query(ALPHA), path="/elsewhere"))
        for token in (UNKNOWN, TOKEN[:-1], TOKEN + "0", TOKEN[:-1] + "1", TOKEN.upper(), "%35" + TOKEN[1:], "a" * 200):
            response = self.over_http(client, token)
            self.assertEqual((response.status, response.fields, response.body), (404, wrong.fields, wrong.body), token)
        self.assertEqual(self.metric('cenote_http_responses_total{status="404"}'), 8)

    def test_tokens_change_with_a_reload(self):
        self.start()
        client = self.http()
        self.assertTrue(self.is_sinkholed(self.over_http(client, TOKEN).message()))
        self.put_tokens("lab", UNKNOWN)
        version = self.node_.cenote_json("status")["policy_version"]
        self.node_.cenote_ok("reload")
        self.assertGreater(self.node_.cenote_json("status")["policy_version"], version)
        self.assertEqual(self.over_http(client, TOKEN).status, 404, "on the same connection")
        self.assertTrue(self.is_sinkholed(self.over_http(client, UNKNOWN).message()))
        self.put_tokens("lab", GUEST)
        done = self.node_.cenote("reload")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"guests\.tokens:1:1: the same token is in line 1 of .*, for group 'lab'")
        self.assertTrue(self.is_sinkholed(self.over_http(client, UNKNOWN).message()), "the reload changed nothing")

    def test_groups_change_with_a_reload(self):
        self.start()
        opened = self.connect(self.pc7)
        self.assertTrue(self.is_sinkholed(self.ask(opened)))
        for number in range(6):
            # The place of the group in the file, and whether the certificate is in it, change from reload to reload.
            first = f'[[group]]\nid = "first{number}"\ncertificates = ["*.first{number}.example"]\n'
            pattern = "*.lab.example" if number % 2 else "*.elsewhere.example"
            self.node_.write_config(directives=first + RULES.replace("*.lab.example", pattern))
            self.node_.cenote_ok("reload")
            self.assertEqual(self.is_sinkholed(self.ask(opened)), number % 2 == 1, "the same connection")

    def test_another_authority_at_a_reload(self):
        self.start()
        kept = self.node_.folder / "session"
        self.assertTrue(self.is_sinkholed(self.s_client("-cert", self.pc7[0], "-key", self.pc7[1], "-sess_out", kept)))
        eventually(kept.exists, "a session ticket")
        other = ClientAuthority(self.node_.folder, "other")
        new = other.client("DNS:pc7.lab.example")
        opened = self.connect(self.pc7)
        self.assertTrue(self.is_sinkholed(self.ask(opened)))
        replace(self.ca, other.file.read_text())
        self.node_.cenote_ok("reload")
        self.assertEqual(opened.recv(1), b"")
        before = self.handshakes("resumed")
        self.assertFalse(self.is_sinkholed(self.s_client("-sess_in", kept)))
        self.assertEqual(self.handshakes("resumed"), before)
        self.assert_not_in_lab(self.kdig(pair=self.pc7))
        self.assert_in_lab(self.kdig(pair=new))
        replace(self.ca, "no certificate\n")
        done = self.node_.cenote("reload")
        self.assertEqual(done.returncode, 1)
        self.assertIn("no certificate in PEM", done.stderr)
        self.assert_in_lab(self.kdig(pair=new))

    def test_explain_and_groups(self):
        self.start()
        for who, verdict in (("pc7.lab.example", "restrict"), ("anna@lab.example", "restrict"), ("token:lab", "restrict"),
                             ("pc7.other.example", "forward"), ("token:guests", "forward")):
            live = self.node_.cenote_json("explain", ALPHA, "--identity", who)
            self.assertEqual((live["verdict"], live["identity"]), (verdict, who))
            self.assertEqual("lab" in live["groups"], verdict == "restrict")
        self.assertEqual(self.node_.cenote_json("explain", ALPHA)["verdict"], "forward")
        for who, why in (("token:nobody", "no group has this id"), (f"token:{TOKEN}", "no group has this id"), ("*.lab.example", "no name of")):
            done = self.node_.cenote("explain", ALPHA, "--identity", who)
            self.assertEqual(done.returncode, 1)
            self.assertIn(why, done.stderr)
            self.assertNotIn(TOKEN, done.stderr)
        groups = {row["id"]: row for row in self.node_.cenote_json("groups")}
        self.assertEqual(groups["lab"]["certificates"], ["*.lab.example", "*@lab.example"])
        self.assertEqual((groups["lab"]["tokens"], groups["lab"]["clients"]), (True, []))
        self.assertIn("certificate *.lab.example", self.node_.cenote_ok("groups"))
        self.node_.stop()
        from_files = self.node_.cenote_json("explain", ALPHA, "--identity", "pc7.lab.example")
        self.assertEqual(from_files["verdict"], "restrict")

    def test_a_token_is_in_nothing_that_is_kept_or_shown(self):
        self.configure(extra='[log]\nfile = "log.jsonl"\n')
        self.start()
        client = self.http()
        self.assertTrue(self.is_sinkholed(self.over_http(client, TOKEN).message()))
        self.assertEqual(self.over_http(client, UNKNOWN).status, 404)
        shown = [self.node_.cenote_ok(*verb, "--json") for verb in (["status"], ["groups"], ["stats"], ["audit"])]
        shown.append(self.node_.cenote_ok("backup", str(self.node_.folder / "backup.db")))
        self.put_tokens("lab", TOKEN[:-1])
        shown.append(self.node_.cenote("reload").stderr)
        shown.append(self.node_.stop().log())
        kept = [path for path in self.node_.folder.rglob("*") if path.is_file() and not path.name.endswith(".tokens")]
        self.assertIn("state.db", [path.name for path in kept])
        for secret in (TOKEN, TOKEN[:-1], GUEST, UNKNOWN):
            for text in shown:
                self.assertNotIn(secret, str(text))
            for path in kept:
                self.assertNotIn(secret.encode(), path.read_bytes(), path)

    def test_an_identity_is_shown_beside_an_address_alone(self):
        for level, expected in (("none", None), ("pseudonym", None), ("address", "certificate lab")):
            with self.subTest(level):
                self.configure(extra=f'[privacy]\nidentity = "{level}"\nagreement = "a test"\n')
                if self.node_.daemon is None:
                    self.start()
                self.node_.cenote_ok("reload")
                tail = Tail(self.node_, "--json")

                def shows():
                    self.assertTrue(self.is_sinkholed(self.ask(self.connect(self.pc7))))
                    return tail.lines
                eventually(shows, "a hit")
                line = json.loads(tail.lines[0])
                self.assertEqual((line["group"], line["identity"]), ("lab", expected))
                tail.close()

    def test_mistakes_in_the_files(self):
        check = [BIN / "cenoted", "--config", self.node_.config, "--check"]
        self.put_tokens("lab", "0123456789abcdef")
        self.assertIn("lab.tokens:1:1: the token has 64 bits at most", self.program(*check, ok=False))
        self.put_tokens("lab", TOKEN)
        (self.node_.folder / "lab.tokens").chmod(0o644)
        self.assertIn("every user of this host can read the tokens", self.program(*check))
        self.ca.unlink()
        self.assertRegex(self.program(*check), r"cenote\.toml:\d+:\d+: warning: there is no file .*clients\.pem")
        self.configure('client_certificates = "perhaps"\n')
        self.assertIn("none, optional, required", self.program(*check, ok=False))
        self.node_.write_config(directives=RULES.replace("*@lab.example", "a*@lab.example"))
        self.assertRegex(self.program(*check, ok=False), r"cenote\.toml:\d+:\d+: 'a\*@lab\.example': \* stands for a whole")


if __name__ == "__main__":
    main()
