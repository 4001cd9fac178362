"""Too much of something: descriptors, executions at once, slow clients, header floods, one organization's backlog."""
import asyncio, json, sys, time

from crashes import until
from databases import well_again
from machine import Sampler, open_files, percentile, run
from rows import row
from targets import tool
from world import client_of


def delays(world, path="/run"):
    """Seconds from due to arrival."""
    return [calls[0].arrival - calls[0].scheduled / 1e6 for calls in world.target.calls.values() if calls[0].path == path]


@row("R25", "out of file descriptors: 512 of them, 2,000 clients")
async def descriptors(world):
    clients = world.scaled(2_000, least=600)
    await world.organizations(1)
    (node,) = await world.nodes(1, files=512)
    ends = await world.recurring(client_of(node), 16, 1, 30)
    await asyncio.sleep(5)
    sampler = Sampler(node.pid)
    opened = []
    for number in range(clients):
        try:
            opened.append(await asyncio.wait_for(asyncio.open_connection("127.0.0.1", node.port), 1))
        except (OSError, asyncio.TimeoutError):
            pass
    await asyncio.sleep(10)
    for _, writer in opened:
        writer.transport.abort()
    recovered = await well_again(node)
    await world.drained(after=ends)
    late = delays(world)
    world.figures.update({
        "clients": len(opened), **sampler.stop(), "start s": f"p99 {percentile(late, .99):.2f} max {max(late):.2f}",
        "well again s": f"{recovered:.2f}"})
    world.demand(node.is_running, "the node ended")
    world.demand(percentile(late, .99) <= 1.5 and recovered <= 5, "the scheduler or the API suffered too long")


@row("R26", "10,000 executions running at once on one node")
async def many_running(world):
    count = world.scaled(10_000, least=500)
    await world.organizations(1)
    (node,) = await world.nodes(1)
    await asyncio.sleep(1)
    sampler = Sampler(node.pid)
    await world.bulk(count, time.time() + 8, "/run?ms=25000", spread_us=200)
    most = 0
    end = time.monotonic() + 60
    while time.monotonic() < end and world.target.total < count:
        most = max(most, world.target.in_flight)
        await asyncio.sleep(0.5)
    most = max(most, world.target.in_flight)
    await world.drained(within=120)
    memory = sampler.stop()
    world.figures.update({"at once": most, **memory, "KiB each": f"{(sampler.most_mib - sampler.first_mib) * 1024 / max(1, most):.0f}"})
    world.show_delays()
    world.demand(sampler.most_mib <= 512, "more than 512 MiB")


async def slow_mode(world, node, mode, count):
    """What the tool says, and how many connections the node had more than before when the slow ones had been there for a minute.
    (The tool itself does not see an end behind an answer that it does not read.)"""
    before = open_files(node.pid)
    command = [sys.executable, tool("slow_clients.py"), str(node.port), "--mode", mode, "--n", str(count), "--seconds", "75", "--path", "/livez"]
    tool_runs = asyncio.create_task(run(command))
    # 5 s of honest clients alone, then some seconds until all are connected, then a minute.
    await asyncio.sleep(5 + count / 3_000 + 60)
    still = open_files(node.pid) - before
    return json.loads(await tool_runs), still


@row("R27", "10,000 slow connections: headers, body, read, idle")
async def slow_clients(world):
    if not tool("slow_clients.py"):
        return "../shared/tools/slow_clients.py is not there"
    count = world.scaled(10_000, least=500)
    modes = ["headers", "body", "read", "idle"] if world.size >= 1 else ["headers"]
    await world.organizations(1)
    (node,) = await world.nodes(1)
    ends = await world.recurring(client_of(node), 16, 1, 90 * len(modes))
    sampler = Sampler(node.pid)
    for mode in modes:
        result, still = await slow_mode(world, node, mode, count)
        before, during = result["before"], result["during"]
        world.figures[mode] = f"opened {result['opened']} still {still} after a minute, honest errors {during['errors']} p99 {before['p99']}→{during['p99']} ms"
        world.demand(still <= 50, f"{mode}: {still} connections are open after a minute")
        world.demand(not during["errors"], f"{mode}: {during['errors']} honest requests failed")
        world.demand(during["p99"] is not None and during["p99"] <= max(250, 5 * before["p99"]), f"{mode}: honest p99 {during['p99']} ms")
    await world.drained(after=ends)
    late = delays(world)
    world.figures.update({**sampler.stop(), "start s": f"p99 {percentile(late, .99):.2f} max {max(late):.2f}"})
    world.demand(node.is_running and sampler.most_mib - sampler.first_mib <= 200, "the node ended, or took 200 MiB more")
    world.demand(percentile(late, .99) <= 1.5, "starts were late")


