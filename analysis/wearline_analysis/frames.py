"""Tables as the library that a notebook uses has them: pandas, Polars, or Arrow itself."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Literal

import pyarrow as pa

from wearline_analysis.errors import AnalysisError

Form = Literal["pandas", "polars", "arrow"]


class LibraryMissing(AnalysisError):
    """The library that a table is wanted in is not installed."""

    def __init__(self, library: str) -> None:
        self.library = library
        super().__init__(f"{library} is not installed. Install it, or wearline[analysis].")


def framed(rows: pa.Table, form: Form) -> Any:  # noqa: ANN401  the type is that of the form
    """The rows as a frame; null stays null: NaN or None in pandas, null in Polars and Arrow.

    Raises LibraryMissing, ValueError.
    """
    match form:
        case "arrow":
            return rows
        case "pandas":
            _library("pandas")
            return rows.to_pandas()
        case "polars":
            return _library("polars").from_arrow(rows)
    raise ValueError(f"A table can be had as pandas, polars or arrow, not as {form!r}.")


def _library(name: str) -> Any:  # noqa: ANN401
    try:
        return import_module(name)
    except ImportError as missing:
        raise LibraryMissing(name) from missing
