"""What the ledger keeps of a run's ``run.json``, so that lists and reports open no table.

The processor read a stranger's file: whatever it says is data, checked here piece by piece and
bounded. A piece that does not fit is left out; a verdict never depends on it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

Severity = Literal["error", "warning", "info"]

MOST_DAYS = 100
MOST_FINDINGS = 30
MOST_MEASURES = 40
MOST_PICTURES = 8
LONGEST_TEXT = 120
LONGEST_SENTENCE = 400
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_PICTURE = re.compile(r"[a-z0-9_]{1,64}\.(png|pdf)")
_SEVERITIES: dict[str, Severity] = {"error": "error", "warning": "warning", "info": "info"}


@dataclass(frozen=True, slots=True)
class Dated:
    """The values of a local date, by names that end with their unit. Absent: not computed."""

    date: str
    values: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FindingNote:
    """A finding about the recording, as docs/quality.md lists them."""

    code: str
    severity: Severity
    sentence: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class RunSummary:
    """The headline of a run: its recording, its days and nights, and means over them.

    ``measures`` have their unit in their names; one that is absent was not computed. The
    results' tables are what an analysis takes.
    """

    format: str | None = None
    device: str | None = None
    serial_number: str | None = None
    start: str | None = None
    end: str | None = None
    recorded_h: float | None = None
    findings: tuple[FindingNote, ...] = ()
    days: tuple[Dated, ...] = ()
    nights: tuple[Dated, ...] = ()
    measures: dict[str, float] = field(default_factory=dict)
    pictures: tuple[str, ...] = ()
    release: str | None = None
    engine: str | None = None
    image_digest: str | None = None
    input_sha256: str | None = None


def run_summary(record: Mapping[str, Any]) -> RunSummary:
    """The summary of a ``run.json``, of any processor. Never raises."""
    about, quality = _mapping(record.get("summary")), _mapping(record.get("quality"))
    processor, given = _mapping(record.get("processor")), _mapping(record.get("input"))
    return RunSummary(
        format=_text(quality.get("format")),
        device=_text(quality.get("device")),
        serial_number=_text(quality.get("serial_number")),
        start=_text(quality.get("start")),
        end=_text(quality.get("end")),
        recorded_h=_number(about.get("recorded_h")),
        findings=tuple(_findings(quality.get("findings")))[:MOST_FINDINGS],
        days=tuple(_dated(about.get("days"))),
        nights=tuple(_dated(about.get("nights"))),
        measures=_values(about.get("measures")),
        pictures=tuple(_pictures(record.get("outputs")))[:MOST_PICTURES],
        release=_text(processor.get("release")),
        engine=_text(processor.get("engine")),
        image_digest=_text(processor.get("image_digest")),
        input_sha256=_text(given.get("sha256")),
    )


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _items(value: object) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, list):
        yield from (each for each in value if isinstance(each, Mapping))


def _text(value: object, longest: int = LONGEST_TEXT) -> str | None:
    return value[:longest] if isinstance(value, str) and value else None


def _number(value: object) -> float | None:
    """A finite number; nothing that DynamoDB would refuse (38 digits, up to 1e126)."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not math.isfinite(value) or abs(value) > 1e15 or 0 < abs(value) < 1e-15:
        return None
    return float(value)


def _values(value: object) -> dict[str, float]:
    known = (
        (name, number)
        for name, given in _mapping(value).items()
        if _NAME.fullmatch(name)
        if (number := _number(given)) is not None
    )
    return dict(list(known)[:MOST_MEASURES])


def _dated(value: object) -> Iterator[Dated]:
    for _, each in zip(range(MOST_DAYS), _items(value), strict=False):
        day = each.get("date")
        if isinstance(day, str) and _is_date(day):
            yield Dated(day, _values({name: each[name] for name in each if name != "date"}))


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _findings(value: object) -> Iterator[FindingNote]:
    for each in _items(value):
        code, severity = each.get("code"), _SEVERITIES.get(str(each.get("severity")))
        if isinstance(code, str) and _NAME.fullmatch(code) and severity:
            count = _number(each.get("count")) or 1
            sentence = _text(each.get("sentence"), LONGEST_SENTENCE) or ""
            yield FindingNote(code, severity, sentence, int(count))


def _pictures(value: object) -> Iterator[str]:
    names = (each.get("name") for each in _items(value))
    yield from (name for name in names if isinstance(name, str) and _PICTURE.fullmatch(name))
