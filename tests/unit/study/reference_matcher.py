"""A slow, plain reading of the rule for key templates, to hold the fast matcher against."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from wearline.core.keys import DateField, KeyTemplate, Literal, Token


def read(template: KeyTemplate, key: str) -> dict[str, str] | None:
    """The first reading, fields tried from the left and the shortest first."""
    readings = _readings(template.tokens, key, template.ignore_case)
    return next((dict(reading) for reading in readings), None)


def _readings(
    tokens: tuple[Token, ...], key: str, ignore_case: bool
) -> Iterator[list[tuple[str, str]]]:
    if not tokens:
        if not key:
            yield []
        return
    token, *others = tokens
    for length in _lengths(token, key, ignore_case):
        for rest in _readings(tuple(others), key[length:], ignore_case):
            yield rest if isinstance(token, Literal) else [(token.name, key[:length]), *rest]


def _lengths(token: Token, key: str, ignore_case: bool) -> list[int]:
    if isinstance(token, Literal):
        same = len(key) >= len(token.text) and all(
            a == b or (ignore_case and b in (a.lower(), a.upper()))
            for a, b in zip(token.text, key, strict=False)
        )
        return [len(token.text)] if same else []
    longest = key.find("/") if "/" in key else len(key)
    lengths = range(1, longest + 1)
    if isinstance(token, DateField):
        return [n for n in lengths if is_date(key[:n], token.format.text, ignore_case)]
    return list(lengths)


def is_date(text: str, form: str, ignore_case: bool) -> bool:
    """A date of 1900 to 2099 exactly as strftime would write it."""
    try:
        moment = datetime.strptime(text, form)  # noqa: DTZ007  keys have no zone
    except ValueError:
        return False
    written = moment.strftime(form)
    same = written.lower() == text.lower() if ignore_case else written == text
    return same and 1900 <= moment.year <= 2099
