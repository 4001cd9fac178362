"""Start lateness at a steady rate: lateness.py BINARY SECONDS [RATE]

Starts the real binary with a private Postgres in a folder of its own, makes RATE jobs `every` 1s with their anchors spread
evenly over the second, answers their calls on loopback, and prints, as the last line of a table, how late they started by
the database's clock (started_at - scheduled_for, as the API tells it) and how late they arrived here. Counts what did not
arrive and what arrived twice: both must be 0."""
import asyncio, collections, datetime, json, os, signal, subprocess, sys, tempfile, time, urllib.request

BINARY, SECONDS, RATE = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 20
HOST, PORT = "127.0.0.1", int(os.environ.get("BENCH_PORT", "18091"))
arrivals = collections.defaultdict(list)


def instant(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


class Target(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport, self.buffer = transport, b""

    def data_received(self, data):
        now = time.time()
        self.buffer += data
        while b"\r\n\r\n" in self.buffer:
            head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
            fields = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:])
            due = instant(fields[b"Prikke-Scheduled-For"].decode())
            arrivals[fields[b"Prikke-Execution-Id"].decode()].append(now - due)
            self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")


def call(method, path, key=None, body=None):
    request = urllib.request.Request(f"http://{HOST}:{PORT}{path}", method=method, data=body and json.dumps(body).encode())
    request.add_header("Content-Type", "application/json")
    if key:
        request.add_header("Authorization", "Bearer " + key)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.loads(answer.read())


def executions(job, key):
    path, cursor = f"/api/jobs/{job}/executions?limit=100", ""
    while cursor is not None:
        page = call("GET", path + (f"&cursor={cursor}" if cursor else ""), key)
        yield from page["data"]
        cursor = page["next_cursor"]


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] * 1000


def cpu(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def main():
    folder = tempfile.mkdtemp(prefix="prikke-bench-")
    environment = {**os.environ, "PRIKKE_DATA_DIR": folder, "PORT": str(PORT), "PRIKKE_ALLOW_NETWORKS": "127.0.0.0/8", "PRIKKE_RATE_LIMIT": "0"}
    log = open(os.path.join(folder, "serve.log"), "w")
    server = subprocess.Popen([BINARY, "serve"], env=environment, stdout=log, stderr=log)
    try:
        for _ in range(300):
            try:
                call("GET", "/health")
                break
            except OSError:
                await asyncio.sleep(0.1)
        made = subprocess.run(
            [BINARY, "organization", "create", "--name", "Bench", "--email", "bench@example.com", "--plan", "business", "--json"],
            env=environment, check=True, capture_output=True, text=True)
        key = json.loads(made.stdout)["api_key"]
        loop = asyncio.get_running_loop()
        target = await loop.create_server(Target, HOST, 0)
        url = f"http://{HOST}:{target.sockets[0].getsockname()[1]}/tick"
        start = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
        jobs = []
        for number in range(RATE):
            anchor = (start + datetime.timedelta(seconds=number / RATE)).isoformat().replace("+00:00", "Z")
            draft = {"config": {"url": url}, "schedule": {"every": "1s", "anchor": anchor}}
            jobs.append((await loop.run_in_executor(None, call, "POST", "/api/jobs", key, draft))["id"])
        before = cpu(server.pid)
        await asyncio.sleep(SECONDS)
        used = cpu(server.pid) - before
        rows = []
        for job in jobs:
            call_off = loop.run_in_executor(None, call, "PATCH", f"/api/jobs/{job}", key, {"enabled": False})
            await call_off
        await asyncio.sleep(3)
        lost = twice = gaps = 0
        for job in jobs:
            mine = await loop.run_in_executor(None, lambda: list(executions(job, key)))
            mine = [execution for execution in mine if execution["reason"] != "paused"]  # what the end of the run passed over
            due = sorted(instant(e["scheduled_for"]) for e in mine)
            gaps += sum(1 for a, b in zip(due, due[1:]) if round(b - a) != 1)
            for execution in mine:
                seen = len(arrivals.get(execution["id"], []))
                lost += seen == 0
                twice += seen > 1
            rows += [instant(e["started_at"]) - instant(e["scheduled_for"]) for e in mine if e["started_at"]]
        seen = [lateness for times in arrivals.values() for lateness in times]
        print("| executions | lost | doubled | gaps | start p50 ms | p99 | max | arrival p50 ms | p99 | max | earliest ms | CPU of a core |")
        print("|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
        print(
            f"| {len(rows)} | {lost} | {twice} | {gaps} | {percentile(rows, .5):.2f} | {percentile(rows, .99):.2f} | {max(rows) * 1000:.1f} "
            f"| {percentile(seen, .5):.2f} | {percentile(seen, .99):.2f} | {max(seen) * 1000:.1f} | {min(seen) * 1000:.3f} "
            f"| {used / SECONDS * 100:.1f} % |")
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(40)


asyncio.run(main())
