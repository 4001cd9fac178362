"""Networks between a node and Postgres, or everybody: cut, late, slow, resetting."""
import asyncio, time

from client import Client
from databases import callers, well_again
from machine import percentile
from proxy import Proxy
from rows import row
from world import client_of


async def cut_off(world, seconds, hold):
    """R10 and R11: one of two nodes reaches Postgres through a proxy that is held for some seconds."""
    await world.organizations(2)
    proxy = await Proxy(world.postgres.port).start()
    cut, whole = world.node(port=proxy.port).start(), world.node().start()
    await asyncio.gather(cut.ready(), whole.ready())
    ends = await world.recurring(client_of(whole), 20, 1, seconds + 25, path="/run?ms=3000", timeout_ms=10_000, overlap="allow")
    await asyncio.sleep(4)
    leased = f"SELECT count(*) FROM queue q JOIN nodes n ON n.id = q.leased_by WHERE n.name LIKE '%:{cut.pid}'"
    held = await world.number(leased)
    with world.fault(lasting=15):
        began = time.monotonic()
        hold(proxy, True)
        noticed = None
        client = Client(cut.port)
        while time.monotonic() - began < seconds:
            try:
                well = (await client.request("GET", "/health", deadline=10)).status == 200
            except (OSError, EOFError, asyncio.TimeoutError):
                well = False
            if not well and noticed is None:
                noticed = time.monotonic() - began
            await asyncio.sleep(0.1)
        freed = await world.number(leased)
        hold(proxy, False)
    healed = await well_again(cut)
    await world.drained(after=ends, within=90)
    world.figures.update({
        "cut s": seconds, "leased by it": f"{held:.0f}→{freed:.0f}", "noticed s": f"{noticed:.1f}" if noticed else "never",
        "well again s": f"{healed:.1f}"})
    world.demand(noticed is not None and noticed <= 10, "not noticed within 10 s")
    world.demand(healed < 30, "not well again by itself")
    world.show_delays()
    proxy.stop()


@row("R10", "a silent partition between one of two nodes and Postgres")
async def partition(world):
    await cut_off(world, world.scaled(30, least=10), lambda proxy, cut: proxy.pause() if cut else proxy.resume())


@row("R11", "answers of Postgres to one of two nodes come 30 s late")
async def late_answers(world):
    def hold(proxy, cut):
        proxy.answers_late = 30.0 if cut else 0.0
    await cut_off(world, world.scaled(35, least=15), hold)


@row("R12", "every answer of Postgres takes 100 ms, then 500 ms more")
async def slow_database(world):
    await world.organizations(2)
    proxy = await Proxy(world.postgres.port).start()
    node = world.node(port=proxy.port).start()
    await node.ready()
    for latency in (0.1, 0.5):
        proxy.latency = 0
        ends = await world.recurring(client_of(node), 16, 1, world.scaled(30, least=10))
        seen = set(world.target.calls)
        proxy.latency = latency
        await world.drained(after=ends)
        late = [(calls[0].arrival - calls[0].scheduled / 1e6) for execution, calls in world.target.calls.items() if execution not in seen]
        world.figures[f"+{latency * 1000:.0f} ms"] = f"start p99 {percentile(late, .99):.2f} s of {len(late)}"
        world.demand(percentile(late, .99) <= (2 if latency < 0.2 else 5), f"start p99 with {latency} s more")
    proxy.stop()


@row("R13", "another connection holds the jobs table in ACCESS EXCLUSIVE")
async def locked_table(world):
    held = world.scaled(20, least=5)
    await world.organizations(2)
    (node,) = await world.nodes(1)
    ends = await world.recurring(client_of(node), 20, 1, held + 20)
    await asyncio.sleep(3)
    with world.fault(lasting=10):
        lock = asyncio.create_task(world.value(f"BEGIN; LOCK TABLE jobs IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep({held}); COMMIT"))
        await asyncio.sleep(held - 1)
        connections = await world.number("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'node0'")
        await lock
    freed = time.time()
    await world.drained(after=ends)
    late = [call.arrival - call.scheduled / 1e6 for calls in world.target.calls.values() for call in calls[:1] if call.scheduled / 1e6 > freed + 5]
    world.figures.update({"held s": held, "connections": int(connections), "5 s after, start s": f"max {max(late):.2f}"})
    world.demand(max(late) <= 2, "not on time 5 s after the lock was gone")


@row("R43", "a RST of every connection every 5 s: target, API and Postgres")
async def resets(world):
    seconds = world.scaled(60, least=15)
    await world.organizations(2)
    database = await Proxy(world.postgres.port).start()
    node = world.node(port=database.port).start()
    await node.ready()
    target, api = await Proxy(world.target.port).start(), await Proxy(node.port).start()
    retries = {"limit": 5, "initial": "1s", "maximum": "1s"}
    ends = await world.recurring(client_of(node), 20, 1, seconds, path=world.target.url("/run?ms=300", target.port), timeout_ms=5000, retries=retries, overlap="allow")
    traffic = await callers(world, [client_of(node), Client(api.port)], 30)
    with world.fault(lasting=5):
        tasks = [asyncio.create_task(proxy.reset_every(5)) for proxy in (database, target, api)]
        await asyncio.sleep(max(0, ends - time.time()))
        for task in tasks:
            task.cancel()
    await traffic.stop()
    await world.drained(after=ends)
    world.figures["resets"] = database.resets + target.resets + api.resets
    world.demand(node.is_running, "the node ended")
    for proxy in (database, target, api):
        proxy.stop()
