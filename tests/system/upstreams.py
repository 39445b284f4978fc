# SPDX-License-Identifier: Apache-2.0
"""The upstream of a resolver under test: a scripted server, NSD and unbound, all on loopback."""
import os
import pathlib
import random
import shutil
import socket
import subprocess
import tempfile
import threading
import time

import dns.exception
import dns.message
import dns.name
import dns.query
import dns.rdata
import dns.rdatatype
import dns.rrset

from daemon import PATIENCE, deadline
from harness import framed, read_exactly

import zone_catalogue  # daemon.py puts its folder on the path


RESERVATIONS = []  # sockets that are bound until this process ends


def free_port(address="127.0.0.1"):
    """A port that is free for UDP and TCP, and that no other test gets from here while this process runs. It is below the
    ports that the kernel chooses, so that no socket without a port of its own takes it before the caller binds it."""
    end = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    end = end if end > 20000 else 32768  # a machine that leaves none below
    for port in random.SystemRandom().sample(range(end - 12000, end), 1000):
        reservation = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            reservation.bind(f"\0cenote-test-port-{port}")
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
                udp.bind((address, port))
                tcp.bind((address, port))
        except OSError:
            reservation.close()
            continue
        RESERVATIONS.append(reservation)
        return port
    raise AssertionError("no port is free")


def answer_with(query, *lines, rcode=0, authority=(), flags=0):
    """A reply with records written as in a zone file: "name ttl class type value"."""
    reply = dns.message.make_response(query, recursion_available=True)
    reply.set_rcode(rcode)
    reply.flags |= flags
    for section, texts in ((reply.answer, lines), (reply.authority, authority)):
        for line in texts:
            name, ttl, rdclass, rdtype, value = line.split(None, 4)
            owner = dns.name.from_text(name)
            rdata = dns.rdata.from_text(rdclass, rdtype, value, origin=dns.name.root, relativize=False)
            rrset = next((r for r in section if r.name == owner and r.rdtype == rdata.rdtype), None)
            if rrset is None:
                section.append(dns.rrset.from_rdata(owner, int(ttl), rdata))
            else:
                rrset.add(rdata)
    return reply


