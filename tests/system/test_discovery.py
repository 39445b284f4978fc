# SPDX-License-Identifier: Apache-2.0
"""How clients find the encrypted services: DDR (RFC 9462) and RESINFO (RFC 9606) judged by dig and kdig, the lines for
DHCP servers by those servers, and profiles by their parsers."""
import json
import os
import plistlib
import re
import subprocess

from certificates import Authority, replace
from daemon import PATIENCE, eventually
from harness import SystemTest, main, records
from upstreams import ScriptedUpstream, every_name

SERVED = """
listen_tls = ["127.0.0.1:0"]
listen_https = ["127.0.0.1:0"]
"""


class Discovery(SystemTest):
    def setUp(self):
        super().setUp()
        self.upstream = ScriptedUpstream(self, every_name(60))
        self.node_ = self.node(upstreams=[self.upstream.where], workers=2)
        self.authority = Authority(self.node_.folder)
        self.chain, self.key = (self.node_.folder / name for name in ("chain.pem", "key.pem"))
        self.configure()

    def configure(self, name="dns.example", listen=SERVED, extra=""):
        self.node_.write_config(server=f'{listen}\n[server.tls]\nname = "{name}"\ncertificate = "{self.chain}"\n'
                                       f'key = "{self.key}"\ninfo_url = "https://intranet.example/dns"\n', extra=extra)

    def put(self, pair):
        for path, text in zip((self.chain, self.key), pair):
            replace(path, text)

    def start(self):
        self.put(self.authority.pair())
        self.node_.start()
        self.read_ports()

    def read_ports(self):
        status = self.node_.cenote_json("status")
        self.tls, self.https = (int(status[key][0].rsplit(":", 1)[1]) for key in ("listen_tls", "listen_https"))

    def run_program(self, *command, code=0, **more):
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=10 * PATIENCE,
                              stdin=subprocess.DEVNULL, **more)
        self.assertEqual(done.returncode, code, f"{command}: {done.stdout}{done.stderr}")
        return done.stdout

    def designated(self, *words):
        """The records of _dns.resolver.arpa SVCB: priority, target, and parameters by their names."""
        found = []
        for line in self.node_.dig("+noall", "+answer", "_dns.resolver.arpa", "SVCB", *words).splitlines():
            owner, ttl, cls, rdtype, priority, target, *params = line.split()
            self.assertEqual((owner, cls, rdtype), ("_dns.resolver.arpa.", "IN", "SVCB"))
            values = dict(param.split("=", 1) for param in params)
            values = {{"key7": "dohpath"}.get(key, key): value.strip('"') for key, value in values.items()}
            found.append((int(priority), target, values))
        return found

    def expected(self, name="dns.example."):
        return [(1, name, {"alpn": "h2", "port": str(self.https), "ipv4hint": "127.0.0.1",
                           "dohpath": "/dns-query{?dns}"}),
                (2, name, {"alpn": "dot", "port": str(self.tls), "ipv4hint": "127.0.0.1"})]

    def test_each_transport_names_the_listeners_that_there_are(self):
        self.start()
        for words in (), ("+tcp",), ("+noedns",), ("+norecurse",), ("+dnssec",):
            with self.subTest(words):
                self.assertEqual(self.designated(*words), self.expected())
        shown = self.node_.dig("+noall", "+additional", "_dns.resolver.arpa", "SVCB").split()
        self.assertEqual([shown[0], *shown[2:5]], ["dns.example.", "IN", "A", "127.0.0.1"])
        over_tls = self.run_program("kdig", "+tls", f"+tls-ca={self.authority.file}", "+tls-hostname=dns.example", "+short",
                                    "@127.0.0.1", "-p", self.tls, "_dns.resolver.arpa", "TYPE64")
        over_https = self.run_program("kdig", "+https=/dns-query", f"+tls-ca={self.authority.file}",
                                      "+tls-hostname=dns.example", "+short", "@127.0.0.1", "-p", self.https,
                                      "_dns.resolver.arpa", "TYPE64")
        self.assertEqual(len(over_tls.splitlines()), 2)
        self.assertEqual(over_tls, over_https)
        self.assertEqual(self.upstream.count(), 0)

    def test_what_is_announced_can_be_used(self):
        self.start()
        for priority, target, params in self.designated():
            way = "+https=" + params["dohpath"].split("{")[0] if params["alpn"] == "h2" else "+tls"
            answer = self.run_program("kdig", way, f"+tls-ca={self.authority.file}", f"+tls-hostname={target.rstrip('.')}",
                                      "+short", f"@{params['ipv4hint']}", "-p", params["port"], "chat.alpha-ai.example")
            self.assertEqual(answer.split(), ["0.0.0.0"])

    def test_the_name_of_the_resolver_has_the_same(self):
        self.start()
        answer = self.node_.ask("_dns.dns.example", "SVCB")
        self.assertEqual(len(records(answer)), 2)
        self.assertEqual(records(self.node_.ask("_dns.dns.example", "TXT")), [])
        self.assertEqual(self.upstream.count(), 0)

    def test_nothing_is_announced_without_a_certificate(self):
        self.node_.start()
        self.assertEqual(self.designated(), [])
        self.assertIn("SOA", self.node_.dig("+noall", "+authority", "_dns.resolver.arpa", "SVCB"))
        self.put(self.authority.pair())
        eventually(lambda: len(self.designated()) == 2, "the listeners to be announced")
        self.read_ports()
        self.assertEqual(self.designated(), self.expected())

    def test_a_reload_changes_name_and_records(self):
        self.start()
        self.configure(name="other.example")
        self.node_.cenote_ok("reload")
        self.assertEqual(self.designated(), self.expected("other.example."))
        self.configure(extra='[[local]]\nname = "_dns.resolver.arpa"\ntype = "SVCB"\nvalue = "1 own.example. alpn=dot"\n')
        self.node_.cenote_ok("reload")
        self.assertEqual(self.designated(), [(1, "own.example.", {"alpn": "dot"})])
        self.node_.write_config(server=SERVED + f'[server.tls]\ncertificate = "{self.chain}"\nkey = "{self.key}"\n', extra="")
        self.node_.cenote_ok("reload")
        self.assertEqual(self.designated(), [])

    def test_an_address_without_encrypted_listener_announces_none(self):
        self.put(self.authority.pair())
        self.node_.write_config(listen='"127.0.0.1:0", "127.0.0.2:0"')
        self.node_.start()
        self.read_ports()
        self.assertEqual(self.designated(), self.expected())
        where = next(text for text in self.node_.cenote_json("status")["listen"] if text.startswith("127.0.0.2:"))
        for more in (), ("+tcp",):
            shown = self.run_program("dig", "-r", "@127.0.0.2", "-p", where.rsplit(":", 1)[1], "+noall", "+answer",
                                     "_dns.resolver.arpa", "SVCB", *more)
            self.assertEqual(shown, "")

    def test_a_listener_of_all_addresses_is_that_of_the_one_asked(self):
        self.put(self.authority.pair())
        self.configure(listen=SERVED.replace("127.0.0.1", "0.0.0.0"))
        self.node_.write_config(listen='"0.0.0.0:0"')
        self.node_.update()
        self.node_.launch().wait_notified("READY")
        self.read_ports()
        port = self.node_.cenote_json("status")["listen"][0].rsplit(":", 1)[1]
        for address in "127.0.0.1", "127.0.0.7":
            for more in (), ("+tcp",):
                shown = self.run_program("dig", "-r", f"@{address}", "-p", port, "+noall", "+answer", "_dns.resolver.arpa",
                                         "SVCB", *more)
                self.assertEqual(len(re.findall(rf"ipv4hint={re.escape(address)}(?!\d)", shown)), 2, shown)

    def test_resinfo(self):
        self.start()
        for name in "resolver.arpa", "dns.example":
            for more in ("+norecurse",), ("+recurse", "+tcp"):
                with self.subTest(name=name, more=more):
                    shown = self.node_.dig("TYPE261", name, *more)
                    self.assertRegex(shown, r";; flags: qr aa( rd)? ra;")
                    found = re.findall(r"^" + re.escape(name) + r"\.\s+300\s+IN\s+\S+\s+(.*)$", shown, re.MULTILINE)
                    self.assertEqual(len(found), 1, shown)
        answer = self.node_.ask("resolver.arpa", "TYPE261")
        rdata = answer.answer[0][0].to_generic().data
        strings = []
        while rdata:
            strings.append(rdata[1:1 + rdata[0]].decode())
            rdata = rdata[1 + rdata[0]:]
        self.assertEqual(strings, ["exterr=0-16,18-19,22-23,25,27,31,35", "infourl=https://intranet.example/dns"])
        self.assertEqual(self.upstream.count(), 0)
        self.assertEqual(records(self.node_.ask("dns.example", "A")), ["A 192.0.2.1"], "the name itself is forwarded")

    def lines_for(self, *arguments):
        self.configure(listen='listen_tls = ["10.0.0.53", "[2001:db8::53]"]\nlisten_https = ["10.0.0.53", "[2001:db8::53]"]')
        self.node_.write_config(listen='"127.0.0.1:0", "10.0.0.53:53", "[2001:db8::53]:53"')
        return self.node_.cenote_ok(*arguments)

    def test_kea_takes_its_lines(self):
        folder = self.node_.folder
        parts = re.split(r"(?m)^// kea-dhcp6", self.lines_for("dnr", "--format", "kea"))
        self.assertEqual(len(parts), 2)
        environment = dict(os.environ, KEA_PIDFILE_DIR=str(folder), KEA_LOCKFILE_DIR=str(folder),
                           KEA_DHCP_DATA_DIR=str(folder))
        for version, subnet, lines in (4, "10.20.0.0/16", parts[0]), (6, "2001:db8:20::/48", "//" + parts[1]):
            config = folder / f"kea{version}.conf"
            for damage, code in (lambda text: text, 0), (lambda text: text.replace('"data": "00', '"data": "0z'), 1):
                config.write_text(f"""{{ "Dhcp{version}": {{
"interfaces-config": {{ "interfaces": [] }}, "lease-database": {{ "type": "memfile", "persist": false }},
"subnet{version}": [ {{ "subnet": "{subnet}",
{damage(lines)} }} ] }} }}
""")
                self.run_program(f"/usr/sbin/kea-dhcp{version}", "-t", config, code=code, env=environment)

    def test_dnsmasq_takes_its_lines(self):
        config = self.node_.folder / "dnsmasq.conf"
        lines = self.lines_for("dnr", "--format", "dnsmasq")
        for damage, code in (lambda text: text, 0), (lambda text: text.replace("option6:", "option6;"), 1):
            config.write_text("port=0\ndhcp-range=10.20.0.10,10.20.0.20\ndhcp-range=2001:db8:20::10,2001:db8:20::20\n" +
                              damage(lines))
            self.run_program("/usr/sbin/dnsmasq", "--test", "-C", config, code=code)

    def test_radvd_takes_its_lines(self):
        config = self.node_.folder / "radvd.conf"
        lines = self.lines_for("dnr", "--format", "radvd")
        for damage, code in (lambda text: text, 0), (lambda text: text.replace("RDNSS", "RDNS"), 1):
            config.write_text(damage(lines))
            self.run_program("/usr/sbin/radvd", "-c", "-C", config, code=code)

    def test_profiles_are_what_their_readers_expect(self):
        text = self.lines_for("profile", "apple")
        profile = plistlib.loads(text.encode())
        payload, = profile["PayloadContent"]
        self.assertEqual(payload["PayloadType"], "com.apple.dnsSettings.managed")
        self.assertEqual(payload["DNSSettings"], {"DNSProtocol": "HTTPS", "ServerURL": "https://dns.example/dns-query",
                                                  "ServerAddresses": ["10.0.0.53", "2001:db8::53"]})
        self.assertIs(payload["ProhibitDisablement"], True)
        self.assertEqual(profile["PayloadType"], "Configuration")
        self.assertNotEqual(profile["PayloadUUID"], payload["PayloadUUID"])
        self.assertEqual(text, self.lines_for("profile", "apple"))
        chrome = json.loads(self.lines_for("profile", "chrome"))
        self.assertEqual(chrome["DnsOverHttpsMode"], "secure")
        firefox = json.loads(self.lines_for("profile", "firefox"))
        self.assertEqual(firefox["policies"]["DNSOverHTTPS"]["ProviderURL"], "https://dns.example/dns-query")


if __name__ == "__main__":
    main()
