# SPDX-License-Identifier: Apache-2.0
"""Lists from the web: nginx for what servers do, a socket of our own for what they should not."""
import gzip
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import threading
import unittest

from harness import PATIENCE, SystemTest, addresses, main
from upstreams import ScriptedUpstream, Server, answer_with, free_port

OPEN = ["192.0.2.1"]
CLOSED = ["0.0.0.0"]
GOOD = "".join(f"n{i}.bad.example\n" for i in range(100))
RESTRICT = """
[[directive]]
id      = "d1"
targets = ["list:web"]
step    = "restrict"
"""


class Nginx(Server):
    """A folder over http, and over https with a certificate of its own making."""

    def __init__(self, test):
        self.test = test
        self.requests = []
        super().__init__(test, None)

    def command(self):
        self.tls_port = free_port()
        files = self.folder / "files"
        files.mkdir(exist_ok=True)
        self.folder.chmod(0o755)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                        "-keyout", self.folder / "key", "-out", self.folder / "cert"], check=True, capture_output=True)
        config = self.folder / "nginx.conf"
        user = "user root;" if os.geteuid() == 0 else ""
        config.write_text(f"""
{user}
daemon off;
pid {self.folder}/pid;
error_log {self.folder}/error.log;
events {{ worker_connections 64; }}
http {{
  access_log {self.folder}/access.log;
  client_body_temp_path {self.folder}/a; proxy_temp_path {self.folder}/b; fastcgi_temp_path {self.folder}/c;
  uwsgi_temp_path {self.folder}/d; scgi_temp_path {self.folder}/e;
  default_type text/plain;
  gzip on; gzip_min_length 1; gzip_types text/plain;
  server {{
    listen 127.0.0.1:{self.port};
    listen 127.0.0.1:{self.tls_port} ssl;
    ssl_certificate {self.folder}/cert;
    ssl_certificate_key {self.folder}/key;
    root {files};
    location = /moved {{ return 302 /list.txt; }}
    location = /away {{ return 302 http://127.0.0.1:{self.port}/list.txt; }}
    location = /round {{ return 302 /round; }}
    location = /broken {{ return 500; }}
    location = /bomb.txt {{ gzip off; add_header Content-Encoding gzip; }}
  }}
}}
""")
        return ["/usr/sbin/nginx", "-e", str(self.folder / "error.log"), "-c", str(config)]

    def _answers(self, probe):
        from harness import deadline, time
        end = deadline()
        while self.process.poll() is None and time.monotonic() < end:
            try:
                # From another address: nobody listens yet, and a connection from the port to itself would succeed.
                socket.create_connection(("127.0.0.1", self.port), 0.5, ("127.0.0.2", 0)).close()
                return True
            except OSError:
                pass
        return False

    def put(self, name, content):
        (self.folder / "files" / name).write_bytes(content if isinstance(content, bytes) else content.encode())

    def statuses(self):
        """Of the answers so far, in their order."""
        return [line.split('"')[2].split()[0] for line in (self.folder / "access.log").read_text().splitlines()]


class RudeServer:
    """Takes a connection, reads the request, says what it is told to and hangs up (or does not)."""

    def __init__(self, test, *replies, keep=False):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}/list.txt"
        self.asked = 0
        self.replies, self.keep = replies, keep
        self.kept = []
        test.addCleanup(self.close)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                client, _ = self.socket.accept()
                client.recv(65536)
                reply = self.replies[min(self.asked, len(self.replies) - 1)]
                self.asked += 1
                for part in reply if not isinstance(reply, bytes) else [reply]:
                    client.sendall(part)
                if self.keep:
                    self.kept.append(client)
                else:
                    client.close()
            except OSError:
                if self.socket.fileno() < 0:
                    return

    def close(self):
        self.socket.close()
        for client in self.kept:
            client.close()


def endless():
    yield b"HTTP/1.1 200 OK\r\n\r\n"
    while True:
        yield b"x.bad.example\n" * 65536


