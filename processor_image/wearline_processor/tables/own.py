"""Tables of the team's own algorithms: the columns that their registration names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from wearline_processor.engine import Outcome
from wearline_processor.errors import RegistrationInvalid
from wearline_processor.registered import registrations
from wearline_processor.tables.schema import Column, Row, Table, both, instants, sealed


def build(name: str, outcome: Outcome, zone: ZoneInfo) -> tuple[Table, list[Row]]:
    """The table of this name, with a row for each item of the algorithm's results.

    Raises RegistrationInvalid when the results are not what was registered.
    """
    process, facts = _registered(name)
    step = outcome.find(process)
    assert step is not None  # noqa: S101 - its process asked for the table
    columns = facts["columns"]
    try:
        lists = [_listed(step.results[column["result"]]) for column in columns]
        items = list(zip(*lists, strict=True))
    except (KeyError, ValueError) as problem:
        raise RegistrationInvalid(f"{process} does not give what it says ({problem})") from problem
    return _table(process, facts), [_row(columns, item, zone) for item in items]


def _registered(name: str) -> tuple[str, Mapping[str, Any]]:
    found = ((process, facts["table"]) for process, facts in registrations().items())
    return next((process, table) for process, table in found if table["name"] == name)


def _table(process: str, facts: Mapping[str, Any]) -> Table:
    columns = [column for each in facts["columns"] for column in _columns(**each)]
    return Table(facts["name"], facts["meaning"], sealed(columns), process)


def _columns(
    name: str,
    kind: Any,  # noqa: ANN401 - as it was written
    meaning: str,
    result: str,
    unit: str | None = None,
) -> tuple[Column, ...]:
    if kind == "instant":
        return instants(name, meaning)
    return (Column(name, kind, meaning, unit, result),)


def _row(columns: Sequence[Mapping[str, Any]], values: Sequence[Any], zone: ZoneInfo) -> Row:
    cells = (_cells(column, value, zone) for column, value in zip(columns, values, strict=True))
    return dict(cell for pair in cells for cell in pair)


def _cells(column: Mapping[str, Any], value: Any, zone: ZoneInfo) -> Iterator[tuple[str, Any]]:  # noqa: ANN401
    if column["kind"] == "instant":
        yield from both(column["name"], value, zone).items()
    else:
        yield column["name"], value


def _listed(values: Any) -> list[Any]:  # noqa: ANN401
    """The items of an array or a list; a single value is a list of one."""
    plain = values.tolist() if hasattr(values, "tolist") else values
    return list(plain) if isinstance(plain, (list, tuple)) else [plain]
