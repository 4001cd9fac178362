"""Nodes that are asked to stop."""
import asyncio, signal, time

from client import Balancer
from databases import Retrying, callers
from proxy import Proxy
from rows import row
from world import client_of


@row("R29", "a rolling deploy of three nodes, again and again, under runs and requests", short=0.2)
async def rolling_deploy(world):
    rounds = world.scaled(5, least=1)
    await world.organizations(2)
    # In production a node that is stopped listens on for a while, so that whoever asks for its health sees it go.
    nodes = await world.nodes(3, PRIKKE_ENV="production", PRIKKE_HOST="prikke.example")
    ends = await world.recurring(client_of(nodes[0]), 16, 1, rounds * 24 + 8, path="/run?ms=300", timeout_ms=5000, overlap="allow")
    balancer = Balancer(nodes)
    await asyncio.sleep(1)
    # A lock that a busy machine holds for half a second is no fault of a deploy; an answer that is cut, or any other error, is.
    sender = Retrying(balancer) if world.is_short else balancer
    traffic = await callers(world, [sender], world.scaled(200, least=30))
    codes, took = [], []
    for _ in range(rounds):
        for node in nodes:
            began = time.monotonic()
            codes.append(await node.stop())
            took.append(time.monotonic() - began)
            node.start()
            await node.ready()
            await asyncio.sleep(0.5)
        if time.time() > ends - 12:
            break
    await traffic.stop()
    balancer.close()
    await world.drained(after=ends)
    late = [calls[0].arrival - calls[0].scheduled / 1e6 for calls in world.target.calls.values() if calls[0].scheduled]
    errors = len(traffic.load.failures) + sum(count for status, count in traffic.load.statuses.items() if status >= 500)
    missed = await world.number("SELECT count(*) FROM executions WHERE status IN ('missed', 'skipped')")
    twice = sum(len(calls) > 1 for calls in world.target.calls.values())
    world.figures.update({"stops": len(codes), "stop s": f"max {max(took):.1f}", "missed": int(missed), "late > 2 s": sum(l > 2 for l in late), "API errors": errors})
    world.show_delays()
    world.demand(set(codes) == {0}, f"exit codes {codes}")
    world.demand(not errors, f"{errors} API errors: {traffic.load.failures[:3]}")
    world.demand(not missed and not twice, f"{missed:.0f} missed, {twice} twice")


@row("R31", "SIGTERM with requests that outlive the grace, with Postgres gone, silent; a second SIGTERM; SIGINT, SIGHUP, SIGPIPE")
async def stops(world):
    await world.organizations(1)
    (node,) = await world.nodes(1)
    client = client_of(node)
    await world.recurring(client, 10, 1, 100, path="/run?ms=100", timeout_ms=5000)
    for number in (signal.SIGHUP, signal.SIGPIPE):
        node.signal(number)
        with world.fault(lasting=3):
            code = await node.ended(1.5)
        world.demand(code in (None, 0), f"{number.name} ended it with {code}")
        if code is not None:
            await node.start().ready()
    took = {}
    for name, second in (("SIGTERM, long calls", None), ("SIGTERM twice", signal.SIGTERM), ("SIGINT", None)):
        if "SIGINT" not in name:
            await world.bulk(20, time.time() + 0.5, "/never", timeout_ms=40_000)
            await asyncio.sleep(2.5)
        with world.fault(lasting=3):
            began = time.monotonic()
            node.signal(signal.SIGINT if name == "SIGINT" else signal.SIGTERM)
            if second:
                await asyncio.sleep(1)
                node.signal(second)
            code = await node.ended(45)
        took[name] = f"{time.monotonic() - began:.1f} ({code})"
        world.demand(code == 0, f"{name}: exit code {code}")
        world.demand(time.monotonic() - began <= 36, f"{name}: took longer than the grace")
        await node.start().ready()
    await node.stop()
    for name in ("Postgres gone", "Postgres silent"):
        took[name] = await stop_in_the_dark(world, name, grace=3)
    await node.start().ready()
    await world.drained(within=60, after=time.time())
    world.figures.update({f"{name} s": seconds for name, seconds in took.items()})


async def stop_in_the_dark(world, name, grace):
    """A stop of a node that cannot reach Postgres any more, with calls that outlive the grace and some that end within it."""
    proxy = await Proxy(world.postgres.port).start()
    node = await world.node(port=proxy.port, PRIKKE_GRACE=str(grace)).start().ready()
    await world.bulk(20, time.time() + 0.5, "/never", timeout_ms=20_000)
    await world.bulk(20, time.time() + 0.5, "/run?ms=4000", timeout_ms=20_000)
    await asyncio.sleep(2.5)
    with world.fault(lasting=12):
        if name == "Postgres gone":
            await world.postgres.stop("immediate")
        else:
            proxy.pause()
        await asyncio.sleep(1)
        began = time.monotonic()
        node.signal(signal.SIGTERM)
        code = await node.ended(45)
        took = time.monotonic() - began
        if name == "Postgres gone":
            await world.postgres.start()
        proxy.resume()
    world.demand(code == 0, f"{name}: exit code {code}")
    world.demand(took <= grace + 1, f"{name}: took {took:.1f} s with a grace of {grace} s")
    proxy.stop()
    return f"{took:.1f} ({code})"

