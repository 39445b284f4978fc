# SPDX-License-Identifier: Apache-2.0
"""A resolver that serves its policy as a response policy zone, and a client that transfers it."""
import pathlib
import socket
import tempfile
import threading

import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import dns.rrset
import dns.tsigkeyring

from daemon import PATIENCE, eventually
from harness import Clock, SystemTest, framed, read_exactly
from secondaries import KEY, SECRET
from upstreams import ScriptedUpstream, answer_with

ZONE = "rpz.agency.example"
POLICY = """
[[directive]]
id      = "d1"
targets = ["service:alpha"]
step    = "restrict"
"""


class PrimaryZoneTest(SystemTest):
    def upstream_answer(self, query, transport):
        if query.question[0].name.to_text().lower().endswith("slow.example."):
            self.gate.wait(PATIENCE)
        return answer_with(query, f"{query.question[0].name} 1 IN A 192.0.2.1")

    def stand_up(self, notify=(), keys=True, more="", allow_from=None, directives=POLICY, clock=None):
        self.gate = threading.Event()  # holds back answers below slow.example
        self.addCleanup(self.gate.set)
        self.upstream = ScriptedUpstream(self, self.upstream_answer)
        node = self.node(directives=directives, upstreams=[self.upstream.where])
        secret = node.folder / "transfer.key"
        secret.write_text(SECRET + "\n")
        secret.chmod(0o640)
        tsig = f'tsig = ["{KEY}"]' if keys else ""
        shown = ", ".join(f'"{address}"' for address in notify)
        node.write_config(extra=f"""
[[tsig]]
name        = "{KEY}"
algorithm   = "hmac-sha256"
secret_file = "{secret}"
[[serve_rpz]]
zone   = "{ZONE}"
{tsig}
notify = [{shown}]
{more}
""")
        if allow_from is not None:
            text = node.config.read_text()
            node.config.write_text(text.replace('allow_from = ["127.0.0.0/8", "::1/128"]', f"allow_from = {allow_from}"))
            self.assertNotEqual(text, node.config.read_text())
        self.clock = Clock(node, clock) if clock else None
        self.resolver = node.start()
        self.keyring = dns.tsigkeyring.from_text({KEY: SECRET})
        eventually(lambda: self.serial() > 0, "the zone")

    def serial(self, resolver=None):
        zones = (resolver or self.resolver).cenote_json("status")["served_zones"]
        return zones[0]["serial"] if zones else 0

    def transfer(self, serial=None, keyring=None):
        """The records of an AXFR, or of an IXFR from a serial, in their order."""
        if serial is None:
            query = dns.message.make_query(ZONE, "AXFR")
        else:
            query = dns.message.make_query(ZONE, "IXFR")
            query.authority.append(dns.rrset.from_text(ZONE + ".", 0, "IN", "SOA", f". . {serial} 0 0 0 0"))
        query.use_tsig(keyring or self.keyring, keyname=KEY)
        rows = []
        with socket.socket() as stream:
            stream.settimeout(PATIENCE)
            stream.connect((self.resolver.address, self.resolver.port))
            dns.query.send_tcp(stream, query)
            context, mac, soas = None, query.mac, 0
            while True:
                wire = read_exactly(stream, int.from_bytes(read_exactly(stream, 2), "big"))
                answer = dns.message.from_wire(wire, keyring=query.keyring, request_mac=mac, xfr=True, multi=True,
                                               one_rr_per_rrset=True, tsig_ctx=context)
                self.assertTrue(answer.had_tsig, "each message is signed")
                context = answer.tsig_ctx
                if answer.rcode() != 0:
                    return dns.rcode.to_text(answer.rcode())
                rows += [(str(rrset.name), dns.rdatatype.to_text(rrset.rdtype), rrset[0].to_text()) for rrset in answer.answer]
                if rows[-1][1] == "SOA" and (len(rows) == 1 or rows[-1] == rows[0]):
                    return rows

    def many(self, count):
        """Directives that sinkhole this many names of a list."""
        return (f'[[list]]\nid = "many"\nsource = "{self.nodes_list(count)}"\n[[directive]]\nid = "d2"\n'
                'targets = ["list:many"]\nstep = "restrict"\nanswer = "nxdomain"\n')

    def nodes_list(self, count):
        file = pathlib.Path(tempfile.mkstemp(prefix="cenote-many-")[1])
        self.addCleanup(file.unlink)
        file.write_text("".join(f"n{i}.many.example\n" for i in range(count)))
        return file

    def question(self, name, rdtype, ident, signed=False):
        query = dns.message.make_query(name, rdtype)
        query.id = ident
        if signed:
            query.use_tsig(self.keyring, keyname=KEY)
        return framed(query.to_wire())

    def dig(self, *words):
        return self.resolver.dig(*words)