class Fetch(SystemTest):
    def setUp(self):
        super().setUp()
        upstream = ScriptedUpstream(
            self, lambda query, transport: answer_with(query, f"{query.question[0].name} 1 IN A 192.0.2.1"))
        self.resolver = self.node(directives=RESTRICT, upstreams=[upstream.where])
        self.lists = self.resolver.folder / "lists"

    def configure(self, url, more=""):
        self.resolver.write_config(extra=f'[[list]]\nid = "web"\nsource = "{url}"\n{more}')

    def update(self, *words, code=0):
        done = self.resolver.cenote("update", *words)
        self.assertEqual(done.returncode, code, done)
        return done.stdout + done.stderr

    def row(self):
        return self.resolver.cenote_json("lists")[0]

    def seen(self, name="n1.bad.example"):
        return addresses(self.resolver.ask(name))

    def test_conditional_requests_over_restarts(self):
        web = Nginx(self)
        web.put("list.txt", GOOD)
        self.configure(f"http://127.0.0.1:{web.port}/list.txt")
        self.assertIn("fetched, 1590 bytes", self.update(), "packed on the way")
        self.resolver.start()
        self.assertEqual(self.seen(), CLOSED)
        self.assertIn("not modified (304)", self.update())
        self.assertIn("not modified (304)", self.update())
        self.assertEqual(web.statuses(), ["200", "304", "304"])
        web.put("list.txt", GOOD + "new.example\n")
        os.utime(web.folder / "files" / "list.txt", (1, 1))
        self.assertIn("fetched", self.update())
        self.assertEqual(self.seen("new.example"), CLOSED)
        # Another URL is another text, whatever was known of the first one.
        web.put("other.txt", GOOD)
        self.configure(f"http://127.0.0.1:{web.port}/other.txt")
        self.assertIn("fetched", self.update())
        self.assertEqual((self.row()["entries"], self.row()["error"], self.row()["format"]), (100, None, "domains"))

    def test_a_server_cannot_keep_an_old_copy_fresh_without_end(self):
        web = Nginx(self)
        web.put("list.txt", GOOD)
        self.configure(f"http://127.0.0.1:{web.port}/list.txt")
        self.update()
        self.assertIn("not modified (304)", self.update())
        origin = self.lists / "web.origin"
        lines = origin.read_text().splitlines()
        week = 7 * 86400
        for age, status in ((week - 60, "304"), (week + 60, "200"), (-3600, "200")):
            origin.write_text("\n".join(lines[:4] + [str(int(lines[4]) - age)]) + "\n")
            self.update()
            self.assertEqual(web.statuses()[-1], status, age)
            self.assertIn("not modified (304)", self.update(), "it was fetched whole just now, or known before")
        server = RudeServer(self, b"HTTP/1.1 304 Not Modified\r\n\r\n")
        self.configure(server.url)
        self.assertIn("the server answered 304", self.update(code=1), "it was asked without a condition")

    def test_a_refusal_names_the_source_and_all_that_is_bad(self):
        web = Nginx(self)
        web.put("list.txt", GOOD)
        url = f"http://127.0.0.1:{web.port}/list.txt"
        self.configure(url)
        self.update()
        web.put("list.txt", "com\n" + GOOD + "co.kr\nwhat is this\nnet\n")
        told = self.update(code=1)
        why = self.row()["error"]
        for text in (told, why):
            self.assertIn(f"{url}: it adds 3 entries that may not be sinkholed: 'com' in line 1: ", text)
            self.assertIn("'co.kr' in line 102: ", text)
            self.assertIn("'net' in line 104: ", text)
            self.assertNotIn("cenote-update-", text, "a folder that is gone by now")
        web.put("list.txt", GOOD + "what is this\n")
        self.assertIn(f"{url}:101:1: warning: not understood", self.update())

    def test_a_later_copy_cannot_close_the_address_space(self):
        web = Nginx(self)
        zone = "$ORIGIN rpz.example.\n@ SOA . . 1 1 1 1 1\nbad.example CNAME .\n"
        web.put("list.txt", zone + "24.0.100.51.198.rpz-ip CNAME .\n")
        self.configure(f"http://127.0.0.1:{web.port}/list.txt")
        self.update()
        self.resolver.start()
        for rule in ("0.0.0.0.0.rpz-ip", "0.zz.rpz-ip", "0.0.0.0.0.rpz-client-ip", "8.0.0.0.127.rpz-client-ip"):
            web.put("list.txt", zone + f"{rule} CNAME .\n")
            self.assertIn("which may not be sinkholed: it ", self.update(code=1))
            self.assertEqual((self.seen("bad.example"), self.seen("good.example")), (CLOSED, OPEN), rule)
        refused = self.resolver.cenote("restrict", "address:0.0.0.0/0")
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("address:0.0.0.0/0 may not be sinkholed: it is wider than /8", refused.stderr)
        self.assertEqual(self.seen("good.example"), OPEN)
        self.resolver.cenote_ok("restrict", "address:192.0.2.0/24")
        self.assertEqual(self.seen("good.example"), CLOSED)

    def test_one_that_fails_keeps_its_copy_and_the_others_land(self):
        web = Nginx(self)
        web.put("list.txt", GOOD)
        web.put("two.txt", "two.example\n")
        self.configure(f"http://127.0.0.1:{web.port}/list.txt",
                       f'[[list]]\nid = "two"\nsource = "http://127.0.0.1:{web.port}/two.txt"')
        self.update()
        self.resolver.start()
        web.put("two.txt", "two.example\nthree.example\n")
        (web.folder / "files" / "list.txt").unlink()
        told = self.update(code=1)
        self.assertIn("the server answered 404", told)
        self.assertEqual(self.seen(), CLOSED, "the last good copy serves")
        self.assertIn("404", self.row()["error"])
        self.assertEqual(self.resolver.cenote_json("lists")[1]["entries"], 2)
        web.put("list.txt", GOOD)
        self.update()
        self.assertIsNone(self.row()["error"])

    def test_https_is_verified(self):
        web = Nginx(self)
        web.put("list.txt", GOOD)
        self.configure(f"https://localhost:{web.tls_port}/list.txt")
        self.assertIn("certificate", self.update(code=1))
        self.resolver.environment["SSL_CERT_FILE"] = str(web.folder / "cert")
        self.assertIn("fetched", self.update())
        self.configure(f"https://localhost:{web.tls_port}/away")
        self.assertIn("not taken", self.update(code=1), "a redirect out of https is not followed")
        self.configure(f"https://localhost:{web.tls_port}/moved")
        self.assertIn("fetched", self.update())
        self.configure(f"http://127.0.0.1:{web.port}/round")
        self.assertIn("not taken", self.update(code=1))

    def test_it_is_tried_again(self):
        answer = b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nbad.example\n"
        server = RudeServer(self, b"", b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", answer)
        self.configure(server.url)
        self.assertIn("fetched", self.update())
        self.assertEqual(server.asked, 3)
        server = RudeServer(self, b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n")
        self.configure(server.url)
        self.update(code=1)
        self.assertEqual(server.asked, 1, "what is not there is not there in a second either")

    def test_bad_texts_change_nothing(self):
        web = Nginx(self)
        web.put("list.txt", GOOD)
        self.configure(f"http://127.0.0.1:{web.port}/list.txt")
        self.update()
        self.resolver.start()
        bomb = gzip.compress(b"bad.example\n" * (60 << 20))  # 720 MiB
        for content, why in (("<!DOCTYPE html><html>Please log in</html>", "a web page"),
                             (bytes(range(256)) * 20, "binary"),
                             ("bad.example\n" + "what is this here?\n" * 50, "it lost 99 of 100"),
                             ("n1.bad.example\n", "it lost 99 of 100"),
                             ("".join(f"x{i}.example\n" for i in range(500)), "it grew from 100 to 500"),
                             (GOOD + "co.kr\n", "may not be sinkholed"),
                             ("", "it lost 100 of 100")):
            web.put("list.txt", content)
            told = self.update(code=1)
            self.assertIn(why, told)
            self.assertIn("list 'web' is not taken", told)
            self.assertEqual(self.seen(), CLOSED)
            self.assertIn(why, self.row()["error"])
        web.put("bomb.txt", bomb)
        self.configure(f"http://127.0.0.1:{web.port}/bomb.txt")
        self.assertIn("larger than 512 MiB", self.update(code=1))
        self.assertEqual(self.seen(), CLOSED)
        web.put("list.txt", "".join(f"x{i}.example\n" for i in range(500)))
        self.configure(f"http://127.0.0.1:{web.port}/list.txt")
        self.update("--force")
        self.assertEqual(self.seen("x1.example"), CLOSED)
        self.assertEqual(self.resolver.cenote_json("audit")[-1]["action"], "update --force")
        self.resolver.cenote_ok("update", "--rollback")
        self.assertEqual(self.seen("x1.example"), OPEN)

    def test_bad_servers_change_nothing(self):
        web = Nginx(self)
        web.put("list.txt", GOOD)
        self.configure(f"http://127.0.0.1:{web.port}/list.txt")
        self.update()
        self.resolver.start()
        cut = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + GOOD.encode()
        for server, why in ((RudeServer(self, cut), "bytes remaining"),
                            (RudeServer(self, b"HTTP/1.1 200 OK\r\n\r\n", keep=True), "imed out"),
                            (RudeServer(self, b"", keep=True), "imed out"),
                            (RudeServer(self, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), "not taken"),
                            (RudeServer(self, b"220 smtp ready\r\n"), "not taken"),
                            # Whichever limit comes first: a busy machine does not get 512 MiB within the minute. The
                            # bomb of test_bad_texts_change_nothing meets the size alone.
                            (RudeServer(self, endless()), "larger than 512 MiB|imed out")):
            self.configure(server.url)
            told = self.update("--timeout", "60s" if "larger" in why else "3s", code=1)
            self.assertRegex(told, why)
            self.assertEqual(self.seen(), CLOSED)
        self.configure(f"http://127.0.0.1:{free_port()}/list.txt")
        self.assertIn("not taken", self.update("--timeout", "1s", code=1))
        self.assertEqual(self.seen(), CLOSED)

    def test_a_dry_run_tells_what_would_change(self):
        web = Nginx(self)
        web.put("list.txt", GOOD)
        popular = self.resolver.folder / "popular"
        popular.write_text("1,www.famous.example\n2,n7.bad.example\n")
        self.configure(f"http://127.0.0.1:{web.port}/list.txt")
        self.update()
        before = self.resolver.set.read_bytes()
        web.put("list.txt", GOOD.replace("n7.bad.example\n", "") + "famous.example\nobscure.example\n")
        told = self.update("--dry-run", "--popular", popular)
        self.assertIn("+ www.famous.example  web  popular, rank 1\n- n7.bad.example  web  popular, rank 2\n", told)
        self.assertIn("+ obscure.example  web\n", told)
        self.assertEqual(self.resolver.set.read_bytes(), before)
        old = self.resolver.folder / "old.set"
        shutil.copy(self.resolver.set, old)
        self.update()
        rows = self.resolver.cenote_json("diff", old, self.resolver.set, "--popular", popular)
        self.assertEqual([(row["id"], row["change"]) for row in rows],
                         [("www.famous.example", "added"), ("n7.bad.example", "removed"), ("famous.example", "added"),
                          ("obscure.example", "added")])

    def test_popular_names_are_not_closed_many_at_once(self):
        web = Nginx(self)
        web.put("list.txt", GOOD)
        popular = self.resolver.folder / "popular"
        popular.write_text("".join(f"www.famous{i}.example\n" for i in range(30)))
        self.configure(f"http://127.0.0.1:{web.port}/list.txt")
        self.update()
        web.put("list.txt", GOOD + "".join(f"famous{i}.example\n" for i in range(20)))
        told = self.update("--popular", popular, code=1)
        self.assertIn("it would newly sinkhole 20 popular names, www.famous0.example", told)
        web.put("list.txt", GOOD + "".join(f"famous{i}.example\n" for i in range(9)))
        self.update("--popular", popular)

    def test_names_that_people_here_ask_for_are_popular(self):
        web = Nginx(self)
        web.put("list.txt", GOOD)
        self.configure(f"http://127.0.0.1:{web.port}/list.txt")
        self.update()
        self.resolver.start()
        asked = [f"www.famous{i}.example" for i in range(11)]
        for name in asked + ["www.mine.example"] * 5:
            for client in range(1, 11):  # how many they are is estimated
                self.resolver.ask(name, source=f"127.0.0.{client if name in asked else 1}")
        rows = {row["name"]: (row["queries"], row["clients"]) for row in self.resolver.cenote_json("top", "names")}
        self.assertEqual(rows["www.famous3.example"][0], 10)
        self.assertGreaterEqual(rows["www.famous3.example"][1], 3)
        self.assertEqual(rows["www.mine.example"], (50, 1))
        web.put("list.txt", GOOD + "".join(f"famous{i}.example\n" for i in range(11)))
        told = self.update(code=1)
        self.assertIn("it would newly sinkhole 11 popular names, www.famous", told)
        self.assertEqual(self.seen("www.famous0.example"), OPEN)
        web.put("list.txt", GOOD + "".join(f"famous{i}.example\n" for i in range(10)) + "mine.example\n")
        told = self.update("--dry-run")
        self.assertIn("+ famous0.example  web", told)
        self.update()
        self.assertEqual(self.seen("www.famous0.example"), CLOSED)

    @unittest.skipIf(shutil.which("minisign") is None, "needs minisign")
    def test_signatures(self):
        web = Nginx(self)
        folder = pathlib.Path(tempfile.mkdtemp(prefix="cenote-sign-"))
        self.addCleanup(shutil.rmtree, folder, True)

        def minisign(*words):
            subprocess.run(["minisign", *map(str, words)], check=True, capture_output=True, stdin=subprocess.DEVNULL)

        def publish(text, key="key", legacy=False, comment=None):
            (folder / "list.txt").write_text(text)
            minisign("-S", *(["-l"] if legacy else ["-H"]), *(["-t", comment] if comment else []), "-s", folder / f"{key}.sec", "-m", folder / "list.txt")
            web.put("list.txt", text)
            web.put("list.txt.minisig", (folder / "list.txt.minisig").read_bytes())

        for key in ("key", "other"):
            minisign("-G", "-W", "-f", "-p", folder / f"{key}.pub", "-s", folder / f"{key}.sec")
        public = (folder / "key.pub").read_text().splitlines()[1]
        url = f"http://127.0.0.1:{web.port}/list.txt"
        self.configure(url, f'key = "{public}"')
        publish(GOOD)
        self.update()
        self.resolver.start()
        publish(GOOD + "legacy.example\n", legacy=True)
        self.update()
        self.assertEqual(self.seen("legacy.example"), CLOSED)

        publish(GOOD + "evil.example\n", key="other")
        self.assertIn("another key", self.update(code=1))
        publish(GOOD)
        web.put("list.txt", GOOD + "evil.example\n")
        self.assertIn("does not fit", self.update(code=1))
        signature = (folder / "list.txt.minisig").read_text()
        web.put("list.txt", GOOD)
        web.put("list.txt.minisig", signature.replace("trusted comment: timestamp", "trusted comment: tampered"))
        self.assertIn("comment", self.update(code=1))
        web.put("list.txt.minisig", "nonsense\n")
        self.assertIn("none that minisign makes", self.update(code=1))
        (web.folder / "files" / "list.txt.minisig").unlink()
        self.assertIn("404", self.update(code=1))
        self.assertEqual((self.seen("evil.example"), self.seen("legacy.example")), (OPEN, CLOSED))

        # What was signed before the last good copy was is an old list in the place of a new one.
        for comment in ("timestamp:1700000000\tfile:list.txt", "no time"):
            publish(GOOD + "older.example\n", comment=comment)
            self.assertIn("before the last good copy", self.update(code=1))
        self.assertEqual((self.seen("older.example"), self.seen("legacy.example")), (OPEN, CLOSED))
        publish(GOOD + "older.example\n", comment="timestamp:1700000000")
        self.update("--force")
        self.assertEqual(self.seen("older.example"), CLOSED)
        publish(GOOD, comment="timestamp:1700000001")
        self.update()

        # A file beside its signature; and what was taken unsigned is not taken over when a key comes.
        publish(GOOD)
        self.configure(folder / "list.txt", f'key = "{public}"')
        self.update()
        (folder / "list.txt").write_text("evil.example\n" + GOOD)
        self.assertIn("does not fit", self.update(code=1))
        self.configure(url)
        self.update()
        self.configure(url, f'key = "{public}"')
        self.assertIn("fetched", self.update())

    def test_a_kill_at_any_point_leaves_the_old_set(self):
        web = Nginx(self)
        web.put("list.txt", GOOD)
        self.configure(f"http://127.0.0.1:{web.port}/list.txt")
        self.update()
        self.resolver.start()
        big = "".join(f"m{i}.big.example\n" for i in range(150))
        for i in range(12):
            web.put("list.txt", GOOD + big + f"k{i}.example\n")
            process = subprocess.Popen([str(pathlib.Path(os.environ["CENOTE_BIN"]) / "cenote"), "update"],
                                       env=dict(os.environ, CENOTE_SOCKET=str(self.resolver.control),
                                                CENOTE_CONFIG=str(self.resolver.config)),
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                process.wait(0.004 * i)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            self.assertEqual(self.seen(), CLOSED)
            self.assertEqual(self.resolver.cenote("inspect", self.resolver.set).returncode, 0)
        self.update()
        self.assertEqual(self.seen("k11.example"), CLOSED)


if __name__ == "__main__":
    main()
