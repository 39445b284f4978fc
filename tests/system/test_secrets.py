# SPDX-License-Identifier: Apache-2.0
"""TSIG keys, cookie secrets, TLS keys, tokens and keys of pseudonyms are in no log, no list of processes, no output, no
backup and no core file."""
import base64
import os
import pathlib
import re
import shutil
import subprocess

from certificates import Authority, replace
from daemon import BIN, PATIENCE
from harness import SystemTest, main
from test_owners import OWNER, TwoUsers

TSIG = base64.b64encode(b"a TSIG secret, 32 bytes in all.!").decode()
COOKIE = "5b1c0f9fd7a94e4d8f3f6a5b7c8d9e0f"
TOKEN = "tok3n-0f-the-lab-that-is-long-enough-123"
KINDS = {"TSIG": "transfer.key", "cookie": "cookies.key", "TLS": "key.pem", "token": "lab.tokens"}


class Secrets(SystemTest):
    def setUp(self):
        super().setUp()
        self.node_ = self.node()
        folder = self.node_.folder
        authority = Authority(folder)
        chain, key = authority.pair()
        shutil.rmtree(folder / "authority")
        replace(folder / "chain.pem", chain)
        for name, text in (("transfer.key", TSIG), ("cookies.key", COOKIE), ("key.pem", key), ("lab.tokens", TOKEN)):
            (folder / name).write_text(text + "\n")
            (folder / name).chmod(0o640)
        self.node_.write_config(server=f"""
listen_tls = ["127.0.0.1:0"]
listen_https = ["127.0.0.1:0"]
[server.tls]
name = "dns.example"
certificate = "{folder}/chain.pem"
key = "{folder}/key.pem"
""", extra=f"""
[limits]
cookie_secret_file = "{folder}/cookies.key"
[log]
file = "{folder}/queries.jsonl"
[history]
file = "{folder}/history.db"
[privacy]
identity = "pseudonym"
agreement = "an agreement for this test"
[[tsig]]
name        = "transfer-key"
secret_file = "{folder}/transfer.key"
[[serve_rpz]]
zone = "rpz.agency.example"
tsig = ["transfer-key"]
[[group]]
id = "lab"
tokens = "{folder}/lab.tokens"
""")
        pem = "".join(line for line in key.splitlines() if not line.startswith("-----"))
        self.forms = {"TSIG": forms(base64.b64decode(TSIG)), "cookie": forms(bytes.fromhex(COOKIE)),
                      "TLS": {pem.encode()[20:60], base64.b64decode(pem)[16:48]}, "token": {TOKEN.encode()}}

    def check(self, where, content):
        for kind, texts in self.forms.items():
            for text in texts:
                self.assertNotIn(text, content, f"the {kind} secret is in {where}")

    def test_no_secret_is_shown_or_kept(self):
        node = self.node_
        node.start()
        process = node.daemon.process.pid
        for file in ("cmdline", "environ"):
            self.check(file, pathlib.Path(f"/proc/{process}/{file}").read_bytes())
        node.ask("chat.alpha-ai.example")
        shown = 0
        for words in (("status",), ("stats",), ("groups",), ("lists",), ("services",), ("directives",), ("audit",), ("metrics",),
                      ("top", "names"), ("explain", "chat.alpha-ai.example", "--steps"), ("privacy",), ("report", "--from", "2020-01-01",
                      "--to", "2020-02-01"), ("export", "--format", "rpz"), ("state", "export"), ("dnr", "--format", "kea"),
                      ("backup", node.folder / "backup.db"), ("reload",)):
            for form in ((), ("--json",)):
                done = node.cenote(*words, *form)
                shown += done.returncode == 0 and done.stdout != ""
                self.check(f"cenote {words}", (done.stdout + done.stderr).encode())
        self.assertGreater(shown, 12, "outputs that were looked at")
        for kind, file in KINDS.items():  # each is broken, so that the mistake in it is told
            path = node.folder / file
            good = path.read_text()
            path.write_text(good[:len(good) // 2] + "\n")
            self.check(f"the error about {kind}", node.cenote("reload").stderr.encode())
            checked = subprocess.run([str(BIN / "cenoted"), "--check", "--config", str(node.config)], capture_output=True,
                                     timeout=PATIENCE, check=False)
            self.check(f"cenoted --check about {kind}", checked.stdout + checked.stderr)
            path.write_text(good)
        log = node.stop().log()
        self.check("the log", log.encode())
        kept = [path for path in node.folder.rglob("*") if path.is_file() and path.name not in KINDS.values()]
        self.assertTrue({"state.db", "history.db", "backup.db", "queries.jsonl"} <= {path.name for path in kept}, kept)
        for path in kept:
            self.check(path, path.read_bytes())


class Memory(TwoUsers):
    def test_memory_is_in_no_core_file_and_for_no_other_process(self):
        """PR_SET_DUMPABLE, as the kernel shows it: the files of the process in /proc belong to root, and not to the user it
        runs as (proc(5))."""
        self.resolver.cenote_ok("update")
        daemon = self.start_as_owner()
        web = subprocess.Popen(["setpriv", f"--reuid={OWNER}", f"--regid={OWNER}", "--clear-groups", str(BIN / "cenote-web"),
                                "--socket", str(self.folder / "none.sock")], stderr=subprocess.PIPE)
        self.addCleanup(web.stderr.close)
        self.addCleanup(web.wait, PATIENCE)
        self.addCleanup(web.kill)
        web.stderr.readline()  # it waits for the daemon
        for program, process in (("cenoted", daemon.pid), ("cenote-web", web.pid)):
            status = pathlib.Path(f"/proc/{process}/status").read_text()
            self.assertEqual(re.search(r"Name:\t(.+)", status)[1], program)
            self.assertEqual(re.search(r"Uid:\t(\d+)", status)[1], str(OWNER))
            self.assertEqual(os.stat(f"/proc/{process}/mem").st_uid, 0, program)


def forms(secret):
    """A secret as bytes, and as people write bytes."""
    return {secret, base64.b64encode(secret)[:-2], secret.hex().encode(), secret.hex().upper().encode()}


if __name__ == "__main__":
    main()
