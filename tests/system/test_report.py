# SPDX-License-Identifier: Apache-2.0
"""`cenote report`: a year acted out on a clock that the test moves, 35 days of it with queries: 24 on end around the begin
of a limit, and one in each other month. The figures of the document are compared with a computation of their own from
what was asked, and from the sketches as SQLite's own module reads them."""
import collections
import csv
import datetime
import hashlib
import json
import math
import random
import sqlite3
import statistics
import subprocess
import unicodedata

import jsonschema

from daemon import SOURCE, eventually
from harness import Clock, SystemTest, main
from upstreams import ScriptedUpstream, every_name

UTC = datetime.timezone.utc
SEOUL = datetime.timezone(datetime.timedelta(hours=9))
GROUPS = {"staff": range(17, 31), "lab": range(33, 36)}
HOSTS = {"alpha": ("alpha-ai.example", "web"), "api": ("api.alpha-ai.example", "api"), "beta": ("beta-ai.example", "web")}
DIRECTIVES = """
[[directive]]
id      = "look-1"
targets = ["service:*"]
step    = "observe"
[[directive]]
id      = "close-2"
title   = "Alpha is under assessment"
targets = ["service:alpha"]
step    = "restrict"
starts  = 2026-06-01T09:00:00+09:00
"""
EXTRA = "[exceptions]\napprovals = 1\n" + "".join(
    f'[[group]]\nid = "{group}"\nclients = ["127.0.0.{hosts[0] // 16 * 16}/28"]\n' for group, hosts in GROUPS.items())
EXCEPTED = 33  # a client in lab, from the 3rd of June on, until an hour in which nobody asks
EXCEPTION = datetime.timedelta(hours=59)
EXCEPTION_BEGINS = datetime.datetime(2026, 6, 3, 3, tzinfo=datetime.timezone.utc)
SWITCH = datetime.datetime(2026, 6, 1, tzinfo=UTC)
STRETCH = [datetime.date(2026, 5, 18) + datetime.timedelta(days=day) for day in range(24)]
DAYS = sorted(STRETCH + [datetime.date(2026, month, 11) for month in range(1, 13)])
LIMIT_BEGINS, LIMIT_SEEN = datetime.date(2026, 6, 1), datetime.date(2026, 6, 11)
SKETCH_ERROR = 1.04 / 32
SCHEMA = json.loads((SOURCE / "docs" / "report.schema.json").read_text())


def estimate(registers):
    """Linear counting, which HyperLogLog uses where most registers are empty."""
    return round(len(registers) * math.log(len(registers) / registers.count(0)))


def merged(sketches):
    return bytes(max(registers) for registers in zip(*sketches))


def interval(values):
    error = 1.96 * SKETCH_ERROR * math.sqrt(sum(value * value for value in values))
    return {"n": sum(values), "low": math.floor(max(0, sum(values) - error)), "high": math.ceil(sum(values) + error)}


def rounded(value):
    return math.floor(value * 1000 + 0.5)


def columns(line):
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in line)


def error_squared(days):
    return ((SKETCH_ERROR * statistics.median(days)) ** 2 + 1.2533 ** 2 * statistics.variance(days) / len(days))


