# SPDX-License-Identifier: Apache-2.0
"""Certificates for the TLS listeners of tests, made by openssl: an authority, and pairs that it signs."""
import os
import subprocess

NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]


def run(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


class Authority:
    """Its certificate is in `file`."""

    def __init__(self, folder):
        self.folder = folder / "authority"
        self.folder.mkdir()
        self.file, self.key = self.folder / "ca.pem", self.folder / "ca.key"
        self.made = 0
        run("req", "-x509", *NEW_KEY, "-days", "30", "-subj", "/CN=an authority for tests", "-keyout", self.key, "-out",
            self.file)

    def pair(self, name="dns.example", days=90, address="127.0.0.1"):
        """The texts of a certificate and of its key."""
        self.made += 1
        request, key, out, more = (self.folder / f"{self.made}.{end}" for end in ("csr", "key", "pem", "ext"))
        more.write_text(f"subjectAltName=DNS:{name},IP:{address}\n")
        run("req", *NEW_KEY, "-subj", f"/CN={name}", "-keyout", key, "-out", request)
        run("x509", "-req", "-in", request, "-CA", self.file, "-CAkey", self.key, "-set_serial", self.made + 1, "-days",
            days, "-extfile", more, "-out", out)
        return out.read_text(), key.read_text()


def replace(path, text):
    """As programs that renew certificates do: another file in the place of the old one."""
    beside = path.with_suffix(".new")
    beside.write_text(text)
    os.rename(beside, path)
