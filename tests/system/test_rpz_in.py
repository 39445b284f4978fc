# SPDX-License-Identifier: Apache-2.0
"""Lists kept by zone transfer from BIND, Knot and NSD; and from servers that do it wrong."""
import base64
import fcntl
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import unittest

import dns.exception
import dns.message
import dns.name
import dns.opcode
import dns.rdatatype
import dns.rrset
import dns.tsigkeyring
import dns.zone

from harness import PATIENCE, SystemTest, addresses, eventually, framed, main, read_exactly
from secondaries import KEY, SECRET, Bind, Knot, NsdServer
from upstreams import ScriptedUpstream, answer_with, free_port, socket

ZONE = "rpz.nation.example"
DIRECTIVE = """
[[directive]]
id      = "nation"
targets = ["list:nation"]
step    = "restrict"
layer   = "nation"
"""
OPEN = ["192.0.2.1"]
CLOSED = ["0.0.0.0"]


def zone_text(serial, names, refresh=3600, expire=86400):
    lines = [f"$ORIGIN {ZONE}.", "$TTL 60", f"@ SOA localhost. root.localhost. {serial} {refresh} 1 {expire} 60",
             "@ NS localhost."]
    return "\n".join(lines + [f"{name} CNAME .\n*.{name} CNAME ." for name in names]) + "\n"


def alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


