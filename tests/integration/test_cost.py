"""What a study costs, before and after, and what a budget holds, on the deployed platform."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.integration.test_catalog import FILE, STUDY, walk, wearline
from tests.trials import Trial

pytestmark = pytest.mark.engine
OTHER = "raw/S102/V1.csv"


def cost(study: Trial, *options: str) -> dict[str, dict[str, float]]:
    found = json.loads(wearline("cost", study.name, "--json", *options).output)
    pipelines: dict[str, dict[str, float]] = found["pipelines"]
    return pipelines


def test_budget_holds_a_start_and_a_higher_one_lets_it_go(
    new_trial: Callable[[str], Trial], aws: object
) -> None:
    study = new_trial(STUDY.replace("catalog:", "budget: {monthly_usd: 0.0001}\ncatalog:"))
    study.put(FILE, walk())
    file = str(study.folder / f"{study.name}.yaml")
    before = cost(study, "--config", file)
    other = wearline("cost", "other", "--config", file)
    assert other.exit_code == 1
    assert f"is the file of study {study.name}, not of other" in other.output
    assert before["look"]["coming"] == 1
    done = study.settled(FILE).pipelines["look"]
    assert done.disposition == "succeeded"
    assert study.run(done.run_id or "").cost["task_memory_mib"] == 2048
    study.put(OTHER, walk(30))

    def held() -> bool:
        row = study.row(OTHER)
        pipeline = row.pipelines.get("look") if row else None
        return pipeline is not None and pipeline.reason is not None

    study.eventually(held)
    assert "held by the budget" in wearline("status", study.name).output
    assert "is used up" in wearline("explain", f"s3://{study.bucket}/{OTHER}").output
    assert (study.sweep()["held"], cost(study)["look"]["coming"]) == (1, 1)
    study.deploy(STUDY.replace("catalog:", "budget: {monthly_usd: 5}\ncatalog:"))
    assert study.settled(OTHER).pipelines["look"].disposition == "succeeded"
    after = cost(study)["look"]
    assert (after["ended"], after["coming"], after["cpu_s"] > 0) == (2, 0, True)
    assert "of 5 US dollars used" in wearline("cost", study.name).output
