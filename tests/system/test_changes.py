# SPDX-License-Identifier: Apache-2.0
"""Policy changes a thousand times under load: no query is lost, and each is answered by the policy in force then."""
import itertools
import json
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import unittest

import dns.message

from harness import SystemTest, addresses, framed, main, read_message
from upstreams import ScriptedUpstream, every_name

CHANGES = 1000
NAMES = ("alpha-ai.example", "api.alpha-ai.example", "beta-ai.example", "www.example.net")
DIRECTIVES = """
[exceptions]
approvals = 1
[[group]]
id      = "lab"
clients = ["127.0.0.64/28"]
"""


class Control:
    """The control socket without a process for each request."""

    def __init__(self, node):
        self.node = node
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.connect(str(node.control))
        self.lines = self.socket.makefile("r")

    def __call__(self, verb, **args):
        self.socket.sendall(json.dumps({"v": 1, "verb": verb, "args": args}).encode() + b"\n")
        reply = json.loads(self.lines.readline())
        self.node.notify.drain()  # a reload notifies systemd, and the kernel holds ten messages (unix(7), max_dgram_qlen)
        assert reply["ok"], reply
        return reply["data"]

    def close(self):
        self.lines.close()
        self.socket.close()


class Clients:
    """Send one query after the other over UDP and TCP until they are stopped."""

    def __init__(self, test, node, sources):
        self.stop = threading.Event()
        self.wrong, self.answered = [], 0
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.ask, args=(node, source, tcp)) for source in sources
                        for tcp in (False, True)]
        for thread in self.threads:
            thread.start()
        test.addCleanup(self.end)

    def ask(self, node, source, tcp):
        try:
            client = node.udp(source) if not tcp else node.tcp()
            for i, name in enumerate(itertools.cycle(NAMES)):
                if self.stop.is_set():
                    return
                query = dns.message.make_query(name, "A")
                client.sendall(framed(query.to_wire())) if tcp else client.send(query.to_wire())
                answer = read_message(client) if tcp else dns.message.from_wire(client.recv(4096))
                with self.lock:
                    self.answered += 1
                    if answer.id != query.id or addresses(answer) not in (["192.0.2.1"], ["0.0.0.0"]):
                        self.wrong.append((name, answer.to_text()))
        except Exception as error:  # a timeout is a lost query
            with self.lock:
                self.wrong.append((source, tcp, repr(error)))

    def end(self):
        self.stop.set()
        for thread in self.threads:
            thread.join()


