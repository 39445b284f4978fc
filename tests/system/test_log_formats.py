# SPDX-License-Identifier: Apache-2.0
"""The lines of the query log in each format, judged by schemas of the public specifications (siem_schemas.py), with names
as hostile clients make them."""
import ipaddress
import json
import re
import socket
import struct
import unittest

import dns.name

from daemon import eventually
from harness import SystemTest, main
from siem_schemas import ECS, OCSF, OCSF_RCODES, CefError, cef_parsed
from upstreams import ScriptedUpstream, answer_with

try:
    import jsonschema
except ImportError:
    jsonschema = None

DIRECTIVES = """
[[directive]]
id = "2026-014"
targets = ["domain:target.example", "domain:t.e"]
step = "restrict"
[[directive]]
id = "2026-015"
targets = ["domain:dropped.example"]
step = "block"
answer = "drop"
[[directive]]
id = "2026-016"
targets = ["domain:advised.example", "domain:failing.example", "service:alpha"]
step = "advise"
[[group]]
id = "lab"
clients = ["127.0.0.77/32"]
"""
TARGET = [b"target", b"example"]
NAMES = [
    [b'a"b', *TARGET],
    [b"new\nline\r\n", *TARGET],
    [b"\x1b[31mred\x1b[0m", *TARGET],
    [b"<script>alert(1)</script>", *TARGET],
    [b"nul\0nul", *TARGET],
    [b"\xff\xfe\x80", *TARGET],
    [b"x=y|z\\=\\|\\", *TARGET],
    [b"CEF:0|a|b|1|c|d|9|", *TARGET],
    [b" act=allow src=1.2.3.4 ", *TARGET],
    [b'","verdict":"allow', *TARGET],
    [b"\xe2\x80\xa8\xe2\x80\xae\x7f", *TARGET],
    [b"dot.in.label", *TARGET],
    [b"%s${jndi:ldap://x}{{7*7}}", *TARGET],
    [b"UPPER", *TARGET],
    [b"\xff" * 63, b"\0" * 63, b"\\" * 63, b'"' * 45, *TARGET],  # 254 bytes and the root: no name is longer
    [b"\n" * 63, b"=" * 63, b"|" * 63, b" " * 45, *TARGET],
    [b"a"] * 125 + [b"t", b"e"],  # 127 labels
]


def query(labels, rdtype=1):
    name = b"".join(bytes([len(label)]) + label for label in labels) + b"\0"
    assert len(name) <= 255
    return struct.pack("!HHHHHH", 7, 0x0100, 1, 0, 0, 0) + name + struct.pack("!HH", rdtype, 1)


def answer(question, _transport):
    name = question.question[0].name.to_text()
    if name.lower() == "failing.example.":
        return answer_with(question, rcode=2)
    return answer_with(question, f"{name} 60 IN A 192.0.2.1")


def is_address(text):
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


