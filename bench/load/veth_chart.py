# SPDX-License-Identifier: Apache-2.0
"""What `run --rows veth` measured, as tables and as a picture."""
import re
import statistics

PICTURED = [("256", "blocked"), ("256", "cached"), ("16", "blocked"), ("16", "cached")]


def spread(values):
    return {"median": statistics.median(values), "low": min(values), "high": max(values)}


def span(value, text):
    """Median and range."""
    low, median, high = (text.format(value[part]) for part in ("low", "median", "high"))
    return f"{median} [{low}–{high}]"


def key_of(row):
    """"256/blocked" is 256 under way and blocked names."""
    return tuple(row["key"].split("/"))


def table(result, titles):
    """Markdown: a line for each server, mix and number of queries under way."""
    floors = {}
    lines = ["| server | queries | under way | µs of CPU a query | × socket echo | answers a second |", "|---|---|---|---|---|---|"]
    rows = [row for row in result if key_of(row)[0] in ("256", "16")]
    for row in rows:
        floors.setdefault(key_of(row)[0], row["floor_us"])
    for window, floor in floors.items():
        lines.append(f"| socket echo | echo | {window} | {span(floor, '{:.2f}')} | ×1 | |")
        for row in rows:
            if key_of(row)[0] == window:
                lines.append(f"| {titles[row['site']]} | {key_of(row)[1]} | {window} | {span(row['us'], '{:.2f}')} | "
                             f"×{span(row['ratio'], '{:.2f}')} | {row['per_second']['median']:,.0f} |")
    return "\n".join(lines)


def gain_table(result):
    """Markdown: how many times less CPU the same daemon takes by AF_XDP, in the same rounds."""
    rounds = {(row["site"], row["key"]): row["rounds"] for row in result}
    lines = ["| queries | under way | sockets cost so many times as much as AF_XDP |", "|---|---|---|"]
    for (site, key), costs in rounds.items():
        others = rounds.get(("xdp", key), [])
        if site == "sockets" and len(others) == len(costs) and not key.startswith("clients"):
            window, mix = key.split("/")
            lines.append(f"| {mix} | {window} | {span(spread([a / b for a, b in zip(costs, others)]), '{:.2f}')} |")
    return "\n".join(lines)


def clients_table(result, titles):
    """Markdown: a column for each number of clients; the costs as multiples of the socket echo's with 256 of them."""
    cells = {}
    for row in result:
        word, mix = key_of(row)
        if word == "256" and row["site"] in ("sockets", "xdp") and mix != "miss":
            word = "clients 256"
        if word.startswith("clients "):
            cells.setdefault((row["site"], mix), {})[int(word.split()[1])] = row["ratio"]
    counts = sorted({count for found in cells.values() for count in found})
    lines = ["| server | queries | " + " | ".join(f"{count:,} client{'s' if count > 1 else ''}" for count in counts) + " |",
             "|---|---" + "|---" * len(counts) + "|"]
    for (site, mix), found in cells.items():
        lines.append(f"| {titles[site]} | {mix} | " +
                     " | ".join(f"×{span(found[count], '{:.2f}')}" if count in found else "–" for count in counts) + " |")
    return "\n".join(lines)


def picture(result, titles):
    """Bars from nothing on, one block for each mix and number under way; the line is the socket echo."""
    by_block = {block: [row for row in result if key_of(row) == block] for block in PICTURED}
    longest = max(1, *(row["ratio"]["high"] for rows in by_block.values() for row in rows))
    top, line, gap, left, width = 46, 17, 34, 270, 360
    height = top + sum(len(rows) * line + gap for rows in by_block.values())
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 {height}" font-family="sans-serif" font-size="12">',
           "<style>text{fill:#333}.t{font-weight:bold}.p{fill:#9aa7b1}.c{fill:#0a7d5a}.r{stroke:#333}.e{stroke:#c0392b}"
           "@media(prefers-color-scheme:dark){text{fill:#ddd}.p{fill:#5b6872}.c{fill:#2fbf8f}.r{stroke:#ddd}}</style>",
           '<text class="t" x="8" y="18">CPU per query with the receive work, as a multiple of a socket echo (shorter is better)'
           '</text><text x="8" y="34">veth pair between two network namespaces; the thin line is the range, the red one the '
           "echo</text>"]
    y = top
    for (window, mix), rows in by_block.items():
        y += 14
        out.append(f'<text class="t" x="8" y="{y}">{mix}, {window} under way</text>')
        y += 6
        begin = y
        for row in sorted(rows, key=lambda row: row["ratio"]["median"]):
            ratio = row["ratio"]
            low, median, high = (left + width * ratio[part] / longest for part in ("low", "median", "high"))
            kind = "c" if titles[row["site"]].startswith("Cenote, AF_XDP") else "p"
            out.append(f'<text x="{left - 6}" y="{y + 12}" text-anchor="end">{titles[row["site"]]}</text>'
                       f'<rect class="{kind}" x="{left}" y="{y + 2}" width="{median - left:.0f}" height="{line - 4}" rx="2"/>'
                       f'<line class="r" x1="{low:.0f}" x2="{high:.0f}" y1="{y + 8}" y2="{y + 8}"/>'
                       f'<text x="{high + 6:.0f}" y="{y + 12}">×{ratio["median"]:.2f}</text>')
            y += line
        echo = left + width / longest
        out.append(f'<line class="e" x1="{echo:.0f}" x2="{echo:.0f}" y1="{begin}" y2="{y}"/>')
        y += gap - 20
    return "\n".join([*out, "</svg>"]) + "\n"


def tables(result, titles):
    """Each by its mark in the page."""
    return {"load/run veth": table(result, titles) + "\n\n![the same as a chart](load/veth.svg)",
            "load/run veth gain": gain_table(result), "load/run veth clients": clients_table(result, titles)}


def publish(result, titles, folder):
    """Replaces the tables in the page of the benchmarks, and the picture."""
    (folder / "load" / "veth.svg").write_text(picture(result, titles))
    readme = folder / "README.md"
    text = readme.read_text()
    for mark, made in tables(result, titles).items():
        text = re.sub(rf"(<!-- {mark} -->\n).*?(<!-- end -->)", lambda found, new=made: found[1] + new + "\n" + found[2],
                      text, flags=re.S)
    readme.write_text(text)
