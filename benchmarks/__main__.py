"""`python -m benchmarks [NAME ...]`: measure, print, and write results.json and README.md."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator

from benchmarks import (
    burst,
    catalog,
    explained,
    functions,
    histories,
    image,
    onboarding,
    overhead,
    processor,
    profile,
    report,
    starting,
    tables,
    task_sizes,
    trickle,
)
from benchmarks.results import Result, keep, load_average

BENCHMARKS: dict[str, Callable[[], Iterator[Result]]] = {
    "burst": burst.measure,
    "thrice": burst.measure_thrice,
    "trickle": trickle.measure,
    "overhead": overhead.measure,
    "functions": functions.measure,
    "catalog": catalog.measure,
    "explained": explained.measure,
    "onboarding": onboarding.measure,
    "histories": histories.measure,
    "tables": tables.measure,
    "report": report.measure,
    "image": image.measure,
    **processor.BENCHMARKS,
    "profile": profile.measure,
    "starting": starting.measure,
    "task-sizes": task_sizes.measure,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *BENCHMARKS], help="default: all")
    for name in parser.parse_args().names or BENCHMARKS:
        load = load_average()
        measured = [
            Result(f"{name}: {each.name}", each.value, each.unit, each.compared_to, each.ratio)
            for each in (*BENCHMARKS[name](), load)
        ]
        keep(measured)
        for result in measured:
            compared = f" ({result.compared_to}; {result.ratio} times)" if result.ratio else ""
            sys.stdout.write(f"{result.name}: {result.value:g} {result.unit}{compared}\n")


if __name__ == "__main__":
    main()
