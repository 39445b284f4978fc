# SPDX-License-Identifier: Apache-2.0
"""The metrics of a real daemon, its alerts and its dashboard, judged by promtool of Prometheus.

tests/report/metrics_test.cc compares the families of code, docs/METRICS.md, dashboard and alerts; here their labels are
compared, and the values of a daemon after queries of every kind."""
import json
import pathlib
import re
import shutil
import struct
import subprocess
import tempfile
import unittest

from daemon import SOURCE, eventually
from harness import CATALOGUE, RESTRICT_ALPHA, SystemTest, main
from upstreams import ScriptedUpstream, answer_with

PROMTOOL = shutil.which("promtool")
ALERTS = SOURCE / "docs" / "prometheus" / "alerts.yml"
DASHBOARD = SOURCE / "docs" / "grafana" / "cenote.json"
CASES = pathlib.Path(__file__).parent / "alerts_test.yml"
DIRECTIVES = RESTRICT_ALPHA + """
[[directive]]
id = "advice"
targets = ["service:beta"]
step = "advise"
ends = 2099-12-31T23:59:59Z
[[directive]]
id = "look"
targets = ["domain:looked.example"]
step = "observe"
[[directive]]
id = "shut"
targets = ["domain:shut.example"]
step = "block"
answer = "drop"
[[allow]]
domains = ["good.alpha-ai.example"]
[[group]]
id = "lab"
name = "a name with \\"quotes\\" and \\\\ in it"
clients = ["127.0.0.77/32"]
[[local]]
name = "here.example"
type = "A"
value = "192.0.2.9"
"""


def promtool(*arguments, text=None):
    return subprocess.run([PROMTOOL, *map(str, arguments)], input=text, capture_output=True, text=True)


def documented():
    """Family -> its labels, from the tables of docs/METRICS.md."""
    rows = re.findall(r"^\| `((?:cenote|process)_[a-z_]+)` \| (?:`([a-z ]+)` )?\|", (SOURCE / "docs/METRICS.md").read_text(),
                      re.M)
    return {family: set(labels.split()) for family, labels in rows}


def expressions(dashboard):
    """All queries of a dashboard, with its variables replaced."""
    found = []
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            found.append(target["expr"].replace("$__rate_interval", "5m").replace("$instance", ".*"))
    return found


def handler(query, _transport):
    name = query.question[0].name.to_text().lower()
    if name.startswith("missing."):
        return answer_with(query, rcode=3, authority=("example 60 IN SOA ns.example. host.example. 1 3600 600 86400 60",))
    if name.startswith("broken."):
        return answer_with(query, rcode=2)
    return answer_with(query, f"{name} 60 IN A 192.0.2.1")


def header(flags=0x0100, counts=(1, 0, 0, 0)):
    return struct.pack("!HHHHHH", 7, flags, *counts)


QUESTION = b"\4name\7example\0" + struct.pack("!HH", 1, 1)
CLASS_ANY = b"\4name\7example\0" + struct.pack("!HH", 1, 255)
ODD = {  # what is turned away -> a query that is; "acl" and "not_ready" have their own
    "malformed": b"short",
    "formerr": header(counts=(2, 0, 0, 0)) + QUESTION + QUESTION,
    "notimp": header(flags=0x0100 | 2 << 11) + QUESTION,
    "badvers": header(counts=(1, 0, 0, 1)) + QUESTION + b"\0" + struct.pack("!HHIH", 41, 1232, 1 << 16, 0),
    "kind": header() + CLASS_ANY,
}


