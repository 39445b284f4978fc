# SPDX-License-Identifier: Apache-2.0
"""Chromium that uses DNS over HTTPS in secure mode, with a node as its only resolver: a page of an open name, sinkholed
names, and no fallback to another resolver when the node's certificate is not one that it trusts."""
import http.server
import os
import pathlib
import re
import shutil
import sys
import threading
import unittest

import browser

browser.need()
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "system"))
from harness import RESTRICT_ALPHA, main  # noqa: E402
from https_node import HttpsTest  # noqa: E402
from mounts import in_mounts_of_its_own  # noqa: E402
from upstreams import answer_with  # noqa: E402

TITLE = "A page of an open name"
CLOSED, ABSENT, OPEN = "chat.alpha-ai.example", "beta-ai.example", "www.open.example"
DIRECTIVES = RESTRICT_ALPHA + """
[[directive]]
id      = "test-2"
targets = ["service:beta"]
step    = "block"
answer  = "nxdomain"
"""


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append((self.headers["Host"].split(":")[0], self.path))
        body = f"<!doctype html><title>{TITLE}</title><h1>{TITLE}</h1>".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


class DohTest(HttpsTest):
    """A node, and a site at 127.0.0.1, which is the address of every open name."""

    def setUp(self):
        super().setUp()
        if not shutil.which("certutil"):
            self.skipTest("certutil (libnss3-tools) is not installed")
        self.upstream.handler = lambda query, transport: answer_with(
            query, *([f"{query.question[0].name} 600 IN A 127.0.0.1"] if query.question[0].rdtype == 1 else []))
        self.node_.write_config(directives=DIRECTIVES)
        self.start()
        self.site = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
        self.site.asked = []
        threading.Thread(target=self.site.serve_forever, daemon=True).start()
        self.addCleanup(self.site.server_close)
        self.addCleanup(self.site.shutdown)

    def browse(self, trusted=True, settings=None):
        """A browser whose home has the test's authority among those that it trusts."""
        home = self.node_.folder / "home"
        database = home / ".pki" / "nssdb"
        database.mkdir(parents=True)
        certutil = ["certutil", "-d", f"sql:{database}"]
        self.program(*certutil, "-N", "--empty-password")
        if trusted:
            self.program(*certutil, "-A", "-n", "tests", "-t", "C,,", "-i", self.authority.file)
        return browser.Browser(self, home=home, local_state=settings)

    def url(self, name):
        return f"http://{name}:{self.site.server_port}/"

    def check(self, chromium):
        """Open names lead to their pages and sinkholed ones do not; all of them were asked over HTTPS."""
        self.assertEqual(chromium.error_of(self.url(OPEN)), "")
        self.assertEqual(chromium.driver.title, TITLE)
        self.assertIn((OPEN, "/"), self.site.asked)
        for name, error in ((CLOSED, "ERR_CONNECTION_REFUSED"), (ABSENT, "ERR_NAME_NOT_RESOLVED")):
            for scheme in ("http", "https"):
                self.assertEqual(chromium.error_of(f"{scheme}://{name}/"), error)
                chromium.until(lambda: error in chromium.run("return document.body.textContent"), "what its user reads")
        self.assertEqual({host for host, _ in self.site.asked}, {OPEN})
        counts = {kind: self.metric(f'cenote_queries_total{{transport="{kind}"}}')
                  for kind in ("udp", "tcp", "tls", "https")}
        self.assertGreaterEqual(counts.pop("https"), 3, "three names")
        self.assertEqual(set(counts.values()), {0}, counts)


class SecureDns(DohTest):
    def settings(self):
        return {"dns_over_https.mode": "secure",
                "dns_over_https.templates": f"https://127.0.0.1:{self.https}/dns-query{{?dns}}"}

    def test_open_and_sinkholed_names(self):
        self.check(self.browse(settings=self.settings()))

    def test_a_stranger_is_not_asked(self):
        """Without the authority the node is nobody to it: names fail, and none reaches it."""
        chromium = self.browse(trusted=False, settings=self.settings())
        self.assertEqual(chromium.error_of(self.url(OPEN)), "ERR_NAME_NOT_RESOLVED")
        self.assertEqual(self.metric('cenote_queries_total{transport="https"}'), 0)
        self.assertEqual(self.site.asked, [])


class ByPolicy(DohTest):
    """With the policies that `cenote profile chrome` prints, in an /etc of this process."""

    @classmethod
    def setUpClass(cls):
        reason = in_mounts_of_its_own() if os.path.isdir("/etc/chromium") else "there is no /etc/chromium to cover"
        if reason:
            raise unittest.SkipTest(reason)

    def bind(self, path, over):
        self.program("mount", "--bind", path, over)
        self.addCleanup(self.program, "umount", over)

    def test_the_profile_is_obeyed(self):
        ports = iter((self.tls, self.https, self.h2c))
        self.node_.write_config(server=re.sub("127.0.0.1:0", lambda _: f"127.0.0.1:{next(ports)}", self.section()),
                                listen=f'"127.0.0.1:{self.node_.port}"')
        folder = self.node_.folder / "chromium"
        managed = folder / "policies" / "managed"
        managed.mkdir(parents=True)
        (managed / "cenote.json").write_text(self.node_.cenote_ok("profile", "chrome", "--address", "10.0.0.53"))
        hosts = self.node_.folder / "hosts"
        hosts.write_text("127.0.0.1 localhost dns.example\n")
        self.bind(folder, "/etc/chromium")
        self.bind(hosts, "/etc/hosts")
        self.check(self.browse())


if __name__ == "__main__":
    main()
