# SPDX-License-Identifier: Apache-2.0
"""Ports of loopback, and single queries over UDP."""
import random
import socket

given_ports = set()  # in this process


def free_port():
    """Below the range that the kernel chooses from: a probe must not be given the very port it asks."""
    for port in random.sample(range(20000, 30000), 100):
        with (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams,
              socket.socket(socket.AF_INET, socket.SOCK_STREAM) as streams):
            try:
                datagrams.bind(("127.0.0.1", port))
                streams.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in given_ports:
            given_ports.add(port)
            return port
    raise RuntimeError("no free port")


def wait_until_ready(port):
    query = query_bytes("localhost")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.settimeout(0.05)
        while True:
            try:
                probe.sendto(query, ("127.0.0.1", port))
                probe.recv(512)
                return
            except OSError:
                continue


def query_bytes(name, number=0x1234):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return number.to_bytes(2, "big") + b"\x01\0\0\x01\0\0\0\0\0\0" + labels + b"\0\0\x01\0\x01"


def skip_name(message, at):
    while message[at] and message[at] < 0xC0:
        at += message[at] + 1
    return at + (2 if message[at] else 1)


def addresses(message):
    found = []
    at = skip_name(message, 12) + 4
    for _ in range(int.from_bytes(message[6:8], "big")):
        at = skip_name(message, at)
        kind, size = int.from_bytes(message[at:at + 2], "big"), int.from_bytes(message[at + 8:at + 10], "big")
        at += 10 + size
        if kind == 1:
            found.append(socket.inet_ntoa(message[at - size:at]))
    return found


def ask(port, name, timeout=3.0, address="127.0.0.1"):
    """The answer to A: (rcode, addresses); None when there is none in time."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect((address, port))
        probe.settimeout(timeout)
        try:
            probe.send(query_bytes(name))
            reply = probe.recv(4096)
        except OSError:
            return None
        return reply[3] & 0x0F, addresses(reply)
