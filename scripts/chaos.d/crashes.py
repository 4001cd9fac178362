"""Nodes that die, freeze, or lose the lead."""
import asyncio, signal, time

from machine import percentile
from rows import row
from world import client_of


@row("KILL200", "kill -9 while 200 executions run against a target that takes 2 s, then start again", short=1)
async def kill_200(world):
    count = world.scaled(200, least=20)
    await world.organizations(1)
    (node,) = await world.nodes(1)
    await world.bulk(count, time.time() + 2, "/run?ms=2000")
    await until(lambda: world.target.in_flight >= count, 20)
    world.figures["in flight"] = world.target.in_flight
    with world.fault():
        node.kill()
        await node.ended(5)
    node.start()
    began = time.monotonic()
    await world.drained(within=60)
    took = time.monotonic() - began
    successes = await world.number("SELECT count(*) FROM executions WHERE status = 'success'")
    most = max((len(calls) for calls in world.target.calls.values()), default=0)
    world.figures.update({"success": f"{successes:.0f}/{count}", "within s": f"{took:.1f}", "most often": most})
    world.demand(successes == count, "not all are a success")
    world.demand(took <= world.bound(16, short=40), f"took {took:.1f} s, not {world.bound(16, short=40)}")
    world.demand(most <= 2, f"one was called {most} times")


@row("R1", "kill -9 of one of three nodes amid running executions of 30 s")
async def kill_one_of_three(world):
    count = world.scaled(2_000, least=60)
    await world.organizations(2)
    nodes = await world.nodes(3)
    await world.bulk(count, time.time() + 3, "/run?ms=30000", spread_us=500)
    await until(lambda: world.target.in_flight >= count, 30)
    name, process = (await world.value("""
        SELECT n.id, n.name FROM queue q JOIN nodes n ON n.id = q.leased_by GROUP BY 1, 2 ORDER BY count(*) DESC LIMIT 1""")).split("|")
    # A node's row is called host:pid.
    victim = next(node for node in nodes if node.pid == int(process.rsplit(":", 1)[1]))
    leased = set((await world.value(f"SELECT id FROM queue WHERE leased_by = '{name}'")).split())
    with world.fault():
        killed = time.time()
        victim.kill()
        await victim.ended(5)
    await until(lambda: len(again(world)) >= len(leased), 45)
    repeats = again(world)
    foreign = [execution for execution, _ in repeats if execution not in leased]
    first, last = (min(at for _, at in repeats) - killed, max(at for _, at in repeats) - killed) if repeats else (0, 0)
    world.figures.update({
        "running": count, "lost": len(leased), "first again s": f"{first:.1f}", "all again s": f"{last:.1f}", "foreign": len(foreign)})
    await world.drained(within=90)
    world.demand(not foreign, f"{len(foreign)} were repeated that another node ran")
    world.demand(first <= 10 and last <= 30, "repeated later than 10 s or 30 s after the kill")


def again(world):
    return [(execution, calls[1].arrival) for execution, calls in world.target.calls.items() if len(calls) > 1]


async def until(condition, within, every=0.02):
    end = time.monotonic() + within
    while not condition() and time.monotonic() < end:
        await asyncio.sleep(every)
    return condition()


async def taken_over(world, leader, since, within=20):
    """Seconds until another node has queued something; None: nobody has."""
    sql = f"""SELECT extract(epoch FROM min(at)) FROM chaos_log
        WHERE relation = 'queue' AND was IS NULL AND node <> 'node{leader.number}' AND at > to_timestamp({since})"""
    end = time.monotonic() + within
    while time.monotonic() < end:
        if at := await world.number(sql):
            return at - since
        await asyncio.sleep(0.1)
    return None


