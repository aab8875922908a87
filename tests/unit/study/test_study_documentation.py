"""docs/study-configuration.md has every key, and what it shows is sound."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel

from wearline.core.formats import FORMAT_TYPES, Format
from wearline.core.study import StudyConfiguration
from wearline.core.study_shape import members

from .example import EXAMPLES, TEXT

PAGE = (Path(__file__).parents[3] / "docs" / "study-configuration.md").read_text("utf-8")
DOCUMENTED = set(re.findall(r"`([a-z_0-9.]+)`", PAGE))


def keys_of(annotation: object, path: str = "") -> Iterator[str]:
    """The dotted names of all keys; names that a study chooses are passed over."""
    for member in members(annotation):
        if isinstance(member, type) and issubclass(member, BaseModel):
            within = f"{path}.{member.model_fields['type'].default}" if is_format(member) else path
            for name, field in member.model_fields.items():
                if (is_format(member), name) == (True, "type"):
                    yield f"{path}.type"
                    continue
                yield f"{within}.{name}".lstrip(".")
                yield from keys_of(field.annotation, f"{within}.{name}".lstrip("."))
        else:
            for inner in get_args(member):
                yield from keys_of(inner, path)


def is_format(model: type[BaseModel]) -> bool:
    return model in FORMAT_TYPES.values()


KEYS = sorted(set(keys_of(StudyConfiguration)))
SECTIONS = {key for key in KEYS if any(other.startswith(f"{key}.") for other in KEYS)}


@pytest.mark.parametrize("key", sorted(set(KEYS) - SECTIONS))
def test_every_key_is_documented(key: str) -> None:
    assert key in DOCUMENTED


def test_every_documented_key_exists() -> None:
    tables = re.findall(r"^\| `([a-z_0-9.]+)` \|", PAGE, re.MULTILINE)
    assert {key for key in tables if key not in KEYS} - FORMAT_TYPES.keys() == set()


def test_every_format_is_documented() -> None:
    assert set(FORMAT_TYPES) <= DOCUMENTED
    assert len(get_args(get_args(Format)[0])) == len(FORMAT_TYPES)


def test_what_the_page_shows_is_part_of_an_example() -> None:
    examples = TEXT + (EXAMPLES / "device-log" / "study.yaml").read_text("utf-8")
    plain = re.sub(r"\s+", "", re.sub(r" #.*", "", examples))
    for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL):
        for line in block.splitlines():
            words = re.findall(r"[\w%.{}/\"-]+", line)
            assert all(word.strip('{}"') in plain for word in words), line
