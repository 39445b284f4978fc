# SPDX-License-Identifier: Apache-2.0
"""The rows of `run --rows veth`: which servers are measured between two network namespaces, and how."""
import contextlib
import dataclasses
import json
import shutil
import sys

import servers
import veth
import veth_chart
import zone_catalogue
from namespaces import Host, run

NULL = "0.0.0.0"


class XdpFloor(servers.Floor):
    """An echo over AF_XDP, which has no socket to be asked by."""
    interface = ""

    def prepare(self):
        return [self.build / "bin" / "echo", "--xdp", self.interface, f"{self.address}:{self.port}"]

    def is_ready(self, timeout):
        return veth.has_program(self.interface)


class Knotd(servers.Server):
    """Authoritative: it has the blocked names as records of the root zone."""
    package, program = "knot", "knotd"
    interface, over_xdp = "", False

    def is_ready(self, timeout):
        return self.ask(self.names[0], timeout) == (0, [NULL])

    def prepare(self):
        records = "".join(f"{name}. A {NULL}\n" for name in self.names)
        self.write("root.zone", "$ORIGIN .\n$TTL 300\n@ SOA a. b. 1 3600 600 86400 300\n@ NS ns\nns A 127.0.0.1\n" + records)
        zones = f'zone:\n  - domain: "."\n    file: "{self.folder}/root.zone"\n    zonefile-sync: -1\n'
        if self.over_xdp:
            zones = f"xdp:\n  listen: {self.interface}@{self.port}\n{zones}"
        config = zone_catalogue.read("knot.conf", port=self.port, folder=self.folder, zones=zones)
        return ["knotd", "-c", self.write("knot.conf", config.replace("127.0.0.1@", f"{self.address}@"))]


@dataclasses.dataclass
class Row:
    """What is measured: a mix on a site. `key`: its place in the tables."""
    key: str
    site: str
    mix: str
    window: int = 256
    clients: int = 256


def rows_of(mixes, key, site, **more):
    return [Row(f"{key}/{mix}", site, mix, **more) for mix in mixes]


SERVING = ["blocked", "cached"]
# Their titles. Two queues have a worker each.
SITES = {
    "echo": "socket echo",
    "xdp-echo": "AF_XDP echo, copy",
    "sockets": "Cenote, sockets",
    "xdp": "Cenote, AF_XDP, copy",
    "generic": "Cenote, AF_XDP, generic",
    "knot": "knotd, sockets (authoritative)",
    "knot-xdp": "knotd, AF_XDP (authoritative)",
    "sockets2": "Cenote, sockets, two queues",
    "xdp2": "Cenote, AF_XDP, copy, two queues",
}
ROWS = [
    *rows_of(["echo"], "256", "xdp-echo"),
    *rows_of([*SERVING, "miss"], "256", "sockets"),
    *rows_of([*SERVING, "miss"], "256", "xdp"),
    *rows_of(SERVING, "256", "generic"),
    *rows_of(["blocked"], "256", "knot-xdp"),
    *rows_of(["echo"], "16", "xdp-echo", window=16),
    *rows_of(SERVING, "16", "sockets", window=16),
    *rows_of(SERVING, "16", "xdp", window=16),
    *rows_of(["blocked"], "16", "knot", window=16),  # its socket holds 51 frames of a veth pair, and drops more
    *rows_of(["blocked"], "16", "knot-xdp", window=16),
    *[Row(f"clients {count}/{mix}", site, mix, clients=count) for mix in SERVING for site in ("sockets", "xdp")
      for count in (1, 65536)],
    *rows_of(SERVING, "256", "sockets2"),
    *rows_of(SERVING, "256", "xdp2"),
]


