# SPDX-License-Identifier: Apache-2.0
"""The same names through Cenote and through unbound, over one authoritative server: equal but for what policy and
special-use names explain.

CENOTE_NAMES has files of names, one a line (.gz too), and CENOTE_NAMES_COUNT how many are taken; without them names are
generated. tools/dev/check conformance takes 100,000.
"""
import collections
import contextlib
import os
import selectors
import socket
import tomllib

import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype

import made_up
from daemon import PATIENCE, SOURCE, eventually
from harness import SystemTest, extended_errors, main
from upstreams import Server, nsd_command, unbound_command

COUNT = int(os.environ.get("CENOTE_NAMES_COUNT", "1500"))
DIFFERENT_MAX = 0.0015  # of the names, beside those that policy explains
RESTRICT = """
[[directive]]
id      = "all"
targets = ["service:*"]
step    = "restrict"
"""
IN_FLIGHT = 64
# Names that each of the two answers by itself (RFC 6761 and the registries that it began; browsers ask for the last ones).
OWN = ("localhost", "test", "invalid", "local", "onion", "arpa", "use-application-dns.net", "mask.icloud.com",
       "mask-h2.icloud.com", "resolver.arpa")


class RootServer(Server):
    """NSD with one root zone."""

    patience = 20 * PATIENCE  # a zone of 100,000 names is read for a while

    def __init__(self, test, text):
        self.text = text
        super().__init__(test, ".")

    def command(self):
        (self.folder / "zone").write_text(self.text)
        return nsd_command(self, f'zone:\n  name: "."\n  zonefile: "{self.folder}/zone"\n')


class OtherResolver(Server):
    """unbound, which forwards everything to the root server."""

    def __init__(self, test, behind):
        self.behind = behind
        super().__init__(test, "ns.root")

    def command(self):
        forward = f'forward-zone:\n  name: "."\n  forward-addr: {self.behind.replace(":", "@")}'
        return unbound_command(self, "iterator", forward, "  msg-cache-size: 64m\n  rrset-cache-size: 128m")


def essence(message):
    """What two resolvers have to agree on: RCODE and the answer, without TTLs and the order within an RRset."""
    found = sorted(f"{rrset.name.to_text().lower()} {dns.rdatatype.to_text(rrset.rdtype)} {rdata.to_text().lower()}"
                   for rrset in message.answer for rdata in rrset)
    return dns.rcode.to_text(message.rcode()), found


class Asked:
    """All names once to one resolver, many at a time; what is truncated is asked again over TCP."""

    def __init__(self, address, port, names):
        self.where, self.names, self.answers = (address, port), names, {}
        self.waiting, self.next, self.repeated = {}, 0, 0
        self.client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.client.connect(self.where)

    def query(self, number):
        name = self.names[number]
        return dns.message.make_query(name, made_up.type_asked(name), use_edns=0, payload=1232, id=number & 0xffff)

    def run(self):
        ready = selectors.DefaultSelector()
        ready.register(self.client, selectors.EVENT_READ)
        while self.next < len(self.names) or self.waiting:
            while self.next < len(self.names) and len(self.waiting) < IN_FLIGHT:
                self.waiting[self.next & 0xffff] = self.next
                self.client.send(self.query(self.next).to_wire())
                self.next += 1
            if not ready.select(PATIENCE):
                self.ask_again()
                continue
            message = dns.message.from_wire(self.client.recv(65535))
            number = self.waiting.pop(message.id, None)
            if number is None:
                continue
            if message.flags & dns.flags.TC:
                message = self.answer_to(number)
            self.answers[number] = message
        self.client.close()
        return self.answers

    def answer_to(self, number):
        return dns.query.tcp(self.query(number), self.where[0], port=self.where[1], timeout=PATIENCE)

    def ask_again(self):
        """As a stub resolver does: on a busy machine a server may leave a query without an answer."""
        self.repeated += len(self.waiting)
        if self.repeated > 100 * IN_FLIGHT:
            raise AssertionError(f"no answer for {[self.names[n] for n in self.waiting.values()][:5]} from {self.where}")
        for number in self.waiting.values():
            self.client.send(self.query(number).to_wire())


