# SPDX-License-Identifier: Apache-2.0
"""The behaviours that Cenote claims, by the section that requires them: a query, and what its reply must be.

The reply is the same over UDP, TCP, TLS and HTTPS but for what a row says of single transports. Names below
signed.example come from a signed zone behind a validating resolver (tests/zones/signed.example.zone); alpha-ai.example is sinkholed.
"""
import struct

import dns.edns
import dns.flags
import dns.message
import dns.opcode
import dns.rcode
import dns.rdatatype

ENCRYPTED = ("tls", "https")
STREAMS = ("tcp", "tls")
BLOCKED = "chat.alpha-ai.example"
WWW = "www.signed.example"
COOKIE, PADDING, KEEPALIVE, NSID, STRUCTURED, EDE = 10, 12, 11, 3, 26, 15
BLANK = {name: b"" for name in (PADDING, KEEPALIVE, NSID, STRUCTURED)}


def query(name, rdtype="A", *, options=(), edns=True, flags=None, rdclass="IN", opcode=None, **more):
    """The wire format of a query, with options given by number, or by (number, bytes)."""
    given = [dns.edns.GenericOption(*(option if isinstance(option, tuple) else (option, b""))) for option in options]
    if edns:
        more.update(use_edns=0, options=given)
    message = dns.message.make_query(name, rdtype, rdclass, id=0x1234, **more)
    if flags is not None:
        message.flags = flags
    if opcode is not None:
        message.set_opcode(opcode)
    return message.to_wire()


def raw(flags=0x0100, qd=0, an=0, ns=0, ar=0, rest=b""):
    return struct.pack("!HHHHHH", 0x1234, flags, qd, an, ns, ar) + rest


def question(name, rdtype=1, rdclass=1):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"
    return labels + struct.pack("!HH", rdtype, rdclass)


def opt(rdata=b"", owner=b"\0", ttl=0):
    return owner + struct.pack("!HHIH", 41, 1232, ttl, len(rdata)) + rdata


def section(message, which):
    return [f"{rrset.name} {dns.rdatatype.to_text(rrset.rdtype)} {rdata.to_text()}"
            for rrset in getattr(message, which) for rdata in rrset]


def types(message, which="answer"):
    return sorted(dns.rdatatype.to_text(rrset.rdtype) for rrset in getattr(message, which))


def option_data(message, number):
    for option in message.options:
        if int(option.otype) == number:
            return option.to_wire()
    return None


# What a reply has to be: each returns a sentence that says what is wrong, or nothing.
def rcode(expected):
    def check(reply, transport):
        found = dns.rcode.to_text(reply.message.rcode())
        return f"RCODE {found} instead of {expected}" if found != expected else ""
    return check


def answer(*expected, ordered=False):
    def check(reply, transport):
        found = section(reply.message, "answer")
        wanted = list(expected) if ordered else sorted(expected)
        return f"{found} instead of {wanted}" if (found if ordered else sorted(found)) != wanted else ""
    return check


def has(*wanted, which="answer"):
    def check(reply, transport):
        lacking = set(wanted) - set(types(reply.message, which))
        return f"{which} lacks {sorted(lacking)}" if lacking else ""
    return check


def lacks(*unwanted, which="answer"):
    def check(reply, transport):
        found = set(unwanted) & set(types(reply.message, which))
        return f"{which} has {sorted(found)}" if found else ""
    return check


def flags(on="", off=""):
    def check(reply, transport):
        found = set(dns.flags.to_text(reply.message.flags).split())
        wrong = [f"lacks {flag}" for flag in on.split() if flag not in found]
        wrong += [f"has {flag}" for flag in off.split() if flag in found]
        return ", ".join(wrong)
    return check


def opt_record(present=True, do=None, payload=None, version=0):
    def check(reply, transport):
        message = reply.message
        if (message.edns >= 0) != present:
            return "no OPT" if present else "an OPT"
        if do is not None and bool(message.ednsflags & dns.flags.DO) != do:
            return f"DO is not {do}"
        if payload is not None and message.payload != payload:
            return f"UDP size {message.payload}"
        return f"version {message.edns}" if present and message.edns != version else ""
    return check


