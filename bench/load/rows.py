# SPDX-License-Identifier: Apache-2.0
"""What is not a cost per query: workers, changes under load, memory, starts, idle connections. Each function prints its own line."""
import json
import pathlib
import resource
import statistics
import subprocess
import threading
import time

import servers
import veth_rows


def status_mib(pid, field):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) / 1024
    return 0.0


def cenote(bench, folder, **settings):
    """One with a folder of its own; `settings` before it is prepared."""
    kind = type("Cenote", (servers.Cenote,), settings)
    return kind(bench.folder / folder, bench.names.blocked, bench.upstream.port)


def workers(bench):
    """CPU per query with 1, 2 and 4 workers on both processors, which the load has to share with them."""
    path = bench.folder / "workers.txt"
    path.write_text("\n".join(bench.names.popular) + "\n")
    cost = {}
    for count in (1, 2, 4, 1, 2, 4, 1, 2, 4):
        server = cenote(bench, f"workers{count}", workers=count, core="0,1")
        server.start()
        for _ in range(2):
            bench.load(server.port, path, 2, "--window", "32")
        cost.setdefault(count, []).append(bench.cost_us(server, server.port, path, "--window", "512", "--flows", "32")[0])
        server.stop()
    costs = {count: statistics.median(values) for count, values in cost.items()}
    print("workers: " + ", ".join(f"{count}: {us:.2f} us (×{us / costs[1]:.2f})" for count, us in costs.items()))


def changes(bench, seconds):
    """Updates and reloads one after the other under 80 % of the load that one worker can take."""
    server = cenote(bench, "cenote")
    server.start()
    path = bench.folder / "changes.txt"
    mix = bench.names.of("ten", 0, bench.rng)
    blocked = set(bench.names.sample)
    left_out = bench.left_out(server)
    path.write_text("".join(f"{name} {'0.0.0.0' if name in blocked else servers.OPEN}\n" for name in mix
                            if name not in left_out))
    for _ in range(3):
        bench.load(server.port, path, 2, "--window", "32")
    rate = str(int(bench.load(server.port, path, 2)["per_second"] * 0.8))
    calm = bench.load(server.port, path, seconds, "--rate", rate)
    done = threading.Event()
    made = {"update": 0, "reload": 0}

    def change():
        while not done.is_set():
            for verb in made:
                server.cenote(verb)
                made[verb] += 1

    changer = threading.Thread(target=change)
    changer.start()
    busy = bench.load(server.port, path, seconds, "--rate", rate)
    done.set()
    changer.join()
    server.stop()
    print(f"changes: at {rate}/s for {seconds} s, undisturbed: p99 {calm['p99_us']} us, lost {calm['lost']}, wrong "
          f"{calm['wrong']}; with {made['update']} updates and {made['reload']} reloads: p99 {busy['p99_us']} us, lost "
          f"{busy['lost']}, wrong {busy['wrong']}")


def memory(bench):
    """A cache of 32 MiB, more names than fit into it, blocked ones besides; then a second daemon over the same set."""
    server = cenote(bench, "memory", more='[cache]\nsize = "32MiB"\n')
    server.start()
    path = bench.folder / "memory.txt"
    for turn in range(4):
        path.write_text("\n".join(bench.names.of("miss", f"memory{turn}", bench.rng) + bench.names.sample) + "\n")
        bench.load(server.port, path, 8)
    resident = status_mib(server.process.pid, "VmRSS")
    file = status_mib(server.process.pid, "RssFile")
    inspected = json.loads(server.cenote("inspect", str(server.folder / "cenote.set"), "--json").stdout)
    size = inspected["bytes"] / 2**20
    print(f"memory: {resident:.0f} MiB resident, {file:.0f} of it files, with a cache of 32 MiB and a set of {size:.1f} "
          f"MiB: {resident - 32 - size:.0f} MiB beside them; {inspected['bytes'] / inspected['domains']:.1f} bytes an entry")
    other = cenote(bench, "memory")
    before = server.memory_mib()
    other.start()
    print(f"sharing: alone {before:.0f} MiB proportional, beside a second daemon {server.memory_mib():.0f} MiB")
    other.stop()
    server.stop()


def starts(bench):
    """Start to first answers that are right, the files in memory."""
    server = cenote(bench, "cenote")
    took = [bench.start_again(server) for _ in range(10)]
    server.stop()
    print(f"start: {len(bench.names.blocked):,} names listed, {statistics.median(took) * 1000:.0f} ms (median of 10, "
          f"{min(took) * 1000:.0f} to {max(took) * 1000:.0f})")


def idle(bench, count=3000):
    """Resident memory of a connection that has had one answer and is idle since, over TLS and over HTTPS."""
    path = bench.folder / "idle.txt"
    path.write_text("\n".join(bench.names.popular) + "\n")
    files = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files[1], files[1]))
    found = {}
    for option in ("--tls", "--https"):
        server = cenote(bench, "idle")
        server.start()
        port = {"--tls": server.tls_port, "--https": server.https_port}[option]
        bench.load(server.port, path, 2, "--window", "32")  # the cache
        bench.load(port, path, 1, option, "64")  # what connections share
        before = status_mib(server.process.pid, "VmRSS")
        with subprocess.Popen([bench.blast, "--hold", "--server", f"127.0.0.1:{port}", "--names", path, "--seconds", "0",
                               option, str(count)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as load:
            if load.stdout.readline() != "ready\n":
                raise RuntimeError(f"{server.title} did not serve {count} connections")
            time.sleep(3)  # as long as a connection is in use before it counts as idle, and less than its idle timeout
            found[option] = (status_mib(server.process.pid, "VmRSS") - before) * 1024 / count
            load.communicate("\n\n")
        server.stop()
    print(f"idle: {count} connections, {found['--tls']:.1f} KiB each over TLS, {found['--https']:.1f} KiB over HTTPS")


ALL = {"idle": idle, "workers": workers, "changes": lambda bench: changes(bench, 15), "memory": memory, "starts": starts,
       "veth": veth_rows.veth_rows}
