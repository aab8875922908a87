"""What benchmarks measure: results.json for machines, a table in README.md for people."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

FOLDER = Path(__file__).parent
RESULTS, README = FOLDER / "results.json", FOLDER / "README.md"
BEGIN, END = "<!-- results -->", "<!-- end of results -->"


@dataclass(frozen=True, slots=True)
class Result:
    """A figure, and how many times as much it is as what it is compared to."""

    name: str
    value: float
    unit: str
    compared_to: str | None = None
    ratio: float | None = None

    @classmethod
    def beside(cls, name: str, value: float, unit: str, other: str, other_value: float) -> Result:
        """A figure with another that was measured in the same run."""
        compared = f"{other}: {_short(other_value)} {unit}"
        return cls(name, _rounded(value), unit, compared, _rounded(value / other_value))

    @property
    def benchmark(self) -> str:
        """The benchmark that measured it: what the name begins with."""
        return self.name.partition(": ")[0]


def load_average() -> Result:
    """What else the machine was at; a figure taken on a busy machine says so."""
    return Result("load average of the last minute", round(os.getloadavg()[0], 1), "processes")


def measured(name: str) -> float:
    """The figure of this name that was measured last. Raises LookupError where there is none."""
    for each in json.loads(RESULTS.read_text()) if _any() else ():
        if each["name"] == name:
            return float(each["value"])
    raise LookupError(f"{name} was not measured: run python -m benchmarks {name.partition(':')[0]}")


def keep(results: Iterable[Result]) -> list[Result]:
    """Write these results in place of earlier ones of the same benchmarks."""
    new = list(results)
    measured = {result.benchmark for result in new}
    earlier = [Result(**each) for each in json.loads(RESULTS.read_text())] if _any() else []
    kept = [result for result in earlier if result.benchmark not in measured] + new
    kept.sort(key=lambda result: result.benchmark)
    RESULTS.write_text(json.dumps([asdict(result) for result in kept], indent=2) + "\n")
    _write_table(kept)
    return kept


def _any() -> bool:
    return RESULTS.exists()


def _write_table(results: list[Result]) -> None:
    before, _, rest = README.read_text().partition(BEGIN)
    after = rest.partition(END)[2]
    lines = ["| what | figure | compared to | ratio |", "|---|---|---|---|"]
    lines += [_line(result) for result in results]
    README.write_text("\n".join([before + BEGIN, *lines, END + after]))


def _line(result: Result) -> str:
    ratio = "" if result.ratio is None else f"{_short(result.ratio)}"
    figure = f"{_short(result.value)} {result.unit}"
    return f"| {result.name} | {figure} | {result.compared_to or ''} | {ratio} |"


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
