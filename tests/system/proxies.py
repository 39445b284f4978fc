# SPDX-License-Identifier: Apache-2.0
"""Proxies in front of a node, on loopback: HAProxy, dnsdist, and headers of PROXY protocol version 2 made here."""
import ipaddress
import socket
import struct
import subprocess

from daemon import PATIENCE
from upstreams import free_port

PROXY = "127.0.0.9"  # the address from which each of them speaks to the node
SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


def header(client="192.0.2.7", port=4711, extensions=b"", command=0x21, family=None, content=None):
    address = ipaddress.ip_address(client)
    if content is None:
        content = address.packed * 2 + struct.pack(">HH", port, 53) + extensions
    family = family if family is not None else (0x11 if address.version == 4 else 0x21)
    return SIGNATURE + bytes([command, family]) + struct.pack(">H", len(content)) + content


def local_header():
    return header(command=0x20, family=0, content=b"")


def connect(test, port, *first, source=PROXY):
    """A connection of the proxy, which sends this first."""
    stream = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE, source_address=(source, 0))
    test.addCleanup(stream.close)
    stream.sendall(b"".join(first))
    return stream


class Program:
    """A proxy that runs until the test ends. Its `port` answers once wait() has returned."""

    def __init__(self, test, *command):
        self.log = open(test.nodes[0].folder / "proxy.log", "w+b")
        self.process = subprocess.Popen(list(map(str, command)), stdin=subprocess.DEVNULL, stdout=self.log,
                                        stderr=self.log)
        test.addCleanup(self.log.close)
        test.addCleanup(self.process.wait)
        test.addCleanup(self.process.terminate)


class HaProxy(Program):
    """`listeners`: (words behind `bind ADDRESS`, port of the node, words of the server, mode)."""

    def __init__(self, test, *listeners):
        folder = test.nodes[0].folder
        self.ports = []
        text = "defaults\n  timeout connect 10s\n  timeout client 60s\n  timeout server 60s\n"
        for number, (bind, port, server, mode) in enumerate(listeners):
            self.ports.append(free_port())
            text += (f"listen l{number}\n  mode {mode}\n  bind 127.0.0.1:{self.ports[-1]} {bind}\n"
                     f"  server node 127.0.0.1:{port} source {PROXY} {server}\n")
        config = folder / "haproxy.cfg"
        config.write_text(text)
        super().__init__(test, "/usr/sbin/haproxy", "-db", "-f", config)


class Dnsdist(Program):
    def __init__(self, test, port):
        self.port = free_port()
        config = test.nodes[0].folder / "dnsdist.conf"
        config.write_text(f'setLocal("127.0.0.1:{self.port}")\n'
                          f'newServer({{address="127.0.0.1:{port}", source="{PROXY}", useProxyProtocol=true, '
                          f'checkName="localhost.", mustResolve=true}})\n')
        super().__init__(test, "/usr/bin/dnsdist", "--supervised", "--disable-syslog", "-C", config)
