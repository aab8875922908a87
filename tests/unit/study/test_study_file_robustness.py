"""Whatever is written into a study file, its problems are told; nothing else is ever raised."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import example as with_example
from hypothesis import given, settings
from hypothesis import strategies as st

from wearline.core.faults import FaultPath
from wearline.core.study_file import StudyFileError, StudyProblem, parse_study
from wearline.core.study_yaml import read_yaml

from .example import EXAMPLES, TEXT, definition

DOCUMENT = read_yaml(TEXT, "study.yaml")
PATHS = sorted(DOCUMENT.values, key=str)
WITH_LOG = read_yaml((EXAMPLES / "device-log" / "study.yaml").read_text("utf-8"), "study.yaml")
PATHS_WITH_LOG = sorted(WITH_LOG.values, key=str)
WORDS = st.sampled_from(
    ["", "{", "{a}{b}", "{subject}", "from", "location", "type", "csv", "Sleep", "definition", "NO",
     "device_log", "devices", "wrist", "start"]
)  # fmt: skip
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | WORDS | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=5,
)


def replaced(value: Any, path: FaultPath, new: object) -> object:
    if not path:
        return new
    changed = copy.copy(value)
    changed[path[0]] = replaced(value[path[0]], path[1:], new)
    return changed


def told(text: str) -> tuple[StudyProblem, ...] | None:
    """The problems of a text, or None where it is a study."""
    try:
        parse_study(text, "study.yaml", definition)
    except StudyFileError as error:
        return error.problems
    return None


@settings(max_examples=200)
@given(st.sampled_from(PATHS), ANYTHING)
@with_example(("files", "wrist", "pipelines"), [{"a": 1}])
@with_example(("pipelines", "gait", "definition"), "../x")
@with_example(("pipelines", "gait", "definition"), "\U00010000")
@with_example(("pipelines",), {"\U00010000": {"definition": "x"}})
def test_any_part_can_be_anything(path: FaultPath, new: object) -> None:
    problems = told(json.dumps(replaced(DOCUMENT.value, path, new)))
    assert problems is None or {problem.line for problem in problems} - {0}


@settings(max_examples=200)
@given(st.sampled_from(PATHS_WITH_LOG), ANYTHING)
@with_example(("files", "wrist", "device_log"), "wrist")
@with_example(("files", "devices"), None)
def test_any_part_of_a_device_log_can_be_anything(path: FaultPath, new: object) -> None:
    problems = told(json.dumps(replaced(WITH_LOG.value, path, new)))
    assert problems is None or {problem.line for problem in problems} - {0}


@settings(max_examples=100)
@given(st.text())
def test_any_text_is_refused_in_words(text: str) -> None:
    assert told(text)


@settings(max_examples=100)
@given(st.integers(0, len(TEXT)), st.integers(0, 30), st.text(max_size=5))
def test_a_slip_of_the_keyboard_is_no_crash(start: int, length: int, new: str) -> None:
    problems = told(TEXT[:start] + new + TEXT[start + length :])
    assert problems is None or all(problem.sentence for problem in problems)
