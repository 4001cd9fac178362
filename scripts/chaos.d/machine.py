"""What the rows need of the machine: ports, commands, and what /proc says of a process."""
import asyncio, os, random, socket, subprocess


def free_port():
    """A port that nobody listens on, below those that the kernel hands out, so that no connection of ours takes it meanwhile."""
    while True:
        port = random.SystemRandom().randrange(15_000, 32_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


async def run(command, text=None, cwd=None, env=None, keep=True):
    """What the command printed. Not kept: it may leave a child behind that holds the pipe open (pg_ctl start)."""
    pipe = subprocess.PIPE if keep else subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(*command, stdin=subprocess.PIPE, stdout=pipe, stderr=pipe, cwd=cwd, env=env)
    try:
        out, errors = await process.communicate((text or "").encode())
    except asyncio.CancelledError:
        process.kill()
        raise
    if process.returncode != 0:
        raise RuntimeError(f"{os.path.basename(command[0])} ended with {process.returncode}: {(errors or b'').decode().strip()[:400]}")
    return (out or b"").decode()


def resident_mib(pid):
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def open_files(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Sampler:
    """Follows a process until stopped: most resident memory, most open files, and where both began."""

    def __init__(self, pid, every=0.25):
        self.pid, self.every = pid, every
        self.first_mib = self.most_mib = resident_mib(pid)
        self.first_files = self.most_files = open_files(pid)
        self.task = asyncio.create_task(self._follow())

    async def _follow(self):
        while True:
            await asyncio.sleep(self.every)
            try:
                self.most_mib = max(self.most_mib, resident_mib(self.pid))
                self.most_files = max(self.most_files, open_files(self.pid))
            except (OSError, ValueError):
                return

    def stop(self):
        self.task.cancel()
        return {"RSS MiB": f"{self.first_mib:.0f}→{self.most_mib:.0f}", "fds": f"{self.first_files}→{self.most_files}"}


def percentile(values, share):
    """Of numbers in any order; None of none."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] if values else None
