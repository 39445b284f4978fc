#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks every #include of the tree against the order in tools/dev/layers.txt.

Usage: check_layers.py [ROOT]. Prints FILE:LINE: and the fault; exit code 1 when there is any.
"""

import re
import sys
from pathlib import Path

INCLUDE = re.compile(r'\s*#\s*include\s*(["<])([^">]+)[">]')
SOURCES = ("resolver/**/*.h", "resolver/**/*.cc", "blocklists/**/*.h", "blocklists/**/*.cc",
           "tools/cenote/**/*.h", "tools/cenote/**/*.cc")


class Layers:
    def __init__(self, text):
        self.row = {}  # module -> number of its row, from below
        self.vocabulary = set()
        self.public = {}  # module -> headers
        self.order = {}  # module -> its headers, lowest first
        self.doors = []  # (header prefix, path prefixes)
        self.system = []
        for line in text.splitlines():
            words = line.split("#")[0].split()
            if not words:
                continue
            kind, first, rest = words[0], words[1], words[2:]
            if kind == "row":
                height = len(set(self.row.values()))
                self.row.update({module: height for module in words[1:]})
            elif kind == "vocabulary":
                self.vocabulary.update(words[1:])
            elif kind == "public":
                self.public.setdefault(first, set()).update(rest)
            elif kind == "order":
                self.order.setdefault(first, []).extend(rest)
            elif kind == "door":
                self.doors.append((first, tuple(rest)))
            elif kind == "system":
                self.system += words[1:]
            else:
                sys.exit(f"layers.txt: unknown word '{kind}'")

    def fault_of_module(self, source, header):
        """The fault when `source` includes `header` of this tree; None when it is allowed."""
        mine, theirs = module_of(source), module_of(header)
        if theirs is None:
            return f'"{header}" is not a path from the root of the tree'
        if mine == theirs:
            return self.fault_of_order(mine, source, header)
        for module in (mine, theirs):
            if module not in self.row:
                return f"module '{module}' is in no row of layers.txt"
        if self.row[theirs] >= self.row[mine]:
            way = "up" if self.row[theirs] > self.row[mine] else "sideways"
            return f"includes {way}: {mine} may not include {theirs} ({header})"
        name = header.split(theirs + "/", 1)[1]
        if theirs in self.vocabulary or name in {theirs + ".h", "options.h"} | self.public.get(theirs, set()):
            return None
        return f"{header} is private to {theirs}"

    def fault_of_order(self, module, source, header):
        """The fault when a header in the order of its module includes one that is not before it."""
        order = self.order.get(module, [])
        name, included = (path.split(module + "/", 1)[1] for path in (source, header))
        if name not in order or (included in order and order.index(included) < order.index(name)):
            return None
        return f"includes up: {name} is below {included} in the order of {module}"

    def fault_of_third_party(self, source, header):
        for prefix, paths in self.doors:
            if header.startswith(prefix):
                allowed = source.startswith(paths)
                return None if allowed else f"<{header}> is included outside its door, {' '.join(paths)}"
        if "." not in header or header.startswith(tuple(self.system)):  # C++ headers have no dot
            return None
        return f"<{header}> has no door in layers.txt"


def module_of(path):
    parts = path.split("/")
    if parts[0] == "resolver" and len(parts) > 2:
        return parts[1]
    if parts[0] == "blocklists":
        return "blocklists"
    return "cenote" if parts[:2] == ["tools", "cenote"] else None


def faults_of_file(layers, source, text):
    for number, line in enumerate(text.splitlines(), start=1):
        include = INCLUDE.match(line)
        if include:
            quoted, header = include[1] == '"', include[2]
            fault = layers.fault_of_module(source, header) if quoted else layers.fault_of_third_party(source, header)
            if fault:
                yield f"{source}:{number}: {fault}"


def main():
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[2]
    layers = Layers((root / "tools/dev/layers.txt").read_text())
    files = sorted(path for pattern in SOURCES for path in root.glob(pattern))
    if not files:
        sys.exit(f"{root} has no sources")
    faults = [fault for path in files
              for fault in faults_of_file(layers, path.relative_to(root).as_posix(), path.read_text())]
    print("\n".join(faults) if faults else f"{len(files)} files keep the order")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
