"""What is called: counts every request by execution and attempt, with its arrival, and answers when it was told to.

  /any?ms=N       200 after N ms           /never          no answer
  /status/N       that status"""
import asyncio, collections, time, urllib.parse

from names import instant, uuid_of


class Call:
    """One request as it arrived. `ended`: when it was answered, or when the caller was gone; None: neither yet."""

    __slots__ = ("execution", "attempt", "scheduled", "arrival", "answered", "ended", "webhook", "path")

    def __init__(self, fields, path):
        self.arrival = time.time()
        self.execution = uuid_of(fields["prikke-execution-id"])
        self.webhook = fields.get("webhook-id")
        self.attempt = int(fields["prikke-attempt"])
        self.scheduled = instant(fields["prikke-scheduled-for"])
        self.path = path
        self.answered, self.ended = False, None


class Connection(asyncio.Protocol):
    def __init__(self, target):
        self.target, self.buffer, self.call, self.timer = target, b"", None, None

    def connection_made(self, transport):
        self.transport = transport
        self.target.open += 1

    def connection_lost(self, _):
        self.target.open -= 1
        if self.timer:
            self.timer.cancel()
        if self.call and self.call.ended is None:
            self.call.ended = time.time()

    def data_received(self, data):
        self.buffer += data
        while b"\r\n\r\n" in self.buffer:
            head, rest = self.buffer.split(b"\r\n\r\n", 1)
            lines = head.decode("latin-1").split("\r\n")
            fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
            length = int(fields.get("content-length", "0"))
            if len(rest) < length:
                return
            self.buffer = rest[length:]
            self._take(lines[0].split(" ")[1], fields)

    def _take(self, path, fields):
        url = urllib.parse.urlsplit(path)
        self.call = call = self.target.record(fields, url.path)
        if url.path.startswith("/never"):
            return
        status = url.path.split("/")[2] if url.path.startswith("/status/") else "200"
        wait = int(dict(urllib.parse.parse_qsl(url.query)).get("ms", 0)) / 1000
        if wait:
            self.timer = asyncio.get_running_loop().call_later(wait, self._answer, call, status)
        else:
            self._answer(call, status)

    def _answer(self, call, status):
        if self.transport.is_closing():
            return
        self.transport.write(f"HTTP/1.1 {status} X\r\nContent-Length: 2\r\n\r\nok".encode())
        if call:
            call.answered, call.ended = True, time.time()


class Target:
    """`calls`: by execution, in the order in which they came."""

    def __init__(self):
        self.calls = collections.defaultdict(list)
        self.open = self.total = 0
        self.arrived = asyncio.Event()

    async def start(self):
        self.server = await asyncio.get_running_loop().create_server(lambda: Connection(self), "127.0.0.1", 0, backlog=4096)
        self.port = self.server.sockets[0].getsockname()[1]

    def record(self, fields, path):
        self.total += 1
        if "prikke-execution-id" not in fields:
            return None
        call = Call(fields, path)
        self.calls[call.execution].append(call)
        return call

    @property
    def in_flight(self):
        return sum(1 for calls in self.calls.values() if calls[-1].ended is None)

    def url(self, path="/run", port=None):
        return f"http://127.0.0.1:{port or self.port}{path}"

    def stop(self):
        self.server.close()
