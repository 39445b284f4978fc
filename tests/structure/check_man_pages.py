#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares the verbs and flags of the man pages with those that the programs' --help prints, in both directions.

Usage: check_man_pages.py CENOTE CENOTED DOCS/MAN. Prints a line for each difference; exit code 1 when there is any.
"""

import re
import subprocess
import sys
from pathlib import Path

ALWAYS = {"--help"}  # CLI11 adds it to every verb
AUDITED = {"--requester", "--ref", "--note"}  # of every changing verb; documented once, with `audit`
EVERYWHERE = {"--json", "--version", "--config", "--socket"}  # documented before the verbs


def help_of(program, *words):
    return subprocess.run([program, *words, "--help"], check=True, capture_output=True, text=True).stdout


def flags_of(text):
    """The long flags of a --help text; the short form of one is not a flag of its own."""
    found = set()
    for line in text.splitlines():
        if match := re.match(r"  (?:-\w, ?)?(--[a-z0-9-]+)", line):
            found.add(match[1])
    return found - ALWAYS


def verbs_of(program, *words):
    """Each verb as its words, with its flags; a verb that only groups others is not one."""
    text = help_of(program, *words)
    names = re.findall(r"^  ([a-z][a-z-]*)(?:  |$)", text, re.MULTILINE)  # arguments are in capitals, options have dashes
    if not names:
        return {" ".join(words): flags_of(text)}
    verbs = {}
    if "[VERB ...]" in " ".join(text.split()):  # it does something without one
        verbs[" ".join(words)] = flags_of(text)
    for name in names:
        verbs.update(verbs_of(program, *words, name))
    return verbs


def tokens_of(line):
    return re.sub(r'"', "", line).split()


def flags_in(lines):
    """The flags of .Fl macros: `Fl v | -steps`, `.Fl -vendor , -category`."""
    found = set()
    for line in lines:
        words = tokens_of(line)
        if not words or words[0] not in (".It", ".Fl", ".Op"):
            continue
        in_flags = False
        for word in (w.lstrip(".") for w in words):
            if word == "Fl":
                in_flags = True
            elif word in ("|", ","):
                continue
            elif in_flags and re.fullmatch(r"-[a-z0-9-]+", word):
                found.add("-" + word)
            elif not (in_flags and len(word) == 1):  # a short form
                in_flags = False
    return found


def nested_options(page):
    """Lines in which one .Op is inside another: Op lasts until the end of its line, Oo until Oc."""
    return [line for line in page.splitlines()
            if line.startswith(".") and re.search(r"\bOp\b.*\bO[po]\b", line)]


def verbs_in(item):
    """The verbs of an .It line: `Cm backup Ar file , Cm restore Ar file`, `Cm exception approve | deny Ar n`."""
    verbs = []
    words = tokens_of(item)[1:]
    for at, word in enumerate(words):
        if word != "Cm" or (at > 0 and words[at - 1] != ","):
            continue
        names = [[]]
        for name in words[at + 1:]:
            if name in ("|", ","):
                names.append([])
            elif re.fullmatch(r"[a-z][a-z-]*", name):
                names[-1].append(name)
            else:
                break
        prefix = names[0][:-1]
        verbs += [" ".join(name if len(name) > len(prefix) else prefix + name) for name in names if name]
    return verbs


def documented_verbs(page):
    """Each verb of the section VERBS with the flags of its items, and the flags outside that section."""
    before, _, rest = page.partition("\n.Sh VERBS\n")
    section, _, after = rest.partition("\n.Sh ")
    verbs = {}
    for item in re.split(r"\n(?=\.It )", section.partition("\n.El\n")[0])[1:]:
        lines = item.splitlines()
        for verb in verbs_in(lines[0]):
            verbs.setdefault(verb, set()).update(flags_in(lines))
    return verbs, flags_in(before.splitlines() + after.splitlines())


def differences_of_tool(program, page):
    known = verbs_of(program)
    documented, common = documented_verbs(page)
    found = [f"cenote {verb} is in no man page" for verb in known.keys() - documented.keys()]
    found += [f"cenote.1 has the verb '{verb}', which cenote does not know" for verb in documented.keys() - known.keys()]
    of_program = flags_of(help_of(program))
    for verb in known.keys() & documented.keys():
        silent = EVERYWHERE | AUDITED
        found += [f"cenote {verb} {flag} is not in cenote.1" for flag in known[verb] - documented[verb] - silent]
        exists = known[verb] | of_program | (AUDITED if verb == "audit" else set())
        if flags := documented[verb] - exists:
            # An item of several verbs lists the flags of all of them.
            beside = {flag for other, of_other in documented.items() if of_other == documented[verb]
                      for flag in known.get(other, ())}
            found += [f"cenote.1 has {flag} for '{verb}', which does not know it" for flag in flags - beside]
    of_all = set().union(of_program, *known.values())
    found += [f"cenote {flag} is not in cenote.1" for flag in of_program - common]
    found += [f"cenote.1 has {flag}, which no verb knows" for flag in common - of_all]
    found += [f"cenote.1 has brackets in brackets, write Oo ... Oc: {line}" for line in nested_options(page)]
    audited = set().union(*documented.values())
    return found + [f"cenote.1 does not describe {flag}" for flag in AUDITED - audited]


def differences_of_daemon(program, page):
    known, documented = flags_of(help_of(program)), flags_in(page.splitlines())
    return ([f"cenoted {flag} is not in cenoted.8" for flag in known - documented] +
            [f"cenoted.8 has {flag}, which cenoted does not know" for flag in documented - known])


def main():
    cenote, cenoted, pages = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    found = differences_of_tool(cenote, (pages / "cenote.1").read_text())
    found += differences_of_daemon(cenoted, (pages / "cenoted.8").read_text())
    found += [f"{page.name}: without a name after .Os groff prints BSD" for page in pages.iterdir()
              if ".Os" in page.read_text().splitlines()]
    for line in sorted(found):
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