async def settled_leader(world, within=20):
    """The node that queues, once only one does and it runs."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        leader = await world.leader()
        if leader and leader.is_running:
            return leader
        await asyncio.sleep(0.1)
    raise RuntimeError("nobody leads")


@row("R3", "kill -9 of the leader, again and again", short=0.2)
async def kill_leaders(world):
    rounds = world.scaled(12, least=2)
    await world.organizations(2)
    await world.nodes(3)
    client = client_of(world.cluster.nodes[0])
    ends = await world.recurring(client, 20, 1, rounds * 6 + 4, timeout_ms=5000)
    took = []
    await asyncio.sleep(1.5)
    for _ in range(rounds):
        leader = await settled_leader(world)
        await asyncio.sleep(world.random.uniform(0.1, 1))
        with world.fault():
            killed = time.time()
            leader.kill()
            await leader.ended(5)
        took.append(await taken_over(world, leader, killed))
        leader.start()
        await leader.ready()
        if time.time() > ends - 6:
            break
    slow = [seconds for seconds in took if seconds is None]
    well = [seconds for seconds in took if seconds is not None]
    world.figures.update({"kills": len(took), "takeover s": f"p50 {percentile(well, .5):.2f} max {max(well):.2f}" if well else "none"})
    world.demand(not slow and max(well, default=9) < world.bound(3), f"nobody took over within {world.bound(3)} s")
    await world.drained(after=ends)


@row("R4", "SIGSTOP of the leader for 30 s, then SIGCONT")
async def freeze_leader(world):
    frozen = world.scaled(30, least=12)
    await world.organizations(2)
    await world.nodes(3)
    ends = await world.recurring(client_of(world.cluster.nodes[0]), 20, 1, frozen + 12, path="/run?ms=100", timeout_ms=5000)
    await asyncio.sleep(3)
    leader = await settled_leader(world)
    name = f"node{leader.number}"
    with world.fault(lasting=5):
        stopped = time.time()
        leader.signal(signal.SIGSTOP)
        took = await taken_over(world, leader, stopped + 0.05)
        await asyncio.sleep(max(0, frozen - (time.time() - stopped)))
        woken = time.time()
        leader.signal(signal.SIGCONT)
        await asyncio.sleep(2)
    while_frozen = await world.number(
        f"SELECT count(*) FROM chaos_log WHERE node = '{name}' AND at BETWEEN to_timestamp({stopped + 0.2}) AND to_timestamp({woken})")
    world.figures.update({"takeover s": f"{took:.2f}" if took else "none", "frozen s": frozen, "written while frozen": int(while_frozen)})
    world.demand(took is not None and took <= 10, "nobody took over within 10 s")
    await world.drained(after=ends)
    world.show_delays()


@row("R5", "pg_terminate_backend on every connection of the leader, then on its lock's alone; 1,000 renewals and a release")
async def cut_leader(world):
    await world.organizations(2)
    await world.nodes(2)
    rounds = world.scaled(8, least=2)
    ends = await world.recurring(client_of(world.cluster.nodes[0]), 20, 1, rounds * 4 + 8, timeout_ms=5000)
    await asyncio.sleep(2)
    gaps = []
    for number in range(rounds):
        leader = await settled_leader(world)
        which = f"application_name = 'node{leader.number}'"
        if number % 2:
            which += " AND pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory')"
        with world.fault(lasting=1):
            cut = time.time()
            await world.value(f"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE {which}")
        await asyncio.sleep(3.5)
        queued = f"relation = 'queue' AND was IS NULL AND at > to_timestamp({cut + 0.05})"
        first = await world.number(f"SELECT extract(epoch FROM min(at)) FROM chaos_log WHERE {queued}")
        gaps.append(first - cut if first else 99)
    await world.drained(after=ends)
    world.figures.update({"cuts": len(gaps), "queued again s": f"max {max(gaps):.2f}"})
    world.demand(max(gaps) <= 2.5, "nothing was queued for more than 2.5 s after a cut")
    await release_after_renewals(world)


async def release_after_renewals(world):
    """R5b: a lock that was held through many ticks is free as soon as its holder stops, and the other one takes it."""
    leader = await settled_leader(world)
    await leader.stop()
    held = await world.number(f"""SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid)
        WHERE l.locktype = 'advisory' AND a.application_name = 'node{leader.number}'""")
    world.figures["locks left"] = int(held)
    world.demand(held == 0, "a stopped leader left its lock behind")
