"""Deaths at named points between two effects, and runs that kill whoever touches them."""
import asyncio, signal, time

from client import Client
from crashes import until
from databases import failpoints_exist
from machine import percentile
from names import uuid_of
from rows import row
from world import client_of

POINTS = [
    "occurrence_read", "occurrence_queued", "claimed", "attempt_begun", "request_answered", "outcome_stored", "retry_queued",
    "waiting_released", "handed_back", "handed_over", "rescued", "job_saved",
    "heartbeat", "claim_answered", "stray_handed_back"]
RARE = {"occurrence_read", "occurrence_queued", "handed_back", "handed_over", "rescued", "retry_queued", "stray_handed_back"}


async def die_at(world, point, number):
    """One node that dies the n-th time it comes to the point, beside one that does not; answers whether it died."""
    whole, dying = world.cluster.nodes[:2]
    await world.recurring(client_of(whole), 6, 1, 8, path="/run?ms=50", timeout_ms=5000)
    retries = {"limit": 3, "initial": "1s", "maximum": "1s"}
    await world.recurring(client_of(whole), 2, 1, 8, path="/status/500", timeout_ms=5000, retries=retries)
    await world.recurring(client_of(whole), 2, 1, 8, path="/run?ms=1500", timeout_ms=5000)
    with world.fault():
        # A lease that nobody knows of is what a lost answer leaves behind.
        sign = world.cluster.path(f"errors begin {dying.starts}")
        also = f",statement_errors:30:{world.seed}:{sign}" if point == "stray_handed_back" else ""
        dying.start(PRIKKE_FAILPOINT=f"{point}:{number}{also}")
        try:
            await dying.ready(within=10)
        except RuntimeError:
            pass
        open(sign, "w").close()
        await provoke(world, point, dying, whole)
        died = await until(lambda: not dying.is_running, 12) and dying.process.returncode == -signal.SIGKILL
    if not died:
        with world.fault():
            await dying.stop(within=40)
    return died


async def provoke(world, point, dying, whole):
    """What brings a node to the points that an ordinary second does not pass."""
    if point == "job_saved":
        client = Client(dying.port)
        for _ in range(12):
            try:
                answer = await client.request("POST", "/api/jobs", world.keys[0], {"config": {"url": world.target.url()}, "schedule": None}, deadline=3)
                if answer.status == 201:
                    world.answered["jobs"].setdefault(uuid_of(answer.json["id"]), [])
            except (OSError, EOFError, asyncio.TimeoutError):
                return
    elif point == "handed_back":
        await asyncio.sleep(3)
        dying.signal(signal.SIGTERM)
    elif point == "handed_over":
        await world.bulk(20, time.time() + 0.5, "/run?ms=40000", spread_us=100_000)
        await asyncio.sleep(3)
        dying.signal(signal.SIGTERM)
        await until(lambda: not dying.is_running, 32)
    elif point == "stray_handed_back":
        await world.bulk(400, time.time() + 0.5, "/run", spread_us=50_000)
        await until(lambda: not dying.is_running, 25)
    elif point == "rescued":
        await world.bulk(20, time.time() + 0.5, "/run?ms=6000")
        await asyncio.sleep(2.5)
        await alone(dying, whole, 15)
    elif point in ("occurrence_read", "occurrence_queued"):
        await asyncio.sleep(1)
        await alone(dying, whole, 6)


async def alone(dying, whole, within):
    """Leaves the one that is to die without the other, so that the work falls to it."""
    whole.kill()
    await whole.ended(5)
    await until(lambda: not dying.is_running, within)
    whole.start()
    await whole.ready()


@row("R42", "kill -9 at each named point between two effects", debug=True, short=0.2)
async def kill_at_points(world):
    await world.organizations(1)
    world.node().start()
    world.node()
    await world.cluster.nodes[0].ready()
    failpoints_exist(world)
    seeds = world.scaled(2)
    quick = [point for point in POINTS if point not in RARE]
    chosen = POINTS if world.size >= 0.5 else world.random.sample(quick, 3)
    reached = {}
    for point in chosen:
        for _ in range(seeds):
            died = await die_at(world, point, 1 if point in RARE else world.random.randint(1, 6))
            reached[point] = reached.get(point, 0) + died
    await world.drained(within=90)
    world.figures.update({"points": f"{sum(1 for count in reached.values() if count)} of {len(chosen)}", "deaths": sum(reached.values())})
    missed = [point for point, count in reached.items() if not count]
    if missed:
        world.figures["not reached"] = " ".join(missed)


@row("R32", "poison: executions that kill their process, beside others", debug=True)
async def poison(world):
    poisons = world.scaled(3)
    await world.organizations(2)
    failpoints_exist(world)
    nodes = await world.nodes(2, PRIKKE_FAILPOINT="poison")
    ends = await world.recurring(client_of(nodes[0]), 10, 1, poisons * 30 + 10)
    deaths = []
    with world.fault(lasting=10):
        for _ in range(poisons):
            await world.bulk(1, time.time() + 1, "/poison")
            end = time.monotonic() + 28
            died = 0
            while time.monotonic() < end:
                for node in nodes:
                    if not node.is_running:
                        died += 1
                        node.start()
                await asyncio.sleep(0.1)
            deaths.append(died)
    await world.drained(after=ends)
    set_aside = await world.number("SELECT count(*) FROM executions WHERE status = 'failed' AND reason = 'lease_lost'")
    late = [call.arrival - call.scheduled / 1e6 for calls in world.target.calls.values() for call in calls[:1]]
    world.figures.update({"poisons": poisons, "crashes each": max(deaths), "set aside": int(set_aside), "others' start s": f"p99 {percentile(late, .99):.2f}"})
    world.demand(max(deaths) <= 2 and min(deaths) >= 1, f"crashes by poison: {deaths}")
    world.demand(set_aside >= poisons, "a poison was not set aside")
    world.demand(percentile(late, .99) <= 10, "the others were late")
