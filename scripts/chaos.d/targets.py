"""Targets that never answer, drip, flood and lie, from ../shared/tools/hostile_target.py."""
import asyncio, collections, contextlib, os, subprocess, sys, time

from client import Client
from machine import Sampler, cpu_seconds, free_port, percentile
from names import uuid_of
from rows import row
from world import client_of

TOOLS = os.path.abspath(os.path.join(os.path.dirname(__file__), "../../../shared/tools"))


def tool(name):
    """Its path; None: these rows need a folder beside the repository that is not there."""
    path = os.path.join(TOOLS, name)
    return path if os.path.exists(path) else None


@contextlib.asynccontextmanager
async def hostile():
    port = free_port()
    process = subprocess.Popen([sys.executable, tool("hostile_target.py"), "--port", str(port), "--seconds", "900"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    client = Client(port)
    try:
        for _ in range(100):
            try:
                await client.request("GET", "/ok")
                break
            except OSError:
                await asyncio.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        client.close()
        process.kill()
        process.wait()


MISSING = "../shared/tools/hostile_target.py is not there"


async def run_each(world, node, key, paths, base, timeout_ms=5000, within=60):
    """Runs a job for each path once, all at once; the execution of each, as the API tells it in the end."""
    world.sees_all = False
    client, runs = client_of(node), {}
    for path in paths:
        job = await world.job(client, key, None, path=base + path, timeout_ms=timeout_ms, retries={"limit": 0})
        answer = await world.trigger(client, key, job)
        runs[path] = answer.json["id"]
    await world.drained(within=within)
    ended = {}
    for path, run in runs.items():
        ended[path] = (await client.request("GET", f"/api/executions/{run}", key)).json
    return ended


def said(execution):
    return execution["reason"] or execution["status"]


@row("R15", "targets that never answer beside healthy ones")
async def never(world):
    if not tool("hostile_target.py"):
        return MISSING
    silent = world.scaled(1_000, least=50)
    await world.organizations(2)
    (node,) = await world.nodes(1)
    ends = await world.recurring(client_of(node), 16, 1, 45)
    async with hostile() as base:
        await world.bulk(silent, time.time() + 3, base + "/never", organization=1, timeout_ms=30_000)
        await world.drained(after=ends, within=60)
    fired = "SELECT min({0}), max({0}) FROM (SELECT extract(epoch FROM finished_at - started_at) AS took FROM executions WHERE reason = 'deadline') t"
    low, high = (float(value) for value in (await world.value(fired.format("took"))).split("|"))
    late = [calls[0].arrival - calls[0].scheduled / 1e6 for calls in world.target.calls.values()]
    world.figures.update({"silent": silent, "healthy": len(late), "healthy start s": f"p99 {percentile(late, .99):.2f}", "timeouts at s": f"{low:.2f}–{high:.2f}"})
    world.demand(percentile(late, .99) <= 2, "the healthy ones were late")
    world.demand(29.9 <= low and high <= 33, "timeouts did not fire at 30 s")


@row("R16", "one byte a second, in the head and in the body")
async def drip(world):
    if not tool("hostile_target.py"):
        return MISSING
    await world.organizations(1)
    (node,) = await world.nodes(1)
    async with hostile() as base:
        ended = await run_each(world, node, world.keys[0], ["/drip?ms=1000", "/slowhead?ms=1000", "/stall", "/never"], base)
    took = [execution["duration_ms"] for execution in ended.values()]
    world.figures["took ms"] = f"max {max(took)} of 5000"
    world.demand(all(execution["status"] == "timeout" for execution in ended.values()), f"not all are timeouts: {[said(e) for e in ended.values()]}")
    world.demand(max(took) <= 6500, "the deadline was not for the whole exchange")


@row("R17", "endless bodies, bombs, header floods, 200 at once")
async def floods(world):
    if not tool("hostile_target.py"):
        return MISSING
    await world.organizations(1)
    (node,) = await world.nodes(1)
    paths = ["/endless", "/big?mb=10000", "/gzip?mb=64", "/gzip2?mb=64", "/headers?n=100000", "/header?kb=1024", "/hints?n=100000", "/deep?n=100000"]
    pid, sampler = node.pid, Sampler(node.pid, every=0.05)
    async with hostile() as base:
        many = [path + ("&" if "?" in path else "?") + f"k={number}" for number in range(world.scaled(25, least=3)) for path in paths]
        ended = await run_each(world, node, world.keys[0], many, base, timeout_ms=20_000, within=120)
    before = cpu_seconds(pid)
    await asyncio.sleep(2)
    reasons = collections.defaultdict(collections.Counter)
    for path, execution in ended.items():
        reasons[path.split("?")[0]][said(execution)] += 1
    world.figures.update({"at once": len(many), **sampler.stop(), "CPU after": f"{(cpu_seconds(pid) - before) / 2 * 100:.0f} %",
        "ended": " ".join(f"{path}:{'/'.join(counts)}" for path, counts in reasons.items())})
    world.demand(node.is_running and node.pid == pid, "the node ended")
    world.demand(sampler.most_mib - sampler.first_mib <= 64 + len(many) * 1.3, "more memory than a MiB for each answer, and 64")


@row("R19", "refused, reset, malformed, smuggled: each its own reason, never a success")
async def malformed(world):
    if not tool("hostile_target.py"):
        return MISSING
    await world.organizations(1)
    (node,) = await world.nodes(1)
    expected = {
        "/rst": {"bad_response", "connect_failed"}, "/badchunk": {"bad_response"}, "/badlength": {"bad_response"}, "/twocl": {"bad_response"},
        "/clte": {"bad_response"}, "/http09": {"bad_response"}, "/garbage": {"bad_response"}, "/nul": {"bad_response", "success"},
        "/status/500": {"http_status"}, "/redirect?to=/ok": {"http_status"}, "/loop": {"http_status"}, "/never": {"deadline"}, "/stall": {"deadline"}}
    async with hostile() as base:
        ended = await run_each(world, node, world.keys[0], [*expected, *(f"/ok?{number}" for number in range(20))], base)
        refused = await run_each(world, node, world.keys[0], ["/refused"], f"http://127.0.0.1:{free_port()}")
    plain = await asyncio.start_server(lambda _, writer: writer.write(b"HTTP/1.1 400 This is no TLS\r\n\r\n"), "127.0.0.1", 0)
    tls = await run_each(world, node, world.keys[0], ["/tls"], f"https://127.0.0.1:{plain.sockets[0].getsockname()[1]}")
    plain.close()
    wrong = {path: said(ended[path]) for path, reasons in expected.items() if said(ended[path]) not in reasons}
    wrong.update({"refused": said(refused["/refused"])} if said(refused["/refused"]) != "connect_failed" else {})
    wrong.update({"tls": said(tls["/tls"])} if said(tls["/tls"]) != "tls_failed" else {})
    crossed = [path for path, execution in ended.items() if "forged" in str((execution.get("response") or {}).get("body"))]
    healthy = [path for path, execution in ended.items() if path.startswith("/ok") and execution["status"] != "success"]
    world.figures.update({"right": f"{len(expected) + 2 - len(wrong)}/{len(expected) + 2}", "answers crossed": len(crossed), "healthy failed": len(healthy)})
    world.demand(not wrong, f"other reasons than expected: {wrong}")
    world.demand(not crossed and not healthy, f"crossed {crossed}, healthy failed {healthy}")


@row("R20", "Retry-After: 0, -1, 999999999999, a date, garbage, none")
async def retry_after(world):
    if not tool("hostile_target.py"):
        return MISSING
    await world.organizations(1)
    (node,) = await world.nodes(1)
    client, key = client_of(node), world.keys[0]
    date = "Fri,%2031%20Dec%202100%2023:59:59%20GMT"
    values = ["0", "-1", "999999999999", date, "garbage", ""]
    waits = {}
    async with hostile() as base:
        for value in values:
            job = await world.job(client, key, None, path=f"{base}/retry?v={value}", retries={"limit": 1, "initial": "20s", "maximum": "1h"})
            run = uuid_of((await world.trigger(client, key, job)).json["id"])
            await asyncio.sleep(0.7)
            due = await world.value(f"SELECT extract(epoch FROM due_at - now()) FROM queue WHERE id = '{run}' AND attempt = 2")
            waits[value] = float(due) if due else 0.0
            await client.request("DELETE", f"/api/jobs/{job}", key)
        await world.drained()
    world.figures["waits s"] = " ".join(f"{value[:12] or 'none'}:{wait:.0f}" for value, wait in waits.items())
    world.demand(all(-1 <= wait <= 3601 for wait in waits.values()), "a wait is not within an hour")
    world.demand(waits["999999999999"] > 3500 and waits[date] > 3500, "a long wait was not honoured up to its cap")


# Before a node's command: it asks the server of `with_lying_dns` for names, and nobody else does.
LYING = ["unshare", "-m", "sh", "-c", 'echo nameserver 127.0.0.1 >resolv; mount --bind resolv /etc/resolv.conf; exec "$@"', "sh"]


async def with_lying_dns(play, good="127.0.0.1", evil="127.0.0.1"):
    """Plays while rebind_dns.py answers; says why it cannot."""
    if not tool("rebind_dns.py"):
        return "../shared/tools/rebind_dns.py is not there"
    if subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode:
        return "unshare -m is not allowed here"
    command = [sys.executable, tool("rebind_dns.py"), "--seconds", "300", "--good", good, "--evil", evil]
    dns = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        await asyncio.sleep(0.5)
        if dns.poll() is not None:
            return "port 53 of 127.0.0.1 cannot be had"
        await play()
    finally:
        dns.kill()
        dns.wait()


@row("R18", "DNS that is slow, says SERVFAIL, says NXDOMAIN, 200 names at once")
async def names_slow(world):
    return await with_lying_dns(lambda: resolve_many(world))


async def resolve_many(world):
    node = world.node()
    await world.organizations(2)
    world.cluster.wrapper = LYING
    await node.start().ready()
    ends = await world.recurring(client_of(node), 16, 1, 25)
    count = world.scaled(200, least=20)
    hosts = [["slow", "none", "fail"][number % 3] if number < 6 else f"n{number}" for number in range(count)]
    jobs = [(f"http://{host}.t:{world.target.port}/run?{number}", host) for number, host in enumerate(hosts)]
    client, runs = client_of(node), {}
    for url, host in jobs:
        job = await world.job(client, world.keys[1], None, path=url, timeout_ms=5000, retries={"limit": 0})
        runs[(await world.trigger(client, world.keys[1], job)).json["id"]] = host
    await world.drained(after=ends)
    reasons = collections.defaultdict(collections.Counter)
    for run, host in runs.items():
        execution = (await client.request("GET", f"/api/executions/{run}", world.keys[1])).json
        reasons["other" if host.startswith("n") and host != "none" else host][said(execution)] += 1
    late = [calls[0].arrival - calls[0].scheduled / 1e6 for calls in world.target.calls.values()]
    world.figures.update({"names": count, "others' start s": f"p99 {percentile(late, .99):.2f}",
        "ended": " ".join(f"{host}:{'/'.join(f'{reason} {n}' for reason, n in counts.items())}" for host, counts in reasons.items())})
    world.demand(percentile(late, .99) <= 2, "others were late")
    world.demand(set(reasons["slow"]) <= {"deadline", "dns_failed"} and set(reasons["none"]) <= {"dns_failed"}, "not the reason expected")
