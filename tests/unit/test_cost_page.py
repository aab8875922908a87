"""The page on cost tells the figures that the benchmark computes today."""

import re

import pytest
from benchmarks.task_sizes import measure

from wearline_local.launcher import ROOT


def test_study_of_the_page_costs_what_the_benchmark_computes() -> None:
    page = (ROOT / "docs" / "cost.md").read_text()
    by_header, fixed = [each for each in measure() if each.unit == "USD"]
    others = [re.search(r": ([0-9.]+) USD", each.compared_to or "") for each in (by_header, fixed)]
    dollars = [by_header.value, *(float(each[1]) for each in others if each)]
    # The seconds in it are measured anew from time to time.
    told = [float(value) for value in re.findall(r"\| \$([0-9.]+) \|", page)]
    assert told == pytest.approx(dollars, rel=0.05)
    [saved] = re.findall(r"\((\d+) %\)", page)
    assert int(saved) == pytest.approx(100 * (1 - (fixed.ratio or 0)), abs=2)
