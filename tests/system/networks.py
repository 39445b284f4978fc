# SPDX-License-Identifier: Apache-2.0
"""Network namespaces, for tests that change addresses and routes."""
import ctypes
import os
import subprocess

CLONE_NEWNET = 0x40000000


def in_a_network_of_its_own():
    """Moves this process into a new network namespace; returns the reason when it cannot, else nothing."""
    if os.geteuid() != 0:
        return "a network namespace needs root"
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) != 0:
        return f"no network namespace: {os.strerror(ctypes.get_errno())}"
    try:
        ip("link", "set", "lo", "up")
    except (OSError, subprocess.CalledProcessError) as error:
        return f"the loopback interface stays down: {error}"
    return ""


def ip(*arguments):
    subprocess.run(["ip", *arguments], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
