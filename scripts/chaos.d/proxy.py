"""A TCP proxy that is a bad network: silent, slow, late, or one that resets everything."""
import asyncio, socket, struct

LINGER_NOT = struct.pack("ii", 1, 0)


class Proxy:
    def __init__(self, port):
        self.upstream = port
        self.flowing = asyncio.Event()
        self.flowing.set()
        self.answers_late = 0.0
        self.latency = 0.0
        self.pairs = set()
        self.resets = 0

    async def start(self):
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=1024)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    def pause(self):
        """Nothing passes, nothing is refused, nothing is reset: as if the cable were cut."""
        self.flowing.clear()

    def resume(self):
        self.flowing.set()

    def reset_all(self):
        """A RST to both ends of every connection."""
        for pair in list(self.pairs):
            for writer in pair:
                if not writer.is_closing():
                    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOT)
                writer.transport.abort()
            self.resets += 1

    async def reset_every(self, seconds):
        while True:
            await asyncio.sleep(seconds)
            self.reset_all()

    async def _serve(self, reader, writer):
        try:
            await self.flowing.wait()
            upstream_reader, upstream_writer = await asyncio.open_connection("127.0.0.1", self.upstream)
        except OSError:
            return writer.transport.abort()
        pair = (writer, upstream_writer)
        self.pairs.add(pair)
        try:
            await asyncio.gather(self._pump(reader, upstream_writer, False), self._pump(upstream_reader, writer, True))
        finally:
            self.pairs.discard(pair)

    async def _pump(self, reader, writer, is_answer):
        """A chunk is held for its time while the next are read, so that a delay is not a limit of throughput."""
        late = asyncio.Queue()
        forward = asyncio.create_task(self._forward(late, writer))
        loop = asyncio.get_running_loop()
        try:
            while data := await reader.read(65536):
                late.put_nowait((loop.time() + self.latency / 2 + (self.answers_late if is_answer else 0), data))
        except OSError:
            pass
        late.put_nowait((loop.time(), b""))
        await forward

    async def _forward(self, late, writer):
        loop = asyncio.get_running_loop()
        try:
            while True:
                due, data = await late.get()
                await asyncio.sleep(max(0, due - loop.time()))
                await self.flowing.wait()
                if not data:
                    break
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()

    def stop(self):
        self.flowing.set()
        self.server.close()
        self.reset_all()
