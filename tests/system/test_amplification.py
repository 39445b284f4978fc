# SPDX-License-Identifier: Apache-2.0
"""How much larger an answer over UDP is than its query, for every kind of answer: the table of docs/OPERATIONS.md, whose
figures are upper limits."""
import re
import struct

import dns.message

from certificates import Authority
from daemon import SOURCE
from harness import SystemTest, main
from upstreams import ScriptedUpstream, answer_with

DOCUMENT = SOURCE / "docs" / "OPERATIONS.md"
MODES = ("null", "nodata", "nxdomain", "address", "cname", "refused")
SOURCES = {mode: f"127.0.1.{i + 1}" for i, mode in enumerate(MODES)}
UDP_MAX = 1232
PLAIN_MAX = 512
SDE = b"\0\x1a\0\0"
NSID = b"\0\x03\0\0"
CLIENT_COOKIE = b"\0\x0a\0\x08" + bytes(range(8))
SERVER_COOKIE = b"\0\x0a\0\x18" + bytes(24)
IN, CH = 1, 3
TYPES = {"A": 1, "SOA": 6, "TXT": 16, "AAAA": 28, "SVCB": 64, "HTTPS": 65, "AXFR": 252, "ANY": 255, "RESINFO": 261}

RULES = """
[[directive]]
id      = "2026-014"
title   = "Temporary restriction of a service"
issuer  = "Ministry of Examples"
targets = ["domain:ab.cd"]
step    = "restrict"
ends    = 2099-12-31T23:59:59Z
contact = ["mailto:dns@agency.example"]
reason  = { en = "Under security assessment" }
"""
EXTRA = """
[[serve_rpz]]
zone   = "rpz.test"
notify = ["127.0.0.55:53"]
""" + "".join(f"""
[[group]]
id      = "g-{mode}"
clients = ["{source}/32"]
answer  = "{mode}"
""" for mode, source in SOURCES.items()) + """
[[local]]
name  = "lo.cd"
type  = "A"
value = "10.0.0.10"
"""
SINKHOLE = 'ipv4 = "192.0.2.80"\nipv6 = "2001:db8::80"\ncname = "blocked.agency.example"'


def upstream_answer(query, _transport):
    name = query.question[0].name.to_text().lower()
    if name.startswith("fa"):
        return answer_with(query, rcode=2)
    if name.startswith("no"):
        return answer_with(query, rcode=3, authority=("cd 60 IN SOA ns.cd. host.cd. 1 3600 600 86400 60",))
    if name.startswith("tx"):
        return answer_with(query, *(f'{name} 600 IN TXT "{"x" * 250}"' for _ in range(4)))
    size = {"la": 74, "mo": 75}.get(name[:2], 1)  # 74 addresses fit into 1232 bytes, 75 do not
    return answer_with(query, *(f"{name} 600 IN A 192.0.2.{i + 1}" for i in range(size)))


def question(name, rdtype, rdclass=IN):
    wire = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".") if label)
    return wire + b"\0" + struct.pack("!HH", TYPES[rdtype], rdclass)


def opt(options=b"", version=0):
    return b"\0" + struct.pack("!HHIH", 41, 65535, version << 16, len(options)) + options


def query(body, flags=0x0100, edns=None, questions=1):
    return struct.pack("!HHHHHH", 7, flags, questions, 0, 0, edns is not None) + body + (edns or b"")


def both(name, rdtype="A", options=b"", rdclass=IN):
    """Without EDNS, where there are no options, and with it."""
    body = question(name, rdtype, rdclass)
    return ([] if options else [query(body)]) + [query(body, edns=opt(options))]