def option(number, on=("udp", "tcp", "tls", "https"), size=None):
    """The option is there over these transports and over no other."""
    def check(reply, transport):
        data = option_data(reply.message, number)
        if (data is not None) != (transport in on):
            return f"option {number} is {'' if data is not None else 'not '}there"
        return f"option {number} has {len(data)} bytes" if data is not None and size is not None and len(data) != size else ""
    return check


def extended_error(code, text=""):
    def check(reply, transport):
        found = [(int(o.code), o.text or "") for o in reply.message.options if int(o.otype) == EDE]
        return "" if any(c == code and text in t for c, t in found) else f"extended errors {found}"
    return check


def no_extended_error(reply, transport):
    found = [int(o.code) for o in reply.message.options if int(o.otype) == EDE]
    return f"extended errors {found}" if found else ""


def padded(reply, transport):
    """RFC 8467 §4.1: to a multiple of 468 bytes, over encrypted transports."""
    if transport in ENCRYPTED:
        return "" if len(reply.wire) % 468 == 0 else f"{len(reply.wire)} bytes"
    return "" if option_data(reply.message, PADDING) is None else "padding without encryption"


def same_question(reply, transport):
    """The bytes of the question are those of the query, case included."""
    def names(wire):
        return wire[12:wire.index(b"\0", 12) + 5] if wire[4:6] == b"\0\1" else b""
    return "" if names(reply.wire) == names(reply.sent) else "another question"


def ttls_agree(reply, transport):
    """dnspython keeps the lowest TTL of an RRset, so each record is read by itself."""
    one = dns.message.from_wire(reply.wire, one_rr_per_rrset=True)
    seen = {}
    for rrset in one.answer:
        seen.setdefault((rrset.name, rrset.rdtype), set()).add(rrset.ttl)
    return "" if all(len(ttl) == 1 for ttl in seen.values()) else f"TTLs {seen}"


def negative_ttl(at_most):
    def check(reply, transport):
        soa = next((rrset for rrset in reply.message.authority if rrset.rdtype == dns.rdatatype.SOA), None)
        if soa is None:
            return "no SOA"
        return f"TTL {soa.ttl}" if soa.ttl > at_most else ""
    return check


def size_at_most(udp):
    """Over UDP no more than this, and truncated; whole over the others."""
    def check(reply, transport):
        truncated = bool(reply.message.flags & dns.flags.TC)
        if transport == "udp":
            return "" if len(reply.wire) <= udp and truncated else f"{len(reply.wire)} bytes, TC {truncated}"
        return "TC" if truncated else ""
    return check


def dropped(reply, transport):
    if transport == "https":
        return "" if reply.status == 400 else f"status {reply.status}"
    return "a reply" if reply.message is not None else ""


def header_only(reply, transport):
    return f"{len(reply.wire)} bytes" if len(reply.wire) > 12 + 11 else ""  # an OPT has 11


NODATA = (rcode("NOERROR"), answer(), has("SOA", which="authority"))
NXDOMAIN = (rcode("NXDOMAIN"), answer(), has("SOA", which="authority"))
FROM_A_CACHE = flags(on="QR RA", off="AA TC")


class Behaviour:
    def __init__(self, where, what, wire, *checks):
        self.where, self.what, self.wire, self.checks = where, what, wire, checks