class RpzIn(SystemTest):
    def stand_up(self, primary, tsig=True, secret=SECRET, place=None):
        upstream = ScriptedUpstream(
            self, lambda query, transport: answer_with(query, f"{query.question[0].name} 1 IN A 192.0.2.1"))
        node = self.node(directives=DIRECTIVE, upstreams=[upstream.where])
        node.set = (place or node.folder) / "cenote.set"
        file = node.folder / "transfer.key"
        file.write_text(secret + "\n")
        file.chmod(0o640)
        signed = f'tsig = "{KEY}"' if tsig else ""
        node.write_config(extra=f"""
[[list]]
id     = "nation"
source = "axfr://{primary}/{ZONE}"
{signed}
[[tsig]]
name        = "{KEY}"
secret_file = "{file}"
""")
        node.cenote("update")  # there is no zone yet: exit code 1, and a set all the same
        self.resolver = node.start()

    def seen(self, name):
        return addresses(self.resolver.ask(name))

    def row(self):
        return self.resolver.cenote_json("lists")[0]

    def until(self, condition, what):
        try:
            eventually(condition, what)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.row()}\n{self.resolver.daemon.log()[-4000:]}") from None

    def check_kept(self, change):
        self.until(lambda: self.seen("a.bad1.example") == CLOSED, "the zone")
        self.assertEqual(self.seen("www.good.example"), OPEN)
        self.assertEqual((self.row()["format"], self.row()["error"]), ("rpz", None))
        change(2, ["bad1.example", "bad2.example"])
        self.until(lambda: self.seen("bad2.example") == CLOSED, "an addition")
        change(3, ["bad2.example"])
        self.until(lambda: self.seen("bad1.example") == OPEN, "a removal")
        self.assertEqual(self.seen("x.bad2.example"), CLOSED)
        told = self.resolver.cenote_json("explain", "x.bad2.example")
        self.assertEqual((told["verdict"], told["list"], told["directive"]), ("restrict", "nation", "nation"))
        self.assertEqual(self.resolver.cenote_json("audit")[-1]["action"], "update")

    def notify_target(self):
        """A port for us that the primary can be told of before we are there."""
        self.port = free_port()
        return self.port

    def stand_up_at_port(self, primary, **how):
        port = self.port
        original = self.node

        def node(**settings):
            return original(listen=f'"127.0.0.1:{port}"', **settings)
        self.node = node
        self.stand_up(primary, **how)

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

        self.check_kept(change)
        self.assertIn("IXFR", bind.log())

    def knot(self, zone):
        """A primary of the zone, which tells us of changes."""
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

        self.check_kept(change)

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

        self.check_kept(change)

    def test_refresh_without_notify_and_over_a_restart(self):
        primary = ScriptedPrimary(self, [zone_text(1, ["bad1.example"], refresh=1)])
        self.stand_up(primary.where)
        self.until(lambda: self.seen("bad1.example") == CLOSED, "the zone")
        primary.zones.append(zone_text(2, ["bad1.example", "bad2.example"], refresh=1))
        self.until(lambda: self.seen("bad2.example") == CLOSED, "what a refresh finds")
        primary.broken = "refuse"
        self.resolver.stop()
        self.resolver.start()
        self.assertEqual(self.seen("bad2.example"), CLOSED, "kept without the primary")
        self.until(lambda: self.row()["error"], "the primary's absence is told")

    def test_one_that_is_not_heard_of_expires(self):
        primary = ScriptedPrimary(self, [zone_text(1, ["bad1.example"], refresh=1, expire=3)])
        self.stand_up(primary.where)
        self.until(lambda: self.seen("bad1.example") == CLOSED, "the zone")
        primary.broken = "refuse"
        self.until(lambda: self.seen("bad1.example") == OPEN, "the end of a zone that nobody vouches for")
        self.assertIn("expired", self.row()["error"])
        primary.broken = ""
        self.until(lambda: self.seen("bad1.example") == CLOSED, "the zone is back")
        self.until(lambda: self.row()["error"] is None, "and well")

    def test_what_goes_wrong_leaves_the_zone_as_it_was(self):
        primary = ScriptedPrimary(self, [zone_text(5, ["bad1.example"], refresh=1)])
        self.stand_up(primary.where)
        self.until(lambda: self.seen("bad1.example") == CLOSED, "the zone")
        primary.zones.append(zone_text(6, ["other.example"], refresh=1))
        for broken, why in (("wrong-key", "BADSIG"), ("unsigned", "signature"), ("cut", "cut in the middle"),
                            ("no-end", "cut in the middle"), ("html", "cut in the middle"), ("silent", "in time"),
                            ("foreign", "is not in the zone"), ("other-end", "SOA at the end")):
            with self.subTest(broken=broken):
                primary.broken = broken
                self.until(lambda: why in (self.row()["error"] or ""), f"an error that says {why}")
                self.assertEqual((self.seen("bad1.example"), self.seen("other.example")), (CLOSED, OPEN))
        primary.broken = ""
        primary.zones.append(zone_text(4, ["other.example"], refresh=1))
        self.until(lambda: "went back from 5 to 4" in (self.row()["error"] or ""), "a serial that goes backwards")
        self.assertEqual(self.seen("bad1.example"), CLOSED)
        primary.zones.append(zone_text(7, ["bad1.example", "other.example"], refresh=1))
        self.until(lambda: self.seen("other.example") == CLOSED, "the next good one")

    def test_a_primary_that_sends_without_end_is_left(self):
        primary = ScriptedPrimary(self, [zone_text(5, ["bad1.example"], refresh=1)])
        self.stand_up(primary.where, tsig=False)
        self.until(lambda: self.seen("bad1.example") == CLOSED, "the zone")
        primary.zones.append(zone_text(6, ["other.example"], refresh=1))
        primary.broken = "endless"
        self.until(lambda: "does not end within 1024 MiB" in (self.row()["error"] or ""), "an error that says why")
        self.assertEqual((self.seen("bad1.example"), self.seen("other.example")), (CLOSED, OPEN))
        self.assertTrue(any("does not end within" in problem["what"] and "nation" in problem["what"]
                            for problem in self.resolver.cenote_json("status")["problems"]))
        primary.broken = ""
        self.until(lambda: self.seen("other.example") == CLOSED, "the next good one")
        self.until(lambda: not any("nation" in problem["what"]
                                   for problem in self.resolver.cenote_json("status")["problems"]), "all is well")

    def test_a_flood_of_notify_makes_few_questions(self):
        primary = ScriptedPrimary(self, [zone_text(1, ["bad1.example"])])
        self.stand_up(primary.where)
        self.until(lambda: self.seen("bad1.example") == CLOSED, "the zone")
        notify = dns.message.make_query(ZONE, "SOA")
        notify.set_opcode(dns.opcode.NOTIFY)
        asked, begun = primary.asked, time.monotonic()
        for i in range(1000):
            self.assertRcode(self.resolver.send(notify), "NOERROR")
        primary.zones.append(zone_text(2, ["bad1.example", "bad2.example"]))
        self.resolver.send(notify)
        self.until(lambda: self.seen("bad2.example") == CLOSED, "the change that the last one is about")
        pauses = time.monotonic() - begun  # of a second each
        self.assertLessEqual(primary.asked - asked, pauses + 3, "a refresh now, one for each pause, and the transfer")

    def test_a_kill_in_the_middle_leaves_the_zone_as_it_was(self):
        primary = ScriptedPrimary(self, [zone_text(1, ["bad1.example"], refresh=1)])
        self.stand_up(primary.where)
        self.until(lambda: self.seen("bad1.example") == CLOSED, "the zone")
        for i in range(5):
            primary.zones.append(zone_text(i + 2, ["bad1.example", f"new{i}.example"], refresh=1))
            children = pathlib.Path(f"/proc/{self.resolver.daemon.process.pid}/task/{self.resolver.daemon.process.pid}/children")
            keeper = int(children.read_text().split()[0])
            self.until(lambda: primary.asked > i + 1, "it asks")
            os.kill(keeper, signal.SIGKILL)
            self.until(lambda: not alive(keeper), "its end, which a write to the disk can put off")
            self.assertEqual(self.seen("bad1.example"), CLOSED)
            self.assertEqual(self.resolver.cenote("inspect", self.resolver.set).returncode, 0)
            self.resolver.cenote_ok("reload")  # starts it again; a minute would as well
        self.until(lambda: self.seen("new4.example") == CLOSED, "the newest")

    def test_a_stop_while_a_change_is_taken(self):
        kept = [f"n{i}.example" for i in range(60)]
        primary = ScriptedPrimary(self, [zone_text(1, kept, refresh=1)])
        self.stand_up(primary.where)
        self.until(lambda: self.seen("n1.example") == CLOSED, "the zone")
        for i in range(12):
            asked = primary.asked
            primary.zones.append(zone_text(i + 2, kept + [f"came{i}.example"], refresh=1))
            self.until(lambda: primary.asked >= asked + 2, "it asks and transfers")
            self.resolver.stop()  # which the process that keeps zones may have a question to just then
            self.resolver.start()
        self.until(lambda: self.seen("came11.example") == CLOSED, "the newest")
        self.check_names(["n1.example"], ["came0.example", "came10.example"])

    def test_a_zone_that_was_written_and_not_compiled_is_compiled_at_the_start(self):
        primary = ScriptedPrimary(self, [zone_text(1, ["bad1.example"], refresh=1)])
        self.stand_up(primary.where)
        self.until(lambda: self.seen("bad1.example") == CLOSED, "the zone")
        self.resolver.stop()
        primary.zones.append(zone_text(2, ["bad1.example", "bad2.example"], refresh=1))
        zone = self.resolver.folder / "lists" / "nation.zone"
        text = zone.read_text().replace("hostmaster.localhost. 1 ", "hostmaster.localhost. 2 ")
        zone.write_text(text + "bad2.example CNAME .\n")  # a kill between the two leaves it so
        self.resolver.start()
        self.until(lambda: self.seen("bad2.example") == CLOSED, "what the zone on disk says")

    def test_a_zone_that_the_guard_refuses_does_not_count_as_good(self):
        primary = ScriptedPrimary(self, [zone_text(1, ["bad1.example"], refresh=1)])
        self.stand_up(primary.where)
        self.until(lambda: self.seen("bad1.example") == CLOSED, "the zone")
        primary.zones.append(zone_text(2, ["bad1.example", "co.kr"], refresh=1))
        self.until(lambda: "may not be sinkholed" in (self.row()["error"] or ""), "the guard's word")
        good, asked = self.row()["last_good"], primary.asked
        self.until(lambda: primary.asked > asked + 2, "refreshes that find the same serial")
        self.assertEqual(self.row()["last_good"], good)
        self.assertIn("may not be sinkholed", self.row()["error"])
        primary.broken = "refuse"
        self.until(lambda: "may not be sinkholed" not in self.row()["error"], "the primary's absence is told")
        primary.broken = ""
        self.until(lambda: "may not be sinkholed" in (self.row()["error"] or ""), "the guard's word again")
        self.assertEqual(self.row()["last_good"], good)

    def deltas(self):
        return sorted(self.resolver.folder.glob("cenote.set.delta.*"))

    def check_names(self, closed, opened):
        for name in closed:
            self.assertEqual((name, self.seen(name)), (name, CLOSED))
        for name in opened:
            self.assertEqual((name, self.seen(name)), (name, OPEN))

    def test_a_small_change_goes_beside_the_set(self):
        kept = [f"n{i}.example" for i in range(60)]
        primary = ScriptedPrimary(self, [zone_text(1, kept + ["bad1.example"], refresh=1)])
        self.stand_up(primary.where)
        self.until(lambda: self.seen("bad1.example") == CLOSED, "the zone")
        large = self.resolver.set.stat().st_ino
        self.assertEqual(self.deltas(), [])

        primary.zones.append(zone_text(2, kept + ["bad2.example", "x.bad1.example"], refresh=1))
        self.until(lambda: self.seen("bad2.example") == CLOSED, "what came")
        self.check_names(["a.bad2.example", "x.bad1.example", "y.x.bad1.example", "n7.example"],
                         ["bad1.example", "y.bad1.example", "good.example"])
        self.assertEqual(self.resolver.set.stat().st_ino, large, "the set was not compiled")
        self.assertEqual(len(self.deltas()), 1)
        self.assertEqual((self.row()["entries"], self.row()["error"]), (2 * 62, None))
        self.assertEqual(self.resolver.cenote_json("inspect", self.resolver.set)["domains"],
                         self.resolver.cenote_json("status")["set"]["domains"])
        last = self.resolver.cenote_json("audit")[-1]
        self.assertEqual(last["action"], "update")
        self.assertIn("zone serial 2, 4 records came and 2 went", last["note"])
        told = self.resolver.cenote_json("explain", "y.x.bad1.example")
        self.assertEqual((told["verdict"], told["list"]), ("restrict", "nation"))

        # Over a restart, after which the increments go on where they were.
        self.resolver.stop()
        self.resolver.start()
        self.check_names(["bad2.example", "x.bad1.example"], ["bad1.example"])
        primary.zones.append(zone_text(3, kept + ["bad3.example"], refresh=1))
        self.until(lambda: self.seen("bad3.example") == CLOSED, "what came after a restart")
        self.check_names(["n7.example"], ["bad1.example", "bad2.example", "x.bad1.example"])
        self.assertEqual(self.resolver.set.stat().st_ino, large)

        # Compiling makes one of the two, and says the same.
        domains, before = self.resolver.cenote_json("status")["set"]["domains"], self.deltas()
        self.resolver.cenote_ok("update", "--local")
        self.assertEqual(self.deltas(), before, "for a rollback")
        self.assertNotEqual(self.resolver.set.stat().st_ino, large)
        self.assertEqual(self.resolver.cenote_json("status")["set"]["domains"], domains)
        self.check_names(["bad3.example", "n7.example"], ["bad1.example", "bad2.example", "x.bad1.example"])

        # The set before it has its delta still. It is another set, so the zone's next change is compiled.
        primary.zones.append(zone_text(4, kept + ["bad4.example"], refresh=1))
        self.until(lambda: self.seen("bad4.example") == CLOSED, "beside the new set")
        self.resolver.cenote_ok("update", "--rollback")
        self.assertEqual(self.resolver.set.stat().st_ino, large)
        self.check_names(["bad3.example", "n7.example"], ["bad1.example", "bad4.example"])
        primary.zones.append(zone_text(5, kept + ["bad5.example"], refresh=1))
        self.until(lambda: self.seen("bad5.example") == CLOSED, "after a rollback")
        self.check_names(["n7.example"], ["bad1.example", "bad3.example", "bad4.example"])
        self.assertNotEqual(self.resolver.set.stat().st_ino, large)

    def test_no_query_is_lost_while_increments_come(self):
        kept = [f"n{i}.example" for i in range(60)]
        primary = ScriptedPrimary(self, [zone_text(1, kept, refresh=1)])
        self.stand_up(primary.where)
        self.until(lambda: self.seen("n1.example") == CLOSED, "the zone")
        before = self.resolver.cenote_json("status")["queries"]
        asked = 0
        for i in range(5):
            primary.zones.append(zone_text(i + 2, kept + [f"came{i}.example"], refresh=1))
            here = False
            while not here:
                self.check_names(["n1.example", "x.n59.example"], ["good.example"])  # fails where no answer comes
                here = self.seen(f"came{i}.example") == CLOSED
                asked += 4
        self.check_names(["came4.example"], ["came0.example", "came3.example"])
        self.assertEqual(self.resolver.cenote_json("status")["queries"], before + asked + 3, "each was asked once")

    def test_what_is_protected_meanwhile_stays_open(self):
        kept = [f"n{i}.example" for i in range(60)]
        primary = ScriptedPrimary(self, [zone_text(1, kept, refresh=1)])
        self.stand_up(primary.where)
        self.until(lambda: self.seen("n1.example") == CLOSED, "the zone")
        text = self.resolver.config.read_text()
        self.resolver.config.write_text(text.replace("[blocklist]", '[blocklist]\nprotect = ["agency.example"]'))
        self.assertNotEqual(text, self.resolver.config.read_text())
        self.resolver.cenote_ok("reload")
        primary.zones.append(zone_text(2, kept + ["www.agency.example", "other.example"], refresh=1))
        self.until(lambda: "may not be sinkholed" in (self.row()["error"] or ""), "the guard's word")
        self.check_names(["n1.example"], ["www.agency.example", "other.example"])

    def test_a_change_that_finds_another_update_at_work_comes_after_it(self):
        kept = [f"n{i}.example" for i in range(60)]
        primary = ScriptedPrimary(self, [zone_text(1, kept, refresh=1)])
        self.stand_up(primary.where)
        self.until(lambda: self.seen("n1.example") == CLOSED, "the zone")
        with open(f"{self.resolver.set}.lock", "w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            primary.zones.append(zone_text(2, kept + ["bad2.example"], refresh=1))
            self.until(lambda: f"zone {ZONE}: serial 2" in self.resolver.daemon.log(), "it is there")
            notify = dns.message.make_query(ZONE, "SOA")
            notify.set_opcode(dns.opcode.NOTIFY)
            asked = primary.asked
            self.resolver.send(notify)
            self.until(lambda: primary.asked > asked, "it asks again, and finds the serial that it has")
            self.check_names(["n1.example"], ["bad2.example"])
        self.until(lambda: self.seen("bad2.example") == CLOSED, "what came while another update was at work")

    def test_a_large_change_is_compiled(self):
        names = [f"n{i}.example" for i in range(71)]
        primary = ScriptedPrimary(self, [zone_text(1, names[:60], refresh=1)])
        self.stand_up(primary.where)
        self.until(lambda: self.seen("n1.example") == CLOSED, "the zone")
        large = self.resolver.set.stat().st_ino
        primary.zones.append(zone_text(2, names, refresh=1))
        self.until(lambda: self.seen("n70.example") == CLOSED, "all that came")
        self.assertNotEqual(self.resolver.set.stat().st_ino, large)
        self.assertEqual(self.deltas(), [])

    @unittest.skipIf(os.geteuid() != 0, "needs root, to make a small file system")
    def test_a_full_disk_leaves_the_zone_as_it_was(self):
        small = pathlib.Path(tempfile.mkdtemp(prefix="cenote-small-"))
        self.addCleanup(shutil.rmtree, small, True)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", small], capture_output=True, text=True)
        if mounted.returncode != 0:
            self.skipTest(f"cannot mount a file system here: {mounted.stderr.strip()}")
        self.addCleanup(subprocess.run, ["umount", "-l", small])
        kept = [f"n{i}.example" for i in range(60)]
        primary = ScriptedPrimary(self, [zone_text(1, kept, refresh=1)])
        self.stand_up(primary.where, place=small)
        self.until(lambda: self.seen("n1.example") == CLOSED, "the zone")
        with open(small / "fill", "wb", buffering=0) as fill:
            with self.assertRaises(OSError):
                while True:
                    fill.write(bytes(4096))
            primary.zones.append(zone_text(2, kept + ["bad2.example"], refresh=1))
            self.until(lambda: "No space left" in self.resolver.daemon.log(), "what is wrong is told")
            self.resolver.cenote_ok("reload")
            self.check_names(["n1.example"], ["bad2.example"])
            fill.truncate(0)
        self.until(lambda: self.seen("bad2.example") == CLOSED, "the change, once there is room")
        self.assertEqual(self.row()["error"], None)

    def test_a_damaged_delta_is_told_and_mended(self):
        kept = [f"n{i}.example" for i in range(60)]
        primary = ScriptedPrimary(self, [zone_text(1, kept, refresh=1)])
        self.stand_up(primary.where)
        self.until(lambda: self.seen("n1.example") == CLOSED, "the zone")
        primary.zones.append(zone_text(2, kept + ["bad2.example"], refresh=1))
        self.until(lambda: self.seen("bad2.example") == CLOSED, "what came")
        primary.broken = "refuse"
        delta, = self.deltas()
        whole = delta.read_bytes()
        for damaged in (b"", whole[:100], whole[:-64], whole[:300] + b"\xff" + whole[301:], whole + b"x",
                        self.resolver.set.read_bytes()):
            delta.unlink()  # a mapped file is never changed in place
            delta.write_bytes(damaged)
            refused = self.resolver.cenote("reload")
            self.assertEqual(refused.returncode, 1, damaged[:10])
            self.assertIn(delta.name, refused.stderr)
            self.check_names(["bad2.example", "n1.example"], ["good.example"])
        self.resolver.stop()
        self.resolver.start()
        self.check_names(["n1.example"], ["good.example"])
        self.assertIn("without its delta", self.resolver.daemon.log())
        self.assertTrue(any(delta.name in row["what"] for row in self.resolver.cenote_json("status")["problems"]))
        self.resolver.cenote_ok("update", "--local")
        self.check_names(["bad2.example", "n1.example"], ["good.example"])
        self.assertFalse(any(delta.name in row["what"] for row in self.resolver.cenote_json("status")["problems"]))

    def test_another_secret(self):
        primary = ScriptedPrimary(self, [zone_text(1, ["bad1.example"])])
        self.stand_up(primary.where, secret=base64.b64encode(b"another secret altogether").decode())
        self.until(lambda: "BADSIG" in (self.row()["error"] or ""), "an error")
        self.assertEqual(self.seen("bad1.example"), OPEN)

    def test_addresses_of_a_zone_close_what_reveals_them(self):
        text = zone_text(1, []) + "24.0.2.0.192.rpz-ip CNAME .\n32.7.2.0.192.rpz-ip CNAME rpz-passthru.\n"
        primary = ScriptedPrimary(self, [text])
        self.stand_up(primary.where)
        self.until(lambda: self.seen("any.example") == CLOSED, "an answer with such an address is closed")

    def test_clients_of_a_zone_get_everything_closed_or_nothing(self):
        text = (zone_text(1, ["bad1.example"]) + "32.66.0.0.127.rpz-client-ip CNAME .\n"
                "32.67.0.0.127.rpz-client-ip CNAME rpz-passthru.\n")
        primary = ScriptedPrimary(self, [text])
        self.stand_up(primary.where)
        self.until(lambda: self.seen("bad1.example") == CLOSED, "the zone")
        for source, anything, listed in (("127.0.0.1", OPEN, CLOSED), ("127.0.0.66", CLOSED, CLOSED),
                                         ("127.0.0.67", OPEN, OPEN)):
            self.assertEqual(addresses(self.resolver.ask("any.example", source=source)), anything, source)
            self.assertEqual(addresses(self.resolver.ask("bad1.example", source=source)), listed, source)
            told = self.resolver.cenote_json("explain", "any.example", "--client", source)
            self.assertEqual(told["verdict"], "restrict" if anything == CLOSED else "forward")

    def test_a_reload_takes_other_zones(self):
        primary = ScriptedPrimary(self, [zone_text(1, ["bad1.example"])])
        self.stand_up(primary.where)
        self.until(lambda: self.seen("bad1.example") == CLOSED, "the zone")
        other = ScriptedPrimary(self, [zone_text(9, ["bad9.example"] )])
        text = self.resolver.config.read_text().replace(primary.where, other.where)
        self.resolver.config.write_text(text)
        self.resolver.cenote_ok("reload")
        self.until(lambda: self.seen("bad9.example") == CLOSED, "the other primary's")


class ScriptedPrimary:
    """A primary that signs its answers, or does what `broken` says."""

    def __init__(self, test, zones):
        self.zones, self.broken, self.asked = zones, "", 0
        self.keyring = dns.tsigkeyring.from_text({KEY: SECRET})
        self.other = dns.tsigkeyring.from_text({KEY: base64.b64encode(b"x" * 32).decode()})
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.where = "127.0.0.1:%d" % self.socket.getsockname()[1]
        test.addCleanup(self.socket.close)
        threading.Thread(target=self.accept, daemon=True).start()

    def records(self):
        zone = dns.zone.from_text(self.zones[-1], check_origin=False, relativize=False)
        rows = [dns.rrset.from_rdata(name, rdataset.ttl, rdata) for name, rdataset in zone.iterate_rdatasets()
                for rdata in rdataset]
        soa = [row for row in rows if row.rdtype == dns.rdatatype.SOA]
        return soa + [row for row in rows if row.rdtype != dns.rdatatype.SOA] + soa

    def accept(self):
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        with client:
            try:
                client.settimeout(PATIENCE)
                while True:
                    wire = read_exactly(client, int.from_bytes(read_exactly(client, 2), "big"))
                    self.answer(client, wire)
            except (EOFError, OSError):
                pass
            except dns.exception.DNSException:  # it is signed with another secret
                client.sendall(framed(wire[:2] + b"\x80\x09" + bytes(8)))  # NOTAUTH, unsigned

    def answer(self, client, wire):
        query = dns.message.from_wire(wire, keyring=self.keyring)
        kind = query.question[0].rdtype
        broken = self.broken
        self.asked += 1
        if broken == "refuse":
            raise EOFError
        reply = dns.message.make_response(query)
        reply.use_tsig(self.keyring, keyname=KEY)
        rows = self.records()
        if kind == dns.rdatatype.SOA:
            rows = rows[:1]
            broken = broken if broken in ("wrong-key", "silent") else ""
        if kind == dns.rdatatype.IXFR and query.authority and query.authority[0][0].serial == rows[0][0].serial:
            rows = rows[:1]  # nothing new (RFC 1995 section 2)
        if broken == "foreign":
            rows.insert(2, dns.rrset.from_text("elsewhere.example.", 60, "IN", "CNAME", "."))
        if broken == "other-end":
            rows[-1] = dns.rrset.from_text(ZONE + ".", 60, "IN", "SOA", "localhost. root.localhost. 99 1 1 1 1")
        if broken == "no-end":
            rows = rows[:-1]
        if broken == "endless" and kind != dns.rdatatype.SOA:
            head = dns.message.make_response(query)
            head.answer.append(rows[0])
            client.sendall(framed(head.to_wire()))
            signature = b"\1x" + dns.name.from_text(ZONE).to_wire() + bytes([0, 46, 0, 1, 0, 0, 0, 60]) + framed(bytes(60000))
            more = framed(wire[:2] + b"\x84\0\0\0\0\1\0\0\0\0" + signature)
            while True:
                client.sendall(more)
        if broken == "silent":
            threading.Event().wait(8)
            raise EOFError
        for row in rows:
            reply.answer.append(row)
        if broken == "wrong-key":
            reply.use_tsig(self.other, keyname=KEY)
        if broken == "unsigned":
            reply.use_tsig(None)
        reply.request_payload = 65535
        data = framed(reply.to_wire(max_size=65535))
        if broken == "cut":
            data = data[:len(data) // 2]
        if broken == "html":
            data = b"<html>no</html>"
        client.sendall(data)
        if broken in ("cut", "html", "no-end"):
            raise EOFError


if __name__ == "__main__":
    main()
