# SPDX-License-Identifier: Apache-2.0
"""Chromium without a window, driven by python3-selenium, with what each page asked for and what the console said."""
import json
import os
import pathlib
import re
import shutil
import sys
import tempfile
import urllib.parse

CHROMIUM = shutil.which("chromium")
DRIVER = shutil.which("chromedriver")
try:
    from selenium import webdriver
    from selenium.common.exceptions import WebDriverException
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.ui import WebDriverWait
except ImportError:
    webdriver = None

WAIT = 120.0  # seconds until a wait fails: only for a test that hangs
FLAGS = ["--headless=new", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--disable-default-apps", "--disable-extensions",
         "--disable-features=OptimizationHints,MediaRouter,Translate", "--no-default-browser-check", "--hide-scrollbars"]


def need():
    """Ends the program as skipped where there is no browser."""
    missing = [name for name, there in (("chromium", CHROMIUM), ("chromium-driver", DRIVER),
                                        ("python3-selenium", webdriver)) if not there]
    if missing:
        print("skipped: not installed:", ", ".join(missing))
        sys.exit(77)


class Browser:
    """One browser with one tab. `home`: another home than the user's; `local_state`: settings of the browser, as its
    file Local State has them."""

    def __init__(self, test, home=None, local_state=None):
        self.test = test
        self.profile = tempfile.mkdtemp(prefix="cenote-browser-")
        test.addCleanup(shutil.rmtree, self.profile, True)
        options = webdriver.ChromeOptions()
        options.binary_location = CHROMIUM
        for flag in FLAGS + [f"--user-data-dir={self.profile}"] + (["--no-sandbox"] if os.geteuid() == 0 else []):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        if local_state:
            options.add_experimental_option("localState", local_state)
        environment = {**os.environ, "HOME": str(home)} if home else None
        self.driver = webdriver.Chrome(service=Service(DRIVER, env=environment), options=options)
        test.addCleanup(self.driver.quit)
        self.driver.set_page_load_timeout(WAIT)
        self.origin = None

    def look(self, width=1280, height=900, scheme="light", forced=False, scripts=True):
        """How the next pages are shown."""
        run = self.driver.execute_cdp_cmd
        run("Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})
        run("Emulation.setEmulatedMedia", {"features": [
            {"name": "prefers-color-scheme", "value": scheme}, {"name": "prefers-reduced-motion", "value": "reduce"},
            {"name": "forced-colors", "value": "active" if forced else "none"}]})
        run("Emulation.setScriptExecutionDisabled", {"value": not scripts})

    def sign_in(self, link):
        self.origin = link[:link.index("/login/")]
        self.driver.get(link)
        WebDriverWait(self.driver, WAIT).until(lambda d: d.current_url == self.origin + "/")

    def visit(self, path):
        self.driver.get(self.origin + path)
        return self

    def error_of(self, url):
        """Goes to a page of any origin; the browser's name of what went wrong, or "" when the page is loaded."""
        try:
            self.driver.get(url)
        except WebDriverException as refused:
            found = re.search(r"net::(ERR_\w+)", refused.msg)
            if not found:
                raise
            return found[1]
        return ""

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def until(self, condition, what):
        return WebDriverWait(self.driver, WAIT, poll_frequency=0.05).until(lambda _: condition(), what)

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def complaints(self):
        """What the console has said since the last call: messages of pages, refusals of the policy, failed requests."""
        return [f"{row['level']}: {row['message']}" for row in self.driver.get_log("browser")]

    def foreign_requests(self):
        """What was asked of another origin since the last call."""
        found = []
        for row in self.driver.get_log("performance"):
            message = json.loads(row["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                url = message["params"]["request"]["url"]
                if not url.startswith((self.origin + "/", "data:", "about:", "chrome:")):
                    found.append(url)
        return found

    def paths(self):
        """The links of the page within the site, without fragments."""
        urls = self.run("return [...document.querySelectorAll('a[href]')].map(a => a.href.split('#')[0])")
        return {url[len(self.origin):] for url in urls if url.startswith(self.origin + "/")}

    def picture(self, file, full=True):
        """A PNG of the page, at its whole height."""
        if full:
            size = self.driver.execute_cdp_cmd("Page.getLayoutMetrics", {})["cssContentSize"]
            clip = {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], 8000), "scale": 1}
            shot = self.driver.execute_cdp_cmd("Page.captureScreenshot",
                                               {"format": "png", "captureBeyondViewport": True, "clip": clip})
        else:
            shot = self.driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})
        import base64
        pathlib.Path(file).write_bytes(base64.b64decode(shot["data"]))


def path_of(url):
    """"/services" of "/services?range=7d"."""
    return urllib.parse.urlsplit(url).path
