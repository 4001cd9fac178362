"""What a row plays with: a database of its own, a cluster, a target, organizations, and the books that the ledger is held
against."""
import asyncio, collections, contextlib, random, shutil, tempfile, time

import history
from client import Client
from cluster import Cluster
from ledger import ExpectedJob, Ledger
from machine import percentile
from names import instant, uuid_of, written
from target import Target

BULK = """
WITH given AS (
    SELECT gen_random_uuid() AS job, to_timestamp({due} / 1e6) + n * interval '{spread} microseconds' AS due, o.id AS organization
    FROM generate_series(0, {count} - 1) n,
        (SELECT id FROM organizations ORDER BY created_at, id OFFSET {organization} LIMIT {organizations}) o
), made AS (
    INSERT INTO jobs (organization_id, id, name, plugin, config, schedule, schedule_set_at, timeout_ms, retries, missed, missed_limit,
        overlap, success, tags, enabled, created_at, updated_at)
    SELECT organization, job, '{name}', 'http', jsonb_build_object('url', '{url}', 'method', 'GET', 'headers', '{{}}'::jsonb),
        jsonb_build_object('at', to_char(due AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')), now(), {timeout_ms},
        '{{"limit": 0}}', 'last', 10, 'queue', '{{"status": ["2xx"]}}', '{{}}', true, now(), now() FROM given
)
INSERT INTO job_states (organization_id, job_id, next_run_at) SELECT organization, job, due FROM given
"""