class ScriptedUpstream:
    """Answers over UDP and TCP with the result of `handler(query, transport)`.

    The handler gives a message, bytes, a list of either, or None for silence; it may wait on events of the test,
    for every query has a thread of its own. Port 0 is a free one.
    """

    def __init__(self, test, handler, address="127.0.0.1", port=0):
        self.handler = handler
        self.log = []  # (name, type, transport)
        self.arrived = threading.Condition()
        self.settled = set()  # tokens of settle() that have come back
        self.closed = False
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        while True:
            self.udp = socket.socket(family, socket.SOCK_DGRAM)
            self.tcp = socket.socket(family, socket.SOCK_STREAM)
            self.udp.bind((address, port))
            try:
                self.tcp.bind(self.udp.getsockname())
                break
            except OSError:
                self.udp.close()
                self.tcp.close()
        self.tcp.listen(128)
        self.address, self.port = self.udp.getsockname()[:2]
        self.where = f"{self.address}:{self.port}"
        test.addCleanup(self.close)
        self.threads = [threading.Thread(target=serve, daemon=True) for serve in (self._serve_udp, self._serve_tcp)]
        for thread in self.threads:
            thread.start()

    def settle(self):
        """Every datagram that was sent here before is in the log when this returns."""
        token = b"settle" + os.urandom(8)
        family = socket.AF_INET6 if ":" in self.address else socket.AF_INET
        end = deadline()
        with socket.socket(family, socket.SOCK_DGRAM) as sender, self.arrived:
            while token not in self.settled:
                sender.sendto(token, (self.address, self.port))  # again where it was lost
                self.arrived.wait(1.0)
                if time.monotonic() > end:
                    raise AssertionError("upstream does not read its socket")

    def asked(self, name):
        """How often until now. A busy machine may have had the resolver ask more than once for one query."""
        self.settle()
        return self.count(name)

    def count(self, name=None, transport=None):
        with self.arrived:
            return sum((name is None or n == name) and (transport is None or t == transport) for n, _, t in self.log)

    def wait_for(self, name, times=1, seconds=PATIENCE):
        """Waits until the name was asked for that many times."""
        end = deadline(seconds)
        with self.arrived:
            while sum(n == name for n, _, _ in self.log) < times:
                if not self.arrived.wait(max(0.0, end - time.monotonic())):
                    raise AssertionError(f"upstream was not asked for {name}, only {self.log}")

    def close(self):
        if not self.closed:
            self.closed = True
            for s in (self.udp, self.tcp):
                try:
                    s.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
                s.close()
            for thread in self.threads:  # until then the port is in use
                thread.join(PATIENCE)

    def _read(self, wire, transport):
        """The query, which is in the log then; None where it is none."""
        try:
            query = dns.message.from_wire(wire)
        except dns.exception.DNSException:
            return None
        question = query.question[0]
        with self.arrived:
            name = question.name.to_text(omit_final_dot=True).lower()
            self.log.append((name, dns.rdatatype.to_text(question.rdtype), transport))
            self.arrived.notify_all()
        return query

    def _replies(self, query, transport):
        replies = self.handler(query, transport)
        if replies is None:
            return []
        if not isinstance(replies, list):
            replies = [replies]
        return [r if isinstance(r, bytes) else r.to_wire(max_size=65535) for r in replies]

    def _serve_udp(self):
        while not self.closed:
            try:
                wire, peer = self.udp.recvfrom(65535)
            except OSError:
                return
            if wire.startswith(b"settle"):
                with self.arrived:
                    self.settled.add(wire)
                    self.arrived.notify_all()
            elif wire and (query := self._read(wire, "udp")) is not None:
                threading.Thread(target=self._one_datagram, args=(query, peer), daemon=True).start()

    def _one_datagram(self, query, peer):
        for reply in self._replies(query, "udp"):
            try:
                self.udp.sendto(reply, peer)
            except OSError:
                return

    def _serve_tcp(self):
        while not self.closed:
            try:
                stream, _ = self.tcp.accept()
            except OSError:
                return
            threading.Thread(target=self._one_stream, args=(stream,), daemon=True).start()

    def _one_stream(self, stream):
        with stream:
            try:
                while not self.closed:
                    wire = read_exactly(stream, int.from_bytes(read_exactly(stream, 2), "big"))
                    query = self._read(wire, "tcp")
                    for reply in self._replies(query, "tcp") if query is not None else ():
                        stream.sendall(framed(reply))
            except (EOFError, OSError):
                return


def every_name(ttl):
    """A handler that gives every name the address 192.0.2.1, whatever the type."""
    return lambda query, transport: answer_with(query, f"{query.question[0].name} {ttl} IN A 192.0.2.1")


def zone_handler(*lines, soa="example 60 IN SOA ns.example. host.example. 1 3600 600 86400 60"):
    """A handler that answers from a few records; any other name is NXDOMAIN, any other type NODATA."""
    table = {}
    for line in lines:
        table.setdefault(line.split()[0].lower().rstrip("."), []).append(line)

    def handle(query, transport):
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True)
        wanted = dns.rdatatype.to_text(question.rdtype)
        present = table.get(name.lower())
        if present is None:
            return answer_with(query, rcode=3, authority=(soa,))
        matching = [f"{name} " + line.split(None, 1)[1] for line in present if line.split()[3] in (wanted, "CNAME")]
        return answer_with(query, *matching, authority=() if matching else (soa,))

    return handle