B = Behaviour
BASICS = [
    B("RFC 1035 §4.1.1", "RD is copied, RA is set, AA and TC are not", query(WWW), FROM_A_CACHE, flags(on="RD"),
      answer(f"{WWW}. A 192.0.2.1")),
    B("RFC 1035 §4.1.2", "the question is copied", query(WWW), same_question),
    B("RFC 4343 §4.1", "case is ignored and preserved", query("wWw.SiGnEd.ExAmPlE"), same_question, has("A")),
    B("RFC 1034 §3.6.2", "aliases come first, in order", query("chain.signed.example"),
      answer("chain.signed.example. CNAME alias.signed.example.", "alias.signed.example. CNAME www.signed.example.",
             "www.signed.example. A 192.0.2.1", ordered=True)),
    B("RFC 1034 §3.6.2", "an alias is no alias for a query for it", query("alias.signed.example", "CNAME"),
      answer("alias.signed.example. CNAME www.signed.example.")),
    B("RFC 1035 §3.3", "MX", query("signed.example", "MX"), answer("signed.example. MX 10 mail.signed.example.")),
    B("RFC 1035 §3.3.14", "strings of TXT stay apart", query("text.signed.example", "TXT"),
      answer('text.signed.example. TXT "first" "second"')),
    B("RFC 1035 §3.3.13", "SOA", query("signed.example", "SOA"), has("SOA")),
    B("RFC 2782", "SRV", query("_s._tcp.signed.example", "SRV"), has("SRV")),
    B("RFC 6698", "TLSA", query("_25._tcp.signed.example", "TLSA"), has("TLSA")),
    B("RFC 8659", "CAA", query("signed.example", "CAA"), has("CAA")),
    B("RFC 3403", "NAPTR", query("naptr.signed.example", "NAPTR"), has("NAPTR")),
    B("RFC 4592 §2.1.1", "a wildcard of the zone", query("x.wild.signed.example"), answer("x.wild.signed.example. A 192.0.2.3")),
    B("RFC 6672 §2.3", "DNAME with the CNAME made of it", query("a.tree.signed.example"), has("DNAME", "CNAME", "A")),
    B("RFC 4592 §2.2.2", "an empty non-terminal is NODATA", query("b.deep.signed.example"), *NODATA),
    B("RFC 2181 §5.2", "one TTL in an RRset", query("five.signed.example"), ttls_agree, rcode("NOERROR")),
    B("RFC 2308 §2.1, §3", "NXDOMAIN has the SOA", query("none.signed.example"), *NXDOMAIN),
    B("RFC 2308 §2.2, §3", "NODATA has the SOA", query(WWW, "MX"), *NODATA),
    B("RFC 2308 §5", "the negative TTL is the lower of TTL and MINIMUM", query("none2.signed.example"), negative_ttl(40)),
    B("RFC 3597 §3", "an unknown type is opaque", query("odd.signed.example", "TYPE65400"),
      answer("odd.signed.example. TYPE65400 \\# 3 010203")),
    B("RFC 3597 §3", "unknown RDATA may be empty", query("empty.signed.example", "TYPE65401"), has("TYPE65401")),
    B("RFC 3597 §2", "a type that nobody has is NODATA", query(WWW, "TYPE65402"), *NODATA),
    B("RFC 1034 §4.3.1", "without RD nothing is asked upstream", query("never.signed.example", flags=0), rcode("REFUSED"),
      flags(on="RA", off="RD")),
    B("RFC 8482 §4.2", "ANY has one HINFO", query(WWW, "ANY"), has("HINFO"), rcode("NOERROR"), flags(off="TC")),
]

