"""A client of the API that hides nothing: no retry, no redirect, kept connections, an answer or an exception."""
import asyncio, json, time


class Answer:
    def __init__(self, status, fields, body, port):
        self.status, self.fields, self.body, self.port = status, fields, body, port

    @property
    def json(self):
        return json.loads(self.body)


class Client:
    def __init__(self, port, host="127.0.0.1"):
        self.port, self.host = port, host
        self.idle = []

    async def request(self, method, path, key=None, body=None, deadline=15):
        """Raises OSError, EOFError or TimeoutError where no whole answer came."""
        return await asyncio.wait_for(self._request(method, path, key, body), deadline)

    async def _request(self, method, path, key, body):
        reader, writer = self.idle.pop() if self.idle else await asyncio.open_connection(self.host, self.port)
        try:
            payload = b"" if body is None else json.dumps(body).encode()
            lines = [f"{method} {path} HTTP/1.1", f"Host: {self.host}:{self.port}", f"Content-Length: {len(payload)}"]
            if key:
                lines.append(f"Authorization: Bearer {key}")
            if body is not None:
                lines.append("Content-Type: application/json")
            writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + payload)
            answer = await self._answer(reader)
        except BaseException:
            writer.close()
            raise
        if answer.fields.get("connection", "").lower() == "close" or reader.at_eof():
            writer.close()
        else:
            self.idle.append((reader, writer))
        return answer

    async def _answer(self, reader):
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:]) if name}
        status = int(head[0].split(" ")[1])
        if fields.get("transfer-encoding") == "chunked":
            body = b""
            while size := int(await reader.readline(), 16):
                body += await reader.readexactly(size)
                await reader.readline()
            await reader.readline()
        else:
            body = await reader.readexactly(int(fields.get("content-length", "0")) if status != 204 else 0)
        return Answer(status, fields, body, self.port)

    def close(self):
        for _, writer in self.idle:
            writer.close()
        self.idle = []


class Balancer:
    """Stands before several nodes as a load balancer does: sends to those whose /health was 200 a moment ago, in turn. An idle
    connection that the node has closed is not used; a request that was sent is never sent again."""

    def __init__(self, nodes, every=0.1):
        self.clients = {node.port: Client(node.port) for node in nodes}
        self.probes = {node.port: Client(node.port) for node in nodes}
        self.healthy = []
        self.turn = 0
        self.tasks = [asyncio.create_task(self._watch(port, every)) for port in self.probes]

    async def _watch(self, port, every):
        """Each node by itself: that one answers late must not keep the end of another from being seen."""
        while True:
            well = await self._is_healthy(port)
            others = [other for other in self.healthy if other != port]
            self.healthy = sorted([port, *others]) if well else others
            await asyncio.sleep(every)

    async def _is_healthy(self, port):
        try:
            return (await self.probes[port].request("GET", "/health", deadline=2)).status == 200
        except (OSError, EOFError, asyncio.TimeoutError):
            return False

    async def request(self, method, path, key=None, body=None, deadline=15):
        if not self.healthy:
            raise ConnectionRefusedError("no node is healthy")
        self.turn += 1
        client = self.clients[self.healthy[self.turn % len(self.healthy)]]
        client.idle = [pair for pair in client.idle if not pair[0].at_eof() and not pair[1].is_closing()]
        return await client.request(method, path, key, body, deadline)

    def close(self):
        for task in self.tasks:
            task.cancel()
        for client in [*self.clients.values(), *self.probes.values()]:
            client.close()


class Load:
    """Requests at a steady rate, whoever answers them; what came of each is kept."""

    def __init__(self, rate, request):
        self.rate, self.send = rate, request
        self.statuses, self.seconds, self.failures = {}, [], []
        self.slowest = 0
        self.waiting = set()
        self.task = asyncio.create_task(self._run())

    async def _run(self):
        start, count = time.monotonic(), 0
        while True:
            count += 1
            task = asyncio.create_task(self._one(count))
            self.waiting.add(task)
            task.add_done_callback(self.waiting.discard)
            await asyncio.sleep(max(0, start + count / self.rate - time.monotonic()))

    async def _one(self, count):
        began = time.monotonic()
        try:
            answer = await self.send(count)
            self.statuses[answer.status] = self.statuses.get(answer.status, 0) + 1
        except (OSError, EOFError, asyncio.TimeoutError) as error:
            self.failures.append(f"{time.time():.3f} {type(error).__name__} {error}"[:160])
        took = time.monotonic() - began
        self.seconds.append(took)
        self.slowest = max(self.slowest, took)

    async def stop(self):
        self.task.cancel()
        if self.waiting:
            await asyncio.wait(self.waiting, timeout=20)