KINDS = {  # a row of the table -> (source, query) of its smallest queries
    "sinkholed: address of `null`": [(SOURCES["null"], q) for t in ("A", "AAAA") for q in both("ab.cd", t)],
    "sinkholed: address and landing page": [(SOURCES["address"], q) for t in ("A", "ANY") for q in both("ab.cd", t)],
    "sinkholed: NODATA, NXDOMAIN, REFUSED": [(SOURCES[mode], q) for mode in ("nodata", "nxdomain", "refused")
                                             for q in both("ab.cd") + both("ab.cd", "HTTPS")],
    "sinkholed: CNAME": [(SOURCES["cname"], q) for q in both("ab.cd")],
    "sinkholed: explaining TXT": [(SOURCES["null"], q) for q in both("ab.cd", "TXT")],
    "sinkholed: structured error": [(SOURCES[mode], q) for mode in ("null", "nodata") for q in both("ab.cd", "A", SDE)],
    "local records and special names": [(None, q) for n in ("lo.cd", "localhost", "a.test", "use-application-dns.net")
                                        for q in both(n)],
    "the resolver itself: DDR, RESINFO": [(None, q) for n, t in (("_dns.resolver.arpa", "SVCB"),
                                                                ("resolver.arpa", "RESINFO")) for q in both(n, t)],
    "the resolver itself: CHAOS": [(None, q) for n in ("id.server", "version.bind", "policy.cenote")
                                   for q in both(n, "TXT", rdclass=CH)],
    "NSID": [(None, q) for q in both("lo.cd", "A", NSID)],
    "ANY": [(None, q) for q in both("op.cd", "ANY")],
    "upstream: one address": [(None, q) for q in both("op.cd")],
    "upstream: as much as fits": [(None, q) for n, t in (("la.cd", "A"), ("tx.cd", "TXT")) for q in both(n, t)],
    "upstream: too large, truncated": [(None, q) for q in both("mo.cd")],
    "upstream: NXDOMAIN": [(None, q) for q in both("no.cd")],
    "SERVFAIL": [(None, q) for q in both("fa.cd")],
    "REFUSED: outside `allow_from`, class, no RD": [("127.9.9.9", q) for q in both("op.cd")]
        + [(None, q) for q in both("op.cd", rdclass=7)] + [(None, query(question("new.cd", "A"), flags=0))],
    "FORMERR, NOTIMP, BADVERS": [(None, query(question("op.cd", "A") * 2, questions=2)), (None, query(b"", questions=0)),
                                 (None, query(question("op.cd", "A"), flags=0x1000)),
                                 (None, query(question("op.cd", "A"), edns=opt(version=1)))],
    "a cookie, alone or beside an answer": [(None, query(b"", edns=opt(CLIENT_COOKIE), questions=0)),
                                            (None, query(b"", edns=opt(SERVER_COOKIE), questions=0))]
        + [(None, q) for q in both("lo.cd", "A", CLIENT_COOKIE)],
    "zones: SOA, transfer": [(None, q) for t in ("SOA", "AXFR") for q in both("rpz.test", t)],
}
LIMITED = "over `[limits].rate`"
MALFORMED = {"a response": query(question("op.cd", "A"), flags=0x8180), "half a header": b"\0" * 11}


def documented():
    """The table: kind -> the factor, an upper limit."""
    text = DOCUMENT.read_text().split("### How much larger an answer is", 1)[1].split("\n## ", 1)[0]
    return {kind: float(factor) for kind, factor in re.findall(r"^\| ([^|]+?) \| \d+ \| \d+ \| ([0-9.]+) \|$", text, re.M)}


class Amplification(SystemTest):
    def start(self, extra="", **settings):
        upstream = ScriptedUpstream(self, upstream_answer)
        node = self.node(upstreams=[upstream.where], directives=RULES, sinkhole=SINKHOLE, extra=extra, **settings)
        authority = Authority(node.folder)
        for name, text in zip(("chain.pem", "key.pem"), authority.pair()):
            (node.folder / name).write_text(text)
        node.write_config(server='listen_tls = ["127.0.0.1:0"]\nlisten_https = ["127.0.0.1:0"]\n[server.tls]\n'
                                 f'name = "dns.example"\ncertificate = "{node.folder}/chain.pem"\n'
                                 f'key = "{node.folder}/key.pem"\ninfo_url = "https://intranet.example/dns"\n')
        node.config.write_text(node.config.read_text().replace('"127.0.0.0/8"', '"127.0.0.0/16"'))
        return node.start()

    def exchange(self, node, source, packet):
        client = node.udp(source or "127.0.0.1")
        client.send(packet)
        return client.recv(65535)

    def test_every_kind_of_answer(self):
        node = self.start(EXTRA)
        measured = {}
        for kind, queries in KINDS.items():
            for source, packet in queries:
                reply = self.exchange(node, source, packet)
                has_edns = packet[10:12] != b"\0\0"
                self.assertLessEqual(len(reply), UDP_MAX if has_edns else PLAIN_MAX, kind)
                self.assertTrue(reply[2] & 0x80, kind)
                measured[kind] = max(measured.get(kind, (1, 0)), (len(packet), len(reply)), key=lambda m: m[1] / m[0])
        measured[LIMITED] = self.limited()
        for kind, (asked, answered) in measured.items():
            print(f"| {kind} | {asked} | {answered} | {answered / asked:.1f} |", flush=True)
        limits = documented()
        self.assertEqual(sorted(limits), sorted(measured), "each kind has a row")
        for kind, (asked, answered) in measured.items():
            self.assertLessEqual(round(answered / asked, 1), limits[kind], kind)

    def limited(self):
        node = self.start("[limits]\nrate = 1\n")
        packet = query(question("ab.cd", "A"), edns=opt(CLIENT_COOKIE))
        client = node.udp()
        for _ in range(100_000):
            client.send(packet)
            reply = client.recv(4096)
            if reply[2] & 0x02:
                return len(packet), len(reply)
        raise AssertionError("there is no limit")

    def test_what_gets_no_answer(self):
        """No answer to an answer: two servers would go on for ever (CVE-2024-2169)."""
        node = self.start(EXTRA)
        client = node.udp()
        for packet in MALFORMED.values():
            client.send(packet)
        client.send(query(question("lo.cd", "A")))
        self.assertEqual(dns.message.from_wire(client.recv(4096)).answer[0][0].address, "10.0.0.10")


if __name__ == "__main__":
    main()
