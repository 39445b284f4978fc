# SPDX-License-Identifier: Apache-2.0
"""cenote-web with a real daemon: signing in and out, rights that end, hostile HTTP, and a page that dies."""
import contextlib
import http.client
import json
import os
import signal
import socket
import ssl
import unittest

from certificates import Authority
from daemon import BIN, PATIENCE, eventually
from harness import Clock, control_call, main, records
from web_page import COOKIE, LISTEN, UnixConnection, Web, WebTest, checked, tls_connection

NOBODY = 65534


class SigningIn(WebTest):
    def test_a_link_signs_in_once(self):
        node = self.served()
        link = self.link(node)
        self.assertRegex(link, rf"^http://127\.0\.0\.1:{self.web.port}/login/[0-9a-f]{{64}}$")
        path = link[link.index("/login/"):]
        self.assertEqual(self.web.get(path, "HEAD")[0], 503)
        self.assertEqual(self.web.get(path, headers={"Sec-Purpose": "prefetch"})[0], 503)
        self.assertEqual(self.web.get(path, headers={"Sec-Fetch-Dest": "image"})[0], 503)
        status, headers, body = self.web.get(path)
        self.assertEqual(status, 200, "what was fetched ahead has not used the link")
        self.assertRegex(headers["set-cookie"], rf"^{COOKIE}=[0-9a-f]{{64}}; Path=/; Max-Age=28800; Secure; HttpOnly; "
                                                r"SameSite=Strict$")
        self.assertEqual(headers["refresh"], "0; url=/")
        self.assertEqual(headers["cache-control"], "no-store")
        self.assertEqual(self.web.get(path)[0], 403)
        cookie = headers["set-cookie"].split(";")[0].split("=")[1]
        self.assertEqual(self.web.get("/", cookie=cookie)[0], 200)
        self.assertEqual(self.web.get("/")[0], 401)
        self.assertEqual(self.web.get("/", cookie="f" * 64)[0], 401)
        self.assertEqual(self.web.get("/", headers={"Cookie": f"{COOKIE}={cookie}; {COOKIE}={'f' * 64}"})[0], 401)
        actions = [(row["action"], row["after"]) for row in node.cenote_json("audit")]
        self.assertTrue(any(action == "web login" for action, _ in actions), actions)
        self.assertTrue(any(action == "web sign-in" and after.startswith("by a link, until ")
                            for action, after in actions), actions)
        self.assertNotIn(cookie, json.dumps(actions))
        self.web.stop()

    def test_links_and_sessions_end_by_the_clock(self):
        node = self.node(extra=LISTEN)
        clock = Clock(node, "2026-06-01T12:00:00+00:00", passes=True)
        node.start()
        self.web = Web(node, environment={"LD_PRELOAD": "", "CENOTE_TEST_CLOCK": ""})
        late, in_time = self.link(node), self.link(node)
        cookie = self.web.sign_in(in_time)
        clock.set("2026-06-01T12:10:01+00:00")
        self.assertEqual(self.web.get(late[late.index("/login/"):])[0], 403)
        self.assertEqual(self.web.get("/", cookie=cookie)[0], 200)
        clock.set("2026-06-01T20:00:01+00:00")
        self.assertEqual(self.web.get("/", cookie=cookie)[0], 401)

    def test_signing_out_ends_the_session_and_only_from_here(self):
        node = self.served()
        cookie = self.signed_in(node)
        for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://evil.example"}, {"Origin": "null"}):
            self.assertEqual(self.web.get("/sign-out", "POST", headers, cookie=cookie)[0], 403, headers)
        self.assertEqual(self.web.get("/sign-out", cookie=cookie)[0], 405)
        self.assertEqual(self.web.get("/", cookie=cookie)[0], 200)
        here = {"Origin": f"http://127.0.0.1:{self.web.port}", "Sec-Fetch-Site": "same-origin"}
        status, headers, _ = self.web.get("/sign-out", "POST", here, cookie=cookie)
        self.assertEqual(status, 200)
        self.assertRegex(headers["set-cookie"], rf"^{COOKIE}=; .*Max-Age=0")
        self.assertEqual(self.web.get("/", cookie=cookie)[0], 401)

    def test_the_language_is_kept(self):
        node = self.served()
        cookie = self.signed_in(node)
        status, headers, body = self.web.get("/?lang=ko", cookie=cookie)
        self.assertIn('lang="ko"', body)
        self.assertTrue(headers["set-cookie"].startswith("lang=ko;"))
        self.assertIn('lang="ko"', self.web.get("/", headers={"Accept-Language": "ko-KR,en;q=0.5"})[2])

    def test_without_a_page_the_command_says_why(self):
        node = self.node().start()
        done = node.cenote("web", "login")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"^cenote: there is no web page: set \[web\]\.listen in .*cenote\.toml")
        web = Web(node, waits=True)
        self.assertEqual(web.process.wait(PATIENCE), 0)
        self.assertIn("[web].listen is not set: there is no page to serve", web.log())
        node.write_config(extra=LISTEN)
        node.cenote_ok("reload")
        self.assertRegex(node.cenote("web", "login").stderr, "^cenote: cenote-web does not run, so that no link would "
                                                             "work: 'systemctl start cenote-web' starts it")

    def test_it_waits_for_the_daemon_and_follows_a_reload(self):
        node = self.node(extra=LISTEN)
        self.web = Web(node, waits=True)
        self.web.wait_line("waiting for cenoted at ")
        node.start()
        self.web.listen()
        self.announced(node)
        seen = len(self.web.lines)
        node.write_config(extra=LISTEN + 'hosts = ["dns.example"]\n')
        node.cenote_ok("reload")
        self.web.wait_line("has changed: the page begins anew", seen)
        self.web.listen(seen)
        self.assertEqual(self.web.get("/healthz", host="dns.example")[0], 200)
        self.announced(node)
        node.write_config(extra="")
        node.cenote_ok("reload")
        self.assertEqual(self.web.process.wait(PATIENCE), 0)


