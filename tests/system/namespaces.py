# SPDX-License-Identifier: Apache-2.0
"""Hosts of a test in network namespaces, joined by bridges, so that nothing on the machine changes.

`enter()` runs the program anew as the first process of namespaces of its own: processes, mounts and network. When it
ends, however it ends, the kernel ends everything that it has started and takes away what it has mounted and configured.
"""
import contextlib
import ctypes
import os
import pathlib
import subprocess
import sys
import threading

CLONE_NEWNET = 0x40000000
UNSHARE = ["unshare", "--mount", "--net", "--pid", "--fork", "--mount-proc", "--kill-child", "--propagation", "private"]


def enter():
    """Goes on in namespaces of its own; returns the reason when it cannot, else nothing."""
    if os.getpid() == 1:
        run("mount", "-t", "tmpfs", "tmpfs", "/run")  # `ip netns` keeps its names here
        os.makedirs("/run/netns")
        run("ip", "link", "set", "lo", "up")
        return ""
    if os.geteuid() != 0:
        return "network namespaces need root"
    probe = subprocess.run([*UNSHARE, "sh", "-c", "mount -t tmpfs tmpfs /run && ip link add probe type bridge"],
                           capture_output=True, text=True)
    if probe.returncode != 0:
        return f"no namespaces: {probe.stderr.strip()}"
    sys.stdout.flush()
    os.execvp("unshare", [*UNSHARE, sys.executable, "-B", *sys.argv])


def run(*command, code=0, **more):
    """The output of a program that has to end with this code."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, stdin=subprocess.DEVNULL, **more)
    if code is not None and done.returncode != code:
        raise AssertionError(f"{command}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def setns(file):
    libc = ctypes.CDLL(None, use_errno=True)
    with open(file, "rb") as namespace:
        if libc.setns(namespace.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"setns {file}")


class Host:
    """A network namespace with interfaces on bridges of the first one."""

    def __init__(self, name):
        self.name, self.outsides = name, []
        run("ip", "netns", "add", name)
        self.run("ip", "link", "set", "lo", "up")

    def join(self, bridge, interface="eth0", addresses=(), mac=None):
        """Puts an interface on a bridge, which is made with its first one. Addresses are ready when this returns."""
        if f": {bridge}:" not in run("ip", "-o", "link", "show", "type", "bridge"):
            run("ip", "link", "add", bridge, "type", "bridge")
            run("ip", "link", "set", bridge, "up")
        outside = f"{self.name}-{interface}"[:15]
        run("ip", "link", "add", outside, "type", "veth", "peer", "name", interface, "netns", self.name)
        run("ip", "link", "set", outside, "master", bridge, "up")
        self.outsides.append(outside)
        if mac:
            self.run("ip", "link", "set", interface, "address", mac)
        self.run("ip", "link", "set", interface, "up")
        for address in addresses:
            self.add(address, interface)
        return outside

    def add(self, address, interface="eth0"):
        quick = ["nodad"] if ":" in address else []  # no other host has it: duplicate detection would only take time
        self.run("ip", "addr", "add", address, "dev", interface, *quick)

    def leave(self):
        """Takes the host away, so that another one may have its name."""
        for outside in self.outsides:
            run("ip", "link", "delete", outside)
        run("ip", "netns", "delete", self.name)

    def run(self, *command, **more):
        return run("ip", "netns", "exec", self.name, *command, **more)

    @contextlib.contextmanager
    def inside(self):
        """In the block, sockets and processes that this thread makes are on this host."""
        own = f"/proc/self/task/{threading.get_native_id()}/ns/net"
        with open(own, "rb") as before:
            setns(f"/run/netns/{self.name}")
            try:
                yield self
            finally:
                if ctypes.CDLL(None, use_errno=True).setns(before.fileno(), CLONE_NEWNET) != 0:
                    raise OSError(ctypes.get_errno(), "setns back")


@contextlib.contextmanager
def cleanups():
    """An object with addCleanup, as classes of this folder take, outside of a test."""
    with contextlib.ExitStack() as stack:
        class Owner:
            addCleanup = staticmethod(lambda function, *args, **how: stack.callback(function, *args, **how))
        yield Owner()


def own_file(path, text, folder):
    """Puts a file of this text in the place of a file of the machine, in the mounts of this process alone."""
    mine = pathlib.Path(folder) / path.strip("/").replace("/", "-")
    mine.write_text(text)
    mine.chmod(0o644)
    run("mount", "--bind", mine, path)
    return mine


def add_users(folder, groups):
    """Users of these groups ({user: group}), known to programs in the mounts of this process alone."""
    passwd, group = pathlib.Path("/etc/passwd").read_text(), pathlib.Path("/etc/group").read_text()
    numbers = {name: 60100 + i for i, name in enumerate(sorted(set(groups.values())))}
    for number, (user, member_of) in enumerate(sorted(groups.items()), 60200):
        passwd += f"{user}:x:{number}:{number}::/nonexistent:/bin/sh\n"
        group += f"{user}:x:{number}:\n"
    for name, number in numbers.items():
        members = ",".join(sorted(user for user, member_of in groups.items() if member_of == name))
        group += f"{name}:x:{number}:{members}\n"
    own_file("/etc/passwd", passwd, folder)
    own_file("/etc/group", group, folder)
