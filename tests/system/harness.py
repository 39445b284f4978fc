# SPDX-License-Identifier: Apache-2.0
"""Real daemons on loopback for the tests of this folder.

A Node is one cenoted with its folder, its cenote.toml and its catalogue; NSD, unbound and a scripted server stand
upstream (upstreams.py). Every port is a free one, so tests run beside each other. Nothing waits for a time to pass:
a wait ends with an event (a line on stderr, a message to the notify socket, an answer), and its limit is only for a
test that hangs.
"""
import datetime
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import unittest

import dns.edns
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype

from daemon import BIN, PATIENCE, SANITIZER, Daemon, NotifySocket, eventually

CATALOGUE = """
vendor       = "Alpha Labs"
jurisdiction = "ZZ"

[[service]]
id       = "alpha"
aliases  = ["alpha-chat"]
name     = "Alpha Chat"
category = ["chat"]
default  = true
checked  = 2026-11-01
evidence = ["alpha-labs.example/docs"]
shared   = ["shared.cdn-net.example"]

[[service.domain]]
name = "alpha-ai.example"
role = "web"
[[service.domain]]
name = "api.alpha-ai.example"
role = "api"

[[service]]
id       = "beta"
aliases  = []
name     = "Beta Code"
category = ["coding"]
default  = true
checked  = 2026-11-01
evidence = ["alpha-labs.example/docs"]
shared   = []

[[service.domain]]
name = "beta-ai.example"
role = "web"
"""

RESTRICT_ALPHA = """
[[directive]]
id      = "test-1"
title   = "Alpha is under assessment"
targets = ["service:alpha"]
step    = "restrict"
ends    = 2099-12-31T23:59:59Z
contact = ["mailto:dns@agency.example"]
"""


def control_call(node, verb, **args):
    """The daemon's last reply to a request, without the tool between."""
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(node.control))
        client.sendall(json.dumps({"v": 1, "verb": verb, "args": args}).encode() + b"\n")
        for line in client.makefile():
            reply = json.loads(line)
            if not reply.get("more"):
                return reply
    raise AssertionError("the daemon closed the connection")


class Clock:
    """The wall clock of a node's programs: it stands at the time that a test sets. The monotonic clock goes on; with
    `passes` it moves as the wall clock does, so that time passes instead of being set."""

    def __init__(self, node, start, passes=False):
        self.node = node
        self.file = node.folder / "clock"
        self.file.write_text("")
        library = os.environ.get("CENOTE_TEST_CLOCK_LIBRARY", BIN.parent / "tests" / "system" / "libcenote_test_clock.so")
        # Sanitizers refuse to start when another library is loaded before their runtime; this turns the check off.
        asan = ":".join(filter(None, [os.environ.get("ASAN_OPTIONS"), "verify_asan_link_order=0"]))
        node.environment.update(LD_PRELOAD=str(library), CENOTE_TEST_CLOCK=str(self.file), ASAN_OPTIONS=asan)
        if passes:
            node.environment.update(CENOTE_TEST_CLOCK_MONOTONIC="1")
        self.set(start)

    def set(self, text):
        """Sets the clock to an RFC 3339 time; the timers of a running daemon fire as after settimeofday(2), and its clock
        has the time when this returns."""
        then = str(int(datetime.datetime.fromisoformat(text).timestamp()))
        self.file.write_text(then)
        daemon = self.node.daemon
        if daemon is not None:
            seen = self.file.with_name(f"{self.file.name}.seen.{daemon.process.pid}")
            eventually(lambda: daemon.process.poll() is not None or (seen.exists() and seen.read_text() == then),
                       f"the daemon has the time {text}")


