# SPDX-License-Identifier: Apache-2.0
"""Made-up records for any names, as one root zone: what a name has follows from a hash of it, the same each time."""
import gzip
import hashlib
import pathlib

TOP = ("com", "net", "org", "kr", "go.kr", "de", "io", "dev", "example", "co.uk")
SPECIAL = ("localhost", "a.localhost", "a.test", "b.invalid", "c.local", "d.onion", "e.home.arpa", "1.0.0.10.in-addr.arpa",
           "9.8.7.8.in-addr.arpa", "1.1.168.192.in-addr.arpa", "use-application-dns.net", "mask.icloud.com", "example.com",
           "a.example", "latest", "xtest", "com", "b.a.b.a.d.f.ip6.arpa")
SINKHOLED = ("chat.deepseek.com", "chatgpt.com", "claude.ai")  # of the catalogue


def number(text):
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def generated(count):
    """Names of the forms that people ask for: two to five labels, some with digits, hyphens and underscores."""
    for i in range(count):
        h = number(f"name {i}")
        labels = [f"{chr(97 + (h >> 3) % 26)}{(h >> 8) % 5000}", TOP[h % len(TOP)]]
        if h % 3:
            labels.insert(0, ("www", "api", "_dmarc", "cdn-1", "mail", "x--y")[(h >> 20) % 6])
        if h % 7 == 0:
            labels.insert(0, f"p{(h >> 24) % 100}")
        yield ".".join(labels)


def read(*files):
    """The names of text files, compressed or not: one a line, with or without the final dot."""
    for file in map(pathlib.Path, files):
        data = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
        for line in data.decode(errors="replace").splitlines():
            name = line.strip().rstrip(".").lower()
            if is_name(name):
                yield name


def is_name(name):
    labels = name.split(".")
    return name != "" and len(name) < 250 and all(0 < len(label) < 64 and label.isascii() and label.isprintable()
                                                  and not set(label) & set(' "();\\@$*') for label in labels)


def type_asked(name):
    if name.endswith(".arpa"):
        return "PTR"
    return ("A", "A", "A", "A", "A", "A", "AAAA", "AAAA", "HTTPS", "TXT", "MX", "CNAME")[number("type " + name) % 12]


def records(name, names):
    """The lines of the zone for a name; none: it does not exist, or is an empty non-terminal."""
    h = number(name)
    v4, v6 = f"A 198.{18 + h % 2}.{(h >> 8) % 256}.{(h >> 16) % 256}", f"AAAA 2001:db8:{h & 0xffff:x}::{(h >> 16) & 0xffff:x}"
    kind = h % 20
    if name.endswith(".arpa"):
        return [f"PTR host{h % 1000}.example."] if kind else []
    if kind < 8:
        return [v4]
    if kind < 12:
        return [v4, v6, f"HTTPS 1 . alpn=h2 ipv4hint={v4[2:]}"]
    if kind < 14:
        return [f"A 203.0.113.{(h + i) % 256}" for i in range(1 + (h >> 24) % 12)] + [f"MX 10 mx.{TOP[h % 10]}."]
    if kind == 14:
        return [f'TXT "{i}-{"x" * ((h >> 32) % 200)}"' for i in range(1 + (h >> 40) % 12)]
    if kind in (15, 16, 17):  # an alias of a name with addresses, so that no chain is a loop
        for i in range(8):
            target = names[(h >> (8 * i)) % len(names)]
            if number(target) % 20 < 12 and not target.endswith("arpa"):
                return [f"CNAME {escaped(target)}."]
    return [] if kind != 18 else [f"MX 5 mail.{TOP[h % 10]}."]


def escaped(name):
    return "".join(c if c.isalnum() or c in "-_." else f"\\{ord(c):03d}" for c in name)


def zone(names):
    lines = [". 300 IN SOA ns.root. host.root. 1 3600 600 86400 60", ". 300 IN NS ns.root.", "ns.root. 300 IN A 127.0.0.1"]
    for name in names:
        lines += [f"{escaped(name)}. {60 + number(name) % 3000} IN {record}" for record in records(name, names)]
    return "\n".join(lines) + "\n"
