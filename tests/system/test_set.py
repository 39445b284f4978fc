# SPDX-License-Identifier: Apache-2.0
"""The compiled set on disk: replaced whole, with its previous version kept; damaged files are refused."""
import os
import shutil
import struct

import xxhash

from harness import RESTRICT_ALPHA, SystemTest, addresses, extended_errors, main
from upstreams import ScriptedUpstream, every_name

DIRECTIVES = RESTRICT_ALPHA + """
[[directive]]
id      = "all-1"
targets = ["service:*"]
step    = "block"
"""
GAMMA = """
vendor       = "Gamma Labs"
jurisdiction = "ZZ"
[[service]]
id       = "gamma"
aliases  = []
name     = "Gamma"
category = ["chat"]
default  = true
checked  = 2026-11-01
evidence = ["gamma-labs.example"]
shared   = []
[[service.domain]]
name = "gamma-ai.example"
role = "web"
"""


class Sets(SystemTest):
    def setUp(self):
        super().setUp()
        self.upstream = ScriptedUpstream(self, every_name(60))
        self.resolver = self.node(directives=DIRECTIVES, upstreams=[self.upstream.where])

    def files(self):
        """The set and its earlier versions."""
        return sorted(path for path in self.resolver.folder.glob("cenote.set*") if path.stat().st_size > 64)

    def two_updates(self):
        self.resolver.update()
        (self.resolver.services / "gamma.toml").write_text(GAMMA)
        self.resolver.update()

    def flip(self, path, offset):
        data = bytearray(path.read_bytes())
        data[offset] ^= 0x01
        path.write_bytes(data)

    def test_the_previous_set_serves_loudly(self):
        self.two_updates()
        self.flip(self.resolver.set, self.resolver.set.stat().st_size // 2)
        self.resolver.start()
        self.resolver.daemon.wait_line(r"cenote\.set")
        self.assertEqual(addresses(self.resolver.ask("alpha-ai.example")), ["0.0.0.0"])
        self.assertEqual(addresses(self.resolver.ask("gamma-ai.example")), ["192.0.2.1"], "only in the newer set")
        problems = self.resolver.cenote_json("status")["problems"]
        self.assertIn("error", [problem["severity"] for problem in problems])
        self.assertEqual(self.resolver.cenote("status", "--check").returncode, 2)
        self.resolver.update()
        self.assertEqual(addresses(self.resolver.ask("gamma-ai.example")), ["0.0.0.0"])

    def test_a_set_that_deceives_goes_once_it_is_read(self):
        """Its checksums are right, but the offset in its first group contradicts its records. The complete check runs
        after the start."""
        self.two_updates()
        data = bytearray(self.resolver.set.read_bytes())
        groups = 64 + 4 * 24  # of the header: where section 4 is, how long, its checksum
        at, size = struct.unpack_from(">QQ", data, groups)
        data[at + 63] ^= 1
        struct.pack_into(">Q", data, groups + 16, xxhash.xxh3_64_intdigest(bytes(data[at:at + size])))
        struct.pack_into(">Q", data, 248, xxhash.xxh3_64_intdigest(bytes(data[:248])))
        self.resolver.set.write_bytes(data)
        self.resolver.start()
        self.resolver.daemon.wait_line(r"contradicts itself.*previous set")
        self.assertEqual(addresses(self.resolver.ask("alpha-ai.example")), ["0.0.0.0"])
        self.assertEqual(addresses(self.resolver.ask("gamma-ai.example")), ["192.0.2.1"], "only in the newer set")
        self.assertEqual(self.resolver.cenote("reload").returncode, 0, "the previous set can be loaded again")

    def test_the_set_in_use_is_cut_short(self):
        """As by 'cp' over the file: the daemon continues with the previous set and reports it."""
        self.two_updates()
        self.resolver.start()
        self.assertEqual(addresses(self.resolver.ask("gamma-ai.example")), ["0.0.0.0"])
        daemon = self.resolver.daemon
        os.truncate(self.resolver.set, 0)
        self.resolver.ask("alpha-ai.example")
        daemon.wait_line(r"was cut short")
        daemon.wait_line(r"previous set")
        self.assertEqual(addresses(self.resolver.ask("alpha-ai.example")), ["0.0.0.0"])
        self.assertEqual(addresses(self.resolver.ask("gamma-ai.example")), ["192.0.2.1"], "only in the newer set")
        what = " ".join(problem["what"] for problem in self.resolver.cenote_json("status")["problems"])
        self.assertIn("previous set", what)
        self.resolver.update()
        self.assertEqual(addresses(self.resolver.ask("gamma-ai.example")), ["0.0.0.0"])
        self.assertEqual(self.resolver.cenote_json("status")["problems"], [])
        self.assertIsNone(daemon.process.poll(), "the process must not have ended")

    def test_every_kind_of_damage_is_refused(self):
        self.two_updates()
        good = self.resolver.set.read_bytes()
        size = len(good)
        damaged = {f"bit flipped at {at}": good[:at] + bytes([good[at] ^ 0x10]) + good[at + 1:]
                   for at in (0, 5, 9, 17, size // 3, size // 2, size - 1)}
        damaged.update({f"cut to {to}": good[:to] for to in (0, 1, 64, size // 2, size - 1)})
        damaged["zeroed"] = bytes(size)
        damaged["foreign"] = b"\x7fELF" * (size // 4)
        damaged["longer"] = good + b"\0"
        for what, content in damaged.items():
            with self.subTest(what):
                self.resolver.set.write_bytes(content)
                done = self.resolver.cenote("inspect", self.resolver.set)
                self.assertEqual(done.returncode, 1, done)
                self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
        for make in (lambda path: path.mkdir(), lambda path: os.mkfifo(path)):
            self.resolver.set.unlink()
            make(self.resolver.set)
            self.assertEqual(self.resolver.cenote("inspect", self.resolver.set).returncode, 1)
            self.resolver.start()
            self.assertEqual(addresses(self.resolver.ask("alpha-ai.example")), ["0.0.0.0"])
            self.resolver.stop()
            shutil.rmtree(self.resolver.set) if self.resolver.set.is_dir() else self.resolver.set.unlink()
            self.resolver.set.write_bytes(good)

    def test_nothing_readable(self):
        self.two_updates()
        self.assertGreaterEqual(len(self.files()), 2)
        for path in self.files():
            self.flip(path, path.stat().st_size // 2)
        self.resolver.start()
        for name in ("alpha-ai.example", "open.example"):
            answer = self.resolver.ask(name)
            self.assertRcode(answer, "SERVFAIL")
            self.assertIn(14, [code for code, _ in extended_errors(answer)])
        self.resolver.stop()
        self.resolver.write_config(server='without_set = "forward"')
        self.resolver.start()
        self.assertEqual(addresses(self.resolver.ask("open.example")), ["192.0.2.1"])
        self.assertEqual(addresses(self.resolver.ask("alpha-ai.example")), ["192.0.2.1"])
        self.resolver.update()
        self.assertEqual(addresses(self.resolver.ask("alpha-ai.example")), ["0.0.0.0"])

    def test_never_compiled(self):
        daemon = self.resolver.launch()
        daemon.wait_notified("READY")
        daemon.wait_line(r"cenote\.set")
        found = daemon.wait_line(r"listening on (127\.0\.0\.\d+):(\d+)")
        self.resolver.address, self.resolver.port = found.group(1), int(found.group(2))
        self.assertRcode(self.resolver.ask("open.example"), "SERVFAIL")
        self.resolver.update()
        self.assertEqual(addresses(self.resolver.ask("open.example")), ["192.0.2.1"])
        self.assertEqual(addresses(self.resolver.ask("alpha-ai.example")), ["0.0.0.0"])

    def test_reload_of_a_broken_set_changes_nothing(self):
        self.two_updates()
        self.resolver.start()
        good = self.resolver.set.read_bytes()
        broken = self.resolver.folder / "broken"
        broken.write_bytes(good[:-1])
        broken.rename(self.resolver.set)  # written beside the set and renamed, as by every writer
        done = self.resolver.cenote("reload")
        self.assertEqual(done.returncode, 1, done)
        self.assertIn("cenote.set", done.stderr)
        self.assertEqual(addresses(self.resolver.ask("gamma-ai.example")), ["0.0.0.0"])

    def test_a_catalogue_that_may_not_be_changes_nothing(self):
        resolver = self.node(extra='protect = ["guarded.example"]\n')
        resolver.update()
        before = resolver.set.read_bytes()
        (resolver.services / "gamma.toml").write_text(GAMMA.replace("gamma-ai.example", "x.guarded.example"))
        done = resolver.cenote("update")
        self.assertEqual(done.returncode, 1)
        self.assertIn("the catalogue is not taken: it adds 'x.guarded.example', which may not be sinkholed", done.stderr)
        self.assertEqual(resolver.set.read_bytes(), before)
        (resolver.services / "gamma.toml").write_text(GAMMA)
        resolver.update()

    def test_rollback(self):
        self.two_updates()
        self.resolver.start()
        self.assertEqual(addresses(self.resolver.ask("gamma-ai.example")), ["0.0.0.0"])
        self.resolver.cenote_ok("update", "--rollback")
        self.assertEqual(addresses(self.resolver.ask("gamma-ai.example")), ["192.0.2.1"])
        self.assertEqual(addresses(self.resolver.ask("alpha-ai.example")), ["0.0.0.0"])

    def test_compile_and_inspect(self):
        out = self.resolver.folder / "other.set"
        self.resolver.cenote_ok("compile", "--out", out)
        self.assertTrue(self.resolver.cenote_ok("inspect", out).strip())
        shown = self.resolver.cenote_json("inspect", out)
        self.assertTrue(shown)

    def test_lists(self):
        hosts, domains = self.resolver.folder / "hosts.txt", self.resolver.folder / "domains.txt"
        hosts.write_text("# a hosts file\n0.0.0.0 only-this.example\n")
        domains.write_text("and-below.example\n")
        self.resolver.write_config(extra=f"""
[[list]]
id = "h"
source = "{hosts}"
format = "hosts"
[[list]]
id = "d"
source = "{domains}"
format = "domains"
""", directives='[[directive]]\nid = "l-1"\ntargets = ["list:h", "list:d"]\nstep = "block"\n')
        self.resolver.start()
        for name, address in (("only-this.example", "0.0.0.0"), ("a.only-this.example", "192.0.2.1"),
                              ("and-below.example", "0.0.0.0"), ("a.and-below.example", "0.0.0.0"),
                              ("xand-below.example", "192.0.2.1")):
            with self.subTest(name):
                self.assertEqual(addresses(self.resolver.ask(name)), [address])


if __name__ == "__main__":
    main()
