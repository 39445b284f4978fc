#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Computes the digests of a day from the description in docs/CONTROL.md, without the program: the figures of
day_digests_test.cc, and those of an export for tests/system/test_seals.py."""
import hashlib


def digest(text):
    return hashlib.sha256(text if isinstance(text, bytes) else text.encode()).hexdigest()


def text(value):
    return f"{len(value.encode())}:{value}"


def part(name, day, node, lines):
    """Lines have their time first."""
    lines = sorted((line.encode() for line in lines), key=lambda line: (int(line.split(b" ")[0]), line))
    return digest(f"cenote history {name} {day} {text(node)}\n".encode() + b"".join(line + b"\n" for line in lines))


def count_line(at, verdict, role, transport, service, directive, group, count):
    return f"{at} {text(verdict)} {role} {text(transport)} {text(service)} {text(directive)} {text(group)} {count}"


def sketch_line(day, service, directive, group, seed, clients, episodes):
    return f"{day} {text(service)} {text(directive)} {text(group)} {seed} {digest(clients)} {digest(episodes)}"


def signal_line(day, signal, group, count):
    return f"{day} {text(signal)} {text(group)} {count}"


def gap_line(day, begins, ends, why):
    """The part of a gap within the day."""
    return f"{max(begins, day)} {min(ends, day + 86400)} {text(why)}"


def parts(day, node, days, signals, gaps, sketches, hours):
    """counts, sketches, hours and kept of one day."""
    counts = digest("cenote history counts\n" + "".join(
        part(name, day, node, lines) + "\n" for name, lines in (("days", days), ("signals", signals), ("gaps", gaps))))
    of_sketches = part("sketches", day, node, sketches)
    return {"counts": counts, "sketches": of_sketches, "hours": part("hours", day, node, hours),
            "kept": digest(f"cenote history kept\n{counts}\n{of_sketches}\n")}


def main():
    day = 1795996800  # 2026-11-30
    row = ("restrict", 3, "tcp", "deepseek", "2026-014")
    registers = []
    for value in (77, 78):
        registers.append(bytearray(1024))
        registers[-1][value % 1024] = 64 - (value | 1024).bit_length() + 1  # as sketch_cell() of telemetry/hit.h
    found = parts(day, "dns1",
                  days=[count_line(day, *row, "staff", 7), count_line(day, *row, "lab", 2)],
                  signals=[signal_line(day, "canary", "staff", 4)],
                  gaps=[gap_line(day, day + 7200, day + 10800, "killed")],
                  sketches=[sketch_line(day, "deepseek", "2026-014", "staff", 5, *map(bytes, registers))],
                  hours=[count_line(day + 3600, *row, "staff", 3), count_line(day + 3600, *row, "lab", 2),
                         count_line(day + 18000, *row, "staff", 4)])
    for name, value in found.items():
        print(name, value)


if __name__ == "__main__":
    main()
