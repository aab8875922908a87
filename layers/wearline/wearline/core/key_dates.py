"""The dates that a key template can hold, as finite sets of texts.

A date field such as `{date:%Y-%m-%d}` stands for exactly the texts of real days. Each directive
has a fixed width, so a date never has two readings, and February 30 is no date at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

MONTH_NAMES: Final = (
    *("Jan", "Feb", "Mar", "Apr", "May", "Jun"),
    *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)
FIRST_YEAR, LAST_YEAR = 1900, 2099
_YEARS: Final = range(FIRST_YEAR, LAST_YEAR + 1)
_DIRECTIVES: Final = {
    "Y": "year",
    "y": "year",
    "m": "month",
    "b": "month",
    "d": "day",
    "H": "hour",
    "M": "minute",
    "S": "second",
}
_LONG, _SHORT, _FEBRUARY = (1, 3, 5, 7, 8, 10, 12), (4, 6, 9, 11), (2,)


@dataclass(frozen=True)
class Variant:
    """Months that have the same days, in common or in leap years."""

    months: tuple[int, ...]
    days: range
    leap: bool = False


_VARIANTS: Final = (
    Variant(_LONG, range(1, 32)),
    Variant(_SHORT, range(1, 31)),
    Variant(_FEBRUARY, range(1, 29)),
    Variant(_FEBRUARY, range(29, 30), leap=True),
)


class DateFormatError(ValueError):
    """A date format that a key template cannot hold; the text says what to write instead."""


@dataclass(frozen=True)
class DateFormat:
    """A strptime format of fixed-width directives: %Y %y %m %b %d %H %M %S."""

    text: str
    parts: tuple[str, ...]  # literal characters, and directives such as "%Y"

    @classmethod
    def parse(cls, text: str) -> DateFormat:
        """Raises DateFormatError for an unknown, repeated or contradicting directive."""
        parts = tuple(_split(text))
        meanings = [_DIRECTIVES[part[1]] for part in parts if _is_directive(part)]
        if not meanings:
            raise DateFormatError(f"'{text}' has no date directive such as %Y or %m")
        for meaning in meanings:
            if meanings.count(meaning) > 1:
                raise DateFormatError(f"'{text}' gives the {meaning} twice")
        return cls(text, parts)

    def variants(self) -> list[list[list[str]]]:
        """The texts it stands for: a union of products, as lists of alternatives in order."""
        letters = {part[1] for part in self.parts if _is_directive(part)}
        tables = [_texts(variant) for variant in _distinguished(letters)]
        return [[table.get(part, [part]) for part in self.parts] for table in tables]


def _split(text: str) -> Iterator[str]:
    characters = iter(text)
    for character in characters:
        if character == "/":
            raise DateFormatError(f"'{text}' holds '/', which no field may cross")
        if character != "%":
            yield character
            continue
        directive = next(characters, "")
        if directive == "%":
            yield "%"
        elif directive in _DIRECTIVES:
            yield "%" + directive
        else:
            known = " ".join("%" + letter for letter in _DIRECTIVES)
            raise DateFormatError(f"%{directive} is not one of {known}")


def _is_directive(part: str) -> bool:
    return len(part) == 2


def _distinguished(letters: set[str]) -> tuple[Variant, ...]:
    """The variants that these directives can tell apart; for the rest strptime takes 1900-01-01."""
    if not letters & {"m", "b"}:
        return (Variant((1,), range(1, 32)),)
    if "d" not in letters:
        return (Variant(tuple(range(1, 13)), range(1, 29)),)
    return _VARIANTS if letters & {"Y", "y"} else _VARIANTS[:3]


def _texts(variant: Variant) -> dict[str, list[str]]:
    """What each directive can be. 1900 is no leap year, and %y reads 69 to 99 as 1969 to 1999."""
    years = range(FIRST_YEAR + 4, LAST_YEAR + 1, 4) if variant.leap else _YEARS
    return {
        "%Y": [str(year) for year in years],
        "%y": [f"{year % 100:02}" for year in years if 1969 <= year < 2069],
        "%m": [f"{month:02}" for month in variant.months],
        "%b": [MONTH_NAMES[month - 1] for month in variant.months],
        "%d": [f"{day:02}" for day in variant.days],
        "%H": [f"{hour:02}" for hour in range(24)],
        "%M": [f"{minute:02}" for minute in range(60)],
        "%S": [f"{second:02}" for second in range(60)],
    }
