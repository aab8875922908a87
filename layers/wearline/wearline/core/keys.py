"""Key templates: `raw/{site}/{subject}/{visit}_wrist_{date:%Y-%m-%d}.cwa`.

A template is literal text and named fields. A field stands for one or more characters, never '/';
a date field for the real dates of its strptime format. `{{` and `}}` are literal braces.

Fields are filled from the left, each as short as the rest of the template allows. So
`{subject}_{visit}.cwa` reads `S1_V1_b.cwa` as subject `S1` and visit `V1_b`.

Keys are read in Unicode's composed form (NFC), because one system uploads an é as one character
and another as two, and the metadata of a subject are written by a third. The key itself stays as
it is; its fields are composed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import takewhile

from wearline.core.key_dates import DateFormat, DateFormatError

_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")
_LONGEST_KEY_BYTES = 1024
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html


class KeyTemplateError(ValueError):
    """A template that cannot be used; `position` is the 0-based character where it goes wrong."""

    def __init__(self, template: str, position: int, sentence: str) -> None:
        super().__init__(sentence)
        self.template = template
        self.position = position
        self.sentence = sentence


class FieldValueError(ValueError):
    """Field values that the template cannot write, or would not read back as they are."""

    def __init__(self, template: str, field: str | None, sentence: str) -> None:
        super().__init__(sentence)
        self.template = template
        self.field = field
        self.sentence = sentence


@dataclass(frozen=True)
class Literal:
    text: str


@dataclass(frozen=True)
class Field:
    name: str


@dataclass(frozen=True)
class DateField:
    name: str
    format: DateFormat


Token = Literal | Field | DateField


@dataclass(frozen=True)
class KeyTemplate:
    """A parsed template. Equal texts with an equal `ignore_case` are equal templates."""

    text: str
    tokens: tuple[Token, ...]
    ignore_case: bool = False

    @classmethod
    def parse(cls, text: str, *, ignore_case: bool = False) -> KeyTemplate:
        """Raises KeyTemplateError, which says where and why the text is no template.

        >>> KeyTemplate.parse("raw/{subject}.cwa").match("raw/S01.cwa")
        {'subject': 'S01'}
        """
        text = composed(text)
        tokens = tuple(_tokens(text))
        if not tokens:
            raise KeyTemplateError(
                text, 0, "the template is empty; write a key such as raw/{subject}.cwa"
            )
        return cls(text, tokens, ignore_case)

    @cached_property
    def fields(self) -> tuple[str, ...]:
        """The names of all fields, in order."""
        return tuple(token.name for token in self.tokens if not isinstance(token, Literal))

    @cached_property
    def date_formats(self) -> Mapping[str, str]:
        """The strptime format of each date field."""
        return {
            token.name: token.format.text for token in self.tokens if isinstance(token, DateField)
        }

    def match(self, key: str) -> dict[str, str] | None:
        """The fields of a key that the template accepts, else None. Linear in the key's length."""
        found = self._pattern.fullmatch(composed(key))
        return None if found is None else dict(zip(self.fields, found.groups(), strict=True))

    def dates(self, fields: Mapping[str, str]) -> dict[str, datetime]:
        """The date fields of a match as naive datetimes."""
        return {
            name: datetime.strptime(fields[name], form)  # noqa: DTZ007  keys have no zone
            for name, form in self.date_formats.items()
        }

    def format(self, fields: Mapping[str, str]) -> str:
        """The key that these fields make. Raises FieldValueError unless it reads back the same."""
        for name in self.fields:
            if name not in fields:
                raise FieldValueError(self.text, name, f"the field '{name}' has no value")
        key = "".join(
            token.text if isinstance(token, Literal) else fields[token.name]
            for token in self.tokens
        )
        if len(key.encode()) > _LONGEST_KEY_BYTES:
            sentence = f"the key is longer than {_LONGEST_KEY_BYTES} bytes"
            raise FieldValueError(self.text, None, sentence)
        self._check_reads_back(key, fields)
        return key

    def _check_reads_back(self, key: str, fields: Mapping[str, str]) -> None:
        read = self.match(key)
        for name in self.fields:
            if read is None or read[name] != fields[name]:
                sentence = f"'{self.text}' cannot hold these fields: '{name}' would read otherwise"
                raise FieldValueError(self.text, name, sentence)

    @cached_property
    def list_prefix(self) -> str:
        """The longest S3 list prefix that every accepted key has, however it is composed."""
        first = self.tokens[0]
        if not isinstance(first, Literal):
            return ""
        start = takewhile(str.isascii, first.text)
        return "".join(takewhile(lambda c: len(spellings(c, self.ignore_case)) == 1, start))

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(_regular_expression(self.tokens, self.ignore_case))


