# SPDX-License-Identifier: Apache-2.0
"""Resolvers of other projects that use a node over TLS or HTTPS, as docs/CLIENTS.md configures them: stubby, unbound,
dnsdist. systemd-resolved has a file of its own, because it needs namespaces."""
import base64
import hashlib
import threading

import dns.exception
import dns.message
import dns.query

from certificates import Authority
from daemon import PATIENCE, eventually
from harness import addresses, extended_errors, main
from https_node import HttpsTest
from proxies import Dnsdist, Program
from upstreams import free_port

CLOSED, OPEN = "chat.alpha-ai.example", "www.open.example"
NAME = 'tls_auth_name: "dns.example"'
STUBBY = """
resolution_type: GETDNS_RESOLUTION_STUB
dns_transport_list:
  - GETDNS_TRANSPORT_TLS
tls_authentication: GETDNS_AUTHENTICATION_REQUIRED
tls_ca_file: "{authority}"
tls_query_padding_blocksize: 128
edns_client_subnet_private: 1
idle_timeout: 10000
listen_addresses:
  - 127.0.0.1@{port}
upstream_recursive_servers:
  - address_data: 127.0.0.1
    tls_port: {node}
    {more}
"""
UNBOUND = """
server:
  interface: 127.0.0.1@{port}
  do-daemonize: no
  username: ""
  chroot: ""
  directory: "{folder}"
  pidfile: ""
  use-syslog: no
  do-not-query-localhost: no
  module-config: "iterator"
  local-zone: "example." nodefault
  tls-cert-bundle: "{authority}"
remote-control:
  control-enable: no
forward-zone:
  name: "."
  forward-tls-upstream: yes
  forward-addr: 127.0.0.1@{node}#{name}
"""


class StubResolvers(HttpsTest):
    @staticmethod
    def wait_until_it_answers(program, port):
        """A resolver may be slow to listen, and dnsdist answers nothing until the node has passed its check."""
        def answers():
            if program.process.poll() is not None:
                raise AssertionError(program.output())
            try:
                return dns.query.udp(dns.message.make_query("localhost", "A"), "127.0.0.1", port=port, timeout=1)
            except (OSError, dns.exception.Timeout):
                return None
        eventually(answers, "a resolver that answers")

    def stubby(self, *more, authority=None):
        port = free_port()
        config = self.node_.folder / f"stubby{port}.yml"
        config.write_text(STUBBY.format(port=port, node=self.tls, more="\n    ".join(more),
                                        authority=(authority or self.authority).file))
        self.wait_until_it_answers(Program(self, "/usr/bin/stubby", "-C", config), port)
        return port

    def unbound(self, name="dns.example"):
        port = free_port()
        config = self.node_.folder / f"unbound{port}.conf"
        config.write_text(UNBOUND.format(port=port, node=self.tls, folder=self.node_.folder, authority=self.authority.file,
                                         name=name))
        self.wait_until_it_answers(Program(self, "/usr/sbin/unbound", "-d", "-c", config), port)
        return port

    def pin(self):
        """Of the node's key, as in RFC 7858 §4.2."""
        key = self.node_.folder / "public.der"
        self.program("openssl", "x509", "-in", self.chain, "-noout", "-pubkey", "-out", f"{key}.pem")
        self.program("openssl", "pkey", "-pubin", "-in", f"{key}.pem", "-outform", "DER", "-out", key)
        return base64.b64encode(hashlib.sha256(key.read_bytes()).digest()).decode()

    @staticmethod
    def ask(port, name, rdtype="A", way=dns.query.udp):
        return way(dns.message.make_query(name, rdtype, use_edns=0), "127.0.0.1", port=port, timeout=PATIENCE)

    def counted(self, transport):
        return self.metric(f'cenote_queries_total{{transport="{transport}"}}')

    def resolves(self, port):
        """Open and sinkholed names, larger answers, and many queries at the same time."""
        self.assertEqual(addresses(self.ask(port, CLOSED)), ["0.0.0.0"])
        self.assertEqual(addresses(self.ask(port, OPEN)), ["192.0.2.1"])
        self.assertRcode(self.ask(port, "none.example"), "NXDOMAIN")
        self.assertEqual(len(addresses(self.ask(port, "big.open.example", way=dns.query.tcp))), 60)
        answers = {}

        def some(first):
            for i in range(first, 200, 4):
                answers[i] = self.ask(port, f"n{i}.{'alpha-ai' if i % 2 else 'open'}.example")
        threads = [threading.Thread(target=some, args=(first,)) for first in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual({i: addresses(answer) for i, answer in answers.items()},
                         {i: ["0.0.0.0" if i % 2 else "192.0.2.1"] for i in range(200)})

    def test_stubby_with_an_authority(self):
        self.start()
        port = self.stubby(NAME)
        self.resolves(port)
        self.assertGreater(self.counted("tls"), 200)
        self.assertEqual((self.counted("udp"), self.counted("tcp")), (0, 0))
        self.assertEqual([code for code, _ in extended_errors(self.ask(port, CLOSED))], [15, 4])

    def test_stubby_with_a_pin(self):
        self.start()
        pinned = ("tls_pubkey_pinset:", '  - digest: "sha256"', f"    value: {self.pin()}")
        self.resolves(self.stubby(*pinned))
        self.assertGreater(self.counted("tls"), 200)

    def test_stubby_refuses_a_stranger(self):
        self.start()
        elsewhere = self.node_.folder / "elsewhere"
        elsewhere.mkdir()
        other = Authority(elsewhere)
        wrong_pin = ("tls_pubkey_pinset:", '  - digest: "sha256"', f"    value: {base64.b64encode(bytes(32)).decode()}")
        for port in (self.stubby(NAME, authority=other), self.stubby('tls_auth_name: "other.example"'),
                     self.stubby(*wrong_pin)):
            self.assertRcode(self.ask(port, OPEN), "SERVFAIL")
        self.assertEqual(self.counted("tls"), 0)

    def test_unbound(self):
        self.start()
        self.resolves(self.unbound())
        self.assertGreater(self.counted("tls"), 100)
        self.assertEqual((self.counted("udp"), self.counted("tcp")), (0, 0))
        before = self.counted("tls")
        self.assertRcode(self.ask(self.unbound("other.example"), OPEN), "SERVFAIL")
        self.assertEqual(self.counted("tls"), before)

    def test_dnsdist_as_a_client(self):
        """Of dnsdist 1.7 both back ends check the certificate's name."""
        self.start()
        secure = f'tls="openssl", subjectName="dns.example", caStore="{self.authority.file}", validateCertificates=true'
        for transport, port, more in (("tls", self.tls, secure), ("https", self.https, secure + ', dohPath="/dns-query"')):
            proxy = Dnsdist(self, port, more, source="127.0.0.1")
            self.wait_until_it_answers(proxy, proxy.port)
            before = self.counted(transport)
            self.resolves(proxy.port)
            self.assertGreaterEqual(self.counted(transport), before + 200)


if __name__ == "__main__":
    main()
