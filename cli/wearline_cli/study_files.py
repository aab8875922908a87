"""Study files on disk: read, checked, and shown with every fault."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from wearline.core.study import StudyConfiguration
from wearline.core.study_file import CheckedStudy, StudyFileError, read_study
from wearline_cli.environments import CommandError


class StudyRefused(CommandError):
    """A study file that cannot be used. The message lists every fault with its place."""

    def __init__(self, refused: StudyFileError) -> None:
        self.problems = refused.problems
        count = len(refused.problems)
        things = "1 thing" if count == 1 else f"{count} things"
        super().__init__(f"{things} to mend before the study can work:\n{refused}")


def checked_study(path: Path, others: Iterable[StudyConfiguration] = ()) -> CheckedStudy:
    """Read and check a study file. Raises StudyRefused, or CommandError where it is no file."""
    try:
        return read_study(path, others)
    except StudyFileError as refused:
        raise StudyRefused(refused) from refused
    except OSError as unreadable:
        raise CommandError(f"{path} cannot be read: {unreadable.strerror}.") from unreadable
