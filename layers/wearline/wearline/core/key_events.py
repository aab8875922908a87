"""EventBridge filters for the keys of templates: coarse, but never too narrow.

A rule only spares the functions keys that can be nothing to the study; the matcher decides. So a
filter may let other keys through, and must let through every key that its template accepts.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html.
Wildcards are case-sensitive; `*` and the backslash are escaped with a backslash; only `prefix`,
`suffix` and whole values can ignore case. EventBridge refuses a pattern with too many wildcards at
an undocumented bound (six passed, eight did not).
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import takewhile
from typing import Final

from wearline.core.keys import KeyTemplate, Literal, Token

MOST_FILTERS: Final = 4
KeyFilter = str | dict[str, str] | dict[str, dict[str, str]]


def event_key_filters(templates: Iterable[KeyTemplate]) -> list[KeyFilter] | None:
    """The alternatives for `detail.object.key`; None stands for every key of the bucket.

    >>> event_key_filters([KeyTemplate.parse("raw/{subject}.cwa")])
    [{'wildcard': 'raw/*.cwa'}]
    """
    filters: list[KeyFilter] = []
    for template in templates:
        chosen = _loosely(template) if template.ignore_case else _exactly(template)
        if chosen is None:
            return None
        if chosen not in filters:
            filters.append(chosen)
    return filters if len(filters) <= MOST_FILTERS else None


def _exactly(template: KeyTemplate) -> KeyFilter | None:
    start, end = _start(template), _end(template)
    if len(template.tokens) == 1 and start and start == _literal(template.tokens[0]):
        return start
    if start and end:
        return {"wildcard": f"{_escaped(start)}*{_escaped(end)}"}
    if start:
        return {"prefix": start}
    return {"suffix": end} if end else None


def _loosely(template: KeyTemplate) -> KeyFilter | None:
    """The longer of start and end."""
    start, end = _start(template), _end(template)
    if not start and not end:
        return None
    if len(start) >= len(end):
        return {"prefix": {"equals-ignore-case": start}}
    return {"suffix": {"equals-ignore-case": end}}


def _start(template: KeyTemplate) -> str:
    """Only ASCII, where every party agrees what case is, and what a character is."""
    return "".join(takewhile(str.isascii, _literal(template.tokens[0])))


def _end(template: KeyTemplate) -> str:
    return "".join(takewhile(str.isascii, reversed(_literal(template.tokens[-1]))))[::-1]


def _literal(token: Token) -> str:
    return token.text if isinstance(token, Literal) else ""


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("*", "\\*")
