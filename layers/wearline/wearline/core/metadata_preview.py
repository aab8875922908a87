"""What each row of a metadata file would become, before it is uploaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from wearline.core.cleaning import Cleaned
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


def row_previews(cleaned: Cleaned) -> list[RowPreview]:
    """Every row in the file's order; what is wrong with the file as a whole comes first.

    A row that says again what another says is not shown again.
    """
    wrong: dict[int | None, list[RowProblem]] = {}
    for problem in cleaned.problems:
        wrong.setdefault(problem.row, []).append(problem)
    bad = [
        RowPreview(row, None, None, None, {}, tuple(each.sentence for each in problems))
        for row, problems in wrong.items()
    ]
    good = [_good(row) for row in cleaned.values]
    return sorted([*bad, *good], key=lambda preview: preview.row or 0)


def _good(row: CleanRow) -> RowPreview:
    return RowPreview(row.row_number, row.subject, row.visit, row.date, dict(row.values), ())


def keys_of_file(study: StudyConfiguration, name: str) -> dict[str, str]:
    """For each metadata or decisions pattern that a file of this name would fit, its key.

    The name is tried as it is, and below the pattern's own folder.
    """
    found: dict[str, str] = {}
    for pattern, files in study.files.items():
        folder = PurePosixPath(files.key).parent
        for key in (name, str(folder / PurePosixPath(name).name)):
            if files.kind != "data" and files.template.match(key) is not None:
                found.setdefault(pattern, key)
    return found
