# SPDX-License-Identifier: Apache-2.0
"""The formats of a report, judged by parsers that others wrote: HTML by html5lib and tidy, SVG by an XML parser, CSV
by Python's own. The reports are those of tests/document/report_fixture.cc."""
import base64
import csv
import hashlib
import html
import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree

from daemon import BIN
from harness import main

PRINT = BIN.parent / "tests" / "print_report"
FIXTURES = ("plausible", "empty", "large", "hostile")
LANGUAGES = ("en", "ko")
SVG = "{http://www.w3.org/2000/svg}"
# Tidy knows SVG as an element, not its own attributes.
TIDY_DOES_NOT_KNOW = re.compile(r'Warning: <title> proprietary attribute "id"')


def printed(fixture, language, form, *more):
    done = subprocess.run([PRINT, fixture, language, form, *more], capture_output=True, check=True)
    return done.stdout.decode()


class Pages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pages = {(f, lang): printed(f, lang, "html") for f in FIXTURES for lang in LANGUAGES}

    def test_html5lib_finds_no_error(self):
        try:
            import html5lib
        except ImportError:
            self.skipTest("python3-html5lib is not installed")
        for _, page in self.pages.items():
            html5lib.HTMLParser(strict=True).parse(page)

    @unittest.skipUnless(shutil.which("tidy"), "tidy is not installed")
    def test_tidy_finds_nothing(self):
        for _, page in self.pages.items():
            done = subprocess.run(["tidy", "-quiet", "-errors", "-utf8", "--show-warnings", "yes"], input=page.encode(),
                                  capture_output=True)
            found = [line for line in done.stderr.decode().splitlines() if not TIDY_DOES_NOT_KNOW.search(line)]
            self.assertEqual(found, [])

    def test_the_one_style_has_the_hash_of_the_policy(self):
        for _, page in self.pages.items():
            style, = re.findall(r"<style>(.*?)</style>", page, re.S)
            policy, = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
            digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
            self.assertEqual(policy.split("; "), ["default-src 'none'", f"style-src 'sha256-{digest}'",
                                                  "base-uri 'none'", "form-action 'none'"])

    def test_nothing_is_requested_and_nothing_runs(self):
        for _, page in self.pages.items():
            self.assertNotRegex(page, r"<(script|link|img|iframe|object|embed|form|base)\b")
            self.assertNotRegex(page, r"<[^>]*\s(style|src|on\w+)\s*=")
            self.assertNotRegex(page, r"@import|url\((?!#)")
            for address in re.findall(r'href="([^"]*)"', page):
                self.assertTrue(address.startswith("#"), address)

    def test_ids_are_unique_and_every_reference_has_one(self):
        for _, page in self.pages.items():
            ids = re.findall(r'\sid="([^"]*)"', page)
            self.assertEqual(len(ids), len(set(ids)))
            wanted = set(re.findall(r'href="#([^"]*)"', page)) | set(re.findall(r"url\(#([^)]*)\)", page))
            for several in re.findall(r'aria-labelledby="([^"]*)"', page):
                wanted |= set(several.split())
            self.assertLessEqual(wanted, set(ids))

    def test_headings_are_in_order(self):
        for (_, language), page in self.pages.items():
            self.assertIn(f'<html lang="{language}">', page)
            levels = [int(level) for level in re.findall(r"<h([1-6])\b", page)]
            self.assertEqual(levels.count(1), 1)
            self.assertEqual(levels[0], 1)
            for before, after in zip(levels, levels[1:]):
                self.assertLessEqual(after, before + 1)
            self.assertEqual(len(re.findall(r'<section id="part-\d+">', page)), 13)
            self.assertEqual(len(re.findall(r'<a href="#part-\d+">', page)), 13)

    def test_charts_are_xml_with_title_and_description(self):
        seen = 0
        for _, page in self.pages.items():
            for chart in re.findall(r"<svg\b.*?</svg>", page, re.S):
                root = ElementTree.fromstring(chart)
                self.assertEqual(root.get("role"), "img")
                title, description = root[0], root[1]
                self.assertEqual((title.tag, description.tag), (SVG + "title", SVG + "desc"))
                self.assertEqual(root.get("aria-labelledby"), f'{title.get("id")} {description.get("id")}')
                self.assertTrue(title.text.strip() and description.text.strip())
                seen += 1
        self.assertGreater(seen, 40)

    def test_a_chart_has_the_numbers_of_its_table(self):
        page = self.pages["plausible", "en"]
        bars, = re.findall(r'<svg [^>]*aria-labelledby="c-services-t.*?</svg>', page, re.S)
        root = ElementTree.fromstring(bars)
        drawn = [text.text for text in root.iter(SVG + "text") if re.fullmatch(r"[\d,]+", text.text or "")]
        table, = re.findall(r'<caption id="part-4-\d+">Services</caption>.*?</table>', page, re.S)
        listed = re.findall(r'<td class="n">([\d,]+)</td><td class="n">[^<]*</td><td class="n">\d+</td>', table)
        self.assertEqual(drawn, listed)

    def test_the_stamp_is_json(self):
        for (_, language), page in self.pages.items():
            stamp, = re.findall(r'<meta name="cenote-report" content="([^"]*)">', page)
            read = json.loads(html.unescape(stamp))
            self.assertEqual(list(read), sorted(read))
            self.assertEqual((read["cenote_report"], read["lang"], read["zone"]), (1, language, "Asia/Seoul"))
            self.assertEqual(read["data_digest"], "a" * 64)

    def test_a_large_report_stays_small(self):
        for language in LANGUAGES:
            self.assertLess(len(self.pages["large", language].encode()), 2_000_000)


