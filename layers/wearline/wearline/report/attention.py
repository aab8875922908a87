"""What needs a person now, each with what to do and the command that helps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from shlex import quote
from typing import Any

from wearline.core.completeness import Completeness
from wearline.core.ledger import ProblemRow
from wearline.core.problems import ProblemKind, run_failed_id
from wearline.report.speaking import Speaking

Json = dict[str, Any]
_COMMANDS: Mapping[ProblemKind, str] = {
    "configuration_missing": "wearline study deploy FILE",
    "configuration_invalid": "wearline study check FILE",
    "bucket_missing": "wearline study deploy FILE",
    "bucket_forbidden": "wearline study deploy FILE",
    "metadata_rejected": "wearline metadata check FILE --config study.yaml",
    "decision_names_nothing": "wearline metadata check FILE --config study.yaml",
    "requirement_missing": "wearline metadata missing {study}",
    "result_missing": "wearline catalog report {study}",
    "result_altered": "wearline catalog report {study}",
}
# What keeps numbers from being right comes before what keeps them from being there.
_URGENCY: Sequence[str] = (
    "configuration_missing", "configuration_invalid", "bucket_missing", "bucket_forbidden",
    "result_altered", "result_missing", "run_failed", "decision_names_nothing",
    "metadata_rejected", "requirement_missing",
)  # fmt: skip


def attention(
    study: str,
    recordings: Sequence[Mapping[str, Any]],
    found: Completeness,
    problems: Sequence[ProblemRow],
    of_cells: Speaking,
) -> list[Json]:
    """The open problems, then what no problem tells of; the most urgent first."""
    failed = {
        run_failed_id(each["bucket"], each["key"], each["pipeline"]): index
        for index, each in enumerate(recordings)
        if each["pipeline"] is not None
    }
    opened = sorted(problems, key=lambda row: (_urgency(row.kind), row.opened))
    return [
        *(_of_problem(study, row, failed, recordings) for row in opened),
        *_stale(study, recordings),
        *_duplicates(found),
        *_too_few_days(study, found, of_cells),
        *_missing(study, found),
    ]


def _urgency(kind: str) -> int:
    return _URGENCY.index(kind) if kind in _URGENCY else len(_URGENCY)


def _of_problem(
    study: str,
    row: ProblemRow,
    failed: Mapping[str, int],
    recordings: Sequence[Mapping[str, Any]],
) -> Json:
    index = failed.get(row.problem_id)
    if index is not None:
        key = f"s3://{recordings[index]['bucket']}/{recordings[index]['key']}"
        command: str | None = f"wearline explain {quote(key)}"
    else:
        command = _command(row.kind, study)
    return {
        "kind": row.kind,
        "concerns": row.concerns,
        "sentence": row.sentence,
        "next_step": row.next_step,
        "command": command,
        "since": row.opened,
        "recording": index,
    }


def _command(kind: str, study: str) -> str | None:
    known = next((text for name, text in _COMMANDS.items() if name == kind), None)
    return known.format(study=study) if known else None


def _item(kind: str, sentence: str, next_step: str, command: str | None, **more: object) -> Json:
    common = {"concerns": "", "since": None, "recording": None, **more}
    told = {"kind": kind, "sentence": sentence, "next_step": next_step, "command": command}
    return {**told, **common}


def _stale(study: str, recordings: Sequence[Mapping[str, Any]]) -> Iterator[Json]:
    stale = [index for index, each in enumerate(recordings) if each.get("stale")]
    if stale:
        yield _item(
            "stale",
            f"{len(stale)} results were made with values or settings that have changed since.",
            "See what would be computed again, then apply it.",
            f"wearline plan {study}",
            recording=stale[0],
        )


def _duplicates(found: Completeness) -> Iterator[Json]:
    for cell in found.cells:
        if cell.duplicates and cell.state != "excluded":
            place = ", ".join(part for part in (cell.subject, cell.visit, cell.location) if part)
            yield _item(
                "duplicate_recording",
                f"{1 + len(cell.duplicates)} recordings claim to be the same.",
                "Exclude or reassign the wrong one by a row of a decisions file.",
                None,
                concerns=place,
                since=cell.since,
            )


def _too_few_days(study: str, found: Completeness, of_cells: Speaking) -> Iterator[Json]:
    few = [cell for cell in found.cells if cell.enough_days is False]
    if few:
        yield _item(
            "too_few_valid_days",
            f"{len(few)} recordings have fewer than {few[0].needed_days} valid days.",
            "Ask the sites whether the devices were worn, and repeat the recording if that is so.",
            f"wearline missing {study}",
            recording=of_cells.of(few[0]),
        )


def _missing(study: str, found: Completeness) -> Iterator[Json]:
    begun = [cell for cell in found.cells if cell.state == "missing" and cell.since]
    if begun:
        yield _item(
            "recording_missing",
            f"{len(begun)} recordings are missing of visits of which other files have arrived.",
            "Ask the sites for them.",
            f"wearline missing {study} --csv",
            since=min(cell.since for cell in begun if cell.since),
        )
