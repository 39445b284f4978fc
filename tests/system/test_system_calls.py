# SPDX-License-Identifier: Apache-2.0
"""The system calls that the units permit are those that their programs make: strace reads them, systemd knows the groups."""
import os
import pathlib
import re
import shutil
import signal
import stat
import subprocess
import tempfile
import unittest
from unittest import mock

import daemon
import tracing
import web_page
from certificates import Authority, replace
from daemon import BIN, PATIENCE, SOURCE, eventually
from harness import SystemTest, addresses, control_call, main
from secondary_zones import ScriptedPrimary, SecondaryZoneTest, zone_text
from upstreams import ScriptedUpstream, every_name

WHY_NOT = tracing.WHY_NOT or ("" if shutil.which("systemd-analyze") else "needs systemd-analyze, which knows the groups")
# The program loader and the exit of a process come before and after the program itself.
ALWAYS = {"execve", "exit", "exit_group"}
# SQLite gives what root makes to the owner of the database; no unit runs as root.
BY_ROOT = {"fchown"} if os.geteuid() == 0 else set()


def members(group):
    """The system calls of a group of systemd, those of groups inside it too."""
    shown = subprocess.run(["systemd-analyze", "syscall-filter", "--no-pager", group], capture_output=True, text=True,
                           check=True).stdout
    words = [line.strip() for line in shown.splitlines()[1:] if line.startswith(" ") and not line.strip().startswith("#")]
    return {call for word in words for call in (members(word) if word.startswith("@") else {word})}


def permitted(unit):
    """What the lines SystemCallFilter= of a unit permit, in their order (systemd.exec(5))."""
    calls = set()
    for line in re.findall(r"(?m)^SystemCallFilter=(.*)$", (SOURCE / "systemd" / unit).read_text()):
        named = {call for word in line.lstrip("~").split() for call in (members(word) if word.startswith("@") else {word})}
        calls = calls - named if line.startswith("~") else calls | named
    return calls | ALWAYS


def calls_of(summary):
    """The names in the summary of strace -c."""
    found = set(re.findall(r"(?m)^ +[\d.]+ +[\d.]+ +\d+ +\d+ +(?:\d+ +)?(\w+)$", summary))
    return found - {"total"}


def folder_for_summaries(test):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="cenote-calls-"))
    test.addCleanup(shutil.rmtree, folder, True)
    return folder