class Tables(unittest.TestCase):
    def read(self, fixture, language):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="cenote-report-csv-"))
        self.addCleanup(shutil.rmtree, folder)
        printed(fixture, language, "csv", folder)
        tables = {}
        for path in folder.glob("*.csv"):
            data = path.read_bytes()
            self.assertEqual(data.replace(b"\r\n", b"").count(b"\n"), 0, "RFC 4180 lines end with CRLF")
            tables[path.stem] = list(csv.reader(data.decode().splitlines(keepends=True), strict=True))
        return tables

    def test_python_reads_them_and_every_row_is_whole(self):
        for fixture in FIXTURES:
            for language in LANGUAGES:
                for name, rows in self.read(fixture, language).items():
                    with self.subTest(fixture=fixture, language=language, table=name):
                        self.assertEqual({len(row) for row in rows}, {len(rows[0])})
                        if name != "report":
                            self.assertEqual(rows[0][-1], "data_digest")
                            self.assertLessEqual({row[-1] for row in rows[1:]}, {"a" * 64})

    def test_no_cell_is_a_formula(self):
        number = re.compile(r"-?\d+")
        for language in LANGUAGES:
            for name, rows in self.read("hostile", language).items():
                for row in rows:
                    for value in row:
                        if value[:1] in ("=", "+", "-", "@"):
                            self.assertRegex(value, number, name)
                            self.assertTrue(number.fullmatch(value), (name, value))

    def test_numbers_are_those_of_the_json(self):
        report = json.loads(printed("plausible", "en", "json"))
        tables = self.read("plausible", "ko")
        services = [dict(zip(tables["services"][0], row)) for row in tables["services"][1:]]
        self.assertEqual([(s["service"], int(s["queries"])) for s in services],
                         [(s["id"], s["total"]) for s in report["use"]["services"]])
        self.assertEqual([s["episodes"] for s in services],
                         [str(s["episodes"]["n"]) if "n" in s["episodes"] else f'<{s["episodes"]["fewer_than"]}'
                          for s in report["use"]["services"]])
        days = [dict(zip(tables["days"][0], row)) for row in tables["days"][1:]]
        gone = next(d for d in days if d["queries_block"] == "")
        self.assertEqual((gone["episodes"], gone["gap"]), ("", "86400"), "not counted is empty, and no zero")

    def test_the_index_names_every_table_and_column(self):
        tables = self.read("plausible", "ko")
        index = tables.pop("report")
        self.assertEqual({row[1] for row in index if row[0] == "table"}, set(tables))
        self.assertEqual({row[1] for row in index if row[0] == "column"},
                         {f"{name}.{column}" for name, rows in tables.items() for column in rows[0][:-1]})


if __name__ == "__main__":
    main()
