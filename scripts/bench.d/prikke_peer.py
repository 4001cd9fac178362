"""Prikke as a peer of ../shared/bench/peers (see its README): the real binary in the role `all`, every feature on.

Jobs are written straight into its tables (the API's bulk path is an issue of its own), one-time jobs due at the given
instant, spread over three organizations on Business, and take the whole way: scheduler, queue, lanes, claim, guarded call,
signature, attempt with request and answer, history, counters."""
import json, os, subprocess

import asyncpg, common

STORE = "pg"
PROCS = 1
BINARY = os.environ["PRIKKE_BINARY"]
ORGANIZATIONS = int(os.environ.get("PRIKKE_ORGANIZATIONS", 3))
ENV = {
    **os.environ,
    "DATABASE_URL": common.DSN,
    "PRIKKE_DATA_DIR": common.DIR + "/prikke",
    "PRIKKE_ALLOW_NETWORKS": "127.0.0.0/8", "PRIKKE_RATE_LIMIT": "0",
    "PORT": os.environ.get("PRIKKE_BENCH_PORT", "18090"),
    "PRIKKE_HOST_CONCURRENCY": "0",
}
_connection = None
_organizations = []

JOBS = """
WITH given AS (
    SELECT $1::uuid[] AS organizations, i.id, to_timestamp(i.due / 1e6) AS due, gen_random_uuid() AS job
    FROM unnest($2::bigint[], $3::bigint[]) AS i (id, due)
), made AS (
    INSERT INTO jobs (organization_id, id, name, plugin, config, schedule, schedule_set_at, timeout_ms, retries, missed, missed_limit,
        overlap, success, tags, enabled, created_at, updated_at)
    SELECT organizations[1 + id % cardinality(organizations)], job, 'bench', 'http',
        jsonb_build_object('url', $4::text, 'method', 'POST', 'headers', jsonb_build_object('Content-Type', 'application/json'),
            'body', format('{"id":%s,"due":%s,"event":"job.due","source":"bench"}', id, (extract(epoch FROM due) * 1e6)::bigint)),
        jsonb_build_object('at', to_char(due AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')), now(), 30000,
        '{"limit": 5}', 'last', 10, 'queue', '{"status": ["2xx"]}', '{}', true, now(), now()
    FROM given RETURNING organization_id, id
)
INSERT INTO job_states (organization_id, job_id, next_run_at)
SELECT made.organization_id, made.id, given.due FROM made JOIN given ON given.job = made.id
"""


async def connection():
    global _connection
    if _connection is None:
        _connection = await asyncpg.connect(common.DSN)
    return _connection


async def init():
    for number in range(ORGANIZATIONS):
        made = subprocess.run(
            [BINARY, "organization", "create", "--name", f"Bench {number}", "--email", "bench@example.com", "--plan", "business", "--json"],
            env=ENV, check=True, capture_output=True, text=True)
        json.loads(made.stdout)


async def enqueue(items):
    c = await connection()
    if not _organizations:
        _organizations.extend(r["id"] for r in await c.fetch("SELECT id FROM organizations ORDER BY id"))
    await c.execute(JOBS, _organizations, [i for i, _ in items], [d for _, d in items], common.TARGET)
    await c.execute("SELECT pg_notify($1, '')", "jobs_" + schema_hash("public"))


enqueue_now = enqueue


async def done():
    c = await connection()
    return await c.fetchval("SELECT count(*) FROM executions")


def workers(procs):
    return [([BINARY, "serve"], {k: v for k, v in ENV.items() if k not in os.environ or os.environ[k] != v})]


def schema_hash(schema):
    """FNV-1a, as Sources/Postgres/Database.swift has it."""
    value = 0xCBF29CE484222325
    for byte in schema.encode():
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return format(value, "x")
