"""What the pages of a large organization take: pages.py PRIKKE BENCH [SECONDS]

Needs BENCH_DATABASE_URL, a durable Postgres. An organization of 10,000 jobs (from every 15 minutes to weekly) with a million executions
of the last 30 days, most of which are rare; the engine runs, and 20 further jobs fire each second. Each page is asked for 50 times a
second at an even rate, whatever the answers take, and timed from the moment at which it was to be asked for. Prints also how large each
page is, how long the tallier took to fold all of it, and the slowest statements, if pg_stat_statements is loaded."""
import hashlib, http.client, json, os, random, signal, subprocess, sys, tempfile, threading, time, urllib.request, uuid

PRIKKE, BENCH = sys.argv[1], sys.argv[2]
SECONDS = int(sys.argv[3]) if len(sys.argv) > 3 else 20
PORT, CEILING = int(os.environ.get("BENCH_PORT", "18093")), int(os.environ.get("BENCH_CEILING_PORT", "18094"))
DATABASE = os.environ["BENCH_DATABASE_URL"]
JOBS = int(os.environ.get("BENCH_JOBS", "10000"))
RATE = int(os.environ.get("BENCH_RATE", "50"))
FIRING = 20
TOKEN = "0" * 10 + "pages" * 6 + "abc"
# Of a hundred jobs so many run every so many seconds: together 33,000 executions a day of ten thousand jobs.
RHYTHMS = [(1, 900), (5, 3600), (14, 21600), (50, 86400), (30, 604800)]


def sql(text, *more):
    command = ["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", DATABASE, "-c", text, *more]
    answer = subprocess.run(command, capture_output=True, text=True)
    if answer.returncode:
        raise SystemExit(answer.stderr)
    return answer.stdout.strip()


def rhythm(number):
    place = number % 100
    for share, seconds in RHYTHMS:
        if place < share:
            return seconds
        place -= share


def identifier(text):
    """A job's id as it is written outside, of its UUID."""
    number, digits = uuid.UUID(text).int, ""
    for _ in range(26):
        number, digit = divmod(number, 32)
        digits = "0123456789abcdefghjkmnpqrstvwxyz"[digit] + digits
    return f"job_{digits}"


class API:
    def __init__(self, key):
        self.headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    def post(self, path, body):
        request = urllib.request.Request(f"http://127.0.0.1:{PORT}{path}", json.dumps(body).encode(), self.headers, method="POST")
        return json.load(urllib.request.urlopen(request, timeout=30))


def wait_for(port, path):
    for _ in range(600):
        try:
            return urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=2).read()
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"nothing answers at port {port}")


def make_jobs(api):
    target = f"http://127.0.0.1:{CEILING}/job"

    def job(name, every, number):
        return {"name": name, "config": {"url": f"{target}?job={number}"}, "schedule": {"every": f"{every}s"}, "tags": [f"team-{number % 20}"]}
    jobs = [job(f"Report {number}", rhythm(number), number) for number in range(JOBS)]
    jobs += [job(f"Firing {number}", 1, number) for number in range(FIRING)]
    for start in range(0, len(jobs), 100):
        api.post("/api/jobs/batch", {"jobs": jobs[start : start + 100]})


