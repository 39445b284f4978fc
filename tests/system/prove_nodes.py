# SPDX-License-Identifier: Apache-2.0
"""Nodes of which `cenote prove` asks, and its result, for tests of it."""
import json

import dns.query

from daemon import PATIENCE
from harness import SystemTest
from upstreams import ScriptedUpstream, every_name


class ProveTest(SystemTest):
    def setUp(self):
        super().setUp()
        self.upstream = ScriptedUpstream(self, every_name(60))

    def started(self, **settings):
        return self.node(upstreams=[self.upstream.where], **settings).start()

    @staticmethod
    def where(node):
        return f"{node.address}:{node.port}"

    def proved(self, node, *words, code):
        """The result as JSON; the exit code is as expected, and the text says the same."""
        done = node.cenote("prove", *words, "--json")
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return json.loads(done.stdout)

    def rows(self, node, *others, directive="test-1"):
        """The deviations of other nodes from what the daemon of `node` has in force, each named in the text."""
        words = [word for other in others for word in ("--node", other)]
        result = self.proved(node, directive, *words, code=1)
        rows = result["directives"][0]["rows"]
        self.assertEqual(min(result["deviations"], 200), len(rows))
        self.assertTrue(all(row["node"] in others for row in rows), rows)
        done = node.cenote("prove", directive, *words)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"{result['checks']} checks on ", done.stdout)
        for row in rows[:10]:
            self.assertIn(f"{row['node']} {row['transport']} ", done.stdout)
            self.assertIn(f"expected {row['expected']}; got {row['got']}", done.stdout)
        return rows

    def front(self, node, is_open, change=lambda query, reply: reply):
        """A server that answers itself where `is_open`, and otherwise hands on what the node answers."""
        def handle(query, transport):
            if is_open(query):
                return every_name(60)(query, transport)
            way = dns.query.tcp if transport == "tcp" else dns.query.udp
            return change(query, way(query, node.address, port=node.port, timeout=PATIENCE))
        return ScriptedUpstream(self, handle)
