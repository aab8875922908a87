"""What is, beside what configuration, decisions and metadata ask for now: file by file.

Pure: the callers read the rows and the metadata. ``compared`` says of each pipeline of a
file what applying today's plan would mean for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from wearline.core.admission import Admission, Excluded, Impossible, Planned, Waits, admit
from wearline.core.ledger import MetadataRow, ObjectRow, PipelineRow, StudyRow
from wearline.core.plans import Plan
from wearline.core.sightings import sighting
from wearline.core.study import StudyConfiguration

Standing = Literal[
    "unchanged", "changed", "new", "unwanted", "lacking", "under_way", "waiting", "failed",
    "excluded",
]  # fmt: skip

STANDINGS: dict[Standing, str] = {
    "unchanged": "have the results that are asked for",
    "changed": "succeeded with another plan; apply replaces them",
    "new": "have no result yet, and start by themselves",
    "unwanted": "have results that the configuration no longer asks for; they stay",
    "lacking": "have results, and no plan could make them today; they stay",
    "under_way": "run with another plan; plan again when they have ended",
    "waiting": "wait for a value",
    "failed": "failed, or could never run; retry or correct them",
    "excluded": "are excluded by a decision",
}


@dataclass(frozen=True, slots=True)
class Compared:
    """One pipeline of one file. ``plan`` is what a new run would be made by."""

    row: ObjectRow
    pipeline: str
    standing: Standing
    before: PipelineRow | None
    plan: Plan | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class AskedStudy:
    """What the study is asked to be: as it is deployed, or as it would be."""

    configuration: StudyConfiguration
    row: StudyRow

    def reads(self, row: ObjectRow) -> ObjectRow:
        """The row of an object as this configuration reads its key."""
        seen = sighting(self.configuration, self.row, row.bucket, row.key, row.version, "")
        return replace(row, kind=seen.kind, pattern=seen.pattern, fields=seen.fields)


def compared(
    asked: AskedStudy, row: ObjectRow, metadata: Sequence[MetadataRow]
) -> Iterator[Compared]:
    """Every pipeline that a file has, or should have. ``row`` is as ``asked`` reads it, and
    ``metadata`` what ``gathered`` finds."""
    if row.deleted:
        return
    files = asked.configuration.data_files()
    wanted = files[row.pattern].pipelines if row.kind == "data" and row.pattern else ()
    for name in wanted:
        admission = admit(asked.configuration, asked.row, row, name, metadata)
        yield _compared(row, name, row.pipelines.get(name), admission)
    for name, before in row.pipelines.items():
        if name not in wanted and before.run_id is not None:
            yield Compared(row, name, "unwanted", before)


def _compared(
    row: ObjectRow, name: str, before: PipelineRow | None, admission: Admission
) -> Compared:
    standing = _standing(before, admission)
    plan = admission.plan if isinstance(admission, Planned) else None
    return Compared(row, name, standing, before, plan, _why(admission))


def _standing(before: PipelineRow | None, admission: Admission) -> Standing:
    same, may_run = _is_plan_of(admission, before), isinstance(admission, Planned)
    match before.disposition if before else "waiting":
        case "excluded":
            return "excluded"
        case "succeeded":
            return "unchanged" if same else "changed" if may_run else "lacking"
        case "ready" | "running":
            return "unchanged" if same else "under_way"
    if isinstance(admission, Excluded):
        return "excluded"
    if may_run and not same:
        return "new"
    return "waiting" if isinstance(admission, Waits) else "failed"


def _is_plan_of(admission: Admission, before: PipelineRow | None) -> bool:
    if before is None or not isinstance(admission, Planned):
        return False
    return admission.plan.run_id == before.run_id


def _why(admission: Admission) -> str:
    match admission:
        case Waits(unmet):
            return " ".join(each.sentence for each in unmet)
        case Impossible(reason) | Excluded(reason):
            return reason.sentence
        case Planned():
            return ""
