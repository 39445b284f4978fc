# SPDX-License-Identifier: Apache-2.0
"""`cenote bypass`: signals of ways around the resolver, by group and day, against the counts of the queries sent here."""
import collections
import datetime
import json
import sqlite3

from harness import CATALOGUE, SystemTest, control_call, main
from test_terminal import COLUMNS, on_terminal
from upstreams import ScriptedUpstream, every_name

WAYS = CATALOGUE + """
[[service]]
id       = "way"
name     = "Way"
category = ["bypass"]
default  = false
checked  = 2026-11-01
evidence = ["way.example/docs"]
shared   = []

[[service.domain]]
name = "app.way.example"
role = "app"
[[service.domain]]
name = "dns.way.example"
role = "api"
"""
GROUPS = """
[[group]]
id      = "staff"
name    = "Staff"
clients = ["127.0.1.0/24"]
[[group]]
id      = "lab"
name    = "Lab"
clients = ["127.0.2.0/24"]
"""
BLOCK_ALPHA = """
[[directive]]
id      = "alpha-1"
title   = "Alpha is closed"
targets = ["service:alpha"]
step    = "block"
"""
OBSERVE_WAYS = """
[[directive]]
id      = "ways-1"
title   = "Ways around are counted"
targets = ["category:bypass"]
strict  = true
step    = "observe"
"""
HISTORY = '[history]\nfile = "{}"\n'
CANARIES = ("use-application-dns.net", "mask.icloud.com", "mask-h2.icloud.com")
STAFF, OTHER_STAFF, LAB, ELSE = "127.0.1.7", "127.0.1.8", "127.0.2.7", "127.0.3.7"
GROUP_OF = {STAFF: "staff", OTHER_STAFF: "staff", LAB: "lab", ELSE: ""}
SIGNALS = ("canary", "designated", "resolver", "vpn", "turning", "silence")


def counted(shown):
    """{(group, signal): queries} of the answer, all days together."""
    found = collections.Counter()
    for row in shown["rows"]:
        found[row["group"], row["signal"]] += row["queries"]
    return found


def today():
    return datetime.datetime.now(datetime.timezone.utc).date()