class World:
    def __init__(self, postgres, name, seed, size, binaries, sabotage=None, is_short=False):
        self.postgres, self.database = postgres, f"row_{name.lower()}_{seed}"
        self.seed, self.size, self.binaries, self.sabotage, self.is_short = seed, size, binaries, sabotage, is_short
        self.random = random.Random(f"{name}:{seed}")
        self.folder = tempfile.mkdtemp(prefix="prikke-chaos-")
        self.jobs, self.faults, self.keys, self.figures, self.failures = [], [], [], {}, []
        self.answered = {"runs": [], "jobs": {}}
        self.slack, self.edits, self.sees_all, self.bulks = self.bound(1.5, short=5), False, True, 0

    def scaled(self, number, least=1):
        return max(least, round(number * self.size))

    def bound(self, seconds, short=None):
        """A time that is demanded. The short form plays two rows at once, with debug builds, on a machine that may be busy: there it
        is another one, twice as long unless said. Invariants are the same everywhere."""
        return (short or 2 * seconds) if self.is_short else seconds

    async def open(self, debug=False, wrapper=(), **environment):
        await self.postgres.execute("postgres", f'CREATE DATABASE "{self.database}"')
        self.target = Target()
        await self.target.start()
        binary = self.binaries["debug" if debug else "release"]
        self.cluster = Cluster(binary, self.postgres.url(self.database), self.folder, wrapper, **environment)
        return self

    async def organizations(self, count, plan="business"):
        first = len(self.keys)
        for start in range(first, first + count, 4):
            numbers = range(start, min(start + 4, first + count))
            self.keys += await asyncio.gather(*(self.cluster.organization(f"Chaos {number}", plan) for number in numbers))
        if first == 0:
            await self.postgres.execute(self.database, history.INSTALL)

    def node(self, port=None, **more):
        """A node whose name the database's log will show; `port`: of a proxy before Postgres."""
        name = f"node{len(self.cluster.nodes)}"
        return self.cluster.node(DATABASE_URL=self.postgres.url(self.database, port) + f"?application_name={name}", **more)

    async def nodes(self, count, **more):
        nodes = [self.node(**more).start() for _ in range(count)]
        await asyncio.gather(*(node.ready() for node in nodes))
        return nodes

    async def recurring(self, client, count, every, seconds, path="/run", **more):
        """Jobs over all organizations that end by themselves after `seconds`; what is expected of them goes into the books."""
        ends = time.time() + seconds
        for number in range(count):
            await self.job(client, self.keys[number % len(self.keys)], {"every": f"{every}s", "ends_at": written(int(ends * 1e6))}, path, every, **more)
        return ends

    async def job(self, client, key, schedule, path="/run", every=None, **more):
        draft = {"config": {"url": path if "://" in path else self.target.url(path)}, "schedule": schedule, **more}
        answer = await client.request("POST", "/api/jobs", key, draft)
        if answer.status != 201:
            raise RuntimeError(f"a job was refused: {answer.status} {answer.body[:300]}")
        job = answer.json
        expected = self.expected(uuid_of(job["id"]), schedule, every, instant(job["created_at"]))
        self.jobs.append(expected)
        self.answered["jobs"].setdefault(expected.id, [])
        return job["id"]

    def expected(self, job_id, schedule, every, made):
        """By what was said alone: an interval counts from when the job was made. (`next_run_at` in the answer may be past what is
        queued already.)"""
        if schedule is None:
            return ExpectedJob(job_id, None)
        if every is None:
            at = instant(schedule["at"])
            return ExpectedJob(job_id, at, ends=at + 1)
        return ExpectedJob(job_id, made + every * 1_000_000, every * 1_000_000, instant(schedule["ends_at"]))

    async def bulk(self, count, due, path, organization=0, organizations=1, spread_us=0, timeout_ms=60_000):
        """One-time jobs by the thousand, written as the API writes them, because making them is not what is tried."""
        self.bulks += 1
        name = f"bulk {self.bulks}"
        await self.postgres.execute(self.database, BULK.format(
            count=count, due=int(due * 1e6), spread=spread_us, organization=organization, organizations=organizations, name=name,
            url=path if "://" in path else self.target.url(path), timeout_ms=timeout_ms))
        for row in await self.postgres.query(self.database, f"SELECT id, schedule->>'at' AS due FROM jobs WHERE name = '{name}'"):
            self.jobs.append(self.expected(row["id"], {"at": row["due"]}, None, None))

    async def trigger(self, client, key, job):
        answer = await client.request("POST", f"/api/jobs/{job}/trigger", key)
        if answer.status == 202:
            self.answered["runs"].append(uuid_of(answer.json["id"]))
        return answer

    @contextlib.contextmanager
    def fault(self, lasting=0):
        """Between its beginning and `lasting` seconds after its end, what is in flight may be repeated."""
        began = time.time()
        self.faults.append((began, float("inf")))
        place = len(self.faults) - 1
        try:
            yield
        finally:
            self.faults[place] = (began, time.time() + lasting)

    async def value(self, sql):
        return await self.postgres.value(self.database, sql)

    async def number(self, sql):
        return float(await self.value(sql) or 0)

    async def leader(self):
        """The node that queued last."""
        name = await self.value("SELECT node FROM chaos_log WHERE relation = 'queue' AND was IS NULL ORDER BY seq DESC LIMIT 1")
        return next((node for node in self.cluster.nodes if f"node{node.number}" == name), None)

    async def drained(self, within=60, after=0):
        """Waits until nothing is left to run; the ledger says what was."""
        await asyncio.sleep(max(0, after - time.time()))
        end = time.monotonic() + within
        began = time.monotonic()
        while time.monotonic() < end:
            try:
                if await self.value("SELECT NOT EXISTS (SELECT FROM queue) AND NOT EXISTS (SELECT FROM job_states WHERE next_run_at IS NOT NULL)") == "t":
                    break
            except RuntimeError:
                pass
            await asyncio.sleep(0.2)
        return time.monotonic() - began

    def demand(self, condition, sentence):
        """A figure that is judged; invariants always are."""
        if not condition:
            self.failures.append(sentence)

    def show_delays(self, name="start delay ms"):
        late = [(call.arrival - call.scheduled / 1e6) * 1000 for calls in self.target.calls.values() for call in calls[:1]]
        if late:
            self.figures[name] = f"p50 {percentile(late, .5):.0f} p99 {percentile(late, .99):.0f} max {max(late):.0f}"

    async def check(self):
        if self.sabotage:
            await self.sabotage(self)
        ledger = Ledger(self.jobs, self.faults, self.answered, self.target.calls, self.slack, self.sees_all)
        broken = await ledger.check(self.postgres, self.database, self.edits)
        self.figures.setdefault("executions", len(ledger.executions))
        others = collections.Counter(f"{row['status']} {row['reason']}" for row in ledger.executions if row["status"] != "success")
        self.figures.setdefault("else", " ".join(f"{ending}:{count}" for ending, count in others.items()) or "none")
        self.figures.setdefault("called", self.target.total)
        self.figures.setdefault("twice", sum(len(calls) > 1 for calls in self.target.calls.values()))
        return broken

    async def close(self, keep=False):
        await self.cluster.end()
        self.target.stop()
        if keep:
            print(f"  kept: {self.folder}", flush=True)
        else:
            shutil.rmtree(self.folder, ignore_errors=True)
            with contextlib.suppress(RuntimeError):
                await self.postgres.execute("postgres", f'DROP DATABASE "{self.database}" WITH (FORCE)')


def client_of(node):
    return Client(node.port)
