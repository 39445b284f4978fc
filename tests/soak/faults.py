# SPDX-License-Identifier: Apache-2.0
"""What is done to the resolver: faults of upstream, of the network and of its process, floods, and changes of policy.

Three actors do so side by side, each with its own random numbers from the seed: what upstream does, changes, and
disasters. A change holds the lock of the world, so that the daemon is stopped during a change only on purpose.
"""
import json
import random
import signal
import subprocess
import sys
import threading
import time

import world as places
from daemon import PATIENCE, eventually
from expectations import CLOSED, OPEN

FAILURE_CACHED = 45.0  # seconds for which a failure may still be answered after upstream is back (RFC 9520, doubling)
WAITING = 3.0          # seconds for which a query may wait in a daemon that is killed
AHEAD = 25             # seconds by which the wall clock is set; peers of TSIG permit 300 (RFC 8945 §10)


def first_word(said):
    """The id of what the tool says that it has made: `soak1-2: observe ...`."""
    return said.split()[0].rstrip(":") if said.split() else ""


class Actor(threading.Thread):
    """Does one thing after another, with pauses, until it is ended. `kinds`: (weight, function)."""

    def __init__(self, world, sampler, report, seed, pause):
        super().__init__(daemon=True)
        self.world, self.sampler, self.report, self.pause = world, sampler, report, pause
        self.rng, self.ended, self.done = random.Random(f"{seed} {type(self).__name__}"), threading.Event(), {}
        self.deck = []

    def run(self):
        while not self.ended.wait(self.rng.uniform(*self.pause)):
            self.once(self.next_kind())

    def next_kind(self):
        """Each kind as often as its weight says before any comes again, in random order."""
        if not self.deck:
            self.deck = [kind for weight, kind in self.kinds() for _ in range(weight)]
            self.rng.shuffle(self.deck)
        return self.deck.pop()

    def once(self, kind):
        name = kind.__name__.replace("_", " ")
        begun = time.monotonic()
        self.world.note(f"begin {name}")
        try:
            kind()
        except Exception as error:  # one that fails is a fault of the run, which goes on
            self.report(f"{name}: {type(error).__name__}: {error}")
        self.world.note(f"end   {name}")
        count, longest = self.done.get(name, (0, 0.0))
        self.done[name] = (count + 1, max(longest, time.monotonic() - begun))

    def hold(self, least, most):
        self.ended.wait(self.rng.uniform(least, most))


