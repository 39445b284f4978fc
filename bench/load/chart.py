# SPDX-License-Identifier: Apache-2.0
"""What `run` measured, as a table and as a picture."""
import math
import re


PICTURED = ["blocked", "cached", "miss"]


def table(result, mixes):
    """Markdown: CPU per query as a multiple of the floor's."""
    shown = [mix for mix in mixes if any(mix in row["mixes"] for row in result["rows"])]
    lines = ["| server | " + " | ".join(shown) + " | first answer | memory |",
             "|---|" + "---|" * (len(shown) + 2)]
    for row in result["rows"]:
        cells = [f"×{row['mixes'][mix]['ratio']:.2f}" if mix in row["mixes"] else "–" for mix in shown]
        lines.append(f"| {row['title']} | " + " | ".join(cells) +
                     f" | {row['ready_s']:.3f} s | {row['memory_mib']:.0f} MiB |")
    return "\n".join(lines)


ENCRYPTED = ["dot", "dot-blocked", "doh", "doh-blocked"]
HANDSHAKES = ["full", "resumed"]


def encrypted_table(result):
    """Markdown: the same over TLS and HTTPS, the floors of these, and how the servers compare."""
    rows = {row["title"]: row["mixes"] for row in result["rows"] if any(mix in row["mixes"] for mix in ENCRYPTED + HANDSHAKES)}
    if not rows:
        return ""

    def line(title, ratio, time):
        return f"| {title} | " + " | ".join([ratio(mix) for mix in ENCRYPTED] + [time(mix) for mix in HANDSHAKES]) + " |"

    def cell(mixes, mix, field, text):
        return text.format(mixes[mix][field]) if field in mixes.get(mix, {}) else "–"

    lines = ["| server | " + " | ".join(ENCRYPTED) + " | full handshake | resumed handshake |", "|---|" + "---|" * 6]
    for title, mixes in rows.items():
        lines.append(line(title, lambda mix, of=mixes: cell(of, mix, "ratio", "×{:.2f}"),
                          lambda mix, of=mixes: cell(of, mix, "us", "{:.0f} us")))
    if (own := rows.pop("Cenote", None)) is None:
        return "\n".join(lines)
    lines.append(line("bare echo", lambda mix: cell(own, mix, "bare_ratio", "×{:.2f}"),
                      lambda mix: cell(own, mix, "bare_us", "{:.0f} us")))
    of_bare = lambda mix: cell(own, mix, "of_bare", "{:.2f}")
    lines.append(line("Cenote / bare echo", of_bare, of_bare))

    def advantage(mix):
        others = [mixes[mix]["ratio"] for mixes in rows.values() if mix in mixes]
        return f"{min(others) / own[mix]['ratio']:.2f}" if others and mix in own else "–"

    lines.append(line("best other / Cenote", advantage, advantage))
    return "\n".join(lines)


def picture(result, mixes):
    """Bars on a logarithmic scale from the floor on, one block a mix; it takes the colours of light and dark pages."""
    bars_of = PICTURED
    rows = [row for row in result["rows"] if all(mix in row["mixes"] for mix in bars_of)]
    top, line, gap, left, width = 46, 17, 34, 170, 470
    longest = math.log(max(row["mixes"][mix]["ratio"] for row in rows for mix in bars_of))
    height = top + len(bars_of) * (len(rows) * line + gap)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 {height}" font-family="sans-serif" font-size="12">',
           "<style>text{fill:#333}.t{font-weight:bold}.p{fill:#9aa7b1}.c{fill:#0a7d5a}"
           "@media(prefers-color-scheme:dark){text{fill:#ddd}.p{fill:#5b6872}.c{fill:#2fbf8f}}</style>",
           '<text class="t" x="8" y="18">CPU per query, as a multiple of a bare UDP echo of the same run (shorter is better)'
           f"</text><text x=\"8\" y=\"34\">{result['domains']:,} blocked domains, one thread, logarithmic</text>"]
    y = top
    for mix in bars_of:
        y += 14
        out.append(f'<text class="t" x="8" y="{y}">{mixes[mix]}</text>')
        y += 6
        for row in sorted(rows, key=lambda row: row["mixes"][mix]["ratio"]):
            ratio = row["mixes"][mix]["ratio"]
            length = max(width * math.log(max(ratio, 1.01)) / longest, 2)
            kind = "c" if row["title"] == "Cenote" else "p"
            out.append(f'<text x="{left - 6}" y="{y + 12}" text-anchor="end">{row["title"]}</text>'
                       f'<rect class="{kind}" x="{left}" y="{y + 2}" width="{length:.0f}" height="{line - 4}" rx="2"/>'
                       f'<text x="{left + length + 6:.0f}" y="{y + 12}">×{ratio:.2f}</text>')
            y += line
        y += gap - 20
    return "\n".join([*out, "</svg>"]) + "\n"


def publish(result, plain, mixes, folder):
    """Replaces the tables whose mixes were measured, and the picture where all of its mixes were."""
    if any(set(row["mixes"]) >= set(PICTURED) for row in result["rows"]):
        (folder / "load" / "results.svg").write_text(picture(result, mixes))
    readme = folder / "README.md"
    text = readme.read_text()
    for mark, measured, made in [("load/run", plain, table(result, plain)),
                                 ("load/run encrypted", ENCRYPTED + HANDSHAKES, encrypted_table(result))]:
        if any(mix in row["mixes"] for row in result["rows"] for mix in measured):
            text = re.sub(rf"(<!-- {mark} -->\n).*?(<!-- end -->)",
                          lambda found, new=made: found[1] + new + "\n" + found[2], text, flags=re.S)
    readme.write_text(text)
