# SPDX-License-Identifier: Apache-2.0
"""Servers of other projects as secondary or primary of a response policy zone: BIND, Knot, NSD, unbound, PowerDNS."""
import base64

import dns.message
import dns.query

from daemon import PATIENCE
from upstreams import Server, nsd_command, unbound_command

import zone_catalogue  # daemon.py puts its folder on the path

SECRET = base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
KEY = "transfer-key"


def ask(server, name, rdtype="A"):
    return dns.query.udp(dns.message.make_query(name, rdtype), server.address, port=server.port, timeout=PATIENCE)


def place(server):
    return f"{server.address} port {server.port}"


class Bind(Server):
    """named, as configured by the text of its zones."""

    def __init__(self, test, zones, options="", probe="."):
        self.zones, self.options = zones, options
        super().__init__(test, probe)

    def command(self):
        self.folder.chmod(0o755)
        config = self.folder / "named.conf"
        options = f"notify-delay 0; startup-notify-rate 100; serial-query-rate 100;\n{self.options}"
        logging = (f'channel file {{ file "{self.folder}/named.log"; severity debug 3; }}; '
                   + " ".join(f"category {category} {{ file; }};"
                              for category in ("default", "notify", "xfer-in", "xfer-out")))
        key = f'key "{KEY}" {{ algorithm hmac-sha256; secret "{SECRET}"; }};\n'
        config.write_text(zone_catalogue.read("named.conf", port=self.port, folder=self.folder, options=options,
                                              logging=logging, zones=key + self.zones))
        return ["/usr/sbin/named", "-f", "-c", str(config), "-n", "1"]

    def log(self):
        path = self.folder / "named.log"
        return path.read_text(errors="replace") if path.exists() else ""


class Knot(Server):
    def __init__(self, test, config, probe):
        self.text = config
        super().__init__(test, probe)

    def command(self):
        config = self.folder / "knot.conf"
        key = f"key:\n  - id: {KEY}\n    algorithm: hmac-sha256\n    secret: {SECRET}\n"
        config.write_text(zone_catalogue.read("knot.conf", port=self.port, folder=self.folder,
                                              zones=key + self.text.replace("FOLDER", str(self.folder))))
        return ["/usr/sbin/knotd", "-c", str(config)]


class NsdServer(Server):
    def __init__(self, test, config, probe):
        self.text = config
        super().__init__(test, probe)

    def command(self):
        return nsd_command(self, f"""
key:
  name: {KEY}
  algorithm: hmac-sha256
  secret: "{SECRET}"
{self.text}
""")


class PdnsRecursor(Server):
    """A resolver that enforces a response policy zone over one upstream, with a refresh each second."""

    def __init__(self, test, primary, zone, upstream):
        self.primary, self.zone, self.upstream = primary, zone, upstream
        super().__init__(test, "probe.example")

    def command(self):
        (self.folder / "lua.conf").write_text(self.lua())
        (self.folder / "recursor.conf").write_text(zone_catalogue.read(
            "recursor.conf", port=self.port, folder=self.folder, upstream=self.upstream,
            options="disable-packetcache=yes"))
        return ["/usr/sbin/pdns_recursor", f"--config-dir={self.folder}"]

    def lua(self):
        return (f'rpzPrimary("{self.primary}", "{self.zone}", {{tsigname="{KEY}", tsigalgo="hmac-sha256", '
                f'tsigsecret="{SECRET}", refresh=1}})\n')


class PdnsFile(PdnsRecursor):
    """A PdnsRecursor whose zone is a file."""

    def __init__(self, test, text, upstream):
        self.text = text
        super().__init__(test, None, "rpz.file", upstream)

    def lua(self):
        (self.folder / "file.rpz").write_text(self.text)
        return f'rpzFile("{self.folder}/file.rpz", {{policyName="{self.zone}"}})\n'


class UnboundRpz(Server):
    """A resolver that enforces a response policy zone over one upstream."""

    def __init__(self, test, rpz, upstream):
        self.rpz, self.upstream = rpz, upstream
        super().__init__(test, "probe.example")

    def command(self):
        forward = f'forward-zone:\n  name: "."\n  forward-addr: {self.upstream.replace(":", "@")}\n'
        return unbound_command(self, "respip iterator", f"{self.rpz}\n{forward}", "  verbosity: 3")