def fill():
    """History as the program writes it, of thirty days; one execution in fifty has failed, one job in forty fails, one in fifty is paused."""
    sql("""
        SET timezone = 'UTC';
        DO $$ DECLARE d date; t text; BEGIN
            FOR d IN SELECT generate_series(current_date - 90, current_date, interval '1 day') LOOP
                FOREACH t IN ARRAY ARRAY['executions', 'attempts'] LOOP
                    IF to_regclass(format('%s_keep_90_%s', t, to_char(d, 'YYYYMMDD'))) IS NULL THEN
                        EXECUTE format('CREATE TABLE %s_keep_90_%s PARTITION OF %s_keep_90 FOR VALUES FROM (%L) TO (%L)',
                            t, to_char(d, 'YYYYMMDD'), t, d || ' 00:00:00+00', d + 1 || ' 00:00:00+00');
                    END IF;
                END LOOP;
            END LOOP;
        END $$""")
    sql("""
        BEGIN;
        ALTER TABLE executions DISABLE TRIGGER USER;
        CREATE TEMP TABLE of AS SELECT organization_id, id, substring(config ->> 'url' FROM 'job=([0-9]+)')::bigint AS n,
            substring(schedule ->> 'every' FROM '[0-9]+')::bigint AS every, schedule ->> 'every' AS text FROM jobs WHERE name LIKE 'Report %';
        UPDATE of SET every = every * CASE right(text, 1) WHEN 'm' THEN 60 WHEN 'h' THEN 3600 WHEN 'd' THEN 86400 WHEN 'w' THEN 604800 ELSE 1 END;
        INSERT INTO executions (organization_id, keep_days, scheduled_for, id, job_id, trigger, status, reason, attempt, started_at,
            finished_at, status_code, duration_ms, lateness_ms, error_message)
        SELECT o.organization_id, 90, t.at, (lpad(to_hex(floor(extract(epoch FROM t.at) * 1000)::bigint), 12, '0') || '7'
            || substr(md5(n || '-' || k), 1, 3) || '8' || substr(md5(n || '-' || k), 4, 15))::uuid, o.id, 'schedule',
            CASE WHEN bad THEN 'failed' ELSE 'success' END, CASE WHEN bad THEN 'http_status' END, 1, t.at, t.at + interval '40 ms',
            CASE WHEN bad THEN 500 ELSE 200 END, 40 + k % 60, k % 9, CASE WHEN bad THEN 'The target answered 500.' END
        FROM of o CROSS JOIN LATERAL generate_series(1, 30 * 86400 / every) k
            CROSS JOIN LATERAL (SELECT now() - (n * 7919 % every) * interval '1 s' - (k - 1) * every * interval '1 s' AS at) t
            CROSS JOIN LATERAL (SELECT (k + n) % 50 = 0 AS bad) b;
        UPDATE job_states s SET tallied_until = '0001-01-01 00:00:00+00', health = CASE WHEN n % 40 = 0 THEN 'failing' ELSE health END
            FROM of WHERE of.id = s.job_id;
        UPDATE jobs j SET enabled = false FROM of WHERE of.id = j.id AND n % 50 = 1;
        ALTER TABLE executions ENABLE TRIGGER USER;
        COMMIT""")
    sql("VACUUM ANALYZE executions, jobs, job_states, queue")


def sign_in(slug):
    digest = hashlib.sha256(TOKEN.encode()).hexdigest()
    sql(f"""INSERT INTO sessions (id, token_hash, user_id, device, address, created_at, last_used_at)
        SELECT '{uuid.uuid4()}', '\\x{digest}', m.user_id, 'Bench', '127.0.0.1', now(), now() FROM memberships m
        JOIN organizations o ON o.id = m.organization_id WHERE o.slug = '{slug}' LIMIT 1""")


