# SPDX-License-Identifier: Apache-2.0
"""Days of the history are sealed into the audit trail when they are over; what changes afterwards is found, on this node
and on one that imported history and trail."""
import base64
import datetime
import hashlib
import json
import pathlib
import re
import sqlite3
import sys

from daemon import eventually
from harness import Clock, SystemTest, addresses, main

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "history"))
import day_digests  # noqa: E402

NAME = "chat.alpha-ai.example"
ROLES = ("", "web", "app", "api", "sdk", "cdn", "login", "telemetry")
DAY = 86400


def seconds(text):
    return int(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp())


def role_number(word):
    return ROLES.index("" if word in (None, "none") else word)


def digests_of_export(text, node, day):
    """The digests of a day, from `cenote history export` and the description in docs/CONTROL.md."""
    start = seconds(day + "T00:00:00Z")
    lines = {name: [] for name in ("days", "hours", "signals", "gaps", "sketches")}
    for row in map(json.loads, text.splitlines()[1:-1]):
        kind = row["kind"]
        if kind == "gap":
            begins, ends = seconds(row["from"]), seconds(row["to"])
            if begins < start + DAY and ends > start:
                lines["gaps"].append(day_digests.gap_line(start, begins, ends, row["why"]))
            continue
        at = seconds(row["at"] if kind == "count" else row["day"])
        if not start <= at < start + DAY:
            continue
        if kind == "count":
            lines[row["span"] + "s"].append(day_digests.count_line(
                at, row["verdict"], role_number(row["role"]), row["transport"], row["service"], row["directive"],
                row["group"], row["count"]))
        elif kind == "sketch":
            lines["sketches"].append(day_digests.sketch_line(
                at, row["service"], row["directive"], row["group"], int(row["seed_id"], 16),
                base64.b64decode(row["clients"]), base64.b64decode(row["episodes"])))
        else:
            lines["signals"].append(day_digests.signal_line(at, row["signal"], row["group"], row["count"]))
    return day_digests.parts(start, node, **lines)


