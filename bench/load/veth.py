# SPDX-License-Identifier: Apache-2.0
"""CPU per query between two network namespaces: what a server and the receive work of its interface take together.

Each server has a veth pair of its own. The kernel takes in what comes to an end of a pair on a thread, which can be
counted and pinned: that of the server's end is on processor 0 with the server, and may not preempt it; that of the other
end is on processor 1, where a program in the kernel turns each reply into the next query (rebound.bpf.c), and where a
socket polls it, so that the server does not wake a processor with what it sends. The floor is the socket echo at the
same number of queries under way, measured directly before.
"""
import contextlib
import ctypes
import fcntl
import json
import os
import pathlib
import signal
import socket
import struct
import subprocess
import sys
import time

import servers

sys.path.append(str(servers.SOURCE / "tests" / "system"))
from namespaces import run  # noqa: E402  its folder is on the path from here on
from xdp_hosts import SIOCETHTOOL, mac_of  # noqa: E402

MARK = "CENOTE_BENCH_NAMESPACES"
QUERIES = 65536  # of the program
ETHTOOL_SGRO = 0x2c
TRIES = 4
NICE = -10  # others on the machine take turns that a loop waits for


class Ebbed(RuntimeError):
    """Fewer queries are under way at the end than at the beginning."""


def enter():
    """Goes on with a network and names of hosts of its own, which end with it. Processes stay visible: the kernel's are
    measured."""
    if os.environ.get(MARK):
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what it has started ends before it
        take_turns_first()
        run("mount", "-t", "tmpfs", "tmpfs", "/run")  # `ip netns` keeps its names here
        os.makedirs("/run/netns")
        run("ip", "link", "set", "lo", "up")
        return
    if os.geteuid() != 0:
        raise SystemExit("rows of veth need root")
    os.environ[MARK] = "1"
    os.execvp("setsid", ["setsid", "--wait", "setpriv", "--pdeathsig", "TERM", "unshare", "--mount", "--net",
                         "--propagation", "private", sys.executable, "-B", *sys.argv])


def take_turns_first():
    """Of this session and all that it starts: the scheduler shares processors between sessions where it groups them."""
    group = pathlib.Path("/proc/self/autogroup")
    if group.exists():
        group.write_text(f"{NICE}\n")
    os.setpriority(os.PRIO_PROCESS, 0, NICE)


class Pair:
    """An interface of each host, and what the kernel does for them."""

    def __init__(self, hosts, number, queues=1):
        self.client, self.server = hosts
        self.queues = queues
        self.here, self.there = f"c{os.getpid()}-{number}", f"s{os.getpid()}-{number}"
        self.client_address, self.server_address = f"10.77.{number}.1", f"10.77.{number}.2"
        self.network = f"10.{100 + number}.0.0"
        counts = ["numrxqueues", queues, "numtxqueues", queues]
        run("ip", "link", "add", self.here, *counts, "netns", "client", "type", "veth",
            "peer", "name", self.there, *counts, "netns", "server")
        for host, interface, address in ((self.client, self.here, self.client_address),
                                         (self.server, self.there, self.server_address)):
            host.run("ip", "link", "set", interface, "up")
            host.add(f"{address}/24", interface)
        self.mac = mac_of(self.server, self.there)
        client = mac_of(self.client, self.here)
        self.client.run("ip", "neigh", "add", self.server_address, "lladdr", self.mac.hex(":"), "dev", self.here)
        self.server.run("ip", "neigh", "add", self.client_address, "lladdr", client.hex(":"), "dev", self.there)
        self.server.run("ip", "route", "add", f"{self.network}/16", "via", self.client_address)

    def pass_all(self, program):
        """A program at the server's end, as sockets need one there: veth takes frames to none."""
        self.server.run("ip", "link", "set", "dev", self.there, "xdpdrv", "obj", program, "program", "pass_all")

    def merge_received(self):
        """GRO at the server's end, without which frames have no way to an end that has no program in its driver."""
        with self.server.inside():
            set_feature(self.there, ETHTOOL_SGRO, 1)

    @staticmethod
    def threads(interface):
        """The kernel's threads of its queues, in their order."""
        found = {}
        for comm in pathlib.Path("/proc").glob("[0-9]*/comm"):
            with contextlib.suppress(OSError):
                name = comm.read_text().strip()
                if name.startswith(f"napi/{interface}-"):
                    found[int(name.rsplit("-", 1)[1])] = int(comm.parent.name)
        return [thread for _, thread in sorted(found.items())]

    def pin(self, host, interface, first, policy):
        """What comes to its queues is taken in by threads: of queue 0 on processor `first`, of queue 1 on the other."""
        host.run("sh", "-c", f"echo 1 >/sys/class/net/{interface}/threaded")
        threads = self.threads(interface)
        if len(threads) != self.queues:
            raise RuntimeError(f"{interface} has {len(threads)} threads for {self.queues} queues")
        for queue, thread in enumerate(threads):
            os.sched_setaffinity(thread, {first ^ (queue & 1)})
            os.sched_setscheduler(thread, policy, os.sched_param(1 if policy == os.SCHED_FIFO else 0))
            os.setpriority(os.PRIO_PROCESS, thread, NICE)
        return threads


