# SPDX-License-Identifier: Apache-2.0
"""cenote-web where one user asks for much, where a daemon is slow, and where requests have two ends."""
import contextlib
import http.client
import json
import pathlib
import signal
import socket
import tempfile
import threading

from daemon import PATIENCE
from harness import main
from web_page import COOKIE, Web, WebTest

ANNA, BEN, CHOI = "a" * 64, "b" * 64, "c" * 64


class SlowDaemon:
    """A control socket that knows three sessions, and is silent, until release(), to what is asked in the name of the
    first, or to `verb` of that alone, and to who the third is."""

    def __init__(self, test, verb=None):
        folder = tempfile.TemporaryDirectory(prefix="cenote-")
        test.addCleanup(folder.cleanup)
        self.test = test
        self.verb = verb
        self.environment = {}
        self.control = pathlib.Path(folder.name) / "control.sock"
        self.changed = threading.Condition()
        self.held, self.released = [], set()
        self.announced = None  # whether the page is served
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.control))
        self.listener.listen(64)
        test.addCleanup(self.listener.close)
        test.addCleanup(self.release, ANNA, CHOI)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=self._serve, args=(self.listener.accept()[0],), daemon=True).start()

    def _serve(self, client):
        verb = None
        with client, contextlib.suppress(OSError):
            for line in client.makefile("rb"):
                request = json.loads(line)
                verb = request["verb"]
                client.sendall(json.dumps({"v": 1, **self._reply(request)}).encode() + b"\n")
                if verb == "web-listens":
                    self._tell(True)
        if verb == "web-listens":
            self._tell(False)

    def _tell(self, announced):
        with self.changed:
            self.announced = announced
            self.changed.notify_all()

    def _reply(self, request):
        session = request["args"].get("session")
        for one in {request.get("as"), session} & {ANNA, CHOI}:
            if (one == ANNA) == ("as" in request) and self.verb in (None, request["verb"]):
                with self.changed:
                    self.held.append(one)
                    self.changed.notify_all()
                    self.changed.wait_for(lambda one=one: one in self.released, PATIENCE)
        data = {"web-settings": {"listen": [{"at": "127.0.0.1:0", "address": True, "tls": False}], "certificate": "",
                                 "key": "", "hosts": [], "node": "dns1", "proxy_user": "", "user_header": "",
                                 "metrics": False},
                "web-session": {"session": session, "user": {ANNA: "anna", BEN: "ben"}.get(session, "choi"),
                                "inspect": True, "history": ""},
                "web-listens": {}, "tail": "", "ping": {"version": "1", "timezone": "UTC"}}
        if request["verb"] in data:
            return {"ok": True, "data": data[request["verb"]], "more": request["verb"] in ("web-listens", "tail")}
        return {"ok": False, "error": "not known here"}

    def wait(self, condition):
        with self.changed:
            self.test.assertTrue(self.changed.wait_for(condition, PATIENCE))

    def release(self, *sessions):
        with self.changed:
            self.released |= set(sessions)
            self.changed.notify_all()


class Load(WebTest):
    def test_a_length_in_two_forms_is_refused(self):
        self.served()
        for method, path in ("POST", "/sign-out"), ("GET", "/healthz"):
            received = self.web.raw(f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.web.port}\r\nContent-Length: 5\r\n"
                                    "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
                                    f"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:{self.web.port}\r\n\r\n".encode())
            self.assertTrue(received.startswith(b"HTTP/1.1 400"), received[:60])
            self.assertNotIn(b"alive", received, "what follows is no request")

    def test_one_user_leaves_streams_to_the_others(self):
        node = self.served()
        cookie = self.signed_in(node)

        def stream():
            connection = http.client.HTTPConnection("127.0.0.1", self.web.port, timeout=PATIENCE)
            self.addCleanup(connection.close)
            connection.request("GET", "/api/v1/tail", headers={"Cookie": f"{COOKIE}={cookie}"})
            response = connection.getresponse()
            self.addCleanup(response.close)
            return response.status

        self.assertEqual([stream() for _ in range(5)], [200] * 4 + [503])
        self.assertEqual(self.web.get("/", cookie=cookie)[0], 200)
        self.web.stop()

    def asking(self, path, session):
        client = self.web.socket()
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.web.port}\r\nCookie: {COOKIE}={session}\r\n\r\n"
                       .encode())
        return client

    def received(self, client, end):
        """What comes until `end` is in it."""
        received = b""
        while end not in received:
            more = client.recv(65536)
            self.assertTrue(more, received)
            received += more
        return received

    def test_a_stream_that_begins_while_it_ends_does_not_keep_it(self):
        daemon = SlowDaemon(self)
        self.web = Web(daemon)
        daemon.wait(lambda: daemon.announced)
        self.asking("/", ANNA)
        stream = self.asking("/api/v1/tail", CHOI)
        daemon.wait(lambda: set(daemon.held) == {ANNA, CHOI})
        self.web.process.send_signal(signal.SIGTERM)
        daemon.wait(lambda: not daemon.announced)  # now it waits for the pages that are being made
        daemon.release(CHOI)
        self.assertTrue(stream.recv(100).startswith(b"HTTP/1.1 "))
        daemon.release(ANNA)
        self.web.stop()

    def test_one_user_leaves_threads_to_the_others(self):
        daemon = SlowDaemon(self)
        self.web = Web(daemon)
        asking = [self.asking("/", ANNA) for _ in range(3)]
        daemon.wait(lambda: len(daemon.held) >= 3)
        self.assertEqual(self.web.get("/", cookie=ANNA)[0], 503)
        self.assertNotEqual(self.web.get("/", cookie=BEN)[0], 503)
        daemon.release(ANNA)
        for client in asking:
            self.assertTrue(client.recv(100).startswith(b"HTTP/1.1 "))
        self.web.stop()

    def test_the_frame_is_sent_before_what_takes_long(self):
        daemon = SlowDaemon(self, verb="exceptions")
        self.web = Web(daemon)
        asking = [self.asking("/", ANNA) for _ in range(3)]
        for client in asking:
            self.assertNotIn(b"</html>", self.received(client, b"<h1>"))
        self.assertEqual(self.web.get("/", cookie=ANNA)[0], 503, "pages that are not whole count as well")
        asking.pop().close()
        daemon.release(ANNA)
        for client in asking:
            self.assertIn(b"</html>", self.received(client, b"\r\n0\r\n\r\n"))
        status, headers, body = self.web.get("/", method="HEAD", cookie=ANNA)
        self.assertEqual((status, body), (200, ""))
        self.assertGreater(int(headers["content-length"]), 1000)
        self.web.stop()


if __name__ == "__main__":
    main()