class Report(SystemTest):
    maxDiff = None

    def setUp(self):
        super().setUp()
        self.upstream = ScriptedUpstream(self, every_name(1))
        self.first = self.make_node("node1")
        self.clock = Clock(self.first, "2026-01-01T00:00:30+00:00", passes=True)
        self.random = random.Random(7)
        self.asked = collections.Counter()  # (time, verdict, service, role, directive, group)
        self.people = collections.defaultdict(set)  # (month, service) -> clients

    def make_node(self, name):
        node = self.node(directives=DIRECTIVES, upstreams=[self.upstream.where], extra=EXTRA, timezone="Asia/Seoul")
        node.config.write_text(node.config.read_text().replace('node = "node1"', f'node = "{name}"'))
        return node

    def pass_to(self, then):
        """What was asked until now belongs to the minute before, so it waits until that is written."""
        self.clock.set(then.isoformat())
        eventually(lambda: self.written() >= then.timestamp(), "the history")

    def written(self):
        return self.first.metric("cenote_history_written_timestamp_seconds", 0)

    def ask(self, then, group, host, what):
        name, role = HOSTS[what]
        service = "beta" if what == "beta" else "alpha"
        self.first.ask(name, self.random.choice(("A", "AAAA", "HTTPS")), source=f"127.0.0.{host}")
        verdict, directive = "observe", "look-1"
        if service == "alpha" and then >= SWITCH:
            directive = "close-2"
            excepted = host == EXCEPTED and EXCEPTION_BEGINS <= then < EXCEPTION_BEGINS + EXCEPTION
            verdict = "exception" if excepted else "restrict"
        self.asked[then, verdict, service, role, directive, group] += 1
        self.people[then.date().strftime("%Y-%m"), service].add(host)

    def ask_for_a_while(self, then, most):
        for group, hosts in GROUPS.items():
            for _ in range(self.random.randrange(most // 2, most)):
                self.ask(then, group, self.random.choice(hosts), self.random.choice(list(HOSTS)))

    def play_day(self, date):
        """In steps that do not leave a gap across midnight, neither in UTC nor in Seoul."""
        at = lambda *clock: datetime.datetime.combine(date, datetime.time(*clock, tzinfo=UTC))
        self.pass_to(at(0, 0, 30))
        self.pass_to(at(3))
        if at(3) == EXCEPTION_BEGINS:
            self.first.cenote_ok("exception", "request", "--directive", "close-2", "--client", f"127.0.0.{EXCEPTED}",
                                 "--for", "59h", "--purpose", "an audit")
            self.first.cenote_ok("exception", "approve", "1")
            self.ask(at(3), "lab", EXCEPTED, "alpha")
        self.ask_for_a_while(at(3), 12 if date >= LIMIT_BEGINS else 40)
        self.pass_to(at(4))
        self.pass_to(at(14, 59, 30))
        self.pass_to(at(15, 0, 30))
        self.pass_to(at(16))
        self.ask_for_a_while(at(16), 6)  # the next day in Seoul
        self.pass_to(at(17))
        self.pass_to(at(23, 59, 30))

    def history(self, query):
        with sqlite3.connect(f"file:{self.first.folder}/history.db?mode=ro", uri=True) as database:
            return database.execute(query).fetchall()

    def report(self, node, *arguments):
        text = node.cenote_ok("report", "--json", *arguments).rstrip("\n")
        found = json.loads(text)
        jsonschema.Draft202012Validator(SCHEMA).validate(found)
        canonical = lambda value: json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        self.assertEqual(text, canonical(found))
        data = {key: value for key, value in found.items() if key not in ("made", "data_digest")}
        self.assertEqual(found["data_digest"], hashlib.sha256(canonical(data).encode()).hexdigest())
        self.assertNotIn("127.0.0.3", text.replace("127.0.0.32/28", ""))
        return found

    def test_a_year(self):
        self.first.start()
        for date in DAYS:
            self.play_day(date)
        self.pass_to(datetime.datetime(2027, 1, 3, tzinfo=UTC))
        year = self.report(self.first, "--from", "2026-01-01", "--to", "2027-01-01")
        june = self.report(self.first, "--from", "2026-06-01", "--to", "2026-06-11")
        self.read_sketches()
        self.compare_queries(year)
        self.compare_people(year)
        self.compare_days(june)
        self.compare_effect(june)
        self.compare_exceptions(june)
        self.compare_filters()
        self.refuse_mistakes()
        self.write_formats(june)
        self.sign_and_verify(june)
        self.reproduce(year, june)
        self.find_a_day_that_differs()

    # What the document has, against what was asked.

    def asked_by(self, key, begin=datetime.date(2026, 1, 1), end=datetime.date(2027, 1, 1), **only):
        counts = collections.Counter()
        for (then, verdict, service, role, directive, group), count in self.asked.items():
            facts = dict(day=then.astimezone(SEOUL).date(), hour=then.astimezone(SEOUL).hour, verdict=verdict,
                         service=service, role=role, directive=directive, group=group)
            if begin <= facts["day"] < end and all(facts[name] == value for name, value in only.items()):
                counts[key(facts)] += count
        return counts

    def compare_queries(self, year):
        services = {row["id"]: row for row in year["use"]["services"]}
        self.assertEqual({row["id"]: row["total"] for row in services.values()},
                         self.asked_by(lambda facts: facts["service"]))
        for service, row in services.items():
            self.assertEqual({verdict: count for verdict, count in row["queries"].items() if count},
                             self.asked_by(lambda facts: facts["verdict"], service=service))
            self.assertEqual({each["role"]: each["queries"] for each in row["roles"]},
                             self.asked_by(lambda facts: facts["role"], service=service))
            self.assertIsNone(row["before"]["queries"])  # nothing was counted in the year before
            self.assertIsNone(row["change"])
        hours = {row["hour"]: row["queries"] for row in year["use"]["hours"] if row["queries"]}
        self.assertEqual(hours, self.asked_by(lambda facts: facts["hour"]))
        cells = {(row["group"], cell["service"]): cell["queries"] for row in year["who"]["rows"] for cell in row["cells"]}
        self.assertEqual(cells, self.asked_by(lambda facts: (facts["group"], facts["service"])))
        self.assertEqual(services["alpha"]["status"], "limited")
        self.assertEqual(services["beta"]["status"], "observed")
        self.assertEqual(year["scope"]["nodes"], ["node1"])
        total = next(row for row in year["summary"] if row["kind"] == "total")
        self.assertEqual(total["queries"], sum(self.asked.values()))

    def read_sketches(self):
        self.sketches = [(datetime.datetime.fromtimestamp(day, UTC).date(), service, directive, group, clients, episodes)
                         for day, service, directive, group, clients, episodes in self.history("""
            SELECT day, s.text, d.text, g.text, clients, episodes FROM sketches JOIN ids s ON s.id = service
            JOIN ids d ON d.id = directive JOIN ids g ON g.id = client_group""")]

    def episodes(self, service, begin, end, group=None):
        """By day: the episodes of a service."""
        days = collections.defaultdict(list)
        for day, of_service, _, of_group, _, episodes in self.sketches:
            if of_service == service and begin <= day < end and group in (None, of_group):
                days[day].append(episodes)
        return {day: estimate(merged(sketches)) for day, sketches in days.items()}

    def compare_people(self, year):
        whole = datetime.date(2026, 1, 1), datetime.date(2027, 1, 1)
        for row in year["use"]["services"]:
            self.assertEqual(row["episodes"], interval(self.episodes(row["id"], *whole).values()))
            months = collections.defaultdict(list)
            for day, service, _, _, clients, _ in self.sketches:
                if service == row["id"] and day.year == 2026:
                    months[day.strftime("%Y-%m")].append(clients)
            for month in row["clients"]:
                expected = estimate(merged(months.pop(month["month"])))
                asked = len(self.people[month["month"], row["id"]])
                # Clients may share registers: of sixteen, more than four do so once in ten million seeds.
                self.assertTrue(asked - 4 <= expected <= asked, (expected, asked))
                self.assertEqual(month["clients"], interval([expected]) if expected >= 5 else {"fewer_than": 5})
            self.assertEqual(months, {})
        groups = {row["group"]: row for row in year["who"]["rows"]}
        for cell in groups["lab"]["cells"]:  # three clients
            self.assertEqual(cell["episodes"], {"fewer_than": 5})
        for cell in groups["staff"]["cells"]:  # the difference to the service would give the others away
            self.assertEqual(cell["episodes"], {"hidden": True})
        self.assertEqual({str(month["clients"]) for month in groups["lab"]["clients"]}, {"{'fewer_than': 5}"})

    def compare_days(self, june):
        expected = self.asked_by(lambda facts: str(facts["day"]), LIMIT_BEGINS, LIMIT_SEEN)
        self.assertEqual({row["day"]: sum(row["queries"].values()) for row in june["use"]["days"]}, expected)
        self.assertEqual([row["gap_s"] for row in june["use"]["days"]], [0] * 10)
        self.assertEqual(june["use"]["days"][0]["edges"], [{"directive": "close-2", "step": "restrict"}])
        # The equal span before it was counted from the 22nd of May on, as a whole.
        before = {row["id"]: row["before"]["queries"] for row in june["use"]["services"]}
        self.assertEqual(before, self.asked_by(lambda facts: facts["service"], datetime.date(2026, 5, 22), LIMIT_BEGINS))

    def compare_effect(self, june):
        limit = next(row for row in june["directives"] if row["id"] == "close-2")
        self.assertEqual(limit["switch"], "2026-06-01T00:00:00Z")
        # Nine days from the 2nd to the 10th, and those two weeks before them.
        self.assertEqual(limit["compared"]["days_matched"], 9)
        self.assertEqual((limit["compared"]["from_before"], limit["compared"]["from_during"]),
                         ("2026-05-18T15:00:00Z", "2026-06-01T15:00:00Z"))
        spans = {}
        for name, begin in (("before", datetime.date(2026, 5, 19)), ("during", datetime.date(2026, 6, 2))):
            days = self.episodes("alpha", begin, begin + datetime.timedelta(days=9))
            spans[name] = list(days.values())
            self.assertEqual(limit[name], {"median": round(1000 * statistics.median(spans[name])),
                                           "low": 1000 * min(spans[name]), "high": 1000 * max(spans[name]), "days": 9})
        was = statistics.median(spans["before"])
        ratio = statistics.median(spans["during"]) / was
        error = 1.96 * math.sqrt(error_squared(spans["during"]) + ratio * ratio * error_squared(spans["before"])) / was
        self.assertEqual(limit["effect"], {"permille": rounded(1 - ratio), "low": rounded(1 - ratio - error),
                                           "high": min(1000, rounded(1 - ratio + error))})
        self.assertEqual(june["summary"][0]["kind"], "use_fell" if 1 - ratio - error > 0 else "use_steady")
        hits = self.asked_by(lambda facts: (facts["group"], facts["verdict"]), LIMIT_BEGINS, LIMIT_SEEN,
                             directive="close-2")
        self.assertEqual({(row["group"], row["verdict"]): row["queries"] for row in limit["hits"]}, hits)
        self.assertEqual(limit["retries"], sum(count for (_, verdict), count in hits.items() if verdict == "restrict"))
        look = next(row for row in june["directives"] if row["id"] == "look-1")
        open_ = self.asked_by(lambda facts: facts["service"], LIMIT_BEGINS, LIMIT_SEEN, verdict="observe")
        self.assertEqual({row["id"]: row["queries"] for row in look["would_have_hit"]["services"]}, open_)

    def compare_exceptions(self, june):
        self.assertEqual(len(june["exceptions"]), 1)
        exception = june["exceptions"][0]
        used = self.asked_by(lambda facts: "", verdict="exception")[""]
        self.assertGreater(used, 0)
        self.assertEqual((exception["used"], exception["group"], exception["purpose"], exception["length_s"]),
                         (used, "lab", "an audit", EXCEPTION.total_seconds()))
        self.assertEqual([row["action"] for row in june["trail"]],
                         ["exception request", "exception approve", "exception end"])

    def compare_filters(self):
        lab = self.report(self.first, "--from", "2026-06-01", "--to", "2026-06-11", "--group", "lab")
        self.assertEqual({row["id"]: row["total"] for row in lab["use"]["services"] if row["total"]},
                         self.asked_by(lambda facts: facts["service"], LIMIT_BEGINS, LIMIT_SEEN, group="lab"))
        limit = self.report(self.first, "--from", "2026-06-01", "--to", "2026-06-11", "--directive", "close-2")
        self.assertEqual([row["id"] for row in limit["directives"]], ["close-2"])
        self.assertEqual(sum(row["total"] for row in limit["use"]["services"]),
                         sum(self.asked_by(lambda facts: "", LIMIT_BEGINS, LIMIT_SEEN, directive="close-2").values()))
        table = self.first.folder / "risk.toml"
        table.write_text('[[rule]]\nattention = "high"\njurisdiction = ["ZZ"]\nwhen = "of ZZ"\n')
        ranked = self.report(self.first, "--from", "2026-06-01", "--to", "2026-06-11", "--risk", table)
        self.assertEqual(ranked["risk"]["source"], "risk.toml")
        self.assertEqual({row["attention"] for row in ranked["risk"]["rows"]}, {"high"})

    def refuse_mistakes(self):
        def refused(*arguments):
            done = self.first.cenote("report", *arguments)
            self.assertNotEqual(done.returncode, 0, done.stdout[:200])
            return done.stderr
        self.assertIn("not after its begin", refused("--from", "2026-06-02", "--to", "2026-06-01"))
        self.assertIn("no group 'labs'", refused("--group", "labs", "--from", "2026-06-01", "--to", "2026-06-11"))
        self.assertIn("no directive 'close'", refused("--directive", "close", "--from", "2026-06-01"))
        self.assertIn("longer than 1100 days", refused("--from", "2016-06-01"))
        table = self.first.folder / "wrong.toml"
        table.write_text('[[rule]]\nattention = "hihg"\n')
        self.assertIn("wrong.toml:2:13", refused("--risk", table))
        nothing = self.report(self.first, "--from", "2024-06-01", "--to", "2024-07-01")
        self.assertEqual((nothing["period"]["counted_from"], nothing["summary"][0]["kind"]), (None, "no_data"))
        default = self.report(self.first)  # December, though three days of January have passed
        self.assertEqual((default["period"]["from"], default["period"]["to"]),
                         ("2026-11-30T15:00:00Z", "2026-12-31T15:00:00Z"))
        out = self.first.folder / "report.json"
        self.first.cenote_ok("report", "--out", out)
        self.assertEqual(json.loads(out.read_text())["data_digest"], default["data_digest"])

    def write_formats(self, june):
        """Each format says the same figures, has the digest, and holds when it is verified."""
        span = ("--from", "2026-06-01", "--to", "2026-06-11")
        alpha = next(row for row in june["use"]["services"] if row["id"] == "alpha")
        for language in ("en", "ko"):
            for name in (f"june-{language}.txt", f"june-{language}.html", f"june-{language}.json"):
                out = self.first.folder / name
                self.first.cenote_ok("report", *span, "--lang", language, "--out", out)
                text = out.read_text()
                self.assertIn(june["data_digest"], text)
                self.assertIn("Alpha is under assessment", text)
                self.assertRegex(text, rf"\b{alpha['total']:,}\b|\b{alpha['total']}\b")
                self.verified(out)
            shown = self.first.cenote_ok("report", *span, "--lang", language)
            self.assertLessEqual(max(map(columns, shown.splitlines()[:-1])), 80)
            folder = self.first.folder / f"tables-{language}"
            self.first.cenote_ok("report", *span, "--lang", language, "--format", "csv", "--out", folder)
            rows = list(csv.DictReader((folder / "services.csv").read_text().splitlines()))
            self.assertEqual({row["data_digest"] for row in rows}, {june["data_digest"]})
            self.assertIn(str(alpha["total"]), next(row for row in rows if "alpha" in row.values()).values())
            self.verified(folder)
            one = self.first.cenote_ok("report", *span, "--lang", language, "--format", "csv", "--table", "services")
            self.assertEqual(one, (folder / "services.csv").read_text())

    def verified(self, path, code=0, *more):
        done = self.first.cenote("report", "--verify", path, *more)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def sign_and_verify(self, june):
        secret, public = self.first.folder / "sign.key", self.first.folder / "sign.pub"
        subprocess.run(["minisign", "-G", "-W", "-s", secret, "-p", public], check=True, capture_output=True)
        out = self.first.folder / "signed.html"
        self.first.cenote_ok("report", "--from", "2026-06-01", "--to", "2026-06-11", "--out", out, "--sign", secret)
        self.assertIn("signed", self.verified(out, 0, "--key", public))
        out.write_text(out.read_text() + " ")
        self.assertIn("does not hold", self.verified(out, 1, "--key", public))
        self.assertIn(june["data_digest"], out.read_text())
        changed = self.first.folder / "changed.json"
        changed.write_text((self.first.folder / "june-en.json").read_text().replace('"queries":', '"queries":1', 1))
        self.verified(changed, 1)
        changed.write_text("<html></html>")
        self.verified(changed, 2)

    def find_a_day_that_differs(self):
        """Somebody with root's rights makes a number in the history smaller."""
        with sqlite3.connect(f"{self.first.folder}/history.db") as database:
            database.execute("UPDATE counts SET count = count - 1 WHERE span = 2 AND at = ?",
                             (int(datetime.datetime(2026, 6, 5, tzinfo=UTC).timestamp()),))
        told = self.verified(self.first.folder / "june-en.html", 1)
        self.assertIn("2026-06-05", told)
        self.assertNotIn("2026-06-04", told)

    def reproduce(self, year, june):
        """Another node with the same history and the same state gives the same bytes, but for `made`."""
        second = self.make_node("node2")
        second.environment.update(self.first.environment)
        second.update()
        second.cenote_ok("restore", self.backup())  # before its first start: a node that replaces another
        second.start()
        export = self.first.folder / "history.jsonl"
        self.first.cenote_ok("history", "export", "--out", export)
        second.cenote_ok("history", "import", export)
        for found, span in ((year, ("2026-01-01", "2027-01-01")), (june, ("2026-06-01", "2026-06-11"))):
            other = self.report(second, "--from", span[0], "--to", span[1])
            for part in found.keys() - {"made"}:
                self.assertEqual(other[part], found[part], part)
            self.assertEqual((other["made"]["node"], found["made"]["node"]), ("node2", "node1"))

    def backup(self):
        path = self.first.folder / "copy.db"
        self.first.cenote_ok("backup", path)
        return path


if __name__ == "__main__":
    main()
