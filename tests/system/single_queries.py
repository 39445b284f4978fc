# SPDX-License-Identifier: Apache-2.0
"""A node with two directives and groups, whose queries are looked at one by one: by `cenote tail`, or in its log."""
import contextlib
import json
import os
import subprocess
import threading

import dns.message

from daemon import BIN, PATIENCE, eventually
from harness import SystemTest
from upstreams import ScriptedUpstream, every_name

NOBODY = 65534
LAB, STAFF = "127.0.0.2", "127.0.0.3"
RULES = """
[[group]]
id      = "lab"
clients = ["127.0.0.2/32"]

[[group]]
id      = "staff"
clients = ["127.0.0.3/32"]

[[directive]]
id      = "test-1"
title   = "Alpha is under assessment"
targets = ["service:alpha"]
step    = "restrict"
ends    = 2099-12-31T23:59:59Z

[[directive]]
id      = "test-2"
targets = ["service:beta"]
step    = "observe"
ends    = 2099-12-31T23:59:59Z
"""


class Tail:
    """A running `cenote tail`: its lines, as they come."""

    def __init__(self, node, *flags, program=BIN / "cenote", **process):
        self.node = node
        env = dict(os.environ, CENOTE_SOCKET=str(node.control), CENOTE_CONFIG=str(node.config))
        self.process = subprocess.Popen([str(program), "tail", *flags], env=env, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, **process)
        self.lines = []
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        node.test.addCleanup(self.close)

    def _read(self):
        for raw in self.process.stdout:
            self.lines.append(raw.decode())

    def begun(self, name, source=LAB):
        """Asks for a name that the filter takes until it shows."""
        def shows():
            self.node.ask(name, source=source)
            return any(name in line for line in self.lines)
        eventually(shows, f"{name} is shown")
        return self

    def wait_for(self, name):
        eventually(lambda: any(name in line for line in self.lines), f"{name} is shown")

    def rows(self):
        return [json.loads(line) for line in list(self.lines)]

    def names(self):
        return {row["name"] for row in self.rows()}

    def end(self):
        """Waits for the process; its exit code and what it said."""
        code = self.process.wait(PATIENCE)
        self.reader.join(PATIENCE)
        return code, self.process.stderr.read().decode()

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.reader.join(PATIENCE)
        self.process.stdout.close()
        self.process.stderr.close()


class SingleQueries(SystemTest):
    def start(self, extra="", control=""):
        upstream = ScriptedUpstream(self, every_name(60))
        self.node_ = self.node(directives=RULES, upstreams=[upstream.where], extra=extra, control=control).start()
        return self.node_

    def start_with_log(self, more=""):
        node = self.start()
        node.write_config(extra=f'[log]\nfile = "{node.folder}/queries.jsonl"\n{more}')
        node.cenote_ok("reload")
        return node

    def ask_many(self, count, name="many.alpha-ai.example", source=LAB):
        """Sends queries, few at a time; each must be answered."""
        client = self.node_.udp(source)
        for first in range(0, count, 50):
            waiting = set()
            for i in range(first, min(first + 50, count)):
                query = dns.message.make_query(name, "A")
                query.id = i % 65536
                client.send(query.to_wire())
                waiting.add(i % 65536)
            while waiting:
                waiting.discard(int.from_bytes(client.recv(4096)[:2], "big"))

    def sockets(self):
        """How many the daemon has open. Its files come and go with what reads them."""
        folder, open_sockets = f"/proc/{self.node_.daemon.process.pid}/fd", 0
        for number in os.listdir(folder):
            with contextlib.suppress(FileNotFoundError):  # closed meanwhile
                open_sockets += os.readlink(f"{folder}/{number}").startswith("socket:")
        return open_sockets
