# SPDX-License-Identifier: Apache-2.0
"""Each fuzz target has a source, a corpus, a goal and a line in parsers.txt. Each file that reads what others wrote is in
parsers.txt, or in without_target.txt with its reason. oss-fuzz installs what the build needs."""
import pathlib
import re
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FUZZ = ROOT / "tests" / "fuzz"
# What a file calls or has that takes bytes apart, or gets them from outside. A file of which only the text of TOML, or
# values of a database, are read by its module's own functions shows none of them: parsers.txt has it all the same.
READS = re.compile(r"\bByteReader \w|\bload_u(16|32)\(|::(recv|recvfrom|recvmsg|recvmmsg|pread)\(|[ (=!]::read\(|"
                   r"\bJson::parse\(|\bstd::getline\(|\bfor_each_line\(|[ (=]read_file\(|PEM_read|d2i_|X509_get|"
                   r"\bngtcp2_(conn_read_pkt|pkt_decode\w+|accept)\(|\bgnutls_certificate_set_x509|ZSTD_decompress|"
                   r"MHD_create|\bfstrm_\w+_open\(|\breceive_packet\(")
NOT_IN_UBUNTU_IMAGE = {"ccache"}  # which only makes a second build faster
BESIDE_THE_BUILD = {"libgmock-dev", "libgtest-dev", "patchelf", "python3", "zip"}  # tests, and tests/fuzz/oss-fuzz/build.sh


def parsers():
    rows = [line.split() for line in (FUZZ / "parsers.txt").read_text().splitlines() if line and line[0] != "#"]
    return [(row[0], file) for row in rows for file in row[1:]]


def targets():
    return re.findall(r"^cenote_fuzz\((\w+) ", (FUZZ / "CMakeLists.txt").read_text(), re.M)


def rows(name):
    return [line.split(None, 1) for line in (FUZZ / name).read_text().splitlines() if line and line[0] != "#"]


def reading(root, folders=("resolver", "blocklists", "tools/cenote")):
    """The files below a root that read what others wrote."""
    paths = [path for folder in folders for path in (root / folder).rglob("*.cc")]
    return {str(path.relative_to(root)) for path in paths if READS.search(path.read_text())}


class FuzzTargets(unittest.TestCase):
    def test_targets_are_the_sources(self):
        self.assertGreater(len(targets()), 30)
        self.assertEqual(sorted(targets()), sorted(path.name[:-len("_fuzz.cc")] for path in FUZZ.glob("*_fuzz.cc")))

    def test_each_has_inputs_that_are_small(self):
        for target in targets():
            inputs = [path for path in (FUZZ / "corpus" / target).iterdir()]
            self.assertGreater(len(inputs), 4, target)
            for path in inputs:
                self.assertLess(path.stat().st_size, 96 * 1024, path)
        self.assertEqual(sorted(targets()), sorted(path.name for path in (FUZZ / "corpus").iterdir()))

    def test_each_reaches_a_parser_and_no_parser_is_missing(self):
        self.assertEqual(sorted(targets()), sorted({target for target, _ in parsers()}))
        for target, file in parsers():
            self.assertTrue((ROOT / file).is_file(), f"{target}: {file}")

    def test_what_reads_has_a_target_or_a_reason(self):
        excused = dict(rows("without_target.txt"))
        listed = {file for _, file in parsers()}
        found = reading(ROOT)
        self.assertGreater(len(found), 90)
        self.assertEqual(sorted(found - listed - set(excused)), [], "write a target, or the reason why there is none")
        self.assertEqual(sorted(set(excused) & listed), [], "is in both lists")
        self.assertEqual(sorted(set(excused) - found), [], "reads nothing any more, or is gone")
        for file, reason in excused.items():
            for target in re.findall(r"\((\w+)\)", reason):
                self.assertIn(target, targets(), file)

    def test_a_file_that_reads_is_found(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name, text in {"a.cc": "ByteReader in(packet);", "b.cc": "const auto got = ::recv(fd, at, 1, 0);",
                               "c.cc": "while (::read(fd, at, 1) > 0) {}", "d.cc": "auto json = Json::parse(text);",
                               "e.cc": "Status Store::read(Span span) {}", "f.cc": "ByteWriter out(space);"}.items():
                (root / "resolver" / "m").mkdir(parents=True, exist_ok=True)
                (root / "resolver" / "m" / name).write_text(text)
            self.assertEqual(sorted(reading(root)), [f"resolver/m/{name}.cc" for name in "abcd"])

    def test_each_has_a_goal(self):
        for target in targets():
            self.assertRegex((FUZZ / f"{target}_fuzz.cc").read_text(), r"\bfuzz::Goal \w+\(\"", target)

    def test_each_goal_can_be_reached(self):
        for target in targets():
            text = (FUZZ / f"{target}_fuzz.cc").read_text()
            for goal in re.findall(r"\bfuzz::Goal (\w+)\(", text):
                uses = re.findall(rf"\b{goal}\b", text)
                self.assertGreater(len(uses), 1, f"{target}: {goal}")

    def test_oss_fuzz_installs_what_the_build_needs(self):
        packages = (ROOT / "tools" / "dev" / "packages.txt").read_text().splitlines()
        build = {line.split()[1] for line in packages if line.startswith("build ")}
        command = (FUZZ / "oss-fuzz" / "Dockerfile").read_text().split("--no-install-recommends")[1].split("\n\n")[0]
        installed = set(command.replace("\\\n", " ").split())
        self.assertEqual(sorted(installed), sorted(build - NOT_IN_UBUNTU_IMAGE | BESIDE_THE_BUILD))

    def test_dictionaries_are_used_and_there(self):
        used = set(re.findall(r"DICT (\w+)", (FUZZ / "CMakeLists.txt").read_text().split("endfunction()")[1]))
        self.assertEqual(used, {path.stem for path in (FUZZ / "dictionaries").iterdir()})


if __name__ == "__main__":
    unittest.main()