class Server:
    """A name server of Debian in the foreground, on a free port; started again when the port was taken."""

    patience = PATIENCE  # until it answers

    def __init__(self, test, probe):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="cenote-upstream-"))
        test.addCleanup(shutil.rmtree, self.folder, True)
        test.addCleanup(self.stop)
        self.process = None
        for _ in range(10):
            self.port = free_port()
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                            stderr=subprocess.PIPE)
            if self._answers(probe):
                break
            self.process.kill()
            self.process.wait()
        else:
            raise AssertionError(f"{type(self).__name__} did not start: {self.process.stderr.read().decode()}")
        self.address = "127.0.0.1"
        self.where = f"127.0.0.1:{self.port}"

    def _answers(self, probe):
        end = deadline(self.patience)
        while self.process.poll() is None and time.monotonic() < end:
            try:
                dns.query.udp(dns.message.make_query(probe, "SOA"), "127.0.0.1", port=self.port, timeout=0.5)
                return True
            except (OSError, dns.exception.DNSException):  # also the query itself, sent from the port that is probed
                pass
        return False

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(PATIENCE)
        if self.process is not None:
            self.process.stderr.close()
            self.process = None


def nsd_command(server, zones):
    """NSD in the foreground at the port of `server`; `zones` holds its keys and zones."""
    config = server.folder / "nsd.conf"
    config.write_text(zone_catalogue.read("nsd.conf", port=server.port, folder=server.folder,
                                          log=server.folder / "nsd.log", zones=zones))
    return ["nsd", "-d", "-c", str(config)]


def unbound_command(server, modules, zones, more=""):
    """unbound in the foreground at the port of `server`; `more` holds lines of its clause `server:`."""
    config = server.folder / "unbound.conf"
    config.write_text(zone_catalogue.read("unbound.conf", port=server.port, folder=server.folder, modules=modules,
                                          server=f'  logfile: "{server.folder}/unbound.log"\n{more}', zones=zones))
    return ["unbound", "-d", "-c", str(config)]


class Nsd(Server):
    """NSD with one zone; signed by ldns-signzone where `signed`."""

    def __init__(self, test, zone, text, signed=False):
        self.zone, self.text, self.signed = zone, text, signed
        self.trust_anchor = None
        super().__init__(test, zone)

    def command(self):
        zonefile = self.folder / "zone"
        if not zonefile.exists():
            zonefile.write_text(self.text)
            if self.signed:
                zonefile = self._sign(zonefile)
            self.zonefile = zonefile
        return nsd_command(self, f"""
zone:
  name: "{self.zone}"
  zonefile: "{self.zonefile}"
""")

    def _sign(self, zonefile):
        made = subprocess.run(["ldns-keygen", "-a", "ECDSAP256SHA256", "-k", self.zone], cwd=self.folder,
                              capture_output=True, text=True, check=True)
        key = made.stdout.strip()
        subprocess.run(["ldns-signzone", "-n", "-f", "zone.signed", zonefile.name, key], cwd=self.folder,
                       capture_output=True, check=True)
        self.trust_anchor = (self.folder / f"{key}.key").read_text().strip()
        return self.folder / "zone.signed"


class Unbound(Server):
    """unbound as a validating resolver: with one NSD as its zone, or with a resolver that it forwards everything to."""

    def __init__(self, test, nsd, behind=None):
        self.nsd, self.behind = nsd, behind
        super().__init__(test, nsd.zone)

    def _zones(self):
        if self.behind:
            return f'forward-zone:\n  name: "."\n  forward-addr: {self.behind.replace(":", "@")}'
        return f'stub-zone:\n  name: "{self.nsd.zone}"\n  stub-addr: 127.0.0.1@{self.nsd.port}'

    def command(self):
        anchor = ""
        if self.nsd.trust_anchor:
            (self.folder / "anchor.key").write_text(self.nsd.trust_anchor + "\n")
            anchor = f'  trust-anchor-file: "{self.folder}/anchor.key"'
        return unbound_command(self, "validator iterator", self._zones(), anchor)
