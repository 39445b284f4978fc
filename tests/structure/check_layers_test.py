#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""check_layers.py finds each kind of violation in a small tree, names file and line, and leaves a good tree alone."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "tools/dev/check_layers.py"

LAYERS = """
row base
row cache telemetry
row engine blocklists
row daemon cenote
vocabulary base
public cache key.h
order cache key.h shard.h cache.h
door uv.h   resolver/cache/loop.cc blocklists/
system fmt/ sys/ unistd.h
"""

GOOD = {
    "resolver/base/bytes.h": "#include <vector>\n",
    "resolver/cache/shard.h": '#include "resolver/base/bytes.h"\n#include <sys/types.h>\n',
    "resolver/cache/loop.cc": '#include <uv.h>\n#include "resolver/cache/shard.h"\n',
    "resolver/engine/engine.cc": '#include "resolver/cache/cache.h"\n#include "resolver/cache/options.h"\n'
                                 '#include "resolver/cache/key.h"\n#include <fmt/format.h>\n',
    "blocklists/compile.cc": '#include <uv.h>\n#include "resolver/base/bytes.h"\n',
    "tools/cenote/main.cc": '#include "resolver/engine/engine.h"\n#include "blocklists/blocklists.h"\n',
}


def check(files):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in {"tools/dev/layers.txt": LAYERS, **files}.items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return subprocess.run([sys.executable, SCRIPT, folder], capture_output=True, text=True, check=False)


class CheckLayers(unittest.TestCase):
    def assert_found(self, name, text, expected):
        result = check({**GOOD, name: text})
        self.assertEqual(result.returncode, 1, result.stdout + result.stderr)
        self.assertEqual(result.stdout.strip(), expected)

    def test_a_good_tree_passes(self):
        result = check(GOOD)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertIn("6 files", result.stdout)

    def test_up(self):
        self.assert_found("resolver/cache/cache.cc", '\n// why\n  #  include "resolver/engine/engine.h"\n',
                          "resolver/cache/cache.cc:3: includes up: cache may not include engine (resolver/engine/engine.h)")

    def test_up_into_the_tool(self):
        self.assert_found("resolver/engine/late.cc", '#include "tools/cenote/verbs.h"\n',
                          "resolver/engine/late.cc:1: includes up: engine may not include cenote (tools/cenote/verbs.h)")

    def test_sideways(self):
        self.assert_found("blocklists/rule.h", '#include "resolver/engine/engine.h"\n',
                          "blocklists/rule.h:1: includes sideways: blocklists may not include engine "
                          "(resolver/engine/engine.h)")

    def test_private_header(self):
        self.assert_found("resolver/engine/late.cc", '#include "resolver/cache/shard.h"\n',
                          "resolver/engine/late.cc:1: resolver/cache/shard.h is private to cache")

    def test_against_the_order_of_a_module(self):
        self.assert_found("resolver/cache/key.h", '#include "resolver/cache/cache.h"\n',
                          "resolver/cache/key.h:1: includes up: key.h is below cache.h in the order of cache")

    def test_a_header_outside_the_order_below_one_inside(self):
        self.assert_found("resolver/cache/shard.h", '#include "resolver/cache/key.h"\n#include "resolver/cache/entry.h"\n',
                          "resolver/cache/shard.h:2: includes up: shard.h is below entry.h in the order of cache")

    def test_module_without_a_row(self):
        self.assert_found("resolver/misc/a.cc", '#include "resolver/base/bytes.h"\n',
                          "resolver/misc/a.cc:1: module 'misc' is in no row of layers.txt")

    def test_relative_path(self):
        self.assert_found("resolver/cache/cache.cc", '#include "shard.h"\n',
                          'resolver/cache/cache.cc:1: "shard.h" is not a path from the root of the tree')

    def test_third_party_outside_its_door(self):
        self.assert_found("resolver/cache/cache.cc", "#include <uv.h>\n",
                          "resolver/cache/cache.cc:1: <uv.h> is included outside its door, "
                          "resolver/cache/loop.cc blocklists/")

    def test_third_party_without_a_door(self):
        self.assert_found("resolver/cache/cache.cc", "#include <curl/curl.h>\n",
                          "resolver/cache/cache.cc:1: <curl/curl.h> has no door in layers.txt")

    def test_an_empty_tree_is_no_success(self):
        self.assertNotEqual(check({}).returncode, 0)


if __name__ == "__main__":
    unittest.main()
