#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Finds calls of C functions that return their result in memory shared by all threads, and prints what to call instead.

Usage: check_static_memory.py [ROOT]. Prints FILE:LINE: and the fault; exit code 1 when there is any. They are the
functions that glibc documents as MT-Unsafe (attributes(7)); strerror is not one of them since glibc 2.32.
"""

import re
import sys
from pathlib import Path

SOURCES = ("resolver/**/*.h", "resolver/**/*.cc", "blocklists/**/*.h", "blocklists/**/*.cc",
           "tools/cenote/**/*.h", "tools/cenote/**/*.cc")
INSTEAD = {name: name + "_r" for name in
           ("getgrnam", "getgrgid", "getpwnam", "getpwuid", "localtime", "gmtime", "asctime", "ctime", "strtok",
            "ttyname", "getlogin", "ptsname", "getservbyname", "getservbyport", "getprotobyname", "rand")}
INSTEAD.update({"gethostbyname": "getaddrinfo", "gethostbyaddr": "getnameinfo", "inet_ntoa": "inet_ntop",
                "strsignal": "sigdescr_np", "getgrent": "getgrnam_r", "getpwent": "getpwnam_r", "tmpnam": "mkstemp",
                "setenv": "an environment of the child's own", "putenv": "an environment of the child's own",
                "setlocale": "newlocale", "readdir": "std::filesystem::directory_iterator"})
CALL = re.compile(r"(?<![\w.>])(?:std::|::)?(%s)\s*\(" % "|".join(INSTEAD))


def findings(root):
    for pattern in SOURCES:
        for path in sorted(root.glob(pattern)):
            for number, line in enumerate(path.read_text().splitlines(), 1):
                for found in CALL.finditer(line.split("//")[0]):
                    yield (f"{path.relative_to(root)}:{number}: {found[1]}() is unsafe in programs with threads; "
                           f"use {INSTEAD[found[1]]}")


def main():
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[2]
    found = list(findings(root))
    print("\n".join(found) or "no call returns its result in shared memory")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
