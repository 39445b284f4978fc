# SPDX-License-Identifier: Apache-2.0
"""Certificates and configurations are replaced, one after the other and faster than each second, while dnsperf, h2load
and new connections of kdig use DNS over TLS and HTTPS: nothing is lost."""
import re
import subprocess
import threading

from daemon import PATIENCE, eventually
from h2_client import dns_text
from harness import RESTRICT_ALPHA, main
from https_node import HttpsTest

SWAPS = 6


class SwapsUnderLoad(HttpsTest):
    def setUp(self):
        super().setUp()
        self.names = self.node_.folder / "names"
        self.names.write_text("".join(f"n{i}.{'alpha-ai' if i % 2 else 'open'}.example A\n" for i in range(100)))

    def again_and_again(self, check, *command):
        """Runs a program until the swaps are over, at least once; check(its output) is the number of its queries."""
        def work():
            runs = 0
            while runs == 0 or not self.over.is_set():
                done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=10 * PATIENCE)
                count = check(done.stdout) if done.returncode == 0 else 0
                if count == 0:
                    self.faults.append(done.stdout + done.stderr)
                    return
                runs += 1
                self.counts[command] = self.counts.get(command, 0) + count
        thread = threading.Thread(target=work)
        thread.start()
        return thread

    @staticmethod
    def of_dnsperf(out):
        sent, completed, good = (int(re.search(rf"{what}\s+(\d+)", out)[1])
                                 for what in ("Queries sent:", "Queries completed:", "NOERROR"))
        return sent if sent == completed == good else 0

    @staticmethod
    def of_h2load(out):
        sent, good = (int(re.search(what, out)[1]) for what in (r"requests: (\d+) total", r"status codes: (\d+) 2xx"))
        return sent if sent == good and " 0 failed, 0 errored, 0 timeout" in out else 0

    @staticmethod
    def of_kdig(out):
        return out.count("status: NOERROR")

    def load(self):
        perf = ["dnsperf", "-s", "127.0.0.1", "-d", self.names, "-t", f"{PATIENCE:.0f}"]
        strict = [f"+tls-ca={self.authority.file}", "+tls-hostname=dns.example"]
        kdig = ["kdig", "@127.0.0.1", *strict, f"+time={PATIENCE:.0f}", "+retry=0"]
        urls = self.node_.folder / "urls"
        urls.write_text("".join(f"https://127.0.0.1:{self.https}/dns-query?dns={dns_text(self.query(name.split()[0]))}\n"
                                for name in self.names.read_text().splitlines()))
        return [self.again_and_again(self.of_dnsperf, *perf, "-m", "dot", "-p", self.tls, "-n", "20", "-c", "8", "-q", "80"),
                self.again_and_again(self.of_dnsperf, *perf, "-m", "doh", "-p", self.https, "-n", "5", "-T", "2", "-c", "2",
                                     "-q", "2", "-O", "doh-uri=https://dns.example/dns-query"),
                self.again_and_again(self.of_h2load, "h2load", "-n", "2000", "-c", "8", "-m", "50", "-i", urls),
                self.again_and_again(self.of_kdig, *kdig, "-p", self.tls, "+tls", "chat.alpha-ai.example"),
                self.again_and_again(self.of_kdig, *kdig, "-p", self.https, "+https", "chat.alpha-ai.example")]

    def served(self):
        """The certificates that new connections get, over TLS and over HTTPS."""
        return {self.secure(("dot",), self.tls).getpeercert()["serialNumber"], self.secure().getpeercert()["serialNumber"]}

    def test_nothing_is_lost(self):
        self.start()
        self.node_.fill_cache(line.split()[0] for line in self.names.read_text().splitlines())
        self.over, self.faults, self.counts = threading.Event(), [], {}
        threads = self.load()
        try:
            for number in range(SWAPS):
                before = self.served()
                self.put(self.authority.pair())
                self.node_.write_config(directives=RESTRICT_ALPHA.replace("dns@", f"dns{number}@"))
                if number % 2:
                    self.node_.cenote_ok("reload")
                eventually(lambda was=before: len(now := self.served()) == 1 and not now & was, "the new certificate")
                self.node_.cenote_ok("reload")
                self.assertIn(f"ask dns{number}@agency.example", self.node_.dig("chat.alpha-ai.example"))
        finally:
            self.over.set()
            for thread in threads:
                thread.join()
        self.assertEqual(self.faults, [])
        self.assertEqual(len(self.counts), len(threads), self.counts)
        self.assertGreater(sum(self.counts.values()), 4000)
        eventually(lambda: self.node_.cenote_json("status")["problems"] == [], "no problem is left")


if __name__ == "__main__":
    main()
