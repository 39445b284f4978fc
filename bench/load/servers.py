# SPDX-License-Identifier: Apache-2.0
"""The servers that `run` compares: the floor, Cenote and its peers, each with the same names blocked, one thread,
room to cache everything that is asked, no logs. Those that can also serve DNS over TLS and over HTTPS, with the same
certificate."""
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(SOURCE / "tests" / "zones"))
import zone_catalogue  # noqa: E402  its folder is on the path from here on
from probes import ask, free_port  # noqa: E402

SERVICES = SOURCE / "blocklists" / "services"
OPEN = "192.0.2.77"  # what the upstream answers for every name
BLOCKED = ((3, []), (0, ["0.0.0.0"]))  # NXDOMAIN or the null address, as each server is used to


def make_certificate(folder):
    """The files of a self-signed certificate with a key on P-256, and of its key."""
    chain, key = folder / "chain.pem", folder / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-days", "30", "-subj", "/CN=dns.example", "-addext", "subjectAltName=DNS:dns.example,IP:127.0.0.1",
                    "-keyout", key, "-out", chain], check=True, capture_output=True)
    return chain, key


def write_nsd(folder, port, more=""):
    """Writes the files of an NSD that answers every name with OPEN, and returns the command that starts it. `more`:
    clauses before its zone."""
    (folder / "root.zone").write_text(zone_catalogue.read("every_name.zone", address=OPEN))
    config = folder / "nsd.conf"
    config.write_text(zone_catalogue.read("nsd.conf", port=port, folder=folder, log=folder / "log",
                                          zones=f'{more}zone:\n  name: "."\n  zonefile: root.zone\n'))
    return ["nsd", "-d", "-c", config]


