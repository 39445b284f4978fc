# SPDX-License-Identifier: Apache-2.0
"""Two thousand names, the zone that has those of them which are open, and the rules for the others.

Open and listed names are those of the test data beside the repository where it is there, and made up elsewhere.
"""
import gzip
import itertools
import os
import pathlib
import re

from daemon import SOURCE
from harness import RESTRICT_ALPHA

DATA = pathlib.Path(os.environ.get("CENOTE_DATA", SOURCE.parent / "shared" / "data"))
COUNT = 2000
HOST = re.compile(r"(?=.{4,200}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z]{2,20}")
# What a directive answers for its list.
ANSWERS = ("null", "nxdomain", "nodata", "address", "cname", "refused")
LISTED = 600
SINKHOLE = 'ipv4 = "192.0.2.80"\nipv6 = "2001:db8::80"\ncname = "blocked.page.example"\n'
LOCAL = (("intranet.page.example", "A", "10.0.0.10"), ("intranet.page.example", "AAAA", "2001:db8::10"),
         ("intranet.page.example", "TXT", '\\"a\\" \\"b\\"'), ("alias.page.example", "CNAME", "www.page.example."),
         ("closed.page.example", "CNAME", "alpha-ai.example."), ("*.many.page.example", "A", "10.0.0.11"),
         ("mail.page.example", "MX", "10 intranet.page.example."))
# Names that the resolver answers itself, names that are seldom seen, and services.
ODD = [name for name, _, _ in LOCAL[2:]] + [
    "a.many.page.example", "no.intranet.page.example", "www.page.example", "blocked.page.example", ".", "com",
    "localhost", "a.localhost", "local", "printer.local", "home.arpa", "router.home.arpa", "a.onion", "a.invalid", "a.test",
    "1.0.0.127.in-addr.arpa", "7.1.168.192.in-addr.arpa", "10.in-addr.arpa", "8.b.d.0.1.0.0.2.ip6.arpa",
    "use-application-dns.net", "mask.icloud.com", "mask-h2.icloud.com", "_dns.resolver.arpa", "resolver.arpa",
    "dns.example", "_dns.dns.example", "ipv4only.arpa", "id.server", "version.bind", "alpha-ai.example", "ALPHA-AI.Example",
    "chat.alpha-ai.example", "api.alpha-ai.example", "shared.cdn-net.example", "beta-ai.example", "a.b.c.beta-ai.example",
    "xn--alpha-ai.example", "alpha-ai.example.example", r"a\.b.alpha-ai.example", r"\000\255\"x.alpha-ai.example",
    r"a\.b.nowhere.example", r"\000\255\@.nowhere.example", "UPPER.nowhere.EXAMPLE", "-.nowhere.example", "*.nowhere.example",
    "x" * 63 + ".nowhere.example", ".".join(["x" * 63] * 3 + ["y" * 61]), ".".join("ab" * 63), ".".join("a" * 127)]


def names_of(file, count, what):
    """So many names of a list of the test data, from all over it; made-up names without it."""
    path = DATA / file
    if not path.exists():
        return [f"{what}{i}.{'www.' * (i % 3)}made-up{i % 97}.{('example', 'com', 'go.kr')[i % 3]}" for i in range(count)]
    with gzip.open(path, "rt") as text:
        hosts = (line.strip().lower() for line in text)
        return list(itertools.islice((host for host in itertools.islice(hosts, 0, None, 3) if HOST.fullmatch(host)), count))


class ManyNames:
    """`names`: all of them; `zone`: a root zone; the rest is for a node's configuration."""

    def __init__(self, folder):
        self.listed = list(dict.fromkeys(names_of("domains-hagezi-light.txt.gz", LISTED, "listed")))
        known = {*self.listed, *ODD}
        spare = (name for name in names_of("popular-opendns-top10k.txt.gz", COUNT, "open") if name not in known)
        below = [f"www.{name}" for name in self.listed[::5]]
        fixed = list(dict.fromkeys([*ODD, *self.listed, *below]))
        self.names = fixed + list(itertools.islice(dict.fromkeys(spare), COUNT - len(fixed)))
        lines = ["$TTL 3600", ". SOA a. b. 1 3600 600 86400 900", ". NS ns.", "ns. A 127.0.0.1",
                 "www.page.example. A 192.0.2.1", "blocked.page.example. A 192.0.2.81"]
        kinds = (self.plain, self.many, self.long, self.alias, self.alias_of_a_listed_name, self.chain, self.hints,
                 self.address_of_a_service, self.wildcard, self.absent)
        for i, name in enumerate(self.names[len(fixed):]):
            kind = kinds[i % len(kinds)]
            lines += kind(f"{name}.", i)
            if kind == self.wildcard:
                self.names[len(fixed) + i] = f"any.{name}"
        self.zone = "\n".join(lines) + "\n"
        for part, answer in enumerate(ANSWERS):
            (folder / f"{answer}.txt").write_text("\n".join(self.listed[part::len(ANSWERS)]) + "\n")
        self.extra = "".join(f'[[list]]\nid = "{answer}"\nsource = "{folder}/{answer}.txt"\nformat = "domains"\n'
                             for answer in ANSWERS)
        self.extra += "".join(f'[[local]]\nname = "{name}"\ntype = "{kind}"\nvalue = "{value}"\n'
                              for name, kind, value in LOCAL)
        self.directives = RESTRICT_ALPHA + "".join(
            f'[[directive]]\nid = "of-{answer}"\ntargets = ["list:{answer}"]\nstep = "restrict"\nanswer = "{answer}"\n'
            f'contact = ["mailto:dns@agency.example"]\nreason = {{ en = "It is on a list" }}\n'
            for answer in ANSWERS)
        self.directives += ('[[directive]]\nid = "advice"\ntargets = ["service:beta"]\nstep = "advise"\n[[directive]]\n'
                            'id = "of-addresses"\ntargets = ["address:198.51.100.0/24"]\nstep = "block"\n')

    def plain(self, name, i):
        return [f"{name} A 192.0.2.{i % 250}", f"{name} AAAA 2001:db8::{i:x}", f"{name} MX 10 mail.{name}",
                f'{name} TXT "v=spf1 -all" "{i}"', f'{name} HTTPS 1 . alpn="h2" ipv4hint=192.0.2.{i % 250}']

    def many(self, name, i):
        return [f"{name} {kind} {first}{n:x}" for kind, first in (("A", "192.0.2."), ("AAAA", "2001:db8::"))
                for n in range(10)] + [f"{name} AAAA 2001:db8:1::{n:x}" for n in range(60)]

    def long(self, name, i):
        return [f'{name} TXT "{n:03} {"x" * 200}"' for n in range(20)] + [f"{name} A 192.0.2.{i % 250}"]

    def alias(self, name, i):
        return [f"{name} CNAME www.page.example."]

    def alias_of_a_listed_name(self, name, i):
        return [f"{name} CNAME {self.listed[i % len(self.listed)]}."]

    def chain(self, name, i):
        return [f"{name} CNAME one.{name}", f"one.{name} CNAME two.{name}", f"two.{name} A 192.0.2.{i % 250}"]

    def hints(self, name, i):
        return [f"{name} HTTPS 1 {self.listed[i % len(self.listed)]}. ipv4hint=192.0.2.7", f"{name} A 192.0.2.7"]

    def address_of_a_service(self, name, i):
        return [f"{name} A 198.51.100.{i % 250}"]

    def wildcard(self, name, i):
        return [f"*.{name} A 192.0.2.{i % 250}"]

    def absent(self, name, i):
        return []
