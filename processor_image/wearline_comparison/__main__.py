"""Compares the tables of two runs over each recording, and prints what differs as JSON.

    python -m wearline_comparison FOLDER BEFORE AFTER [--pictures FOLDER]

FOLDER holds a folder for each recording, with the tables of both sides in BEFORE and in AFTER.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from wearline_comparison.tables import Pair, pairs


def main(arguments: list[str] | None = None) -> int:
    """Print the comparison; 0 whether or not anything differs."""
    parser = argparse.ArgumentParser(prog="wearline_comparison", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("before")
    parser.add_argument("after")
    parser.add_argument("--pictures", type=Path)
    options = parser.parse_args(arguments)
    sides = (options.before, options.after)
    recordings = sorted(path for path in options.folder.iterdir() if path.is_dir())
    found = pairs(*([path / side for path in recordings] for side in sides))
    pictures = _draw(found, sides, options.pictures) if options.pictures else []
    document = {"tables": [_described(pair) for pair in found], "pictures": pictures}
    json.dump(document, sys.stdout, default=str)
    return 0


def _described(pair: Pair) -> dict[str, Any]:
    return {
        "table": pair.table,
        "rows": pair.before.num_rows,
        "only_before": pair.only_before,
        "only_after": pair.only_after,
        "columns": [asdict(column) for column in pair.columns()],
    }


def _draw(found: list[Pair], names: tuple[str, str], folder: Path) -> list[str]:
    from wearline_comparison.pictures import HEADLINES, draw

    folder.mkdir(parents=True, exist_ok=True)
    return [
        str(draw(pair, column.column, names, folder))
        for pair in found
        for column in pair.columns()
        if (pair.table, column.column) in HEADLINES and column.max_abs is not None
    ]


if __name__ == "__main__":
    sys.exit(main())
