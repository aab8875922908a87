"""The two sums that a sweep closes, for each pattern and bucket.

Of the objects listed: ``listed = data + metadata accepted + metadata rejected + decisions +
device logs + ignored + too young``. Of the data files' pipelines: ``wanted = waiting + ready +
running + succeeded + failed + excluded``. An object that the ledger does not know as it is now
counts as ``handed on``, and so do its pipelines: the next sweep finds them among the others. What
then remains is ``unaccounted``: the ledger contradicts the listing or the configuration.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from wearline.core.ledger import DISPOSITIONS, ObjectRow, PipelineRow
from wearline.core.lifecycle import is_held
from wearline.core.reconciliation import HANDED_ON, RECOVERED, Finding, Pair
from wearline.core.study import Classification, DataFile, Ignored, MetadataFile
from wearline.core.withdrawal import WITHDRAWN

TERMS = (
    "data", "metadata_accepted", "metadata_rejected", "decisions", "device_log", "ignored",
    "too_young", "handed_on",
)  # fmt: skip
NO_PATTERN = "-"
WAITING_FOR = "waiting for "


@dataclass(slots=True)
class Tally:
    """Counts of a stretch: by finding, and ``{pattern}.{term}`` for the sums.

    What has waited since before ``overdue_before`` waits beyond the study's limit; what runs since
    before ``a_day_ago`` may hang.
    """

    counts: Counter[str] = field(default_factory=Counter)
    overdue_before: str = ""
    a_day_ago: str = ""

    def add(
        self, pair: Pair[ObjectRow], found: Finding, what: Classification, wanted: Collection[str]
    ) -> str:
        """Count a key; the term that it is, empty for one that nothing accounts for."""
        self.counts[found] += 1
        if pair.listed is None:
            return found
        pattern = NO_PATTERN if isinstance(what, Ignored) else what.pattern
        self.counts[f"{pattern}.listed"] += 1
        term = _term(pair.row, found, what)
        if term:
            self.counts[f"{pattern}.{term}"] += 1
        if isinstance(what, DataFile) and term != "ignored":
            self._add_pipelines(pattern, pair.row, found, wanted)
        return term

    def _add_pipelines(
        self, pattern: str, row: ObjectRow | None, found: Finding, wanted: Collection[str]
    ) -> None:
        self.counts[f"{pattern}.pipelines"] += len(wanted)
        current = None if found in ("unknown", "changed", "young") else row
        for name in wanted:
            pipeline = current.pipelines.get(name) if current else None
            if pipeline is not None:
                self.counts[f"{pattern}.pipelines_{pipeline.disposition}"] += 1
                self.counts[f"{pattern}.stale"] += pipeline.stale is not None
                self.counts[f"{pattern}.held"] += is_held(pipeline)
                self._add_times(pattern, pipeline)
            elif found != "settled":
                self.counts[f"{pattern}.pipelines_handed_on"] += 1

    def _add_times(self, pattern: str, pipeline: PipelineRow) -> None:
        """By requirement: a pipeline that waits for two counts in both."""
        for name in {unmet.name for unmet in pipeline.unmet}:
            self.counts[f"{pattern}.{WAITING_FOR}{name}"] += 1
        overdue = pipeline.disposition == "waiting" and pipeline.since < self.overdue_before
        self.counts[f"{pattern}.overdue"] += overdue
        runs_on = pipeline.disposition == "running" and pipeline.since < self.a_day_ago
        self.counts[f"{pattern}.running_for_a_day"] += runs_on


def _term(row: ObjectRow | None, found: Finding, what: Classification) -> str:
    """The term that a listed object is; empty where ledger and configuration contradict."""
    if found == "young":
        return "too_young"
    if row is None or found == "changed":
        return "handed_on"
    if row.reason == WITHDRAWN:
        return "ignored"
    if row.pattern != (None if isinstance(what, Ignored) else what.pattern):
        return "handed_on" if found in HANDED_ON else ""
    return _of_metadata(row) if isinstance(what, MetadataFile) else row.kind


def _of_metadata(row: ObjectRow) -> str:
    if not row.values_settled or row.acceptance is None:
        return "handed_on"
    return "metadata_rejected" if row.acceptance.refused else "metadata_accepted"


def report(
    study: str, sections: Iterable[Mapping[str, Any]], *, unreadable: Collection[str]
) -> dict[str, Any]:
    """Sum up the sections of a sweep: a line for each bucket and pattern, and the whole."""
    by_bucket: dict[str, Counter[str]] = {}
    total: Counter[str] = Counter()
    for each in sections:
        counts = {name: int(count) for name, count in each["counts"].items()}
        total.update(counts)
        if each["section"]["kind"] == "objects":
            by_bucket.setdefault(each["section"]["bucket"], Counter()).update(counts)
    lines = [
        _line(bucket, pattern, counts)
        for bucket, counts in sorted(by_bucket.items())
        for pattern in sorted({name.rpartition(".")[0] for name in counts} - {""})
    ]
    return {
        "study": study,
        "listed": sum(line["listed"] for line in lines),
        "recovered": sum(total[found] for found in (*RECOVERED, "died")),
        "handed_on": sum(total[found] for found in HANDED_ON),
        "unaccounted": sum(
            line["unaccounted"] + line["pipelines"]["unaccounted"] for line in lines
        ),
        "pipelines_wanted": sum(line["pipelines"]["wanted"] for line in lines),
        "pipelines": {
            name: sum(line["pipelines"][name] for line in lines) for name in DISPOSITIONS
        },
        "held": _over_patterns(total, "held"),
        "overdue": _over_patterns(total, "overdue"),
        "running_for_a_day": _over_patterns(total, "running_for_a_day"),
        "results_altered": total["results_altered"] + total["results_missing"],
        "waiting_for": _waiting_for(total),
        "stale": sum(line["stale"] for line in lines),
        "findings": {name: total[name] for name in sorted(total) if "." not in name},
        "lines": lines,
        "unreadable": sorted(unreadable),
    }


def _over_patterns(total: Mapping[str, int], name: str) -> int:
    return sum(count for each, count in total.items() if each.endswith(f".{name}"))


def _waiting_for(total: Counter[str]) -> dict[str, int]:
    """How many pipelines wait for each requirement."""
    found: Counter[str] = Counter()
    for name, count in total.items():
        _, told, requirement = name.partition(f".{WAITING_FOR}")
        if told:
            found[requirement] += count
    return dict(sorted(found.items()))


def _line(bucket: str, pattern: str, counts: Mapping[str, int]) -> dict[str, Any]:
    """One pattern of one bucket, with both of its sums and what does not fit in them."""

    def count(name: str) -> int:
        return counts.get(f"{pattern}.{name}", 0)

    terms = {term: count(term) for term in TERMS}
    pipelines = {name: count(f"pipelines_{name}") for name in (*DISPOSITIONS, "handed_on")}
    listed, wanted = count("listed"), count("pipelines")
    return {
        "bucket": bucket,
        "pattern": None if pattern == NO_PATTERN else pattern,
        "listed": listed,
        **terms,
        "unaccounted": listed - sum(terms.values()),
        "pipelines": {
            "wanted": wanted, **pipelines, "unaccounted": wanted - sum(pipelines.values())
        },
        "stale": count("stale"),
    }  # fmt: skip
