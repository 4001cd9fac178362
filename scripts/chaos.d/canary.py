"""Names that point at what must not be called, by DNS answers that change: nothing may reach the canary."""
import asyncio, collections, urllib.parse

from machine import free_port
from names import uuid_of
from rows import row
from targets import LYING, with_lying_dns
from world import client_of

GOOD, CANARY = "127.0.0.2", "127.0.0.1"
NAMES = [
    "evil.t", "flip.t", "flap.t", "both.t", "ebot.t", "cname.t", "six.t", "map.t", "meta.t", "zero.t", "many.t", "none.t", "fail.t",
    "127.0.0.1.nip.io", "127-0-0-1.nip.io", "7f000001.nip.io", "a.127.0.0.1.sslip.io", "localtest.me", "x.lvh.me", "vcap.me"]
# How long the program remembers an answer of DNS; after that it asks again.
REMEMBERED = 16


class Listeners:
    """The good one answers, or redirects where it is told to; the canary, on the same port, only counts."""

    async def start(self):
        self.port, self.reached, self.answered = free_port(), [], 0
        self.servers = [await asyncio.start_server(self._answer, GOOD, self.port), await asyncio.start_server(self._count, CANARY, self.port)]
        return self

    async def _answer(self, reader, writer):
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            self.answered += 1
            query = urllib.parse.parse_qs(urllib.parse.urlsplit(head.split()[1]).query)
            moved = f"302 Found\r\nLocation: {query['to'][0]}" if "to" in query else "200 OK"
            writer.write(f"HTTP/1.1 {moved}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
            await writer.drain()
        except (OSError, EOFError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _count(self, reader, writer):
        self.reached.append(writer.get_extra_info("peername"))
        writer.close()

    def stop(self):
        for server in self.servers:
            server.close()


@row("U4", "names whose DNS answers change: directly, behind a redirect, on retry and run again; a canary")
async def canary(world):
    listeners = await Listeners().start()
    try:
        return await with_lying_dns(lambda: call_them(world, listeners), GOOD, CANARY)
    finally:
        listeners.stop()


async def call_them(world, listeners):
    world.sees_all = False
    node = world.node(PRIKKE_ALLOW_NETWORKS=f"{GOOD}/32")
    await world.organizations(1)
    world.cluster.wrapper = LYING
    await node.start().ready()
    client, key = client_of(node), world.keys[0]
    urls = [f"http://{name}:{listeners.port}/" for name in NAMES]
    urls += [f"http://{GOOD}:{listeners.port}/?to={urllib.parse.quote(url)}" for url in urls]
    more = {"timeout_ms": 8_000, "retries": {"limit": 1, "backoff": "fixed", "initial": "1s"}, "overlap": "allow"}
    jobs = {}
    for url in urls:
        jobs[await made(world, client, key, url, more)] = url
    runs = {}
    for pause in (0, 0, REMEMBERED):
        await asyncio.sleep(pause)
        for job in jobs:
            runs[(await world.trigger(client, key, job)).json["id"]] = jobs[job]
    await world.drained(within=90)
    ended = collections.Counter()
    for run in runs:
        execution = (await client.request("GET", f"/api/executions/{run}", key)).json
        ended[execution["reason"] or execution["status"]] += 1
    world.figures.update({"names": len(NAMES), "calls": len(runs), "ended": " ".join(f"{reason}:{count}" for reason, count in ended.items()),
        "answered by the good one": listeners.answered, "reached the canary": len(listeners.reached)})
    world.demand(not listeners.reached, f"the canary was reached: {listeners.reached[:3]}")
    world.demand(ended["success"] > 0 and ended["blocked_address"] > 0, "nothing was called, or nothing refused")
    world.demand(node.is_running, "the node ended")


async def made(world, client, key, url, more):
    draft = {"config": {"url": url, "follow_redirects": True}, "schedule": None, **more}
    answer = await client.request("POST", "/api/jobs", key, draft)
    if answer.status != 201:
        raise RuntimeError(f"a job was refused: {answer.status} {answer.body[:300]}")
    world.jobs.append(world.expected(uuid_of(answer.json["id"]), None, None, 0))
    return answer.json["id"]
