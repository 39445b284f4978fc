#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the man page cenote.toml(5) of docs/CONFIG.md, so that a key is described in one place.

Usage: config_page.py [--check] [SOURCE PAGE]. Writes docs/man/cenote.toml.5; with --check it only compares, and the
exit code is 1 where the page is not the one that CONFIG.md gives.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HEAD = r""".\" SPDX-License-Identifier: Apache-2.0
.\" Made of docs/CONFIG.md by tools/dev/config_page.py: change that file, and run this one.
.TH CENOTE.TOML 5 "November 1, 2026" "Cenote" "Cenote"
.SH NAME
cenote.toml \- configuration of cenoted and cenote
.SH DESCRIPTION
"""
FOOT = r""".SH SEE ALSO
.BR cenote (1),
.BR cenoted (8)
"""


def literal(text):
    """Text in which roff finds no command."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("`", "\\(ga").replace("'", "\\(aq")
    return "\\&" + text if text.startswith((".", "\\(aq")) else text


def inline(text):
    """A line of Markdown with code, strong text and links."""
    out = ""
    for code, strong, link, plain in re.findall(r"`([^`]+)`|\*\*(.+?)\*\*|\[([^]]+)\]\([^)]+\)|(.[^`*\[]*)", text):
        if code:
            out += "\\fB" + literal(code) + "\\fR"
        elif strong:
            out += "\\fI" + inline(strong).replace("\\fR", "\\fI") + "\\fR"
        else:
            out += literal(link) if link else literal(plain).replace("\\-", "-")
    return "\\&" + out if out.startswith(".") else out


def reference(block):
    """A section of TOML as a heading, and each key as an entry with its comment."""
    out = []
    comments = []  # of the key above, whose comment may go on for several lines

    def flush():
        if comments:
            out.append(inline(" ".join(comments)))
            comments.clear()

    for line in block:
        text, comment = split_comment(line)
        if not text:
            if comment:
                comments.append(comment)
            continue
        if re.fullmatch(r"\[.*\]", text):
            flush()
            out.append(".SS " + literal(text))
        elif re.match(r"[\w]+ *= ", text):
            flush()
            key, value = re.match(r"(\w+) *= *(.*)", text).groups()
            out += [".TP", f"\\fB{key}\\fR = {literal(value)}"]
        else:
            raise ValueError(f"a line of TOML that is neither a table nor a key: {line}")
        if comment:
            comments.append(comment)
    flush()
    return out


def split_comment(line):
    """The TOML of a line, and its comment; a # in a text begins none."""
    in_text = False
    for at, char in enumerate(line):
        if char == '"':
            in_text = not in_text
        elif char == "#" and not in_text:
            return line[:at].strip(), line[at + 1:].strip()
    return line.strip(), ""


def joined(lines):
    """Values over several lines as one line each, the comment at the end."""
    out = []
    for line in lines:
        text, comment = split_comment(line)
        if out and text:
            before, its_comment = split_comment(out[-1])
            if before.count("[") > before.count("]") or before.count("{") > before.count("}"):
                all_comments = " ".join(filter(None, [its_comment, comment]))
                out[-1] = f"{before} {text}" + (f"  # {all_comments}" if all_comments else "")
                continue
        out.append(line)
    return out


def page_of(markdown):
    out = HEAD.splitlines()
    lines = iter(markdown.splitlines()[1:])
    paragraph = []
    bullet = False

    def flush():
        nonlocal bullet
        if paragraph:
            if bullet:
                out.append(".IP \\(bu 2")
            elif not out[-1].startswith(".SH"):
                out.append(".PP")
            out.append(inline(" ".join(paragraph)))
            paragraph.clear()
        bullet = False

    for line in lines:
        if line.startswith("## "):
            flush()
            out.append(".SH " + literal(line[3:].upper()))
        elif line.startswith("```"):
            flush()
            block = []
            for text in lines:
                if text.startswith("```"):
                    break
                block.append(text)
            out += reference(joined(block))
        elif line.startswith("- "):
            flush()
            bullet = True
            paragraph.append(line[2:])
        elif line.strip():
            paragraph.append(line.strip())
        else:
            flush()
    flush()
    return "\n".join(out) + "\n" + FOOT


def main():
    arguments = sys.argv[1:]
    check = "--check" in arguments
    paths = [Path(each) for each in arguments if each != "--check"]
    source, page = paths or (ROOT / "docs" / "CONFIG.md", ROOT / "docs" / "man" / "cenote.toml.5")
    made = page_of(source.read_text(encoding="utf-8"))
    if not check:
        page.write_text(made, encoding="utf-8")
    elif page.read_text(encoding="utf-8") != made:
        print(f"{page} is not what {source} gives: run tools/dev/config_page.py")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
