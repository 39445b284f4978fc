#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compiles every header alone: a header may need no other one before it.

Usage: check_headers.py [COMPILER]. Exit code 1 and the compiler's output when one does not compile alone.
"""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HEADERS = ("resolver/**/*.h", "blocklists/**/*.h", "tools/cenote/**/*.h", "tests/support/**/*.h")
JOBS = 2


def compile_alone(compiler, header):
    # Two lines, so that a header without #pragma once fails as well.
    line = f'#include "{header}"\n'
    command = [compiler, "-std=c++20", "-fsyntax-only", "-I", str(ROOT), "-x", "c++", "-"]
    return subprocess.run(command, input=line * 2, capture_output=True, text=True, check=False)


def main():
    compiler = sys.argv[1] if len(sys.argv) > 1 else "c++"
    headers = sorted(path.relative_to(ROOT).as_posix() for pattern in HEADERS for path in ROOT.glob(pattern))
    if not headers:
        sys.exit(f"{ROOT} has no headers")
    with ThreadPoolExecutor(JOBS) as pool:
        results = list(pool.map(lambda header: compile_alone(compiler, header), headers))
    broken = [(header, result.stderr) for header, result in zip(headers, results) if result.returncode != 0]
    for header, words in broken:
        print(f"{header} does not compile alone:\n{words}")
    print(f"{len(headers)} headers, {len(broken)} of them broken")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