class Server:
    """One program. `folder` is its own; it is pinned to processor `core`."""
    title = ""
    package = ""
    program = ""
    address = "127.0.0.1"
    encrypts = False  # it has listeners for TLS and HTTPS
    certificate = (None, None)  # files of the chain and of the key, of those that encrypt

    def __init__(self, folder, names, upstream, core="0"):
        self.folder, self.names, self.upstream, self.core = folder, names, upstream, core
        self.port, self.tls_port, self.https_port = (free_port() for _ in range(3))
        self.process = None
        folder.mkdir(parents=True, exist_ok=True)
        self.command = [str(part) for part in self.prepare()]

    @classmethod
    def installed(cls):
        return shutil.which(cls.program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin") is not None

    def prepare(self):
        raise NotImplementedError

    def write(self, name, text):
        (self.folder / name).write_text(text)
        return self.folder / name

    def rpz(self, zone=""):
        """A response policy zone: NXDOMAIN for each name. A resolver that gives it no name takes the root as origin."""
        path = self.folder / "rpz.zone"
        with path.open("w") as file:
            file.write(zone_catalogue.read("response_policy.zone", zone=zone, ttl=300, serial=1, refresh=3600,
                                           expire=86400))
            file.writelines(f"{name} CNAME .\n" for name in self.names)
        return path

    def start(self):
        """Seconds to the first answers that are right: some answer before their policy is there."""
        log = (self.folder / "log").open("w")
        pin = ["taskset", "-c", self.core] if self.core else []
        began = time.monotonic()
        self.process = subprocess.Popen([*pin, *self.command], stdout=log, stderr=log, cwd=self.folder)
        while not self.is_ready(0.002 if time.monotonic() - began < 1 else 0.05):
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.title} ended: {(self.folder / 'log').read_text()[-2000:]}")
        return time.monotonic() - began

    def ask(self, name, timeout=3.0):
        return ask(self.port, name, timeout, self.address)

    def is_ready(self, timeout):
        if not self.names:
            return self.ask("localhost", timeout) is not None
        spread = self.names[::len(self.names) // 32]  # BIND takes its policy in by and by
        return all(self.ask(name, timeout) in BLOCKED for name in spread)

    def stop(self):
        self.process.kill()
        self.process.wait()

    def cpu_s(self):
        """Of all its threads since the start; sub-processes have none."""
        ticks = 0
        for task in pathlib.Path(f"/proc/{self.process.pid}/task").iterdir():
            fields = (task / "stat").read_text().rsplit(")", 1)[1].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def memory_mib(self):
        """Proportional: what is shared with other processes counts in part."""
        for line in pathlib.Path(f"/proc/{self.process.pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
        return 0.0


class Floor(Server):
    title = "floor"
    build = pathlib.Path()

    @classmethod
    def installed(cls):
        return True

    def prepare(self):
        return [self.build / "bin" / "echo", f"{self.address}:{self.port}"]


class StreamFloor(Floor):
    """The same over TCP, TLS or HTTPS."""
    options = []

    def prepare(self):
        return [self.build / "bin" / "echo", *self.options, f"127.0.0.1:{self.port}"]

    def is_ready(self, timeout):
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout).close()
            return True
        except OSError:
            return False


class TcpFloor(StreamFloor):
    title, options = "bare TCP echo", ["--tcp"]


class TlsFloor(StreamFloor):
    title = "bare TLS echo"

    def prepare(self):
        self.options = ["--tls", *self.certificate]
        return super().prepare()


class HttpsFloor(StreamFloor):
    title = "bare nghttp2 echo"

    def prepare(self):
        self.options = ["--https", *self.certificate]
        return super().prepare()


class Cenote(Server):
    title = "Cenote"
    encrypts = True
    build = pathlib.Path()
    workers = 1
    more = in_server = in_upstream = ""  # of cenote.toml, of its [server], of its [upstream]
    upstream_host = "127.0.0.1"

    @classmethod
    def installed(cls):
        return True

    def prepare(self):
        if not (self.folder / "list.txt").exists():
            self.write("list.txt", "\n".join(self.names) + "\n")
        self.config = self.write("cenote.toml", f"""
[server]
listen  = ["{self.address}:{self.port}"]
listen_tls   = ["127.0.0.1:{self.tls_port}"]
listen_https = ["127.0.0.1:{self.https_port}"]
workers = {self.workers}
state   = "{self.folder}/state.db"
{self.in_server}
[server.tls]
name        = "dns.example"
certificate = "{self.certificate[0]}"
key         = "{self.certificate[1]}"
[control]
socket = "{self.folder}/control.sock"
[upstream]
servers = ["{self.upstream_host}:{self.upstream}"]
{self.in_upstream}
[blocklist]
set      = "{self.folder}/cenote.set"
services = ["{SERVICES}"]
[[list]]
id     = "big"
source = "{self.folder}/list.txt"
format = "domains"
[[directive]]
id      = "bench"
title   = "What the benchmark blocks"
contact = ["mailto:dns@agency.example"]
targets = ["list:big"]
step    = "block"
{self.more}""")
        if not (self.folder / "cenote.set").exists():
            self.cenote("update")
        return [self.build / "bin" / "cenoted", "--config", self.config]

    def cenote(self, *words):
        return subprocess.run([self.build / "bin" / "cenote", "--config", self.config, *words], check=True,
                              capture_output=True, text=True)


class CenoteRaw(Cenote):
    """Queries upstream leave by raw sockets. As root; `unshare -n` keeps its program out of the network of the machine."""
    title = "Cenote, raw"
    in_upstream = "raw = true"

    @classmethod
    def installed(cls):
        return os.geteuid() == 0

    def is_ready(self, timeout):
        if self.process.poll() is None and "instead of raw sockets" in (self.folder / "log").read_text():
            raise RuntimeError((self.folder / "log").read_text()[-2000:])
        return super().is_ready(timeout)


class Unbound(Server):
    title, package, program = "unbound (local-zone)", "unbound", "unbound"
    encrypts = True

    def prepare(self):
        with (self.folder / "zones.conf").open("w") as zones:
            zones.write("server:\n")
            zones.writelines(f' local-zone: "{name}." always_null\n' for name in self.names)
        more = f"""
  verbosity: 0
  interface: 127.0.0.1@{self.tls_port}
  interface: 127.0.0.1@{self.https_port}
  tls-port: {self.tls_port}
  https-port: {self.https_port}
  tls-service-pem: "{self.certificate[0]}"
  tls-service-key: "{self.certificate[1]}"
  outgoing-range: 8192
  incoming-num-tcp: 2048
  num-queries-per-thread: 4096
  msg-cache-size: 128m
  rrset-cache-size: 256m
  so-rcvbuf: 4m
  qname-minimisation: no
"""
        zones = f"""
include: "{self.folder}/zones.conf"
forward-zone:
  name: "."
  forward-addr: 127.0.0.1@{self.upstream}
"""
        return ["unbound", "-d", "-c", self.write("unbound.conf", zone_catalogue.read(
            "unbound.conf", port=self.port, folder=self.folder, modules="iterator", server=more, zones=zones))]


class Dnsdist(Server):
    title, package, program = "dnsdist (suffix node)", "dnsdist", "dnsdist"
    encrypts = True

    def prepare(self):
        self.write("names.txt", "\n".join(self.names) + "\n")
        certificate = ", ".join(f'"{file}"' for file in self.certificate)
        return ["dnsdist", "--supervised", "--disable-syslog", "-C", self.write("dnsdist.conf", f"""
setLocal("127.0.0.1:{self.port}")
addTLSLocal("127.0.0.1:{self.tls_port}", {certificate})
addDOHLocal("127.0.0.1:{self.https_port}", {certificate}, "/dns-query")
setACL({{"127.0.0.0/8"}})
setSecurityPollSuffix("")
setMaxUDPOutstanding(65535)
setMaxTCPClientThreads(1)
setMaxTCPQueuedConnections(1024)
setMaxTCPConnectionsPerClient(0)
newServer({{address="127.0.0.1:{self.upstream}"}})
getPool(""):setCache(newPacketCache(1000000))
blocked = newSuffixMatchNode()
for name in io.lines("{self.folder}/names.txt") do blocked:add(newDNSName(name)) end
addAction(SuffixMatchNodeRule(blocked, true), SpoofAction({{"0.0.0.0", "::"}}))
""")]


class Recursor(Server):
    title, package, program = "pdns-recursor (rpz)", "pdns-recursor", "pdns_recursor"

    def prepare(self):
        self.rpz()
        self.write("lua.conf", f'rpzFile("{self.folder}/rpz.zone", {{policyName="bench"}})\n')
        more = """
pdns-distributes-queries=no
qname-minimization=no
max-cache-entries=2000000
max-packetcache-entries=1000000
max-mthreads=4096
max-tcp-clients=1024
max-tcp-per-client=0
security-poll-suffix=
quiet=yes
loglevel=3
"""
        self.write("recursor.conf", zone_catalogue.read("recursor.conf", port=self.port, folder=self.folder,
                                                        upstream=f"127.0.0.1:{self.upstream}", options=more))
        return ["pdns_recursor", f"--config-dir={self.folder}"]


class Kresd(Server):
    title, package, program = "Knot Resolver (rpz)", "knot-resolver", "kresd"
    encrypts = True

    def prepare(self):
        zone = self.rpz()
        return ["kresd", "-n", "-c", self.write("kresd.conf", f"""
net.listen('127.0.0.1', {self.port}, {{ kind = 'dns' }})
net.tls('{self.certificate[0]}', '{self.certificate[1]}')
net.listen('127.0.0.1', {self.tls_port}, {{ kind = 'tls' }})
net.listen('127.0.0.1', {self.https_port}, {{ kind = 'doh2' }})
log_level('crit')
cache.open(256 * MB, 'lmdb://{self.folder}/cache')
trust_anchors.remove('.')
modules = {{ 'policy' }}
policy.add(policy.rpz(policy.DENY, '{zone}', false))
policy.add(policy.all(policy.STUB('127.0.0.1@{self.upstream}')))
"""), str(self.folder)]


class Dnsmasq(Server):
    title, package, program = "dnsmasq (address=)", "dnsmasq-base", "dnsmasq"

    def prepare(self):
        with (self.folder / "names.conf").open("w") as names:
            names.writelines(f"address=/{name}/0.0.0.0\n" for name in self.names)
        return ["dnsmasq", "-k", "-C", self.write("dnsmasq.conf", f"""
port={self.port}
listen-address=127.0.0.1
bind-interfaces
no-resolv
no-hosts
user=root
pid-file=
server=127.0.0.1#{self.upstream}
cache-size=100000
dns-forward-max=4096
conf-file={self.folder}/names.conf
""")]


class Bind(Server):
    title, package, program = "BIND (rpz)", "bind9", "named"
    encrypts = True

    def prepare(self):
        self.rpz("rpz")
        options = f"""
  recursion yes; forward only; forwarders port {self.upstream} {{ 127.0.0.1; }};
  qname-minimization off; max-cache-size 512m; recursive-clients 10000; tcp-clients 1024;
  response-policy {{ zone "rpz"; }} qname-wait-recurse no;
  listen-on port {self.tls_port} tls bench {{ 127.0.0.1; }};
  listen-on port {self.https_port} tls bench http bench {{ 127.0.0.1; }};
  http-listener-clients 1024;
"""
        zones = f"""
tls bench {{ cert-file "{self.certificate[0]}"; key-file "{self.certificate[1]}"; }};
http bench {{ endpoints {{ "/dns-query"; }}; }};
"""
        zones += f'zone "rpz" {{ type primary; file "{self.folder}/rpz.zone"; allow-query {{ none; }}; }};'
        return ["named", "-f", "-n", "1", "-c", self.write("named.conf", zone_catalogue.read(
            "named.conf", port=self.port, folder=self.folder, options=options,
            logging="category default { null; };", zones=zones))]


class Upstream(Server):
    """NSD with one wildcard over everything, on the other processor. `addresses`: more than that of loopback."""
    title, package, program = "NSD", "nsd", "nsd"

    def __init__(self, folder, addresses=()):
        self.addresses = addresses
        super().__init__(folder, [], 0, core="1")

    def prepare(self):
        more = "".join(f"  ip-address: {address}@{self.port}\n" for address in self.addresses)
        return write_nsd(self.folder, self.port, f"server:\n{more}" if more else "")

    def stop(self):  # its children end with it
        self.process.terminate()
        self.process.wait()


PEERS = [Unbound, Dnsdist, Recursor, Kresd, Dnsmasq, Bind]