QUERIES = [
    B("RFC 9619 §4", "two questions", raw(qd=2, rest=question(WWW) * 2), rcode("FORMERR")),
    B("RFC 9619 §4", "no question", raw(), rcode("FORMERR"), header_only),
    B("RFC 1035 §4.1.1", "a response is not answered", raw(flags=0x8180, qd=1, rest=question(WWW)), dropped),
    B("RFC 1035 §4.1.1", "less than a header is not answered", raw()[:11], dropped),
    B("RFC 1035 §4.1.1", "the question lacks", raw(qd=1), rcode("FORMERR")),
    B("RFC 1035 §2.3.4", "a label of 64 bytes", raw(qd=1, rest=b"\x40" + b"a" * 64 + b"\0\0\1\0\1"), rcode("FORMERR"), header_only),
    B("RFC 1035 §2.3.4", "a name of 256 bytes", raw(qd=1, rest=(b"\x3f" + b"a" * 63) * 4 + b"\0\0\1\0\1"), rcode("FORMERR")),
    B("RFC 1035 §4.1.4", "a pointer to itself", raw(qd=1, rest=b"\xc0\x0c\0\1\0\1"), rcode("FORMERR"), header_only),
    B("RFC 1035 §4.1.1", "counts beyond the message", raw(qd=1, ar=65535, rest=question(WWW)), rcode("FORMERR")),
    B("RFC 1035 §4.1.1", "opcode STATUS", query(WWW, opcode=dns.opcode.STATUS), rcode("NOTIMP")),
    B("RFC 2136 §3.1", "UPDATE", raw(flags=0x2800, qd=1, rest=question("signed.example", 6)), rcode("NOTIMP")),
    B("RFC 1996 §3.10", "NOTIFY from nobody's primary", raw(flags=0x2000, qd=1, rest=question("signed.example", 6)),
      rcode("REFUSED")),
    B("RFC 5936 §2.2", "AXFR", query("signed.example", "AXFR"), rcode("REFUSED")),
    B("RFC 1995 §2", "IXFR", query("signed.example", "IXFR"), rcode("REFUSED")),
    B("RFC 6895 §3.2", "class 0", raw(qd=1, rest=question(WWW, 1, 0)), rcode("FORMERR")),
    B("RFC 6895 §3.2", "class ANY", raw(qd=1, rest=question(WWW, 1, 255)), rcode("REFUSED")),
    B("RFC 4892 §3", "CHAOS id.server", query("id.server", "TXT", rdclass="CH"), has("TXT"), rcode("NOERROR")),
    B("RFC 4892 §2", "other names of CHAOS", query("other.server", "TXT", rdclass="CH"), rcode("REFUSED")),
    B("RFC 6895 §3.1", "QTYPE OPT", query(WWW, 41), rcode("FORMERR")),
]

EDNS = [
    B("RFC 6891 §6.1.1", "no OPT without one", query(WWW, edns=False), opt_record(False), has("A")),
    B("RFC 6891 §6.1.1", "no OPT without one, for a sinkholed name", query(BLOCKED, edns=False), opt_record(False), has("A")),
    B("RFC 6891 §6.1.1", "an OPT with one", query(WWW), opt_record(payload=1232)),
    B("RFC 6891 §7", "an OPT in a FORMERR too", raw(qd=2, ar=1, rest=question(WWW) * 2 + opt()), rcode("FORMERR")),
    B("RFC 6891 §7", "an OPT in a REFUSED too", query("signed.example", "AXFR"), opt_record()),
    B("RFC 6891 §6.1.1", "two OPT records", raw(qd=1, ar=2, rest=question(WWW) + opt() * 2), rcode("FORMERR")),
    B("RFC 6891 §6.1.2", "an OPT of another owner", raw(qd=1, ar=1, rest=question(WWW) + opt(owner=b"\1a\0")), rcode("FORMERR")),
    B("RFC 6891 §6.1.2", "an option beyond its RDATA", raw(qd=1, ar=1, rest=question(WWW) + opt(b"\xfd\xe9\0\x10x")),
      rcode("FORMERR")),
    B("RFC 6891 §6.1.2", "unknown options are ignored", query(WWW, options=[(65001, b"x")]), has("A"), option(65001, on=())),
    B("RFC 6891 §6.1.3", "version 1", raw(qd=1, ar=1, rest=question(WWW) + opt(ttl=1 << 16)), rcode("BADVERS"), opt_record(version=0)),
    B("RFC 6891 §6.2.3", "a size below 512 is 512", query("five.signed.example", payload=100), has("A"), flags(off="TC")),
    B("RFC 5001 §2.1", "NSID where it is asked for", query(WWW, options=[NSID]), option(NSID)),
    B("RFC 5001 §2.1", "and nowhere else", query(WWW), option(NSID, on=())),
    B("RFC 7828 §3.2.1", "keepalive over streams", query(WWW, options=[KEEPALIVE]), option(KEEPALIVE, on=STREAMS, size=2)),
    B("RFC 7830 §4", "padding where it is asked for and encrypted", query(WWW, options=[PADDING]), option(PADDING, on=ENCRYPTED), padded),
    B("RFC 8467 §4.1", "blocks of 468 bytes, for a sinkholed name too", query(BLOCKED, options=[PADDING]), padded),
    B("RFC 7830 §3", "no padding where it is not asked for", query(WWW), option(PADDING, on=())),
    B("RFC 7873 §5.2", "a client cookie gets a server cookie", query(WWW, options=[(COOKIE, b"8 bytes.")]), option(COOKIE, size=24)),
    B("RFC 7873 §5.2.2", "a cookie of 7 bytes", query(WWW, options=[(COOKIE, b"7 bytes")]), rcode("FORMERR")),
    B("RFC 7873 §5.4", "a cookie alone needs no question", raw(ar=1, rest=opt(struct.pack("!HH", COOKIE, 8) + b"8 bytes.")),
      rcode("NOERROR"), option(COOKIE, size=24)),
    B("RFC 7873 §5.2.1", "no cookie without one", query(WWW), option(COOKIE, on=())),
    B("RFC 7871 §7.5", "a client subnet is not answered", query(WWW, options=[(8, b"\0\1\x18\0\xc6\x33\x64")]), has("A"), option(8, on=())),
    B("RFC 7871 §7.1.1", "a client subnet of a family that there is not", query(WWW, options=[(8, b"\0\x09\x18\0\xc6\x33\x64")]),
      rcode("FORMERR")),
]