class Stage:
    """All sites at once: those that are not measured have nothing to do."""

    def __init__(self, bench, stack, wanted):
        self.bench, self.sites, self.stack = bench, {}, stack
        self.build = bench.options.build
        self.hosts, self.compiled = [], []
        for name in ("client", "server"):
            self.hosts.append(Host(name))
            stack.callback(run, "ip", "netns", "delete", name)
        self.pairs = {site: veth.Pair(self.hosts, number, queues=2 if site.endswith("2") else 1)
                      for number, site in enumerate(SITES)}
        self.upstream = servers.Upstream(bench.folder / "veth-nsd",
                                         [pair.client_address for pair in self.pairs.values()])
        with self.hosts[0].inside():
            self.upstream.start()
        stack.callback(self.upstream.stop)
        for site in SITES:
            if site in wanted:
                try:
                    self.open(site)
                except RuntimeError as failure:
                    print(f"  {SITES[site]} is not measured: {str(failure).strip()}", file=sys.stderr)

    def open(self, name):
        pair = self.pairs[name]
        makers = {"echo": self.echo, "xdp-echo": self.xdp_echo, "knot": self.knot, "knot-xdp": self.knot}
        server = makers.get(name, self.cenote)(name, pair)
        server.title = SITES[name]
        over_sockets = name in ("echo", "sockets", "sockets2", "knot")
        if over_sockets:
            pair.pass_all(self.build / "bin" / "rebound.bpf.o")
        if name == "generic":
            pair.merge_received()
        site = veth.Site(pair, server, native=name != "generic", awake=pair.queues == 1,
                         realtime=self.bench.options.realtime)
        self.stack.callback(server.stop)
        self.sites[name] = site

    def make(self, kind, name, pair, names=(), upstream=0, **settings):
        kind = type(kind.__name__, (kind,), {"address": pair.server_address, "interface": pair.there, **settings})
        return kind(self.bench.folder / f"veth-{name}", names, upstream, core="0" if pair.queues == 1 else "0,1")

    def echo(self, name, pair):
        return self.make(servers.Floor, name, pair)

    def xdp_echo(self, name, pair):
        return self.make(XdpFloor, name, pair)

    def cenote(self, name, pair):
        """All with the set of the first, which takes longest to be made."""
        folder = self.bench.folder / f"veth-{name}"
        folder.mkdir(parents=True, exist_ok=True)
        for file in self.compiled:
            shutil.copy2(file, folder)
        server = self.new_cenote(name, pair)
        self.compiled = self.compiled or [server.folder / "list.txt", *server.folder.glob("cenote.set*")]
        return server

    def new_cenote(self, name, pair):
        mode = {"xdp": "copy", "xdp2": "copy", "generic": "generic"}.get(name)
        in_server = f'xdp = ["{pair.there}"]\nxdp_mode = "{mode}"' if mode else ""
        return self.make(servers.Cenote, name, pair, self.bench.names.blocked, self.upstream.port,
                         upstream_host=pair.client_address, in_server=in_server, workers=pair.queues)

    def knot(self, name, pair):
        if not Knotd.installed():
            raise RuntimeError(f"apt-get install --no-install-recommends {Knotd.package}")
        return self.make(Knotd, name, pair, self.bench.names.sample[:veth.QUERIES], over_xdp=name == "knot-xdp")

    def write_names(self):
        """A file for each mix, with the address that each name has to have."""
        bench, files = self.bench, {}
        cenote = next((site for site in self.sites.values() if isinstance(site.server, servers.Cenote)), None)
        if cenote is None:
            raise SystemExit("rows of veth need a Cenote among --servers: it says which names can be blocked")
        with self.hosts[1].inside():
            blocked = [name for name in bench.names.sample[:veth.QUERIES] if cenote.server.ask(name) in servers.BLOCKED]
        lines = {"blocked": [f"{name} {NULL}" for name in blocked],
                 "cached": [f"{name} {servers.OPEN}" for name in bench.names.popular],
                 "miss": [f"{'a' * 16}.miss-{n}.example {servers.OPEN}" for n in range(997)],
                 "echo": blocked}
        for mix, text in lines.items():
            files[mix] = bench.folder / f"veth-{mix}.txt"
            files[mix].write_text("\n".join(text) + "\n")
        return files

    def measure(self, row, files, seconds):
        return self.sites[row.site].cost(self.build, files[row.mix], seconds, window=row.window, clients=row.clients,
                                         fresh=row.mix == "miss")


def measured(stage, rows, files, rounds):
    """For each row its costs, those of the floor directly before it, and their ratios, a round at a time."""
    found = {(row.key, row.site): [] for row in rows}
    for number in range(rounds + 1):
        seconds = stage.bench.options.seconds if number > 0 else 0.2  # the first round fills the caches
        for row in rows:
            floor = Row("floor", "echo", "echo", window=row.window)
            try:
                before, after = (stage.measure(each, files, seconds) for each in (floor, row))
            except RuntimeError as failure:
                print(f"  not measured: {row.key}: {str(failure).strip()}", file=sys.stderr)
                continue
            if number > 0:
                found[row.key, row.site].append((before, after))
        print(f"  round {number} of {rounds}", file=sys.stderr, flush=True)
    result = []
    for (key, site), pairs in found.items():
        if not pairs:
            continue
        result.append({
            "key": key, "site": site, "wrong": sum(after["wrong"] for _, after in pairs),
            "us": veth_chart.spread([after["us"] for _, after in pairs]),
            "ratio": veth_chart.spread([after["us"] / before["us"] for before, after in pairs]),
            "floor_us": veth_chart.spread([before["us"] for before, _ in pairs]),
            "per_second": veth_chart.spread([after["per_second"] for _, after in pairs]),
            "rounds": [after["us"] for _, after in pairs]})
        show(result[-1])
    return result


def show(row):
    us, ratio = row["us"], row["ratio"]
    print(f"  {SITES[row['site']]:46} {row['key']:20} x{ratio['median']:.2f} [{ratio['low']:.2f}-{ratio['high']:.2f}]  "
          f"{us['median']:.2f} us [{us['low']:.2f}-{us['high']:.2f}]  {row['per_second']['median']:.0f}/s"
          + (f"  {row['wrong']} WRONG" if row["wrong"] else ""), file=sys.stderr)


def veth_rows(bench):
    options = bench.options
    wanted = [row for row in ROWS if not options.servers or row.site in options.servers]
    with contextlib.ExitStack() as stack:
        stage = Stage(bench, stack, {"echo", *(row.site for row in wanted)})
        rows = [row for row in wanted if row.site in stage.sites]
        result = measured(stage, rows, stage.write_names(), options.rounds)
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n")
    for made in veth_chart.tables(result, SITES).values():
        print(made + "\n")
    if options.publish:
        veth_chart.publish(result, SITES, servers.SOURCE / "bench")
