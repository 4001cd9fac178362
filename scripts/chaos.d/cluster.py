"""Nodes of Prikke on one database: started, killed, frozen and stopped one by one."""
import asyncio, json, os, resource, signal, subprocess, time

from machine import free_port, run

PLANS = {
    "generation": 1,
    "plans": [
        {"plan": word, "name": word.title(), "price_eur_month": 0, "price_eur_year": 0, "jobs": None, "executions_per_month": None,
         "shortest_interval_s": 1, "keep_days": 7, "members": None, "concurrency": concurrency, "timeout_s": 900, "plugins": None}
        for word, concurrency in [("free", 200), ("pro", 200), ("business", 20_000)]
    ],
}


class Node:
    def __init__(self, cluster, number, environment, files=None):
        self.cluster, self.number, self.files = cluster, number, files
        self.port = free_port()
        self.environment = {**cluster.environment, **environment, "PORT": str(self.port), "PRIKKE_DATA_DIR": cluster.path(f"data{number}")}
        self.process = None
        self.starts = 0

    @property
    def pid(self):
        return self.process.pid

    @property
    def is_running(self):
        return self.process is not None and self.process.poll() is None

    @property
    def log_path(self):
        return self.cluster.path(f"node{self.number}.log")

    def start(self, **changes):
        """Under a file limit where one was asked for; changes of the environment hold for this start alone."""
        limit = (lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (self.files, self.files))) if self.files else None
        self.starts += 1
        with open(self.log_path, "a") as log:
            self.process = subprocess.Popen(
                [*self.cluster.wrapper, self.cluster.binary, "serve"], env={**self.environment, **changes}, stdout=log, stderr=log,
                stdin=subprocess.DEVNULL, preexec_fn=limit, cwd=self.cluster.folder)
        return self

    async def ready(self, within=60):
        from client import Client
        client = Client(self.port)
        end = time.monotonic() + within
        try:
            while time.monotonic() < end:
                if self.process.poll() is not None:
                    raise RuntimeError(f"node {self.number} ended with {self.process.returncode}: {self.last_words()}")
                try:
                    if (await client.request("GET", "/health", deadline=2)).status == 200:
                        return self
                except (OSError, asyncio.TimeoutError, EOFError):
                    pass
                await asyncio.sleep(0.03)
        finally:
            client.close()
        raise RuntimeError(f"node {self.number} is not ready after {within} s: {self.last_words()}")

    def signal(self, number):
        if self.is_running:
            self.process.send_signal(number)

    def kill(self):
        self.signal(signal.SIGKILL)

    async def ended(self, within):
        """Its exit code; None: it still runs."""
        end = time.monotonic() + within
        while self.process.poll() is None and time.monotonic() < end:
            await asyncio.sleep(0.02)
        return self.process.poll()

    async def stop(self, within=45):
        self.signal(signal.SIGTERM)
        return await self.ended(within)

    def last_words(self):
        with open(self.log_path) as file:
            return " | ".join(file.read().splitlines()[-4:])[-600:]

    def log(self):
        with open(self.log_path) as file:
            return file.read()


class Cluster:
    """Nodes that share a database, an environment and a key."""

    def __init__(self, binary, url, folder, wrapper=(), **environment):
        self.binary, self.folder, self.wrapper = binary, folder, list(wrapper)
        with open(self.path("plans.json"), "w") as file:
            json.dump(PLANS, file)
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PRIKKE_", "PG", "DATABASE_URL", "SECRET_KEY"))}
        self.environment = {
            **inherited, "DATABASE_URL": url, "PRIKKE_ALLOW_NETWORKS": "127.0.0.0/8", "PRIKKE_RATE_LIMIT": "0", "PRIKKE_PLANS_FILE": self.path("plans.json"),
            "SECRET_KEY_BASE": "0123456789chaos-" * 5, "PRIKKE_HOST_CONCURRENCY": "0", "PRIKKE_WORKERS_MAX": "20000", **environment}
        self.nodes = []

    def path(self, name):
        return os.path.join(self.folder, name)

    def node(self, files=None, **environment):
        node = Node(self, len(self.nodes), environment, files)
        self.nodes.append(node)
        return node

    async def organization(self, name, plan="business"):
        """Its API key."""
        command = [self.binary, "organization", "create", "--name", name, "--email", "chaos@example.com", "--plan", plan, "--json"]
        environment = {**self.environment, "PRIKKE_DATA_DIR": self.path("data-cli")}
        return json.loads(await run(command, env=environment, cwd=self.folder))["api_key"]

    async def end(self):
        for node in self.nodes:
            if node.process is not None:
                node.signal(signal.SIGCONT)
                node.kill()
                node.process.wait()