@unittest.skipUnless(os.geteuid() == 0, "only the superuser can act as another user")
class Rights(WebTest):
    def as_nobody(self, node, verb, session=None, **args):
        """The last reply to a request of another user."""
        ours, theirs = socket.socketpair()
        child = os.fork()
        if child == 0:
            try:
                os.setgroups([])
                os.setresgid(NOBODY, NOBODY, NOBODY)
                os.setresuid(NOBODY, NOBODY, NOBODY)
                with socket.socket(socket.AF_UNIX) as client:
                    client.connect(str(node.control))
                    request = {"v": 1, "verb": verb, "args": args, **({"as": session} if session else {})}
                    with contextlib.suppress(BrokenPipeError):  # a refused connection has its reason to read
                        client.sendall(json.dumps(request).encode() + b"\n")
                    theirs.sendall(client.makefile("rb").readline())
            finally:
                os._exit(0)
        theirs.close()
        os.waitpid(child, 0)
        with ours:
            return json.loads(ours.makefile().readline())

    def test_a_session_whose_right_was_taken_away_ends_at_once(self):
        node = self.served(control='readers = ["nogroup"]')
        node.folder.chmod(0o755)
        self.announced(node)
        cookie = self.web.sign_in(self.as_nobody(node, "web-login")["data"]["link"])
        self.assertEqual(self.web.get("/", cookie=cookie)[0], 200)
        node.write_config(control="")
        node.cenote_ok("reload")
        self.assertEqual(self.web.get("/", cookie=cookie)[0], 401)
        self.assertFalse(self.as_nobody(node, "web-login")["ok"])

    def test_in_the_name_of_a_user_nothing_but_reading(self):
        node = self.served(control='readers = ["nogroup"]')
        node.folder.chmod(0o755)
        self.announced(node)
        token = self.as_nobody(node, "web-login")["data"]["token"]
        begun = control_call(node, "web-session", token=token)["data"]
        self.assertEqual((begun["user"], begun["inspect"]), ("nobody", False))

        def asked(verb, **args):
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(str(node.control))
                request = {"v": 1, "verb": verb, "args": args, "as": begun["session"]}
                client.sendall(json.dumps(request).encode() + b"\n")
                return json.loads(client.makefile().readline())

        self.assertTrue(asked("status")["ok"])
        self.assertIn("nobody may not see what 'log' shows", asked("log")["error"])
        for verb in ("reload", "flush", "exception-request", "web-login", "web-session", "web-settings", "backup",
                     "proof", "no-such-verb"):
            self.assertIn("cannot be asked for through the web page", asked(verb)["error"], verb)
        self.assertIn("nobody may not serve the web page", self.as_nobody(node, "status", begun["session"])["error"])
        for verb in ("web-settings", "web-session", "web-sign-out", "web-listens"):
            self.assertIn("may not serve the web page", self.as_nobody(node, verb)["error"], verb)

    def test_without_a_proxy_the_server_names_nobody(self):
        node = self.served(control='readers = ["nogroup"]')
        self.assertIn("no proxy signs users in here", control_call(node, "web-session", user="nobody")["error"])

    def test_a_root_session_changes_nothing_either(self):
        node = self.served()
        self.announced(node)
        token = control_call(node, "web-login")["data"]["token"]
        begun = control_call(node, "web-session", token=token)["data"]
        self.assertTrue(begun["inspect"])
        self.assertFalse(control_call(node, "web-session", user="root")["ok"])
        self.assertFalse(control_call(node, "web-session", user="no such user")["ok"])

    def test_a_header_names_the_user_from_its_proxy_alone(self):
        node = self.node(control='readers = ["nogroup"]')
        path = node.folder / "web.sock"
        node.folder.chmod(0o755)
        node.write_config(extra=f'[web]\nlisten = ["127.0.0.1:0", "unix:{path}"]\nhosts = ["dns.example"]\n'
                                'user_header = "X-Remote-User"\nproxy_user = "root"\n')
        node.start()
        self.web = Web(node)
        self.assertIn(f"unix:{path}", self.web.places)
        self.assertEqual(self.web.get("/", headers={"X-Remote-User": "nobody"})[0], 401)

        def by_proxy(**headers):
            connection = UnixConnection(str(path))
            self.addCleanup(connection.close)
            connection.request("GET", "/", headers={name.replace("_", "-"): value for name, value in headers.items()})
            return checked(self, connection.getresponse())

        self.assertEqual(by_proxy(X_Remote_User="nobody")[0], 200)
        self.assertEqual(by_proxy(X_Remote_User="nobody")[0], 200)
        for user in "root", "no such user", "bin":
            self.assertEqual(by_proxy(X_Remote_User=user)[0], 401, user)
        self.assertEqual(by_proxy()[0], 401)
        signed = [row for row in node.cenote_json("audit") if row["action"] == "web sign-in"]
        self.assertEqual([(row["actor"], row["after"].split(",")[0]) for row in signed], [("nobody", "by the proxy")])
        node.write_config(control="")
        node.cenote_ok("reload")
        self.assertEqual(by_proxy(X_Remote_User="nobody")[0], 401)
        self.web.stop()
        self.assertFalse(path.exists())


