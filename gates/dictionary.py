"""Writes the columns of every table of results where the analysis and the templates read them.

It needs the processor's environment: ``.venvs/processor-test/bin/python -m gates.dictionary``
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FILE = Path(__file__).parents[1] / "analysis" / "wearline_analysis" / "dictionary.json"


def dictionary() -> dict[str, Any]:
    """Keys and tables as the processor defines them, ``day`` with the default parameters."""
    from wearline_processor.plan import OUTPUT_SCHEMA
    from wearline_processor.tables.dictionary import tables
    from wearline_processor.tables.schema import KEYS

    return {
        "schema": OUTPUT_SCHEMA,
        "keys": [_column(column) for column in KEYS],
        "tables": {
            table.name: {
                "meaning": table.meaning,
                "columns": [_column(column) for column in table.columns],
            }
            for table in tables()
        },
    }


def text() -> str:
    return json.dumps(dictionary(), indent=1, ensure_ascii=False) + "\n"


def _column(column: Any) -> dict[str, str | None]:  # noqa: ANN401
    names = ("name", "kind", "unit", "meaning")
    return {name: getattr(column, name) for name in names}


if __name__ == "__main__":
    FILE.write_text(text(), "utf-8")