class Metrics(SystemTest):
    def start(self):
        self.upstream = ScriptedUpstream(self, handler)
        node = self.node(directives=DIRECTIVES, catalogue=CATALOGUE, upstreams=[self.upstream.where])
        (node.folder / "list.txt").write_text("listed.example\n")
        node.write_config(extra=f'[[list]]\nid = "extra"\nsource = "{node.folder}/list.txt"\n'
                                f'[log]\nfile = "{node.folder}/queries.jsonl"\n[privacy]\nsmallest = 1\n')
        node.config.write_text(node.config.read_text().replace('"127.0.0.0/8"', '"127.0.0.0/16"'))
        return node.start()

    def ask_everything(self, node):
        for name in ("alpha-ai.example", "api.alpha-ai.example", "good.alpha-ai.example", "beta-ai.example",
                     "looked.example", "here.example", "open.example", "open.example", "missing.example",
                     "broken.example"):
            node.ask(name)
        node.ask("alpha-ai.example", tcp=True)
        node.ask("alpha-ai.example", source="127.0.0.77")
        node.udp().send(header() + b"\4shut\7example\0" + struct.pack("!HH", 1, 1))
        client = node.udp()
        for packet in ODD.values():
            client.send(packet)
        stranger = node.udp("127.9.9.9")
        stranger.send(header() + QUESTION)
        stranger.recv(65535)

    def value(self, page, sample):
        found = re.search("^" + re.escape(sample) + r" (\S+)$", page, re.M)
        self.assertIsNotNone(found, f"no {sample} in:\n{page}")
        return float(found.group(1))

    def page(self, node):
        return node.cenote_ok("metrics")

    @unittest.skipIf(PROMTOOL is None, "needs promtool, of Debian's prometheus")
    def test_promtool_finds_nothing_wrong(self):
        node = self.start()
        for page in (self.page(node), self.ask_everything(node) or self.page(node)):
            done = promtool("check", "metrics", text=page)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        families = set(re.findall(r"^# TYPE (\S+) ", page, re.M))
        self.assertEqual(families, set(documented()))
        self.assertEqual(set(re.findall(r"^# HELP (\S+) ", page, re.M)), families)
        broken = page.replace("cenote_queries_total", "cenote_queries")
        self.assertNotEqual(promtool("check", "metrics", text=broken).returncode, 0, "promtool does find what is wrong")

    def test_queries_of_every_kind_are_counted(self):
        node = self.start()
        before = self.page(node)
        self.ask_everything(node)
        once = [f'cenote_rejected_total{{reason="{reason}"}} 1\n' for reason in (*ODD, "acl")]
        once.append('cenote_answers_total{source="none"} 1\n')

        def page_with_all():
            page = self.page(node)
            return all(line in page for line in once) and page

        page = eventually(page_with_all, "what gets no reply is counted, too")
        expected = {
            "cenote_queries_total": {"udp": 12, "tcp": 1},
            "cenote_verdicts_total": {"forward": 4, "observe": 1, "advise": 1, "restrict": 4, "block": 1, "allow": 1,
                                      "exception": 0, "local": 1},
            "cenote_answers_total": {"sinkhole": 4, "local": 1, "cache": 1, "stale": 0, "upstream": 5, "failure": 1,
                                     "none": 1},
            "cenote_replies_total": {"NOERROR": 10, "NXDOMAIN": 1, "SERVFAIL": 1, "REFUSED": 0, "other": 0},
        }
        labels = documented()
        for family, values in expected.items():
            label = next(iter(labels[family]))
            for value, count in values.items():
                self.assertEqual(self.value(page, f'{family}{{{label}="{value}"}}'), count, f"{family} {value}")
        hit = 'cenote_policy_hits_total{verdict="restrict",service="alpha",directive="test-1",group="lab"}'
        self.assertEqual(self.value(page, hit), 1)
        self.assertEqual(self.value(page, 'cenote_reply_duration_seconds_count{source="sinkhole"}'), 4)
        self.assertEqual(self.value(page, 'cenote_list_entries{list="extra"}'), 1)
        self.assertEqual(self.value(page, 'cenote_directive_info{directive="test-1",step="restrict",state="in-force"}'), 1)
        self.assertGreaterEqual(self.value(page, "process_open_fds"), 10)
        up = f'cenote_upstream_up{{server="{self.upstream.where}"}} 1\n'
        eventually(lambda: up in self.page(node), "a worker reports its upstream servers once a second")
        for line in before.splitlines():  # a counter never falls
            if re.match(r"\w+_total(\{|\s)", line):
                sample, count = line.rsplit(" ", 1)
                self.assertGreaterEqual(self.value(page, sample), float(count), sample)
        for private in ("127.0.0.", "looked", "open.example", "quotes"):
            self.assertNotIn(private, page.replace(self.upstream.where, ""))

    @unittest.skipIf(PROMTOOL is None, "needs promtool, of Debian's prometheus")
    def test_each_alert_fires_when_it_should(self):
        done = promtool("check", "rules", ALERTS)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        with tempfile.TemporaryDirectory() as folder:
            cases = pathlib.Path(folder) / "cases.yml"
            cases.write_text(CASES.read_text().replace("RULES", str(ALERTS)))
            done = promtool("test", "rules", cases)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        alerts = re.findall(r"^ +- alert: (\w+)$", ALERTS.read_text(), re.M)
        fires = re.findall(r"^ +alertname: (\w+)\n +exp_alerts:", CASES.read_text(), re.M)
        stays = re.findall(r"alertname: (\w+)\}", CASES.read_text())
        self.assertEqual((sorted(set(fires)), sorted(set(stays))), (sorted(alerts), sorted(alerts)))

    @unittest.skipIf(PROMTOOL is None, "needs promtool, of Debian's prometheus")
    def test_the_queries_of_the_dashboard_are_queries(self):
        rules = "\n".join(f"  - {{record: 'x:{i}', expr: {json.dumps(expression)}}}"
                          for i, expression in enumerate(expressions(json.loads(DASHBOARD.read_text()))))
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "rules.yml"
            file.write_text(f"groups:\n- name: dashboard\n  rules:\n{rules}\n")
            done = promtool("check", "rules", file)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_dashboard_and_alerts_use_labels_that_exist(self):
        labels = documented()
        texts = expressions(json.loads(DASHBOARD.read_text())) + re.findall(r"^ +expr: (.*)$", ALERTS.read_text(), re.M)
        for text in texts:
            families = re.findall(r"((?:cenote|process)_[a-z_]+?)(?:_bucket|_sum|_count)?(?![a-z_])", text)
            self.assertTrue(families, text)
            of_text = {"instance", *(label for family in families for label in labels[family])}
            for family, matchers in re.findall(r"((?:cenote|process)_[a-z_]+?)(?:_bucket)?\{([^}]*)\}", text):
                used = set(re.findall(r"(\w+) *[=!]", matchers))
                self.assertLessEqual(used, labels[family] | {"instance"}, text)
            for names in re.findall(r"by \(([^)]*)\)", text):
                self.assertLessEqual({name.strip() for name in names.split(",")}, of_text, text)


if __name__ == "__main__":
    main()