class Node:
    """A resolver under test: its folder, its configuration, its tool, its daemon."""

    def __init__(self, test, *, directives=RESTRICT_ALPHA, upstreams=(), server="", extra="", catalogue=CATALOGUE,
                 listen='"127.0.0.1:0"', workers=1, sinkhole=None, timeout="2500ms", control="", timezone="UTC"):
        self.test = test
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="cenote-"))
        test.addCleanup(shutil.rmtree, self.folder, True)
        self.services = self.folder / "services"
        self.services.mkdir()
        (self.services / "test.toml").write_text(catalogue)
        self.config = self.folder / "cenote.toml"
        self.set = self.folder / "cenote.set"
        self.control = self.folder / "control.sock"
        self.notify = NotifySocket(self.folder)
        test.addCleanup(self.notify.close)
        self.daemon = None
        self.environment = {}  # variables of the daemon and the tool beside the usual ones
        self.address = self.port = None
        self.settings = dict(directives=directives, upstreams=list(upstreams), server=server, extra=extra,
                             listen=listen, workers=workers, sinkhole=sinkhole, timeout=timeout,
                             control=control, timezone=timezone)
        self.write_config()

    def write_config(self, **changes):
        """Writes cenote.toml anew with some settings replaced."""
        self.settings.update(changes)
        s = self.settings
        servers = ", ".join(f'"{u}"' for u in s["upstreams"]) or '"127.0.0.1:9"'
        sinkhole = f"[sinkhole]\n{s['sinkhole']}" if s["sinkhole"] else ""
        self.config.write_text(f"""
[server]
node = "node1"
listen = [{s['listen']}]
workers = {s['workers']}
allow_from = ["127.0.0.0/8", "::1/128"]
timezone = "{s['timezone']}"
state = "{self.folder}/state.db"
{s['server']}
[control]
socket = "{self.control}"
{s['control']}
[upstream]
servers = [{servers}]
timeout = "{s['timeout']}"
[blocklist]
set = "{self.set}"
services = ["{self.services}"]
{sinkhole}
{s['extra']}
{s['directives']}
""")

    def cenote(self, *arguments, timeout=10 * PATIENCE):
        """Runs the tool against this node; what it fetches and compiles may take long on a busy machine."""
        env = dict(os.environ, CENOTE_SOCKET=str(self.control), CENOTE_CONFIG=str(self.config),
                   **self.environment)
        done = subprocess.run([str(BIN / "cenote"), *map(str, arguments)], env=env, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=timeout)
        self.notify.drain()  # each reload sends two messages, and the kernel holds ten (unix(7), max_dgram_qlen)
        return done

    def cenote_ok(self, *arguments):
        done = self.cenote(*arguments)
        self.test.assertEqual(done.returncode, 0, f"cenote {' '.join(map(str, arguments))}: {done.stdout}{done.stderr}")
        return done.stdout

    def cenote_json(self, *arguments):
        return json.loads(self.cenote_ok(*arguments, "--json"))

    def update(self):
        return self.cenote_ok("update")

    def metric(self, sample, default=None):
        """The value of a sample on the page of metrics. Without a default it has to be there."""
        for line in self.cenote_ok("metrics").splitlines():
            name, _, value = line.rpartition(" ")
            if name == sample:
                return float(value)
        self.test.assertIsNotNone(default, f"there is no {sample}")
        return default

    def fill_cache(self, names):
        """Asks until each name has an answer: under load the upstream server of a test is slower than the resolver."""
        for name in names:
            eventually(lambda name=name: self.ask(name).rcode() == dns.rcode.NOERROR, f"an answer for {name}")

    def launch(self, stored=None, environment=None):
        """Starts the daemon without waiting for it to be ready."""
        self.notify.drain()  # what the one before has sent is none of this one
        self.daemon = Daemon(self.config, self.notify, stored, {**self.environment, **(environment or {})})
        self.test.addCleanup(self.daemon.kill)
        return self.daemon

    def start(self, stored=None):
        """Starts the daemon; it is ready when this returns. Compiles a set first where there is none."""
        if not self.set.exists():
            self.update()
        daemon = self.launch(stored)
        daemon.wait_notified("READY")
        found = daemon.wait_line(r"listening on (127\.0\.0\.\d+):(\d+)")
        self.address, self.port = found.group(1), int(found.group(2))
        return self

    def stop(self):
        """Ends the daemon as systemd does; a report of a sanitizer in its log is a failure."""
        daemon, self.daemon = self.daemon, None
        daemon.signal(signal.SIGTERM)
        code = daemon.wait()
        self.test.assertEqual(code, 0, daemon.log())
        self.test.assertIsNone(SANITIZER.search(daemon.log()), daemon.log())
        return daemon

    def restart_at(self, time):
        """Starts the daemon again with a clock that stands at this time."""
        self.stop()
        clock = Clock(self, time)
        self.start()
        return clock

    def ask(self, name, rdtype="A", *, source=None, tcp=False, timeout=PATIENCE, **options):
        """One query by dnspython, with EDNS unless use_edns is False."""
        options.setdefault("use_edns", 0)
        flags = options.pop("flags", None)
        query = dns.message.make_query(name, rdtype, **options)
        if flags is not None:
            query.flags = flags
        return self.send(query, source=source, tcp=tcp, timeout=timeout)

    def send(self, query, *, source=None, tcp=False, timeout=PATIENCE):
        way = dns.query.tcp if tcp else dns.query.udp
        return way(query, self.address, port=self.port, source=source, timeout=timeout)

    def dig(self, *arguments):
        """The output of dig, which does not read the user's ~/.digrc."""
        done = subprocess.run(["dig", "-r", f"@{self.address}", "-p", str(self.port), "+tries=1",
                               f"+time={PATIENCE:.0f}", *arguments], capture_output=True, text=True, timeout=2 * PATIENCE)
        self.test.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def udp(self, source="127.0.0.1"):
        """A socket that is connected to the daemon."""
        client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.test.addCleanup(client.close)
        client.bind((source, 0))
        client.connect((self.address, self.port))
        client.settimeout(PATIENCE)
        return client

    def tcp(self):
        client = socket.create_connection((self.address, self.port), timeout=PATIENCE)
        self.test.addCleanup(client.close)
        return client


