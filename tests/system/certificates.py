# SPDX-License-Identifier: Apache-2.0
"""Certificates for the TLS listeners of tests and for their clients, made by openssl."""
import datetime
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


class ClientAuthority:
    """Issues certificates of clients, and revokes them. Its own certificate is in `file`."""

    def __init__(self, folder, name="clients"):
        self.folder = folder / name
        self.folder.mkdir()
        self.file, self.key, self.config = (self.folder / end for end in ("ca.pem", "ca.key", "ca.cnf"))
        self.made = 0
        run("req", "-x509", *NEW_KEY, "-days", "30", "-subj", f"/CN={name}", "-keyout", self.key, "-out", self.file)
        (self.folder / "index.txt").write_text("")
        for number in ("serial", "crlnumber"):
            (self.folder / number).write_text("1000\n")
        self.config.write_text(f"""[ca]
default_ca = own
[own]
database = {self.folder}/index.txt
serial = {self.folder}/serial
crlnumber = {self.folder}/crlnumber
new_certs_dir = {self.folder}
certificate = {self.file}
private_key = {self.key}
default_md = sha256
default_crl_days = 30
unique_subject = no
policy = any
[any]
commonName = supplied
""")

    def client(self, names, days=(-1, 30)):
        """The files of a certificate and of its key; `days`: its begin and end, from now."""
        self.made += 1
        request, key, out, more = (self.folder / f"client{self.made}.{end}" for end in ("csr", "key", "pem", "ext"))
        more.write_text(f"subjectAltName={names}\nextendedKeyUsage=clientAuth\n")
        run("req", *NEW_KEY, "-subj", f"/CN=client {self.made}", "-keyout", key, "-out", request)
        begin, end = ((datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=each))
                      .strftime("%Y%m%d%H%M%SZ") for each in days)
        run("ca", "-config", self.config, "-batch", "-notext", "-in", request, "-startdate", begin, "-enddate", end,
            "-extfile", more, "-out", out)
        return out, key

    def revoke(self, certificate):
        run("ca", "-config", self.config, "-revoke", certificate)

    def revoked(self):
        """The text of the list of revoked certificates."""
        out = self.folder / "revoked.pem"
        run("ca", "-config", self.config, "-gencrl", "-out", out)
        return out.read_text()


def replace(path, text):
    """As programs that renew certificates do: another file in the place of the old one."""
    beside = path.with_suffix(".new")
    beside.write_text(text)
    os.rename(beside, path)
