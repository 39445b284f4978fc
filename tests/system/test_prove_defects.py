# SPDX-License-Identifier: Apache-2.0
"""`cenote prove` finds each planted defect on real nodes and names it.

Defects of a policy are those of a second daemon. Defects of a path, such as one type answered by another server, are
those of a server in front of a daemon that answers some queries itself and hands the others on.
"""
import errno
import socket

import dns.flags
import dns.rdatatype

from daemon import eventually
from harness import CATALOGUE, RESTRICT_ALPHA, main
from prove_nodes import ProveTest

NAME = "alpha-ai.example"
HOSTS = """
[[list]]
id     = "extra"
source = "{folder}/extra.txt"
format = "{format}"
[[directive]]
id      = "test-2"
targets = ["list:extra"]
step    = "block"
"""


class Planted(ProveTest):
    """Ten defects and two more, each on another node than the one that has the plan."""

    def test_1_a_node_without_the_directive(self):
        first, second = self.started(), self.started(directives="")
        rows = self.rows(first, self.where(second))
        row = next(row for row in rows if row["name"] == NAME and row["type"] == "A")
        self.assertEqual((row["expected"], row["got"]), ("0.0.0.0, EDE 15", "192.0.2.1, no EDE"))

    def test_2_one_type_is_left_open(self):
        node = self.started()
        front = self.front(node, lambda query: query.question[0].rdtype == dns.rdatatype.HTTPS)
        rows = self.rows(node, front.where)
        self.assertEqual({row["type"] for row in rows}, {"HTTPS"})
        self.assertEqual({row["expected"] for row in rows}, {"NODATA, EDE 15"})
        self.assertEqual({row["transport"] for row in rows}, {"udp", "tcp"})

    def test_3_a_shared_name_is_sinkholed_by_force(self):
        first = self.started()
        second = self.started(extra='[[local]]\nname = "shared.cdn-net.example"\ntype = "A"\nvalue = "0.0.0.0"\n')
        rows = [row for row in self.rows(first, self.where(second)) if row["name"] != "policy.cenote"]
        self.assertEqual({(row["name"], row["type"]) for row in rows}, {("shared.cdn-net.example", "A")})
        self.assertEqual({(row["expected"], row["got"]) for row in rows}, {("resolves", "0.0.0.0, no EDE")})

    def test_4_tcp_is_not_reached(self):
        node = self.started()
        front = self.front(node, lambda query: False)
        front.tcp.shutdown(socket.SHUT_RDWR)
        front.tcp.close()

        def refuses():
            with socket.socket() as client:
                return client.connect_ex((front.address, front.port)) == errno.ECONNREFUSED
        eventually(refuses, "the end of the listening socket, which a thread accepts from")
        rows = self.rows(node, front.where)
        self.assertEqual([(row["transport"], row["got"]) for row in rows], [("tcp", "connection refused")])

    def test_5_the_extended_error_is_missing(self):
        def without_errors(query, reply):
            reply.use_edns(edns=0, options=[])
            return reply
        node = self.started()
        front = self.front(node, lambda query: False, without_errors)
        rows = self.rows(node, front.where)
        self.assertIn(("0.0.0.0, EDE 15", "0.0.0.0, no EDE"), {(row["expected"], row["got"]) for row in rows})
        self.assertTrue(all("no EDE" in row["got"] for row in rows), rows)

    def test_6_another_sinkhole_address(self):
        first = self.started()
        second = self.started(sinkhole='answer = "address"\nipv4 = "192.0.2.66"')
        rows = self.rows(first, self.where(second))
        self.assertIn(("A", "192.0.2.66, EDE 15 and 4"), {(row["type"], row["got"]) for row in rows})
        self.assertIn(("AAAA", "NODATA, EDE 15"), {(row["type"], row["got"]) for row in rows})

    def test_7_mixed_case_is_let_through(self):
        node = self.started()
        front = self.front(node, lambda query: any(c.isupper() for c in query.question[0].name.to_text()))
        rows = self.rows(node, front.where)
        self.assertEqual({row["variant"] for row in rows}, {"mixed-case"})

    def test_8_do_and_cd_are_let_through(self):
        node = self.started()
        for flagged, variants in ((lambda query: query.ednsflags & dns.flags.DO, {"do", "cd+do"}),
                                  (lambda query: query.flags & dns.flags.CD, {"cd", "cd+do"})):
            rows = self.rows(node, self.front(node, flagged).where)
            self.assertEqual({row["variant"] for row in rows}, variants)

    def test_9_a_name_below_is_let_through(self):
        first, second = self.listed("domains", "bad.example\n"), self.listed("hosts", "0.0.0.0 bad.example\n")
        rows = [row for row in self.rows(first, self.where(second), directive="test-2")
                if row["name"] != "policy.cenote"]
        self.assertTrue(rows)
        for row in rows:
            self.assertRegex(row["name"], r"^cenote-[0-9a-f]{8}\.bad\.example$")

    def listed(self, kind, text):
        node = self.node(upstreams=[self.upstream.where])
        (node.folder / "extra.txt").write_text(text)
        node.write_config(directives=HOSTS.format(folder=node.folder, format=kind))
        return node.start()

    def test_10_another_policy(self):
        first = self.started()
        second = self.started(directives=RESTRICT_ALPHA + '[[directive]]\nid = "more"\ntargets = ["service:beta"]\n'
                                                          'step = "observe"\n')
        rows = self.rows(first, self.where(second))
        self.assertEqual([row["name"] for row in rows], ["policy.cenote"])
        self.assertRegex(rows[0]["expected"], "^rules [0-9a-f]{16}$")
        self.assertRegex(rows[0]["got"], "^rules [0-9a-f]{16}$")
        self.assertNotEqual(rows[0]["expected"], rows[0]["got"])

    def test_11_an_exception_does_not_open(self):
        first, second = self.started(), self.started()
        first.cenote_ok("exception", "request", "--directive", "test-1", "--client", "127.0.0.1", "--for", "1h",
                        "--purpose", "a test", "--emergency")
        result = self.proved(first, "test-1", code=0)
        self.assertTrue(any("for this host" in remark for remark in result["directives"][0]["remarks"]), result)
        rows = self.rows(first, self.where(second))
        self.assertIn((NAME, "not sinkholed", "0.0.0.0, EDE 15 and 4"),
                      {(row["name"], row["expected"], row["got"]) for row in rows})

    def test_12_an_older_set(self):
        first, second = self.started(), self.started()
        more = CATALOGUE.replace('[[service.domain]]\nname = "alpha-ai.example"',
                                 '[[service.domain]]\nname = "new.alpha.example"\nrole = "web"\n\n'
                                 '[[service.domain]]\nname = "alpha-ai.example"', 1)
        self.assertNotEqual(more, CATALOGUE)
        (first.services / "test.toml").write_text(more)
        first.update()
        rows = [row for row in self.rows(first, self.where(second)) if row["name"] != "policy.cenote"]
        self.assertTrue(rows)
        self.assertEqual({row["name"].split(".", 1)[1] if row["name"].startswith("cenote-") else row["name"]
                          for row in rows}, {"new.alpha.example"})


if __name__ == "__main__":
    main()
