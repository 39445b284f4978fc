# SPDX-License-Identifier: Apache-2.0
"""systemd-resolved that uses a node over TLS, in namespaces of this process: a network with its own 127.0.0.53, and its
own /run, /etc/systemd and accounts. Nothing of the machine is changed, and no bus is needed.

Installing the package would make it the machine's resolver, so tools/test unpacks it beside the build.
"""
import os
import pathlib
import socket
import subprocess
import sys

import dns.exception
import dns.message
import dns.query

from certificates import Authority
from daemon import PATIENCE, eventually
from harness import addresses, main
from https_node import HttpsTest
from mounts import in_mounts_of_its_own
from networks import in_a_network_of_its_own
from proxies import Program

STUB = "127.0.0.53"
ACCOUNT = "systemd-resolve"  # of its package; it drops its rights to it
RUN = pathlib.Path("/run")
UNPACKED = pathlib.Path(os.environ.get("CENOTE_BUILD", "")) / "unpacked" / "systemd-resolved"
PROGRAM = next((path for path in (pathlib.Path("/lib/systemd/systemd-resolved"), UNPACKED / "lib/systemd/systemd-resolved")
                if path.exists()), None)
CLOSED, OPEN = "chat.alpha-ai.example", "www.open.example"


def files_of_its_own():
    """In place of /run, /etc/systemd and the accounts, until this process ends."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", str(RUN)], check=True)
    (RUN / "systemd").mkdir()
    own = RUN / "etc"
    (own / "systemd").mkdir(parents=True)
    for name, line in (("passwd", f"{ACCOUNT}:x:64999:64999::/:/usr/sbin/nologin"), ("group", f"{ACCOUNT}:x:64999:")):
        lines = pathlib.Path("/etc", name).read_text().splitlines()
        if not any(each.startswith(f"{ACCOUNT}:") for each in lines):
            lines.append(line)
        (own / name).write_text("\n".join(lines) + "\n")
    for name in ("systemd", "passwd", "group"):
        subprocess.run(["mount", "--bind", str(own / name), f"/etc/{name}"], check=True)


class Resolved(HttpsTest):
    def resolved(self, authority, server="{}#dns.example", log="notice"):
        """Starts it for the node, with an authority in place of those of the system."""
        trusted = RUN / "authority.pem"
        trusted.write_text(authority.file.read_text())
        pathlib.Path("/etc/systemd/resolved.conf").write_text(
            f"[Resolve]\nDNS={server.format(f'127.0.0.1:{self.tls}')}\nFallbackDNS=\nDomains=~.\nDNSOverTLS=yes\n"
            "DNSSEC=no\nLLMNR=no\nMulticastDNS=no\nCache=no\nReadEtcHosts=no\n")
        program = Program(self, "env", f"SSL_CERT_FILE={trusted}", "SSL_CERT_DIR=/nonexistent", f"SYSTEMD_LOG_LEVEL={log}",
                          PROGRAM)
        eventually(lambda: self.is_up(program), "systemd-resolved")
        return program

    @staticmethod
    def ask(name, way=dns.query.udp, timeout=PATIENCE):
        return way(dns.message.make_query(name, "A", use_edns=0), STUB, timeout=timeout)

    def is_up(self, program):
        if program.process.poll() is not None:
            raise AssertionError(program.output())
        try:
            return self.ask("localhost", timeout=1)  # it answers this itself
        except (OSError, dns.exception.Timeout):
            return None

    def counted(self, transport):
        return self.metric(f'cenote_queries_total{{transport="{transport}"}}')

    def test_it_resolves(self):
        self.start()
        self.resolved(self.authority)
        self.assertEqual(addresses(self.ask(CLOSED)), ["0.0.0.0"])
        self.assertEqual(addresses(self.ask(OPEN)), ["192.0.2.1"])
        self.assertRcode(self.ask("none.example"), "NXDOMAIN")
        self.assertEqual(len(addresses(self.ask("big.open.example", dns.query.tcp))), 60)
        for i in range(40):
            self.assertEqual(addresses(self.ask(f"n{i}.{'alpha-ai' if i % 2 else 'open'}.example")),
                             ["0.0.0.0" if i % 2 else "192.0.2.1"])
        self.assertGreaterEqual(self.counted("tls"), 44)
        self.assertEqual((self.counted("udp"), self.counted("tcp")), (0, 0))
        self.put(self.authority.pair())
        self.node_.cenote_ok("reload")
        self.assertEqual(addresses(self.ask(OPEN)), ["192.0.2.1"], "when there is another certificate")

    def test_it_refuses_a_stranger(self):
        self.start()
        elsewhere = self.node_.folder / "elsewhere"
        elsewhere.mkdir()
        for authority, server in ((Authority(elsewhere), "{}#dns.example"), (self.authority, "{}#other.example")):
            program = self.resolved(authority, server, "debug")
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:  # which gets no answer
                client.sendto(dns.message.make_query(OPEN, "A").to_wire(), (STUB, 53))
                eventually(lambda log=program.output: f"<{OPEN} IN A> on scope dns on */* now complete with <attempts-max" in
                           log(), "its last attempt")
            self.assertIn("certificate verify failed", program.output())
            program.process.terminate()
            program.process.wait(PATIENCE)
        self.assertEqual(self.counted("tls"), 0)


if __name__ == "__main__":
    if PROGRAM is None:
        print("skipped: systemd-resolved is not installed, and not unpacked beside the build (tools/test does that)")
        sys.exit(77)
    reason = in_mounts_of_its_own() or in_a_network_of_its_own(with_link=True)
    if reason:
        print("skipped:", reason)
        sys.exit(77)
    files_of_its_own()
    main()