@unittest.skipIf(WHY_NOT, WHY_NOT)
class SystemCalls(SystemTest):
    def setUp(self):
        super().setUp()
        self.folder = folder_for_summaries(self)

    def programs(self, names=("cenoted", "cenote", "cenote-web")):
        """A folder with the programs, each under strace, which writes a summary for each run."""
        place = self.folder / "bin"
        place.mkdir(exist_ok=True)
        for program in names:
            script = place / program
            script.write_text(f'#!/bin/sh\nexec strace -D -f -qq -c -o "{self.folder}/{program}.$$" "{BIN}/{program}" "$@"\n')
            script.chmod(script.stat().st_mode | stat.S_IXUSR)
        return place

    def summaries(self, program, runs=1):
        """The calls of all runs of a program; strace writes a summary once its program has ended."""
        def written():
            whole = [text for text in (path.read_text() for path in self.folder.glob(f"{program}.*"))
                     if re.search(r"(?m) total$", text)]
            return len(whole) >= runs and whole
        calls = set().union(*map(calls_of, eventually(written, f"strace wrote what {program} did")))
        self.assertIn("execve", calls)
        self.assertGreater(len(calls), 20, "a summary was not understood")
        return calls

    def check(self, unit, calls):
        self.assertEqual(sorted(calls - permitted(unit) - BY_ROOT), [], f"{unit} does not permit what its program does")

    def test_groups_are_resolved(self):
        allowed = permitted("cenoted.service")
        self.assertTrue({"sendmmsg", "recvmmsg", "epoll_wait", "openat", "setpriority"} <= allowed)
        self.assertEqual({"ptrace", "mount", "bpf", "io_uring_setup", "keyctl", "reboot", "setuid", "chroot", "kexec_load",
                          "init_module", "userfaultfd", "process_vm_readv", "sched_setscheduler", "mlock"} & allowed, set())

    def test_the_daemon_and_the_page(self):
        upstream = ScriptedUpstream(self, every_name(60))
        log = '[log]\nfile = "{0}/queries.jsonl"\n[history]\nfile = "{0}/history.db"\n' + web_page.LISTEN
        resolver = self.node(upstreams=[upstream.where], workers=2)
        resolver.write_config(extra=log.format(resolver.folder))
        resolver.update()
        with mock.patch.object(daemon, "BIN", self.programs()):
            resolver.start()
        for tcp in (False, True):
            self.assertEqual(addresses(resolver.ask("chat.alpha-ai.example", tcp=tcp)), ["0.0.0.0"])
            self.assertEqual(addresses(resolver.ask(f"n{tcp}.example", tcp=tcp)), ["192.0.2.1"])
        made = resolver.cenote_ok("restrict", "beta", "--everyone", "--no-end").split()[0]
        for words in (("reload",), ("status",), ("top",), ("metrics",), ("explain", "beta-ai.example"), ("audit", "--verify"),
                      ("backup", resolver.folder / "backup.db"), ("directive", "lift", made), ("flush",),
                      ("restore", resolver.folder / "backup.db"), ("update",), ("lists",), ("stats",)):
            resolver.cenote_ok(*words)
        with mock.patch.object(web_page, "BIN", self.folder / "bin"):
            page = web_page.Web(resolver)
        eventually(lambda: control_call(resolver, "web-login")["ok"], "cenote-web is announced")
        cookie = page.sign_in(resolver.cenote_ok("web", "login").strip())
        for path in ("/", "/healthz", "/metrics", "/api/v1/status"):
            page.get(path, cookie=cookie)
        page.process.send_signal(signal.SIGTERM)
        page.process.wait(PATIENCE)
        resolver.stop()
        self.check("cenoted.service", self.summaries("cenoted"))
        self.check("cenote-web.service", self.summaries("cenote-web"))

    def test_quic(self):
        """Outside systemd the daemon starts cenote-quic, as its child, from the folder that it was started from itself."""
        upstream = ScriptedUpstream(self, every_name(60))
        resolver = self.node(upstreams=[upstream.where])
        authority = Authority(resolver.folder)
        chain, key = resolver.folder / "chain.pem", resolver.folder / "key.pem"
        for path, text in zip((chain, key), authority.pair()):
            replace(path, text)
        resolver.write_config(server='listen_quic = ["127.0.0.1:0"]\n[server.tls]\nname = "dns.example"\n'
                                     f'certificate = "{chain}"\nkey = "{key}"\n')
        resolver.update()
        place = self.programs(["cenote-quic"])
        shutil.copy(BIN / "cenoted", place)
        with mock.patch.object(daemon, "BIN", place):
            resolver.start()
        resolver.daemon.wait_line("cenote-quic has connected")
        port = resolver.cenote_json("status")["listen_quic"][0].rsplit(":", 1)[1]
        tls = [f"+tls-ca={authority.file}", "+tls-hostname=dns.example", "+quic", f"+time={PATIENCE:.0f}", "+retry=0"]
        for name in ("chat.alpha-ai.example", "n1.example"):
            done = subprocess.run(["kdig", "@127.0.0.1", "-p", port, *tls, name], capture_output=True, text=True,
                                  timeout=2 * PATIENCE, check=False)
            self.assertIn("status: NOERROR", done.stdout, done.stderr)
        for path, text in zip((chain, key), authority.pair()):
            replace(path, text)
        resolver.cenote_ok("reload")
        resolver.stop()
        self.check("cenote-quic.service", self.summaries("cenote-quic"))

    def test_an_update(self):
        resolver = self.node()
        environment = dict(os.environ, CENOTE_SOCKET=str(resolver.control), CENOTE_CONFIG=str(resolver.config))
        done = subprocess.run([str(self.programs() / "cenote"), "update"], env=environment, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, check=False)
        self.assertEqual(done.returncode, 0, done)
        calls = self.summaries("cenote")
        self.check("cenote-update.service", calls)


@unittest.skipIf(WHY_NOT, WHY_NOT)
class Transfers(SecondaryZoneTest):
    programs, check, summaries = SystemCalls.programs, SystemCalls.check, SystemCalls.summaries

    def test_a_transfer(self):
        """The process that transfers zones: outside systemd it is a child of the daemon, so strace follows it."""
        self.folder = folder_for_summaries(self)
        primary = ScriptedPrimary(self, [zone_text(1, ["one.example"])])
        with mock.patch.object(daemon, "BIN", self.programs()):
            self.stand_up(primary.where)
        eventually(lambda: self.seen("one.example") == ["0.0.0.0"], "the zone is in force")
        self.resolver.stop()
        calls = self.summaries("cenoted")
        self.check("cenote-transfer.service", calls)


if __name__ == "__main__":
    main()
