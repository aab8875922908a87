"""The page on cost tells the figures that the benchmark computes today."""

from benchmarks.task_sizes import FIXED, STUDY, usd

from wearline.core.compute import task_size
from wearline_local.launcher import ROOT


def test_study_of_the_page_costs_what_the_benchmark_computes() -> None:
    page = (ROOT / "docs" / "cost.md").read_text()
    own = sum(kind.files * usd(task_size(kind.identity), kind.seconds) for kind in STUDY)
    fixed = [sum(kind.files * usd(size, kind.seconds) for kind in STUDY) for size in FIXED]
    assert [f"${dollars:.2f} |" in page for dollars in (own, *fixed)] == [True] * 3
    least, most = sorted(f"{1 - own / dollars:.0%}" for dollars in fixed)
    assert f"saves {least[:-1]} to {most[:-1]} %" in page
