# SPDX-License-Identifier: Apache-2.0
"""A cenoted that a test runs: its process with its log, and the notify socket that stands in for systemd's.

A wait ends with an event (a line on stderr, a message to the notify socket), and its limit is only for a test that hangs.
"""
import array
import os
import pathlib
import re
import select
import socket
import subprocess
import sys
import threading
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(SOURCE / "tests" / "zones"))  # has zone_catalogue.py
BIN = pathlib.Path(os.environ.get("CENOTE_BIN", SOURCE / "build" / "test" / "bin"))
PATIENCE = 90.0  # seconds until a wait fails; sanitizers and a busy machine are slow
SANITIZER = re.compile(r"ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|runtime error:")


def deadline(seconds=PATIENCE):
    return time.monotonic() + seconds


def eventually(condition, what, seconds=PATIENCE):
    """Calls `condition` until its result is true, and returns the result."""
    end = deadline(seconds)
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"gave up waiting: {what}")
        select.select([], [], [], 0.02)


class NotifySocket:
    """A stand-in for systemd: receives the messages of the daemon and the sockets that it stores."""

    def __init__(self, folder):
        self.path = folder / "notify"
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(self.path))
        self.messages = []  # one dict a datagram
        self.stored = {}    # FDNAME -> [fd, ...]

    def take(self, seconds):
        """Reads one datagram; False when none came."""
        if not select.select([self.socket], [], [], seconds)[0]:
            return False
        data, ancillary, _, _ = self.socket.recvmsg(4096, socket.CMSG_SPACE(64 * array.array("i").itemsize))
        message = dict(line.split("=", 1) for line in data.decode().splitlines() if "=" in line)
        self.messages.append(message)
        fds = array.array("i")
        for level, kind, payload in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                fds.frombytes(payload[: len(payload) - len(payload) % fds.itemsize])
        name = message.get("FDNAME", "stored")
        if message.get("FDSTOREREMOVE") == "1":
            for fd in self.stored.pop(name, []):
                os.close(fd)
        elif message.get("FDSTORE") == "1":
            held = {os.fstat(fd).st_ino for several in self.stored.values() for fd in several}
            for fd in fds:  # as in systemd, a socket that is stored already is not stored twice
                if os.fstat(fd).st_ino in held:
                    os.close(fd)
                else:
                    self.stored.setdefault(name, []).append(fd)
        else:
            for fd in fds:
                os.close(fd)
        return True

    def drain(self):
        while self.take(0):
            pass

    def close(self):
        self.drain()
        for fds in self.stored.values():
            for fd in fds:
                os.close(fd)
        self.stored = {}
        self.socket.close()
        self.path.unlink(missing_ok=True)


class Daemon:
    """One running cenoted."""

    def __init__(self, config, notify, stored=None, environment=None):
        self.notify = notify
        self.seen = len(notify.messages)
        self.lines = []
        self.arrived = threading.Condition()
        names, fds = [], []
        for name, several in (stored or {}).items():
            names += [name] * len(several)
            fds += several
        env = dict(os.environ, NOTIFY_SOCKET=str(notify.path), **(environment or {}))
        if fds:
            env.update(LISTEN_FDS=str(len(fds)), LISTEN_FDNAMES=":".join(names))
        # The shell gives LISTEN_PID the pid that the daemon then has.
        command = ["/bin/sh", "-c", 'export LISTEN_PID=$$; exec "$@"', "sh", str(BIN / "cenoted"), "--config", str(config)]
        self.process = subprocess.Popen(command, env=env, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                        stdin=subprocess.DEVNULL, close_fds=False if fds else True,
                                        preexec_fn=(lambda: place_from_3(fds)) if fds else None)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for raw in self.process.stderr:
            with self.arrived:
                self.lines.append(raw.decode(errors="replace").rstrip("\n"))
                self.arrived.notify_all()
        with self.arrived:
            self.arrived.notify_all()

    def log(self):
        """What it has written; all of it where it has ended."""
        if self.process.poll() is not None:
            self.reader.join(PATIENCE)
        with self.arrived:
            return "\n".join(self.lines)

    def cpu_seconds(self):
        """What its threads have used, in steps of some milliseconds."""
        fields = self.proc("stat").rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def memory(self, which="VmRSS"):
        """KiB, of the resident set where nothing else is asked for."""
        return int(re.search(rf"{which}:\s+(\d+) kB", self.proc("status")).group(1))

    def proc(self, file):
        return pathlib.Path(f"/proc/{self.process.pid}/{file}").read_text()

    def wait_line(self, pattern, since=0, seconds=PATIENCE):
        """The match of the first line from `since` on in which `pattern` is found."""
        expression = re.compile(pattern)
        end = deadline(seconds)
        with self.arrived:
            while True:
                for line in self.lines[since:]:
                    found = expression.search(line)
                    if found:
                        return found
                left = end - time.monotonic()
                if left <= 0 or not self.reader.is_alive():
                    raise AssertionError(f"no line matches {pattern!r} in:\n" + "\n".join(self.lines))
                self.arrived.wait(min(left, 1.0))

    def wait_notified(self, key, value="1", seconds=PATIENCE):
        """Waits for a message that this daemon sent; a daemon that ends instead is a failure."""
        end = deadline(seconds)
        while True:
            while self.seen < len(self.notify.messages):
                message = self.notify.messages[self.seen]
                self.seen += 1
                if message.get(key) == value:
                    return message
            if self.process.poll() is not None and not self.notify.take(0):
                self.reader.join(PATIENCE)
                raise AssertionError(f"cenoted ended with {self.process.returncode} before {key}={value}:\n{self.log()}")
            if time.monotonic() > end:
                raise AssertionError(f"no {key}={value} from cenoted:\n{self.log()}")
            self.notify.take(0.1)

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, seconds=PATIENCE):
        code = self.process.wait(seconds)
        self.reader.join(PATIENCE)
        return code

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.wait()
        self.process.stderr.close()


def is_alive(pid):
    """Whether a process runs, also one with another parent."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def place_from_3(fds):
    """In the child: puts the sockets where sd_listen_fds(3) expects them."""
    high = [os.dup2(fd, 500 + i, inheritable=True) for i, fd in enumerate(fds)]
    for i, fd in enumerate(high):
        os.dup2(fd, 3 + i, inheritable=True)
    os.closerange(3 + len(fds), 1024)