class SystemTest(unittest.TestCase):
    """Makes nodes, and has every daemon that still runs end cleanly when the test is over."""

    longMessage = True

    def setUp(self):
        self.nodes = []

    def node(self, **settings):
        node = Node(self, **settings)
        self.nodes.append(node)
        return node

    def tearDown(self):
        for node in self.nodes:
            if node.daemon is not None and node.daemon.process.poll() is None:
                node.stop()

    def assertRcode(self, answer, rcode):
        self.assertEqual(dns.rcode.to_text(answer.rcode()), rcode, answer)


def records(answer, section="answer"):
    """The records of a section, as sorted "TYPE value"."""
    return sorted(f"{dns.rdatatype.to_text(rrset.rdtype)} {rdata.to_text()}"
                  for rrset in getattr(answer, section) for rdata in rrset)


def addresses(answer):
    return sorted(rdata.address for rrset in answer.answer if rrset.rdtype in (1, 28) for rdata in rrset)


def extended_errors(answer):
    """[(code, text)] in the order of the message (RFC 8914)."""
    return [(int(option.code), option.text or "") for option in answer.options
            if isinstance(option, dns.edns.EDEOption)]


def read_exactly(stream, size):
    data = b""
    while len(data) < size:
        more = stream.recv(size - len(data))
        if not more:
            raise EOFError(f"closed after {len(data)} of {size} bytes")
        data += more
    return data


def read_message(stream):
    """One message from a TCP connection (RFC 1035 §4.2.2)."""
    return dns.message.from_wire(read_exactly(stream, int.from_bytes(read_exactly(stream, 2), "big")))


def framed(wire):
    return len(wire).to_bytes(2, "big") + wire


def main():
    """Runs the tests of a file; 77 (skipped, for ctest) when none could run."""
    program = unittest.main(module="__main__", verbosity=2, exit=False)
    result = program.result
    if result.wasSuccessful() and result.skipped and len(result.skipped) >= result.testsRun:  # a class counts no test
        print("skipped:", "; ".join(sorted({reason for _, reason in result.skipped})))
        sys.exit(77)
    sys.exit(0 if result.wasSuccessful() and result.testsRun > 0 else 1)
