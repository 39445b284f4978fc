# SPDX-License-Identifier: Apache-2.0
"""Our policy as a response policy zone, kept and enforced by BIND, Knot, NSD, unbound and PowerDNS Recursor."""
import pathlib
import shutil
import socket
import subprocess
import tempfile
import threading
import unittest

import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import dns.rrset
import dns.tsigkeyring

from harness import PATIENCE, Clock, SystemTest, addresses, eventually, framed, main, read_exactly, read_message
from secondaries import KEY, SECRET, Bind, Knot, NsdServer, PdnsFile, PdnsRecursor, UnboundRpz, ask
from upstreams import ScriptedUpstream, answer_with, free_port

ZONE = "rpz.agency.example"
POLICY = """
[[directive]]
id      = "d1"
targets = ["service:alpha"]
step    = "restrict"
"""


class RpzOut(SystemTest):
    def upstream_answer(self, query, transport):
        if query.question[0].name.to_text().lower().endswith("slow.example."):
            self.gate.wait(PATIENCE)
        return answer_with(query, f"{query.question[0].name} 1 IN A 192.0.2.1")

    def stand_up(self, notify=(), keys=True, more="", allow_from=None, directives=POLICY, clock=None):
        self.gate = threading.Event()  # holds back answers below slow.example
        self.addCleanup(self.gate.set)
        self.upstream = ScriptedUpstream(self, self.upstream_answer)
        node = self.node(directives=directives, upstreams=[self.upstream.where])
        secret = node.folder / "transfer.key"
        secret.write_text(SECRET + "\n")
        secret.chmod(0o640)
        tsig = f'tsig = ["{KEY}"]' if keys else ""
        told = ", ".join(f'"{address}"' for address in notify)
        node.write_config(extra=f"""
[[tsig]]
name        = "{KEY}"
algorithm   = "hmac-sha256"
secret_file = "{secret}"
[[serve_rpz]]
zone   = "{ZONE}"
{tsig}
notify = [{told}]
{more}
""")
        if allow_from is not None:
            text = node.config.read_text()
            node.config.write_text(text.replace('allow_from = ["127.0.0.0/8", "::1/128"]', f"allow_from = {allow_from}"))
            self.assertNotEqual(text, node.config.read_text())
        self.clock = Clock(node, clock) if clock else None
        self.resolver = node.start()
        self.keyring = dns.tsigkeyring.from_text({KEY: SECRET})
        eventually(lambda: self.serial() > 0, "the zone")

    def serial(self, resolver=None):
        zones = (resolver or self.resolver).cenote_json("status")["served_zones"]
        return zones[0]["serial"] if zones else 0

    def transfer(self, serial=None, keyring=None):
        """The records of an AXFR, or of an IXFR from a serial, in their order."""
        if serial is None:
            query = dns.message.make_query(ZONE, "AXFR")
        else:
            query = dns.message.make_query(ZONE, "IXFR")
            query.authority.append(dns.rrset.from_text(ZONE + ".", 0, "IN", "SOA", f". . {serial} 0 0 0 0"))
        query.use_tsig(keyring or self.keyring, keyname=KEY)
        rows = []
        with socket.socket() as stream:
            stream.settimeout(PATIENCE)
            stream.connect((self.resolver.address, self.resolver.port))
            dns.query.send_tcp(stream, query)
            context, mac, soas = None, query.mac, 0
            while True:
                wire = read_exactly(stream, int.from_bytes(read_exactly(stream, 2), "big"))
                answer = dns.message.from_wire(wire, keyring=query.keyring, request_mac=mac, xfr=True, multi=True,
                                               one_rr_per_rrset=True, tsig_ctx=context)
                self.assertTrue(answer.had_tsig, "each message is signed")
                context = answer.tsig_ctx
                if answer.rcode() != 0:
                    return dns.rcode.to_text(answer.rcode())
                rows += [(str(rrset.name), dns.rdatatype.to_text(rrset.rdtype), rrset[0].to_text()) for rrset in answer.answer]
                if rows[-1][1] == "SOA" and (len(rows) == 1 or rows[-1] == rows[0]):
                    return rows

    def many(self, count):
        """Directives that close so many names of a list."""
        return (f'[[list]]\nid = "many"\nsource = "{self.nodes_list(count)}"\n[[directive]]\nid = "d2"\n'
                'targets = ["list:many"]\nstep = "restrict"\nanswer = "nxdomain"\n')

    def question(self, name, rdtype, ident, signed=False):
        query = dns.message.make_query(name, rdtype)
        query.id = ident
        if signed:
            query.use_tsig(self.keyring, keyname=KEY)
        return framed(query.to_wire())

    def dig(self, *words):
        return self.resolver.dig(*words)

    def test_a_transfer_by_hand(self):
        self.stand_up()
        soa = dns.query.udp(dns.message.make_query(ZONE, "SOA"), self.resolver.address, port=self.resolver.port)
        self.assertTrue(soa.flags & dns.flags.AA, "BIND takes no SOA that is not authoritative")
        rows = self.transfer()
        self.assertEqual((rows[0][1], rows[1][1], rows[-1][1]), ("SOA", "NS", "SOA"))
        triggers = {(owner, value) for owner, rdtype, value in rows if rdtype == "CNAME"}
        self.assertEqual(triggers, {(f"alpha-ai.example.{ZONE}.", "*."), (f"*.alpha-ai.example.{ZONE}.", "*.")})
        shown = self.dig("AXFR", ZONE, "-y", f"hmac-sha256:{KEY}:{SECRET}")
        self.assertIn(f"*.alpha-ai.example.{ZONE}. 30", shown)
        for words in (("AXFR", ZONE), ("AXFR", ZONE, "-y", f"hmac-sha256:{KEY}:{SECRET[::-1]}"),
                      ("AXFR", ZONE, "-y", f"hmac-sha256:other:{SECRET}"),
                      ("AXFR", "other.example", "-y", f"hmac-sha256:{KEY}:{SECRET}")):
            self.assertIn("Transfer failed", self.dig(*words))
        refused = dns.query.tcp(dns.message.make_query(f"alpha-ai.example.{ZONE}", "A"), self.resolver.address,
                                port=self.resolver.port)
        self.assertEqual(addresses(refused), ["192.0.2.1"], "names in the zone are nobody's business but the secondaries'")

    def test_increments(self):
        self.stand_up()
        first = self.serial()
        self.assertEqual(len(self.transfer(first)), 1, "up to date")
        made = self.resolver.cenote_ok("restrict", "domain:new.example").strip()
        eventually(lambda: self.serial() != first, "another serial")
        second = self.serial()
        rows = self.transfer(first)
        self.assertEqual([(owner, rdtype) for owner, rdtype, _ in rows],
                         [(f"{ZONE}.", "SOA"), (f"{ZONE}.", "SOA"), (f"{ZONE}.", "SOA"),
                          (f"*.new.example.{ZONE}.", "CNAME"), (f"new.example.{ZONE}.", "CNAME"), (f"{ZONE}.", "SOA")])
        self.assertEqual([row[2].split()[2] for row in rows if row[1] == "SOA"],
                         [str(second), str(first), str(second), str(second)])
        self.resolver.cenote_ok("directive", "lift", made)
        eventually(lambda: self.serial() != second, "another serial")
        rows = self.transfer(first)
        self.assertEqual(sum(row[1] == "SOA" for row in rows), 6, "both steps in their order")
        rows = self.transfer(first - 5)
        self.assertEqual(rows[1][1], "NS", "a serial that is not known gets the whole zone")
        self.resolver.cenote_ok("advise", "beta")
        before = self.serial()
        self.resolver.cenote_ok("restrict", "domain:last.example")
        eventually(lambda: self.serial() != before, "what changes nothing is no version")

    def check_enforced(self, server):
        """A resolver that keeps the zone answers as we do, and follows within moments."""
        eventually(lambda: not addresses(ask(server, "chat.alpha-ai.example")), "the zone is enforced")
        self.assertEqual(addresses(ask(server, "www.open.example")), ["192.0.2.1"])
        made = self.resolver.cenote_ok("restrict", "domain:new.example").strip()
        eventually(lambda: not addresses(ask(server, "a.new.example")), "a change arrives")
        self.resolver.cenote_ok("allow", "good.new.example", "--for", "1h")
        eventually(lambda: addresses(ask(server, "good.new.example")) == ["192.0.2.1"], "an allow arrives")
        self.assertEqual(addresses(ask(server, "b.new.example")), [])
        self.resolver.cenote_ok("directive", "lift", made)
        eventually(lambda: addresses(ask(server, "c.new.example")) == ["192.0.2.1"], "a lift arrives")

    def test_bind(self):
        port = free_port()
        self.stand_up(notify=[f"127.0.0.1:{port}"])

        class Here(Bind):
            def command(self):
                self.port = port
                return super().command()

        bind = Here(self, f"""
zone "{ZONE}" {{ type secondary; file "rpz"; masterfile-format text; allow-notify {{ 127.0.0.1; }};
  primaries {{ {self.resolver.address} port {self.resolver.port} key {KEY}; }}; }};
""", f"""
  response-policy {{ zone "{ZONE}" min-update-interval 0; }} qname-wait-recurse no;
  recursion yes; forward only; forwarders {{ {self.upstream.address} port {self.upstream.port}; }};
""")
        self.check_enforced(bind)
        self.assertIn("IXFR", bind.log())
        self.assertNotIn("BADSIG", bind.log())

    def test_unbound(self):
        """It cannot sign, so its address is what lets it in."""
        port = free_port()
        self.stand_up(notify=[f"127.0.0.1:{port}"], keys=False)

        class Here(UnboundRpz):
            def command(self):
                self.port = port
                return super().command()

        unbound = Here(self, f"""
rpz:
  name: {ZONE}
  primary: {self.resolver.address}@{self.resolver.port}
  allow-notify: 127.0.0.1
  zonefile: rpz.zone
""", self.upstream.where)
        self.check_enforced(unbound)

    @unittest.skipIf(shutil.which("pdns_recursor", path="/usr/sbin") is None, "needs pdns-recursor, of the set bench")
    def test_powerdns_recursor(self):
        self.stand_up(notify=[])
        self.check_enforced(PdnsRecursor(self, f"{self.resolver.address}:{self.resolver.port}", ZONE, self.upstream.where))

    def test_knot_and_nsd_keep_it(self):
        ports = [free_port(), free_port()]
        self.stand_up(notify=[f"127.0.0.1:{port}" for port in ports])

        class KnotHere(Knot):
            def command(self):
                self.port = ports[0]
                return super().command()

        class NsdHere(NsdServer):
            def command(self):
                self.port = ports[1]
                return super().command()

        knot = KnotHere(self, f"""
remote:
  - id: primary
    address: {self.resolver.address}@{self.resolver.port}
    key: {KEY}
acl:
  - id: notify
    address: 127.0.0.1
    action: notify
zone:
  - domain: {ZONE}
    storage: FOLDER
    master: primary
    acl: notify
    zonefile-sync: 0
""", ZONE)
        nsd = NsdHere(self, f"""
zone:
  name: "{ZONE}"
  zonefile: "rpz.zone"
  request-xfr: {self.resolver.address}@{self.resolver.port} {KEY}
  allow-notify: 127.0.0.1 NOKEY
""", ZONE)

        def has(server, name):
            return bool(ask(server, f"{name}.{ZONE}", "CNAME").answer)

        def soa(server):
            answer = ask(server, ZONE, "SOA").answer
            return answer[0][0].serial if answer else None

        for server in (knot, nsd):
            eventually(lambda: has(server, "alpha-ai.example"), f"{type(server).__name__} has the zone")
        self.resolver.cenote_ok("restrict", "domain:new.example")
        for server in (knot, nsd):
            eventually(lambda: has(server, "new.example"), f"{type(server).__name__} follows")
            self.assertEqual(soa(server), self.serial())

    def test_many_records_in_many_messages(self):
        self.stand_up(more=self.many(20000))
        rows = self.transfer()
        self.assertEqual(sum(row[2] == "." for row in rows), 40000)

    def nodes_list(self, count):
        file = pathlib.Path(tempfile.mkstemp(prefix="cenote-many-")[1])
        self.addCleanup(file.unlink)
        file.write_text("".join(f"n{i}.many.example\n" for i in range(count)))
        return file

    def test_clients_without_the_key_stop_no_transfer(self):
        self.stand_up()
        streams = [self.resolver.tcp() for _ in range(40)]
        for stream in streams:
            stream.sendall(self.question(ZONE, "AXFR", 1) + b"\0")  # and the first byte of something more
        for stream in streams:
            # SERVFAIL: more of one client than may wait at once.
            self.assertIn(dns.rcode.to_text(read_message(stream).rcode()), ("REFUSED", "SERVFAIL"))
        self.assertEqual(self.transfer()[0][1], "SOA")

    def test_transfers_that_are_not_read_stop_no_other_secondary(self):
        self.stand_up(more=self.many(50000))
        streams = []
        for _ in range(80):
            stream = socket.socket()
            self.addCleanup(stream.close)
            stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            stream.settimeout(PATIENCE)
            stream.bind(("127.0.0.2", 0))
            stream.connect((self.resolver.address, self.resolver.port))
            stream.sendall(self.question(ZONE, "AXFR", 1, signed=True))
            streams.append(stream)
        rcodes = [read_exactly(stream, 6)[5] & 0xf for stream in streams]
        self.assertEqual(sorted(set(rcodes)), [0, 2], "a share of the places, SERVFAIL for the rest")
        self.assertLess(rcodes.count(0), 16)
        self.assertEqual(sum(row[2] == "." for row in self.transfer()), 100000)

    def test_who_may_ask_about_zones(self):
        self.stand_up(allow_from='["127.0.0.1/32"]', notify=["127.0.0.3:9"])
        for source, rcode in (("127.0.0.1", "NOERROR"), ("127.0.0.2", "REFUSED"), ("127.0.0.3", "NOERROR")):
            for rdtype, tcp in (("SOA", False), ("SOA", True), ("AXFR", True)):
                with self.subTest(source=source, rdtype=rdtype, tcp=tcp):
                    query = dns.message.make_query(ZONE, rdtype)
                    query.use_tsig(self.keyring, keyname=KEY)
                    with socket.socket(type=socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM) as client:
                        client.settimeout(PATIENCE)
                        client.bind((source, 0))
                        client.connect((self.resolver.address, self.resolver.port))
                        client.sendall(framed(query.to_wire()) if tcp else query.to_wire())
                        head = read_exactly(client, 6)[2:] if tcp else client.recv(4096)
                    self.assertEqual(dns.rcode.to_text(head[3] & 0xf), rcode)

    def test_one_connection_for_names_and_zones(self):
        self.stand_up(more=self.many(5000), keys=False, notify=["127.0.0.1:9"])
        stream = self.resolver.tcp()
        stream.sendall(self.question("a.slow.example", "A", 1) + self.question(ZONE, "SOA", 2)
                       + self.question("b.example", "A", 3) + self.question(ZONE, "AXFR", 4)
                       + self.question(ZONE, "AXFR", 5) + self.question("chat.alpha-ai.example", "A", 6))
        answers, soas = {}, {4: 0, 5: 0}
        while set(answers) != {2, 3, 4, 5, 6} or set(soas.values()) != {2}:
            wire = read_exactly(stream, int.from_bytes(read_exactly(stream, 2), "big"))
            answer = dns.message.from_wire(wire, one_rr_per_rrset=True)
            answers[answer.id] = answer
            if answer.id in soas:
                soas[answer.id] += sum(rrset.rdtype == dns.rdatatype.SOA for rrset in answer.answer)
        self.gate.set()
        self.assertEqual(read_message(stream).id, 1, "answered, be it that upstream was too slow")
        self.assertEqual([dns.rcode.to_text(answers[i].rcode()) for i in range(2, 7)], ["NOERROR"] * 5)
        self.assertEqual([addresses(answers[i]) for i in (3, 6)], [["192.0.2.1"], ["0.0.0.0"]])
        stream.sendall(self.question(ZONE, "NS", 7) + self.question("c.example", "A", 8))
        self.assertEqual({read_message(stream).id for _ in range(2)}, {7, 8})

    def test_a_reload_while_transfers_wait(self):
        self.stand_up(more=self.many(50000))
        streams = [self.resolver.tcp() for _ in range(4)]
        for stream in streams:
            stream.sendall(self.question(ZONE, "AXFR", 1, signed=True))
            read_exactly(stream, 100)
        self.resolver.cenote_ok("restrict", "domain:new.example")
        self.resolver.cenote_ok("reload")
        streams.pop().close()
        self.assertEqual(sum(row[2] == "." for row in self.transfer()), 100000)
        self.resolver.stop()  # with three of them under way
        self.resolver.start()
        eventually(lambda: self.serial() > 0, "the zone")
        self.assertEqual(sum(row[2] == "." for row in self.transfer()), 100000)

    def test_the_serial_never_falls(self):
        edge = ('[[directive]]\nid = "later"\ntargets = ["service:beta"]\nstep = "restrict"\n'
                'starts = 2027-01-02T00:00:00Z\n')
        self.stand_up(clock="2027-01-01T00:00:00+00:00", directives=POLICY + edge)
        first = self.serial()
        self.clock.set("2027-01-03T00:00:00+00:00")
        eventually(lambda: self.serial() > first, "the calendar moves on")
        second = self.serial()
        for then in ("2026-06-01T00:00:00+00:00", "1970-01-02T00:00:00+00:00"):
            self.resolver.stop()
            self.clock.set(then)
            self.resolver.start()
            eventually(lambda: self.serial() > second, f"a serial after a start in {then}")
            second = self.serial()
        self.resolver.cenote_ok("restrict", "domain:new.example")
        eventually(lambda: self.serial() > second, "a later serial for a change")

    def test_the_export_says_the_same(self):
        self.stand_up()
        self.resolver.cenote_ok("restrict", "domain:new.example")
        self.resolver.cenote_ok("allow", "good.new.example", "--for", "1h")
        rpz = self.resolver.folder / "export.rpz"
        rpz.write_text(self.resolver.cenote_ok("export", "--format", "rpz"))
        zones = self.resolver.cenote_ok("export", "--format", "unbound")
        by_rpz = UnboundRpz(self, f"rpz:\n  name: rpz.file\n  zonefile: {rpz}\n", self.upstream.where)
        by_zones = UnboundRpz(self, zones, self.upstream.where)
        for server in (by_rpz, by_zones):
            for name in ("alpha-ai.example", "api.alpha-ai.example", "new.example", "x.new.example"):
                self.assertNotIn("192.0.2.1", addresses(ask(server, name)), (type(server), name))
            for name in ("good.new.example", "x.good.new.example", "beta-ai.example", "example"):
                self.assertEqual(addresses(ask(server, name)), ["192.0.2.1"], name)
        self.assertIn("alpha-ai.example\n", self.resolver.cenote_ok("export", "--format", "domains"))

    def test_the_exported_zone_loads_everywhere(self):
        self.stand_up()
        long_name = ".".join("abcdefghij" * 5 for _ in range(4)) + ".abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstu"
        self.assertEqual(len(long_name), 251)
        self.resolver.cenote_ok("restrict", "domain:" + long_name)
        self.resolver.cenote_ok("restrict", "address:198.51.100.0/24")
        done = self.resolver.cenote("export", "--format", "rpz")
        self.assertEqual(done.returncode, 0)
        self.assertIn("2 rules are left out, and what they close is open there", done.stderr)
        self.assertIn("2 of them are of names that are too long", done.stderr)
        self.assertNotIn("abcdefghij", done.stdout)
        checked = 0
        with self.subTest("BIND"):
            if shutil.which("named-checkzone"):
                file = self.resolver.folder / "bind.rpz"
                file.write_text(done.stdout)
                loaded = subprocess.run(["named-checkzone", "rpz.of-a-name-as-long-as-they-come.agency.example", file],
                                        capture_output=True, text=True)
                self.assertEqual(loaded.returncode, 0, loaded.stdout + loaded.stderr)
                self.assertNotIn("ignoring", loaded.stdout + loaded.stderr)
                checked += 1
        with self.subTest("Knot"):
            if shutil.which("knotd"):
                class KnotHere(Knot):
                    def command(self):
                        (self.folder / "rpz.zone").write_text(done.stdout)
                        return super().command()

                server = KnotHere(self, "zone:\n  - domain: rpz.file\n    storage: FOLDER\n    file: rpz.zone\n",
                                  "rpz.file")
                self.assertEqual(ask(server, "alpha-ai.example.rpz.file", "CNAME").answer[0][0].to_text(), "*.")
                self.assertTrue(ask(server, "24.0.100.51.198.rpz-ip.rpz.file", "CNAME").answer)
                self.assertTrue(ask(server, "rpz.file", "NS").answer)
                checked += 1
        with self.subTest("unbound"):
            if shutil.which("unbound"):
                file = self.resolver.folder / "unbound.rpz"
                file.write_text(done.stdout)
                server = UnboundRpz(self, f"rpz:\n  name: rpz.file\n  zonefile: {file}\n", self.upstream.where)
                self.assertNotIn("192.0.2.1", addresses(ask(server, "api.alpha-ai.example")))
                checked += 1
        with self.subTest("PowerDNS"):
            if shutil.which("pdns_recursor"):
                server = PdnsFile(self, done.stdout, self.upstream.where)
                self.assertNotIn("192.0.2.1", addresses(ask(server, "api.alpha-ai.example")))
                checked += 1
        if checked == 0:
            self.skipTest("none of named-checkzone, knotd, unbound and pdns_recursor is installed")

    def test_what_other_formats_do_not_say(self):
        self.stand_up()
        self.resolver.cenote_ok("restrict", "domain:new.example")
        self.resolver.cenote_ok("allow", "good.new.example", "--for", "1h")
        self.resolver.cenote_ok("restrict", "address:198.51.100.0/24")
        known = {"hosts": ("names are closed here with all names below them; there those alone that are listed", "1 rules"),
                 "domains": ("1 rules are left out, and what they open is closed there", "and what they close is open"),
                 "dnsmasq": ("1 rules are left out, and what they close is open there",),
                 "unbound": ("1 rules are left out, and what they close is open there",)}
        for format, sentences in known.items():
            done = self.resolver.cenote("export", "--format", format)
            self.assertEqual(done.returncode, 0)
            for sentence in sentences:
                self.assertIn(sentence, done.stderr, format)
                self.assertIn(sentence, done.stdout, format)
        self.assertEqual(self.resolver.cenote("export", "--format", "rpz").stderr, "")
        hosts = self.resolver.cenote_ok("export", "--format", "hosts")
        for name in ("alpha-ai.example", "api.alpha-ai.example", "new.example"):
            self.assertIn(f"0.0.0.0 {name}\n", hosts)
        self.assertNotIn("good.new.example", hosts)

    def test_an_unknown_group_is_no_export(self):
        self.stand_up()
        self.assertEqual(self.resolver.cenote("export", "--format", "hosts", "--group", "nobody").returncode, 1)


if __name__ == "__main__":
    main()
