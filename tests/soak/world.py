# SPDX-License-Identifier: Apache-2.0
"""The network of the soak: the resolver and its peers on one host, clients on another, each in a network namespace.

unbound with NSD behind it, and a scripted server, are upstream; BIND is the primary of a zone that comes in; BIND and NSD
are secondaries of the zone that goes out; nginx serves a list. All of them listen on loopback of the resolver's host.
"""
import fcntl
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import threading
import time

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "system"))
import dns.message
import dns.query

from certificates import Authority
from daemon import BIN, PATIENCE, SOURCE, Daemon, NotifySocket, eventually
from expectations import CLOSED, OPEN, Gaps, Rule
from harness import CATALOGUE
from measure import FLOODING, Drops
from namespaces import Host, add_users
from secondaries import KEY, SECRET, Bind, NsdServer
from secondary_zones import zone_text
from upstreams import Nsd, ScriptedUpstream, Unbound, answer_with
from web_lists import Nginx

import zone_catalogue  # daemon.py puts its folder on the path

FIRST, SECOND, THIRD = "10.53.0.53", "10.53.0.54", "fd53::53"  # addresses of the resolver; the second one comes and goes
CLIENTS = ["10.53.1.1", "10.53.1.2", "10.53.1.3"]
EXCEPTED, IN_LAB, SIXTH = "10.53.1.20", "10.53.1.65", "fd53::1:1"
HALF_OPEN = "10.53.1.201"
PEOPLE = {"soak-kim": "soak-approvers", "soak-lee": "soak-approvers"}
HOSTS = 400         # names of open.example, each with an address of its own
LISTED = 100        # names of the list from nginx; the last five come and go
F_SETPIPE_SZ = 1031
ZONE_IN, ZONE_OUT = "rpz.nation.example", "rpz.agency.example"


def truth(name):
    """The address that a name has upstream."""
    if name.endswith(".open.example"):
        return f"198.51.100.{int(name[1:name.index('.')]) % 250 + 1}"
    return "192.0.2.7" if name.endswith(".wild.example") else "192.0.2.1"


def upstream_zone():
    hosts = "".join(f"h{i}.open.example. 5 A {truth(f'h{i}.open.example')}\n" for i in range(HOSTS))
    return (zone_catalogue.read("every_name.zone", address="192.0.2.1") + hosts +
            "*.example. 5 A 192.0.2.1\n*.wild.example. 5 A 192.0.2.7\n*.alias.example. 5 CNAME chat.alpha-ai.example.\n")


DIRECTIVES = """
[[group]]
id      = "lab"
clients = ["10.53.1.64/28"]
""" + "".join(f"""
[[directive]]
id      = "d-{name}"
targets = ["{target}"]
step    = "restrict"
{more}""" for name, target, more in (
    ("alpha", "service:alpha", ""), ("beta", "service:beta", ""), ("gamma", "domain:gamma.example", ""),
    ("timed", "domain:timed.example", ""), ("web", "list:web", ""), ("nation", "list:nation", ""),
    ("lab", "domain:lab.example", 'groups  = ["lab"]\n')))


