"""What a study's runs took, and what those to come are expected to take, by pipeline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from wearline.core.attempts import tries_besides
from wearline.core.estimates import Estimate, Estimator, total
from wearline.core.ledger import RunRow


@dataclass(frozen=True, slots=True)
class Work:
    """A pipeline over a file of ``size`` bytes; the run, where one has ended."""

    pipeline: str
    size: int
    run_id: str | None = None


@dataclass(slots=True)
class PipelineCost:
    """Of one pipeline: runs that ended and what they took, runs to come and what they will."""

    ended: int = 0
    cpu_s: float = 0.0
    actual: Estimate = field(default_factory=Estimate)
    coming: int = 0
    expected: Estimate = field(default_factory=Estimate)


def costs(work: Iterable[Work], runs: Mapping[str, RunRow]) -> dict[str, PipelineCost]:
    """Sum up work by pipeline. What is to come is expected to take what the ended runs took,
    byte for byte; where none has ended, three minutes for 100 MB. So is a try
    besides the one whose cost is known, since its task ran all the same."""
    found = list(work)
    estimator, summed = Estimator(), {each.pipeline: PipelineCost() for each in found}
    for each in found:
        run = runs.get(each.run_id or "")
        if run is not None and run.cost:
            cost = summed[each.pipeline]
            cost.ended += 1
            cost.cpu_s += run.cost.get("cpu_s", 0.0)
            cost.actual += estimator.estimate(each.pipeline, each.size, run.cost)
            if run.state == "succeeded" and estimator.wants(each.pipeline):
                estimator.learn(each.pipeline, each.size, run.cost)
    for each in found:
        cost, run = summed[each.pipeline], runs.get(each.run_id or "")
        expected = estimator.estimate(each.pipeline, each.size)
        if each.run_id is None:
            cost.coming += 1
            cost.expected += expected
        elif run is not None and (besides := tries_besides(run)):
            cost.ended += not run.cost
            cost.actual += total([expected] * besides)
    return dict(sorted(summed.items()))
