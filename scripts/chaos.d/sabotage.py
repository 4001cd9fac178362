"""A check that cannot fail proves nothing: each of these falsifies one book, and the ledger must say which."""
import copy


async def _sql(world, *statements):
    for statement in statements:
        await world.postgres.execute(world.database, "SET session_replication_role = replica; " + statement)


async def i1(world):
    await _sql(world, "DELETE FROM executions WHERE id = (SELECT id FROM executions WHERE trigger = 'schedule' LIMIT 1)")


async def i2(world):
    await _sql(world, """INSERT INTO executions (organization_id, keep_days, scheduled_for, id, job_id, trigger, status, reason, attempt, finished_at)
        SELECT organization_id, keep_days, scheduled_for + interval '1 microsecond', gen_random_uuid(), job_id, trigger, 'missed', 'start_deadline', 1, finished_at
        FROM executions WHERE trigger = 'schedule' LIMIT 1""")


async def i3(world):
    await _sql(world, """INSERT INTO queue (organization_id, id, job_id, scheduled_for, due_at, trigger, keep_days)
        SELECT organization_id, gen_random_uuid(), id, now() + interval '1 day', now() + interval '1 day', 'api', 7 FROM jobs LIMIT 1""")


def _one(world):
    return next(calls for calls in world.target.calls.values() if len(calls) == 1)


async def i4(world):
    calls = _one(world)
    second = copy.copy(calls[0])
    second.attempt += 1
    calls.append(second)


async def i5(world):
    world.faults.clear()
    calls = _one(world)
    second = copy.copy(calls[0])
    second.attempt, second.arrival = second.attempt + 1, second.arrival + 30
    calls.append(second)


async def i6(world):
    calls = _one(world)
    calls.append(copy.copy(calls[0]))


async def i7(world):
    _one(world)[0].arrival -= 60


async def i8(world):
    world.answered["runs"].append("00000000-0000-7000-8000-000000000000")


async def i10(world):
    await world.postgres.execute(world.database, "UPDATE executions SET error_message = 'changed' WHERE id = (SELECT id FROM executions LIMIT 1)")


SABOTAGES = {"I1": i1, "I2": i2, "I3": i3, "I4": i4, "I5": i5, "I6": i6, "I7": i7, "I8": i8, "I10": i10}
