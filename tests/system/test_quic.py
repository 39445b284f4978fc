# SPDX-License-Identifier: Apache-2.0
"""DNS over QUIC (RFC 9250), judged by kdig; and a process of QUIC that is killed, stopped or replaced."""
import contextlib
import os
import pathlib
import re
import signal
import socket
import struct
import subprocess

import dns.message

from certificates import Authority, replace
from daemon import BIN, PATIENCE, eventually, is_alive
from harness import SystemTest, main, records
from upstreams import ScriptedUpstream, answer_with

CLIENT = pathlib.Path(os.environ.get("CENOTE_BUILD", BIN.parent)) / "tests" / "quic_client"


def upstream_answer(query, transport):
    name = query.question[0].name.to_text()
    if query.question[0].rdtype != 1:
        return answer_with(query)
    count = 60 if name.lower().startswith("big") else 1
    return answer_with(query, *(f"{name} 600 IN A 192.0.2.{i + 1}" for i in range(count)))


def children(pid):
    return [int(each) for each in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


class Quic(SystemTest):
    def setUp(self):
        super().setUp()
        self.upstream = ScriptedUpstream(self, upstream_answer)
        self.node_ = self.node(upstreams=[self.upstream.where], workers=2)
        self.authority = Authority(self.node_.folder)
        self.chain, self.key = (self.node_.folder / name for name in ("chain.pem", "key.pem"))
        self.put(self.authority.pair())
        self.node_.write_config(server=self.section())

    def section(self, more=""):
        return (f'listen_tls = ["127.0.0.1:0"]\nlisten_quic = ["127.0.0.1:0"]\n{more}\n[server.tls]\nname = "dns.example"\n'
                f'certificate = "{self.chain}"\nkey = "{self.key}"\n')

    def put(self, pair):
        for path, text in zip((self.chain, self.key), pair):
            replace(path, text)

    def other_authority(self):
        folder = self.node_.folder / "other"
        folder.mkdir()
        return Authority(folder)

    def start(self):
        self.node_.start()
        where = self.node_.cenote_json("status")["listen_quic"]
        self.assertEqual(len(where), 1)
        self.address, port = where[0].rsplit(":", 1)
        self.port = int(port)
        self.served()

    def served(self):
        self.node_.daemon.wait_line("cenote-quic has connected")

    def process(self):
        """The process that ends QUIC."""
        def found():
            for pid in children(self.node_.daemon.process.pid):
                try:
                    if os.readlink(f"/proc/{pid}/exe").endswith("/cenote-quic"):
                        return pid
                except OSError:
                    pass
            return None
        return eventually(found, "cenote-quic runs")

    def kdig(self, *arguments, ok=True, name="dns.example"):
        options = [f"+tls-ca={self.authority.file}", f"+tls-hostname={name}"]
        # Options of TLS turn +quic off: it comes after them.
        done = subprocess.run(["kdig", "@127.0.0.1", "-p", str(self.port), *options, "+quic", f"+time={PATIENCE:.0f}", "+retry=0",
                               *map(str, arguments)], capture_output=True, text=True, timeout=2 * PATIENCE)
        if ok:
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def metric(self, name):
        return self.node_.metric(name, 0)

    def answered(self, *arguments):
        return "status: NOERROR" in self.kdig(*arguments, ok=False)

    def clients(self, what, count):
        """Clients of tests/quic/quic_client.cc, whose input is open."""
        program = subprocess.Popen([str(CLIENT), what, f"127.0.0.1:{self.port}", str(count)], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, text=True)
        self.addCleanup(program.stdout.close)
        self.addCleanup(program.wait)
        self.addCleanup(program.stdin.close)
        return program

    def test_answers_are_those_of_other_transports(self):
        self.start()
        out = self.kdig("chat.alpha-ai.example", "A")
        self.assertRegex(out, r"QUIC session \(QUICv1\)")
        self.assertRegex(out, r"id: 0\b")
        self.assertRegex(out, r"(?m)^chat\.alpha-ai\.example\.\s.*\sA\s+0\.0\.0\.0$")
        asked = []
        for _ in range(2):
            self.assertRegex(self.kdig("www.open.example", "A"), r"(?m)\sA\s+192\.0\.2\.1$")
            asked.append(self.upstream.asked("www.open.example"))
        self.assertEqual(asked[0], asked[1], "the second answer is of the cache")
        self.assertEqual(len(re.findall(r"192\.0\.2\.\d+$", self.kdig("big.open.example", "A"), re.M)), 60)
        self.assertIn("status: NXDOMAIN", self.kdig("use-application-dns.net", "A"))
        self.assertEqual(self.metric('cenote_queries_total{transport="quic"}'), 5)
        self.assertEqual(self.metric('cenote_queries_total{transport="udp"}'), 0)

    def test_it_is_announced(self):
        self.start()
        eventually(lambda: any("doq" in record for record in records(self.node_.ask("_dns.resolver.arpa", "SVCB"))),
                   "the designation of QUIC")
        records_ = records(self.node_.ask("_dns.resolver.arpa", "SVCB"))
        self.assertTrue(any(re.search(rf'alpn="?doq"? port="?{self.port}\b', record) for record in records_), records_)

    def test_a_strict_client_refuses_another_name(self):
        self.start()
        out = self.kdig("localhost", ok=False, name="other.example")
        self.assertNotIn("status: NOERROR", out)

    def test_answers_are_padded_where_asked_for(self):
        self.start()
        out = self.kdig("+padding", "chat.alpha-ai.example", "A")
        size, = re.findall(r"Received (\d+) B", out)
        self.assertEqual(int(size) % 468, 0, out)

    def test_the_access_list_is_that_of_other_transports(self):
        self.node_.write_config(server=self.section())
        text = self.node_.config.read_text().replace('allow_from = ["127.0.0.0/8", "::1/128"]', 'allow_from = ["127.0.0.1"]')
        self.node_.config.write_text(text)
        self.start()
        self.assertIn("status: NOERROR", self.kdig("localhost"))
        out = self.kdig("-b", "127.0.0.9", "localhost", ok=False)
        self.assertIn("status: REFUSED", out)
        self.assertEqual(self.metric('cenote_rejected_total{reason="acl"}'), 1)

    def test_certificates_are_swapped_and_bad_ones_refused(self):
        self.start()
        self.assertTrue(self.answered("localhost"))
        old, self.authority = self.authority, self.other_authority()
        self.assertFalse(self.answered("localhost"), "its certificate is of the other authority")
        self.put(self.authority.pair())
        eventually(lambda: self.answered("localhost"), "the new certificate")
        replace(self.chain, "no certificate")
        self.node_.daemon.wait_line("TLS: .*chain.pem")
        self.assertTrue(self.answered("localhost"), "the pair before stays in use")
        self.put(old.pair())
        self.authority = old
        eventually(lambda: self.answered("localhost"), "the first authority again")

    def test_a_connection_outlives_the_swap(self):
        self.start()
        talking = self.clients("talk", 3)
        self.assertEqual(talking.stdout.readline(), "talking\n")
        old, self.authority = self.authority, self.other_authority()
        self.put(self.authority.pair())
        eventually(lambda: self.answered("localhost"), "the new certificate")
        talking.stdin.close()
        self.assertRegex(talking.stdout.readline(), r"^[1-9]\d* replies, alive$")
        self.authority = old
        self.assertFalse(self.answered("localhost"))

    def test_a_killed_process_harms_no_one_and_comes_back(self):
        self.start()
        self.assertTrue(self.answered("localhost"))
        first = self.process()
        os.kill(first, signal.SIGKILL)
        self.assertEqual(self.node_.ask("localhost").rcode(), 0, "UDP is not its business")
        self.assertEqual(self.node_.ask("localhost", tcp=True).rcode(), 0)
        self.node_.daemon.wait_line("cenote-quic has ended")
        eventually(lambda: self.process() != first, "another process")
        eventually(lambda: self.answered("localhost"), "QUIC is served again")
        eventually(lambda: self.metric("cenote_quic_process_ended_total") == 1, "it is counted")

    def test_a_stopped_process_delays_no_one(self):
        self.start()
        self.assertTrue(self.answered("localhost"))
        process = self.process()
        os.kill(process, signal.SIGSTOP)
        self.addCleanup(lambda: pathlib.Path(f"/proc/{process}").exists() and os.kill(process, signal.SIGCONT))
        for i in range(20):
            self.assertEqual(self.node_.ask(f"n{i}.open.example").rcode(), 0)
        self.node_.cenote_ok("reload")
        os.kill(process, signal.SIGCONT)
        eventually(lambda: self.answered("localhost"), "it goes on")

    def test_garbage_datagrams(self):
        self.start()
        client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(client.close)
        client.connect(("127.0.0.1", self.port))
        for size in (0, 1, 20, 21, 600, 1199, 1200, 1472):
            for first in (0x00, 0x40, 0x80, 0xc0, 0xd0, 0xe0, 0xf0, 0xff):
                for version in (0, 1, 0xff00001d, 0x709a50c4, 0x0a0a0a0a):
                    head = struct.pack("!BIB", first, version, 20) + os.urandom(20)
                    client.send((head + os.urandom(size))[:size])
        client.send(dns.message.make_query("localhost", "A").to_wire())
        self.assertTrue(self.answered("localhost"))
        eventually(lambda: self.metric("cenote_quic_malformed_total") > 0, "garbage is counted")
        self.assertEqual(self.metric("cenote_quic_process_ended_total"), 0)

    def test_many_half_handshakes(self):
        self.start()
        out = subprocess.run([str(CLIENT), "half", f"127.0.0.1:{self.port}", "400"], capture_output=True, text=True,
                             timeout=4 * PATIENCE, check=True).stdout
        answered, retried = map(int, re.fullmatch(r"(\d+) answered, (\d+) by a Retry\n", out).groups())
        self.assertEqual(answered, 400)
        self.assertGreater(retried, 200, "from 64 on the address has to be proved")
        self.assertTrue(self.answered("localhost"), "a client that goes on is served meanwhile")
        eventually(lambda: self.metric("cenote_quic_retried_total") >= retried, "the Retry packets are counted")

    def test_many_connections(self):
        self.start()
        held = self.clients("idle", 200)
        self.assertEqual(held.stdout.readline(), "200 complete\n")
        self.assertTrue(self.answered("localhost"))
        eventually(lambda: self.metric('cenote_quic_connections_total{result="complete"}') >= 201, "all are counted")

    def test_a_restart_keeps_the_port(self):
        self.start()
        stored = self.node_.notify
        first = self.process()
        self.node_.stop()
        eventually(lambda: not is_alive(first), "it ends with its daemon")
        self.assertFalse((self.node_.folder / "control.sock.quic").exists())
        self.node_.start(stored=stored.stored)
        self.assertEqual(self.node_.cenote_json("status")["listen_quic"], [f"127.0.0.1:{self.port}"])
        self.served()
        eventually(lambda: self.answered("localhost"), "served again")

    def test_another_process_gets_nothing(self):
        """One process at a time; and what a second one sends is not read."""
        self.start()
        path = str(self.node_.folder / "control.sock.quic")
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as second:
            second.connect(path)
            second.settimeout(PATIENCE)
            self.assertEqual(second.recv(65536), b"", "it is closed without settings")
        self.node_.daemon.wait_line("another process has connected")
        self.assertTrue(self.answered("localhost"))

    def test_garbage_of_the_process_closes_its_socket_alone(self):
        self.start()
        os.kill(self.process(), signal.SIGSTOP)
        stopped = self.process()
        path = str(self.node_.folder / "control.sock.quic")
        os.kill(stopped, signal.SIGKILL)
        self.node_.daemon.wait_line("cenote-quic has ended")

        def take_place():
            """Before the daemon starts its own process again, or after it was killed again."""
            place = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            place.settimeout(PATIENCE)
            with contextlib.suppress(ConnectionError):  # the place is taken
                place.connect(path)
                data, ancillary, _, _ = place.recvmsg(65536, socket.CMSG_SPACE(512))
                if data:
                    return place, ancillary
            place.close()
            for pid in children(self.node_.daemon.process.pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            return None

        place, ancillary = eventually(take_place, "a place for a process that sends garbage")
        self.addCleanup(place.close)
        fds = [fd for _, _, data in ancillary for fd, in struct.iter_unpack("i", data[:len(data) // 4 * 4])]
        self.assertEqual(len(fds), 3, "a UDP socket and a socket to each worker")
        for fd in fds:
            self.addCleanup(os.close, fd)
        link = socket.socket(fileno=os.dup(fds[1]))
        self.addCleanup(link.close)
        link.settimeout(PATIENCE)
        link.send(b"garbage")
        self.assertEqual(link.recv(100), b"", "the worker has closed it")
        self.assertEqual(self.node_.ask("localhost").rcode(), 0)
        eventually(lambda: self.metric("cenote_relay_garbage_total") == 1, "it is counted")
        place.send(b"more garbage")
        self.node_.daemon.wait_line("none of its protocol, and is disconnected")
        self.assertEqual(self.node_.ask("localhost").rcode(), 0)
        eventually(lambda: self.answered("localhost"), "the daemon has a process of its own again")

    def test_nothing_listens_unless_configured(self):
        self.node_.write_config(server="")
        self.node_.start()
        self.assertFalse((self.node_.folder / "control.sock.quic").exists())
        self.assertEqual(self.node_.cenote_json("status")["listen_quic"], [])
        self.assertEqual(children(self.node_.daemon.process.pid), [])

    def test_the_daemon_has_none_of_the_libraries(self):
        for program, has in (("cenoted", False), ("cenote", False), ("cenote-quic", True)):
            shown = subprocess.run(["readelf", "-dW", str(BIN / program)], capture_output=True, text=True, check=True).stdout
            for library in ("libngtcp2", "libgnutls"):
                self.assertEqual(f"[{library}" in shown, has, (program, library))


if __name__ == "__main__":
    main()
