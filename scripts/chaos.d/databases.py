"""Postgres that restarts, is gone, or fails one statement in twenty; and API traffic meanwhile."""
import asyncio, re, time

from client import Client, Load
from crashes import until
from machine import Sampler, percentile
from names import uuid_of
from rows import row
from world import client_of


class Callers:
    """API traffic of every kind over some clients, whose promises go into the world's books: a third reads, a third runs a job,
    a sixth makes one, a sixth renames one."""

    def __init__(self, world, senders, rate, jobs):
        self.world, self.senders, self.jobs = world, senders, jobs
        self.load = Load(rate, self._send)
        self.without_word = 0

    async def _send(self, number):
        sender = self.senders[number % len(self.senders)]
        key, job = self.jobs[number % len(self.jobs)]
        kind = number // len(self.jobs) % 6
        if kind < 2:
            answer = await sender.request("GET", f"/api/jobs/{job}", key)
        elif kind < 4:
            answer = await self.world.trigger(sender, key, job)
        elif kind == 4:
            answer = await self._make(sender, key, number)
        else:
            answer = await sender.request("PATCH", f"/api/jobs/{job}", key, {"tags": [f"t{number}"]})
        if answer.status == 503 and "retry-after" not in answer.fields:
            self.without_word += 1
        return answer

    async def _make(self, sender, key, number):
        answer = await sender.request("POST", "/api/jobs", key, {"name": f"made {number}", "config": {"url": self.world.target.url()}, "schedule": None})
        if answer.status == 201:
            self.world.answered["jobs"][uuid_of(answer.json["id"])] = [f"made {number}"]
        return answer

    async def stop(self):
        await self.load.stop()
        seconds = self.load.seconds
        statuses = " ".join(f"{status}:{count}" for status, count in sorted(self.load.statuses.items()))
        self.world.figures["API"] = f"{statuses} cut:{len(self.load.failures)} p99 {percentile(seconds, .99) * 1000:.0f} max {self.load.slowest:.1f} s"
        errors = sum(count for status, count in self.load.statuses.items() if status >= 500 and status != 503)
        self.world.demand(errors == 0, f"{errors} answers of 500: {self.load.statuses}")
        self.world.demand(not self.without_word, f"{self.without_word} answers of 503 without Retry-After")