class Seals(SystemTest):
    def start(self, at, passes=True):
        self.resolver = self.node()
        self.clock = Clock(self.resolver, at, passes=passes)
        self.resolver.start()

    def pass_to(self, at):
        self.clock.set(at)
        eventually(lambda: self.written() >= seconds(at), "the history")

    def written(self):
        return self.resolver.metric("cenote_history_written_timestamp_seconds", 0)

    def ask(self, times=1):
        for _ in range(times):
            self.assertEqual(addresses(self.resolver.ask(NAME)), ["0.0.0.0"])

    def seals(self, node=None):
        return [row for row in (node or self.resolver).cenote_json("audit") if row["action"] == "history seal"]

    def wait_for_seals(self, days):
        eventually(lambda: [row["object"] for row in self.seals()] == days, f"seals of {days}")

    def verify(self, report, node=None):
        """The check of the days in `report --verify`."""
        node = node or self.resolver
        file = node.folder / "report.json"
        file.write_text(json.dumps(report))
        done = node.cenote("report", "--verify", str(file), "--json")
        return done.returncode, {check["check"]: check for check in json.loads(done.stdout)["checks"]}["days"]

    def report(self, days, end):
        """What --verify reads of a report as JSON."""
        data = {"report": 1, "period": {"from": days[0][0] + "T00:00:00Z", "to": end},
                "scope": {"nodes": ["node1"], "directive": None, "group": None}, "policies": [],
                "data": {"days": [{"day": day, "nodes": [{"node": "node1", "digest": digest}]} for day, digest in days]}}
        text = json.dumps(data, sort_keys=True, separators=(",", ":"))
        return {**data, "data_digest": hashlib.sha256(text.encode()).hexdigest(), "made": {"by": "kim"}}

    def problems(self):
        return [row["what"] for row in self.resolver.cenote_json("status")["problems"] if "sealed" in row["what"]]

    def change_history(self, statement):
        with sqlite3.connect(self.resolver.folder / "history.db") as database:
            database.execute(statement)

    def test_a_day_is_sealed_when_it_is_over(self):
        self.start("2098-03-20T23:50:00Z")
        self.ask(3)
        self.pass_to("2098-03-20T23:59:30Z")
        self.ask(2)
        self.assertEqual(self.seals(), [])
        self.pass_to("2098-03-21T00:00:30Z")
        self.wait_for_seals(["2098-03-20"])
        own = digests_of_export(self.resolver.cenote_ok("history", "export"), "node1", "2098-03-20")
        self.assertEqual(self.seals()[0]["after"], "node1 digest {kept}, counts {counts}, sketches {sketches}, hours {hours}"
                         .format(**own))
        self.assertIn(own["kept"], self.resolver.cenote_ok("audit"))
        report = self.report([("2098-03-20", own["kept"])], "2098-03-21T00:00:00Z")
        self.assertTrue(self.verify(report)[1]["ok"])

        # A stop over midnight: the gap comes first, and then the seal.
        self.ask(1)
        self.pass_to("2098-03-21T12:00:00Z")
        self.resolver.stop()
        self.clock.set("2098-03-23T08:00:00Z")
        self.resolver.start()
        self.wait_for_seals(["2098-03-20", "2098-03-21"])
        gap = digests_of_export(self.resolver.cenote_ok("history", "export"), "node1", "2098-03-21")
        self.assertIn(gap["counts"], self.seals()[1]["after"])
        self.assertIn("none altered", self.resolver.cenote_ok("audit", "--verify"))

    def test_what_changes_after_the_seal_is_found(self):
        self.start("2098-03-20T12:00:00Z")
        self.ask(3)
        self.pass_to("2098-03-21T00:00:30Z")
        self.wait_for_seals(["2098-03-20"])
        kept = re.search("digest ([0-9a-f]{64})", self.seals()[0]["after"]).group(1)
        report = self.report([("2098-03-20", kept)], "2098-03-21T00:00:00Z")
        self.resolver.stop()
        self.change_history("UPDATE counts SET count = 1 WHERE span = 2")
        self.resolver.start()
        eventually(self.problems, "the problem")
        self.assertIn("1 days of the history are not as they were sealed, the first of them 2098-03-20", self.problems()[0])
        code, days = self.verify(report)
        self.assertEqual(code, 1)
        self.assertFalse(days["ok"])
        self.assertEqual(days["details"], ["2098-03-20, node1: the rows are not those of the report"])
        self.assertEqual(len(self.seals()), 1, "it is not sealed anew")
        self.resolver.stop()
        self.change_history("UPDATE counts SET count = 3 WHERE span = 2")
        self.resolver.start()
        eventually(lambda: self.verify(report)[1]["ok"], "the rows are back")
        eventually(lambda: not self.problems(), "no problem")

    def test_a_clock_that_was_set_back_is_told_by_a_second_seal(self):
        # In steps of less than a minute: after a larger one nothing is sealed for an hour.
        self.start("2098-03-20T23:59:40Z", passes=False)
        self.ask(3)
        self.pass_to("2098-03-21T00:00:30Z")
        self.wait_for_seals(["2098-03-20"])
        before = self.seals()[0]["after"]
        self.ask(1)
        self.pass_to("2098-03-21T00:01:10Z")
        self.clock.set("2098-03-20T23:59:20Z")
        eventually(lambda: self.written() == seconds("2098-03-20T23:59:20Z"), "the clock")
        self.ask(4)
        self.assertEqual(len(self.seals()), 1)
        self.pass_to("2098-03-21T00:00:15Z")
        self.wait_for_seals(["2098-03-20", "2098-03-20"])
        again = self.seals()[1]
        self.assertEqual(again["before"], before)
        self.assertNotEqual(again["after"], before)
        self.assertIn("the clock had been set back", again["note"])
        eventually(lambda: not self.problems(), "no problem")

    def test_after_a_clock_was_set_forward_nothing_is_sealed_for_an_hour(self):
        self.start("2098-03-20T12:00:45Z", passes=False)
        self.ask(3)
        self.pass_to("2098-03-20T12:01:15Z")
        self.pass_to("2098-03-27T12:00:00Z")
        self.ask(1)
        self.clock.set("2098-03-27T12:01:00Z")
        eventually(lambda: self.written() == seconds("2098-03-27T12:01:00Z"), "the minute after it")
        self.assertEqual(self.seals(), [])

    def test_a_year_without_seals_is_sealed_in_parts(self):
        self.start("2098-03-20T12:00:00Z")
        self.ask(1)
        self.pass_to("2098-03-20T12:01:00Z")
        self.resolver.stop()
        last = seconds("2098-03-20T00:00:00Z")
        for day in range(1, 366):
            self.change_history("INSERT INTO counts SELECT span, at - at % 86400 - {}, node, verdict, service, role, "
                                "directive, client_group, transport, {} FROM counts WHERE span = 2 AND at = {}"
                                .format(day * DAY, day, last))
        self.resolver.start()
        days = [datetime.datetime.fromtimestamp(last - day * DAY, datetime.timezone.utc).strftime("%Y-%m-%d")
                for day in range(365, 0, -1)]
        self.wait_for_seals(days)
        self.assertIn("none altered", self.resolver.cenote_ok("audit", "--verify"))
        self.resolver.stop()
        self.resolver.start()
        self.pass_to("2098-03-21T00:00:30Z")
        self.wait_for_seals(days + ["2098-03-20"])

    def test_another_node_knows_the_seals_of_an_imported_trail(self):
        self.start("2098-03-20T23:00:00Z")
        self.ask(3)
        self.pass_to("2098-03-21T00:00:30Z")
        self.wait_for_seals(["2098-03-20"])
        kept = re.search("digest ([0-9a-f]{64})", self.seals()[0]["after"]).group(1)
        report = self.report([("2098-03-20", kept)], "2098-03-21T00:00:00Z")
        counts = self.resolver.folder / "counts"
        counts.write_text(self.resolver.cenote_ok("history", "export"))
        trail = self.resolver.folder / "trail"
        trail.write_text(self.resolver.cenote_ok("state", "export"))
        other = self.node()
        other.config.write_text(other.config.read_text().replace('node = "node1"', 'node = "node2"'))
        Clock(other, "2098-03-22T00:00:30Z", passes=True)
        other.start()
        other.cenote_ok("history", "import", str(counts))
        code, days = self.verify(report, other)
        self.assertIn("1 have no seal yet", days["says"])
        other.cenote_ok("state", "import", str(trail))
        code, days = self.verify(report, other)
        self.assertIn("1 days are as they were sealed", days["says"])
        records = len(other.cenote_json("audit"))
        other.cenote_ok("state", "import", str(trail))
        self.assertEqual(len(other.cenote_json("audit")), records, "what is known is no news")
        with sqlite3.connect(other.folder / "history.db") as database:
            database.execute("UPDATE counts SET count = 9 WHERE span = 2")
        code, days = self.verify(report, other)
        self.assertEqual((code, days["ok"]), (1, False))

    def test_what_is_no_report_is_refused(self):
        self.start("2098-03-20T12:00:00Z")
        file = self.resolver.folder / "letter.txt"
        file.write_text("Dear minister\n")
        for path in (file, self.resolver.folder / "none.json", self.resolver.folder):
            done = self.resolver.cenote("report", "--verify", str(path))
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(str(path), done.stderr)


if __name__ == "__main__":
    main()
