# SPDX-License-Identifier: Apache-2.0
"""Proxies in front of a node, on loopback: HAProxy, dnsdist, and headers of PROXY protocol version 2 made here."""
import ipaddress
import os
import socket
import struct
import subprocess
import tempfile

from daemon import PATIENCE
from upstreams import free_port

PROXY = "127.0.0.9"  # the address from which each of them speaks to the node
SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


def header(client="192.0.2.7", port=4711, extensions=b"", command=0x21, family=None, content=None, asked=None):
    address = ipaddress.ip_address(client)
    if content is None:
        content = address.packed + ipaddress.ip_address(asked or client).packed + struct.pack(">HH", port, 53) + extensions
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
        self.log = tempfile.TemporaryFile()  # pylint: disable=consider-using-with
        self.process = subprocess.Popen(list(map(str, command)), stdin=subprocess.DEVNULL, stdout=self.log,
                                        stderr=self.log)
        test.addCleanup(self.log.close)
        test.addCleanup(self.process.wait)
        test.addCleanup(self.process.terminate)

    def output(self):
        file = self.log.fileno()  # whose position is that of the program
        return os.pread(file, os.fstat(file).st_size, 0).decode(errors="replace")


class HaProxy(Program):
    """`listeners`: (words behind `bind ADDRESS`, port of the node, words of the server, mode)."""

    def __init__(self, test, *listeners):
        folder = test.nodes[0].folder
        self.ports = []
        text = "defaults\n  timeout connect 60s\n  timeout client 300s\n  timeout server 300s\n  timeout check 60s\n"
        for number, (bind, port, server, mode) in enumerate(listeners):
            self.ports.append(free_port())
            text += (f"listen l{number}\n  mode {mode}\n  bind 127.0.0.1:{self.ports[-1]} {bind}\n"
                     f"  server node 127.0.0.1:{port} source {PROXY} {server}\n")
        config = folder / "haproxy.cfg"
        config.write_text(text)
        super().__init__(test, "/usr/sbin/haproxy", "-db", "-f", config)


class Dnsdist(Program):
    """`server`: how it uses the node; `listeners`: those beside plain DNS, with "{}" for their addresses."""

    def __init__(self, test, port, server="useProxyProtocol=true", source=PROXY, listeners=()):
        self.port, *self.ports = (free_port() for _ in range(1 + len(listeners)))
        config = test.nodes[0].folder / f"dnsdist{self.port}.conf"
        # Its own limits are of some seconds, and a node is down after one check that takes one.
        config.write_text(f'setLocal("127.0.0.1:{self.port}")\n'
                          f'setUDPTimeout({PATIENCE:.0f})\nsetTCPRecvTimeout({PATIENCE:.0f})\n'
                          f'setTCPSendTimeout({PATIENCE:.0f})\n'
                          + "".join(line.format(f"127.0.0.1:{free}") + "\n" for line, free in zip(listeners, self.ports))
                          + f'newServer({{address="127.0.0.1:{port}", source="{source}", {server}, '
                          f'checkName="localhost.", mustResolve=true, checkTimeout=30000, '
                          'maxCheckFailures=100})\n')
        super().__init__(test, "/usr/bin/dnsdist", "--supervised", "--disable-syslog", "-C", config)
