"""The codes of findings: each documented, each with a sentence that can be said."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from wearline_processor.quality.catalogue import CATALOGUE, failing, finding, unreadable

ROOT = Path(__file__).resolve().parents[3]
DOCS = ROOT / "docs" / "quality.md"
READERS = ROOT / "processor_image" / "wearline_processor"


def facts(sentence: str) -> dict[str, float]:
    fields = (name for _, name, _, _ in string.Formatter().parse(sentence) if name)
    return {name: 2.5 for name in fields if name != "count"}


def shown(sentence: str) -> str:
    """A template as the page shows it: facts in italics, numbers with their word."""
    sentence = re.sub(r"\{count:[^|}]*\|([^}]*)\}", r"*count* \1", sentence)
    return re.sub(r"\{(\w+)[^}]*\}", r"*\1*", sentence)


def test_page_lists_every_code_with_its_severity_and_sentence() -> None:
    rows = re.findall(r"(?m)^\| `(\w+)` \| (\w+) \| (.*) \|$", DOCS.read_text("utf-8"))
    kind_of = {k.code: "refused" if k.unreadable else k.severity for k in CATALOGUE.values()}
    expected = [(k.code, kind_of[k.code], shown(k.sentence)) for k in CATALOGUE.values()]
    assert rows == expected


@pytest.mark.parametrize("code", [kind.code for kind in CATALOGUE.values()])
def test_every_sentence_can_be_said(code: str) -> None:
    kind = CATALOGUE[code]
    known = facts(kind.sentence)
    if kind.unreadable:
        sentence = unreadable(code, **{**known, "count": 2}).sentence
    else:
        sentence = finding(code, count=2, **known).sentence
    assert sentence.endswith(".")
    assert "{" not in sentence


@pytest.mark.parametrize("code", [kind.code for kind in CATALOGUE.values()])
def test_every_code_is_used(code: str) -> None:
    sources = [p.read_text("utf-8") for p in READERS.rglob("*.py") if p.name != "catalogue.py"]
    assert any(f'"{code}"' in source for source in sources)


def test_numbers_agree_with_their_words() -> None:
    assert finding("zero_rows", count=1).sentence.startswith("1 sample is exactly")
    assert finding("zero_rows", count=1200).sentence.startswith("1,200 samples are exactly")


def test_errors_fail_unless_accepted_and_others_only_where_the_study_says_so() -> None:
    error = finding("time_backwards", seconds=3.0)
    warning = finding("zero_rows", count=3)
    assert failing([error, warning]) == [error]
    assert failing([error, warning], accept=["time_backwards"]) == []
    assert failing([error, warning], fail_on=["zero_rows"]) == [error, warning]
    assert failing([error], fail_on=["time_backwards"], accept=["time_backwards"]) == [error]