DNSSEC = [
    B("RFC 4035 §3.2.1", "signatures for DO", query(WWW, want_dnssec=True), has("A", "RRSIG"), opt_record(do=True)),
    B("RFC 4035 §3.2.1", "none without", query(WWW), lacks("RRSIG"), opt_record(do=False)),
    B("RFC 4035 §3.2.1", "but for the type that is asked for", query("signed.example", "DNSKEY"), has("DNSKEY")),
    B("RFC 4035 §3.1.3", "proofs for DO", query("none.signed.example", want_dnssec=True), has("SOA", "NSEC3", "RRSIG", which="authority")),
    B("RFC 4035 §3.1.3", "none without", query("none.signed.example"), lacks("NSEC3", "RRSIG", which="authority")),
    B("RFC 3225 §3", "DO is copied", query(BLOCKED, want_dnssec=True), opt_record(do=True), lacks("RRSIG")),
    B("RFC 4035 §3.2.2", "CD is copied", query(WWW, flags=dns.flags.RD | dns.flags.CD), flags(on="CD")),
    B("RFC 4035 §3.2.2", "CD is not set for others", query(WWW), flags(off="CD")),
    B("RFC 6840 §5.8", "AD is not set where neither AD nor DO is", query(WWW, flags=dns.flags.RD), flags(off="AD")),
    B("RFC 4035 §3.2.3", "AD is not set in what is made here", query(BLOCKED, want_dnssec=True, flags=dns.flags.RD | dns.flags.AD),
      flags(off="AD")),
    B("RFC 4035 §4.3", "bogus data is SERVFAIL", query("bogus.signed.example"), rcode("SERVFAIL"), answer()),
    B("RFC 4035 §3.2.2", "and data for CD", query("bogus.signed.example", flags=dns.flags.RD | dns.flags.CD),
      answer("bogus.signed.example. A 192.0.2.99")),
    B("RFC 4035 §4.3", "and SERVFAIL still", query("bogus.signed.example"), rcode("SERVFAIL"), answer()),
]