@unittest.skipIf(jsonschema is None, "needs python3-jsonschema")
class LogFormats(SystemTest):
    def lines(self, log_format, identity="none"):
        """The lines of a log after each of the names, and some others, was queried."""
        node = self.node(directives=DIRECTIVES, upstreams=[ScriptedUpstream(self, answer).where],
                         listen='"127.0.0.1:0", "[::1]:0"')
        log = node.folder / "queries.log"
        agreement = '\nagreement = "works agreement 7"' if identity != "none" else ""
        node.write_config(extra=f'[log]\nfile = "{log}"\nformat = "{log_format}"\n'
                                f'[privacy]\nidentity = "{identity}"{agreement}\n')
        node.start()
        client = node.udp("127.0.0.77")
        for labels in NAMES:
            client.send(query(labels))
            client.recv(65535)
        client.send(query([b"dropped", b"example"]))  # no reply
        for name in ("advised.example", "failing.example", "api.alpha-ai.example"):
            node.ask(name, "HTTPS" if name.startswith("api") else "A")
        node.ask("tcp.target.example", tcp=True)
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as six:
            six.connect(("::1", int(node.daemon.wait_line(r"listening on \[::1\]:(\d+)").group(1))))
            six.send(query([b"six", *TARGET]))
            six.recv(65535)
        wanted = len(NAMES) + 6
        text = eventually(lambda: log.exists() and log.read_bytes().count(b"\n") >= wanted and log.read_bytes(),
                          "all lines")
        lines = text.decode("ascii").splitlines()
        self.assertEqual(len(lines), wanted)
        node.stop()
        return lines

    def same_names(self, shown):
        """Each name can be read back from its text, by a reader of names that is not ours."""
        wanted = sorted([label.lower() for label in labels] for labels in NAMES)
        found = sorted(list(dns.name.from_text(name, origin=None).labels) for name in shown)
        self.assertEqual(found, wanted)

    def validator(self, schema):
        checker = jsonschema.FormatChecker(formats=[])
        checker.checks("ip")(is_address)
        jsonschema.Draft7Validator.check_schema(schema)
        return jsonschema.Draft7Validator(schema, format_checker=checker)

    def valid(self, lines, schema):
        validator = self.validator(schema)
        rows = [json.loads(line) for line in lines]
        for row in rows:
            errors = [f"{list(error.absolute_path)}: {error.message}" for error in validator.iter_errors(row)]
            self.assertEqual(errors, [], row)
        return rows

    def test_jsonl(self):
        rows = [json.loads(line) for line in self.lines("jsonl")]
        self.same_names(row["name"] for row in rows[:len(NAMES)])
        fields = ["time", "node", "client", "identity", "group", "name", "type", "verdict", "service", "list", "role",
                  "directive", "exception", "rcode", "source", "transport", "latency_us", "policy_version", "policy_digest", "seq"]
        for number, row in enumerate(rows, 1):
            self.assertEqual(list(row), fields)
            self.assertEqual((row["seq"], row["node"], row["client"]), (number, "node1", None))
            self.assertRegex(row["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")
        by_name = {row["name"]: row for row in rows}
        self.assertEqual((by_name["dropped.example"]["rcode"], by_name["dropped.example"]["source"]), (None, "none"))
        self.assertEqual(by_name["failing.example"]["rcode"], "SERVFAIL")
        self.assertEqual(by_name["tcp.target.example"]["transport"], "tcp")
        api = by_name["api.alpha-ai.example"]
        self.assertEqual((api["service"], api["role"], api["type"], api["verdict"]), ("alpha", "api", "HTTPS", "advise"))
        self.assertEqual({row["group"] for row in rows[:len(NAMES)]}, {"lab"})

    def test_ecs(self):
        rows = self.valid(self.lines("ecs", "address"), ECS)
        self.same_names(row["dns"]["question"]["name"] for row in rows[:len(NAMES)])
        self.assertEqual({row["source"]["ip"] for row in rows}, {"127.0.0.77", "127.0.0.1", "::1"})
        by_name = {row["dns"]["question"]["name"]: row for row in rows}
        dropped = by_name["dropped.example"]
        self.assertEqual((dropped["dns"]["type"], dropped["event"]["outcome"], dropped["event"]["type"]),
                         ("query", "unknown", ["protocol", "denied"]))
        self.assertEqual(by_name["advised.example"]["event"]["type"], ["protocol", "allowed"])
        self.assertEqual(by_name["tcp.target.example"]["network"]["transport"], "tcp")
        pseudonyms = self.valid(self.lines("ecs", "pseudonym"), ECS)
        self.assertEqual({"source" in row for row in pseudonyms}, {False})
        self.assertEqual({bool(re.fullmatch("p-[a-z2-7]{16}", row["user"]["hash"])) for row in pseudonyms}, {True})
        nobody = self.valid(self.lines("ecs"), ECS)
        self.assertEqual({"source" in row or "user" in row for row in nobody}, {False})

    def test_ocsf(self):
        rows = self.valid(self.lines("ocsf"), OCSF)
        self.same_names(row["query"]["hostname"] for row in rows[:len(NAMES)])
        for row in rows:
            self.assertEqual(row["type_uid"], row["class_uid"] * 100 + row["activity_id"])
            self.assertNotIn("src_endpoint", row)
            if "rcode_id" in row:
                self.assertEqual(row["rcode"], OCSF_RCODES[row["rcode_id"]])
        by_name = {row["query"]["hostname"]: row for row in rows}
        verdict = {name: (row["action_id"], row["disposition_id"]) for name, row in by_name.items()}
        self.assertEqual(verdict["dropped.example"], (2, 2))
        self.assertEqual(verdict["advised.example"], (3, 19))
        self.assertEqual(by_name["dropped.example"]["activity_id"], 1)
        self.assertEqual(by_name["failing.example"]["rcode"], "ServError")
        self.assertEqual(by_name["tcp.target.example"]["connection_info"]["protocol_num"], 6)
        rows = self.valid(self.lines("ocsf", "address"), OCSF)
        self.assertEqual({row["src_endpoint"]["ip"] for row in rows}, {"127.0.0.77", "127.0.0.1", "::1"})

    def test_cef(self):
        parsed = [cef_parsed(line) for line in self.lines("cef", "address")]
        self.same_names(values["dhost"] for _, values in parsed[:len(NAMES)])
        for fields, values in parsed:
            self.assertEqual(fields[1:3] + fields[4:5], ["Cenote", "cenoted", values["act"]])
            self.assertIn(values["cs1"], ("2026-014", "2026-015", "2026-016"))
            self.assertIn(values["proto"], ("udp", "tcp"))
        self.assertEqual(parsed[-1][1]["c6a2"], "::1")
        self.assertEqual({values.get("src") for _, values in parsed}, {"127.0.0.77", "127.0.0.1", None})
        self.assertEqual(len({fields[4] for fields, _ in parsed}), 3, "restrict, block, advise")

    def test_the_splitter_is_strict(self):
        head = "CEF:0|Cenote|cenoted|1|restrict|DNS query|5|"
        self.assertEqual(cef_parsed(head + r"dhost=a\=b\\ c act=x")[1], {"dhost": "a=b\\ c", "act": "x"})
        for wrong in ("dhost=a=b", r"dhost=a\|b", "dhost=", " dhost=a", "dhost=a\tb", "host=a", "dhost=a dhost=b", "cs1=a",
                      "src=::1", "cn1=x cn1Label=y", "act=" + "x" * 64, "rt=now", "dhost=a\\"):
            with self.assertRaises(CefError, msg=wrong):
                cef_parsed(head + wrong)
        for wrong in ("CEF:0|a|b|c|d|e", "CEF:0|a|b|c|d|e|11|act=x", "CEF:1|a|b|c|d|e|5|act=x", r"CEF:0|a\=|b|c|d|e|5|act=x"):
            with self.assertRaises(CefError, msg=wrong):
                cef_parsed(wrong)


if __name__ == "__main__":
    main()