def composed(text: str) -> str:
    """The text in Unicode's composed form, in which names are compared."""
    return unicodedata.normalize("NFC", text)


def spellings(character: str, ignore_case: bool) -> frozenset[str]:
    """The characters that a literal character accepts: itself, and its other cases if asked."""
    if not ignore_case:
        return frozenset(character)
    cases = {character, character.lower(), character.upper()}
    return frozenset(case for case in cases if len(case) == 1)


def _tokens(text: str) -> list[Token]:
    tokens: list[Token] = []
    position = 0
    while position < len(text):
        token, end = _token_at(text, position)
        _check_follows(text, position, tokens, token)
        if isinstance(token, Literal) and tokens and isinstance(tokens[-1], Literal):
            token = Literal(tokens.pop().text + token.text)  # type: ignore[union-attr]
        tokens.append(token)
        position = end
    return tokens


def _token_at(text: str, position: int) -> tuple[Token, int]:
    if text.startswith(("{{", "}}"), position):
        return Literal(text[position]), position + 2
    if text[position] == "}":
        raise KeyTemplateError(text, position, "'}' closes no field; write }} for a literal brace")
    if text[position] != "{":
        return Literal(text[position]), position + 1
    end = text.find("}", position)
    if end < 0:
        raise KeyTemplateError(text, position, "'{' is never closed; write {{ for a literal brace")
    return _field(text, position, text[position + 1 : end]), end + 1


def _field(text: str, position: int, inside: str) -> Field | DateField:
    name, colon, form = inside.partition(":")
    if not _NAME.match(name):
        sentence = f"'{name}' is no field name; write small letters, digits and _, a letter first"
        raise KeyTemplateError(text, position, sentence)
    if not colon:
        return Field(name)
    try:
        return DateField(name, DateFormat.parse(form))
    except DateFormatError as error:
        raise KeyTemplateError(text, position, str(error)) from error


def _check_follows(text: str, position: int, tokens: list[Token], token: Token) -> None:
    if isinstance(token, Literal):
        return
    if token.name in (before.name for before in tokens if not isinstance(before, Literal)):
        sentence = f"the field '{token.name}' appears twice; give it another name here"
        raise KeyTemplateError(text, position, sentence)
    if isinstance(token, Field) and tokens and isinstance(tokens[-1], Field):
        sentence = f"put literal text between {{{tokens[-1].name}}} and {{{token.name}}}"
        raise KeyTemplateError(text, position, sentence)


def _regular_expression(tokens: tuple[Token, ...], ignore_case: bool) -> str:
    """A field ends where the text up to the next field first fits, and need never be reconsidered.

    What follows that text is again a field, which takes anything that a later end could offer.
    Hence the atomic groups, which keep matching linear for hostile keys too. Only the last field
    is bound to the end of the key instead.
    """
    parts = [[""]]
    for token in tokens:
        if isinstance(token, Field):
            parts.append([""])
        parts[-1].append(_expression(token, ignore_case))
    chunks = ["".join(part) for part in parts]
    return (
        chunks[0]
        + "".join(f"(?>{chunk})" for chunk in chunks[1:-1])
        + (chunks[-1] if len(chunks) > 1 else "")
    )


def _expression(token: Token, ignore_case: bool) -> str:
    if isinstance(token, Field):
        return "([^/]+?)"
    if isinstance(token, Literal):
        return "".join(_characters([character], ignore_case) for character in token.text)
    variants = (
        "".join(_choice(alternatives, ignore_case) for alternatives in variant)
        for variant in token.format.variants()
    )
    return "(" + "|".join(variants) + ")"


def _choice(texts: list[str], ignore_case: bool = False) -> str:
    """One of several texts of equal length, sharing their beginnings."""
    if texts == [""]:
        return ""
    branches = [
        _characters(firsts, ignore_case) + _choice(list(rest), ignore_case)
        for rest, firsts in by_rest(texts).items()
    ]
    return branches[0] if len(branches) == 1 else "(?:" + "|".join(branches) + ")"


def by_rest(texts: list[str]) -> dict[tuple[str, ...], list[str]]:
    """The first characters of texts of equal length, grouped by all that can follow them."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for first in sorted({text[0] for text in texts}):
        rest = tuple(sorted(text[1:] for text in texts if text[0] == first))
        groups.setdefault(tuple(dict.fromkeys(rest)), []).append(first)
    return groups


def _characters(firsts: list[str], ignore_case: bool) -> str:
    spelt = sorted({spelling for first in firsts for spelling in spellings(first, ignore_case)})
    escaped = "".join(re.escape(character) for character in spelt)
    return escaped if len(spelt) == 1 else f"[{escaped}]"
