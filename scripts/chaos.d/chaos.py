"""Faults, and the ledger check after each: scripts/chaos says how it is called."""
import argparse, asyncio, os, resource, signal, subprocess, sys, time, traceback

import rows
import crashes, databases, networks, points, targets, canary, deploys, loads  # each adds its rows
from ledger import NAMES
from postgres import Postgres
from sabotage import SABOTAGES
from world import World


def arguments():
    parser = argparse.ArgumentParser(prog="scripts/chaos")
    parser.add_argument("rows", nargs="*", metavar="ROW")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--size", type=float, default=1.0, help="1: what two cores carry; the rows scale their counts and times by it")
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--keep", action="store_true", help="keep the logs of the nodes")
    parser.add_argument("--sabotage", choices=sorted(SABOTAGES), help="falsify one book before the check, which must then find it")
    return parser.parse_args()


def commit():
    try:
        git = lambda *words: subprocess.run(["git", *words], capture_output=True, text=True, check=True).stdout.strip()
        return git("rev-parse", "--short", "HEAD") + ("+changes" if git("status", "--porcelain") else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


async def play(row, options, postgres, binaries):
    """Whether all went well; prints the row's line."""
    size = row.short if options.short else options.size
    world = World(postgres, row.name, options.seed, size, binaries, SABOTAGES.get(options.sabotage), options.short)
    began, wrong = time.monotonic(), []
    try:
        await world.open(debug=row.debug)
        skipped = await row.play(world)
        if skipped:
            print(f"{row.name:8} skipped: {skipped}", flush=True)
            return True
        broken = await world.check()
        wrong = [f"{name}: {text}" for name in NAMES for text in broken[name][:3]] + world.failures
    except Exception as error:
        broken = {}
        wrong = [f"{type(error).__name__}: {error}", *traceback.format_exc().splitlines()[-5:]]
    finally:
        await world.close(keep=options.keep or bool(wrong))
    verdict = " ".join(f"{name}={len(broken[name])}" for name in NAMES) if broken else "no ledger"
    figures = ", ".join(f"{name} {value}" for name, value in world.figures.items())
    print(f"{row.name:8} {'ok' if not wrong else 'WRONG'} {time.monotonic() - began:.0f} s | {figures} | {verdict}", flush=True)
    for text in wrong:
        print(f"    {text}", flush=True)
    if wrong:
        form = "--short" if options.short else f"--size {size}"
        print(f"    again: scripts/chaos {row.name} --seed {options.seed} {form}", flush=True)
    return not wrong


async def main(options):
    # Asked to stop, it still takes down what it started.
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, asyncio.current_task().cancel)
    chosen = [rows.ALL[name.upper()] for name in options.rows] or [row for row in rows.ALL.values() if not options.short or row.short]
    binaries = {"release": os.environ["PRIKKE_BINARY"], "debug": os.environ["PRIKKE_DEBUG_BINARY"]}
    print(f"seed {options.seed}, commit {commit()}, size {'short' if options.short else options.size}; I9 needs Idempotency-Key, a later issue", flush=True)
    # The short form must be short: two halves side by side, each on a Postgres of its own.
    lanes = [chosen[0::2], chosen[1::2]] if options.short else [chosen]
    results = await asyncio.gather(*(play_all(lane, options, binaries) for lane in lanes))
    return all(map(all, results))


async def play_all(chosen, options, binaries):
    postgres = Postgres()
    try:
        await postgres.create()
        return [await play(row, options, postgres, binaries) for row in chosen]
    finally:
        postgres.remove()


if __name__ == "__main__":
    options = arguments()
    unknown = [name for name in options.rows if name.upper() not in rows.ALL]
    if unknown or options.list:
        for row in rows.ALL.values():
            print(f"{row.name:8} {row.title}{' (debug build)' if row.debug else ''}{' (short)' if row.short else ''}")
        sys.exit(f"There is no row {', '.join(unknown)}." if unknown else 0)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        sys.exit(0 if asyncio.run(main(options)) else 1)
    except asyncio.CancelledError:
        sys.exit("Stopped.")
