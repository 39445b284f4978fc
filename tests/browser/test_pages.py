# SPDX-License-Identifier: Apache-2.0
"""Every page of cenote-web in Chromium: both languages, wide and narrow, light, dark and forced colours."""
import pathlib
import unittest

import browser
from furnished import Furnished

browser.need()
from harness import SystemTest, main  # noqa: E402

FAULTS = (pathlib.Path(__file__).parent / "faults.js").read_text()
# Each page of the navigation, and what must stand on it for the test to have looked at the right thing.
PAGES = ("/", "/services", "/services/alpha", "/directives", "/directives/close-2", "/groups", "/groups/staff",
         "/exceptions", "/bypass", "/proof", "/live", "/log", "/reports", "/health", "/audit", "/privacy",
         "/explain?name=chat.alpha-ai.example&client=127.0.0.20", "/?range=24h", "/?range=365d",
         "/?range=30d&group=lab", "/?since=close-2", "/?range=nonsense&group=nobody", "/nowhere")
LOOKS = (dict(width=1280, scheme="light"), dict(width=320, scheme="dark"), dict(width=760, forced=True))
NATIVE = "a[href], button, input:not([type=hidden]), select, summary, [tabindex='0']"


class Pages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        host = SystemTest()  # has the node and the browser of all tests of the class
        host.setUp()
        cls.addClassCleanup(host.doCleanups)
        cls.story = Furnished(host)
        cls.browser = browser.Browser(host)
        cls.host = host

    @classmethod
    def tearDownClass(cls):
        cls.story.web.stop()
        cls.host.tearDown()

    def setUp(self):
        self.browser.look()
        self.browser.sign_in(self.story.link())
        self.browser.complaints()
        self.browser.foreign_requests()

    def nothing_was_said(self, page, allowed=()):
        said = [line for line in self.browser.complaints() if not any(words in line for words in allowed)]
        self.assertEqual(said, [], page)
        self.assertEqual(self.browser.foreign_requests(), [], page)

    def check(self, page, language):
        self.browser.visit(page + ("&" if "?" in page else "?") + "lang=" + language)
        allowed = ("404",) if page == "/nowhere" else ()
        self.nothing_was_said(page, allowed)
        self.assertEqual(self.browser.run("return document.documentElement.lang"), language, page)
        self.assertEqual(self.browser.run(FAULTS), [], f"{page} {language}")

    def test_pages_are_whole_for_everybody(self):
        for look in LOOKS:
            self.browser.look(**look)
            for language in ("en", "ko"):
                for page in PAGES:
                    with self.subTest(page=page, language=language, **look):
                        self.check(page, language)

    def test_all_links_lead_to_pages(self):
        seen, waiting = set(), {"/"}
        while waiting:
            page = waiting.pop()
            seen.add(page)
            found = self.browser.run(
                "return fetch(arguments[0]).then(async r => [r.status, r.headers.get('content-type'), await r.text()])",
                page) if self.is_data(page) else None
            if found:
                self.assertEqual(found[0], 200, page)
                continue
            self.browser.visit(page)
            self.nothing_was_said(page)
            self.assertEqual(len(self.browser.all("main h1")), 1, page)
            if page.count("=") <= 1:  # from a page with more, links go round the same pages
                fresh = {path for path in self.browser.paths() if "lang=" not in path and "/assets/" not in path}
                waiting |= {path for path in fresh - seen if self.kind(path) not in {self.kind(s) for s in seen | waiting}}
        self.assertLessEqual({browser.path_of(page) for page in PAGES if page != "/nowhere"} - {"/explain"},
                             {browser.path_of(page) for page in seen})

    @staticmethod
    def is_data(path):
        return "csv=" in path or browser.path_of(path).startswith("/api/") or "format=" in path

    @staticmethod
    def kind(path):
        """Pages that differ in values only are looked at once."""
        query = sorted(part.split("=")[0] + ("=" + part.split("=")[1] if part.startswith("csv=") else "")
                       for part in path.split("?")[1].split("&")) if "?" in path else []
        return browser.path_of(path), tuple(query)

    def test_charts_have_the_numbers_of_their_tables(self):
        compared = 0
        for page in ("/?range=30d", "/services/alpha", "/directives/close-2", "/groups/staff"):
            self.browser.visit(page)
            for chart in self.browser.run(CHARTS):
                compared += self.compare(page, chart)
        self.assertGreater(compared, 10, "columns that were compared")

    def compare(self, page, chart):
        """The heights of the columns of a chart are as the sums of the rows of its table."""
        self.assertEqual(len(chart["rows"]), chart["columns"], page)
        drawn = [sum(height for at, height in chart["boxes"] if at == column) for column in range(chart["columns"])]
        scales = [height / total for height, total in zip(drawn, chart["rows"]) if total]
        for height, total in zip(drawn, chart["rows"]):
            if not total:
                self.assertEqual(height, 0, f"{page}: a column without a number in the table")
        for scale in scales:
            self.assertAlmostEqual(scale, max(scales), delta=max(scales) * 0.02 + 0.02, msg=page)
        return len(scales)

    def test_everything_is_reached_by_the_keyboard(self):
        from selenium.webdriver.common.keys import Keys
        for page in ("/", "/services", "/audit", "/explain?name=alpha-ai.example", "/reports"):
            self.browser.visit(page)
            expected = self.browser.run(
                "window.reached = new Set(); return [...document.querySelectorAll(arguments[0])].filter(e => "
                "e.checkVisibility({visibilityProperty: true}) && e.getClientRects().length > 0 && !e.disabled).length",
                NATIVE)
            for step in range(expected + 5):
                self.browser.driver.switch_to.active_element.send_keys(Keys.TAB)
                unseen = self.browser.run(
                    "const e = document.activeElement; if (e === document.body) return null; window.reached.add(e);"
                    "const s = getComputedStyle(e), r = e.getBoundingClientRect();"
                    "const marked = (s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 1) || s.boxShadow !== 'none';"
                    "return marked && r.width > 0 ? null : e.outerHTML.slice(0, 120)")
                self.assertIsNone(unseen, f"{page}: the focus cannot be seen")
                if step == 0:
                    self.assertEqual(self.browser.run("return document.activeElement.getAttribute('href')"), "#main")
            missed = self.browser.run(
                "return [...document.querySelectorAll(arguments[0])].filter(e => e.checkVisibility({visibilityProperty: "
                "true}) && e.getClientRects().length > 0 && !e.disabled && !window.reached.has(e)).map(e => "
                "e.outerHTML.slice(0, 120))", NATIVE)
            self.assertEqual(missed, [], page)

    def test_a_screen_reader_gets_a_name_for_everything_that_acts(self):
        for page in PAGES:
            self.browser.visit(page)
            tree = self.browser.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
            for node in tree:
                role = node.get("role", {}).get("value")
                if not node.get("ignored") and role in ("link", "button", "textbox", "combobox", "searchbox", "img",
                                                        "region", "checkbox", "radio", "navigation", "table"):
                    if role == "table" and not node.get("name", {}).get("value"):
                        continue  # a list of facts: its rows have headers
                    self.assertTrue(node.get("name", {}).get("value", "").strip(), f"{page}: {role} without a name")
        self.browser.complaints()

    def test_pages_work_without_scripts(self):
        self.browser.look(scripts=False)
        for page in PAGES:
            self.browser.visit(page)
            self.assertEqual(len(self.browser.all("main h1")), 1, page)
            self.assertTrue(self.browser.all("nav a"), page)
        self.browser.visit("/")
        self.browser.one("form.explain input[name=name]").send_keys("chat.alpha-ai.example")
        self.browser.one("form.explain button").click()
        self.browser.until(lambda: "/explain" in self.browser.driver.current_url, "the explain box leads on")
        self.browser.look(scripts=True)
        self.browser.complaints()

    def test_arrow_keys_read_a_chart_and_the_pointer_selects_a_time(self):
        from selenium.webdriver import ActionChains
        from selenium.webdriver.common.keys import Keys
        self.browser.visit("/")
        region = self.browser.one(".timed .scroll")
        before = self.browser.one(".timed .reading").text
        region.send_keys(Keys.END)
        last = self.browser.one(".timed .reading").text
        region.send_keys(Keys.ARROW_LEFT)
        self.assertNotIn(self.browser.one(".timed .reading").text, (before, last))
        self.assertEqual(self.browser.one(".timed .reading").get_attribute("aria-live"), "polite")
        svg = self.browser.one(".timed svg")
        ActionChains(self.browser.driver).move_to_element_with_offset(svg, -100, 0).click_and_hold() \
            .move_by_offset(150, 0).release().perform()
        self.browser.until(lambda: "from=" in self.browser.driver.current_url, "the range is in the address")
        self.nothing_was_said("a selected range")

    def test_live_shows_what_is_limited_as_it_happens(self):
        self.browser.visit("/live")
        self.browser.until(self.asked_and_shown, "a row")  # what is asked before the stream is open is not in it
        self.nothing_was_said("/live")

    def asked_and_shown(self):
        self.story.node.ask("chat.alpha-ai.example", source="127.0.0.20")
        return any("chat.alpha-ai.example" in row.text for row in self.browser.all("#live-rows tr"))

    def test_signing_out_ends_the_visit(self):
        self.browser.visit("/")
        self.browser.one("form[action='/sign-out'] button").click()
        self.browser.until(lambda: not self.browser.all("form[action='/sign-out']"), "signed out")
        self.browser.visit("/services")
        self.assertFalse(self.browser.all("nav a"))


