# SPDX-License-Identifier: Apache-2.0
"""Primary zones: the policy transferred and enforced by BIND, Knot, NSD, unbound and PowerDNS Recursor."""
import shutil
import unittest

import dns.flags
import dns.message
import dns.query

from daemon import eventually
from harness import addresses, main
from primary_zones import POLICY, ZONE, PrimaryZoneTest
from secondaries import KEY, SECRET, Bind, Knot, NsdServer, PdnsRecursor, UnboundRpz, ask
from upstreams import free_port


class RpzOut(PrimaryZoneTest):
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
        self.assertEqual(addresses(refused), ["192.0.2.1"], "names below the zone are resolved as any other name")

    def test_increments(self):
        self.stand_up()
        first = self.serial()
        self.assertEqual(len(self.transfer(first)), 1, "up to date")
        made = self.resolver.cenote_ok("restrict", "domain:new.example", "--everyone", "--no-end").strip()
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
        self.assertEqual(sum(row[1] == "SOA" for row in rows), 6, "both differences in their order")
        rows = self.transfer(first - 5)
        self.assertEqual(rows[1][1], "NS", "a serial that is not known gets the whole zone")
        self.resolver.cenote_ok("advise", "beta", "--everyone", "--no-end")
        before = self.serial()
        self.resolver.cenote_ok("restrict", "domain:last.example", "--everyone", "--no-end")
        eventually(lambda: self.serial() != before, "a new serial for this change, and none for one that changes nothing")

    def check_enforced(self, server):
        """A resolver that transfers the zone answers as Cenote does, and follows changes."""
        eventually(lambda: not addresses(ask(server, "chat.alpha-ai.example")), "the zone is enforced")
        self.assertEqual(addresses(ask(server, "www.open.example")), ["192.0.2.1"])
        made = self.resolver.cenote_ok("restrict", "domain:new.example", "--everyone", "--no-end").strip()
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
        eventually(lambda: "IXFR" in bind.log(), "an increment")
        self.assertNotIn("BADSIG", bind.log())

    def test_unbound(self):
        """It has no TSIG, so that its address must be in notify."""
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
        self.resolver.cenote_ok("restrict", "domain:new.example", "--everyone", "--no-end")
        for server in (knot, nsd):
            eventually(lambda: has(server, "new.example"), f"{type(server).__name__} follows")
            eventually(lambda: soa(server) == self.serial(), "its serial")

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
        self.resolver.cenote_ok("restrict", "domain:new.example", "--everyone", "--no-end")
        eventually(lambda: self.serial() > second, "a later serial for a change")


if __name__ == "__main__":
    main()
