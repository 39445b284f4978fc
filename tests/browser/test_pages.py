# SPDX-License-Identifier: Apache-2.0
"""Every page of cenote-web in Chromium: both languages, wide and narrow, light, dark and forced colours."""
import pathlib
import unittest

import browser
import charts
from furnished import Furnished

browser.need()
from harness import SystemTest, main  # noqa: E402

HERE = pathlib.Path(__file__).parent
FAULTS = (HERE / "faults.js").read_text()
KEYBOARD = (HERE / "keyboard.js").read_text()
USE = {"trend", "over-time", "services"}
# Each kind of page, and the charts that it has.
PAGES = {"/": USE, "/services": {"services"}, "/services/alpha": {"over-time"}, "/directives": {"over-time"},
         "/directives/close-2": {"over-time", "services", "c-matrix1"}, "/groups": {"pairs", "hours-of-day"},
         "/groups/staff": {"over-time", "services", "hours-of-day"}, "/exceptions": set(),
         "/bypass": {"c-signals", "c-days-canary"}, "/proof": {"c-matrix1"}, "/live": set(), "/log": set(),
         "/reports": set(), "/health": {"c-transports", "c-sources", "c-latency"}, "/audit": set(), "/audit/1": set(),
         "/privacy": set(), "/explain?name=chat.alpha-ai.example&client=127.0.0.20": set(), "/?range=24h": USE,
         "/?range=365d": USE, "/?range=30d&group=lab": USE, "/?since=close-2": USE,
         "/?range=nonsense&group=nobody": {"trend"}, "/nowhere": set(),
         "/reports/view?from=2026-06-01": {"c-services", "c-days", "c-hours", "c-groups", "c-signals", "c-directive-1",
                                           "c-directive-2"},
         "/reports/compare?from=2026-06-01&to=2026-06-04&from2=2026-06-04&to2=2026-06-07": set()}
# What only a form leads to.
BY_FORMS = {"/explain", "/reports/view", "/reports/compare"}
NUMBERLESS = ("c-matrix1", "/?range=nonsense&group=nobody")  # nothing deviates, nobody asks
LOOKS = (dict(width=1280, scheme="light"), dict(width=320, scheme="dark"), dict(width=760, forced=True))


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
        self.assertLessEqual({browser.path_of(page) for page in PAGES if page != "/nowhere"} - BY_FORMS,
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
        for page, expected in PAGES.items():
            with self.subTest(page=page):
                self.browser.visit(page)
                compared = charts.compare_page(self, page, self.browser.run(charts.SCRIPT))
                self.assertEqual(set(compared), expected, page)
                for chart, numbers in compared.items():
                    if chart not in NUMBERLESS and page not in NUMBERLESS:
                        self.assertGreater(numbers, 0, f"{page}: {chart} was compared with zeros only")

    def test_everything_is_reached_by_the_keyboard(self):
        self.browser.run("sessionStorage.setItem('refresh', 'paused')")  # a section that is replaced has other elements
        self.addCleanup(self.browser.run, "sessionStorage.removeItem('refresh')")
        for page in PAGES:
            with self.subTest(page=page):
                self.browser.visit(page)
                self.browser.run(KEYBOARD)
                self.walk(page)

    def walk(self, page):
        """Presses the Tab key as long as that leads to something that was not reached before."""
        from selenium.webdriver.common.keys import Keys
        found, before = self.browser.run("return window.walked()"), None
        self.assertGreater(len(found["missed"]), 10, f"{page}: what can be reached")
        while found["missed"] and found["missed"] != before:
            before = found["missed"]
            self.browser.driver.switch_to.active_element.send_keys(Keys.TAB * len(before))
            found = self.browser.run("return window.walked()")
        self.assertEqual(found["missed"], [], f"{page}: the focus does not come to it")
        self.assertEqual(found["unseen"], [], f"{page}: the focus cannot be seen")
        self.assertEqual(found["disordered"], [], f"{page}: the focus comes out of order")
        self.assertEqual(found["first"], "#main", page)

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
        # By one script: rows may come and go between two.
        return "chat.alpha-ai.example" in self.browser.run("return document.querySelector('#live-rows').textContent")

    def test_signing_out_ends_the_visit(self):
        self.browser.visit("/")
        self.browser.one("form[action='/sign-out'] button").click()
        self.browser.until(lambda: not self.browser.all("form[action='/sign-out']"), "signed out")
        self.browser.visit("/services")
        self.assertFalse(self.browser.all("nav a"))


if __name__ == "__main__":
    main()
