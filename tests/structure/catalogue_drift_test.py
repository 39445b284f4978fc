#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""catalogue-drift finds what several sources have and the catalogue lacks, and rows in no source, and changes nothing."""

import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "tools/dev/catalogue-drift"
CATALOGUE = """
vendor = "Alpha"
jurisdiction = "ZZ"
[[service]]
id = "alpha"
shared = ["shared.example"]
[[service.domain]]
name = "alpha.example"
role = "web"
[[service]]
id = "gone"
[[service.domain]]
name = "gone.example"
role = "web"
"""
V2FLY = {
    "data/category-ai-!cn": "include:newcomer\ninclude:alpha\ninclude:missing\n",
    "data/newcomer": "# a comment\nnew.example @!cn\nfull:api.new.example\nregexp:^x\\.example$\nkeyword:word\n",
    "data/alpha": "domain:alpha.example\nshared.example\n",
    "data/unrelated": "unrelated.example\n",
}
NULLGEN = {"lists/vendors.json": json.dumps({"vendors": [
    {"id": "new-comer", "hosts": ["new.example", "cdn.net.example"]},
    {"id": "alpha", "hosts": ["chat.alpha.example", "infrastructure.example", "shared.example"]}]})}
HOSTS = {"noai_hosts.txt": "# title\n\n0.0.0.0 www.alpha.example\n0.0.0.0 deep.cdn.net.example\n0.0.0.0 only.example\n"
                           "0.0.0.0 infrastructure.example\n"}


class CatalogueDrift(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.write("catalogue/services", {"alpha.toml": CATALOGUE})
        self.write("catalogue", {"shared_infrastructure.txt": "# use\ninfrastructure.example\n"})

    def write(self, folder, files):
        for name, text in files.items():
            path = self.folder / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return self.folder / folder

    def drift(self, *arguments):
        return subprocess.run([sys.executable, SCRIPT, "--services", self.folder / "catalogue/services", *arguments],
                              capture_output=True, text=True, check=False)

    def sources(self):
        return (self.write("src/v2fly/domain-list-community", V2FLY), self.write("src/nullgen-inc/ai-blocklist", NULLGEN),
                self.write("src/laylavish/uBlockOrigin-HUGE-AI-Blocklist", HOSTS))

    def section(self, text, title):
        found = [part for part in text.split("\n## ") if part.startswith(title)]
        self.assertEqual(len(found), 1, text)
        return [line for line in found[0].splitlines()[1:] if line]

    def test_report(self):
        before = {path: path.read_text() for path in self.folder.rglob("*.toml")}
        done = self.drift(*self.sources())
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(self.section(done.stdout, "Names in 2"),
                         ["- `new.example`: nullgen-inc/ai-blocklist, v2fly/domain-list-community"])
        self.assertEqual(self.section(done.stdout, "Services in 2"),
                         ["- newcomer: nullgen-inc/ai-blocklist (cdn.net.example, new.example); "
                          "v2fly/domain-list-community (api.new.example, new.example)"])
        self.assertEqual(self.section(done.stdout, "Rows in none"), ["- gone: gone.example"])
        self.assertNotIn("unrelated", done.stdout)
        self.assertEqual(before, {path: path.read_text() for path in self.folder.rglob("*.toml")})

    def test_least(self):
        names = self.section(self.drift("--least", "1", *self.sources()).stdout, "Names in 1")
        self.assertEqual([line.split("`")[1] for line in names], ["new.example", "cdn.net.example", "only.example"])

    def test_revisions(self):
        v2fly, nullgen, hosts = self.sources()
        commit = "c975ccef" + "0" * 32
        self.write("src/v2fly/domain-list-community/.git", {"HEAD": commit + "\n"})
        self.write("src/nullgen-inc/ai-blocklist/.git", {"HEAD": "ref: refs/heads/main\n", "refs/heads/main": commit})
        self.write("src/laylavish/uBlockOrigin-HUGE-AI-Blocklist/.git",
                   {"HEAD": "ref: refs/heads/main\n", "packed-refs": f"# pack-refs\n{commit} refs/heads/main\n"})
        self.assertEqual(self.drift(v2fly, nullgen, hosts).stdout.count("| c975ccef |"), 3)

    def test_formats(self):
        sources = [
            self.write("src/VPSDance/ai-proxy-rules",
                       {"data/providers/new.yaml": "provider: new\ngroups:\n  - name: Core\n    rules:\n"
                                                   "      domainSuffix:\n        - new.example\n"}),
            self.write("src/SukkaW/Surge", {"Source/non_ip/ai.conf": "DOMAIN-SUFFIX,new.example\nUSER-AGENT,x.example\n"}),
            self.write("src/anomalyco/models.dev",
                       {"providers/new/provider.toml": 'api = "https://new.example/v1"\n'}),
            self.write("src/elastic/detection-rules",
                       {"rules/cross-platform/command_and_control_common_llm_endpoint.toml":
                        'query = """dns.question.name : ("new.example", "*.other.example")"""\n'}),
            self.write("src/fmhy/edit", {"docs/ai.md": "* [New](https://new.example/start) - chat\n"}),
        ]
        for number, source in enumerate(sources):
            names = self.section(self.drift("--least", "1", source).stdout, "Names in 1")
            self.assertTrue(any("`new.example`" in line for line in names), f"{sources[number]}: {names}")
            self.assertFalse(any("`x.example`" in line for line in names))

    def test_what_cannot_be_read(self):
        unknown = self.write("src/owner/other", {"a.txt": "a.example\n"})
        empty = self.write("src/fmhy/edit", {"README.md": ""})
        broken = self.write("src/nullgen-inc/ai-blocklist", {"lists/vendors.json": "{"})
        for checkout, why in ((unknown, "no reader for owner/other"), (empty, "no name in docs/ai.md"),
                              (broken, "vendors.json")):
            done = self.drift(checkout)
            self.assertEqual((done.returncode, done.stdout), (2, ""), done)
            self.assertIn(why, done.stderr)


if __name__ == "__main__":
    unittest.main()
