"""Run histories and tell the rate: ``python -m tests.simulation --histories 1000000``.

Seeds are dealt out over all families of histories; ``--family NAME`` runs one family alone.
``--seed N`` runs one history and prints its trace. ``--progress FILE`` keeps what was explored,
so that the same command goes on where it was stopped.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from tests.simulation.exploration import explore, explore_on
from tests.simulation.failure import report
from tests.simulation.families import FAMILIES, dealt
from tests.simulation.history import run


def main() -> int:
    asked = _arguments()
    scripts = FAMILIES[asked.family] if asked.family else dealt
    if asked.seed is not None:
        told = run(scripts(asked.seed), asked.seed, traced=True)
        print("\n".join(told.trace))
        print(report(told) if told.broken else f"Seed {asked.seed} keeps every promise.")
        return int(told.broken is not None)
    wanted = (asked.histories, asked.processes, asked.first)
    found = (
        explore_on(asked.progress, *wanted, scripts=scripts)
        if asked.progress
        else explore(*wanted, scripts=scripts)
    )
    print(
        f"{found.histories} histories, {found.steps} steps, in {found.seconds:.1f} s:"
        f" {found.per_second:.0f} histories a second in {asked.processes} processes;"
        f" {len(found.broken_seeds)} broke a promise"
    )
    for seed in found.broken_seeds[: asked.reports]:
        print(report(run(scripts(seed), seed)))
    return int(bool(found.broken_seeds))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--histories", type=int, default=20_000)
    parser.add_argument("--family", choices=FAMILIES, help="one family; without it, all")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--progress", type=Path, help="a file of what was explored so far")
    parser.add_argument("--reports", type=int, default=3, help="how many failures to shorten")
    parser.add_argument("--seed", type=int, help="run this one history and print its trace")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
