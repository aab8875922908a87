"""Holds a table of Wearline to the arrays that SKDH answered, number by number."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]


def same_numbers(
    rows: Sequence[Row],
    skdh: Mapping[str, Sequence[Any]],
    columns: Mapping[str, str],
    *,
    placeholders: Sequence[float] = (),
    relative: float = 0.0,
) -> int:
    """Compare every column with the array of SKDH that it is made of; how many numbers were.

    Null stands for NaN, and for the placeholders that SKDH gives where it computed nothing.
    Fails where a number differs by more than ``relative``, and where SKDH gave no such array.
    """
    wrong: list[str] = []
    compared = 0
    for name, column in columns.items():
        expected = [*skdh.get(name, ())]
        if len(expected) != len(rows):
            wrong.append(f"{column}: {len(rows)} rows, and SKDH has {len(expected)} of {name!r}")
            continue
        for index, (row, value) in enumerate(zip(rows, expected, strict=True)):
            if not same(row[column], value, placeholders, relative):
                wrong.append(f"{column}[{index}] is {row[column]!r}, SKDH has {value!r}")
            compared += isinstance(row[column], int | float)
    assert not wrong, "\n".join(wrong[:40])
    return compared


def same(found: Any, expected: Any, placeholders: Sequence[float], relative: float) -> bool:
    if isinstance(expected, str):
        return bool(found == expected)
    if found is None:
        return bool(math.isnan(expected) or expected in placeholders)
    return math.isclose(found, expected, rel_tol=relative, abs_tol=0.0)
