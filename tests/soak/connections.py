# SPDX-License-Identifier: Apache-2.0
"""Connections of one client that do no work, as a process of its own: connections.py half-open|idle CLIENT SERVER SECONDS"""
import contextlib
import select
import socket
import sys
import time

PORTS, EACH = (53, 853, 443), 120


def main():
    how, client, server, seconds = *sys.argv[1:4], float(sys.argv[4])
    end, streams = time.monotonic() + seconds, []
    for port in PORTS:
        for number in range(EACH):
            stream = socket.socket()
            stream.setblocking(False)
            stream.bind((client, 0))
            with contextlib.suppress(BlockingIOError):
                stream.connect((server, port))
            streams.append(stream)
            if how == "idle" and number % 2:
                select.select([], [stream], [], 0.2)
                with contextlib.suppress(OSError):
                    stream.send(b"\x00\x20\x12")
    while time.monotonic() < end:  # they stay for a time; what comes on them is read
        for stream in select.select(streams, [], [], max(0.0, end - time.monotonic()))[0]:
            data = b""
            with contextlib.suppress(OSError):
                data = stream.recv(4096)
            if not data:
                streams.remove(stream)
                stream.close()


if __name__ == "__main__":
    main()