class Load:
    """Asks at an even rate: no answer that takes long keeps the next question back."""

    def __init__(self, paths, rate, seconds):
        self.paths, self.gap, self.count = paths, 1 / rate, rate * seconds
        self.taken, self.bad, self.sizes = [], {}, []
        self.lock, self.next, self.start = threading.Lock(), 0, time.perf_counter() + 0.1

    def work(self):
        connection = None
        while True:
            with self.lock:
                number = self.next
                self.next += 1
            if number >= self.count:
                break
            at = self.start + number * self.gap
            time.sleep(max(0, at - time.perf_counter()))
            try:
                connection = connection or http.client.HTTPConnection("127.0.0.1", PORT, timeout=10)
                connection.request("GET", random.choice(self.paths), headers={"Cookie": f"prikke_session={TOKEN}"})
                answer = connection.getresponse()
                body, status = answer.read(), answer.status
            except OSError as error:
                connection, body, status = None, b"", type(error).__name__
            taken = time.perf_counter() - at
            with self.lock:
                self.taken.append(taken * 1000)
                self.sizes.append(len(body))
                if status != 200:
                    self.bad[status] = self.bad.get(status, 0) + 1

    def run(self):
        threads = [threading.Thread(target=self.work) for _ in range(64)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.taken.sort()
        return self

    def at(self, share):
        return self.taken[min(len(self.taken) - 1, int(len(self.taken) * share))]


def measure(slug):
    ids = [identifier(id) for id in sql("SELECT id FROM jobs WHERE name LIKE 'Report %' ORDER BY md5(id::text) LIMIT 200").split()]
    pages = [
        ("overview", [f"/{slug}"]),
        ("jobs", [f"/{slug}/jobs"]),
        ("jobs, failing", [f"/{slug}/jobs?health=failing"]),
        ("jobs of a tag", [f"/{slug}/jobs?tag=team-{n}" for n in range(20)]),
        ("jobs, searched", [f"/{slug}/jobs?search=report%20{n}" for n in range(100, 200)]),
        ("jobs by name", [f"/{slug}/jobs?sort=name"]),
        ("a job", [f"/{slug}/jobs/{id}" for id in ids]),
        ("executions", [f"/{slug}/executions"]),
    ]
    only = os.environ.get("BENCH_PAGES")
    has_statements = sql("SELECT count(*) FROM pg_extension WHERE extname = 'pg_stat_statements'") == "1"
    slow = []
    print(f"| {RATE} requests/s for {SECONDS} s | p50 ms | p95 ms | p99 ms | longest | KB | not 200 |\n|---|---|---|---|---|---|---|")
    for name, paths in pages:
        if only and name not in only.split(";"):
            continue
        Load(paths, RATE, 3).run()
        if has_statements:
            sql("SELECT pg_stat_statements_reset()")
        load = Load(paths, RATE, SECONDS).run()
        bad = ", ".join(f"{count} × {status}" for status, count in load.bad.items()) or "0"
        print(
            f"| {name} | {load.at(0.5):.1f} | {load.at(0.95):.1f} | {load.at(0.99):.1f} | {load.taken[-1]:.1f} |"
            f" {max(load.sizes) / 1000:.1f} | {bad} |", flush=True)
        if has_statements:
            slow.append((name, slowest()))
    for name, statements in slow:
        print(f"\nSlowest statements beside {name} (mean, longest, calls):\n{statements}")


def slowest():
    return sql(r"""
        SELECT format('  %s ms  %s ms  %s×  %s', to_char(mean_exec_time, 'FM990.00'), to_char(max_exec_time, 'FM9990.0'), calls,
            left(regexp_replace(query, '\s+', ' ', 'g'), 130))
        FROM pg_stat_statements WHERE calls > 2 AND query NOT LIKE '%pg_stat_statements%' ORDER BY max_exec_time DESC LIMIT 8""")


def main():
    folder = tempfile.mkdtemp(prefix="prikke-bench-")
    log = open(os.path.join(folder, "serve.log"), "w")
    environment = {
        **os.environ, "DATABASE_URL": DATABASE, "PRIKKE_DATA_DIR": folder, "PORT": str(PORT), "PRIKKE_RATE_LIMIT": "0",
        "PRIKKE_ALLOW_NETWORKS": "127.0.0.0/8"}
    ceiling = subprocess.Popen([BENCH, "ceiling", str(CEILING)], stdout=log, stderr=log)
    server = subprocess.Popen([PRIKKE, "serve"], env=environment, stdout=log, stderr=log)
    try:
        wait_for(CEILING, "/up")
        wait_for(PORT, "/livez")
        made = subprocess.run(
            [PRIKKE, "organization", "create", "--name", "Acme", "--email", "a@example.com", "--plan", "business", "--json"],
            env=environment, check=True, capture_output=True, text=True)
        api = API(json.loads(made.stdout)["api_key"])
        slug = sql("SELECT slug FROM organizations")
        make_jobs(api)
        fill()
        print(sql("SELECT (SELECT count(*) FROM jobs) || ' jobs, ' || (SELECT count(*) FROM executions) || ' executions'"), flush=True)
        start = time.monotonic()
        while sql("SELECT count(*) FROM job_states WHERE tallied_until < now() - interval '3 days'") != "0":
            time.sleep(1)
        print(f"folded after {time.monotonic() - start:.0f} s, with rests\n", flush=True)
        sql("VACUUM ANALYZE recent_executions, job_days, job_states")
        sign_in(slug)
        begin = sql("SELECT now()")
        measure(slug)
        late = sql(f"""SELECT percentile_disc(ARRAY[0.5, 0.99]) WITHIN GROUP (ORDER BY e.lateness_ms) FROM executions e
            JOIN jobs j ON j.id = e.job_id WHERE j.name LIKE 'Firing %' AND e.scheduled_for > '{begin}'""")
        print(f"\nLateness of {FIRING} jobs that fire each second beside it, p50 and p99 in ms: {late}")
    finally:
        for process in (server, ceiling):
            process.send_signal(signal.SIGTERM)
        server.wait(40)
        ceiling.wait(10)


main()
