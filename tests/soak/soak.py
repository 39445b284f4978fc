# SPDX-License-Identifier: Apache-2.0
"""One run of the soak, from its namespaces to its table. tools/dev/soak is the program."""
import pathlib
import time

from daemon import SANITIZER, eventually
from faults import Changes, Disasters, Upstream, first_word
from load import TOP, ProgramLoad, StreamLoad, Tally, UdpLoad
from measure import Sampler, Stalls
from namespaces import cleanups
from world import CLIENTS, EXCEPTED, IN_LAB, World

CALM = 15   # seconds at the beginning and at the end in which nothing but the load goes on
BUSY = 0.2  # share of the time without a processor with which a run is worth nothing


class Soak:
    def __init__(self, owner, folder, seed, rate, say):
        self.seed, self.rate, self.say = seed, rate, say
        self.faults = []
        self.world = World(owner, pathlib.Path(folder), seed)
        self.tally, self.sampler, self.stalls = Tally(self.world), Sampler(self.world), Stalls(self.world.gaps)
        self.seconds = 0.0
        self.actors = []
        self.exit_code = None

    def fault(self, text):
        self.faults.append(text)
        self.say(f"{time.strftime('%H:%M:%S')} {text}")

    def run(self, seconds):
        world = self.world
        world.cenote("update", code=None)  # the zone is not there yet
        world.start()
        world.wait_all_set()
        self.begin_load()
        self.wait(CALM)
        self.descriptors = [self.sampler.calm_descriptors(CALM / 2)]
        self.begin_faults()
        self.wait(seconds)
        for actor in self.actors:
            actor.ended.set()
        for actor in self.actors:
            actor.join()
        self.end()

    def begin_load(self):
        arguments = self.world, self.tally
        self.load = [UdpLoad(*arguments, self.rate, self.seed), ProgramLoad(*arguments, self.seed)]
        self.load += [StreamLoad(*arguments, transport, client, self.seed)
                      for transport, client in (("tcp", CLIENTS[1]), ("tls", CLIENTS[2]), ("https", EXCEPTED), ("https", IN_LAB))]
        self.seconds -= time.monotonic()
        for thread in (*self.load, self.sampler, self.stalls):
            thread.start()

    def begin_faults(self):
        changes = Changes(self.world, self.sampler, self.fault, self.seed, (0.5, 3))
        self.actors = [changes, Upstream(self.world, self.sampler, self.fault, self.seed, (2, 10)),
                       Disasters(self.world, self.sampler, self.fault, self.seed, (3, 12), changes)]
        for actor in self.actors:
            actor.start()

    def wait(self, seconds):
        """Until then, or until the daemon has ended by itself."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(2)  # a soak lasts as long as it is told to
            if self.world.lock.acquire(blocking=False):
                ended = self.world.daemon.process.poll()
                if ended is not None:
                    self.fault(f"cenoted ended by itself with {ended}:\n{self.world.daemon.log()[-3000:]}")
                    self.world.start()
                self.world.tick()
                self.world.lock.release()

    def end(self):
        """Calm, what must be true then, the control of the checker, and the end of everything."""
        world = self.world
        self.wait(CALM)
        for what, check in (("secondaries", self.check_secondaries), ("the audit trail", lambda: world.cenote("audit", "--verify")),
                            ("the upstream servers", self.check_upstream), ("the checker", self.check_checker)):
            try:
                check()
            except AssertionError as error:
                self.fault(f"at the calm end, {what}: {error}")
        for thread in self.load:
            thread.ended.set()
        for thread in self.load:
            thread.join()
        self.descriptors.append(self.sampler.calm_descriptors(CALM / 2))
        for thread in (self.sampler, self.stalls):
            thread.ended.set()
            thread.join()
        self.seconds += time.monotonic()
        self.exit_code = world.stop()
        if self.exit_code != 0 or SANITIZER.search(world.daemon.log()):
            self.fault(f"cenoted ended with {self.exit_code}:\n{world.daemon.log()[-3000:]}")

    def check_secondaries(self):
        """They have the zone as it is, and say so of a name."""
        self.world.wait_secondaries()

    def check_upstream(self):
        """A name that nothing has asked for is answered by upstream again."""
        eventually(lambda: self.world.ask(f"last{time.monotonic_ns()}.wild.example").rcode() == 0, "upstream answers again")

    def check_checker(self):
        """A name is opened and the load is not told: it has to find that out, or it would have found nothing else."""
        self.tally.muted = True
        made = first_word(self.world.cenote("allow", "chat.alpha-ai.example", "--for", "1h"))
        eventually(lambda: self.tally.unseen > 0, "the load finds an answer that is not allowed")
        self.world.cenote("directive", "lift", made)
        self.wait(3)
        self.tally.muted = False

    def verdict(self):
        """Each reason for which the run has failed."""
        tally, reasons = self.tally, [f"fault: {text.splitlines()[0]}" for text in self.faults]
        if tally.total("wrong"):
            reasons.append(f"{tally.total('wrong')} wrong answers")
        if tally.total("failed"):
            reasons.append(f"{tally.total('failed')} SERVFAIL while an upstream server was well")
        if tally.total("lost"):
            reasons.append(f"{tally.total('lost')} lost answers outside of gaps, while no socket was full")
        if self.stalls.total > BUSY * self.seconds:
            reasons.append("the machine was too busy to judge what was lost")
        if not tally.total("right"):
            reasons.append("no right answer at all")
        return reasons + [f"leak: {text}" for text in self.sampler.leaks(*self.descriptors)]

    def table(self):
        rows = [f"{'transport':<12}{'right':>9}{'wrong':>7}{'lost':>6}{'late':>6}{'failed':>8}  in gaps: "
                f"{'lost':>6}{'failed':>8}{'p50 ms':>9}{'p99 ms':>9}{'max ms':>9}"]
        for transport in sorted(self.tally.seconds):
            count = lambda outcome: self.tally.counts[transport, outcome]
            times = sorted(self.tally.seconds[transport])
            at = lambda share: 1000 * times[min(len(times) - 1, int(share * len(times)))]
            rows.append(f"{transport:<12}{count('right'):>9}{count('wrong'):>7}{count('lost'):>6}{count('late'):>6}"
                        f"{count('failed'):>8}  {'':>9}{count('lost in a gap'):>6}{count('failed while upstream did'):>8}"
                        f"{at(0.5):>9.1f}{at(0.99):>9.1f}{1000 * times[-1]:>9.1f}")
        rows += ["", f"{'process':<10}{'seconds':>8}{'MiB at 10 s':>12}{'at the end':>11}{'of it anonymous':>16}{'descriptors':>12}"
                     f"{'most':>6}{'UDP sockets':>12}{'most':>6}  end"]
        for life in self.sampler.lives.values():
            if life.samples:
                early = next((s for s in life.samples if s[0] >= 10), life.samples[-1])
                last = life.samples[-1]
                rows.append(f"{life.program:<10}{life.seconds:>8.0f}{early[1] / 1024:>12.1f}{last[1] / 1024:>11.1f}"
                            f"{last[2] / 1024:>16.1f}{last[3]:>12}{max(s[3] for s in life.samples):>6}{last[4]:>12}"
                            f"{max(s[4] for s in life.samples):>6}  {life.end}")
        rows += ["", f"{'done':<36}{'times':>6}{'longest s':>11}"]
        for actor in self.actors:
            rows += [f"{name:<36}{count:>6}{longest:>11.1f}" for name, (count, longest) in sorted(actor.done.items())]
        rows += ["", f"datagrams dropped by full sockets: {self.sampler.drops.total()}",
                 f"without a processor: {self.stalls.total:.1f} s of {self.seconds:.0f}, {self.stalls.longest:.1f} s at most"]
        rows += [f"{outcome} because {reason}: {count}" for (outcome, reason), count in sorted(self.tally.excused.items())]
        for kind in ("wrong", "failed", "lost", "late"):
            rows += [f"{kind}: {text}" for text in self.tally.faults[kind][:TOP]]
        return rows


def soak(seconds, seed, rate, folder, say):
    """Runs it; the table, and the reasons for which it has failed."""
    with cleanups() as owner:
        run = Soak(owner, folder, seed, rate, say)
        run.run(seconds)
        return run.table(), run.verdict()
