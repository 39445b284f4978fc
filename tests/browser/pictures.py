# SPDX-License-Identifier: Apache-2.0
"""Pictures of cenote-web with a node of the real catalogue behind it: those of the README, or of every page.

Usage: pictures.py [--all FOLDER]. Called by tools/dev/pictures.
"""
import pathlib
import sys
import unittest

import browser
from furnished import REAL, SOURCE, Furnished

browser.need()
from harness import SystemTest  # noqa: E402

README = (("overview-light", "/", "light"), ("overview-dark", "/", "dark"))
PAGES = {"overview": "/?range=7d", "services": "/services", "service": "/services/deepseek",
         "directives": "/directives", "directive": "/directives/deepseek-2026-1", "groups": "/groups",
         "group": "/groups/staff", "exceptions": "/exceptions", "bypass": "/bypass", "proof": "/proof", "live": "/live",
         "log": "/log", "reports": "/reports", "health": "/health", "audit": "/audit", "privacy": "/privacy",
         "explain": "/explain?name=chat.deepseek.com&client=127.0.0.20"}
LOOKS = {"wide": dict(width=1280), "narrow": dict(width=320), "dark": dict(width=1280, scheme="dark"),
         "forced": dict(width=1280, forced=True)}


class Pictures(unittest.TestCase):
    folder = None

    def test_pictures(self):
        host = SystemTest()
        host.setUp()
        self.addCleanup(host.doCleanups)
        story = Furnished(host, REAL, hours=range(8, 18), per_hour=25)
        view = browser.Browser(host)
        view.look()
        view.sign_in(story.link())
        if self.folder is None:
            target = SOURCE / "docs" / "pictures"
            target.mkdir(exist_ok=True)
            for name, path, scheme in README:
                view.look(width=1280, height=1000, scheme=scheme)
                view.visit(path).picture(target / f"{name}.png", full=False)
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        for name, path in PAGES.items():
            for language in ("en", "ko"):
                for look, how in LOOKS.items():
                    view.look(**how)
                    view.visit(path + ("&" if "?" in path else "?") + f"lang={language}")
                    view.picture(self.folder / f"{name}-{language}-{look}.png")


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "--all":
        Pictures.folder = pathlib.Path(sys.argv[2])
    elif len(sys.argv) != 1:
        sys.exit("usage: pictures.py [--all FOLDER]")
    sys.argv[1:] = []
    unittest.main(verbosity=0)
