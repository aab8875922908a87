"""Reads SAS transport files (XPT), versions 5 and 8, as SAS and CDISC tools write them.

A file is 80-byte records. A data set is a header with a 140-byte description of each
variable, and then its observations side by side, padded with blanks to a whole record.
Numbers are IBM hexadecimal floating point of 2 to 8 bytes; a missing one begins with a
point, an underscore or a letter and is zero otherwise. Dates are days, and times seconds,
since 1960, and only a variable's format tells them from other numbers.

Sources: SAS technical paper TS-140, "Record Layout of a SAS Version 5 or 6 Data Set in SAS
Transport (XPORT) Format", and its successor for versions 8 and 9.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from wearline.core import tables
from wearline.core.tables import RawRow, Table, TableError, TableOptions, shown, stripped
from wearline.core.text_decoding import DecodingError, decode

_RECORD = 80
_NAMESTR = 140
_LIBRARY = re.compile(rb"HEADER RECORD\*{7}(LIBRARY |LIBV8   )HEADER RECORD!{7}")
_HEADER = re.compile(rb"HEADER RECORD\*{7}(.{8})HEADER RECORD!{7}(.{32})", re.DOTALL)
_MEMBER = re.compile(rb"HEADER RECORD\*{7}(?:MEMBER  |MEMBV8  )HEADER RECORD!{7}")
# type, length, name, format: the parts of a description that matter here. The long name of
# version 8 stands where version 5 has nothing.
_DESCRIPTION = struct.Struct(">h2xh2x8s40x8s20xI32s20x")
_EPOCH = datetime(1960, 1, 1)  # noqa: DTZ001  SAS times have no zone
_DAYS = re.compile(
    r"(DATE|DAY|DDMMYY|MMDDYY|YYMMDD|E8601DA|IS8601DA|B8601DA|WEEKDATE|WORDDATE|NLDATE)[A-Z]?"
)
_SECONDS = re.compile(r"(DATETIME|DATEAMPM|DTDATE|[EB]8601D[TNZX]|IS8601D[TNZ]|NLDATM|MDYAMPM)")


@dataclass(frozen=True, slots=True)
class _Variable:
    name: str
    is_number: bool
    length: int
    form: str


@dataclass(frozen=True, slots=True)
class _DataSet:
    """A member of the library; its observations are bytes ``start`` to ``end``."""

    name: str
    variables: tuple[_Variable, ...]
    start: int
    end: int

    @property
    def width(self) -> int:
        return sum(variable.length for variable in self.variables)


def is_transport_file(content: bytes) -> bool:
    return _LIBRARY.match(content) is not None


def read_transport_file(content: bytes, options: TableOptions) -> Table:
    """The table of a data set: the stated one, else that with most wanted columns.

    Rows are numbered as a spreadsheet of it would show them: the first observation is 2.
    Raises TableError: transport_file, sheet, too_many_columns, too_many_rows.
    """
    try:
        found = list(_data_sets(content))
    except (struct.error, ValueError, IndexError) as error:
        raise _unreadable() from error
    chosen = _chosen(found, options)
    header = tables.checked_header(tuple(variable.name for variable in chosen.variables))
    return Table(header, _rows(content, chosen, options.encoding), iso_dates=True)


def _unreadable() -> TableError:
    return TableError(
        "transport_file", "The SAS transport file is damaged or incomplete; export it again."
    )


def _chosen(found: list[_DataSet], options: TableOptions) -> _DataSet:
    if options.sheet is not None:
        found = [each for each in found if each.name.casefold() == options.sheet.casefold()]
    if not found:
        named = f" called {options.sheet}" if options.sheet else ""
        raise TableError("sheet", f"The SAS transport file has no data set{named}.")
    return max(found, key=lambda each: shown(options.columns, [one.name for one in each.variables]))


def _data_sets(content: bytes) -> Iterator[_DataSet]:
    starts = [found.start() for found in _MEMBER.finditer(content)]
    starts = [start for start in starts if start % _RECORD == 0]
    for start, end in zip(starts, [*starts[1:], len(content)], strict=True):
        yield _data_set(content, start, end)


def _data_set(content: bytes, start: int, end: int) -> _DataSet:
    """Member header, description header, two records of the data set, variables, values."""
    name = content[start + 2 * _RECORD + 8 : start + 2 * _RECORD + 40]
    version_8 = b"MEMBV8" in content[start : start + _RECORD]
    place = start + 4 * _RECORD
    count = int(_counts(content, place)[6:10])
    place += _RECORD
    variables = tuple(
        _variable(content[at : at + _NAMESTR], long_name=version_8)
        for at in range(place, place + count * _NAMESTR, _NAMESTR)
    )
    place += -(-count * _NAMESTR // _RECORD) * _RECORD
    first = _values(content, place)
    return _DataSet(_text(name[: 32 if version_8 else 8]), variables, first, end)


def _counts(content: bytes, place: int) -> bytes:
    found = _HEADER.match(content, place)
    if found is None:
        raise ValueError("a header record is missing")
    return found[2]


def _values(content: bytes, place: int) -> int:
    """Where the observations begin: after their header, and in version 8 after long labels."""
    while (found := _HEADER.match(content, place)) is not None:
        place += _RECORD
        if found[1].startswith(b"OBS"):
            return place
        while place < len(content) and not _HEADER.match(content, place):
            place += _RECORD
    raise ValueError("the values are missing")


def _variable(description: bytes, *, long_name: bool) -> _Variable:
    kind, length, name, form, _, longer = _DESCRIPTION.unpack(description)
    if kind not in (1, 2) or length < 1 or (kind == 1 and length > 8):
        raise ValueError("a variable of an unknown kind")
    longer = longer.rstrip(b" \0") if long_name else b""
    return _Variable(_text(longer or name), kind == 1, length, _text(form).upper())


def _text(raw: bytes) -> str:
    return raw.decode("latin-1").strip(" \0")


def _rows(content: bytes, chosen: _DataSet, encoding: str | None) -> Iterator[RawRow]:
    """The observations. The blanks that fill the last record are none."""
    values = content[chosen.start : chosen.end].rstrip(b" ")
    rows = -(-len(values) // chosen.width) if chosen.width else 0
    if rows > tables.MAX_ROWS:
        raise tables.too_many_rows()
    for row in range(rows):
        raw = values[row * chosen.width : (row + 1) * chosen.width].ljust(chosen.width)
        try:
            cells = tuple(_cells(raw, chosen.variables, encoding))
        except DecodingError:
            yield RawRow(row + 2, (), ("encoding", "is not text in the encoding of the file"))
            continue
        if any(cells):
            yield RawRow(row + 2, cells)


def _cells(raw: bytes, variables: tuple[_Variable, ...], encoding: str | None) -> Iterator[str]:
    place = 0
    for variable in variables:
        value = raw[place : place + variable.length]
        place += variable.length
        if variable.is_number:
            yield _number_text(value, variable.form)
        else:
            yield stripped(decode(value.rstrip(b" \0"), encoding))


def _number_text(value: bytes, form: str) -> str:
    number = ibm_number(value)
    if number is None:
        return ""
    try:
        if _SECONDS.fullmatch(form):
            return (_EPOCH + timedelta(seconds=number)).isoformat(timespec="seconds")
        if _DAYS.fullmatch(form):
            return (_EPOCH + timedelta(days=number)).date().isoformat()
    except OverflowError:
        return ""
    return f"{number:.15g}"


def ibm_number(value: bytes) -> float | None:
    """A number in IBM hexadecimal floating point, cut to 2 to 8 bytes; None where missing.

    sign and exponent of 16 (7 bits, excess 64), then a fraction of up to 14 hexadecimal digits.

    >>> ibm_number(bytes.fromhex("42640000")), ibm_number(b".\\0\\0")
    (100.0, None)
    """
    fraction = int.from_bytes(value[1:].ljust(7, b"\0"), "big")
    if fraction == 0:
        return None if value[:1] in _MISSING else 0.0
    number = float(fraction) * 16.0 ** ((value[0] & 0x7F) - 64 - 14)
    return -number if value[0] & 0x80 else number


_MISSING = frozenset(bytes([code]) for code in b"._ABCDEFGHIJKLMNOPQRSTUVWXYZ")
