# SPDX-License-Identifier: Apache-2.0
"""Servers of other projects as secondary or primary of a response policy zone: BIND, Knot, NSD, unbound, PowerDNS."""
import base64
import os
import pathlib
import subprocess

import dns.message
import dns.query

from daemon import PATIENCE
from upstreams import Server, free_port, nsd_command

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
        config.write_text(f"""
options {{
  directory "{self.folder}";
  listen-on port {self.port} {{ 127.0.0.1; }};
  listen-on-v6 {{ none; }};
  pid-file none; session-keyfile none; lock-file none;
  dnssec-validation no;
  allow-query {{ any; }};
  notify-delay 0; startup-notify-rate 100; serial-query-rate 100;
  {self.options}
}};
key "{KEY}" {{ algorithm hmac-sha256; secret "{SECRET}"; }};
controls {{ }};
logging {{ channel file {{ file "{self.folder}/named.log"; severity debug 3; }}; category default {{ file; }};
           category notify {{ file; }}; category xfer-in {{ file; }}; category xfer-out {{ file; }}; }};
{self.zones}
""")
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
        config.write_text(f"""
server:
    listen: 127.0.0.1@{self.port}
    rundir: "{self.folder}"
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
database:
    storage: "{self.folder}"
key:
  - id: {KEY}
    algorithm: hmac-sha256
    secret: {SECRET}
{self.text.replace("FOLDER", str(self.folder))}
""")
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
        (self.folder / "rpz.lua").write_text(self.lua())
        (self.folder / "recursor.conf").write_text(f"""
local-address=127.0.0.1
local-port={self.port}
forward-zones-recurse=.={self.upstream}
lua-config-file={self.folder}/rpz.lua
socket-dir={self.folder}
allow-from=127.0.0.0/8
dont-query=
dnssec=off
daemon=no
disable-syslog=yes
disable-packetcache=yes
threads=1
""")
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
        config = self.folder / "unbound.conf"
        config.write_text(f"""
server:
  interface: 127.0.0.1
  port: {self.port}
  username: ""
  chroot: ""
  directory: "{self.folder}"
  pidfile: ""
  use-syslog: no
  logfile: "{self.folder}/unbound.log"
  verbosity: 3
  do-daemonize: no
  do-not-query-localhost: no
  module-config: "respip iterator"
  num-threads: 1
  access-control: 127.0.0.0/8 allow
remote-control:
  control-enable: no
{self.rpz}
forward-zone:
  name: "."
  forward-addr: {self.upstream.replace(":", "@")}
""")
        return ["unbound", "-d", "-c", str(config)]