class Bypass(SystemTest):
    def setUp(self):
        super().setUp()
        self.upstream = ScriptedUpstream(self, every_name(60))
        self.sent = collections.Counter()

    def resolver(self, directives=BLOCK_ALPHA + OBSERVE_WAYS, history=True, **settings):
        node = self.node(directives=GROUPS + directives, catalogue=WAYS, upstreams=[self.upstream.where], **settings)
        self.file = node.folder / "history.db"
        node.write_config(extra=HISTORY.format(self.file if history else ""))
        return node.start()

    def send(self, node, client, name, *signals, rdtype="A", tcp=False):
        """One query, and the signals that it is."""
        node.ask(name, rdtype, source=client, tcp=tcp)
        for signal in signals:
            self.sent[GROUP_OF[client], signal] += 1

    def send_all(self, node):
        for client, times in ((STAFF, 3), (LAB, 1), (ELSE, 2)):
            for _ in range(times):
                for canary in CANARIES:
                    self.send(node, client, canary, "canary", rdtype="HTTPS")
        self.send(node, STAFF, "_dns.resolver.arpa", "designated", rdtype="SVCB")
        self.send(node, LAB, "_DNS.resolver.arpa", "designated", rdtype="SVCB", tcp=True)
        self.send(node, LAB, "resolver.arpa", rdtype="SVCB")
        for client in (STAFF, LAB, ELSE):
            self.send(node, client, "dns.way.example", "resolver")
            self.send(node, client, "x.dns.way.example", "resolver", rdtype="AAAA")
            self.send(node, client, "app.way.example", "vpn")
            self.send(node, client, "way.example")
            self.send(node, client, "open.example")
        # A turning is of one client, and only behind a sinkhole.
        self.send(node, STAFF, "alpha-ai.example")
        self.send(node, OTHER_STAFF, "dns.way.example", "resolver")
        self.send(node, LAB, "dns.way.example", "resolver")
        for _ in range(8):  # each from a port of its own, and so to any of the workers
            self.send(node, STAFF, "dns.way.example", "resolver", "turning")
        self.send(node, STAFF, "app.way.example", "vpn", "turning", tcp=True)
        self.send(node, STAFF, "use-application-dns.net", "canary")

    def test_signals_of_the_process(self):
        node = self.resolver(history=False, workers=2)
        self.assertEqual(node.cenote_json("bypass")["rows"], [])
        self.send_all(node)
        shown = node.cenote_json("bypass")
        self.assertEqual(counted(shown), self.sent)
        self.assertEqual(shown["source"], "process")
        self.assertEqual({row["day"] for row in shown["rows"]}, {None})
        self.assertIn("keeps no history", node.cenote_ok("bypass"))
        metrics = node.cenote_ok("metrics")
        for (group, signal), count in self.sent.items():
            self.assertIn(f'cenote_bypass_signals_total{{signal="{signal}",group="{group}"}} {count}\n', metrics)

    def test_signals_outlive_the_process(self):
        node = self.resolver()
        first_day = today()
        self.send_all(node)
        node.stop()
        node.start()
        self.send(node, LAB, "dns.way.example", "resolver")  # the sinkholes of the process before are forgotten
        self.send(node, STAFF, "dns.way.example", "resolver")
        node.stop()
        node.start()
        shown = node.cenote_json("bypass")
        self.assertEqual(counted(shown), self.sent)
        self.assertEqual(shown["source"], "history")
        days = {row["day"] for row in shown["rows"]}
        self.assertLessEqual(days, {str(first_day), str(today())})
        self.assertEqual([text["signal"] for text in shown["signals"]], list(SIGNALS))
        for text in shown["signals"]:
            self.assertTrue(text["may_mean"] and text["or_else"], text)
        self.assertEqual(control_call(node, "bypass", since="2099-01-01T00:00:00Z")["data"]["rows"], [])
        self.assertEqual(counted(node.cenote_json("bypass", "--since", "2026-01-01")), self.sent)
        self.assertFalse(control_call(node, "bypass", since="yesterday")["ok"])

    def test_what_no_directive_covers_is_counted_nowhere(self):
        node = self.resolver(directives=BLOCK_ALPHA)
        self.send(node, STAFF, "alpha-ai.example")
        self.send(node, STAFF, "dns.way.example")
        self.send(node, STAFF, "app.way.example")
        self.send(node, STAFF, "mask.icloud.com", "canary")
        node.stop()
        node.start()
        shown = node.cenote_json("bypass")
        self.assertEqual(counted(shown), self.sent)
        kept = b"".join(path.read_bytes() for path in node.folder.glob("history.db*"))
        for what in (b"way.example", b"icloud", STAFF.encode(), bytes(map(int, STAFF.split(".")))):
            self.assertNotIn(what, kept)
        self.assertNotIn(STAFF, json.dumps(shown))

    def test_what_an_allow_opens_is_no_signal(self):
        node = self.resolver(directives=BLOCK_ALPHA + OBSERVE_WAYS.replace("observe", "restrict"), history=False)
        node.cenote_ok("allow", "app.way.example", "--group", "staff", "--for", "1h")
        self.send(node, STAFF, "app.way.example")
        self.send(node, LAB, "app.way.example", "vpn")
        self.send(node, LAB, "app.way.example", "vpn")  # sinkholed itself before: no turning
        self.send(node, LAB, "alpha-ai.example")
        self.send(node, LAB, "app.way.example", "vpn", "turning")
        self.assertEqual(counted(node.cenote_json("bypass")), self.sent)

    def remember(self, days, queries):
        """Counts of the days before today, as if the node had counted them."""
        with sqlite3.connect(self.file) as history:
            history.execute("INSERT OR IGNORE INTO ids (text) VALUES ('')")
            for group in queries:
                history.execute("INSERT OR IGNORE INTO ids (text) VALUES (?)", (group,))
            ids = dict(history.execute("SELECT text, id FROM ids"))
            for before in range(1, days + 1):
                at = datetime.datetime.combine(today() - datetime.timedelta(days=before), datetime.time(),
                                               datetime.timezone.utc)
                for group, count in queries.items():
                    history.execute("INSERT INTO counts VALUES (2, ?, ?, 0, ?, 0, ?, ?, 0, ?)",
                                    (int(at.timestamp()), ids["node1"], ids[""], ids[""], ids[group], count))

    def test_silence_of_a_group(self):
        node = self.resolver()
        self.send(node, STAFF, "open.example")
        node.stop()
        self.remember(14, {"staff": 60, "lab": 70, "gone": 80})
        node.start()
        for _ in range(60):
            self.send(node, STAFF, "open.example")
        node.stop()
        node.start()
        rows = [row for row in node.cenote_json("bypass")["rows"] if row["signal"] == "silence"]
        self.assertEqual([(row["group"], row["queries"], row["usual"]) for row in rows], [("lab", 0, 70)],
                         "a group that is configured no more is not missed")
        self.assertIn("0 of 70", node.cenote_ok("bypass"))

    def test_gaps_are_told(self):
        node = self.resolver()
        self.send(node, STAFF, "mask.icloud.com", "canary")
        node.stop()
        with sqlite3.connect(self.file) as history:  # the stop was ten minutes ago
            history.execute("UPDATE notes SET value = value - 600 WHERE name IN ('alive', 'counted')")
        node.start()
        gaps = node.cenote_json("bypass")["gaps"]
        self.assertEqual([(gap["node"], gap["why"]) for gap in gaps], [("node1", "stopped")])
        self.assertIn("node1 did not count from", node.cenote_ok("bypass"))

    def test_a_terminal_of_80_columns(self):
        node = self.resolver(history=False)
        self.send_all(node)
        lines = on_terminal(node, "bypass").splitlines()
        self.assertTrue(lines[0].startswith("DAY"), lines)
        self.assertLessEqual(max(map(len, lines)), COLUMNS, lines)
        text = "\n".join(lines)
        for signal in ("canary", "designated", "resolver", "vpn", "turning"):
            self.assertIn(f"{signal}: ", text)
        self.assertEqual(text.count("Or else: "), 5)


if __name__ == "__main__":
    main()
