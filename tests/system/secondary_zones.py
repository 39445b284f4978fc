# SPDX-License-Identifier: Apache-2.0
"""A resolver with a secondary zone, and a primary that serves it as a test requires, or breaks the protocol."""
import base64
import threading

import dns.exception
import dns.message
import dns.name
import dns.rdatatype
import dns.rrset
import dns.tsigkeyring
import dns.zone

from daemon import PATIENCE, eventually
from harness import SystemTest, addresses, framed, read_exactly
from secondaries import KEY, SECRET
from upstreams import ScriptedUpstream, every_name, free_port, socket

import zone_catalogue  # daemon.py puts its folder on the path

ZONE = "rpz.nation.example"
DIRECTIVE = """
[[directive]]
id      = "nation"
targets = ["list:nation"]
step    = "restrict"
layer   = "nation"
"""
RESOLVED = ["192.0.2.1"]
SINKHOLED = ["0.0.0.0"]


def zone_text(serial, names, refresh=3600, expire=86400):
    """A response policy zone that sinkholes these names with all names below them."""
    head = zone_catalogue.read("response_policy.zone", zone=ZONE, ttl=60, serial=serial, refresh=refresh, expire=expire)
    return head + "".join(f"{name} CNAME .\n*.{name} CNAME .\n" for name in names)


class SecondaryZoneTest(SystemTest):
    def stand_up(self, primary, tsig=True, secret=SECRET, place=None):
        upstream = ScriptedUpstream(self, every_name(1))
        node = self.node(directives=DIRECTIVE, upstreams=[upstream.where])
        node.set = (place or node.folder) / "cenote.set"
        file = node.folder / "transfer.key"
        file.write_text(secret + "\n")
        file.chmod(0o640)
        signed = f'tsig = "{KEY}"' if tsig else ""
        node.write_config(extra=f"""
[[list]]
id     = "nation"
source = "axfr://{primary}/{ZONE}"
{signed}
[[tsig]]
name        = "{KEY}"
secret_file = "{file}"
""")
        node.cenote("update")  # there is no zone yet: exit code 1, and a set without it
        self.resolver = node.start()

    def seen(self, name):
        return addresses(self.resolver.ask(name))

    def row(self):
        return self.resolver.cenote_json("lists")[0]

    def until(self, condition, what):
        try:
            eventually(condition, what)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.row()}\n{self.resolver.daemon.log()[-4000:]}") from None

    def notify_target(self):
        """A port of the resolver, for a primary that is configured before it starts."""
        self.port = free_port()
        return self.port

    def stand_up_at_port(self, primary, **how):
        port = self.port
        original = self.node

        def node(**settings):
            return original(listen=f'"127.0.0.1:{port}"', **settings)
        self.node = node
        self.stand_up(primary, **how)

    def check_names(self, closed, opened):
        for name in closed:
            self.assertEqual((name, self.seen(name)), (name, SINKHOLED))
        for name in opened:
            self.assertEqual((name, self.seen(name)), (name, RESOLVED))


class ScriptedPrimary:
    """A primary that signs its answers, or breaks the protocol in the way that `broken` names."""

    def __init__(self, test, zones):
        self.zones, self.broken, self.asked = zones, "", 0
        self.keyring = dns.tsigkeyring.from_text({KEY: SECRET})
        self.other = dns.tsigkeyring.from_text({KEY: base64.b64encode(b"x" * 32).decode()})
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.where = "127.0.0.1:%d" % self.socket.getsockname()[1]
        test.addCleanup(self.socket.close)
        threading.Thread(target=self.accept, daemon=True).start()

    def records(self):
        zone = dns.zone.from_text(self.zones[-1], check_origin=False, relativize=False)
        rows = [dns.rrset.from_rdata(name, rdataset.ttl, rdata) for name, rdataset in zone.iterate_rdatasets()
                for rdata in rdataset]
        soa = [row for row in rows if row.rdtype == dns.rdatatype.SOA]
        return soa + [row for row in rows if row.rdtype != dns.rdatatype.SOA] + soa

    def accept(self):
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        with client:
            try:
                client.settimeout(PATIENCE)
                while True:
                    wire = read_exactly(client, int.from_bytes(read_exactly(client, 2), "big"))
                    self.answer(client, wire)
            except (EOFError, OSError):
                pass
            except dns.exception.DNSException:  # it is signed with another secret
                client.sendall(framed(wire[:2] + b"\x80\x09" + bytes(8)))  # NOTAUTH, unsigned

    def answer(self, client, wire):
        query = dns.message.from_wire(wire, keyring=self.keyring)
        kind = query.question[0].rdtype
        broken = self.broken
        self.asked += 1
        if broken == "refuse":
            raise EOFError
        reply = dns.message.make_response(query)
        reply.use_tsig(self.keyring, keyname=KEY)
        rows = self.records()
        if kind == dns.rdatatype.SOA:
            rows = rows[:1]
            broken = broken if broken in ("wrong-key", "silent") else ""
        if kind == dns.rdatatype.IXFR and query.authority and query.authority[0][0].serial == rows[0][0].serial:
            rows = rows[:1]  # nothing new (RFC 1995 section 2)
        if broken == "foreign":
            rows.insert(2, dns.rrset.from_text("elsewhere.example.", 60, "IN", "CNAME", "."))
        if broken == "other-end":
            rows[-1] = dns.rrset.from_text(ZONE + ".", 60, "IN", "SOA", "localhost. root.localhost. 99 1 1 1 1")
        if broken == "no-end":
            rows = rows[:-1]
        if broken == "endless" and kind != dns.rdatatype.SOA:
            head = dns.message.make_response(query)
            head.answer.append(rows[0])
            client.sendall(framed(head.to_wire()))
            signature = b"\1x" + dns.name.from_text(ZONE).to_wire() + bytes([0, 46, 0, 1, 0, 0, 0, 60]) + framed(bytes(60000))
            more = framed(wire[:2] + b"\x84\0\0\0\0\1\0\0\0\0" + signature)
            while True:
                client.sendall(more)
        if broken == "silent":
            threading.Event().wait(8)
            raise EOFError
        for row in rows:
            reply.answer.append(row)
        if broken == "wrong-key":
            reply.use_tsig(self.other, keyname=KEY)
        if broken == "unsigned":
            reply.use_tsig(None)
        reply.request_payload = 65535
        data = framed(reply.to_wire(max_size=65535))
        if broken == "cut":
            data = data[:len(data) // 2]
        if broken == "html":
            data = b"<html>no</html>"
        client.sendall(data)
        if broken in ("cut", "html", "no-end"):
            raise EOFError
