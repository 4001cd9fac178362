"""What the API carries: api.py PRIKKE BENCH [SECONDS]

Needs BENCH_DATABASE_URL, a durable Postgres. In one run, with wrk over 64 connections: the same requests against a bare server of
the web framework that answers as much and does nothing (the ceiling), and against the real program with its engine running what is
made; then pages of lists of an organization with a million executions, over one connection for each core, and over 8. Checks that what was asked for was done:
every job that was to run at once has run, or waits in the queue."""
import json, os, signal, subprocess, sys, tempfile, time, urllib.request

PRIKKE, BENCH = sys.argv[1], sys.argv[2]
SECONDS = int(sys.argv[3]) if len(sys.argv) > 3 else 20
PORT, CEILING = int(os.environ.get("BENCH_PORT", "18093")), 18094
DATABASE = os.environ["BENCH_DATABASE_URL"]
LUA = os.path.join(os.path.dirname(__file__), "api.lua")
MILLION = int(os.environ.get("BENCH_EXECUTIONS", "1000000"))


def sql(text):
    answer = subprocess.run(["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", DATABASE, "-c", text], check=True, capture_output=True, text=True)
    return answer.stdout.strip()


def wrk(port, key, connections=64, seconds=SECONDS, **more):
    environment = {**os.environ, "API_KEY": key, "TARGET": f"http://127.0.0.1:{CEILING}/job", **more}
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", LUA, f"http://127.0.0.1:{port}"]
    answer = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
    return json.loads(next(line for line in answer.splitlines() if line.startswith("RESULT"))[7:])


def cpu(*parents):
    """Seconds that these processes and their children have computed: of a busy machine the only figure that says much."""
    ticks = 0
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            fields = open(f"/proc/{entry}/stat").read().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(entry) in parents or int(fields[1]) in parents:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def row(name, result, ceiling=None, seconds=None):
    rate = result["requests"] / result["seconds"]
    part = f"{rate / ceiling * 100:.0f} %" if ceiling else ""
    cost = f"{seconds / result['requests'] * 1000:.2f}" if seconds else ""
    print(
        f"| {name} | {rate:,.0f} | {part} | {result['p50_ms']:.1f} | {result['p95_ms']:.1f} | {result['p99_ms']:.1f} | {cost} |"
        f" {result['bad'] + result['broken']} |", flush=True)
    return rate


def measured(name, processes, run, ceiling=None):
    before = cpu(*processes)
    result = run()
    return row(name, result, ceiling, cpu(*processes) - before)


def wait_for(port, path):
    for _ in range(300):
        try:
            return urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=2).read()
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"nothing answers at port {port}")


def fill():
    """A million executions over a week of one hundred jobs, as the program writes them; one in fifty has failed."""
    # The program makes the days of what it writes itself; of the past there are none.
    sql("""
        SET timezone = 'UTC';
        DO $$ DECLARE d date; BEGIN
            FOR d IN SELECT generate_series(current_date - 8, current_date + 1, interval '1 day') LOOP
                EXECUTE format('CREATE TABLE IF NOT EXISTS executions_keep_90_%s PARTITION OF executions_keep_90 FOR VALUES FROM (%L) TO (%L)',
                    to_char(d, 'YYYYMMDD'), d || ' 00:00:00+00', d + 1 || ' 00:00:00+00');
            END LOOP;
        END $$""")
    sql(f"""
        INSERT INTO executions (organization_id, keep_days, scheduled_for, id, job_id, trigger, status, reason, attempt, started_at,
            finished_at, status_code, duration_ms, lateness_ms)
        SELECT o.id, 90, t.at, (lpad(to_hex(floor(extract(epoch FROM t.at) * 1000)::bigint), 12, '0') || '7' || substr(md5(n::text), 1, 3)
            || '8' || substr(md5(n::text), 4, 15))::uuid, j.id, 'schedule', CASE WHEN n % 50 = 0 THEN 'failed' ELSE 'success' END,
            CASE WHEN n % 50 = 0 THEN 'http_status' END, 1, t.at, t.at + interval '40 ms', 200, 40, 1
        FROM generate_series(1, {MILLION}) n
            CROSS JOIN LATERAL (SELECT date_trunc('day', now()) + interval '20 h' - n * interval '600 ms' AS at) t
            JOIN (SELECT id, organization_id, row_number() OVER (ORDER BY id) AS place FROM jobs LIMIT 100) j ON j.place = n % 100 + 1
            JOIN organizations o ON o.id = j.organization_id""")
    sql("ANALYZE executions")


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
        key = json.loads(made.stdout)["api_key"]
        postmaster = int(sql("SELECT pg_read_file('postmaster.pid')").split()[0])
        print("| 64 connections | requests/s | of the ceiling | p50 ms | p95 ms | p99 ms | CPU ms each | errors |\n|---|---|---|---|---|---|---|---|")
        wrk(CEILING, key, seconds=2)
        most = measured("a bare Hummingbird that answers as much", [ceiling.pid], lambda: wrk(CEILING, key))
        wrk(PORT, key, seconds=2)
        measured("Prikke: 70 % job now, 15 % later, 15 % list", [server.pid, postmaster], lambda: wrk(PORT, key), most)
        time.sleep(float(os.environ.get("BENCH_DRAIN", "10")))
        due = "schedule ? 'at' AND (schedule ->> 'at')::timestamptz < now() - interval '2 s'"
        print(sql(f"""
            SELECT (SELECT count(*) FROM jobs WHERE {due}) || ' jobs were to run by then, '
                || (SELECT count(*) FROM executions WHERE status = 'success') || ' have run, '
                || (SELECT count(*) FROM queue WHERE due_at < now()) || ' wait, synchronous_commit is ' || current_setting('synchronous_commit')"""))
        lists(key)
    finally:
        for process in (server, ceiling):
            process.send_signal(signal.SIGTERM)
        server.wait(40)
        ceiling.wait(10)


def lists(key):
    fill()
    pages = ["/api/executions", "/api/executions?status=failed", "/api/executions?trigger=schedule", "/api/jobs"]
    print(f"\n| a page of 50, {MILLION:,} executions | requests/s | | p50 ms | p95 ms | p99 ms | | errors |\n|---|---|---|---|---|---|---|---|")
    for connections in (os.cpu_count(), 8):
        for page in pages:
            wrk(PORT, key, connections=connections, seconds=1, LISTS=page)
            row(f"GET {page}, {connections} at a time", wrk(PORT, key, connections=connections, seconds=5, LISTS=page))


main()
