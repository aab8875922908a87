"""The size of a recording is known from its head, well enough to choose a task's memory."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wearline_processor.readers import prediction, read
from wearline_processor.readers.prediction import HEAD_BYTES, predict

TYPES = {
    "cwa": "axivity",
    "cwa-unpacked": "axivity",
    "cwa-ax6": "axivity",
    "bin": "geneactiv",
    "csv": "csv",
    "gt3x": "gt3x",
}


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("hz", [50, 100])
def test_rows_are_never_predicted_too_few(made: Callable[..., Path], kind: str, hz: int) -> None:
    path = made(kind, minutes=20, hz=hz)
    options = {"type": TYPES[kind], "time": "timestamp", "accel": ["x", "y", "z"]}
    rows = read(path, {**options, "clock": "local"}, "UTC", raw=False).quality.rows
    predicted = predict(path.read_bytes()[:HEAD_BYTES], path.stat().st_size, TYPES[kind])
    assert 0.97 * rows <= predicted.rows <= 4 * rows
    if predicted.hz:
        assert predicted.hz == hz
        assert predicted.hours == pytest.approx(1 / 3, rel=0.05)


@given(st.binary(max_size=3000), st.integers(0, 2**40), st.sampled_from([*TYPES.values(), "npz"]))
def test_any_head_gives_an_answer(head: bytes, size: int, format_type: str) -> None:
    assert 0 <= predict(head, size, format_type).rows <= size + 300


def test_prediction_imports_the_standard_library_alone() -> None:
    """So that a function can take the module as it is."""
    code = "import runpy, sys; runpy.run_path(sys.argv[1]); print('numpy' in sys.modules)"
    command = [sys.executable, "-I", "-c", code, str(prediction.__file__)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert told.strip() == "False"
