"""The ledger check: what the schedules say (E), what the tables say (D), what the target saw (T), and nothing else. The
invariants are those of the reliability demands; each is a list of what broke it, empty when all is well."""
import collections

import history

EXECUTIONS = """
SELECT id, job_id, trigger, status, reason, attempt, count, (extract(epoch FROM scheduled_for) * 1000000)::bigint AS scheduled,
    (extract(epoch FROM last_scheduled_for) * 1000000)::bigint AS last, (extract(epoch FROM started_at) * 1000000)::bigint AS started,
    (extract(epoch FROM finished_at) * 1000000)::bigint AS finished FROM executions"""
QUEUE = "SELECT id, job_id, trigger, attempt, (extract(epoch FROM scheduled_for) * 1000000)::bigint AS scheduled, leased_by, held FROM queue"
ATTEMPTS = "SELECT execution_id, number, status, reason FROM attempts"

NAMES = ["I1", "I2", "I3", "I4", "I5", "I6", "I7", "I8", "I10"]
# Two clocks are compared only where they are one: the target and Postgres share this machine's. Its reading costs a moment.
GRANULARITY_US = 1_000


class ExpectedJob:
    """E of one job: from `first` on `every` so many microseconds, before `ends`; without an interval once; without a first never."""

    def __init__(self, job_id, first, every=None, ends=None):
        self.id, self.first, self.every, self.ends = job_id, first, every, ends

    @property
    def occurrences(self):
        if self.first is None:
            return []
        return range(self.first, self.ends, self.every) if self.every else [self.first]


class Ledger:
    def __init__(self, jobs, faults, answered, calls, slack, sees_all=True):
        """`answered`: what the API said it had stored, by kind. `faults`: (from, to) in seconds. `slack`: so long after its end a
        call may still wait for its record. `sees_all`: no other target was called."""
        self.jobs, self.faults, self.answered, self.calls = jobs, faults, answered, calls
        self.slack, self.sees_all = slack, sees_all
        self.broken = {name: [] for name in NAMES}

    async def check(self, postgres, database, edits=False):
        self.executions = await postgres.query(database, EXECUTIONS)
        self.queue = await postgres.query(database, QUEUE)
        self.attempts = collections.defaultdict(dict)
        for row in await postgres.query(database, ATTEMPTS):
            self.attempts[row["execution_id"]][int(row["number"])] = row
        self.by_id = {row["id"]: row for row in self.executions}
        self._occurrences()
        self.broken["I3"] += [f"still in the queue: {row}" for row in self.queue]
        for execution, calls in self.calls.items():
            self._counts(execution, calls)
            self._repeats(execution, calls)
        self._unseen()
        await self._stored(postgres, database)
        forbidden = history.FORBIDDEN + ("" if edits else "UNION ALL" + history.VANISHED)
        self.broken["I10"] += [str(row) for row in await postgres.query(database, forbidden)]
        return self.broken

    def _occurrences(self):
        """I1 and I2: each instant of each schedule has exactly one row, and each row an instant."""
        found = collections.defaultdict(collections.Counter)
        stretches = collections.defaultdict(list)
        for row in self.executions + self.queue:
            if row["trigger"] != "schedule":
                continue
            if int(row.get("count") or 1) > 1:
                stretches[row["job_id"]].append((int(row["scheduled"]), int(row["last"]), int(row["count"])))
            else:
                found[row["job_id"]][int(row["scheduled"])] += 1
        for job in self.jobs:
            self._hold_against(job, found.pop(job.id, collections.Counter()), stretches.pop(job.id, []))
        for job in [*found, *stretches]:
            self.broken["I2"].append(f"rows of a job that nobody made: {job}")

    def _hold_against(self, job, found, stretches):
        expected = set(job.occurrences)
        for first, last, count in stretches:
            inside = [at for at in expected if first <= at <= last]
            if len(inside) != count:
                self.broken["I2"].append(f"{job.id}: a stretch of {count} stands for {len(inside)} occurrences")
            found.update(inside)
        for at in expected:
            if not found[at]:
                self.broken["I1"].append(f"{job.id} has no row for {at}")
        for at, count in found.items():
            if count > 1:
                self.broken["I2"].append(f"{job.id} has {count} rows for {at}")
            elif count and at not in expected:
                self.broken["I2"].append(f"{job.id} has a row for {at}, which its schedule does not say")

    def _counts(self, execution, calls):
        """I4, seen more often than recorded; I7, seen before its time."""
        row = self.by_id.get(execution)
        if row is None:
            if not any(waiting["id"] == execution for waiting in self.queue):
                self.broken["I4"].append(f"{execution} was called {len(calls)} times and is in no table")
            return
        if len(calls) > int(row["attempt"]):
            self.broken["I4"].append(f"{execution} was called {len(calls)} times and has {row['attempt']} attempts")
        early = int(row["scheduled"]) - calls[0].arrival * 1e6
        if early > GRANULARITY_US and row["trigger"] == "schedule":
            self.broken["I7"].append(f"{execution} was called {early / 1000:.3f} ms early")

    def _repeats(self, execution, calls):
        """I5, repeated although nothing died under it; I6, repeated under a number it had."""
        for first, second in zip(calls, calls[1:]):
            if second.attempt <= first.attempt or second.webhook != first.webhook:
                self.broken["I6"].append(f"{execution}: attempt {first.attempt} was followed by {second.attempt}")
            recorded = self.attempts[execution].get(first.attempt)
            if recorded and recorded["reason"] not in (None, "lease_lost"):
                continue
            ended = max(first.ended or second.arrival, first.arrival) + self.slack
            if not any(first.arrival <= to and ended >= since for since, to in self.faults):
                self.broken["I5"].append(f"{execution}: attempt {first.attempt} at {first.arrival:.3f} was repeated at {second.arrival:.3f}")

    def _unseen(self):
        """I4, recorded as a success that nobody saw; I6, one occurrence under two ids."""
        occurrences = collections.defaultdict(set)
        for row in self.executions:
            if row["status"] == "success" and self.sees_all and not any(call.answered for call in self.calls.get(row["id"], [])):
                self.broken["I4"].append(f"{row['id']} is a success that the target did not give")
            if row["trigger"] == "schedule" and row["id"] in self.calls:
                occurrences[row["job_id"], row["scheduled"]].add(row["id"])
        self.broken["I6"] += [f"{key} was called under {len(ids)} ids" for key, ids in occurrences.items() if len(ids) > 1]

    async def _stored(self, postgres, database):
        """I8: what the API said it had stored is there."""
        there = {row["id"] for row in self.executions + self.queue}
        self.broken["I8"] += [f"a run was promised and is not there: {run}" for run in self.answered["runs"] if run not in there]
        jobs = {row["id"]: row["name"] for row in await postgres.query(database, "SELECT id, name FROM jobs")}
        for job, names in self.answered["jobs"].items():
            if job not in jobs:
                self.broken["I8"].append(f"a job was promised and is not there: {job}")
            elif names and jobs[job] not in names:
                self.broken["I8"].append(f"{job} was renamed to {names[0]} and is called {jobs[job]}")