def set_feature(interface, feature, value):
    """As ethtool does."""
    request = ctypes.create_string_buffer(struct.pack("II", feature, value))
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, SIOCETHTOOL, struct.pack("16sP", interface.encode(), ctypes.addressof(request)))


def ran_s(task):
    return int((task / "schedstat").read_text().split()[0]) / 1e9


class Site:
    """A server at its end of a pair. `native`: its interface has a program in the driver."""

    def __init__(self, pair, server, native=True, awake=True, realtime=False):
        self.pair, self.server, self.native, self.awake = pair, server, native, awake
        with pair.server.inside():
            server.start()
        self.receivers = pair.pin(pair.server, pair.there, 0, os.SCHED_FIFO if realtime else os.SCHED_BATCH)
        for task in self.tasks():
            if realtime:
                os.sched_setscheduler(int(task.name), os.SCHED_FIFO, os.sched_param(1))
            word, _, number = (task / "comm").read_text().strip().partition("-")
            if word == "worker" and pair.queues > 1:  # it is where its queue is
                os.sched_setaffinity(int(task.name), {int(number) & 1})

    def tasks(self):
        return pathlib.Path(f"/proc/{self.server.process.pid}/task").iterdir()

    def cpu_s(self):
        """Of all threads of the server, and of those that take in what comes to its interface."""
        kernel = [pathlib.Path(f"/proc/{thread}") for thread in self.receivers]
        return sum(ran_s(task) for task in [*self.tasks(), *kernel])

    @contextlib.contextmanager
    def load(self, build, names, window, clients, fresh):
        """While the block runs, so many queries are under way; calls give the counts."""
        pair = self.pair
        more = [word for word, wanted in (("--fresh", fresh), ("--redirect", not self.native),
                                          ("--awake", self.awake)) if wanted]
        with pair.client.inside():
            load = subprocess.Popen(
                ["taskset", "-c", "1" if pair.queues == 1 else "0,1", build / "bin" / "rebound",
                 "--object", build / "bin" / "rebound.bpf.o", "--interface", pair.here, "--mac", pair.mac.hex(),
                 "--server", f"{pair.server_address}:{self.server.port}", "--network", pair.network, "--names", names,
                 "--window", str(window), "--clients", str(clients), "--queues", str(pair.queues), *more],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

        def said(word=None):
            line = load.stdout.readline().strip()
            if not line or (word and line != word):
                load.kill()
                raise RuntimeError(f"{self.server.title}: {load.communicate()[1] or line}")
            return line

        def counts():
            print(file=load.stdin, flush=True)
            return json.loads(said())

        with load:
            said("attached")
            pair.pin(pair.client, pair.here, 1 if pair.queues == 1 else 0, os.SCHED_OTHER)
            print(file=load.stdin, flush=True)
            said("ready")
            yield counts
            load.stdin.close()
            under_way = json.loads(said())["under_way"]
            if under_way < 0.9 * window:
                raise Ebbed(f"{self.server.title}: {under_way} of {window} queries are under way at the end")

    def cost(self, *load, **how):
        """Measured anew when queries were lost: a ring of veth has 256 places, and who reads it may be kept waiting."""
        for _ in range(TRIES):
            with contextlib.suppress(Ebbed):
                return self.cost_once(*load, **how)
        return self.cost_once(*load, **how)

    def cost_once(self, build, names, seconds, window=256, clients=256, fresh=False, settle=0.3):
        """Microseconds of CPU an answer, answers a second, and how many of all were wrong."""
        with self.load(build, names, window, clients, fresh) as counts:
            time.sleep(settle)
            before, cpu, began = counts(), self.cpu_s(), time.monotonic()
            time.sleep(seconds)
            after, used = counts(), self.cpu_s() - cpu
            took = time.monotonic() - began
        answered = after["answered"] - before["answered"]
        if answered == 0:
            raise Ebbed(f"{self.server.title} answers nothing")
        return {"us": used * 1e6 / answered, "per_second": answered / took, "wrong": after["wrong"]}


def has_program(interface):
    return "prog/xdp" in run("ip", "-d", "link", "show", "dev", interface)