async def callers(world, senders, rate, jobs=6):
    made = [(key, await world.job(senders[0], key, None, overlap="allow")) for key in world.keys for _ in range(max(1, jobs // len(world.keys)))]
    return Callers(world, senders, rate, made)


async def well_again(node, within=30):
    """Seconds until /health is 200."""
    client, began = Client(node.port), time.monotonic()
    try:
        while time.monotonic() - began < within:
            try:
                if (await client.request("GET", "/health", deadline=1)).status == 200:
                    return time.monotonic() - began
            except (OSError, EOFError, asyncio.TimeoutError):
                pass
            await asyncio.sleep(0.02)
    finally:
        client.close()
    return within


@row("R6", "Postgres restarted: fast, immediate, kill -9", short=0.2)
async def restart_database(world):
    rounds = world.scaled(12, least=3)
    await world.organizations(2)
    nodes = await world.nodes(2)
    clients = [client_of(node) for node in nodes]
    ends = await world.recurring(clients[0], 20, 1, rounds * 5 + 4, path="/run?ms=200", timeout_ms=5000)
    traffic = await callers(world, clients, 40)
    recovered = []
    for number in range(rounds):
        await asyncio.sleep(world.random.uniform(1, 2.5))
        with world.fault(lasting=10):
            await world.postgres.restart(["fast", "immediate", "kill"][number % 3])
        recovered.append(max(await asyncio.gather(*(well_again(node) for node in nodes))))
    await traffic.stop()
    drained = await world.drained(after=ends)
    alive = sum(node.is_running for node in nodes)
    world.figures.update({
        "restarts": rounds, "well again s": f"p50 {percentile(recovered, .5):.2f} max {max(recovered):.2f}", "nodes alive": f"{alive}/2",
        "drained s": f"{drained:.0f}"})
    world.demand(alive == 2, "a node ended")
    world.demand(max(recovered) <= world.bound(4), f"well again only after {max(recovered):.1f} s")
    world.demand(traffic.load.slowest <= world.bound(6), f"a request hung for {traffic.load.slowest:.1f} s")


@row("R7", "Postgres gone with executions in flight and requests coming")
async def database_gone(world):
    dark, flight, rate = world.scaled(60, least=10), world.scaled(1_000, least=100), world.scaled(100, least=20)
    await world.organizations(2)
    (node,) = await world.nodes(1)
    clients = [client_of(node)]
    ends = await world.recurring(clients[0], 10, 1, dark + 40)
    traffic = await callers(world, clients, rate)
    await world.bulk(flight, time.time() + 2, "/run?ms=8000")
    await until(lambda: world.target.in_flight >= flight, 20)
    sampler = Sampler(node.pid)
    with world.fault(lasting=20):
        await world.postgres.stop("immediate")
        await asyncio.sleep(dark)
        await world.postgres.start()
    back = time.time()
    health = await well_again(node)
    await traffic.stop()
    await world.drained(after=ends, within=90)
    world.figures.update({"dark s": dark, "in flight": flight, "well again s": f"{health:.1f}", **sampler.stop()})
    world.demand(node.is_running, "the node ended")
    world.demand(sampler.most_mib - sampler.first_mib <= 100, "more than 100 MiB were added")
    world.demand(sampler.most_files - sampler.first_files <= 200, "more than 200 files were opened")
    late = [call.arrival - call.scheduled / 1e6 for calls in world.target.calls.values() for call in calls[:1] if call.scheduled / 1e6 > back + 15]
    world.figures["delay after s"] = f"max {max(late):.2f}" if late else "none"


@row("R14", "5 % of statements fail: 40001, 40P01, 57014, 08006, half of the last after they were done", debug=True, short=0.4)
async def failing_statements(world):
    await world.organizations(2)
    sign = world.cluster.path("errors begin")
    await world.nodes(2, PRIKKE_FAILPOINT=f"statement_errors:5:{world.seed}:{sign}")
    clients = [client_of(node) for node in world.cluster.nodes]
    failpoints_exist(world)
    ends = await world.recurring(Retrying(clients[0]), 20, 1, world.scaled(30, least=10), timeout_ms=5000)
    traffic = await callers(world, [Retrying(client) for client in clients], 20)
    with world.fault(lasting=5):
        # Not before all is made: a job whose making was answered with an error may be there all the same, and in no book.
        open(sign, "w").close()
        await asyncio.sleep(max(0, ends - time.time()))
    await traffic.stop()
    await world.drained(after=ends)
    alive = sum(node.is_running for node in world.cluster.nodes)
    told = sum(len(re.findall("40001|40P01|57014|08006|lost", node.log())) for node in world.cluster.nodes)
    world.figures.update({"nodes alive": f"{alive}/2", "failures logged": told})
    world.demand(alive == 2, "a node ended")


class Retrying:
    """Makes the jobs of a row whose API may answer 503: what is refused is asked for again, by hand and only then."""

    def __init__(self, client):
        self.client = client

    async def request(self, method, path, key=None, body=None, deadline=15):
        for _ in range(20):
            answer = await self.client.request(method, path, key, body, deadline)
            if answer.status != 503:
                break
            await asyncio.sleep(0.05)
        return answer


def failpoints_exist(world):
    """A binary without failpoints would pass such a row without a fault: its bytes must know the setting."""
    with open(world.cluster.binary, "rb") as file:
        if b"PRIKKE_FAILPOINT" not in file.read():
            raise RuntimeError(f"{world.cluster.binary} has no failpoints")
