# SPDX-License-Identifier: Apache-2.0
"""The network of docs/OPERATIONS.md in network namespaces, set up by the files that are printed there.

A router with radvd, dnsmasq and nftables, a host with Kea, one with Cenote, one with a page, one that is the internet,
and clients, each with a folder /etc of its own.
"""
import contextlib
import http.server
import os
import pathlib
import re
import shutil
import signal
import socketserver
import subprocess
import threading

from daemon import PATIENCE, SOURCE, eventually
from namespaces import Host, run
from upstreams import ScriptedUpstream, answer_with

REAL = "192.0.2.1"           # of each name in the internet, as its resolvers have it
PAGE4, PAGE6 = "10.0.0.80", "2001:db8::80"
CENOTE4, CENOTE6 = "10.0.0.53", "2001:db8::53"
PUBLIC4, PUBLIC6, FORWARD4 = "8.8.8.8", "2001:4860:4860::8888", "9.9.9.9"
PAGE_TEXT = "This service is sinkholed; ask dns@agency.example"


def printed(language):
    """The block of the page for administrators that is marked as one of the agency."""
    text = (SOURCE / "docs" / "OPERATIONS.md").read_text()
    found = re.findall(rf"^```{language} agency\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    if len(found) != 1:
        raise AssertionError(f"docs/OPERATIONS.md has {len(found)} blocks `{language} agency`")
    return found[0]


def resolve(query, transport):
    question = query.question[0]
    if question.rdtype == 1:
        return answer_with(query, f"{question.name} 1 IN A {REAL}")
    return answer_with(query, authority=(f"{question.name} 1 IN SOA ns.example. h.example. 1 3600 600 86400 1",))


class Client(Host):
    """A host whose programs see a folder /etc of their own."""

    def __init__(self, test, name, bridge, mac):
        super().__init__(name)
        test.addCleanup(self.leave)
        self.join(bridge, mac=mac)
        self.folder = pathlib.Path(test.folder) / name
        self.etc = self.folder / "etc"
        shutil.copytree("/etc", self.etc, symlinks=True, ignore=shutil.ignore_patterns("resolv.conf", "*shadow*", "ssl", "alternatives"))
        (self.etc / "nsswitch.conf").write_text("passwd: files\ngroup: files\nhosts: files dns\n")
        self.resolv_conf.write_text("")
        self.holder = subprocess.Popen(["ip", "netns", "exec", name, "unshare", "--mount", "--propagation", "private", "sh", "-c",
                                        f"mount --bind {self.etc} /etc && echo && exec sleep infinity"], stdout=subprocess.PIPE)
        test.addCleanup(self.end)
        self.holder.stdout.readline()

    def end(self):
        pid_file = self.folder / "dhclient.pid"
        if pid_file.exists():
            with contextlib.suppress(ProcessLookupError):  # it has ended
                os.kill(int(pid_file.read_text()), signal.SIGKILL)
        self.holder.kill()
        self.holder.wait()
        self.holder.stdout.close()

    @property
    def resolv_conf(self):
        return self.etc / "resolv.conf"

    def enter(self, *command):
        return ["nsenter", f"--target={self.holder.pid}", "--mount", "--net", *map(str, command)]

    def run(self, *command, **more):
        if not hasattr(self, "holder"):
            return super().run(*command, **more)
        return run(*self.enter(*command), **more)

    def nameservers(self):
        return [line.split()[1] for line in self.resolv_conf.read_text().splitlines() if line.startswith("nameserver")]

    def address(self):
        found = re.search(r"inet (10\.[0-9.]+)/", self.run("ip", "-4", "addr", "show", "dev", "eth0"))
        return found.group(1) if found else ""

    def dhclient(self):
        """ISC dhclient with Debian's script, which writes /etc/resolv.conf."""
        self.run("dhclient", "-4", "-1", "-lf", self.folder / "leases", "-pf", self.folder / "dhclient.pid", "eth0")
        self.be_patient()

    def udhcpc(self):
        """BusyBox udhcpc with Debian's script."""
        self.run("busybox", "udhcpc", "-i", "eth0", "-n", "-q", "-t", "20", "-s", "/etc/udhcpc/default.script")
        self.be_patient()

    def be_patient(self):
        """Libraries of C give up after some seconds."""
        with self.resolv_conf.open("a") as more:
            more.write("options timeout:30 attempts:3\n")

    def getent(self, name):
        """What glibc finds."""
        lines = self.run("getent", "ahostsv4", name, code=None).splitlines()
        return sorted({line.split()[0] for line in lines})

    def dig(self, *words, code=0):
        return self.run("dig", "-r", "+tries=1", f"+time={PATIENCE:.0f}", *words, code=code)


class Page(threading.Thread):
    """A web server on port 80 of a host."""

    def __init__(self, test, host):
        super().__init__(daemon=True)

        class Answer(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = PAGE_TEXT.encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        with host.inside():
            self.server = socketserver.ThreadingTCPServer(("0.0.0.0", 80), Answer)
        test.addCleanup(self.server.server_close)
        test.addCleanup(self.server.shutdown)
        self.start()

    def run(self):
        self.server.serve_forever()


class Network:
    """Everything but Cenote's daemon and the clients."""

    def __init__(self, test):
        self.test, self.folder = test, pathlib.Path(test.folder)
        self.router = self.host("router")
        for bridge, interface, addresses in (("servers", "srv", ["10.0.0.1/24", "2001:db8::1/64"]),
                                             ("staff", "lan1", ["10.20.1.1/24", "2001:db8:20:1::1/64"]),
                                             ("laboratory", "lan2", ["10.20.2.1/24", "2001:db8:20:2::1/64"]),
                                             ("wan", "wan", ["203.0.113.1/24", "2001:db8:ffff::1/64"])):
            self.router.join(bridge, interface, addresses)
        for key in ("net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding"):
            self.router.run("sh", "-c", f"echo 1 >/proc/sys/{key.replace('.', '/')}")
        self.cenote, self.page, self.internet, self.dhcp = map(self.host, ("cenote", "page", "internet", "dhcp"))
        self.dhcp.join("staff", addresses=["10.20.1.2/24"])
        self.behind_router(self.cenote, "servers", [f"{CENOTE4}/24", f"{CENOTE6}/64"], "10.0.0.1", "2001:db8::1")
        self.behind_router(self.page, "servers", [f"{PAGE4}/24", f"{PAGE6}/64"], "10.0.0.1", "2001:db8::1")
        self.behind_router(self.internet, "wan", ["203.0.113.2/24", "2001:db8:ffff::2/64", f"{PUBLIC4}/32", f"{FORWARD4}/32",
                                                  f"{PUBLIC6}/128"], "203.0.113.1", "2001:db8:ffff::1")
        for family, addresses, via in (("-4", [f"{PUBLIC4}/32", f"{FORWARD4}/32"], "203.0.113.2"),
                                       ("-6", [f"{PUBLIC6}/128"], "2001:db8:ffff::2")):
            for address in addresses:
                self.router.run("ip", family, "route", "add", address, "via", via)
        with self.internet.inside():
            self.resolvers = {address: ScriptedUpstream(test, resolve, address, 53) for address in (PUBLIC4, FORWARD4, PUBLIC6)}
        Page(test, self.page)
        Page(test, self.internet)

    def host(self, name):
        host = Host(name)
        self.test.addCleanup(host.leave)
        return host

    @staticmethod
    def behind_router(host, bridge, addresses, via4, via6):
        host.join(bridge, addresses=addresses)
        host.run("ip", "route", "add", "default", "via", via4)
        host.run("ip", "-6", "route", "add", "default", "via", via6)

    def program(self, host, name, file, text, command, environment=None):
        """A program in the foreground."""
        config = self.folder / file
        config.write_text(text)
        log = (self.folder / f"{name}.log").open("wb")
        with host.inside():
            process = subprocess.Popen([*command, str(config)], stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                                       env=dict(os.environ, **(environment or {})))
        log.close()

        def end():
            process.kill()
            process.wait()
        self.test.addCleanup(end)
        return process

    def kea(self):
        keep = str(self.folder)
        text = printed("json").replace('"type": "memfile"', f'"type": "memfile", "name": "{keep}/leases.csv"')
        self.program(self.dhcp, "kea", "kea-dhcp4.conf", text, ["/usr/sbin/kea-dhcp4", "-c"],
                     dict(KEA_PIDFILE_DIR=keep, KEA_LOCKFILE_DIR=keep, KEA_DHCP_DATA_DIR=keep))
        self.until_logged("kea", "DHCP4_STARTED")

    def radvd(self):
        self.program(self.router, "radvd", "radvd.conf", printed("radvd"), [
            "/usr/sbin/radvd", "-n", "-m", "stderr", "-p", str(self.folder / "radvd.pid"), "-C"])

    def dnsmasq(self):
        self.program(self.router, "dnsmasq", "dnsmasq.conf", printed("dnsmasq"), [
            "/usr/sbin/dnsmasq", "--keep-in-foreground", "--log-facility=-", "--user=root", "--no-ping",
            f"--dhcp-leasefile={self.folder}/dnsmasq.leases", "--pid-file=", "-C"])
        self.until_logged("dnsmasq", "DHCP, IP range")

    def until_logged(self, name, text):
        log = self.folder / f"{name}.log"
        try:
            eventually(lambda: text in log.read_text(errors="replace"), f"{name}: {text}")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{log.read_text(errors='replace')}") from None

    def firewall(self):
        rules = self.folder / "rules.nft"
        rules.write_text(printed("nft"))
        self.router.run("nft", "-f", rules)


def compiled_by_musl(folder):
    """A static program with musl's resolver."""
    out = pathlib.Path(folder) / "lookup"
    run("musl-gcc", "-static", "-O1", "-o", out, SOURCE / "tests" / "system" / "lookup.c")
    return out
