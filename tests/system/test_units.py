# SPDX-License-Identifier: Apache-2.0
"""The systemd units, checked with the tools of systemd."""
import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from daemon import BIN, SOURCE
from harness import main

UNITS = ("cenoted.service", "cenote-transfer.service", "cenote-update.service", "cenote-update.timer",
         "cenote-report.service", "cenote-report.timer", "cenote-web.service", "cenote-quic.service")
# The exposure by systemd-analyze, in tenths: from 0, none, to 100. A change that raises one must change it here.
EXPOSURE_MAX = {"cenoted.service": 15, "cenote-transfer.service": 14, "cenote-update.service": 14,
                "cenote-report.service": 6, "cenote-web.service": 12, "cenote-quic.service": 5}


@unittest.skipUnless(shutil.which("systemd-analyze"), "systemd-analyze is not installed")
class Units(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="cenote-units-"))
        self.addCleanup(shutil.rmtree, self.folder)
        for unit in UNITS:
            text = (SOURCE / "systemd" / unit).read_text()
            for program in "/usr/sbin/cenoted", "/usr/sbin/cenote-web":
                text = text.replace(program, str(BIN / pathlib.Path(program).name))
            text = text.replace("/usr/bin/cenote ", f"{BIN}/cenote ")
            (self.folder / unit).write_text(text)

    def test_systemd_understands_every_line(self):
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", *(str(self.folder / u) for u in UNITS)],
                              capture_output=True, text=True)
        ours = [line for line in done.stderr.splitlines() if "cenote" in line]
        self.assertEqual(ours, [])
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_hardening(self):
        for unit, most in EXPOSURE_MAX.items():
            done = subprocess.run(["systemd-analyze", "security", "--offline=yes", f"--threshold={most}",
                                   str(self.folder / unit)], capture_output=True, text=True)
            if "offline" in done.stderr:
                self.skipTest("systemd-analyze cannot judge files offline here")
            self.assertEqual(done.returncode, 0, done.stdout[-300:] + done.stderr)

    def test_a_reload_that_is_refused_fails(self):
        """A signal has no reply: systemctl reload would succeed even when the reload fails."""
        text = (SOURCE / "systemd" / "cenoted.service").read_text()
        reload, = re.findall(r"(?m)^ExecReload=(.*)$", text)
        self.assertRegex(reload, r"^/usr/bin/cenote --config /etc/cenote/cenote\.toml reload\b")

    def test_one_capability(self):
        text = (SOURCE / "systemd" / "cenoted.service").read_text()
        self.assertEqual(re.findall(r"(?m)^CapabilityBoundingSet=(.*)$", text), ["CAP_NET_BIND_SERVICE"])
        self.assertEqual(re.findall(r"(?m)^AmbientCapabilities=(.*)$", text), ["CAP_NET_BIND_SERVICE"])
        self.assertEqual(re.findall(r"(?m)^User=(.*)$", text), ["cenote"])

    def test_the_drop_in_of_xdp_gives_what_the_daemon_gives_up(self):
        text = (SOURCE / "systemd" / "xdp.conf").read_text()
        given_up = re.search(r"std::array<unsigned, 3>\{(.*?)\}", (SOURCE / "resolver" / "xdp" / "xdp.cc").read_text())
        wanted = {"CAP_NET_BIND_SERVICE", *given_up.group(1).split(", ")}
        for key in ("AmbientCapabilities", "CapabilityBoundingSet"):
            self.assertEqual(set(re.findall(rf"(?m)^{key}=(.*)$", text)[0].split()), wanted)
        self.assertRegex(text, r"(?m)^SystemCallFilter=.*\bcapset\b")

    def test_only_the_daemon_has_the_state(self):
        """The processes that contact foreign servers have another user, and write in another folder."""
        for unit in ("cenote-transfer.service", "cenote-update.service"):
            text = (SOURCE / "systemd" / unit).read_text()
            self.assertEqual(re.findall(r"(?m)^User=(.*)$", text), ["cenote-lists"])
            self.assertEqual(re.findall(r"(?m)^(?:State|Runtime)Directory=(.*)$", text), ["cenote-lists"])
            self.assertNotIn("ReadWritePaths", text)

    def test_the_page_reads_nothing_but_socket_history_and_catalogue(self):
        """Its user is in no group of the daemon, and the folders of the others are not to be seen from there."""
        text = (SOURCE / "systemd" / "cenote-web.service").read_text()
        self.assertEqual(re.findall(r"(?m)^(?:User|Group)=(.*)$", text), ["cenote-web", "cenote-web"])
        self.assertNotIn("SupplementaryGroups", text)
        self.assertNotIn("ReadWritePaths", text)
        self.assertEqual(re.findall(r"(?m)^CapabilityBoundingSet=(.*)$", text), [""])
        hidden, = re.findall(r"(?m)^InaccessiblePaths=(.*)$", text)
        self.assertEqual(re.findall(r"(?m)^TemporaryFileSystem=(.*)$", text), ["/etc/cenote:ro"])
        self.assertEqual(re.findall(r"(?m)^BindReadOnlyPaths=(.*)$", text), ["-/etc/cenote/services.d"])
        for folder in "/var/lib/cenote", "/var/lib/cenote-lists", "/var/log/cenote":
            self.assertIn(f"-{folder}", hidden.split())
        self.assertNotRegex((SOURCE / "systemd" / "sysusers.conf").read_text(), r"(?m)^m +cenote-web ")

    def test_the_process_of_quic_has_sockets_of_the_daemon_alone(self):
        text = (SOURCE / "systemd" / "cenote-quic.service").read_text()
        self.assertEqual(re.findall(r"(?m)^(?:User|Group)=(.*)$", text), ["cenote-quic", "cenote-quic"])
        for line in ("PrivateNetwork=yes", "RestrictAddressFamilies=AF_UNIX", "CapabilityBoundingSet=",
                     "ConditionPathExists=/run/cenote/control.sock.quic"):
            self.assertIn(f"\n{line}\n", text)
        self.assertRegex((SOURCE / "systemd" / "cenoted.service").read_text(), r"(?m)^Wants=.*\bcenote-quic\.service\b")

    def test_a_report_is_of_the_week_before_monday(self):
        """The dates that the service asks for, on each day of a week, by the shell and the program `date` of the unit."""
        text = (SOURCE / "systemd" / "cenote-report.service").read_text()
        line, = re.findall(r"(?m)^ExecStart=/bin/sh -c '(.*)'$", text)
        script = line.replace("$$", "$").replace("%%", "%").replace("exec /usr/bin/cenote ", "echo ")
        self.assertNotIn("/usr/bin/cenote", script)
        wrapper = self.folder / "date"
        for day in range(2, 9):
            wrapper.write_text(f"""#!/bin/sh
case "$1" in
-d) exec /usr/bin/date -d "$(echo "$2" | sed 's/^-/2026-03-0{day} -/')" "$3" ;;
*) exec /usr/bin/date -d 2026-03-0{day} "$1" ;;
esac
""")
            wrapper.chmod(0o755)
            done = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=True,
                                  env={"PATH": f"{self.folder}:/usr/bin:/bin", "REPORTS": "/r", "TZ": "Asia/Seoul"})
            self.assertRegex(done.stdout, r"report --from 2026-02-23 --to 2026-03-02 --out /r/report-2026-02-23\.html\n$", day)

    def test_limits(self):
        for unit in UNITS:
            if not unit.endswith(".service"):
                continue
            text = (SOURCE / "systemd" / unit).read_text()
            self.assertIn("\nLimitCORE=0\n", text, unit)
            self.assertRegex(text, r"(?m)^MemoryMax=\d", unit)
            self.assertRegex(text, r"(?m)^TasksMax=\d", unit)

    def test_programs_are_bound_at_start(self):
        """The programs have full RELRO and are position-independent."""
        for program in ("cenoted", "cenote", "cenote-quic", "cenote-web"):
            shown = subprocess.run(["readelf", "-hldW", str(BIN / program)], capture_output=True, text=True, check=True)
            self.assertRegex(shown.stdout, r"Type: +DYN")
            self.assertIn("GNU_RELRO", shown.stdout)
            self.assertRegex(shown.stdout, r"\(FLAGS_1\).*\bNOW\b.*\bPIE\b")

    def test_sysusers_and_tmpfiles(self):
        root = self.folder / "root"
        for folder in ("etc", "usr/lib/sysusers.d", "usr/lib/tmpfiles.d"):
            (root / folder).mkdir(parents=True)
        shutil.copy(SOURCE / "systemd" / "sysusers.conf", root / "usr/lib/sysusers.d/cenote.conf")
        shutil.copy(SOURCE / "systemd" / "tmpfiles.conf", root / "usr/lib/tmpfiles.d/cenote.conf")
        for command in (["systemd-sysusers", f"--root={root}", "cenote.conf"],
                        ["systemd-tmpfiles", f"--root={root}", "--create", "cenote.conf"]):
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode and "permitted" in done.stderr:
                self.skipTest("needs root: " + done.stderr.strip())
            self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex((root / "etc/passwd").read_text(), r"(?m)^cenote:[^:]*:\d+:\d+:.*:/var/lib/cenote:.*nologin$")
        self.assertRegex((root / "etc/passwd").read_text(), r"(?m)^cenote-lists:[^:]*:\d+:\d+:.*nologin$")
        self.assertEqual((root / "var/lib/cenote").stat().st_mode & 0o7777, 0o700)
        self.assertRegex((root / "etc/passwd").read_text(), r"(?m)^cenote-web:[^:]*:\d+:\d+:.*nologin$")
        self.assertRegex((root / "etc/passwd").read_text(), r"(?m)^cenote-quic:[^:]*:\d+:\d+:.*nologin$")
        self.assertEqual((root / "var/lib/cenote-history").stat().st_mode & 0o7777, 0o2750)
        self.assertEqual((root / "var/lib/cenote-lists").stat().st_mode & 0o7777, 0o750)

    def test_presets_name_one_another(self):
        presets = json.loads((SOURCE / "CMakePresets.json").read_text())
        names = {p["name"] for p in presets["configurePresets"] if not p.get("hidden")}
        self.assertEqual(names, {"dev", "release", "test", "asan", "tsan", "clang", "fuzz", "coverage"})
        built = {p["configurePreset"] for p in presets["buildPresets"] if not p.get("hidden")}
        tested = {p["configurePreset"] for p in presets["testPresets"] if not p.get("hidden")}
        self.assertEqual(built, names)
        self.assertEqual(tested, names - {"release", "clang", "coverage"}, "these are built without tests, or for `tools/dev/fuzz --coverage`")


if __name__ == "__main__":
    main()