def explained(name, message):
    """Why the answer of Cenote may be another one; empty: nothing explains it."""
    if 15 in [code for code, _ in extended_errors(message)]:
        return "sinkholed"
    if any(name == own or name.endswith("." + own) for own in OWN):
        return "special-use name"
    return ""


def agree_at_last(number, *servers):
    """Whether one of two has failed, and both say the same when they are asked again: a busy machine was late before."""
    if all(server.answers[number].rcode() != dns.rcode.SERVFAIL for server in servers):
        return False
    with contextlib.suppress(AssertionError):
        return eventually(lambda: len({str(essence(server.answer_to(number))) for server in servers}) == 1, "two answers")
    return False


def catalogue():
    """The names of all services."""
    files = (SOURCE / "blocklists" / "services").glob("*.toml")
    return {domain["name"] for file in files for service in tomllib.loads(file.read_text()).get("service", [])
            for domain in service.get("domain", [])}


def leads_to(name, answer, wanted):
    """Whether the name, or one in its answer, is a wanted one or below it."""
    for text in {name, *(word for line in answer for word in line.split())}:
        labels = text.rstrip(".").lower().split(".")
        if any(".".join(labels[i:]) in wanted for i in range(len(labels))):
            return True
    return False


class Differential(SystemTest):
    def names(self):
        files = os.environ.get("CENOTE_NAMES", "").split()
        found = dict.fromkeys(made_up.SPECIAL + made_up.SINKHOLED)
        for name in made_up.read(*files) if files else made_up.generated(COUNT):
            if len(found) >= COUNT:
                break
            found[name] = None
        return list(found)

    def test_equal_but_for_policy(self):
        names = self.names()
        root = RootServer(self, made_up.zone(names))
        other = OtherResolver(self, root.where)
        resolver = self.node(directives=RESTRICT, upstreams=[root.where])
        resolver.config.write_text(resolver.config.read_text().replace(
            f'services = ["{resolver.services}"]', f'services = ["{SOURCE}/blocklists/services"]'))
        resolver.start()
        asked = names + [name for name in names if made_up.number("again " + name) % 4 == 0]  # these from the cache
        by_us = Asked(resolver.address, resolver.port, asked)
        ours = by_us.run()
        self.assertEqual(by_us.repeated, 0, "no query is left without an answer")
        by_others = Asked(other.address, other.port, asked)
        theirs = by_others.run()
        why, unexplained, services = collections.Counter(), [], catalogue()
        for number, name in enumerate(asked):
            if essence(ours[number]) == essence(theirs[number]):
                continue
            reason = explained(name, ours[number])
            if reason == "sinkholed" and not leads_to(name, essence(theirs[number])[1], services):
                reason = ""  # a directive on all services covers no other name
            if not reason and agree_at_last(number, by_us, by_others):
                continue
            why[reason or "unexplained"] += 1
            if not reason:
                unexplained.append((name, made_up.type_asked(name), essence(ours[number]), essence(theirs[number])))
        print(f"{len(asked)} names asked, different: {dict(why)}", flush=True)
        for difference in unexplained[:20]:
            print(*difference, sep="\n  ", flush=True)
        self.assertEqual(unexplained, [])
        others = sum(count for reason, count in why.items() if reason != "sinkholed")
        self.assertLessEqual(others - 2 * len(made_up.SPECIAL), DIFFERENT_MAX * len(asked))
        self.assertGreater(why["sinkholed"], 0, "the comparison sees a difference")
        rcodes = {essence(message)[0] for message in ours.values()}
        self.assertLessEqual({"NOERROR", "NXDOMAIN"}, rcodes, "the names have answers of each kind")


if __name__ == "__main__":
    main()
