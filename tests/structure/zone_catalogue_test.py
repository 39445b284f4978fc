#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""zone_catalogue.py fills named places only, and refuses a value or a place that stands alone."""

import sys
import tempfile
import unittest
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "zones"))
import zone_catalogue  # noqa: E402  its folder is on the path from here on


class ZoneCatalogue(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.addCleanup(setattr, zone_catalogue, "FOLDER", zone_catalogue.FOLDER)
        zone_catalogue.FOLDER = Path(folder.name)
        (zone_catalogue.FOLDER / "named.conf").write_text("listen-on port {port} { any; }; # {port} {}\n")

    def test_places_are_filled_and_other_braces_stay(self):
        self.assertEqual(zone_catalogue.read("named.conf", port=53), "listen-on port 53 { any; }; # 53 {}\n")

    def test_a_value_may_look_like_a_place(self):
        self.assertEqual(zone_catalogue.read("named.conf", port="{port}"), "listen-on port {port} { any; }; # {port} {}\n")

    def test_a_place_without_a_value_is_refused(self):
        with self.assertRaisesRegex(ValueError, r"named.conf has the places \['port'\], not \[\]"):
            zone_catalogue.read("named.conf")

    def test_a_value_without_a_place_is_refused(self):
        with self.assertRaisesRegex(ValueError, r"not \['folder', 'port'\]"):
            zone_catalogue.read("named.conf", port=53, folder="/tmp")


if __name__ == "__main__":
    unittest.main()
