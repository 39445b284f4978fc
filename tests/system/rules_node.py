# SPDX-License-Identifier: Apache-2.0
"""A node with one directive in its configuration, for tests of rules that are made at the command line."""
from harness import SystemTest, addresses
from upstreams import ScriptedUpstream, every_name

OPEN = ["192.0.2.1"]
CLOSED = ["0.0.0.0"]
FROM_FILE = """
[[directive]]
id      = "file-1"
targets = ["service:beta"]
step    = "restrict"
[[group]]
id      = "lab"
clients = ["127.0.0.77/32"]
"""


class RulesTest(SystemTest):
    def setUp(self):
        super().setUp()
        upstream = ScriptedUpstream(self, every_name(1))
        self.resolver = self.node(directives=FROM_FILE, upstreams=[upstream.where])
        self.resolver.start()

    def seen(self, name, **how):
        return addresses(self.resolver.ask(name, **how))

    def made(self, *words):
        return self.resolver.cenote_ok(*words).split()[0]

    def audit(self, *words):
        return self.resolver.cenote_json("audit", *words)

    def refused(self, *words, code=1):
        done = self.resolver.cenote(*words)
        self.assertEqual(done.returncode, code, done)
        return done.stderr

