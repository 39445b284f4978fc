# SPDX-License-Identifier: Apache-2.0
"""Secondary zones: lists by zone transfer from BIND, Knot and NSD, and from primaries that break the protocol."""
import base64
import signal
import time

import dns.message
import dns.opcode

from harness import addresses, main
from secondaries import KEY, Bind, Knot, NsdServer
from secondary_zones import SINKHOLED, RESOLVED, ZONE, ScriptedPrimary, SecondaryZoneTest, zone_text


class RpzIn(SecondaryZoneTest):
    def check_transfers(self, change):
        self.until(lambda: self.seen("a.bad1.example") == SINKHOLED, "the zone")
        self.assertEqual(self.seen("www.good.example"), RESOLVED)
        self.assertEqual((self.row()["format"], self.row()["error"]), ("rpz", None))
        change(2, ["bad1.example", "bad2.example"])
        self.until(lambda: self.seen("bad2.example") == SINKHOLED, "an addition")
        change(3, ["bad2.example"])
        self.until(lambda: self.seen("bad1.example") == RESOLVED, "a removal")
        self.assertEqual(self.seen("x.bad2.example"), SINKHOLED)
        explained = self.resolver.cenote_json("explain", "x.bad2.example")
        self.assertEqual((explained["verdict"], explained["list"], explained["directive"]), ("restrict", "nation", "nation"))
        self.assertEqual(self.resolver.cenote_json("audit")[-1]["action"], "update")

    def test_bind_by_increments(self):
        port = self.notify_target()
        first = zone_text(1, ["bad1.example"])

        class Primary(Bind):
            def command(self):
                (self.folder / "db").write_text(first)
                return super().command()

        bind = Primary(self, f"""
zone "{ZONE}" {{ type primary; file "db"; ixfr-from-differences yes; notify explicit; also-notify {{ 127.0.0.1 port {port}; }};
  allow-transfer {{ key {KEY}; }}; }};
""", probe=ZONE)
        self.stand_up_at_port(bind.where)

        def change(serial, names):
            (bind.folder / "db").write_text(zone_text(serial, names))
            bind.process.send_signal(signal.SIGHUP)

        self.check_transfers(change)
        self.until(lambda: "IXFR" in bind.log(), "an increment")

    def knot(self, zone):
        """A primary of the zone that sends NOTIFY to the resolver."""
        port = self.notify_target()

        class Primary(Knot):
            def command(self):
                (self.folder / "db").write_text(zone)
                return super().command()

        return Primary(self, f"""
remote:
  - id: us
    address: 127.0.0.1@{port}
acl:
  - id: transfer
    key: {KEY}
    action: transfer
zone:
  - domain: {ZONE}
    storage: FOLDER
    file: db
    acl: transfer
    notify: us
    zonefile-load: difference
    semantic-checks: off
""", ZONE)

    def test_knot_by_increments(self):
        knot = self.knot(zone_text(1, ["bad1.example"]))
        self.stand_up_at_port(knot.where)

        def change(serial, names):
            (knot.folder / "db").write_text(zone_text(serial, names))
            knot.process.send_signal(signal.SIGHUP)

        self.check_transfers(change)

    def test_nsd_as_a_whole(self):
        port = self.notify_target()

        class Primary(NsdServer):
            def command(self):
                (self.folder / "db").write_text(zone_text(1, ["bad1.example"]))
                return super().command()

        nsd = Primary(self, f"""
zone:
  name: "{ZONE}"
  zonefile: "db"
  notify: 127.0.0.1@{port} NOKEY
  provide-xfr: 127.0.0.1 {KEY}
""", ZONE)
        self.stand_up_at_port(nsd.where)

        def change(serial, names):
            (nsd.folder / "db").write_text(zone_text(serial, names))
            nsd.process.send_signal(signal.SIGHUP)

        self.check_transfers(change)

    def test_refresh_without_notify_and_over_a_restart(self):
        primary = ScriptedPrimary(self, [zone_text(1, ["bad1.example"], refresh=1)])
        self.stand_up(primary.where)
        self.until(lambda: self.seen("bad1.example") == SINKHOLED, "the zone")
        primary.zones.append(zone_text(2, ["bad1.example", "bad2.example"], refresh=1))
        self.until(lambda: self.seen("bad2.example") == SINKHOLED, "the change that a refresh finds")
        primary.broken = "refuse"
        self.resolver.stop()
        self.resolver.start()
        self.assertEqual(self.seen("bad2.example"), SINKHOLED, "in force without the primary")
        self.until(lambda: self.row()["error"], "the error of a primary that does not answer")

    def test_a_zone_whose_primary_does_not_answer_expires(self):
        primary = ScriptedPrimary(self, [zone_text(1, ["bad1.example"], refresh=1, expire=3)])
        self.stand_up(primary.where)
        self.until(lambda: self.seen("bad1.example") == SINKHOLED, "the zone")
        primary.broken = "refuse"
        self.until(lambda: self.seen("bad1.example") == RESOLVED, "the end of a zone whose primary does not answer")
        self.until(lambda: "expired" in (self.row()["error"] or ""), "the reason")
        primary.broken = ""
        self.until(lambda: self.seen("bad1.example") == SINKHOLED, "the zone is back")
        self.until(lambda: self.row()["error"] is None, "and has no error")

    def test_what_goes_wrong_leaves_the_zone_as_it_was(self):
        primary = ScriptedPrimary(self, [zone_text(5, ["bad1.example"], refresh=1)])
        self.stand_up(primary.where)
        self.until(lambda: self.seen("bad1.example") == SINKHOLED, "the zone")
        primary.zones.append(zone_text(6, ["other.example"], refresh=1))
        for broken, why in (("wrong-key", "BADSIG"), ("unsigned", "signature"), ("cut", "cut in the middle"),
                            ("no-end", "cut in the middle"), ("html", "cut in the middle"), ("silent", "in time"),
                            ("foreign", "is not in the zone"), ("other-end", "SOA at the end")):
            with self.subTest(broken=broken):
                primary.broken = broken
                self.until(lambda: why in (self.row()["error"] or ""), f"an error with {why}")
                self.assertEqual((self.seen("bad1.example"), self.seen("other.example")), (SINKHOLED, RESOLVED))
        primary.broken = ""
        primary.zones.append(zone_text(4, ["other.example"], refresh=1))
        self.until(lambda: "went back from 5 to 4" in (self.row()["error"] or ""), "a serial that goes backwards")
        self.assertEqual(self.seen("bad1.example"), SINKHOLED)
        primary.zones.append(zone_text(7, ["bad1.example", "other.example"], refresh=1))
        self.until(lambda: self.seen("other.example") == SINKHOLED, "the next good one")

    def test_a_primary_that_sends_without_end_is_left(self):
        primary = ScriptedPrimary(self, [zone_text(5, ["bad1.example"], refresh=1)])
        self.stand_up(primary.where, tsig=False)
        self.until(lambda: self.seen("bad1.example") == SINKHOLED, "the zone")
        primary.zones.append(zone_text(6, ["other.example"], refresh=1))
        primary.broken = "endless"
        self.until(lambda: "does not end within 1024 MiB" in (self.row()["error"] or ""), "an error with the reason")
        self.assertEqual((self.seen("bad1.example"), self.seen("other.example")), (SINKHOLED, RESOLVED))
        self.assertTrue(any("does not end within" in problem["what"] and "nation" in problem["what"]
                            for problem in self.resolver.cenote_json("status")["problems"]))
        primary.broken = ""
        self.until(lambda: self.seen("other.example") == SINKHOLED, "the next good one")
        self.until(lambda: not any("nation" in problem["what"]
                                   for problem in self.resolver.cenote_json("status")["problems"]), "all is well")

    def test_a_flood_of_notify_leads_to_few_queries(self):
        primary = ScriptedPrimary(self, [zone_text(1, ["bad1.example"])])
        self.stand_up(primary.where)
        self.until(lambda: self.seen("bad1.example") == SINKHOLED, "the zone")
        notify = dns.message.make_query(ZONE, "SOA")
        notify.set_opcode(dns.opcode.NOTIFY)
        asked, begun = primary.asked, time.monotonic()
        for i in range(1000):
            self.assertRcode(self.resolver.send(notify), "NOERROR")
        primary.zones.append(zone_text(2, ["bad1.example", "bad2.example"]))
        self.resolver.send(notify)
        self.until(lambda: self.seen("bad2.example") == SINKHOLED, "the change of the last NOTIFY")
        pauses = time.monotonic() - begun  # one second each
        self.assertLessEqual(primary.asked - asked, pauses + 3, "a refresh now, one for each pause, and the transfer")

    def test_another_secret(self):
        primary = ScriptedPrimary(self, [zone_text(1, ["bad1.example"])])
        self.stand_up(primary.where, secret=base64.b64encode(b"another secret altogether").decode())
        self.until(lambda: "BADSIG" in (self.row()["error"] or ""), "an error")
        self.assertEqual(self.seen("bad1.example"), RESOLVED)

    def test_addresses_of_a_zone_sinkhole_answers_that_have_them(self):
        text = zone_text(1, []) + "24.0.2.0.192.rpz-ip CNAME .\n32.7.2.0.192.rpz-ip CNAME rpz-passthru.\n"
        primary = ScriptedPrimary(self, [text])
        self.stand_up(primary.where)
        self.until(lambda: self.seen("any.example") == SINKHOLED, "an answer with such an address is sinkholed")

    def test_clients_of_a_zone_get_everything_sinkholed_or_nothing(self):
        text = (zone_text(1, ["bad1.example"]) + "32.66.0.0.127.rpz-client-ip CNAME .\n"
                "32.67.0.0.127.rpz-client-ip CNAME rpz-passthru.\n")
        primary = ScriptedPrimary(self, [text])
        self.stand_up(primary.where)
        self.until(lambda: self.seen("bad1.example") == SINKHOLED, "the zone")
        for source, anything, listed in (("127.0.0.1", RESOLVED, SINKHOLED), ("127.0.0.66", SINKHOLED, SINKHOLED),
                                         ("127.0.0.67", RESOLVED, RESOLVED)):
            self.assertEqual(addresses(self.resolver.ask("any.example", source=source)), anything, source)
            self.assertEqual(addresses(self.resolver.ask("bad1.example", source=source)), listed, source)
            explained = self.resolver.cenote_json("explain", "any.example", "--client", source)
            self.assertEqual(explained["verdict"], "restrict" if anything == SINKHOLED else "forward")

    def test_a_reload_takes_other_zones(self):
        primary = ScriptedPrimary(self, [zone_text(1, ["bad1.example"])])
        self.stand_up(primary.where)
        self.until(lambda: self.seen("bad1.example") == SINKHOLED, "the zone")
        other = ScriptedPrimary(self, [zone_text(9, ["bad9.example"] )])
        text = self.resolver.config.read_text().replace(primary.where, other.where)
        self.resolver.config.write_text(text)
        self.resolver.cenote_ok("reload")
        self.until(lambda: self.seen("bad9.example") == SINKHOLED, "the zone of the other primary")


if __name__ == "__main__":
    main()
