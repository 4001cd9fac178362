"""A private Postgres for the faults: durable settings, on TCP and a socket, with a database for each row, to be restarted in
every way that a server can go away. psql is the only client: what the ledger reads, it reads as anybody could."""
import asyncio, csv, glob, io, os, shutil, signal, subprocess, tempfile

from machine import free_port, run

SETTINGS = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = '{home}'
synchronous_commit = on
shared_buffers = 256MB
max_connections = 300
max_locks_per_transaction = 512
max_wal_size = 4GB
jit = off
logging_collector = off
"""


def server_programs():
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(path.split("/")[4]))
    if found:
        return found[-1]
    initdb = shutil.which("initdb")
    if not initdb:
        raise SystemExit("PostgreSQL's server is not installed: apt-get install postgresql")
    return os.path.dirname(os.path.realpath(initdb))


class Postgres:
    def __init__(self):
        self.programs = server_programs()
        self.port = free_port()
        self.home = tempfile.mkdtemp(prefix="prikke-chaos-pg-")
        self.as_server = []
        if os.getuid() == 0:
            self.as_server = ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups", "--"]
            shutil.chown(self.home, "postgres")
        os.chmod(self.home, 0o755)
        self.data = os.path.join(self.home, "data")

    async def create(self):
        await self._program("initdb", "-D", self.data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--no-instructions")
        settings = SETTINGS.format(port=self.port, home=self.home)
        with open(os.path.join(self.data, "postgresql.conf"), "a") as file:
            file.write(settings)
        await self.start()

    async def start(self):
        await self._program("pg_ctl", "-D", self.data, "-l", os.path.join(self.home, "log"), "-w", "-t", "60", "start")

    async def stop(self, mode="fast"):
        await self._program("pg_ctl", "-D", self.data, "-m", mode, "-w", "-t", "60", "stop")

    def kill(self):
        """SIGKILL to the postmaster alone; its children notice that it is gone."""
        with open(os.path.join(self.data, "postmaster.pid")) as file:
            os.kill(int(file.readline()), signal.SIGKILL)

    async def start_after_kill(self):
        """Until the children of the killed server have let go of the shared memory, a new one refuses to start."""
        for _ in range(200):
            try:
                return await self.start()
            except RuntimeError:
                await asyncio.sleep(0.05)
        raise RuntimeError("Postgres does not come back after kill -9")

    async def restart(self, how):
        if how == "kill":
            self.kill()
            await self.start_after_kill()
        else:
            await self.stop(how)
            await self.start()

    def remove(self):
        command = [*self.as_server, os.path.join(self.programs, "pg_ctl"), "-D", self.data, "-m", "immediate", "stop"]
        subprocess.run(command, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        shutil.rmtree(self.home, ignore_errors=True)

    def url(self, database, port=None):
        return f"postgresql://postgres@127.0.0.1:{port or self.port}/{database}"

    async def query(self, database, sql):
        """The rows of one statement as dictionaries of texts; None is null."""
        text = await self._psql(database, f"COPY ({sql}) TO STDOUT WITH (FORMAT csv, HEADER, NULL '\\N')")
        return [{name: None if value == "\\N" else value for name, value in row.items()} for row in csv.DictReader(io.StringIO(text))]

    async def value(self, database, sql):
        return (await self._psql(database, sql)).strip()

    async def execute(self, database, sql):
        await self._psql(database, sql)

    async def _psql(self, database, sql):
        return await run(["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", self.home, "-p", str(self.port), "-U", "postgres", "-d", database], sql)

    async def _program(self, name, *arguments):
        await run([*self.as_server, os.path.join(self.programs, name), *arguments], cwd="/", keep=False)
