# SPDX-License-Identifier: Apache-2.0
"""Which copies of a list are accepted: texts that are no list, guarded and popular names, changes that are too large."""
import gzip
import shutil

from harness import main
from web_lists import GOOD, OPEN, SINKHOLED, ListTest, Nginx

import zone_catalogue  # daemon.py puts its folder on the path


class Acceptance(ListTest):
    def test_a_refusal_names_the_source_and_all_that_is_bad(self):
        web = Nginx(self)
        web.put("list.txt", GOOD)
        url = f"http://127.0.0.1:{web.port}/list.txt"
        self.configure(url)
        self.update()
        web.put("list.txt", "com\n" + GOOD + "co.kr\nwhat is this\nnet\n")
        shown = self.update(code=1)
        why = self.row()["error"]
        for text in (shown, why):
            self.assertIn(f"{url}: it adds 3 entries that may not be sinkholed: 'com' in line 1: ", text)
            self.assertIn("'co.kr' in line 102: ", text)
            self.assertIn("'net' in line 104: ", text)
            self.assertNotIn("cenote-update-", text, "the temporary folder does not exist any more")
        web.put("list.txt", GOOD + "what is this\n")
        self.assertIn(f"{url}:101:1: warning: not understood", self.update())

    def test_a_later_copy_cannot_close_the_address_space(self):
        web = Nginx(self)
        zone = zone_catalogue.read("response_policy.zone", zone="rpz.example", ttl=60, serial=1, refresh=1, expire=1)
        zone += "bad.example CNAME .\n"
        web.put("list.txt", zone + "24.0.100.51.198.rpz-ip CNAME .\n")
        self.configure(f"http://127.0.0.1:{web.port}/list.txt")
        self.update()
        self.resolver.start()
        for rule in ("0.0.0.0.0.rpz-ip", "0.zz.rpz-ip", "0.0.0.0.0.rpz-client-ip", "8.0.0.0.127.rpz-client-ip"):
            web.put("list.txt", zone + f"{rule} CNAME .\n")
            self.assertIn("which may not be sinkholed: it ", self.update(code=1))
            self.assertEqual((self.seen("bad.example"), self.seen("good.example")), (SINKHOLED, OPEN), rule)
        refused = self.resolver.cenote("restrict", "address:0.0.0.0/0", "--everyone", "--no-end")
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("address:0.0.0.0/0 may not be sinkholed: it is wider than /8", refused.stderr)
        self.assertEqual(self.seen("good.example"), OPEN)
        self.resolver.cenote_ok("restrict", "address:192.0.2.0/24", "--everyone", "--no-end")
        self.assertEqual(self.seen("good.example"), SINKHOLED)

    def test_bad_texts_change_nothing(self):
        web = Nginx(self)
        web.put("list.txt", GOOD)
        self.configure(f"http://127.0.0.1:{web.port}/list.txt")
        self.update()
        self.resolver.start()
        bomb = gzip.compress(b"bad.example\n" * (60 << 20))  # 720 MiB
        for content, why in (("<!DOCTYPE html><html>Please log in</html>", "a web page"),
                             (bytes(range(256)) * 20, "binary"),
                             ("bad.example\n" + "what is this here?\n" * 50, "it lost 99 of 100"),
                             ("n1.bad.example\n", "it lost 99 of 100"),
                             ("".join(f"x{i}.example\n" for i in range(500)), "it grew from 100 to 500"),
                             (GOOD + "co.kr\n", "may not be sinkholed"),
                             ("", "it lost 100 of 100")):
            web.put("list.txt", content)
            shown = self.update(code=1)
            self.assertIn(why, shown)
            self.assertIn("list 'web' is not taken", shown)
            self.assertEqual(self.seen(), SINKHOLED)
            self.assertIn(why, self.row()["error"])
        web.put("bomb.txt", bomb)
        self.configure(f"http://127.0.0.1:{web.port}/bomb.txt")
        self.assertIn("larger than 512 MiB", self.update(code=1))
        self.assertEqual(self.seen(), SINKHOLED)
        web.put("list.txt", "".join(f"x{i}.example\n" for i in range(500)))
        self.configure(f"http://127.0.0.1:{web.port}/list.txt")
        self.update("--force")
        self.assertEqual(self.seen("x1.example"), SINKHOLED)
        self.assertEqual(self.resolver.cenote_json("audit")[-1]["action"], "update --force")
        self.resolver.cenote_ok("update", "--rollback")
        self.assertEqual(self.seen("x1.example"), OPEN)

    def test_a_dry_run_tells_what_would_change(self):
        web = Nginx(self)
        web.put("list.txt", GOOD)
        popular = self.resolver.folder / "popular"
        popular.write_text("1,www.famous.example\n2,n7.bad.example\n")
        self.configure(f"http://127.0.0.1:{web.port}/list.txt")
        self.update()
        before = self.resolver.set.read_bytes()
        web.put("list.txt", GOOD.replace("n7.bad.example\n", "") + "famous.example\nobscure.example\n")
        shown = self.update("--dry-run", "--popular", popular)
        self.assertIn("+ www.famous.example  web  popular, rank 1\n- n7.bad.example  web  popular, rank 2\n", shown)
        self.assertIn("+ obscure.example  web\n", shown)
        self.assertEqual(self.resolver.set.read_bytes(), before)
        old = self.resolver.folder / "old.set"
        shutil.copy(self.resolver.set, old)
        self.update()
        rows = self.resolver.cenote_json("diff", old, self.resolver.set, "--popular", popular)
        self.assertEqual([(row["id"], row["change"]) for row in rows],
                         [("www.famous.example", "added"), ("n7.bad.example", "removed"), ("famous.example", "added"),
                          ("obscure.example", "added")])

    def test_popular_names_are_not_closed_many_at_once(self):
        web = Nginx(self)
        web.put("list.txt", GOOD)
        popular = self.resolver.folder / "popular"
        popular.write_text("".join(f"www.famous{i}.example\n" for i in range(30)))
        self.configure(f"http://127.0.0.1:{web.port}/list.txt")
        self.update()
        web.put("list.txt", GOOD + "".join(f"famous{i}.example\n" for i in range(20)))
        shown = self.update("--popular", popular, code=1)
        self.assertIn("it would newly sinkhole 20 popular names, www.famous0.example", shown)
        web.put("list.txt", GOOD + "".join(f"famous{i}.example\n" for i in range(9)))
        self.update("--popular", popular)

    def test_names_that_people_here_ask_for_are_popular(self):
        web = Nginx(self)
        web.put("list.txt", GOOD)
        self.configure(f"http://127.0.0.1:{web.port}/list.txt", "[privacy]\nsmallest = 1\n")
        self.update()
        self.resolver.start()
        asked = [f"www.famous{i}.example" for i in range(11)]
        for name in asked + ["www.mine.example"] * 5:
            for client in range(1, 11):  # the number of clients is an estimate
                self.resolver.ask(name, source=f"127.0.0.{client if name in asked else 1}")
        rows = {row["name"]: (row["queries"], row["clients"]) for row in self.resolver.cenote_json("top", "names")}
        self.assertEqual(rows["www.famous3.example"][0], 10)
        self.assertGreaterEqual(rows["www.famous3.example"][1], 3)
        self.assertEqual(rows["www.mine.example"], (50, 1))
        web.put("list.txt", GOOD + "".join(f"famous{i}.example\n" for i in range(11)))
        shown = self.update(code=1)
        self.assertIn("it would newly sinkhole 11 popular names, www.famous", shown)
        self.assertEqual(self.seen("www.famous0.example"), OPEN)
        web.put("list.txt", GOOD + "".join(f"famous{i}.example\n" for i in range(10)) + "mine.example\n")
        shown = self.update("--dry-run")
        self.assertIn("+ famous0.example  web", shown)
        self.update()
        self.assertEqual(self.seen("www.famous0.example"), SINKHOLED)


if __name__ == "__main__":
    main()
