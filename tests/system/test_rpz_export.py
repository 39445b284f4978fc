# SPDX-License-Identifier: Apache-2.0
"""The policy as a file for other resolvers, loaded by BIND, Knot, unbound and PowerDNS Recursor."""
import shutil
import subprocess

from harness import addresses, main
from primary_zones import PrimaryZoneTest
from secondaries import Knot, PdnsFile, UnboundRpz, ask


class RpzExport(PrimaryZoneTest):
    def test_the_export_says_the_same(self):
        self.stand_up()
        self.resolver.cenote_ok("restrict", "domain:new.example", "--everyone", "--no-end")
        self.resolver.cenote_ok("allow", "good.new.example", "--for", "1h")
        rpz = self.resolver.folder / "export.rpz"
        rpz.write_text(self.resolver.cenote_ok("export", "--format", "rpz"))
        zones = self.resolver.cenote_ok("export", "--format", "unbound")
        by_rpz = UnboundRpz(self, f"rpz:\n  name: rpz.file\n  zonefile: {rpz}\n", self.upstream.where)
        by_zones = UnboundRpz(self, zones, self.upstream.where)
        for server in (by_rpz, by_zones):
            for name in ("alpha-ai.example", "api.alpha-ai.example", "new.example", "x.new.example"):
                self.assertNotIn("192.0.2.1", addresses(ask(server, name)), (type(server), name))
            for name in ("good.new.example", "x.good.new.example", "beta-ai.example", "example"):
                self.assertEqual(addresses(ask(server, name)), ["192.0.2.1"], name)
        self.assertIn("alpha-ai.example\n", self.resolver.cenote_ok("export", "--format", "domains"))

    def test_the_exported_zone_loads_everywhere(self):
        self.stand_up()
        long_name = ".".join("abcdefghij" * 5 for _ in range(4)) + ".abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstu"
        self.assertEqual(len(long_name), 251)
        self.resolver.cenote_ok("restrict", "domain:" + long_name, "--everyone", "--no-end")
        self.resolver.cenote_ok("restrict", "address:198.51.100.0/24", "--everyone", "--no-end")
        done = self.resolver.cenote("export", "--format", "rpz")
        self.assertEqual(done.returncode, 0)
        self.assertIn("2 rules are left out, and the names that they sinkhole resolve there", done.stderr)
        self.assertIn("2 of them have names that are too long", done.stderr)
        self.assertNotIn("abcdefghij", done.stdout)
        checked = 0
        with self.subTest("BIND"):
            if shutil.which("named-checkzone"):
                file = self.resolver.folder / "bind.rpz"
                file.write_text(done.stdout)
                loaded = subprocess.run(["named-checkzone", "rpz.of-a-name-as-long-as-they-come.agency.example", file],
                                        capture_output=True, text=True)
                self.assertEqual(loaded.returncode, 0, loaded.stdout + loaded.stderr)
                self.assertNotIn("ignoring", loaded.stdout + loaded.stderr)
                checked += 1
        with self.subTest("Knot"):
            if shutil.which("knotd"):
                class KnotHere(Knot):
                    def command(self):
                        (self.folder / "rpz.zone").write_text(done.stdout)
                        return super().command()

                server = KnotHere(self, "zone:\n  - domain: rpz.file\n    storage: FOLDER\n    file: rpz.zone\n",
                                  "rpz.file")
                self.assertEqual(ask(server, "alpha-ai.example.rpz.file", "CNAME").answer[0][0].to_text(), "*.")
                self.assertTrue(ask(server, "24.0.100.51.198.rpz-ip.rpz.file", "CNAME").answer)
                self.assertTrue(ask(server, "rpz.file", "NS").answer)
                checked += 1
        with self.subTest("unbound"):
            if shutil.which("unbound"):
                file = self.resolver.folder / "unbound.rpz"
                file.write_text(done.stdout)
                server = UnboundRpz(self, f"rpz:\n  name: rpz.file\n  zonefile: {file}\n", self.upstream.where)
                self.assertNotIn("192.0.2.1", addresses(ask(server, "api.alpha-ai.example")))
                checked += 1
        with self.subTest("PowerDNS"):
            if shutil.which("pdns_recursor"):
                server = PdnsFile(self, done.stdout, self.upstream.where)
                self.assertNotIn("192.0.2.1", addresses(ask(server, "api.alpha-ai.example")))
                checked += 1
        if checked == 0:
            self.skipTest("none of named-checkzone, knotd, unbound and pdns_recursor is installed")

    def test_what_other_formats_do_not_say(self):
        self.stand_up()
        self.resolver.cenote_ok("restrict", "domain:new.example", "--everyone", "--no-end")
        self.resolver.cenote_ok("allow", "good.new.example", "--for", "1h")
        self.resolver.cenote_ok("restrict", "address:198.51.100.0/24", "--everyone", "--no-end")
        known = {"hosts": ("names are sinkholed here with all names below them; there only those that are listed", "1 rules"),
                 "domains": ("1 rules are left out, and the names that they allow are sinkholed there", "and the names that they sinkhole"),
                 "dnsmasq": ("1 rules are left out, and the names that they sinkhole resolve there",),
                 "unbound": ("1 rules are left out, and the names that they sinkhole resolve there",)}
        for format, sentences in known.items():
            done = self.resolver.cenote("export", "--format", format)
            self.assertEqual(done.returncode, 0)
            for sentence in sentences:
                self.assertIn(sentence, done.stderr, format)
                self.assertIn(sentence, done.stdout, format)
        self.assertEqual(self.resolver.cenote("export", "--format", "rpz").stderr, "")
        hosts = self.resolver.cenote_ok("export", "--format", "hosts")
        for name in ("alpha-ai.example", "api.alpha-ai.example", "new.example"):
            self.assertIn(f"0.0.0.0 {name}\n", hosts)
        self.assertNotIn("good.new.example", hosts)

    def test_an_unknown_group_is_no_export(self):
        self.stand_up()
        self.assertEqual(self.resolver.cenote("export", "--format", "hosts", "--group", "nobody").returncode, 1)


if __name__ == "__main__":
    main()
