"""What each row of metadata, decisions or a device log would become, before it is uploaded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from wearline.core.assignments import Assignment
from wearline.core.cleaning import Cleaned
from wearline.core.decision_rows import CleanedDecisions
from wearline.core.decisions import Decision
from wearline.core.device_log_rows import CleanedDeviceLog
from wearline.core.metadata_row import CleanRow, RowProblem
from wearline.core.study import StudyConfiguration
from wearline.core.value_parsers import Value


@dataclass(frozen=True, slots=True)
class RowPreview:
    """A row that would count, or every sentence that says why it would not."""

    row: int | None
    subject: str | None
    visit: str | None
    date: str | None
    values: Mapping[str, Value]
    problems: tuple[str, ...]
    decision: str | None = None
    assignment: str | None = None


def row_previews(cleaned: Cleaned) -> list[RowPreview]:
    """Every row in the file's order; what is wrong with the file as a whole comes first.

    A row that says again what another says is not shown again.
    """
    good = [_good(row) for row in cleaned.values]
    return _in_order([*_bad(cleaned.problems), *good])


def decision_previews(cleaned: CleanedDecisions) -> list[RowPreview]:
    """Every row of a decisions file, as ``row_previews`` shows those of metadata."""
    good = [
        RowPreview(
            row=each.row_number,
            subject=each.decision.subject,
            visit=each.decision.visit,
            date=each.decision.date,
            values={},
            problems=(),
            decision=_told(each.decision),
        )
        for each in cleaned.decisions
    ]
    return _in_order([*_bad(cleaned.problems), *good])


def assignment_previews(cleaned: CleanedDeviceLog) -> list[RowPreview]:
    """Every row of a device log, as ``row_previews`` shows those of metadata."""
    good = [
        RowPreview(
            row=each.row_number,
            subject=each.assignment.subject,
            visit=each.assignment.visit,
            date=None,
            values={},
            problems=(),
            assignment=_worn(each.assignment),
        )
        for each in cleaned.values
    ]
    return _in_order([*_bad(cleaned.problems), *good])


def _worn(assignment: Assignment) -> str:
    """
    >>> _worn(Assignment("12345", "S1", None, "wrist", "2024-05-01", None))
    'device 12345 worn at wrist from 2024-05-01 until its next row'
    """
    where = f" worn at {assignment.location}" if assignment.location else ""
    until = f"to {assignment.end}" if assignment.end else "until its next row"
    return f"device {assignment.serial_number}{where} from {assignment.start} {until}"


def _told(decision: Decision) -> str:
    what = decision.key or decision.location or "every recording"
    details = "; ".join(
        f"{name} {', '.join(value) if isinstance(value, list) else value}"
        for name, value in decision.details.items()
        if value is not None
    )
    return f"{decision.action} {what}{f' ({details})' if details else ''}: {decision.reason}"


def _bad(problems: Iterable[RowProblem]) -> list[RowPreview]:
    wrong: dict[int | None, list[str]] = {}
    for problem in problems:
        wrong.setdefault(problem.row, []).append(problem.sentence)
    return [
        RowPreview(row, None, None, None, {}, tuple(sentences)) for row, sentences in wrong.items()
    ]


def _in_order(previews: list[RowPreview]) -> list[RowPreview]:
    return sorted(previews, key=lambda preview: preview.row or 0)


def _good(row: CleanRow) -> RowPreview:
    return RowPreview(row.row_number, row.subject, row.visit, row.date, dict(row.values), ())


def keys_of_file(study: StudyConfiguration, name: str) -> dict[str, str]:
    """For each pattern but those of data that a file of this name would fit, its key.

    The name is tried as it is, and below the pattern's own folder.
    """
    found: dict[str, str] = {}
    for pattern, files in study.files.items():
        folder = PurePosixPath(files.key).parent
        for key in (name, str(folder / PurePosixPath(name).name)):
            if files.kind != "data" and files.template.match(key) is not None:
                found.setdefault(pattern, key)
    return found
