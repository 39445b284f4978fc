# SPDX-License-Identifier: Apache-2.0
"""Rules made at the command line: in force at once, kept over a restart and a kill, ended by themselves, audited."""
import json
import sqlite3
import tomllib
from datetime import datetime, timedelta, timezone

from harness import Clock, SystemTest, addresses, control_call, eventually, extended_errors, main
from upstreams import ScriptedUpstream, answer_with

OPEN = ["192.0.2.1"]
CLOSED = ["0.0.0.0"]
FROM_FILE = """
[[directive]]
id      = "file-1"
targets = ["service:beta"]
step    = "restrict"
[[group]]
id      = "lab"
clients = ["127.0.0.77/32"]
"""


class Rules(SystemTest):
    def setUp(self):
        super().setUp()
        upstream = ScriptedUpstream(
            self, lambda query, transport: answer_with(query, f"{query.question[0].name} 1 IN A 192.0.2.1"))
        self.resolver = self.node(directives=FROM_FILE, upstreams=[upstream.where])
        self.resolver.start()

    def seen(self, name, **how):
        return addresses(self.resolver.ask(name, **how))

    def made(self, *words):
        return self.resolver.cenote_ok(*words).split()[0]

    def audit(self, *words):
        return self.resolver.cenote_json("audit", *words)

    def refused(self, *words):
        done = self.resolver.cenote(*words)
        self.assertEqual(done.returncode, 1, done)
        return done.stderr

    def test_a_directive_from_its_making_to_its_end(self):
        self.assertEqual(self.seen("alpha-ai.example"), OPEN)
        made = self.made("restrict", "alpha", "--title", "Alpha \"under\" assessment", "--contact",
                         "mailto:dns@agency.example", "--requester", "Minister's office", "--ref", "2026-117",
                         "--note", "by telephone")
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
        other = self.made("advise", "service:*")
        told = self.resolver.cenote_ok("directive", "lift", made, "--ref", "2026-201")
        self.assertIn(f"still in force: {other} (advise, service:*)", told)
        self.assertEqual(self.seen("alpha-ai.example"), OPEN)
        self.assertIn("was lifted before", self.refused("directive", "lift", made))
        self.assertIn("never used again", self.refused("directive", "add", "--id", made, "--target", "alpha", "--step",
                                                       "block"))

        trail = self.audit("--directive", made)
        self.assertEqual([row["action"] for row in trail],
                         ["directive add", "directive step", "directive step", "directive lift"])
        first = trail[0]
        self.assertEqual((first["actor"], first["requester"], first["ref"], first["note"]),
                         ("root", "Minister's office", "2026-117", "by telephone"))
        self.assertIn('step = "restrict"', trail[1]["before"])
        self.assertIn('step = "observe"', trail[1]["after"])

    def test_what_comes_can_be_asked_now(self):
        self.made("block", "alpha", "--starts", "2098-01-01T00:00:00Z")
        for stopped in (False, True):  # by the daemon, and from the files
            if stopped:
                self.resolver.stop()
            told = self.resolver.cenote_json("explain", "alpha-ai.example")
            self.assertEqual((told["verdict"], told["directive"]), ("observe", "node1-1"))
            told = self.resolver.cenote_json("explain", "alpha-ai.example", "--at", "2098-01-01T00:00:00Z")
            self.assertEqual((told["verdict"], told["directive"]), ("block", "node1-1"))

    def test_what_was_can_be_asked_later(self):
        """Each time is judged by the policy that was in force then, though nothing of it may be left."""
        def after_a_second():
            then = datetime.now(timezone.utc).replace(microsecond=0)
            eventually(lambda: datetime.now(timezone.utc) >= then + timedelta(seconds=1), "the next second")
            return f"{then:%Y-%m-%dT%H:%M:%SZ}"

        times = [after_a_second()]
        made = self.made("restrict", "alpha", "--group", "lab")
        times.append(after_a_second())
        self.resolver.cenote_ok("directive", "step", made, "block")
        times.append(after_a_second())
        self.resolver.cenote_ok("directive", "lift", made)
        self.resolver.write_config(directives=FROM_FILE.replace("127.0.0.77", "127.0.0.78"))
        self.resolver.cenote_ok("reload")
        for stopped in (False, True):
            if stopped:
                self.resolver.stop()
            for at, verdict in zip(times, ("forward", "restrict", "block")):
                told = self.resolver.cenote_json("explain", "alpha-ai.example", "--client", "127.0.0.77", "--at", at)
                self.assertEqual(told["verdict"], verdict, told)
            self.assertIn("no policy is stored", self.refused("explain", "alpha-ai.example", "--at",
                                                              "2001-01-01T00:00:00Z"))
        versions = [row["policy"].split()[1] for row in self.audit("--directive", made)]
        self.assertEqual(len(set(versions)), 3, "each change has its version in the trail")

    def test_a_step_can_be_planned(self):
        made = self.made("advise", "alpha")
        self.assertIn("has passed", self.refused("directive", "step", made, "restrict", "--at", "2001-01-01T00:00:00Z"))
        self.resolver.cenote_ok("directive", "step", made, "block", "--at", "2098-01-01T00:00:00Z")
        self.resolver.cenote_ok("directive", "step", made, "restrict", "--at", self.ahead(2))
        told = self.resolver.cenote_json("directives", made)[0]
        self.assertEqual([step["step"] for step in told["planned"]], ["restrict", "block"])
        told = self.resolver.cenote_json("explain", "alpha-ai.example", "--at", "2098-01-01T00:00:00Z")
        self.assertEqual(told["verdict"], "block")
        eventually(lambda: self.seen("alpha-ai.example") == CLOSED, "the planned step")
        self.assertEqual(self.resolver.cenote_json("explain", "alpha-ai.example")["next_verdict"], "block")
        self.resolver.cenote_ok("directive", "step", made, "advise")
        self.assertEqual(self.seen("alpha-ai.example"), OPEN)
        self.assertEqual(len(self.resolver.cenote_json("directives", made)[0]["planned"]), 1, "what is still to come")

    def test_an_update_without_a_daemon_is_in_the_trail_of_the_next_start(self):
        before = eventually(self.audit, "the record of the start")
        self.assertEqual([(r["action"], r["actor"]) for r in before], [("update", "root"), ("start", "cenoted")],
                         "the set was made before the first start")
        self.resolver.stop()
        services = self.resolver.services / "test.toml"
        services.write_text(services.read_text() + '[[service.domain]]\nname = "new-beta.example"\nrole = "web"\n')
        self.resolver.update()
        self.resolver.cenote_ok("update", "--rollback")
        self.resolver.start()
        rows = eventually(lambda: [r for r in self.audit()[len(before):] if r["action"] != "start"], "the records")
        self.assertEqual([(r["action"], r["actor"]) for r in rows], [("update", "root"), ("update --rollback", "root")])
        self.assertIn("while no cenoted ran", rows[0]["note"])
        count = len(self.audit())
        self.resolver.stop()
        self.resolver.start()
        eventually(lambda: len(self.audit()) > count, "the record of a start")
        self.assertEqual([r["action"] for r in self.audit()[count:]], ["start"], "told once")
        self.resolver.cenote_ok("update", "--note", "by hand")
        self.assertEqual(self.audit()[-1]["action"], "update")
        self.assertEqual(self.audit()[-1]["note"], "by hand")
        self.assertIn("catalogue", self.audit()[-1]["after"])

    @staticmethod
    def ahead(seconds):
        return f"{datetime.now(timezone.utc) + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%SZ}"

    def test_a_dry_run_tells_whom_and_what_it_would_hit(self):
        self.made("observe", "service:*")
        for source in ("127.0.0.77", "127.0.0.1"):
            self.seen("alpha-ai.example", source=source)
            self.seen("api.alpha-ai.example", source=source)
        before = self.resolver.cenote_json("status")
        told = self.resolver.cenote_ok("directive", "add", "--target", "alpha", "--target", "domain:other.example", "--role",
                                       "web", "--group", "lab", "--step", "restrict", "--dry-run")
        for line in ("[[directive]]\nid = ", "\nstep = \"restrict\"\n", "takes  alpha (service:alpha, 1 names)", "takes  other.example (domain:other.example, 1 names)",
                     "from   lab 127.0.0.77/32", "asked  2 queries by lab since cenoted started", "nothing has changed"):
            self.assertIn(line, told)
        self.assertNotIn("from   everyone", told)
        self.assertIn("from   everyone", self.resolver.cenote_ok("block", "beta", "--dry-run"))
        after = self.resolver.cenote_json("status")
        self.assertEqual((before["policy_version"], before["audit_head"]), (after["policy_version"], after["audit_head"]))

    def test_lift_tells_what_still_holds_by_another_way(self):
        made = self.made("restrict", "beta")
        by_category = self.made("advise", "category:coding")
        self.made("advise", "category:chat")
        told = self.resolver.cenote_ok("directive", "lift", made)
        self.assertIn("still in force: file-1 (restrict, service:beta)", told)
        self.assertIn(f"still in force: {by_category} (advise, category:coding)", told)
        self.assertEqual(told.count("still in force"), 2)
        made = self.made("restrict", "domain:sub.own.example")
        above = self.made("restrict", "domain:own.example")
        self.assertIn(above, self.resolver.cenote_ok("directive", "lift", made))
        self.assertEqual(self.seen("sub.own.example"), CLOSED)

    def test_what_is_wrong_changes_nothing(self):
        status = self.resolver.cenote_json("status")
        for words, why in ((("restrict", "alhpa"), "alpha"),
                           (("restrict", "alpha", "--group", "no-such"), "no-such"),
                           (("restrict", "alpha", "--starts", "2030-01-01T00:00:00Z", "--until", "2029-01-01T00:00:00Z"),
                            "end"),
                           (("directive", "lift", "no-such"), "no-such"),
                           (("allow", "open.beta-ai.example"), "ends by itself")):
            self.assertIn(why, self.refused(*words))
        self.assertRegex(self.refused("directive", "lift", "file-1"), r"cenote\.toml:\d+; change it there")
        after = self.resolver.cenote_json("status")
        self.assertEqual((after["policy_version"], after["audit_head"]),
                         (status["policy_version"], status["audit_head"]))
        dry = self.resolver.cenote_ok("restrict", "alpha", "--dry-run")
        self.assertIn('targets = ["service:alpha"]', dry)
        self.assertEqual(self.seen("alpha-ai.example"), OPEN)

    def test_at_two_in_the_morning(self):
        self.assertEqual(self.seen("beta-ai.example"), CLOSED)
        self.resolver.cenote_ok("allow", "beta-ai.example", "--group", "lab", "--for", "24h")
        self.assertEqual(self.seen("beta-ai.example"), CLOSED)
        self.assertEqual(self.seen("beta-ai.example", source="127.0.0.77"), OPEN)
        self.resolver.cenote_ok("suspend", "--for", "1h", "--note", "outage")
        self.assertEqual(self.seen("beta-ai.example"), OPEN)
        self.assertIn("suspended until", self.resolver.cenote_ok("explain", "beta-ai.example", "--json"))
        self.assertTrue(any("suspended" in problem["what"] for problem in self.resolver.cenote_json("status")["problems"]))

    def test_names_are_pasted(self):
        done = self.resolver.cenote("allow", "https://beta-ai.example/login", "--for", "24h")
        self.assertEqual(done.returncode, 0, done)
        self.assertIn("'https://beta-ai.example/login' is read as beta-ai.example: scheme and path", done.stderr)
        self.assertEqual(self.seen("beta-ai.example"), OPEN)
        told = self.resolver.cenote("explain", "https://beta-ai.example/login", "--json")
        self.assertEqual((json.loads(told.stdout)["name"], json.loads(told.stdout)["verdict"]), ("beta-ai.example", "allow"))
        self.assertIn("is read as beta-ai.example", told.stderr)

        done = self.resolver.cenote("restrict", "domain:*.pasted.example", "domain:한글도메인.kr")
        self.assertIn("'*.' is taken off", done.stderr)
        self.assertEqual(self.seen("www.pasted.example"), CLOSED)
        self.assertEqual(self.seen("www.xn--bj0bj3i97fq8o5lq.kr"), CLOSED)
        self.assertIn("domain:한글도메인.kr (xn--bj0bj3i97fq8o5lq.kr)", self.resolver.cenote_ok("directives"))
        self.assertIn("domain:beta-ai.example", self.refused("restrict", "https://beta-ai.example/"))
        self.assertIn("domain:beta-ai.example", self.refused("restrict", "beta-ai.example"))

    def test_a_rule_that_takes_nothing_says_so(self):
        catalogue = self.resolver.services / "relay.toml"
        catalogue.write_text('vendor = "R"\njurisdiction = "US"\n[[service]]\nid = "relay"\nname = "Relay"\n'
                             'category = ["bypass"]\ndefault = false\nchecked = 2026-11-01\nevidence = ["a letter"]\n'
                             '[[service.domain]]\nname = "relay.example"\nrole = "web"\n')
        self.resolver.update()
        done = self.resolver.cenote("restrict", "category:bypass")
        self.assertEqual(done.returncode, 0, done)
        self.assertIn("takes no name", done.stderr)
        self.assertEqual(self.seen("relay.example"), OPEN)
        done = self.resolver.cenote("restrict", "category:bypass", "--strict")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(self.seen("relay.example"), CLOSED)

    def test_who_may_not_ask_is_explained_as_refused(self):
        told = self.resolver.cenote_json("explain", "beta-ai.example", "--client", "8.8.8.8")
        self.assertEqual((told["verdict"], told["directive"]), ("refused", None))
        self.assertEqual(self.resolver.cenote_json("explain", "beta-ai.example", "--client", "127.0.0.77")["verdict"], "restrict")

    def test_they_end_by_themselves(self):
        soon = datetime.now(timezone.utc) + timedelta(seconds=2)
        until = soon.strftime("%Y-%m-%dT%H:%M:%SZ")
        before = self.resolver.cenote_json("status")["policy_version"]
        self.resolver.cenote_ok("suspend", "--until", until)
        self.assertEqual(self.seen("beta-ai.example"), OPEN)
        self.resolver.daemon.wait_line("the calendar moved on")
        self.assertEqual(self.seen("beta-ai.example"), CLOSED)
        self.assertGreater(self.resolver.cenote_json("status")["policy_version"], before)

    def test_the_trail_shows_what_was_done_to_it(self):
        for target in ("alpha", "beta"):
            self.made("observe", target)
        self.resolver.cenote_ok("reload")
        self.resolver.update()
        head = self.resolver.cenote_json("status")["audit_head"]
        digest = self.resolver.cenote_json("status")["policy_digest"]
        said = self.resolver.dig("CH", "TXT", "policy.cenote", "+short")
        self.assertIn(f"digest {digest[:16]} audit {head[:16]}", said)
        told = self.resolver.cenote_ok("audit", "--verify", "--head", head)
        self.assertIn(head, told)
        self.assertEqual([row["action"] for row in self.audit()][-2:], ["reload", "update"])
        self.resolver.stop()
        with sqlite3.connect(self.resolver.folder / "state.db") as state:
            state.execute("UPDATE audit SET actor = 'somebody' WHERE number = 1")
        self.assertIn("record 1", self.refused("audit", "--verify"))
        self.resolver.start()
        self.assertEqual(self.seen("beta-ai.example"), CLOSED, "a broken trail is reported, and does not stop answers")

    def test_a_rule_that_fits_no_more_can_be_lifted(self):
        made = self.made("restrict", "alpha")
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
        self.made("restrict", "alpha")
        self.made("restrict", "domain:other.example")
        self.resolver.cenote_ok("allow", "beta-ai.example", "--for", "1h")
        self.resolver.stop()
        with sqlite3.connect(self.resolver.folder / "state.db") as state:
            state.execute("UPDATE rule SET text = 'no TOML at all' WHERE id = 'node1-1'")
        self.resolver.start()
        self.assertEqual(self.seen("other.example"), CLOSED)
        self.assertEqual(self.seen("beta-ai.example"), OPEN)
        self.assertEqual(self.seen("alpha-ai.example"), OPEN)
        told = json.dumps(self.resolver.cenote_json("status")["problems"])
        self.assertIn("node1-1", told)
        self.assertNotIn("node1-2", told)
        self.made("restrict", "domain:third.example")
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
            self.assertIn("longer than", self.refused("restrict", "alpha", flag, "x" * 70000))
        self.assertEqual(self.resolver.cenote_json("status")["audit_head"], before)

    def test_what_has_ended_stays_ended_though_the_clock_is_set_back(self):
        self.resolver.stop()
        clock = Clock(self.resolver, "2098-03-20T12:00:00Z")
        self.resolver.start()
        self.resolver.cenote_ok("allow", "beta-ai.example", "--until", "2098-03-20T13:00:00Z")
        made = self.made("restrict", "domain:begun.example", "--starts", "2098-03-20T12:30:00Z")
        self.assertEqual((self.seen("beta-ai.example"), self.seen("begun.example")), (OPEN, OPEN))
        clock.set("2098-03-20T13:00:01Z")
        eventually(lambda: "allow end" in [row["action"] for row in self.audit()], "the record of the end")
        serial = self.resolver.cenote_json("status")["policy_version"]
        self.resolver.cenote_ok("allow", "other.example", "--until", "2098-03-20T14:00:00Z")
        for back in ("2098-02-27T12:00:00Z", "1970-01-02T00:00:00Z"):
            self.resolver.daemon.kill()
            clock.set(back)
            self.resolver.start()
            self.assertEqual((self.seen("beta-ai.example"), self.seen("begun.example")), (CLOSED, CLOSED), back)
            told = self.resolver.cenote("status", "--check")
            self.assertEqual(told.returncode, 1)
            self.assertIn("the clock says " + back, told.stdout)
            self.assertIn("the clock says", self.refused("suspend", "--until", "2099-01-01T00:00:00Z"))
            self.resolver.cenote_ok("restrict", "domain:more.example")
            self.assertGreater(self.resolver.cenote_json("status")["policy_version"], serial, "no serial falls")
        clock.set("2098-03-20T13:10:00Z")
        eventually(lambda: "the clock says" not in self.resolver.cenote("status", "--check").stdout, "the right time")
        self.assertEqual((self.seen("beta-ai.example"), self.seen("begun.example")), (CLOSED, CLOSED))
        self.resolver.cenote_ok("directive", "lift", made)
        self.assertEqual(self.seen("begun.example"), OPEN)

    def test_a_clock_that_was_ahead_can_be_accepted(self):
        self.resolver.stop()
        clock = Clock(self.resolver, "2098-03-20T12:00:00Z")
        self.resolver.start()
        self.assertIn("nothing to accept", self.refused("state", "accept-clock"))
        clock.set("2098-09-20T12:00:00Z")
        eventually(lambda: self.resolver.cenote_json("explain", "beta-ai.example")["verdict"] == "restrict", "an answer")
        self.resolver.cenote_ok("reload")
        clock.set("2098-03-20T12:01:00Z")
        eventually(lambda: "the clock says" in self.resolver.cenote("status", "--check").stdout, "the problem")
        self.resolver.cenote_ok("state", "accept-clock", "--note", "the battery was empty")
        self.assertNotIn("the clock says", self.resolver.cenote("status", "--check").stdout)
        self.resolver.cenote_ok("allow", "beta-ai.example", "--until", "2098-03-20T13:00:00Z")
        self.assertEqual(self.seen("beta-ai.example"), OPEN)
        self.assertEqual([row["note"] for row in self.audit() if row["action"] == "accept clock"], ["the battery was empty"])

    def test_a_state_that_cannot_be_used_is_a_problem_and_no_outage(self):
        self.made("restrict", "alpha")
        self.resolver.stop()
        state = self.resolver.folder / "state.db"
        for beside in self.resolver.folder.glob("state.db*"):
            beside.unlink()
        state.write_bytes(b"no database at all" * 1000)
        self.resolver.start()
        self.resolver.daemon.wait_line(r"state\.db")
        self.assertEqual(self.seen("beta-ai.example"), CLOSED, "what the files say is in force")
        self.assertIn("state.db", self.refused("restrict", "alpha"))
        problems = self.resolver.cenote_json("status")["problems"]
        self.assertTrue(any("state.db" in json.dumps(problem) for problem in problems))
        self.assertEqual(state.read_bytes(), b"no database at all" * 1000, "left as it is")


if __name__ == "__main__":
    main()
