#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compiles headers alone: a header may need no other one before it.

A build with each file alone (the preset clang, which tools/dev/check and CI run) has done that for a header that its own
.cc includes first.

Usage: check_headers.py [COMPILER]. Exit code 1 and the compiler's output when one does not compile alone.
"""

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HEADERS = ("resolver/**/*.h", "blocklists/**/*.h", "tools/cenote/**/*.h", "tests/support/**/*.h")
JOBS = 2


def is_compiled_alone(header):
    source = (ROOT / header).with_suffix(".cc")
    if not source.exists():
        return False
    first = re.search(r"^#include .*$", source.read_text(), re.M)
    return first is not None and first[0] == f'#include "{header}"'


def compile_alone(compiler, header):
    line = f'#include "{header}"\n'
    command = [compiler, "-std=c++20", "-fsyntax-only", "-I", str(ROOT), "-x", "c++", "-"]
    return subprocess.run(command, input=line, capture_output=True, text=True, check=False)


def main():
    compiler = sys.argv[1] if len(sys.argv) > 1 else "c++"
    headers = sorted(path.relative_to(ROOT).as_posix() for pattern in HEADERS for path in ROOT.glob(pattern))
    if not headers:
        sys.exit(f"{ROOT} has no headers")
    broken = [(header, "it lacks #pragma once\n") for header in headers
              if "\n#pragma once\n" not in (ROOT / header).read_text()]
    left = [header for header in headers if not is_compiled_alone(header)]
    with ThreadPoolExecutor(JOBS) as pool:
        results = list(pool.map(lambda header: compile_alone(compiler, header), left))
    broken += [(header, result.stderr) for header, result in zip(left, results) if result.returncode != 0]
    for header, words in broken:
        print(f"{header} does not compile alone:\n{words}")
    print(f"{len(headers)} headers, {len(left)} of them compiled here, {len(broken)} broken")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
