# SPDX-License-Identifier: Apache-2.0
"""Memory and descriptors of the daemon and of its transfer process over time, and what counts as a leak."""
import os
import pathlib
import socket
import statistics
import threading
import time

FLOODING = "10.53.1.200"   # the client whose own losses do not matter

PAUSE = 1.0                # seconds between two samples
TICK, STALL = 0.1, 0.5     # seconds between two wake-ups, and by which one is late when the machine has no processor for it
SETTLED, LONG = 30, 120    # seconds of a life: before the first one memory still fills, shorter lives show no trend
GROWTH = 24 << 10          # KiB by which the median may grow between the first and the last third of a life
DESCRIPTORS = 40           # by which a calm end may have more than the calm beginning: connections of the steady load
UDP_SOCKETS = 2 * 1024 + 64  # of two workers: those kept for upstream (upstream/options.h: sockets_max), and the listening ones


def status_of(pid):
    """(resident KiB, of them anonymous, descriptors without UDP, UDP sockets) of a process; None when it has ended."""
    try:
        lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
        fields = {line.split(":")[0]: line.split()[1] for line in lines if line.startswith(("VmRSS:", "RssAnon:"))}
        kinds = [is_udp(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")]
        return int(fields["VmRSS"]), int(fields["RssAnon"]), len(kinds) - sum(kinds), sum(kinds)
    except (OSError, KeyError):
        return None


def is_udp(path):
    """Whether a descriptor is a UDP socket, also one without a port."""
    try:
        return os.getxattr(path, "system.sockprotoname").startswith(b"UDP")
    except OSError:  # no socket, or closed meanwhile
        return False


def drops_here(host):
    """{socket: datagrams dropped} of the host that this thread is on; the flood's own sockets are another matter."""
    rows = [line.split() for table in ("udp", "udp6")
            for line in pathlib.Path(f"/proc/thread-self/net/{table}").read_text().splitlines()[1:]]
    flooding = f"{int.from_bytes(socket.inet_aton(FLOODING), 'little'):08X}:"
    return {(host, row[9]): int(row[-1]) for row in rows if not row[1].startswith(flooding)}


def children_of(pid):
    try:
        return [int(child) for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


class Life:
    """One process from its start to its end."""

    def __init__(self, program, begun):
        self.program, self.begun, self.end, self.samples = program, begun, "", []

    def add(self, now, values):
        self.samples.append((now - self.begun, *values))

    @property
    def seconds(self):
        return self.samples[-1][0] if self.samples else 0.0

    def median(self, begin, end, column):
        values = [sample[column] for sample in self.samples if begin <= sample[0] <= end]
        return statistics.median(values) if values else 0

    def growth(self):
        """KiB by which anonymous memory grew between the first third and the last one; None for a short life."""
        if self.seconds < LONG:
            return None
        third = (self.seconds - SETTLED) / 3
        return self.median(self.seconds - third, self.seconds, 2) - self.median(SETTLED, SETTLED + third, 2)


class Drops:
    """Datagrams that the kernel has dropped at full sockets, and when. One thread reads, any may ask."""

    def __init__(self):
        self.lock = threading.Lock()
        self.counts = {}  # socket: what it had dropped when it was last read
        self.spans = []   # (from, until, datagrams), where some were dropped
        self.at = None

    def read(self, now, counts):
        with self.lock:
            more = sum(count - self.counts.get(socket, count if self.at is None else 0) for socket, count in counts.items())
            if more > 0:
                self.spans.append((self.at, now, more))
            self.counts.update(counts)
            self.at = now

    def between(self, begin, end):
        with self.lock:
            return any(first <= end and last >= begin for first, last, _ in self.spans)

    def total(self):
        with self.lock:
            return sum(count for _, _, count in self.spans)


class Stalls(threading.Thread):
    """Finds the times in which the machine had no processor for the soak: a thread of it that wants to wake up does so
    late. Upstream servers, clients and the resolver then stand still as well, and what fails or is lost says nothing."""

    def __init__(self, gaps):
        super().__init__(daemon=True)
        self.gaps, self.ended, self.longest, self.total = gaps, threading.Event(), 0.0, 0.0

    def run(self):
        while True:
            due = time.monotonic() + TICK
            if self.ended.wait(TICK):
                return
            self.woke(due)

    def woke(self, due):
        late = time.monotonic() - due
        self.longest = max(self.longest, late)
        if late > STALL:
            self.total += late
            self.gaps.end(self.gaps.begin("the machine was busy with other work", since=late + TICK))


class Sampler(threading.Thread):
    def __init__(self, world):
        super().__init__(daemon=True)
        self.world, self.ended = world, threading.Event()
        self.lives = {}  # pid: Life; in the order of their starts
        self.drops = world.drops

    def run(self):
        while not self.ended.wait(PAUSE):
            self.sample()

    def sample(self):
        daemon, now = self.world.daemon, time.monotonic()
        if daemon is None:
            return
        for pid, program in [(daemon.process.pid, "cenoted"), *((child, "transfer") for child in children_of(daemon.process.pid))]:
            values = status_of(pid)
            if values is not None and values[0] > 0:
                self.lives.setdefault(pid, Life(program, now)).add(now, values)
        counts = {}
        for host in (self.world.host, self.world.clients):
            with host.inside():
                counts.update(drops_here(host.name))
        self.drops.read(time.monotonic(), counts)

    def calm_descriptors(self, seconds):
        """The median of the last samples of the daemon that runs."""
        life = self.lives[self.world.daemon.process.pid]
        return life.median(life.seconds - seconds, life.seconds, 3)

    def leaks(self, at_begin, at_end):
        found = [f"{life.program} (process {pid}) grew by {life.growth() / 1024:.1f} MiB in {life.seconds:.0f} s"
                 for pid, life in self.lives.items() if (life.growth() or 0) > GROWTH]
        found += [f"{life.program} (process {pid}) had {most} UDP sockets" for pid, life in self.lives.items()
                  if (most := max((sample[4] for sample in life.samples), default=0)) > UDP_SOCKETS]
        if at_end > at_begin + DESCRIPTORS:
            found.append(f"cenoted has {at_end:.0f} descriptors at the calm end, {at_begin:.0f} at the calm beginning")
        return found
