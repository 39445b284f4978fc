# SPDX-License-Identifier: Apache-2.0
"""The Debian package is installed, serves and is removed, on the system of this machine without changing it.

The system is an overlay of / on a tmpfs, in mount and network namespaces of its own: port 53 is free there, and all
that dpkg does is gone with the namespaces.
"""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest
import urllib.request

from daemon import PATIENCE, SOURCE, NotifySocket, eventually
from harness import main

BUILD = pathlib.Path(os.environ.get("CENOTE_BUILD", SOURCE / "build" / "test"))


def run(*command, **options):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, stdin=subprocess.DEVNULL, **options)
    if done.returncode:
        raise AssertionError(f"{command} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def make_package(folder):
    run("cpack", "--config", BUILD / "CPackConfig.cmake", "-B", folder, cwd=BUILD)
    (package,) = folder.glob("cenote_*.deb")
    return package


class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if os.environ.get("CENOTE_SANITIZE"):
            raise unittest.SkipTest("a package is not made of a sanitizer build")
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="cenote-package-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, True)
        cls.package = make_package(cls.folder)

    def test_contents(self):
        listed = run("dpkg-deb", "-c", self.package)
        for path in ("./usr/sbin/cenoted", "./usr/sbin/cenote-web", "./usr/lib/systemd/system/cenote-web.service", "./usr/sbin/cenote-quic", "./usr/lib/systemd/system/cenote-quic.service", "./usr/bin/cenote", "./etc/cenote/cenote.toml", "./etc/cenote/services.d/",
                     "./etc/cenote/directives.d/", "./usr/lib/systemd/system/cenoted.service",
                     "./usr/lib/systemd/system/cenote-transfer.service",
                     "./usr/lib/systemd/system/cenote-report.service", "./usr/lib/systemd/system/cenote-report.timer",
                     "./usr/share/doc/cenote/REPORT.md",
                     "./usr/share/cenote/services/deepseek.toml", "./usr/share/cenote/shared_infrastructure.txt",
                     "./usr/share/man/man8/cenoted.8.gz", "./usr/share/bash-completion/completions/cenote",
                     "./usr/share/doc/cenote/copyright", "./usr/share/doc/cenote/CATALOGUE.md"):
            self.assertIn(f" {path}\n", listed)
        depends = run("dpkg-deb", "-f", self.package, "Depends")
        self.assertRegex(depends, r"\blibuv1\b")
        self.assertRegex(depends, r"\blibldns3\b")
        self.assertRegex(depends, r"\blibmicrohttpd12\b")
        self.assertEqual(run("dpkg-deb", "-f", self.package, "Suggests").strip(), "minisign, weasyprint")

    @unittest.skipUnless(shutil.which("lintian"), "lintian is not installed")
    def test_lintian(self):
        run("lintian", "--allow-root", "--fail-on", "error", self.package)

    def test_installs_serves_and_goes(self):
        if os.geteuid() != 0:
            self.skipTest("needs root: to mount an overlay of / and install there")
        if subprocess.run(["unshare", "-m", "-n", "true"], capture_output=True).returncode:
            self.skipTest("needs namespaces: unshare is not permitted here")
        done = subprocess.run(["unshare", "-m", "-n", sys.executable, "-B", __file__, "--inside", str(self.folder),
                               str(self.package)], capture_output=True, text=True)
        if done.returncode == 77:
            self.skipTest("needs an overlay of /: " + done.stdout.strip())
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


# The rest runs inside the namespaces.

def enter_overlay(folder, package):
    """Makes / of this process an overlay whose changes are in memory; the package is in its /root."""
    memory = folder / "memory"
    memory.mkdir()
    run("mount", "--make-rprivate", "/")
    run("mount", "-t", "tmpfs", "tmpfs", memory)
    for name in ("upper", "work", "root"):
        (memory / name).mkdir()
    root = memory / "root"
    try:
        run("mount", "-t", "overlay", "overlay", "-o",
            f"lowerdir=/,upperdir={memory}/upper,workdir={memory}/work", root)
    except AssertionError as failure:
        print(str(failure).splitlines()[-1])
        sys.exit(77)
    run("mount", "--rbind", "/dev", root / "dev")
    run("mount", "-t", "proc", "proc", root / "proc")
    run("mount", "-t", "tmpfs", "tmpfs", root / "run")
    shutil.copy(package, root / "root" / "cenote.deb")
    run("ip", "link", "set", "lo", "up")
    os.chroot(root)
    os.chdir("/")
    (pathlib.Path("/etc/resolv.conf")).unlink(missing_ok=True)
    pathlib.Path("/etc/resolv.conf").write_text("nameserver 192.0.2.53\n")


def traces():
    """Every file named after cenote; the account and the records of dpkg remain."""
    found = []
    for top in ("/etc", "/usr", "/var/lib", "/run"):
        for folder, folders, files in os.walk(top):
            if folder.startswith("/var/lib/dpkg"):
                continue
            found += [os.path.join(folder, name) for name in folders + files if "cenote" in name]
    return sorted(found)


def examples_are_accepted():
    """The configuration as installed, with every example in it in force."""
    text = pathlib.Path("/etc/cenote/cenote.toml").read_text()
    with_examples, times = re.subn(r"(?m)^#(?=[\w\[])", "", text)
    assert times > 20, times
    for group in re.search(r"approvers = (.*)\nreaders *= (.*)\n", with_examples).groups():
        run("groupadd", "--system", group.strip('"[]'))
    changed = pathlib.Path("/etc/cenote/with-examples.toml")
    changed.write_text(with_examples)
    done = subprocess.run(["/usr/sbin/cenoted", "--check", "--config", changed], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stdout + done.stderr
    changed.unlink()


def serve_the_page_as_its_user(config):
    """Starts cenote-web as its unit does: it reads the history and the control socket, and no other file of Cenote."""
    text, times = re.subn(r'(?m)^#(?=\[web\]$|listen = \["127\.0\.0\.1:8053"\]$)', "", config.read_text())
    assert times == 2, "there is an example of [web]"
    config.write_text(text)
    run("cenote", "reload")
    page = subprocess.Popen(["setpriv", "--reuid=cenote-web", "--regid=cenote-web", "--clear-groups", "--no-new-privs",
                             "--bounding-set=-all", "/usr/sbin/cenote-web"])
    try:
        link = eventually(lambda: subprocess.run(["cenote", "web", "login"], capture_output=True, text=True).stdout,
                          "the page is served").strip()
        with urllib.request.urlopen(link, timeout=PATIENCE) as reply:
            cookie = reply.headers["Set-Cookie"].split(";")[0]
        asked = urllib.request.Request(link[:link.index("/login/")] + "/", headers={"Cookie": cookie})
        with urllib.request.urlopen(asked, timeout=PATIENCE) as reply:
            assert reply.status == 200
        read = "import sqlite3; sqlite3.connect('file:/var/lib/cenote-history/history.db?mode=ro', uri=True)" \
               ".execute('SELECT count(*) FROM sqlite_schema').fetchone()"
        run("runuser", "-u", "cenote-web", "--", "/usr/bin/python3", "-c", read)
        for secret in "/var/lib/cenote/state.db", "/var/lib/cenote/pseudonym.keys":
            done = subprocess.run(["runuser", "-u", "cenote-web", "--", "cat", secret], capture_output=True)
            assert done.returncode != 0, secret
        done = subprocess.run(["runuser", "-u", "cenote-web", "--", "touch", "/var/lib/cenote-history/x"],
                              capture_output=True)
        assert done.returncode != 0, "the page writes nothing"
    finally:
        page.send_signal(signal.SIGTERM)
        assert page.wait(PATIENCE) == 0


def serve_as_systemd_would():
    """Starts cenoted as its unit does, asks it, blocks by editing the one line, and asks again."""
    pathlib.Path("/run/cenote").mkdir()
    shutil.chown("/run/cenote", "cenote", "cenote")
    notify = NotifySocket(pathlib.Path("/run/cenote"))
    shutil.chown(notify.path, "cenote")
    config = pathlib.Path("/etc/cenote/cenote.toml")
    daemon = subprocess.Popen(
        ["setpriv", "--reuid=cenote", "--regid=cenote", "--init-groups", "--no-new-privs",
         "--bounding-set=-all,+net_bind_service", "--inh-caps=-all,+net_bind_service",
         "--ambient-caps=-all,+net_bind_service", "/usr/sbin/cenoted", "--config", str(config)],
        env=dict(os.environ, NOTIFY_SOCKET=str(notify.path)))

    def notified(key):
        def seen():
            assert daemon.poll() is None, f"cenoted ended with {daemon.returncode}"
            notify.take(0.1)
            return any(key in message for message in notify.messages)
        eventually(seen, key)
        notify.messages.clear()

    try:
        notified("READY")
        dig = lambda *arguments: run("dig", "-r", "@127.0.0.1", "+tries=1", "+time=10", *arguments)
        shown = dig("chat.deepseek.com")
        assert "SERVFAIL" in shown and "EDE: 15" not in shown, "observed, so forwarded; there is no upstream server here:\n" + shown
        assert "127.0.0.1" in dig("localhost", "+short")
        assert '"node"' in run("cenote", "status", "--json")
        text = config.read_text()
        changed, times = re.subn(r'(?m)^step( *)= "observe"', r'step\1= "block"', text)
        assert times == 1, "there is one line to change"
        config.write_text(changed)
        run("/usr/sbin/cenoted", "--check", "--config", config)
        run("cenote", "reload")
        shown = dig("chat.deepseek.com")
        assert "0.0.0.0" in shown and "EDE: 15" in shown, shown
        assert "0.0.0.0" in run("dig", "-r", "@::1", "chat.deepseek.com", "+short")
        serve_the_page_as_its_user(config)
        output = run("runuser", "-u", "cenote-lists", "--", "cenote", "update")
        assert "cenoted has it in force" in output, output
        run("cenote", "update")  # as root: the files it leaves behind do not stop the service
        run("runuser", "-u", "cenote-lists", "--", "cenote", "update")
        left = [str(path) for path in pathlib.Path("/var/lib/cenote-lists").rglob("*") if path.owner() != "cenote-lists"]
        assert left == [], left
        for command in (["status"], ["restrict", "kimi", "--everyone", "--no-end"], ["audit"], ["reload"]):
            done = subprocess.run(["runuser", "-u", "cenote-lists", "--", "cenote", *command], capture_output=True,
                                  text=True, stdin=subprocess.DEVNULL)
            assert done.returncode != 0, f"the lists' user may not {command}: {done.stdout}"
        assert subprocess.run(["runuser", "-u", "cenote-lists", "--", "ls", "/var/lib/cenote"],
                              capture_output=True).returncode != 0
    finally:
        daemon.send_signal(signal.SIGTERM)
        assert daemon.wait(PATIENCE) == 0
        notify.close()
    shutil.rmtree("/run/cenote")


def inside(folder, package):
    enter_overlay(pathlib.Path(folder), pathlib.Path(package))
    before = traces()
    assert not [path for path in before if path.startswith("/etc/cenote")], "cenote is installed on this machine"
    # The variables of another node, as after tools/quickstart: the installation ignores them.
    elsewhere = dict(os.environ, CENOTE_CONFIG="/nonexistent/cenote.toml", CENOTE_SOCKET="/nonexistent/control.sock")
    said = run("dpkg", "-i", "/root/cenote.deb", env=elsewhere)
    for words in ("cenoted is installed", "sinkholes no name", "Next: ", "/etc/cenote/cenote.toml"):
        assert words in said, said
    run("/usr/sbin/cenoted", "--check")
    examples_are_accepted()
    published = pathlib.Path("/var/lib/cenote-lists/cenote.set")
    assert published.stat().st_size > 0 and published.owner() == "cenote-lists"
    wants = pathlib.Path("/etc/systemd/system/multi-user.target.wants/cenoted.service")
    timer = pathlib.Path("/etc/systemd/system/timers.target.wants/cenote-update.timer")
    assert wants.is_symlink() and timer.is_symlink()
    assert not timer.with_name("cenote-report.timer").is_symlink(), "off until somebody enables it"
    serve_as_systemd_would()
    history = pathlib.Path("/var/lib/cenote-history/history.db")
    assert (history.owner(), history.group()) == ("cenote", "cenote-web"), (history.owner(), history.group())

    edited = pathlib.Path("/etc/cenote/cenote.toml").read_text()
    said = run("dpkg", "-i", "/root/cenote.deb")  # an upgrade keeps the edited configuration
    assert "Next: " not in said, said
    assert pathlib.Path("/etc/cenote/cenote.toml").read_text() == edited
    own = pathlib.Path("/etc/cenote/directives.d/own.toml")
    own.write_text("# ours\n")

    run("dpkg", "-r", "cenote")
    assert not pathlib.Path("/usr/sbin/cenoted").exists()
    assert pathlib.Path("/etc/cenote/cenote.toml").exists() and published.exists(), "removed, not purged"
    state = pathlib.Path("/var/lib/cenote/state.db")
    assert state.exists()
    (state.parent / "another-file").write_text("")
    said = run("dpkg", "-P", "cenote")
    assert str(state) in said, said
    assert state.exists() and state.owner() == "cenote", "the audit trail stays"
    assert all(path.name.startswith("state.db") for path in state.parent.iterdir()), list(state.parent.iterdir())
    assert own.exists(), "files that are not of the package remain"
    own.unlink()

    for way in ("marker", "variable"):  # to remove the audit trail as well
        run("dpkg", "-i", "/root/cenote.deb")
        assert state.exists()
        if way == "marker":
            pathlib.Path("/etc/cenote/purge-audit-trail").write_text("")
        run("dpkg", "-P", "cenote",
            env=dict(os.environ, CENOTE_PURGE_AUDIT_TRAIL="yes") if way == "variable" else dict(os.environ))
        left = sorted(set(traces()) - set(before))
        assert left == [], (way, left)
        state.parent.mkdir()
        state.write_text("")  # for the next way
    shutil.rmtree(state.parent)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--inside"]:
        inside(*sys.argv[2:])
    else:
        main()