class HostileHttp(WebTest):
    def test_methods_hosts_and_addresses(self):
        node = self.served()
        cookie = self.signed_in(node)
        for method in "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE":
            status, headers, _ = self.web.get("/services", method, cookie=cookie)
            self.assertEqual((status, headers["allow"]), (405, "GET, HEAD"), method)
        status, _, body = self.web.get("/", "HEAD", cookie=cookie)
        self.assertEqual((status, body), (200, ""))
        for host in "evil.example", "127.0.0.2", "localhost.evil.example", "node1@evil.example":
            self.assertEqual(self.web.get("/", host=host, cookie=cookie)[0], 421, host)
        for host in "localhost", f"node1:{self.web.port}", "NODE1":
            self.assertEqual(self.web.get("/", host=host, cookie=cookie)[0], 200, host)
        for path in ("/../etc/passwd", "/services/..%2f..%2fetc", "/%2e%2e/x", "//x", "/services/%ff", "/x?q=%c0%af",
                     "/a%00b", "/services/"):
            self.assertEqual(self.web.get(path, cookie=cookie)[0], 400, path)
        self.assertEqual(self.web.get("/" + "a" * 5000, cookie=cookie)[0], 414)
        self.assertEqual(self.web.get("/", body=b"x", cookie=cookie)[0], 400)
        self.assertEqual(self.web.get("/", headers={"X-Long": "a" * 20000}, cookie=cookie)[0], 431)
        self.assertEqual(self.web.get("/no-such-page", cookie=cookie)[0], 404)

    def test_what_is_no_http(self):
        self.served()
        host = f"Host: 127.0.0.1:{self.web.port}\r\n".encode()
        self.assertRegex(self.web.raw(b"GET / HTTP/1.1\r\n" + host + b"X: " + b"a" * 10_000_000 + b"\r\n\r\n")[:12],
                         rb"^(HTTP/1.1 4..)?$")
        self.assertRegex(self.web.raw(b"GET /" + b"a" * 1_000_000 + b" HTTP/1.1\r\n" + host + b"\r\n")[:12],
                         rb"^(HTTP/1.1 4..)?$")
        for text in (b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n",
                     b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n",
                     b"GET http://evil.example/ HTTP/1.1\r\n" + host + b"Connection: close\r\n\r\n",
                     b"POST /sign-out HTTP/1.1\r\n" + host + b"Content-Length: 9000000\r\nConnection: close\r\n\r\n"
                     + b"a" * 9_000_000):
            self.assertFalse(self.web.raw(text).startswith(b"HTTP/1.1 200"), text[:60])
        without_host = self.web.raw(b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n")
        self.assertTrue(without_host.startswith(b"HTTP/1.1 400"))
        self.assertIn(b"Content-Security-Policy", without_host)
        self.assertEqual(self.web.get("/healthz")[2], "alive\n")

    def test_500_idle_connections_and_slow_clients_hurt_nobody(self):
        node = self.served()
        idle = [self.web.socket() for _ in range(500)]
        for client in idle[:250]:
            client.sendall(b"GET / HTTP/1.1\r\nHost: ")
        cookie = self.signed_in(node)
        self.assertEqual(self.web.get("/", cookie=cookie)[0], 200)
        self.assertEqual(records(node.ask("chat.alpha-ai.example")), ["A 0.0.0.0"])
        for client in idle:
            client.close()
        self.assertEqual(self.web.get("/", cookie=cookie)[0], 200)
        self.web.stop()

    def test_a_request_that_never_ends_is_ended(self):
        self.served()
        client = self.web.socket()
        client.sendall(b"GET / HTTP/1.1\r\nX: ")
        client.settimeout(4 * PATIENCE)
        self.assertFalse(client.recv(100).startswith(b"HTTP/1.1 200"))

    def test_what_needs_no_sign_in(self):
        self.served()
        self.assertEqual(self.web.get("/healthz")[0::2], (200, "alive\n"))
        self.assertEqual(self.web.get("/readyz")[0::2], (200, "ready\n"))
        status, headers, body = self.web.get("/metrics")
        self.assertEqual((status, headers["content-type"]), (200, "text/plain; version=0.0.4; charset=utf-8"))
        self.assertIn("cenote_build_info", body)
        self.assertEqual(self.web.get("/metrics", headers={"X-Forwarded-For": "192.0.2.1"})[0], 401)
        status, headers, _ = self.web.get("/assets/style.css")
        self.assertEqual((status, headers["cache-control"]), (200, "no-cache"))
        self.assertEqual(self.web.get("/assets/style.css", headers={"If-None-Match": headers["etag"]})[0], 304)
        self.assertEqual(self.web.get("/assets/none.css")[0], 404)
        status, headers, body = self.web.get("/api/v1/status")
        self.assertEqual((status, headers["content-type"]), (401, "application/json"))
        self.assertIn("error", json.loads(body))


class Tls(WebTest):
    def test_beyond_loopback_there_is_tls_alone(self):
        node = self.node()
        authority = Authority(node.folder)
        for name, text in zip(("web.pem", "web.key"), authority.pair("dns.example")):
            (node.folder / name).write_text(text)
        node.write_config(extra='[web]\nlisten = ["0.0.0.0:0"]\ncertificate = "web.pem"\nkey = "web.key"\n'
                                'hosts = ["dns.example"]\n')
        node.start()
        self.web = Web(node)
        link = self.link(node)
        self.assertTrue(link.startswith(f"https://dns.example:{self.web.port}/login/"), link)

        def get(path, **headers):
            connection = http.client.HTTPConnection("dns.example", self.web.port)
            connection.sock = tls_connection(self.web.port, authority.file)
            connection.request("GET", path, headers=headers)
            return checked(self, connection.getresponse())

        status, headers, _ = get(link[link.index("/login/"):])
        self.assertEqual(status, 200)
        self.assertEqual(get("/", Cookie=headers["set-cookie"].split(";")[0])[0], 200)
        self.assertEqual(get("/")[0], 401)
        with self.assertRaises((ssl.SSLError, OSError)):
            tls_connection(self.web.port, authority.file, version=ssl.TLSVersion.TLSv1_1)
        tls_connection(self.web.port, authority.file, version=ssl.TLSVersion.TLSv1_2).close()
        self.assertFalse(self.web.raw(b"GET /healthz HTTP/1.1\r\nHost: dns.example\r\n\r\n").startswith(b"HTTP"))
        self.web.stop()

    def test_a_key_of_another_certificate_is_told(self):
        node = self.node()
        authority = Authority(node.folder)
        (node.folder / "web.pem").write_text(authority.pair()[0])
        (node.folder / "web.key").write_text(authority.pair()[1])
        node.write_config(extra='[web]\nlisten = ["0.0.0.0:0"]\ncertificate = "web.pem"\nkey = "web.key"\n')
        node.start()
        web = Web(node, waits=True)
        self.assertEqual(web.process.wait(PATIENCE), 1)
        self.assertIn("check that certificate and key belong together", web.log())
        (node.folder / "web.key").unlink()
        web = Web(node, waits=True)
        self.assertEqual(web.process.wait(PATIENCE), 1)
        self.assertIn("web.key", web.log())


class Failures(WebTest):
    def test_its_death_costs_no_query(self):
        node = self.served()
        self.announced(node)
        for i in range(60):
            if i == 20:
                self.web.process.send_signal(signal.SIGKILL)
            self.assertEqual(records(node.ask("chat.alpha-ai.example")), ["A 0.0.0.0"])
        self.web.process.wait(PATIENCE)
        eventually(lambda: "does not run" in node.cenote("web", "login").stderr, "the daemon notices")
        self.web = Web(node)
        self.assertEqual(self.web.get("/", cookie=self.signed_in(node))[0], 200)

    def test_a_daemon_that_is_gone_or_silent(self):
        node = self.served()
        cookie = self.signed_in(node)
        node.daemon.signal(signal.SIGSTOP)
        status, _, body = self.web.get("/", cookie=cookie)
        node.daemon.signal(signal.SIGCONT)
        self.assertEqual(status, 503)
        self.assertIn("the daemon did not answer within 5 s", body)
        self.assertEqual(self.web.get("/", cookie=cookie)[0], 200)
        node.stop()
        status, _, body = self.web.get("/", cookie=cookie)
        self.assertEqual(status, 503)
        self.assertIn("no cenoted listens", body)
        self.assertEqual(self.web.get("/readyz")[0], 503)
        self.assertEqual(self.web.get("/healthz")[0], 200)
        node.start()
        self.assertEqual(self.web.get("/", cookie=cookie)[0], 401)
        self.announced(node)
        self.assertEqual(self.web.get("/", cookie=self.signed_in(node))[0], 200)

    def test_the_command_line(self):
        for arguments, code in ((["--help"], 0), (["--version"], 0), (["--no-such"], 2), (["more"], 2)):
            done = os.spawnv(os.P_WAIT, str(BIN / "cenote-web"), ["cenote-web", *arguments])
            self.assertEqual(done, code, arguments)


if __name__ == "__main__":
    main()