async def flood(port, payload, reads=1 << 16):
    """What came back first; empty: the connection was closed."""
    try:
        reader, writer = await asyncio.wait_for(asyncio.open_connection("127.0.0.1", port, limit=1 << 20), 5)
        try:
            writer.write(payload)
            return (await asyncio.wait_for(reader.read(reads), 15)).split(b"\r\n")[0].decode("latin-1")
        finally:
            writer.transport.abort()
    except (OSError, asyncio.TimeoutError) as error:
        return type(error).__name__


@row("R28", "a flood of headers, a 1 MiB URI, 100,000 pipelined requests")
async def header_floods(world):
    await world.organizations(1)
    (node,) = await world.nodes(1)
    ends = await world.recurring(client_of(node), 16, 1, 25)
    pid, sampler = node.pid, Sampler(node.pid, every=0.05)
    get = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n"
    floods = {
        "100,000 headers": get + b"".join(b"X-%d: v\r\n" % number for number in range(100_000)) + b"\r\n",
        "one of 1 MiB": get + b"X: " + b"a" * (1 << 20) + b"\r\n\r\n",
        "URI of 1 MiB": b"GET /" + b"a" * (1 << 20) + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "pipelined": (get + b"\r\n") * world.scaled(100_000, least=1_000)}
    for name, payload in floods.items():
        answers = await asyncio.gather(*(flood(node.port, payload) for _ in range(world.scaled(10, least=2))))
        world.figures[name] = " / ".join(sorted(set(answers)))
    await world.drained(after=ends)
    world.figures.update(sampler.stop())
    world.demand(node.is_running and node.pid == pid, "the node ended")
    world.demand(sampler.most_mib - sampler.first_mib <= 64, "more than 64 MiB were added")


@row("R39", "one organization with 100,000 due at a slow target, beside 200 with one each")
async def noisy_neighbour(world):
    backlog, quiet = world.scaled(100_000, least=2_000), world.scaled(200, least=20)
    await world.organizations(1, plan="pro")
    await world.organizations(quiet)
    (node,) = await world.nodes(1)
    sampler = Sampler(node.pid)
    others = {"organization": 1, "organizations": quiet, "spread_us": 0}
    await world.bulk(1, time.time() + 5, "/quiet", **others)
    await until(lambda: len(delays(world, "/quiet")) >= quiet, 40)
    alone = delays(world, "/quiet")
    await world.bulk(backlog, time.time() - 1, "/noisy?ms=1000")
    await until(lambda: world.target.total > quiet + 500, 60)
    await world.bulk(1, time.time() + 5, "/beside", **others)
    await until(lambda: len(delays(world, "/beside")) >= quiet, 60)
    beside = delays(world, "/beside")
    waiting = await world.number("SELECT count(*) FROM queue") + await world.number("SELECT count(*) FROM job_states WHERE next_run_at IS NOT NULL")
    await give_up_the_rest(world)
    world.figures.update({"still due then": int(waiting), **sampler.stop()})
    world.figures.update({"due": backlog, "quiet": quiet, "alone ms": f"p99 {percentile(alone, .99) * 1000:.0f} max {max(alone) * 1000:.0f}",
        "beside ms": f"p99 {percentile(beside, .99) * 1000:.0f} max {max(beside) * 1000:.0f}"})
    world.demand(len(beside) == quiet and percentile(beside, .99) <= 1.5, "the quiet ones were late")


async def give_up_the_rest(world):
    """A backlog of 100,000 at 200 a second takes eight minutes, and nothing of it is asked for any more: what has not run by now is taken out of the
    books as the jobs that it belongs to are deleted; the ledger keeps what ran."""
    await world.postgres.execute(world.database, """
        UPDATE job_states SET next_run_at = NULL WHERE next_run_at IS NOT NULL;
        BEGIN; ALTER TABLE queue DISABLE TRIGGER chaos; DELETE FROM queue WHERE leased_by IS NULL; ALTER TABLE queue ENABLE TRIGGER chaos;
        COMMIT""")
    await world.drained(within=30)
    done = {row["job_id"] for row in await world.postgres.query(world.database, "SELECT job_id FROM executions")}
    world.jobs = [job for job in world.jobs if job.id in done]