class ScriptedMode:
    """How the scripted upstream server answers; the mode may change at any time."""

    def __init__(self, rng):
        self.mode, self.rng = "well", rng

    def __call__(self, query, transport):
        name = query.question[0].name.to_text(omit_final_dot=True).lower()
        good = self.good(query, name)
        if self.mode == "well":
            return good
        if self.mode == "dead":
            return None
        if self.mode == "slow":
            time.sleep(self.rng.uniform(0.1, 4.0))  # of the server, not of a wait
            return good
        if self.mode == "servfail":
            return answer_with(query, rcode=2)
        return self.garbage(query, good)

    @staticmethod
    def good(query, name):
        if name.endswith(".alias.example"):
            return answer_with(query, f"{name}. 5 IN CNAME chat.alpha-ai.example.", "chat.alpha-ai.example. 5 IN A 192.0.2.1")
        if query.question[0].rdtype == 1:
            return answer_with(query, f"{name}. 5 IN A {truth(name)}")
        owner = query.question[0].name.to_text()
        return answer_with(query, authority=(f"{owner} 5 IN SOA ns.example. host.example. 1 3600 600 86400 5",))

    def garbage(self, query, good):
        """What no resolver may take: noise, another id, another question, half a message, an answer without question."""
        wire = bytearray(good.to_wire())
        other = dns.message.from_wire(bytes(wire))
        other.id ^= self.rng.randrange(1, 65536)
        stranger = answer_with(dns.message.make_query("stranger.example", "A"), "stranger.example. 5 IN A 203.0.113.66")
        stranger.id = query.id
        for rrset in other.answer:
            rrset.clear()
        kinds = [self.rng.randbytes(self.rng.randrange(0, 600)), other, stranger, bytes(wire[:self.rng.randrange(len(wire))]),
                 bytes(wire[:4]) + bytes(8)]
        return [self.rng.choice(kinds) for _ in range(self.rng.randrange(1, 4))]


class SoakDaemon(Daemon):
    """A Daemon whose standard error can stay unread for a time."""

    def __init__(self, *args):
        self.reading = threading.Event()
        self.reading.set()
        super().__init__(*args)
        fcntl.fcntl(self.process.stderr, F_SETPIPE_SZ, 4096)  # a page of log is enough to block who writes it

    def _read(self):
        for raw in self.process.stderr:
            self.reading.wait()
            with self.arrived:
                self.lines.append(raw.decode(errors="replace").rstrip("\n"))
                del self.lines[:-5000]
                self.arrived.notify_all()
        with self.arrived:
            self.arrived.notify_all()