class Upstream(Actor):
    """unbound and the scripted server, each well or not. While neither is well, answers may fail."""

    def kinds(self):
        return [(2, self.scripted_server_misbehaves), (2, self.unbound_stops), (2, self.all_upstream_fails),
                (1, self.unbound_restarts), (1, self.network_to_upstream_is_gone)]

    def bad_mode(self):
        return self.rng.choice(("dead", "slow", "servfail", "garbage"))

    def scripted_server_misbehaves(self):
        self.world.scripted_mode.mode = self.bad_mode()
        try:
            self.hold(3, 10)
        finally:
            self.world.scripted_mode.mode = "well"

    def unbound_stops(self):
        self.world.unbound.process.send_signal(signal.SIGSTOP)
        try:
            self.hold(3, 10)
        finally:
            self.world.unbound.process.send_signal(signal.SIGCONT)

    def all_upstream_fails(self):
        gap = self.world.gaps.begin("upstream failed", since=WAITING, excused=("failed",))
        self.world.unbound.process.send_signal(signal.SIGSTOP)
        self.world.scripted_mode.mode = self.bad_mode()
        try:
            self.hold(3, 12)
        finally:
            self.world.scripted_mode.mode = "well"
            self.world.unbound.process.send_signal(signal.SIGCONT)
            self.world.gaps.end(gap, FAILURE_CACHED)

    def unbound_restarts(self):
        unbound = self.world.unbound
        unbound.process.kill()
        unbound.process.wait()
        self.hold(1, 4)
        with self.world.host.inside():
            unbound.process.stderr.close()
            unbound.process = subprocess.Popen(unbound.command(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                               stderr=subprocess.PIPE)

    def network_to_upstream_is_gone(self):
        """Upstream is on loopback; so are BIND, NSD and nginx, so that no change is under way meanwhile."""
        with self.world.lock:
            gap = self.world.gaps.begin("upstream failed", since=WAITING, excused=("failed",))
            self.world.host.run("ip", "link", "set", "lo", "down")
            try:
                self.hold(1, 6)
            finally:
                self.world.host.run("ip", "link", "set", "lo", "up")
                self.world.gaps.end(gap, FAILURE_CACHED)


class Changes(Actor):
    def __init__(self, *args):
        super().__init__(*args)
        self.made = {}     # rule: id of the directive or the allow behind it

    def kinds(self):
        return [(4, self.a_directive_comes_or_goes), (3, self.an_allow_comes_and_goes), (3, self.an_exception_comes_and_goes),
                (2, self.a_file_is_reloaded), (1, self.a_broken_file_is_refused), (2, self.a_list_is_updated),
                (2, self.a_zone_comes_in), (1, self.secondaries_follow), (1, self.the_clock_is_set), (1, self.the_cache_is_flushed),
                (1, self.the_tool_reads)]

    def change(self, rule, verdict, *words, user=None):
        """A change that is in force when the tool returns."""
        with self.world.lock:
            self.world.rules[rule].begin(verdict)
            try:
                out = self.world.cenote(*words, user=user)
            except BaseException:
                self.world.rules[rule].settle(self.holds(rule))
                raise
            self.world.rules[rule].settle(verdict)
            return first_word(out)

    def holds(self, rule):
        """The verdict that the daemon itself gives, after a change whose end is unknown."""
        name = {"beta": "beta-ai.example"}.get(rule, f"{rule}.example")
        client = ["--client", places.EXCEPTED] if rule == "gamma" else []
        verdict = json.loads(self.world.cenote("explain", name, *client, "--json"))["verdict"]
        return CLOSED if verdict in ("restrict", "block") else OPEN

    def a_directive_comes_or_goes(self):
        rule = f"toggle{self.rng.randrange(3)}"
        if rule in self.made:
            self.change(rule, OPEN, "directive", "lift", self.made.pop(rule))
        else:
            self.made[rule] = self.change(rule, CLOSED, "restrict", f"domain:{rule}.example", "--everyone", "--no-end")

    def an_allow_comes_and_goes(self):
        if "beta" in self.made:
            self.change("beta", CLOSED, "directive", "lift", self.made.pop("beta"))
        else:
            self.made["beta"] = self.change("beta", OPEN, "allow", "beta-ai.example", "--for", "9h")

    def an_exception_comes_and_goes(self):
        if "gamma" in self.made:
            self.change("gamma", CLOSED, "exception", "revoke", self.made.pop("gamma"), user="soak-kim")
            return
        with self.world.lock:
            ident = first_word(self.world.cenote("exception", "request", "--directive", "d-gamma", "--client", places.EXCEPTED,
                                                 "--for", "9h", "--purpose", "the soak", user="soak-kim"))
            self.world.cenote("exception", "approve", ident, user="soak-kim", code=1)  # a second person is needed
            self.change("gamma", OPEN, "exception", "approve", ident, user="soak-lee")
            self.made["gamma"] = ident

    def a_file_is_reloaded(self):
        verdict = OPEN if self.world.rules["file"].verdict == CLOSED else CLOSED
        with self.world.lock:
            self.world.write_file_rule(verdict)
            self.change("file", verdict, "reload")

    def a_broken_file_is_refused(self):
        verdict = self.world.rules["file"].verdict
        with self.world.lock:
            self.world.write_file_rule(OPEN if verdict == CLOSED else CLOSED, broken=True)
            self.world.cenote("reload", code=1)
            self.world.write_file_rule(verdict)
            self.world.cenote("reload")

    def a_list_is_updated(self):
        verdict = OPEN if self.world.rules["web"].verdict == CLOSED else CLOSED
        with self.world.lock:
            self.world.write_list(range(places.LISTED if verdict == CLOSED else places.LISTED - 5))
            self.change("web", verdict, "update")

    def a_zone_comes_in(self):
        """In force some time after the primary has it: the change lasts until the first answer that shows it."""
        world, rule = self.world, self.world.rules["nation"]
        verdict = OPEN if rule.verdict == CLOSED else CLOSED
        with world.lock:
            rule.begin(verdict)
            world.serial_in += 1
            world.zone_names ^= {"nation.example"}
            beside = world.primary.folder / "db.new"
            beside.write_text(world.zone_in())
            beside.rename(world.primary.folder / "db")
            world.primary.process.send_signal(signal.SIGHUP)

            def arrived():
                shown = {rdata.to_text() for rrset in world.ask("nation.example").answer for rdata in rrset}
                return bool(shown) and (shown == {"0.0.0.0"}) == (verdict == CLOSED)
            eventually(arrived, "the change of the zone from BIND", 2 * PATIENCE)
            rule.settle(verdict)

    def secondaries_follow(self):
        with self.world.lock:
            self.world.wait_secondaries()

    def the_clock_is_set(self):
        """Ahead over an edge and back: what has ended stays ended, and what has begun stays in force."""
        world = self.world
        with world.lock:
            self.change("timed", OPEN, "allow", "timed.example", "--for", "20s")
            made = first_word(world.cenote("observe", "domain:planned.example", "--everyone", "--no-end"))
            at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(world.latest + 20))
            world.cenote("directive", "step", made, "restrict", "--at", at)
            world.rules["timed"].begin(CLOSED)
            world.rules["planned"].begin(CLOSED)
            world.tick(AHEAD)
            for name in ("timed.example", "planned.example"):
                eventually(lambda: self.shows(name) == CLOSED, f"the edge of {name}")
            world.rules["timed"].settle(CLOSED)
            world.rules["planned"].settle(CLOSED)
            world.set_back(AHEAD)
            self.hold(0.5, 1.5)
            world.tick()
            self.change("planned", OPEN, "directive", "lift", made)

    def shows(self, name):
        shown = {rdata.to_text() for rrset in self.world.ask(name).answer for rdata in rrset}
        return CLOSED if shown == {"0.0.0.0"} else OPEN

    def the_cache_is_flushed(self):
        with self.world.lock:
            self.world.cenote("flush", "example", "--below")

    def the_tool_reads(self):
        with self.world.lock:
            for words in (("status", "--json"), ("metrics",), ("audit", "--verify"), ("top", "names"), ("directives", "--json")):
                self.world.cenote(*words)


