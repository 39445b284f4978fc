# SPDX-License-Identifier: Apache-2.0
"""What is not to be kept is nowhere: names that no directive covers and, at level none, the address of a client are
searched in every file of a node and in every output, as a program that looks for them would."""
import os
import re
import socket
import subprocess

import dns.message

from daemon import eventually
from harness import SystemTest, addresses, main
from upstreams import ScriptedUpstream, every_name

CANARIES = ("canary-a7f3", "canary-9c1e", "canary-mixed")  # labels that stand nowhere else
CLIENT = "127.83.219.47"  # asks for canaries and for names under a directive; nobody else has it
COVERED = "covered-5be2.alpha-ai.example"


def forms_of(address):
    """An address as text and in the forms in which a program may store it."""
    packed = socket.inet_aton(address)
    mapped = bytes(10) + b"\xff\xff" + packed
    return [address.encode(), packed, packed[::-1], packed.hex().encode(), mapped, mapped.hex().encode(),
            str(int.from_bytes(packed, "big")).encode()]


class Canary(SystemTest):
    def start(self, privacy, what="directives", more=""):
        upstream = ScriptedUpstream(self, every_name(1))
        node = self.node(upstreams=[upstream.where])
        (node.folder / "logs").mkdir()
        node.write_config(extra=f'[log]\nfile = "{node.folder}/logs/queries.jsonl"\nwhat = "{what}"\n{more}'
                                f'[privacy]\n{privacy}')
        return node.start()

    def ask_all(self, node):
        for tcp in (False, True):
            for canary in CANARIES:
                self.assertEqual(addresses(node.ask(f"{canary}.elsewhere.example", source=CLIENT, tcp=tcp)), ["192.0.2.1"])
                node.ask(f"www.{canary}.example", "HTTPS", source=CLIENT, tcp=tcp)
            node.ask(CANARIES[2].upper() + ".Elsewhere.Example", source=CLIENT, tcp=tcp)
            self.assertEqual(addresses(node.ask(COVERED, source=CLIENT, tcp=tcp)), ["0.0.0.0"])
        node.ask("canary-a7f3.alpha-ai.example.not-covered.example", source=CLIENT)
        log = node.folder / "logs" / "queries.jsonl"
        eventually(lambda: log.exists() and log.read_bytes().count(b"\n") >= 2, "the covered queries")

    def contents(self, node):
        """Name -> bytes of every file below the node's folder and of every output, compressed ones unpacked."""
        found = {}
        for folder, _, names in os.walk(node.folder):
            for name in names:
                path = os.path.join(folder, name)
                if not os.path.isfile(path):
                    continue  # sockets
                try:
                    with open(path, "rb") as file:
                        found[path] = file.read()
                except FileNotFoundError:  # renamed or removed meanwhile
                    continue
                if name.endswith(".zst"):
                    found[path + " unpacked"] = eventually(lambda path=path: self.unpacked(path), "a whole " + path)
        return found

    @staticmethod
    def unpacked(path):
        """None while the daemon still writes the file."""
        done = subprocess.run(["zstd", "-dcq", path], check=False, capture_output=True)
        return done.stdout if done.returncode == 0 else None

    def outputs(self, node):
        """Every verb that reads, in text and as JSON. `top clients` and `bypass` of `stats` show addresses on purpose."""
        found = {"journal": node.daemon.log().encode()}
        for verb in (["status"], ["stats"], ["metrics"], ["top"], ["top", "services"], ["top", "groups"], ["groups"],
                     ["audit"], ["directives", "--all"], ["exceptions"], ["allows"], ["services"], ["lists"],
                     ["verdicts", "alpha"], ["state", "export"], ["export", "--format", "rpz"]):
            for flags in ([], ["--json"]):
                done = node.cenote(*verb, *flags)
                if flags and done.returncode == 2:
                    continue  # a verb without --json
                self.assertEqual(done.returncode, 0, (verb, done.stderr))
                found[f"cenote {' '.join(verb + flags)}"] = (done.stdout + done.stderr).encode()
        return found

    def absent(self, found, wanted):
        for where, content in found.items():
            folded = content.lower()
            for each in wanted:
                self.assertFalse(each.lower() in folded, f"{each!r} is in {where}")

    def present(self, found, wanted):
        self.assertTrue(any(wanted in content for content in found.values()), f"the search finds {wanted!r}")

    def names_in_wire_form(self):
        return [bytes([len(canary)]) + canary.encode() for canary in CANARIES] + [canary.encode() for canary in CANARIES]

    def rotated(self, node):
        """Closes and compresses the log by filling it, so that compressed files are searched as well."""
        wire = dns.message.make_query(".".join(["x" * 60] * 3) + ".alpha-ai.example", "A").to_wire()
        client = node.udp()

        def closed():
            for _ in range(200):
                client.send(wire)
                client.recv(65535)
            return list((node.folder / "logs").glob("*.zst"))

        eventually(closed, "a closed log", 120)

    def test_nothing_of_a_client_and_no_open_name_is_kept(self):
        node = self.start('identity = "none"\n', more='max_size = "1MiB"\n')
        self.ask_all(node)
        self.absent(self.outputs(node), self.names_in_wire_form() + [CLIENT.encode()])
        self.rotated(node)
        self.absent(self.outputs(node), self.names_in_wire_form() + [CLIENT.encode()])
        while_it_runs = self.contents(node)
        node.stop()
        after = self.contents(node)
        for found in (while_it_runs, after):
            self.assertTrue(any(path.endswith(".zst unpacked") for path in found))
            self.assertTrue(any(path.endswith("history.db") for path in found))
            self.present(found, COVERED.encode())  # the names of directives are kept, and found by this search
            self.absent(found, self.names_in_wire_form() + forms_of(CLIENT))
        self.assertTrue(any(path.endswith("-wal") for path in while_it_runs), "the journal of the history was searched")

    def test_with_addresses_no_open_name_is_kept(self):
        node = self.start('identity = "address"\nagreement = "works agreement 7"\n')
        self.ask_all(node)
        found = self.outputs(node)
        self.absent(found, self.names_in_wire_form())
        node.stop()
        found = self.contents(node)
        self.present(found, CLIENT.encode())
        self.absent(found, self.names_in_wire_form())
        self.absent({path: content for path, content in found.items() if "/logs/" not in path}, forms_of(CLIENT))

    def test_pseudonyms_are_kept_without_the_address(self):
        node = self.start('identity = "pseudonym"\nagreement = "works agreement 7"\n')
        self.ask_all(node)
        node.stop()
        found = self.contents(node)
        log = next(content for path, content in found.items() if path.endswith("queries.jsonl"))
        self.assertEqual(len(set(re.findall(rb'"client":"(p-[a-z2-7]{16})"', log))), 1)
        self.absent(found, self.names_in_wire_form() + forms_of(CLIENT))

    def test_a_log_of_all_has_names_and_never_a_client(self):
        node = self.start('identity = "address"\nagreement = "works agreement 7"\n', what="all")
        self.ask_all(node)
        log = node.folder / "logs" / "queries.jsonl"
        eventually(lambda: log.read_bytes().count(CANARIES[0].encode()) >= 4, "open names")
        node.stop()
        for line in log.read_text().splitlines():
            self.assertEqual(CLIENT in line, COVERED in line, line)
        self.absent({path: content for path, content in self.contents(node).items() if "/logs/" not in path},
                    self.names_in_wire_form() + forms_of(CLIENT))

    def test_a_directive_may_keep_less(self):
        node = self.start('identity = "address"\nagreement = "works agreement 7"\n')
        node.write_config(directives='[[directive]]\nid = "quiet"\ntargets = ["service:alpha"]\nstep = "restrict"\n'
                                     'identity = "none"\n')
        node.cenote_ok("reload")
        self.ask_all(node)
        node.stop()
        self.absent(self.contents(node), self.names_in_wire_form() + forms_of(CLIENT))


if __name__ == "__main__":
    main()
