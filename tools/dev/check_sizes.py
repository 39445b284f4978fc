#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that files, functions and classes stay below limits of size.

Usage: check_sizes.py [ROOT]. Prints FILE:LINE: and the fault; exit code 1 when there is any. C++ is read by its
layout, which clang-format fixes: a body ends at the first closing brace with the indentation of its first line.
"""

import ast
import re
import sys
from pathlib import Path

FILE_LINES = 400
FUNCTION_LINES = 60
PUBLIC_FUNCTIONS = 20
FOLDERS = ("resolver", "blocklists", "tools", "tests", "bench")

NOT_A_FUNCTION = re.compile(r"\s*(namespace|class|struct|union|enum|extern \"C\")\b|.*=\s*\{$")
CONTINUES = re.compile(r"^(?!\s*(//|#)).*[^;{}:>\s]$")  # a line that the next one continues
ACCESS = re.compile(r"\s*(public|protected|private):$")
CLASS = re.compile(r"(\s*)(?:template <.*> )?(class|struct) (?:\w+\(.*?\) )?(\w+)[^;(]*\{$")


def cpp_functions(lines):
    """(first line, last line) of each function body that is not inside another one."""
    end = 0
    for start, line in enumerate(lines):
        if start < end or not line.endswith("{") or "(" not in "".join(lines[max(0, start - 6):start + 1]):
            continue
        if NOT_A_FUNCTION.match(line) or line.strip() == "{":
            continue
        first = start
        while first > 0 and CONTINUES.search(lines[first - 1].split("  //")[0]):
            first -= 1  # the declaration has several lines
        indent = len(lines[first]) - len(lines[first].lstrip())
        close = re.compile(" {%d}\\}" % indent)
        end = next((number for number in range(start + 1, len(lines)) if close.match(lines[number])), start)
        yield first, end
        end += 1


def is_function(statement, class_name):
    """Whether a member is a function; constructors, destructors and assignments do not count."""
    head = statement.split("{")[0]
    if "= delete" in statement or re.match(r"\s*(using|friend|static_assert|})", head):
        return False
    special = r"\s*(explicit )?~?%s\(|.*\boperator=\(" % class_name
    return bool(re.search(r"\w\(", head)) and not re.match(special, head)


def cpp_classes(lines):
    """(line, name, number of public member functions) of each class."""
    for start, line in enumerate(lines):
        found = CLASS.match(line)
        if not found:
            continue
        indent, kind, name = found.groups()
        public, count, statement = kind == "struct", 0, ""
        inner = indent + "    "
        for member in lines[start + 1:]:
            if member.startswith(indent + "}"):
                break
            access = ACCESS.match(member)
            if access and not member.startswith(inner):
                public, statement = access[1] == "public", ""
                continue
            if not member.startswith(inner) or member[len(inner):len(inner) + 1] == " " and not statement:
                continue
            statement += member.split("//")[0].strip() + " "
            if statement.rstrip().endswith((";", "{", "}")) or member.startswith(inner + "}"):
                count += public and is_function(statement, name)
                statement = ""
        yield start, name, count


def faults(path, name):
    text = path.read_text()
    lines = text.splitlines()
    if len(lines) > FILE_LINES:
        yield f"{name}:1: {len(lines)} lines; a file has at most {FILE_LINES}"
    if name.endswith(".py"):
        bodies = [(node.lineno - 1, node.end_lineno - 1) for node in ast.walk(ast.parse(text))
                  if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    else:
        bodies = list(cpp_functions(lines))
        for start, class_name, count in cpp_classes(lines):
            if count > PUBLIC_FUNCTIONS:
                yield (f"{name}:{start + 1}: {class_name} has {count} public functions; "
                       f"a class has at most {PUBLIC_FUNCTIONS}")
    for first, last in bodies:
        if last - first + 1 > FUNCTION_LINES:
            yield f"{name}:{first + 1}: a function of {last - first + 1} lines; one has at most {FUNCTION_LINES}"


def main():
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[2]
    files = sorted(path for folder in FOLDERS for kind in ("*.h", "*.cc", "*.py") for path in (root / folder).rglob(kind))
    if not files:
        sys.exit(f"{root} has no sources")
    found = [fault for path in files for fault in faults(path, path.relative_to(root).as_posix())]
    print("\n".join(found) if found else f"{len(files)} files are small enough")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
