# SPDX-License-Identifier: Apache-2.0
"""A node with some days behind it: two groups, directives of three steps, an exception, a gap, a proof and a log. What it
has was asked and done on a clock that is set."""
import datetime
import pathlib
import random
import signal
import sys

SYSTEM = pathlib.Path(__file__).resolve().parents[1] / "system"
sys.path.insert(0, str(SYSTEM))
from daemon import SOURCE, eventually  # noqa: E402
from harness import Clock, control_call  # noqa: E402
from upstreams import ScriptedUpstream, every_name  # noqa: E402
from web_page import Web  # noqa: E402

FIRST = datetime.datetime(2026, 6, 1, 8, tzinfo=datetime.timezone.utc)
GROUPS = {"staff": range(17, 31), "lab": range(33, 47)}
EXTRA = """
[exceptions]
approvals = 1
[log]
file = "queries.jsonl"
keep = "60d"
[web]
listen = ["127.0.0.1:0"]
""" + "".join(f'[[group]]\nid = "{group}"\nclients = ["127.0.0.{hosts[0] // 16 * 16}/28"]\n'
              for group, hosts in GROUPS.items())
# The account of the test is root or its own; either may inspect.
CONTROL = 'inspectors = ["{group}"]\nadmins = ["{group}"]\n'


class Story:
    """The catalogue of a story, what it restricts, and the names that people ask for with their weights."""

    def __init__(self, directives, names, outside, restricted, services=None):
        self.directives = directives
        self.names = names
        self.outside = outside
        self.restricted = restricted  # the directive of the exception and the proof
        self.services = services  # a folder; None: the catalogue of the test harness


INVENTED = Story(
    directives="""
[[directive]]
id      = "look-1"
title   = "Use of Beta Code is observed"
targets = ["service:beta"]
step    = "observe"
[[directive]]
id      = "close-2"
title   = "Restriction of Alpha Chat"
targets = ["service:alpha"]
step    = "restrict"
starts  = 2026-06-04T00:00:00Z
ends    = 2026-09-30T23:59:59Z
""",
    names={"alpha-ai.example": 5, "api.alpha-ai.example": 1, "beta-ai.example": 3},
    outside=["canary.outside.example", "use-application-dns.net"],
    restricted="close-2")

REAL = Story(
    directives="""
[[directive]]
id      = "watch-chat"
title   = "Use of AI chat services is observed"
targets = ["category:chat", "category:coding"]
step    = "observe"
[[directive]]
id      = "deepseek-2026-1"
title   = "Restriction of DeepSeek"
targets = ["service:deepseek"]
step    = "restrict"
starts  = 2026-06-04T00:00:00Z
ends    = 2026-09-30T23:59:59Z
[[directive]]
id      = "caution-1"
title   = "Caution with services that keep what is typed"
targets = ["service:perplexity", "service:character-ai"]
step    = "advise"
""",
    names={"chatgpt.com": 30, "chat.deepseek.com": 14, "claude.ai": 9, "gemini.google.com": 8, "www.perplexity.ai": 6,
           "api.deepseek.com": 3, "grok.com": 3, "character.ai": 2, "api.openai.com": 5, "chat.mistral.ai": 2},
    outside=["intranet.agency.example", "www.agency.example"],
    restricted="deepseek-2026-1",
    services=SOURCE / "blocklists" / "services")


class Furnished:
    """The node, its page, and the clock that both have. `per_hour`: queries for each hour in which somebody works."""

    def __init__(self, test, story=INVENTED, days=8, hours=(9, 14), per_hour=40, group="root"):
        self.story = story
        self.random = random.Random(11)
        upstream = ScriptedUpstream(test, every_name(1))
        self.node = test.node(directives=story.directives, upstreams=[upstream.where], extra=EXTRA,
                              control=CONTROL.format(group=group))
        if story.services:
            self.node.services = story.services
            self.node.write_config()
        self.clock = Clock(self.node, FIRST.isoformat(), passes=True)
        self.node.start()
        for day in range(days):
            for hour in hours:
                self.pass_to(FIRST.replace(day=1 + day, hour=hour))
                self.ask(per_hour + 4 * day if day % 7 < 5 else per_hour // 4)  # the first is a Monday
            if day == days - 4:
                self.interrupt()
            if day == days - 3:
                self.except_one()
        self.now = FIRST.replace(day=days, hour=hours[-1]) + datetime.timedelta(minutes=10)
        self.pass_to(self.now - datetime.timedelta(minutes=2))
        self.ask(per_hour // 2)
        self.pass_to(self.now)
        self.node.cenote("prove", story.restricted, "--save", "--transport", "udp")
        self.web = Web(self.node)

    def pass_to(self, then):
        self.clock.set(then.isoformat())
        eventually(lambda: self.written() >= then.timestamp(), "the history is written")

    def written(self):
        return self.node.metric("cenote_history_written_timestamp_seconds", 0)

    def ask(self, queries):
        names, weights = zip(*self.story.names.items())
        for name in self.random.choices(names, weights, k=queries) + self.story.outside:
            group = self.random.choices(list(GROUPS), (4, 1))[0]
            source = f"127.0.0.{self.random.choice(GROUPS[group])}"
            self.node.ask(name, self.random.choice(("A", "AAAA", "HTTPS")), source=source,
                          tcp=self.random.random() < 0.1)

    def interrupt(self):
        """The daemon dies, and is started an hour later: the history has a gap."""
        then = datetime.datetime.fromtimestamp(int((self.node.folder / "clock").read_text()), datetime.timezone.utc)
        self.node.daemon.signal(signal.SIGKILL)
        self.node.daemon.wait()
        self.clock.set((then + datetime.timedelta(hours=1)).isoformat())
        self.node.start()

    def except_one(self):
        self.node.cenote_ok("exception", "request", "--directive", self.story.restricted, "--client",
                            f"127.0.0.{GROUPS['lab'][0]}", "--for", "5d", "--purpose", "Comparison of translations <1>")
        self.node.cenote("exception", "approve", "1")

    def link(self):
        """An address that signs in once."""
        eventually(lambda: control_call(self.node, "web-login")["ok"], "cenote-web is announced")
        return self.node.cenote_ok("web", "login").strip()