class Disasters(Actor):
    def kinds(self):
        return [(2, self.killed), (2, self.killed_during_a_change), (2, self.restarted), (2, self.network_is_gone),
                (2, self.an_address_is_gone), (1, self.standard_error_is_blocked), (2, self.flood_of_one_name),
                (2, self.flood_of_random_names), (1, self.flood_over_tls), (2, self.half_open_connections),
                (1, self.idle_connections)]

    def __init__(self, world, sampler, report, seed, pause, changes):
        super().__init__(world, sampler, report, seed, pause)
        self.changes = changes

    def life_ends(self, how):
        life = self.sampler.lives.get(self.world.daemon.process.pid)
        if life is not None:
            life.end = how

    def begin_again(self, gap):
        self.hold(0, 0.5)
        self.world.start()
        self.world.gaps.end(gap, 1.0)

    def killed(self):
        with self.world.lock:
            gap = self.world.gaps.begin("killed", since=WAITING)
            self.life_ends("SIGKILL")
            self.world.stop(signal.SIGKILL)
            self.begin_again(gap)

    def killed_during_a_change(self):
        """What the tool has said is in force stays so; what it has not said is in force whole or not at all."""
        world, changes, rule = self.world, self.changes, "toggle0"
        with world.lock:
            verdict = OPEN if rule in changes.made else CLOSED
            words = (("directive", "lift", changes.made[rule]) if verdict == OPEN
                     else ("restrict", "domain:toggle0.example", "--everyone", "--no-end"))
            gap = world.gaps.begin("killed", since=WAITING)
            world.rules[rule].begin(verdict)
            tool = world.popen(*words)
            self.hold(0, 0.15)
            self.life_ends("SIGKILL")
            world.stop(signal.SIGKILL)
            out, _ = tool.communicate(timeout=PATIENCE)
            self.begin_again(gap)
            holds = changes.holds(rule)
            world.rules[rule].settle(holds)
            if tool.returncode == 0 and holds != verdict:
                raise AssertionError(f"cenote {words} returned 0 before the kill, and after it {rule} is {holds}")
            made = [row["id"] for row in json.loads(world.cenote("directives", "--json"))
                    if "domain:toggle0.example" in row["targets"]]
            changes.made.pop(rule, None)
            if made:
                changes.made[rule] = made[0]

    def restarted(self):
        """By SIGTERM. No query is lost: the sockets wait in the store, and connections end when they are idle."""
        with self.world.lock:
            gap = self.world.gaps.begin("connections of a restart", lambda query: query.transport != "udp", since=WAITING)
            self.life_ends("SIGTERM")
            code = self.world.stop()
            if code != 0:
                raise AssertionError(f"cenoted ended with {code} after SIGTERM:\n{self.world.daemon.log()[-3000:]}")
            self.begin_again(gap)

    def network_is_gone(self):
        gap = self.world.gaps.begin("the network was gone", since=1.0)
        subprocess.run(["ip", "link", "set", self.world.outside, "down"], check=True)
        try:
            self.hold(1, 5)
        finally:
            subprocess.run(["ip", "link", "set", self.world.outside, "up"], check=True)
            self.world.gaps.end(gap, 3.0)

    def an_address_is_gone(self):
        gap = self.world.gaps.begin("the address was gone", lambda query: query.server == places.SECOND, since=1.0)
        self.world.host.run("ip", "addr", "del", f"{places.SECOND}/16", "dev", "eth0")
        try:
            self.hold(1, 6)
        finally:
            self.world.host.add(f"{places.SECOND}/16")
            self.world.gaps.end(gap, 3.0)

    def standard_error_is_blocked(self):
        """Nobody reads the log, while every reload writes to it."""
        with self.world.lock:
            daemon = self.world.daemon
            daemon.reading.clear()
            try:
                for _ in range(60):
                    self.world.cenote("reload")
                self.hold(1, 4)
            finally:
                daemon.reading.set()

    def dnsperf(self, names, *more, qps=1500):
        data = self.world.folder / "flood.txt"
        data.write_text("".join(f"{name} A\n" for name in names))
        seconds = self.rng.randrange(2, 6)
        with self.world.clients.inside():
            subprocess.run(["dnsperf", "-s", places.FIRST, "-a", places.FLOODING, "-d", str(data), "-l", str(seconds), "-Q", str(qps),
                            "-t", "3", *more], check=True, capture_output=True, stdin=subprocess.DEVNULL)

    def flood_of_one_name(self):
        self.dnsperf(["chat.alpha-ai.example", "h1.open.example"], qps=5000)

    def flood_of_random_names(self):
        self.dnsperf([f"r{self.rng.randrange(1 << 60)}.wild.example" for _ in range(5000)])

    def flood_over_tls(self):
        self.dnsperf(["chat.alpha-ai.example", "h2.open.example"], "-m", self.rng.choice(("dot", "doh", "tcp")), "-c", "10", "-O",
                     "doh-uri=https://dns.example/dns-query", qps=500)

    def connections(self, how):
        with self.world.clients.inside():
            subprocess.run([sys.executable, str(places.SOURCE / "tests/soak/connections.py"), how, places.HALF_OPEN, places.FIRST,
                            str(self.rng.randrange(2, 6))], check=True, capture_output=True, stdin=subprocess.DEVNULL)

    def half_open_connections(self):
        """The client's host drops SYN-ACK: the resolver's kernel waits for the end of each handshake."""
        table = ["table", "ip", "half_open"]
        nft = self.world.clients.run
        nft("nft", "add", *table)
        try:
            nft("nft", "add", "chain", *table[1:], "in", "{ type filter hook input priority 0; }")
            nft("nft", "add", "rule", *table[1:], "in", "ip", "daddr", places.HALF_OPEN, "tcp", "sport", "{ 53, 853, 443 }", "drop")
            self.connections("half-open")
        finally:
            nft("nft", "delete", *table)

    def idle_connections(self):
        """Many connections that say nothing, or half a message."""
        self.connections("idle")
