# SPDX-License-Identifier: Apache-2.0
"""A changed secondary zone is published as a delta beside the set, or compiled; a kill or a full disk leaves a whole set."""
import fcntl
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import unittest

import dns.message
import dns.opcode

from daemon import is_alive
from harness import main
from secondary_zones import SINKHOLED, ZONE, ScriptedPrimary, SecondaryZoneTest, zone_text


class RpzInPublishing(SecondaryZoneTest):
    def deltas(self):
        return sorted(self.resolver.folder.glob("cenote.set.delta.*"))

    def test_a_small_change_goes_beside_the_set(self):
        kept = [f"n{i}.example" for i in range(60)]
        primary = ScriptedPrimary(self, [zone_text(1, kept + ["bad1.example"], refresh=1)])
        self.stand_up(primary.where)
        self.until(lambda: self.seen("bad1.example") == SINKHOLED, "the zone")
        large = self.resolver.set.stat().st_ino
        self.assertEqual(self.deltas(), [])

        primary.zones.append(zone_text(2, kept + ["bad2.example", "x.bad1.example"], refresh=1))
        self.until(lambda: self.seen("bad2.example") == SINKHOLED, "the addition")
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
        explained = self.resolver.cenote_json("explain", "y.x.bad1.example")
        self.assertEqual((explained["verdict"], explained["list"]), ("restrict", "nation"))

        # After a restart, increments continue from the zone on disk.
        self.resolver.stop()
        self.resolver.start()
        self.check_names(["bad2.example", "x.bad1.example"], ["bad1.example"])
        primary.zones.append(zone_text(3, kept + ["bad3.example"], refresh=1))
        self.until(lambda: self.seen("bad3.example") == SINKHOLED, "an addition after a restart")
        self.check_names(["n7.example"], ["bad1.example", "bad2.example", "x.bad1.example"])
        self.assertEqual(self.resolver.set.stat().st_ino, large)

        # Compiling merges the two without a change of names.
        domains, before = self.resolver.cenote_json("status")["set"]["domains"], self.deltas()
        self.resolver.cenote_ok("update", "--local")
        self.assertEqual(self.deltas(), before, "for a rollback")
        self.assertNotEqual(self.resolver.set.stat().st_ino, large)
        self.assertEqual(self.resolver.cenote_json("status")["set"]["domains"], domains)
        self.check_names(["bad3.example", "n7.example"], ["bad1.example", "bad2.example", "x.bad1.example"])

        # The previous set still has its delta. It is another set, so the next change of the zone is compiled.
        primary.zones.append(zone_text(4, kept + ["bad4.example"], refresh=1))
        self.until(lambda: self.seen("bad4.example") == SINKHOLED, "beside the new set")
        self.resolver.cenote_ok("update", "--rollback")
        self.assertEqual(self.resolver.set.stat().st_ino, large)
        self.check_names(["bad3.example", "n7.example"], ["bad1.example", "bad4.example"])
        primary.zones.append(zone_text(5, kept + ["bad5.example"], refresh=1))
        self.until(lambda: self.seen("bad5.example") == SINKHOLED, "after a rollback")
        self.check_names(["n7.example"], ["bad1.example", "bad3.example", "bad4.example"])
        self.assertNotEqual(self.resolver.set.stat().st_ino, large)

    def test_no_query_is_lost_while_increments_come(self):
        kept = [f"n{i}.example" for i in range(60)]
        primary = ScriptedPrimary(self, [zone_text(1, kept, refresh=1)])
        self.stand_up(primary.where)
        self.until(lambda: self.seen("n1.example") == SINKHOLED, "the zone")
        before = self.resolver.cenote_json("status")["queries"]
        asked = 0
        for i in range(5):
            primary.zones.append(zone_text(i + 2, kept + [f"came{i}.example"], refresh=1))
            here = False
            while not here:
                self.check_names(["n1.example", "x.n59.example"], ["good.example"])  # fails where there is no answer
                here = self.seen(f"came{i}.example") == SINKHOLED
                asked += 4
        self.check_names(["came4.example"], ["came0.example", "came3.example"])
        self.assertEqual(self.resolver.cenote_json("status")["queries"], before + asked + 3, "each was sent once")

    def test_what_is_protected_meanwhile_stays_open(self):
        kept = [f"n{i}.example" for i in range(60)]
        primary = ScriptedPrimary(self, [zone_text(1, kept, refresh=1)])
        self.stand_up(primary.where)
        self.until(lambda: self.seen("n1.example") == SINKHOLED, "the zone")
        text = self.resolver.config.read_text()
        self.resolver.config.write_text(text.replace("[blocklist]", '[blocklist]\nprotect = ["agency.example"]'))
        self.assertNotEqual(text, self.resolver.config.read_text())
        self.resolver.cenote_ok("reload")
        primary.zones.append(zone_text(2, kept + ["www.agency.example", "other.example"], refresh=1))
        self.until(lambda: "may not be sinkholed" in (self.row()["error"] or ""), "the reason of acceptance")
        self.check_names(["n1.example"], ["www.agency.example", "other.example"])

    def test_a_change_waits_for_another_update(self):
        kept = [f"n{i}.example" for i in range(60)]
        primary = ScriptedPrimary(self, [zone_text(1, kept, refresh=1)])
        self.stand_up(primary.where)
        self.until(lambda: self.seen("n1.example") == SINKHOLED, "the zone")
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
        self.until(lambda: self.seen("bad2.example") == SINKHOLED, "the change that arrived during another update")

    def test_a_large_change_is_compiled(self):
        names = [f"n{i}.example" for i in range(71)]
        primary = ScriptedPrimary(self, [zone_text(1, names[:60], refresh=1)])
        self.stand_up(primary.where)
        self.until(lambda: self.seen("n1.example") == SINKHOLED, "the zone")
        large = self.resolver.set.stat().st_ino
        primary.zones.append(zone_text(2, names, refresh=1))
        self.until(lambda: self.seen("n70.example") == SINKHOLED, "all changes")
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
        self.until(lambda: self.seen("n1.example") == SINKHOLED, "the zone")
        with open(small / "fill", "wb", buffering=0) as fill:
            with self.assertRaises(OSError):
                while True:
                    fill.write(bytes(4096))
            primary.zones.append(zone_text(2, kept + ["bad2.example"], refresh=1))
            self.until(lambda: "No space left" in self.resolver.daemon.log(), "the reason is logged")
            self.resolver.cenote_ok("reload")
            self.check_names(["n1.example"], ["bad2.example"])
            fill.truncate(0)
        self.until(lambda: self.seen("bad2.example") == SINKHOLED, "the change, once there is room")
        self.assertEqual(self.row()["error"], None)

    def test_a_damaged_delta_is_reported_and_replaced(self):
        kept = [f"n{i}.example" for i in range(60)]
        primary = ScriptedPrimary(self, [zone_text(1, kept, refresh=1)])
        self.stand_up(primary.where)
        self.until(lambda: self.seen("n1.example") == SINKHOLED, "the zone")
        primary.zones.append(zone_text(2, kept + ["bad2.example"], refresh=1))
        self.until(lambda: self.seen("bad2.example") == SINKHOLED, "the addition")
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

    def test_a_stop_while_a_change_is_taken(self):
        kept = [f"n{i}.example" for i in range(60)]
        primary = ScriptedPrimary(self, [zone_text(1, kept, refresh=1)])
        self.stand_up(primary.where)
        self.until(lambda: self.seen("n1.example") == SINKHOLED, "the zone")
        for i in range(12):
            asked = primary.asked
            primary.zones.append(zone_text(i + 2, kept + [f"came{i}.example"], refresh=1))
            self.until(lambda: primary.asked >= asked + 2, "it asks and transfers")
            self.resolver.stop()  # while the transfer process may have a request to it
            self.resolver.start()
        self.until(lambda: self.seen("came11.example") == SINKHOLED, "the newest")
        self.check_names(["n1.example"], ["came0.example", "came10.example"])

    def test_a_zone_that_was_written_and_not_compiled_is_compiled_at_the_start(self):
        primary = ScriptedPrimary(self, [zone_text(1, ["bad1.example"], refresh=1)])
        self.stand_up(primary.where)
        self.until(lambda: self.seen("bad1.example") == SINKHOLED, "the zone")
        self.resolver.stop()
        primary.zones.append(zone_text(2, ["bad1.example", "bad2.example"], refresh=1))
        zone = self.resolver.folder / "lists" / "nation.zone"
        text = zone.read_text().replace("hostmaster.localhost. 1 ", "hostmaster.localhost. 2 ")
        zone.write_text(text + "bad2.example CNAME .\n")  # as a kill between writing and publishing leaves it
        self.resolver.start()
        self.until(lambda: self.seen("bad2.example") == SINKHOLED, "what the zone on disk has")

    def test_a_zone_that_the_guard_refuses_is_no_good_copy(self):
        primary = ScriptedPrimary(self, [zone_text(1, ["bad1.example"], refresh=1)])
        self.stand_up(primary.where)
        self.until(lambda: self.seen("bad1.example") == SINKHOLED, "the zone")
        primary.zones.append(zone_text(2, ["bad1.example", "co.kr"], refresh=1))
        self.until(lambda: "may not be sinkholed" in (self.row()["error"] or ""), "the reason of acceptance")
        good, asked = self.row()["last_good"], primary.asked
        self.until(lambda: primary.asked > asked + 2, "refreshes that find the same serial")
        self.assertEqual(self.row()["last_good"], good)
        self.assertIn("may not be sinkholed", self.row()["error"])
        primary.broken = "refuse"
        self.until(lambda: "may not be sinkholed" not in self.row()["error"], "the error of a primary that does not answer")
        primary.broken = ""
        self.until(lambda: "may not be sinkholed" in (self.row()["error"] or ""), "the reason of acceptance again")
        self.assertEqual(self.row()["last_good"], good)

    def test_a_kill_in_the_middle_leaves_the_zone_as_it_was(self):
        primary = ScriptedPrimary(self, [zone_text(1, ["bad1.example"], refresh=1)])
        self.stand_up(primary.where)
        self.until(lambda: self.seen("bad1.example") == SINKHOLED, "the zone")
        for i in range(5):
            primary.zones.append(zone_text(i + 2, ["bad1.example", f"new{i}.example"], refresh=1))
            children = pathlib.Path(f"/proc/{self.resolver.daemon.process.pid}/task/{self.resolver.daemon.process.pid}/children")
            self.until(lambda: children.read_text().split(), "the process that keeps zones")
            keeper = int(children.read_text().split()[0])
            self.until(lambda: primary.asked > i + 1, "it asks")
            os.kill(keeper, signal.SIGKILL)
            self.until(lambda: not is_alive(keeper), "its end, which a write to the disk can delay")
            self.assertEqual(self.seen("bad1.example"), SINKHOLED)
            self.assertEqual(self.resolver.cenote("inspect", self.resolver.set).returncode, 0)
            self.resolver.cenote_ok("reload")  # starts it again at once, not after a minute
        self.until(lambda: self.seen("new4.example") == SINKHOLED, "the newest")


if __name__ == "__main__":
    main()
