"""The page on cost tells the figures that the benchmark computes today."""

import re

from benchmarks.task_sizes import measure

from wearline_local.launcher import ROOT


def test_study_of_the_page_costs_what_the_benchmark_computes() -> None:
    page = (ROOT / "docs" / "cost.md").read_text()
    by_header, fixed = [each for each in measure() if each.unit == "USD"]
    others = [re.search(r": ([0-9.]+) USD", each.compared_to or "") for each in (by_header, fixed)]
    dollars = [by_header.value, *(float(each[1]) for each in others if each)]
    assert [f"| ${value:.2f} |" in page for value in dollars] == [True] * 3
    assert f"({1 - (fixed.ratio or 0):.0%})".replace("%", " %") in page