class World:
    def __init__(self, owner, folder, seed):
        self.owner, self.folder = owner, folder
        self.rng = random.Random(f"{seed} world")
        self.gaps, self.drops = Gaps(), Drops()
        self.rules = {name: Rule(name, CLOSED) for name in ("alpha", "beta", "gamma", "timed", "web", "listed", "nation",
                                                            "zoned", "alias", "file", "lab")}
        self.rules.update({name: Rule(name, OPEN) for name in ("open", "toggle0", "toggle1", "toggle2", "planned")})
        self.lock = threading.RLock()  # whoever stops the daemon, or needs it to run
        self.daemon = None
        self.latest = 0                # the wall clock, in seconds since the epoch
        add_users(folder, PEOPLE)
        self.make_hosts()
        with self.host.inside():
            self.start_peers()
        self.write_config()

    def make_hosts(self):
        self.host, self.clients = Host("resolver"), Host("clients")
        self.outside = self.host.join("soak", addresses=[f"{FIRST}/16", f"{SECOND}/16", f"{THIRD}/64"])
        self.clients.join("soak", addresses=[f"{address}/16" for address in (*CLIENTS, EXCEPTED, IN_LAB, FLOODING, HALF_OPEN)]
                          + [f"{SIXTH}/64"])

    def start_peers(self):
        owner = self.owner
        self.nsd = Nsd(owner, ".", upstream_zone())
        self.unbound = Unbound(owner, self.nsd)
        self.scripted_mode = ScriptedMode(random.Random(self.rng.random()))
        self.scripted = ScriptedUpstream(owner, self.scripted_mode)
        self.nginx = Nginx(owner)
        self.serial_in, self.zone_names = 1, {"zoned.example", "nation.example"}
        primary_text = self.zone_in()

        class Primary(Bind):
            def command(self):
                (self.folder / "db").write_text(primary_text)
                return super().command()

        self.primary = Primary(owner, f'zone "{ZONE_IN}" {{ type primary; file "db"; ixfr-from-differences yes; notify explicit; '
                                      f'also-notify {{ 127.0.0.1 port 53; }}; allow-transfer {{ key {KEY}; }}; }};', probe=ZONE_IN)
        self.secondaries = [
            Bind(owner, f'zone "{ZONE_OUT}" {{ type secondary; file "rpz"; allow-notify {{ 127.0.0.1; }}; '
                        f'primaries {{ 127.0.0.1 port 53 key {KEY}; }}; min-refresh-time 5; max-refresh-time 20; '
                        'min-retry-time 2; max-retry-time 5; };'),
            NsdServer(owner, f'zone:\n  name: "{ZONE_OUT}"\n  request-xfr: 127.0.0.1@53 {KEY}\n  allow-notify: 127.0.0.1 NOKEY\n'
                             '  max-refresh-time: 20\n  max-retry-time: 5\n', ZONE_OUT)]

    def zone_in(self):
        return zone_text(self.serial_in, sorted(self.zone_names), refresh=5)

    def write_config(self):
        folder = self.folder
        self.config, self.control, self.clock = folder / "cenote.toml", folder / "control.sock", folder / "clock"
        services = folder / "services"
        services.mkdir()
        (services / "test.toml").write_text(CATALOGUE)
        self.authority = Authority(folder)
        for file, text in zip(("chain.pem", "key.pem"), self.authority.pair(address=FIRST)):
            (folder / file).write_text(text)
        secret = folder / "transfer.key"
        secret.write_text(SECRET + "\n")
        secret.chmod(0o640)
        (folder / "directives.d").mkdir()
        self.write_file_rule(CLOSED)
        self.write_list(range(LISTED))
        self.config.write_text(self.config_text(secret))
        self.folder.chmod(0o755)
        self.notify = NotifySocket(folder)
        self.owner.addCleanup(self.notify.close)
        self.tick()

    def config_text(self, secret):
        folder, notify = self.folder, ", ".join(f'"{server.where}"' for server in self.secondaries)
        return f"""
[server]
node = "soak1"
listen = ["{FIRST}:53", "{SECOND}:53", "[{THIRD}]:53", "127.0.0.1:53"]
listen_tls = ["{FIRST}:853"]
listen_https = ["{FIRST}:443"]
workers = 2
allow_from = ["127.0.0.0/8", "10.53.0.0/16", "fd53::/64"]
timezone = "UTC"
state = "{folder}/state.db"
[server.tls]
name = "dns.example"
certificate = "{folder}/chain.pem"
key = "{folder}/key.pem"
[control]
socket = "{self.control}"
approvers = ["{PEOPLE['soak-kim']}"]
[upstream]
servers = ["{self.unbound.where}", "{self.scripted.where}"]
[cache]
size = "16MiB"
[log]
file = "{folder}/queries.jsonl"
max_size = "16MiB"
[blocklist]
set = "{folder}/cenote.set"
services = ["{SOURCE}/blocklists/services", "{folder}/services"]
[[list]]
id = "web"
source = "http://127.0.0.1:{self.nginx.port}/list.txt"
[[list]]
id = "nation"
source = "axfr://{self.primary.where}/{ZONE_IN}"
tsig = "{KEY}"
[[tsig]]
name = "{KEY}"
secret_file = "{secret}"
[[serve_rpz]]
zone = "{ZONE_OUT}"
tsig = ["{KEY}"]
notify = [{notify}]
{DIRECTIVES}
"""

    def write_file_rule(self, verdict, broken=False):
        step = "restrict" if verdict == CLOSED else "observe"
        path = self.folder / "directives.d" / "file.toml"
        beside = path.with_suffix(".new")
        beside.write_text(f'[[directive]]\nid = "d-file"\ntargets = ["domain:file.example"]\nstep = "{step}"\n' +
                          ("nonsense = 1\n" if broken else ""))
        os.rename(beside, path)

    def write_list(self, numbers):
        self.nginx.put("list.txt", "".join(f"n{i}.bad.example\n" for i in numbers))

    def note(self, text):
        """A line of the history of the run, with its time."""
        with (self.folder / "events.txt").open("a") as events:
            events.write(f"{time.strftime('%H:%M:%S')} {text}\n")

    def tick(self, ahead=0):
        """The wall clock of the resolver's programs goes on: to the real time, or where it was set ahead of that, stays."""
        self.latest = max(self.latest, int(time.time())) + ahead
        self.clock.write_text(str(self.latest))

    def set_back(self, seconds):
        """Until the next tick."""
        self.clock.write_text(str(self.latest - seconds))

    @property
    def environment(self):
        library = os.environ.get("CENOTE_TEST_CLOCK_LIBRARY", BIN.parent / "tests" / "system" / "libcenote_test_clock.so")
        asan = ":".join(filter(None, [os.environ.get("ASAN_OPTIONS"), "verify_asan_link_order=0"]))
        return dict(LD_PRELOAD=str(library), CENOTE_TEST_CLOCK=str(self.clock), ASAN_OPTIONS=asan)

    def popen(self, *words, user=None):
        """The tool, as root or as a user of the test."""
        command = ["setpriv", "--reuid", user, "--regid", user, "--init-groups"] if user else []
        command += ["env", *(f"{key}={value}" for key, value in self.environment.items())]  # setpriv fails with a second thread
        env = dict(os.environ, CENOTE_SOCKET=str(self.control), CENOTE_CONFIG=str(self.config))
        with self.host.inside():
            return subprocess.Popen([*command, str(BIN / "cenote"), *map(str, words)], env=env, text=True,
                                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def cenote(self, *words, user=None, code=0):
        process = self.popen(*words, user=user)
        out, error = process.communicate(timeout=10 * PATIENCE)
        self.notify.drain()  # each reload sends messages, and the kernel holds ten (unix(7))
        if code is not None and process.returncode != code:
            raise AssertionError(f"cenote {' '.join(map(str, words))}: exit code {process.returncode}: {out}{error}")
        return out

    def start(self):
        """A daemon that answers, with the sockets that the one before has left in the store."""
        with self.host.inside():
            self.daemon = SoakDaemon(self.config, self.notify, self.notify.stored, self.environment)
        self.owner.addCleanup(self.daemon.kill)
        self.daemon.wait_notified("READY", seconds=2 * PATIENCE)
        self.notify.drain()

    def stop(self, number=signal.SIGTERM):
        self.daemon.reading.set()
        self.daemon.signal(number)
        code = self.daemon.wait(2 * PATIENCE)
        self.daemon.process.stderr.close()
        self.notify.drain()
        return code

    def ask(self, name, client="127.0.0.1", server="127.0.0.1"):
        with self.host.inside():
            query = dns.message.make_query(name, "A", use_edns=0)
            return dns.query.udp(query, server, source=client, timeout=PATIENCE)

    def wait_all_set(self):
        """Until the zone is in force and both secondaries have theirs."""
        eventually(lambda: any(rrset[0].to_text() == "0.0.0.0" for rrset in self.ask("nation.example").answer),
                   "the zone from BIND", 10 * PATIENCE)
        self.wait_secondaries()

    def serials(self):
        """The serial of the zone here, and at each secondary."""
        own = json.loads(self.cenote("status", "--json"))["served_zones"][0]["serial"]
        theirs = []
        with self.host.inside():
            for server in self.secondaries:
                reply = dns.query.udp(dns.message.make_query(ZONE_OUT, "SOA"), server.address, port=server.port, timeout=PATIENCE)
                theirs.append(reply.answer[0][0].serial if reply.answer else 0)
        return own, theirs

    def wait_secondaries(self, seconds=3 * PATIENCE):
        def agree():
            own, theirs = self.serials()
            return own > 0 and all(serial == own for serial in theirs)
        eventually(agree, "secondaries with the serial of the zone", seconds)
