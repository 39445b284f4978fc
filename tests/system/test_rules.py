# SPDX-License-Identifier: Apache-2.0
"""Rules of the command line: in force at once, kept over a restart and a kill, audited."""
import json
import sqlite3
import tomllib

from daemon import eventually
from harness import addresses, control_call, extended_errors, main
from rules_node import CLOSED, OPEN, RulesTest


class Rules(RulesTest):
    def test_a_directive_from_its_making_to_its_end(self):
        self.assertEqual(self.seen("alpha-ai.example"), OPEN)
        made = self.made("restrict", "alpha", "--title", "Alpha \"under\" assessment", "--contact",
                         "mailto:dns@agency.example", "--requester", "Minister's office", "--ref", "2026-117",
                         "--note", "by telephone", "--everyone", "--no-end")
        self.assertEqual(made, "node1-1")
        answer = self.resolver.ask("alpha-ai.example")
        self.assertEqual(addresses(answer), CLOSED)
        self.assertIn("directive node1-1", extended_errors(answer)[0][1])
        self.assertIn("title", self.resolver.cenote_ok("directives", made))
        (document,) = tomllib.loads(self.resolver.cenote_ok("directives", made, "--toml"))["directive"]
        self.assertEqual((document["id"], document["step"], document["title"]),
                         ("node1-1", "restrict", "Alpha \"under\" assessment"))

        self.resolver.stop()
        self.resolver.start()
        self.assertEqual(self.seen("alpha-ai.example"), CLOSED, "kept over a restart")
        self.resolver.daemon.kill()
        self.resolver.start()
        self.assertEqual(self.seen("alpha-ai.example"), CLOSED, "and over a kill")
        self.resolver.cenote_ok("reload")
        self.assertEqual(self.seen("alpha-ai.example"), CLOSED, "and over a reload of the files")

        self.resolver.cenote_ok("directive", "step", made, "observe", "--note", "assessed")
        self.assertEqual(self.seen("alpha-ai.example"), OPEN)
        self.resolver.cenote_ok("directive", "step", made, "block")
        self.assertEqual(self.seen("alpha-ai.example"), CLOSED)
        other = self.made("advise", "service:*", "--everyone", "--no-end")
        shown = self.resolver.cenote_ok("directive", "lift", made, "--ref", "2026-201")
        self.assertIn(f"still in force: {other} (advise, service:*)", shown)
        self.assertEqual(self.seen("alpha-ai.example"), OPEN)
        self.assertIn("was lifted before", self.refused("directive", "lift", made))
        self.assertIn("never used again", self.refused("directive", "add", "--id", made, "--target", "alpha", "--step",
                                                       "block"))

        trail = self.audit("--directive", made)
        self.assertEqual([row["action"] for row in trail],
                         ["directive add", "stop", "start", "gap", "start", "directive step", "directive step",
                          "directive lift"])
        first, step = trail[0], trail[5]
        self.assertEqual((first["actor"], first["requester"], first["ref"], first["note"]),
                         ("root", "Minister's office", "2026-117", "by telephone"))
        self.assertIn('step = "restrict"', step["before"])
        self.assertIn('step = "observe"', step["after"])

    def test_the_address_of_an_answer_mode_is_that_of_the_configuration(self):
        add = ("directive", "add", "--target", "alpha", "--step", "restrict", "--answer", "address")
        self.assertIn("'address' needs an address to answer with", self.refused(*add))
        for address in ("192.0.2.80", "192.0.2.81"):
            self.resolver.write_config(sinkhole=f'ipv4 = "{address}"')
            self.resolver.cenote_ok("reload")
            if address == "192.0.2.80":
                self.made(*add)
            self.assertEqual(self.seen("alpha-ai.example"), [address])
        self.resolver.write_config(sinkhole="")
        self.assertIn("'address' needs an address to answer with", self.refused("reload"))
        self.assertEqual(self.seen("alpha-ai.example"), ["192.0.2.81"], "a reload that fails changes nothing")

    def test_an_update_without_a_daemon_is_in_the_trail_of_the_next_start(self):
        before = eventually(self.audit, "the record of the start")
        self.assertEqual([(r["action"], r["actor"]) for r in before],
                         [("directive add", "cenoted"), ("group add", "cenoted"), ("update", "root"),
                          ("start", "cenoted")], "the set was made before the first start")
        self.resolver.stop()
        services = self.resolver.services / "test.toml"
        services.write_text(services.read_text() + '[[service.domain]]\nname = "new-beta.example"\nrole = "web"\n')
        self.resolver.update()
        self.resolver.cenote_ok("update", "--rollback")
        self.resolver.start()
        rows = eventually(lambda: [r for r in self.audit()[len(before):] if "update" in r["action"]], "the records")
        self.assertEqual([(r["action"], r["actor"]) for r in rows], [("update", "root"), ("update --rollback", "root")])
        self.assertIn("while no cenoted ran", rows[0]["note"])
        count = len(self.audit())
        self.resolver.stop()
        self.resolver.start()
        eventually(lambda: len(self.audit()) > count + 1, "the records of a stop and a start")
        self.assertEqual([r["action"] for r in self.audit()[count:]], ["stop", "start"], "recorded once")
        self.resolver.cenote_ok("update", "--note", "by hand")
        self.assertEqual(self.audit()[-1]["action"], "update")
        self.assertEqual(self.audit()[-1]["note"], "by hand")
        self.assertIn("catalogue", self.audit()[-1]["after"])

    def test_a_dry_run_tells_whom_and_what_it_would_hit(self):
        self.made("observe", "service:*", "--everyone", "--no-end")
        for source in ("127.0.0.77", "127.0.0.1"):
            self.seen("alpha-ai.example", source=source)
            self.seen("api.alpha-ai.example", source=source)
        before = self.resolver.cenote_json("status")
        shown = self.resolver.cenote_ok("directive", "add", "--target", "alpha", "--target", "domain:other.example", "--role",
                                       "web", "--group", "lab", "--step", "restrict", "--dry-run")
        for line in ("[[directive]]\nid = ", "\nstep = \"restrict\"\n", "takes  2 names: 1 name, 1 service\n",
                     "\n       alpha (service:alpha, 1 names)\n",
                     "\n       other.example (domain:other.example, 1 names)\n", "from   lab 127.0.0.77/32\n",
                     "asked  2 queries by lab since cenoted started", "nothing has changed"):
            self.assertIn(line, shown)
        self.assertNotIn("from   everyone", shown)
        self.assertIn("from   everyone", self.resolver.cenote_ok("block", "beta", "--dry-run", "--everyone", "--no-end"))
        after = self.resolver.cenote_json("status")
        self.assertEqual((before["policy_version"], before["audit_head"]), (after["policy_version"], after["audit_head"]))

    def test_lift_tells_what_still_holds_by_another_way(self):
        made = self.made("restrict", "beta", "--everyone", "--no-end")
        by_category = self.made("advise", "category:coding", "--everyone", "--no-end")
        self.made("advise", "category:chat", "--everyone", "--no-end")
        shown = self.resolver.cenote_ok("directive", "lift", made)
        self.assertIn("still in force: file-1 (restrict, service:beta)", shown)
        self.assertIn(f"still in force: {by_category} (advise, category:coding)", shown)
        self.assertEqual(shown.count("still in force"), 2)
        made = self.made("restrict", "domain:sub.own.example", "--everyone", "--no-end")
        above = self.made("restrict", "domain:own.example", "--everyone", "--no-end")
        self.assertIn(above, self.resolver.cenote_ok("directive", "lift", made))
        self.assertEqual(self.seen("sub.own.example"), CLOSED)

    def test_what_is_wrong_changes_nothing(self):
        status = self.resolver.cenote_json("status")
        for words, why in ((("restrict", "alhpa", "--everyone", "--no-end"), "alpha"),
                           (("restrict", "alpha", "--group", "no-such", "--no-end"), "no-such"),
                           (("restrict", "alpha", "--starts", "2030-01-01T00:00:00Z", "--until", "2029-01-01T00:00:00Z",
                             "--everyone"),
                            "end"),
                           (("directive", "lift", "no-such"), "no-such")):
            self.assertIn(why, self.refused(*words))
        for words, why in ((("allow", "open.beta-ai.example"), "allow ends by itself"),
                           (("suspend",), "suspend ends by itself"),
                           (("restrict", "alpha", "--no-end"), "--everyone"),
                           (("restrict", "alpha", "--everyone"), "--no-end")):
            self.assertIn(why, self.refused(*words, code=2))
        self.assertRegex(self.refused("directive", "lift", "file-1"), r"cenote\.toml:\d+; change it there")
        after = self.resolver.cenote_json("status")
        self.assertEqual((after["policy_version"], after["audit_head"]),
                         (status["policy_version"], status["audit_head"]))
        dry = self.resolver.cenote_ok("restrict", "alpha", "--dry-run", "--everyone", "--no-end")
        self.assertIn('targets = ["service:alpha"]', dry)
        self.assertEqual(self.seen("alpha-ai.example"), OPEN)

    def test_names_are_pasted(self):
        done = self.resolver.cenote("allow", "https://beta-ai.example/login", "--for", "24h")
        self.assertEqual(done.returncode, 0, done)
        self.assertIn("'https://beta-ai.example/login' is read as beta-ai.example: scheme and path", done.stderr)
        self.assertEqual(self.seen("beta-ai.example"), OPEN)
        shown = self.resolver.cenote("explain", "https://beta-ai.example/login", "--json")
        self.assertEqual((json.loads(shown.stdout)["name"], json.loads(shown.stdout)["verdict"]), ("beta-ai.example", "allow"))
        self.assertIn("is read as beta-ai.example", shown.stderr)

        done = self.resolver.cenote("restrict", "domain:*.pasted.example", "domain:한글도메인.kr", "--everyone", "--no-end")
        self.assertIn("'*.' is taken off", done.stderr)
        self.assertEqual(self.seen("www.pasted.example"), CLOSED)
        self.assertEqual(self.seen("www.xn--bj0bj3i97fq8o5lq.kr"), CLOSED)
        self.assertIn("domain:한글도메인.kr (xn--bj0bj3i97fq8o5lq.kr)", self.resolver.cenote_ok("directives"))
        self.assertIn("domain:beta-ai.example", self.refused("restrict", "https://beta-ai.example/", "--everyone", "--no-end"))
        self.assertIn("domain:beta-ai.example", self.refused("restrict", "beta-ai.example", "--everyone", "--no-end"))

    def test_a_rule_that_takes_nothing_says_so(self):
        catalogue = self.resolver.services / "relay.toml"
        catalogue.write_text('vendor = "R"\njurisdiction = "US"\n[[service]]\nid = "relay"\nname = "Relay"\n'
                             'category = ["bypass"]\ndefault = false\nchecked = 2026-11-01\nevidence = ["a letter"]\n'
                             '[[service.domain]]\nname = "relay.example"\nrole = "web"\n')
        self.resolver.update()
        done = self.resolver.cenote("restrict", "category:bypass", "--everyone", "--no-end")
        self.assertEqual(done.returncode, 0, done)
        self.assertIn("takes no name", done.stderr)
        problem = next(row for row in self.resolver.cenote_json("status")["problems"] if "takes no name" in row["what"])
        self.assertEqual(problem["do"], f"cenote directive lift {done.stdout.strip()}")
        self.assertEqual(self.seen("relay.example"), OPEN)
        done = self.resolver.cenote("restrict", "category:bypass", "--strict", "--everyone", "--no-end")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(self.seen("relay.example"), CLOSED)

    def test_who_may_not_ask_is_explained_as_refused(self):
        shown = self.resolver.cenote_json("explain", "beta-ai.example", "--client", "8.8.8.8")
        self.assertEqual((shown["verdict"], shown["directive"]), ("refused", None))
        self.assertEqual(self.resolver.cenote_json("explain", "beta-ai.example", "--client", "127.0.0.77")["verdict"], "restrict")

    def test_the_trail_shows_what_was_done_to_it(self):
        for target in ("alpha", "beta"):
            self.made("observe", target, "--everyone", "--no-end")
        self.resolver.cenote_ok("reload")
        self.resolver.update()
        head = self.resolver.cenote_json("status")["audit_head"]
        digest = self.resolver.cenote_json("status")["policy_digest"]
        output = self.resolver.dig("CH", "TXT", "policy.cenote", "+short")
        self.assertIn(f"digest {digest[:16]} audit {head[:16]}", output)
        shown = self.resolver.cenote_ok("audit", "--verify", "--head", head)
        self.assertIn(head, shown)
        self.assertEqual([row["action"] for row in self.audit()][-2:], ["reload", "update"])
        self.resolver.stop()
        with sqlite3.connect(self.resolver.folder / "state.db") as state:
            state.execute("UPDATE audit SET actor = 'somebody' WHERE number = 1")
        self.assertIn("record 1", self.refused("audit", "--verify"))
        self.resolver.start()
        self.assertEqual(self.seen("beta-ai.example"), CLOSED, "a broken trail is reported, and does not stop answers")

    def test_a_rule_that_fits_no_more_can_be_lifted(self):
        made = self.made("restrict", "alpha", "--everyone", "--no-end")
        self.resolver.stop()
        catalogue = self.resolver.services / "test.toml"
        catalogue.write_text(catalogue.read_text().replace('"alpha"', '"alpha-renamed"'))
        self.resolver.update()
        self.resolver.start()
        self.resolver.daemon.wait_line("rules of the command line are not in force.*alpha")
        self.assertEqual(self.seen("beta-ai.example"), CLOSED, "the files are in force")
        self.assertTrue(any("not in force" in problem["what"] for problem in self.resolver.cenote_json("status")["problems"]))
        self.resolver.cenote_ok("directive", "lift", made)
        self.assertFalse([problem for problem in self.resolver.cenote_json("status")["problems"]
                          if "not in force" in problem["what"]])

    def test_a_rule_that_fits_no_more_takes_no_other_with_it(self):
        self.made("restrict", "alpha", "--everyone", "--no-end")
        self.made("restrict", "domain:other.example", "--everyone", "--no-end")
        self.resolver.cenote_ok("allow", "beta-ai.example", "--for", "1h")
        self.resolver.stop()
        with sqlite3.connect(self.resolver.folder / "state.db") as state:
            state.execute("UPDATE rule SET text = 'no TOML at all' WHERE id = 'node1-1'")
        self.resolver.start()
        self.assertEqual(self.seen("other.example"), CLOSED)
        self.assertEqual(self.seen("beta-ai.example"), OPEN)
        self.assertEqual(self.seen("alpha-ai.example"), OPEN)
        shown = json.dumps(self.resolver.cenote_json("status")["problems"])
        self.assertIn("node1-1", shown)
        self.assertNotIn("node1-2", shown)
        self.made("restrict", "domain:third.example", "--everyone", "--no-end")
        self.resolver.cenote_ok("reload")
        self.assertEqual([self.seen(name) for name in ("other.example", "third.example")], [CLOSED, CLOSED])
        self.assertIn("node1-1", json.dumps(self.resolver.cenote_json("status")["problems"]))

    def test_a_directive_is_made_with_nothing_beside_it(self):
        body = '[[directive]]\ntargets = ["service:alpha"]\nstep = "restrict"\n'
        allow = '[[allow]]\ndomains = ["beta-ai.example"]\n'
        other = body.replace("[[directive]]", '[[directive]]\nid = "x"')
        for more, why in ((allow, "nothing else"), (other, "nothing else"), ("[x]\n", "unknown key"),
                          ("#" * 70000, "longer")):
            reply = control_call(self.resolver, "directive-add", body=body + more)
            self.assertFalse(reply["ok"])
            self.assertIn(why, reply["error"])
        self.assertEqual(self.seen("beta-ai.example"), CLOSED)
        self.assertTrue(control_call(self.resolver, "directive-add", body=body)["ok"])

    def test_texts_have_limits(self):
        before = self.resolver.cenote_json("status")["audit_head"]
        for flag in ("--note", "--ref", "--requester", "--title"):
            self.assertIn("longer than", self.refused("restrict", "alpha", flag, "x" * 70000, "--everyone", "--no-end"))
        self.assertEqual(self.resolver.cenote_json("status")["audit_head"], before)

    def test_a_state_that_cannot_be_used_is_a_problem_and_no_outage(self):
        self.made("restrict", "alpha", "--everyone", "--no-end")
        self.resolver.stop()
        state = self.resolver.folder / "state.db"
        for beside in self.resolver.folder.glob("state.db*"):
            beside.unlink()
        state.write_bytes(b"no database at all" * 1000)
        self.resolver.start()
        self.resolver.daemon.wait_line(r"state\.db")
        self.assertEqual(self.seen("beta-ai.example"), CLOSED, "the rules of the files are in force")
        self.assertIn("state.db", self.refused("restrict", "alpha", "--everyone", "--no-end"))
        problems = self.resolver.cenote_json("status")["problems"]
        self.assertTrue(any("state.db" in json.dumps(problem) for problem in problems))
        self.assertEqual(state.read_bytes(), b"no database at all" * 1000, "left as it is")


if __name__ == "__main__":
    main()
