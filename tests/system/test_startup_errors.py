# SPDX-License-Identifier: Apache-2.0
"""A broken environment: one line that says what and what to do, and exit code 1."""
import os
import resource
import subprocess
import socket

from daemon import BIN, PATIENCE, SOURCE
from harness import RESTRICT_ALPHA, SystemTest, main


class StartupErrors(SystemTest):
    def run_daemon(self, *arguments):
        return subprocess.run([str(BIN / "cenoted"), *map(str, arguments)], capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=PATIENCE)

    def fails(self, node, word):
        done = self.run_daemon("--config", node.config)
        self.assertEqual(done.returncode, 1, done)
        errors = [line for line in done.stderr.splitlines() if word in line and not line.startswith("warning:")]
        self.assertEqual(len(errors), 1, done.stderr)
        return done

    def test_taken_port(self):
        for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
            with self.subTest(kind), socket.socket(socket.AF_INET, kind) as holder:
                holder.bind(("127.0.0.1", 0))
                if kind == socket.SOCK_STREAM:
                    holder.listen()
                port = holder.getsockname()[1]
                node = self.node(listen=f'"127.0.0.1:{port}"')
                node.update()
                self.fails(node, f"127.0.0.1:{port}")

    def test_address_of_another_machine(self):
        node = self.node(listen='"203.0.113.1:5300"')
        node.update()
        self.fails(node, "203.0.113.1")

    def test_too_little_memory(self):
        """Under every limit the start ends in one line and exit code 1, or it succeeds."""
        if os.environ.get("CENOTE_SANITIZE"):
            self.skipTest("sanitizers take more address space than any limit")
        node = self.node()
        node.update()
        lines = []
        for limit in range(16 << 20, 2 << 30, 8 << 20):
            daemon = subprocess.Popen([str(BIN / "cenoted"), "--config", str(node.config)], stderr=subprocess.PIPE,
                                      stdin=subprocess.DEVNULL, text=True,
                                      preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)))
            self.addCleanup(daemon.stderr.close)
            self.addCleanup(daemon.kill)
            last = ""
            for line in daemon.stderr:
                last = line
                if "is ready" in line:
                    daemon.terminate()
            code = daemon.wait(PATIENCE)
            if code == 0:
                break
            if code == 127:
                continue  # not even its libraries could be loaded
            self.assertEqual(code, 1, f"{limit}: {last}")
            self.assertRegex(last, "memory")
            lines.append(last)
        self.assertEqual(code, 0, "no limit was enough")
        self.assertTrue([line for line in lines if "no memory is left" in line], lines)

    def test_missing_folder(self):
        node = self.node()
        node.config.write_text(node.config.read_text().replace(str(node.control), f"{node.folder}/no/such/c.sock"))
        self.fails(node, "no/such")

    def test_no_configuration(self):
        done = self.run_daemon("--config", "/no/such/cenote.toml")
        self.assertEqual(done.returncode, 1, done)
        self.assertIn("/no/such/cenote.toml", done.stderr)

    def test_check_finds_every_error_at_once(self):
        node = self.node()
        node.update()
        node.write_config(server="no_such_key = 1", directives=RESTRICT_ALPHA + """
[[directive]]
id      = "x"
targets = ["service:alhpa"]
step    = "blok"
[[directive]]
id      = "test-1"
targets = ["service:beta"]
step    = "block"
""")
        done = self.run_daemon("--check", "--config", node.config)
        self.assertEqual(done.returncode, 1, done)
        lines = [line for line in (done.stdout + done.stderr).splitlines() if line.startswith(f"{node.config}:")]
        for line in lines:
            self.assertRegex(line, r":\d+:\d+: ")
        text = "\n".join(lines)
        for word in ("no_such_key", "alhpa", "blok", "test-1"):
            self.assertIn(word, text)
        self.assertIn("alpha", text.replace("alhpa", ""), "the nearest name")
        done = self.run_daemon("--config", node.config)
        self.assertEqual(done.returncode, 1)

    def test_check_of_a_good_file(self):
        done = self.run_daemon("--check", "--config", self.node().config)
        self.assertEqual(done.returncode, 0, done)

    def test_check_sees_what_the_machine_lacks(self):
        """Warnings: the daemon would start, or would with another machine."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
            holder.bind(("127.0.0.1", 0))
            port = holder.getsockname()[1]
            node = self.node(listen=f'"127.0.0.1:{port}", "203.0.113.1:53"', directives="")
            node.config.write_text(node.config.read_text().replace(str(node.services), "/no/such/services"))
            done = self.run_daemon("--check", "--config", node.config)
        self.assertEqual(done.returncode, 0, done)
        for what in (f"another program has UDP of 127.0.0.1:{port}", "this machine has no address 203.0.113.1",
                     "there is no folder /no/such/services"):
            line, = [line for line in done.stderr.splitlines() if what in line]
            self.assertRegex(line, r"cenote\.toml:\d+:\d+: warning: ")

    def test_check_as_the_user_of_the_daemon(self):
        node = self.node()
        node.config.chmod(0o640)
        node.folder.chmod(0o755)
        unprivileged = ["setpriv", "--reuid=4242", "--regid=4242", "--clear-groups"]
        done = subprocess.run([*unprivileged, str(BIN / "cenoted"), "--check", "--config", str(node.config)],
                              capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=PATIENCE)
        self.assertEqual(done.returncode, 1, done)
        self.assertIn("Permission denied", done.stderr)

    def test_times_need_an_offset(self):
        node = self.node(directives=RESTRICT_ALPHA.replace("23:59:59Z", "23:59:59"))
        done = self.run_daemon("--check", "--config", node.config)
        self.assertEqual(done.returncode, 1, done)
        self.assertRegex(done.stdout + done.stderr, r"cenote\.toml:\d+:\d+: .*(offset|\+09:00|Z)")

    def test_wrong_command_line(self):
        for arguments in (("--no-such-option",), ("--config",)):
            self.assertEqual(self.run_daemon(*arguments).returncode, 2)

    def test_the_packaged_configuration_is_good(self):

        node = self.node()
        text = (SOURCE / "systemd" / "cenote.toml").read_text()
        for installed, here in (("/usr/share/cenote/services", SOURCE / "blocklists" / "services"),
                                ("/etc/cenote/services.d", node.services)):
            self.assertIn(installed, text)
            text = text.replace(installed, str(here))
        node.config.write_text(text)
        done = self.run_daemon("--check", "--config", node.config)
        self.assertEqual(done.returncode, 0, done)


if __name__ == "__main__":
    main()