SINKHOLES = [
    B("RFC 8914 §4.16", "a sinkholed name has the reason", query(BLOCKED), answer(f"{BLOCKED}. A 0.0.0.0"),
      extended_error(15, "test-1"), extended_error(4), FROM_A_CACHE),
    B("RFC 8914 §2", "no extended error without an OPT", query(BLOCKED, edns=False), answer(f"{BLOCKED}. A 0.0.0.0")),
    B("RFC 8914 §3", "none for other names", query(WWW), no_extended_error),
    B("RFC 3596", "AAAA is ::", query(BLOCKED, "AAAA"), answer(f"{BLOCKED}. AAAA ::")),
    B("RFC 2308 §2.2", "other types are NODATA with an SOA", query(BLOCKED, "MX"), *NODATA, extended_error(15), negative_ttl(30)),
    B("RFC 9460 §2.4", "HTTPS is NODATA: no hint is made", query(BLOCKED, "HTTPS"), *NODATA, extended_error(15)),
    B("RFC 4035 §3.2.2", "CD and DO open nothing", query(BLOCKED, want_dnssec=True, flags=dns.flags.RD | dns.flags.CD),
      answer(f"{BLOCKED}. A 0.0.0.0")),
    B("RFC 1034 §4.3.1", "nor does RD=0", query(BLOCKED, flags=0), answer(f"{BLOCKED}. A 0.0.0.0")),
    B("RFC 4343 §3", "nor does case", query("CHAT.alpha-AI.example"), answer("CHAT.alpha-AI.example. A 0.0.0.0"), same_question),
    B("RFC 1034 §3.6.2", "an alias to a sinkholed name", query("leak.open.example"), answer("leak.open.example. A 0.0.0.0"),
      extended_error(15)),
    B("RFC 9460 §2.4.2", "HTTPS in AliasMode to a sinkholed name", query("outside.open.example", "HTTPS"), *NODATA,
      extended_error(15)),
    B("RFC 9460 §2.4.3", "HTTPS of an open name", query("svc.signed.example", "HTTPS"), has("HTTPS"), no_extended_error),
    B("RFC 9461 §2", "SVCB of a name server", query("_d.svc.signed.example", "SVCB"), has("SVCB")),
    B("structured DNS errors", "I-JSON for who asks for it, and no 4", query(BLOCKED, options=[STRUCTURED]), extended_error(15, '"c":[')),
]

SPECIAL = [
    B("RFC 6761 §6.3", "localhost is here", query("localhost"), answer("localhost. A 127.0.0.1")),
    B("RFC 6761 §6.3", "and what is below it", query("a.localhost", "AAAA"), answer("a.localhost. AAAA ::1")),
    B("RFC 6761 §6.2", "test", query("a.test"), *NXDOMAIN),
    B("RFC 6761 §6.4", "invalid", query("a.invalid"), *NXDOMAIN),
    B("RFC 6762 §12", "local", query("printer.local"), *NXDOMAIN),
    B("RFC 7686 §2", "onion", query("a.onion"), *NXDOMAIN),
    B("RFC 8375 §4", "home.arpa", query("a.home.arpa"), *NXDOMAIN),
    B("RFC 6303 §4.1", "addresses of private networks", query("1.0.0.10.in-addr.arpa", "PTR"), *NXDOMAIN),
    B("RFC 6303 §4.4", "addresses of IPv6 that are local", query("1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa",
                                                              "PTR"), *NXDOMAIN),
    B("RFC 9462 §4", "resolver.arpa has no address", query("resolver.arpa"), rcode("NOERROR"), answer()),
    B("RFC 9462 §4", "the listeners are designated", query("_dns.resolver.arpa", "SVCB"), has("SVCB"), rcode("NOERROR")),
    B("RFC 9606 §3", "RESINFO is one record", query("resolver.arpa", "TYPE261"), has("TYPE261"), flags(on="AA")),
    B("RFC 9606 §3", "without RD too", query("resolver.arpa", "TYPE261", flags=0), has("TYPE261"), flags(on="AA")),
    B("use-application-dns.net", "the canary of Firefox", query("use-application-dns.net"), rcode("NXDOMAIN"), answer()),
    B("Private Relay", "its canary has no address, at once", query("mask.icloud.com"), rcode("NXDOMAIN"), answer()),
]

SIZES = [
    B("RFC 6891 §6.2.5", "what does not fit is truncated over UDP, and whole elsewhere", query("many.open.example", payload=512),
      size_at_most(512)),
    B("RFC 9715 §3.1", "never more than 1,232 bytes over UDP", query("many.open.example", payload=4096), size_at_most(1232)),
]

ALL = BASICS + QUERIES + EDNS + DNSSEC + SINKHOLES + SPECIAL + SIZES
