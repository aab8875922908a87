"""The example study, and small changes to it."""

from __future__ import annotations

from pathlib import Path

from wearline.core.study import StudyConfiguration
from wearline.core.study_file import StudyFileError, parse_study

EXAMPLES = Path(__file__).parents[3] / "examples"
FOLDER = EXAMPLES / "parkinson-gait"
TEXT = (FOLDER / "study.yaml").read_text("utf-8")
BUCKET = "parkinson-gait-01-data"


def changed(*changes: tuple[str, str]) -> str:
    """The text of the example with each first occurrence replaced."""
    text = TEXT
    for before, after in changes:
        assert before in text, before
        text = text.replace(before, after, 1)
    return text


def study(*changes: tuple[str, str]) -> StudyConfiguration:
    return parse_study(changed(*changes), definition=definition)


def definition(name: str) -> str:
    return (FOLDER / name).read_text("utf-8")


def problems(text: str) -> list[str]:
    """What is wrong with a study file, a line each, without its name."""
    try:
        parse_study(text, "study.yaml", definition)
    except StudyFileError as error:
        return [str(problem).removeprefix("study.yaml:") for problem in error.problems]
    return []


def wrong(*changes: tuple[str, str]) -> list[str]:
    """What is wrong with the changed example, without lines and columns."""
    return [line.split(": ", 1)[1] for line in problems(changed(*changes))]