CHARTS = r"""
return [...document.querySelectorAll(".timed")].map((place) => {
  const svg = place.querySelector("svg"), table = document.getElementById(place.dataset.table).closest("table");
  const rows = [...table.tBodies[0].rows].map((row) => [...row.cells].slice(1).reduce((sum, cell) => {
    const n = Number(cell.textContent.replaceAll(",", "")); return sum + (Number.isFinite(n) ? n : 0); }, 0));
  const left = Number(place.dataset.left), width = Number(place.dataset.width);
  const floor = svg.viewBox.baseVal.height - 24, ceiling = floor - 190;  // of the plot (resolver/charts/columns.cc)
  const isColumn = (rect) => /^t-/.test(rect.getAttribute("class") || "") || /-p[0-6]\)$/.test(rect.getAttribute("fill"));
  const boxes = [...svg.querySelectorAll(":scope > rect, :scope > g > rect")].filter((rect) => isColumn(rect) && Number(rect.getAttribute("y")) > ceiling - 0.1).map((rect) => {
    const x = Number(rect.getAttribute("x")) + Number(rect.getAttribute("width")) / 2;
    return [Math.floor((x - left) / width * rows.length), Number(rect.getAttribute("height"))]; });
  return { rows, columns: rows.length, boxes };
});
"""

if __name__ == "__main__":
    main()
