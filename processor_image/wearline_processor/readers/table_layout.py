"""Where the columns of a text table are: after a device's header block, and by which names.

Device exports are known by their first line. ActiGraph's ActiLife writes a block between two lines
of dashes, GENEActiv's software a hundred lines of `Name,value`. A table without a line of names
has the names "1", "2", ... by position.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from wearline_processor.quality.catalogue import unreadable

_HEAD_BYTES = 1 << 16
_GENEACTIV_NAMES = ("time", "x", "y", "z", "lux", "button", "temperature")
_ACTIGRAPH_AXES = ("Accelerometer X", "Accelerometer Y", "Accelerometer Z")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d")


@dataclass(frozen=True, slots=True)
class Layout:
    """How to read a table, and the allow-listed fields of its header.

    skip lines stand before the data; start is the header's naive `YYYY-MM-DD HH:MM:SS`;
    date_format is a strftime pattern for times of this device, None for ISO 8601 and numbers.
    """

    names: tuple[str, ...]
    skip: int
    delimiter: str = ","
    decimal: str = "."
    device: str | None = None
    serial_number: str | None = None
    firmware: str | None = None
    hz: float | None = None
    start: str | None = None
    date_format: str | None = None


def layout(path: Path) -> Layout:
    """The layout of a table by its first lines. Raises RecordingUnreadable."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    text = head.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    lines = text.splitlines()
    if len(head) == _HEAD_BYTES and len(lines) > 1:
        lines.pop()  # it may be cut
    if re.match(r"-{3,} *Data", lines[0] if lines else ""):
        return _actigraph(lines)
    if re.match(r"Device Type[,;]GENEActiv", lines[0] if lines else ""):
        return _geneactiv(lines)
    return _plain(lines)


def _plain(lines: list[str]) -> Layout:
    skip = next((k for k, line in enumerate(lines) if line.strip() and line[0] != "#"), None)
    if skip is None:
        raise unreadable("samples_missing", format="table")
    delimiter = max(",;\t", key=lines[skip].count)
    decimal = "," if delimiter == ";" and re.search(r"\d,\d", " ".join(lines[-3:])) else "."
    fields = _fields(lines[skip], delimiter)
    if all(_is_number(field, decimal) or _INSTANT.match(field) for field in fields):
        return Layout(_positions(len(fields)), skip, delimiter, decimal)
    return Layout(tuple(fields), skip + 1, delimiter, decimal)


def _actigraph(lines: list[str]) -> Layout:
    close = next((k for k, line in enumerate(lines[1:], 1) if line.startswith("-----")), None)
    if close is None or close + 1 >= len(lines):
        problem = "its second line of dashes is missing"
        raise unreadable("header_damaged", format="ActiGraph table", problem=problem)
    block = "\n".join(line.rstrip(",") for line in lines[: close + 1])
    fields = _fields(lines[close + 1], ",")
    named = not all(_is_number(field, ".") for field in fields[-3:])
    names = tuple(fields) if named else ("Timestamp", *_ACTIGRAPH_AXES)[-len(fields) :]
    days_first = re.search(r"date format ([dMy/.-]+)", block)
    date_format = _strftime(days_first[1]) if days_first else None
    hz = re.search(r" at (\d{1,4}) Hz", block)
    return Layout(
        names=names,
        skip=close + 1 + named,
        device=_found(r"By Acti[gG]raph (.+?) ActiLife", block) or "ActiGraph",
        serial_number=_found(r"Serial Number: *([A-Za-z0-9]+)", block),
        firmware=_found(r"Firmware v?([0-9.]+)", block),
        hz=float(hz[1]) if hz else None,
        start=_actigraph_start(block, days_first[1] if days_first else ""),
        date_format=date_format,
    )


def _actigraph_start(block: str, date_format: str) -> str | None:
    """The header's start. Its date is in the order of the date format, whatever separates it."""
    time = re.search(r"Start Time *(\d\d?:\d\d:\d\d)", block)
    date = re.search(r"Start Date *(\d+)[-/.](\d+)[-/.](\d+)", block)
    order = [letter for letter in re.sub(r"(.)\1*", r"\1", date_format) if letter in "dMy"]
    if not time or not date or sorted(order) != ["M", "d", "y"]:
        return None
    part = dict(zip(order, date.groups(), strict=True))
    return f"{part['y']}-{int(part['M']):02}-{int(part['d']):02} {time[1].rjust(8, '0')}"


def _strftime(date_format: str) -> str:
    for letters, code in (("d+", "%d"), ("M+", "%m"), ("y+", "%Y")):
        date_format = re.sub(letters, code, date_format, count=1)
    return date_format + " %H:%M:%S.%f"


def _geneactiv(lines: list[str]) -> Layout:
    skip = next((k for k, line in enumerate(lines) if _INSTANT.match(line)), None)
    if skip is None:
        raise unreadable("samples_missing", format="GENEActiv table")
    fields: dict[str, str] = {}
    for line in lines[:skip]:
        name, _, value = line.partition(",")
        fields.setdefault(name.strip(), value.strip())
    hz = re.match(r"\d+(\.\d+)?", fields.get("Measurement Frequency", ""))
    model = fields.get("Device Model")
    return Layout(
        names=_GENEACTIV_NAMES[: len(_fields(lines[skip], ","))],
        skip=skip,
        device=" ".join(word for word in (fields["Device Type"], model) if word),
        serial_number=fields.get("Device Unique Serial Code") or None,
        firmware=fields.get("Device Firmware Version") or None,
        hz=float(hz[0]) if hz else None,
        date_format="%Y-%m-%d %H:%M:%S:%f",
    )


def _fields(line: str, delimiter: str) -> list[str]:
    return [field.strip().strip('"').strip() for field in line.split(delimiter)]


def _positions(count: int) -> tuple[str, ...]:
    return tuple(str(position) for position in range(1, count + 1))


def _is_number(field: str, decimal: str) -> bool:
    return bool(re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", field.replace(decimal, ".")))


def _found(pattern: str, text: str) -> str | None:
    match = re.search(pattern, text)
    return match[1].strip() if match else None
