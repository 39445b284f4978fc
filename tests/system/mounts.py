# SPDX-License-Identifier: Apache-2.0
"""Small file systems in a mount namespace of the test: they are gone with its process."""
import ctypes
import os
import subprocess

CLONE_NEWNS = 0x00020000


def in_mounts_of_its_own():
    """Moves this process into a new mount namespace; returns the reason when it cannot, else nothing."""
    if os.geteuid() != 0:
        return "a small file system needs root"
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS) != 0:
        return f"no mount namespace: {os.strerror(ctypes.get_errno())}"
    for words in (["--make-rprivate", "/"], ["-t", "tmpfs", "-o", "size=64k", "tmpfs", "/mnt"]):
        done = subprocess.run(["mount", *words], capture_output=True, text=True)
        if done.returncode != 0:
            return f"nothing can be mounted: {done.stderr.strip()}"
    return ""


def small_file_system(folder, size="1m"):
    """Makes a folder that has so much room."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], check=True)
    return folder


def fill(folder):
    """Leaves no room in a file system; the file that takes it."""
    path = folder / "fill"
    with open(path, "wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass
        try:  # what is left of the last page
            while True:
                file.write(b"x")
        except OSError:
            return path
