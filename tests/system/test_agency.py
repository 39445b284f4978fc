# SPDX-License-Identifier: Apache-2.0
"""A whole network: DHCP servers hand out Cenote, DHCP clients take it, resolvers of C libraries ask it, a firewall keeps
them there. The files are those of docs/OPERATIONS.md, "The network of an agency"."""
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import namespaces
from agency import (CENOTE4, CENOTE6, PAGE4, PAGE6, PAGE_TEXT, PUBLIC4, PUBLIC6, REAL, Client, Network, compiled_by_musl,
                    printed)
from daemon import BIN, SOURCE, eventually
from harness import SystemTest, main

CANNOT = namespaces.enter() if __name__ == "__main__" else "network namespaces need a process of its own"
PEOPLE = {"agency-kim": "agency-approvers", "agency-lee": "agency-approvers"}
NAME, COMPANION = "chat.deepseek.com", "character.ai"
RESOLVED = next((path for path in (pathlib.Path("/lib/systemd/systemd-resolved"),
                                   pathlib.Path(os.environ.get("CENOTE_BUILD", SOURCE / "build" / "test")) /
                                   "unpacked/systemd-resolved/lib/systemd/systemd-resolved") if path.exists()), None)


@unittest.skipIf(CANNOT, CANNOT)
class Agency(SystemTest):
    @classmethod
    def setUpClass(cls):
        cls.users = tempfile.mkdtemp(prefix="cenote-users-")
        cls.addClassCleanup(shutil.rmtree, cls.users, True)
        namespaces.add_users(cls.users, PEOPLE)

    def setUp(self):
        super().setUp()
        self.folder = tempfile.mkdtemp(prefix="cenote-agency-")
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.network = Network(self)
        self.start_cenote()

    def start_cenote(self):
        """With the configuration that is printed, and beside it what the package has in other places."""
        self.resolver = node = self.node()
        text = printed("toml").replace("[server]\n", f'[server]\nnode = "dns1"\nstate = "{node.folder}/state.db"\n')
        node.config.write_text(text + f"""
[control]
socket = "{node.control}"
approvers = ["agency-approvers"]
[blocklist]
set = "{node.set}"
services = ["{SOURCE}/blocklists/services"]
""")
        node.folder.chmod(0o755)
        with self.network.cenote.inside():
            node.start()

    def client(self, name, bridge, number):
        return Client(self, name, bridge, f"02:00:00:00:00:{number:02x}")

    def staff(self):
        self.network.kea()
        client = self.client("pc1", "staff", 1)
        client.dhclient()
        return client

    def laboratory(self):
        self.network.dnsmasq()
        client = self.client("pc2", "laboratory", 2)
        client.udhcpc()
        return client

    def tool(self, user, *words):
        env = dict(os.environ, CENOTE_SOCKET=str(self.resolver.control), CENOTE_CONFIG=str(self.resolver.config))
        return namespaces.run("setpriv", "--reuid", user, "--regid", user, "--init-groups", BIN / "cenote", *words, env=env)

    def test_kea_dhclient_and_glibc(self):
        client = self.staff()
        self.assertEqual(client.nameservers(), [CENOTE4], "option 6, and nothing else")
        self.assertTrue(client.address().startswith("10.20.1."), client.address())
        self.assertEqual(client.getent(NAME), [PAGE4])
        self.assertEqual(client.getent("www.example"), [REAL])
        self.assertEqual(client.getent(COMPANION), [REAL], "no directive of staff covers it")
        self.assertEqual(client.run("curl", "-sS", f"http://{NAME}/"), PAGE_TEXT)
        shown = client.dig(NAME)
        self.assertRegex(shown, r"EDE: 15 \(Blocked\).*staff-deepseek.*dns@agency\.example")
        self.assertEqual(client.dig("+short", NAME, "AAAA").split(), [PAGE6])
        lookup = compiled_by_musl(self.folder)
        for name in (NAME, "www.example", COMPANION):
            self.assertEqual(client.run(lookup, name).split(), client.getent(name), f"musl and glibc: {name}")

    def test_dnsmasq_udhcpc_and_musl_see_the_policy_of_their_subnet(self):
        client = self.laboratory()
        self.assertEqual(client.nameservers(), [CENOTE4], "option 6, and nothing else")
        self.assertTrue(client.address().startswith("10.20.2."), client.address())
        lookup = compiled_by_musl(self.folder)
        self.assertEqual(client.run(lookup, NAME).split(), [REAL], "a directive for staff alone")
        self.assertEqual(client.run(lookup, "www.example").split(), [REAL])
        client.run(lookup, COMPANION, code=1)
        self.assertIn("NXDOMAIN", client.dig(COMPANION))

    def test_router_advertisements_name_it(self):
        self.network.radvd()
        self.network.dnsmasq()
        for name, bridge, number, prefix, expected in (("pc3", "staff", 3, "2001:db8:20:1:", PAGE6),
                                                       ("pc4", "laboratory", 4, "2001:db8:20:2:", "")):
            client = self.client(name, bridge, number)
            advertised = eventually(lambda: self.advertised(client), f"an advertisement on {bridge}")
            self.assertEqual(advertised, [CENOTE6], "RDNSS (RFC 8106), and nothing else")
            self.wait_for_address(client, prefix)
            client.resolv_conf.write_text(f"nameserver {advertised[0]}\n")
            self.assertEqual(client.dig("+short", NAME, "AAAA").strip(), expected, name)

    @staticmethod
    def wait_for_address(client, prefix):
        eventually(lambda: re.search(rf"inet6 {prefix}\S+ scope global (?!.*tentative)",
                                     client.run("ip", "-6", "addr", "show", "dev", "eth0")), f"an address of {prefix}")

    @staticmethod
    def advertised(client):
        shown = client.run("rdisc6", "--single", "--retry", "5", "--wait", "1000", "eth0", code=None)
        return re.findall(r"Recursive DNS server\s*:\s*(\S+)", shown)

    @unittest.skipIf(RESOLVED is None, "systemd-resolved is not on this machine: its package would change /etc/resolv.conf")
    def test_systemd_resolved(self):
        client = self.staff()
        handed, = client.nameservers()
        (client.etc / "systemd").mkdir(exist_ok=True)
        (client.etc / "systemd" / "resolved.conf").write_text(f"[Resolve]\nDNS={handed}\nFallbackDNS=\nLLMNR=no\nMulticastDNS=no\n")
        passwd = client.etc / "passwd"
        if "systemd-resolve:" not in passwd.read_text():
            with passwd.open("a") as more:
                more.write("systemd-resolve:x:996:996::/:/usr/sbin/nologin\n")
            with (client.etc / "group").open("a") as more:
                more.write("systemd-resolve:x:996:\n")
        client.run("install", "-d", "-o", "systemd-resolve", "-g", "systemd-resolve", "/run/systemd/resolve")
        resolved = subprocess.Popen(client.enter(RESOLVED), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                    stderr=subprocess.PIPE)
        self.addCleanup(resolved.stderr.close)
        self.addCleanup(resolved.wait)
        self.addCleanup(resolved.kill)
        client.resolv_conf.write_text("nameserver 127.0.0.53\n")
        client.be_patient()
        eventually(lambda: client.getent("www.example") == [REAL], "systemd-resolved answers")
        self.assertEqual(client.getent(NAME), [PAGE4])
        self.assertEqual(client.getent(COMPANION), [REAL])

    def test_an_exception_opens_a_name_for_one_client_and_closes_again(self):
        client = self.staff()
        neighbour = self.client("pc5", "staff", 5)
        neighbour.dhclient()
        self.assertNotEqual(client.address(), neighbour.address())
        request = ("exception", "request", "--directive", "staff-deepseek", "--client", client.address(), "--for", "2h",
                   "--purpose", "comparing models")
        ident = self.tool("agency-kim", *request).split()[0]
        self.assertEqual(client.getent(NAME), [PAGE4], "one person alone opens nothing")
        with self.assertRaisesRegex(AssertionError, "a second person"):
            self.tool("agency-kim", "exception", "approve", ident)
        self.tool("agency-lee", "exception", "approve", ident)
        self.assertEqual(client.getent(NAME), [REAL])
        self.assertEqual(neighbour.getent(NAME), [PAGE4])
        self.tool("agency-kim", "exception", "revoke", ident)
        self.assertEqual(client.getent(NAME), [PAGE4])
        row, = self.resolver.cenote_json("exceptions", "--stage", "revoked")
        self.assertEqual((row["asked_by"], row["agreed_by"]), ("agency-kim", ["agency-lee"]))
        self.assertGreater(row["queries"], 0)

    def test_the_firewall_that_is_printed_keeps_clients_here(self):
        client = self.staff()
        self.network.radvd()
        self.wait_for_address(client, "2001:db8:20:1:")
        eventually(lambda: "2001:db8:20:1:" in client.run("ip", "-6", "route", "get", PUBLIC6, code=None), "a route over IPv6")
        ways = [(address, *way) for address in (PUBLIC4, PUBLIC6) for way in ((), ("+tcp",))]
        for address, *way in ways:
            self.assertEqual(client.dig(f"@{address}", "+short", *way, NAME).split(), [REAL], "no rule keeps it yet")
        self.network.firewall()
        asked = sum(self.network.resolvers[address].count() for address in (PUBLIC4, PUBLIC6))
        for address, *way in ways:
            # Its output and not its exit code: on a busy machine dig ended with 0 and without a word.
            self.assertNotIn("status:", client.dig(f"@{address}", "+time=5", *way, NAME, code=None))
        for address in (PUBLIC4, PUBLIC6):
            self.assertNotIn("status:", client.dig(f"@{address}", "+time=5", "-p", "853", NAME, code=None))
        self.assertEqual(asked, sum(self.network.resolvers[address].count() for address in (PUBLIC4, PUBLIC6)))
        for way in (("@" + CENOTE4,), ("@" + CENOTE4, "+tcp"), ("@" + CENOTE6,)):
            self.assertEqual(client.dig(*way, "+short", NAME).split(), [PAGE4], "Cenote itself")
        self.assertEqual(client.getent("www.new.example"), [REAL], "and Cenote's own queries upstream")
        self.assertEqual(client.run("curl", "-sS", f"http://{PUBLIC4}/"), PAGE_TEXT, "other ports")


if __name__ == "__main__":
    main()
