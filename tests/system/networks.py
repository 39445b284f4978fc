# SPDX-License-Identifier: Apache-2.0
"""Network namespaces, for tests that change addresses and routes."""
import ctypes
import os
import subprocess

CLONE_NEWNET = 0x40000000
LINK = ("link add near type veth peer name far", "addr add 198.51.100.1/24 dev near", "link set near up", "link set far up")


def in_a_network_of_its_own(with_link=False):
    """Moves this process into a new network namespace, which has loopback and, if so wished, a link that leads nowhere:
    programs that ask whether there is a network find one. Returns the reason when it cannot, else nothing."""
    if os.geteuid() != 0:
        return "a network namespace needs root"
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) != 0:
        return f"no network namespace: {os.strerror(ctypes.get_errno())}"
    try:
        for words in ("link set lo up", *(LINK if with_link else ())):
            ip(*words.split())
    except (OSError, subprocess.CalledProcessError) as error:
        return f"its interfaces cannot be set up: {error}"
    return ""


def ip(*arguments):
    subprocess.run(["ip", *arguments], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
