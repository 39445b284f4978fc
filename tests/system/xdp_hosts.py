# SPDX-License-Identifier: Apache-2.0
"""A client and a server, joined by a veth pair, for tests of AF_XDP; raw frames, and what a process may do."""
import ctypes
import fcntl
import resource
import socket
import struct
import threading

from namespaces import Host, run

SERVER4, SERVER6, CLIENT4, CLIENT6 = "192.0.2.53", "2001:db8::53", "192.0.2.1", "2001:db8::1"
PR_CAPBSET_DROP = 24
NET_ADMIN, NET_RAW, IPC_LOCK, SYS_ADMIN, BPF = 12, 13, 14, 21, 39
SIOCETHTOOL, ETHTOOL_STXCSUM = 0x8946, 0x17


def hand_over_whole_packets(interface):
    """Has the kernel write checksums itself, as a driver without offloads has it."""
    value = ctypes.create_string_buffer(struct.pack("II", ETHTOOL_STXCSUM, 0))
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, SIOCETHTOOL, struct.pack("16sP", interface.encode(), ctypes.addressof(value)))


class Pair:
    """`client` and `server` are hosts with an interface eth0 each."""

    def __init__(self, test, mtu=1500):
        self.client, self.server = Host("client"), Host("server")
        test.addCleanup(run, "ip", "netns", "delete", "client")
        test.addCleanup(run, "ip", "netns", "delete", "server")
        self.connect(mtu)

    def connect(self, mtu=1500):
        run("ip", "link", "add", "eth0", "mtu", mtu, "netns", "client", "type", "veth", "peer", "name", "eth0", "mtu", mtu,
            "netns", "server")
        for host, addresses in ((self.client, (f"{CLIENT4}/24", f"{CLIENT6}/64")),
                                (self.server, (f"{SERVER4}/24", f"{SERVER6}/64"))):
            with host.inside():
                hand_over_whole_packets("eth0")
            host.run("ip", "link", "set", "eth0", "up")
            for address in addresses:
                host.add(address)

    def cut(self):
        self.client.run("ip", "link", "delete", "eth0")

    def program(self):
        """What is attached to the server's interface."""
        shown = self.server.run("ip", "-d", "link", "show", "dev", "eth0")
        return "prog/xdp" in shown


def mac_of(host, interface="eth0"):
    words = host.run("ip", "-o", "link", "show", "dev", interface).split()
    return bytes.fromhex(words[words.index("link/ether") + 1].replace(":", ""))


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def udp_frame(to_mac, from_mac, payload, port=5353, source=CLIENT4, sum_of_udp=None):
    """A query over IPv4 as a frame; `sum_of_udp`: a checksum in the place of the right one."""
    source, to = socket.inet_aton(source), socket.inet_aton(SERVER4)
    size = 8 + len(payload)
    pseudo = source + to + struct.pack(">HH", 17, size)
    if sum_of_udp is None:
        sum_of_udp = checksum(pseudo + struct.pack(">HHHH", port, 53, size, 0) + payload) or 0xffff
    header = struct.pack(">BBHHHBBH", 0x45, 0, 20 + size, 1, 0, 64, 17, 0) + source + to
    header = header[:10] + struct.pack(">H", checksum(header)) + header[12:]
    return to_mac + from_mac + b"\x08\x00" + header + struct.pack(">HHHH", port, 53, size, sum_of_udp) + payload


def without(capabilities, action, memlock=None):
    """Runs `action` on a thread whose children get none of these capabilities, and may lock so many bytes."""
    failed = []

    def body():
        libc = ctypes.CDLL(None, use_errno=True)
        for capability in capabilities:
            if libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0:
                failed.append(OSError(ctypes.get_errno(), "PR_CAPBSET_DROP"))
        try:
            action()
        except BaseException as error:  # for the thread of the test
            failed.append(error)

    before = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    if memlock is not None:
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (memlock, before[1]))
    thread = threading.Thread(target=body)
    thread.start()
    thread.join()
    resource.setrlimit(resource.RLIMIT_MEMLOCK, before)
    if failed:
        raise failed[0]
