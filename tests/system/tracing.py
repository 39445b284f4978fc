# SPDX-License-Identifier: Apache-2.0
"""System calls that fail, or that end the program, acted out by strace."""
import contextlib
import os
import pathlib
import re
import shutil
import signal
import subprocess

from daemon import eventually

WHY_NOT = "" if shutil.which("strace") else "needs strace, which acts out the faults"
if os.environ.get("CENOTE_SANITIZE"):
    WHY_NOT = "a build with sanitizers does not run under strace"


def tracers(process):
    """The tracers of all threads of a process, as process ids; "0" where there is none."""
    found = set()
    for status in pathlib.Path(f"/proc/{process}/task").glob("*/status"):
        with contextlib.suppress(OSError):  # the thread has ended
            found.add(re.search(r"TracerPid:\t(\d+)", status.read_text()).group(1))
    return found


def attach(test, process, calls, fault, paths=()):
    """strace on every thread of a running process; `fault` as behind `inject=CALLS:`."""
    command = ["strace", "-f", "-qq", "-o", "/dev/null", "-p", str(process), "-e", f"trace={calls}", "-e",
               f"inject={calls}:{fault}"]
    for path in paths:
        command += ["-P", str(path)]
    strace = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)

    def attached():
        if strace.poll() is not None:
            test.skipTest("strace may not trace here: " + strace.stderr.read().strip())
        return tracers(process) == {str(strace.pid)}

    eventually(attached, "strace traces every thread")
    return strace


@contextlib.contextmanager
def faults(test, process, calls, fault, *paths):
    """These calls of a running process have the fault meanwhile, on these paths alone where there are any."""
    strace = attach(test, process, calls, fault, paths)
    try:
        yield
    finally:
        strace.send_signal(signal.SIGINT)
        strace.communicate()
    eventually(lambda: tracers(process) <= {"0"}, "no fault is left")


def run_with(test, command, calls, fault, **options):
    """Runs a program whose calls have the fault; strace ends with its status."""
    done = subprocess.run(["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={calls}", "-e",
                           f"inject={calls}:{fault}", *map(str, command)], capture_output=True, text=True, check=False,
                          stdin=subprocess.DEVNULL, **options)
    if "ptrace" in done.stderr:
        test.skipTest("strace may not trace here: " + done.stderr.strip())
    return done