class Changes(SystemTest):
    def start(self, **settings):
        upstream = ScriptedUpstream(self, every_name(1))
        node = self.node(directives=DIRECTIVES, upstreams=[upstream.where], workers=2, **settings)
        return node

    def test_a_thousand_changes_under_load(self):
        node = self.start().start()
        control = Control(node)
        self.addCleanup(control.close)
        body = '[[directive]]\ntargets = ["service:alpha"]\nstep = "observe"\n'
        made = control("directive-add", body=body)["id"]
        clients = Clients(self, node, ("127.0.0.9", "127.0.0.65"))
        steps = itertools.cycle(("restrict", "block", "advise", "observe"))
        for i in range(CHANGES):
            kind = i % 10
            if kind < 6:
                control("directive-step", id=made, step=next(steps))
            elif kind == 6:
                control("directive-step", id=made, step="restrict")
                asked = control("exception-request", directive=made, group="lab", purpose="a test", **{"for": "1h"})["id"]
                control("exception-approve", id=asked)
            elif kind == 7:
                control("exception-revoke", id=asked)
            elif kind == 8:
                control("allow", name="beta-ai.example", until="2099-01-01T00:00:00Z")
            else:
                control("reload")
            # The next query is answered by the policy that is in force when the change is done.
            if i % 50 == 0:
                shown = control("explain", name="alpha-ai.example", client="127.0.0.9")
                closed = shown["verdict"] in ("restrict", "block")
                self.assertEqual(addresses(node.ask("alpha-ai.example", source="127.0.0.9")),
                                 ["0.0.0.0"] if closed else ["192.0.2.1"])
        clients.end()
        self.assertEqual(clients.wrong, [])
        self.assertGreater(clients.answered, 100)
        self.assertEqual(node.cenote("audit", "--verify").returncode, 0)
        trail = node.cenote_json("audit")
        self.assertGreaterEqual(len(trail), CHANGES)

    def test_updates_under_load(self):
        node = self.start(extra="")
        names = node.folder / "list"
        node.write_config(extra=f'[[list]]\nid = "l"\nsource = "{names}"\n',
                          directives=DIRECTIVES + '[[directive]]\nid = "d"\ntargets = ["list:l"]\nstep = "restrict"\n')
        common = "".join(f"n{i}.many.example\n" for i in range(20000))
        names.write_text(common)
        node.start()
        clients = Clients(self, node, ("127.0.0.9", "127.0.0.65"))
        for i in range(10):
            names.write_text(common + ("beta-ai.example\n" if i % 2 == 0 else ""))
            node.cenote_ok("update")
            self.assertEqual(addresses(node.ask("beta-ai.example")), ["0.0.0.0"] if i % 2 == 0 else ["192.0.2.1"])
        clients.end()
        self.assertEqual(clients.wrong, [])
        self.assertGreater(clients.answered, 100)

    @unittest.skipIf(os.geteuid() != 0, "needs root, to make a small file system")
    def test_a_full_disk_changes_nothing_and_stops_nothing(self):
        small = tempfile.mkdtemp(prefix="cenote-small-")
        self.addCleanup(shutil.rmtree, small, True)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", small], capture_output=True, text=True)
        if mounted.returncode != 0:
            self.skipTest(f"cannot mount a file system here: {mounted.stderr.strip()}")
        self.addCleanup(subprocess.run, ["umount", "-l", small])
        node = self.start()
        node.config.write_text(node.config.read_text().replace(f'"{node.folder}/state.db"', f'"{small}/state.db"'))
        node.start()
        made = node.cenote_ok("restrict", "alpha", "--everyone", "--no-end").strip()
        fill = open(f"{small}/fill", "wb", buffering=0)
        self.addCleanup(fill.close)
        with self.assertRaises(OSError):
            while True:
                fill.write(bytes(4096))
        head = node.cenote_json("status")["audit_head"]
        refused = ""
        for _ in range(400):  # pages of the file may still have room
            done = node.cenote("directive", "step", made, "observe", "--note", "x" * 1000)
            if done.returncode != 0:
                refused = done.stderr
                break
            head = node.cenote_json("status")["audit_head"]
            node.cenote("directive", "step", made, "restrict", "--note", "x" * 1000)
        self.assertIn("nothing has changed", refused)
        self.assertIn("full", refused)
        step = node.cenote_json("directives", made)[0]["step"]
        closed = addresses(node.ask("alpha-ai.example")) == ["0.0.0.0"]
        self.assertEqual(closed, step == "restrict")
        # The same holds for an update on a full disk: the set is written beside the one in use, which stays.
        before = node.set.read_bytes()
        node.config.write_text(node.config.read_text().replace(f'"{node.set}"', f'"{small}/cenote.set"'))
        done = node.cenote("update")
        self.assertEqual(done.returncode, 1, done)
        left = [name for name in os.listdir(small) if name.startswith("cenote.set")]
        self.assertEqual([name for name in left if not name.endswith((".lock", ".failed"))], [])
        self.assertEqual(node.set.read_bytes(), before)
        self.assertEqual(addresses(node.ask("alpha-ai.example")) == ["0.0.0.0"], closed)
        fill.truncate(0)
        node.cenote_ok("directive", "step", made, "block")
        self.assertEqual(addresses(node.ask("alpha-ai.example")), ["0.0.0.0"])
        self.assertEqual(node.cenote("audit", "--verify", "--head", head).returncode, 0)


if __name__ == "__main__":
    main()
