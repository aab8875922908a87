"""A recording as CSV."""

import csv
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.unit.recordings.conftest import START, Given

from wearline_recordings import csv_file


def rows_of(path: Path) -> list[list[str]]:
    with path.open(newline="") as file:
        return list(csv.reader(file))


def test_a_row_holds_the_wall_clock_and_the_stored_sample(
    tmp_path: Path, given: Given, movement: NDArray[np.float32]
) -> None:
    assert csv_file.write(tmp_path / "a.csv", given(movement, hz=128)) == 3000
    header, *rows = rows_of(tmp_path / "a.csv")
    assert header == ["timestamp", "x", "y", "z"]
    assert rows[0][0] == "2024-03-11T09:00:00.000000"
    assert datetime.fromisoformat(rows[256][0]) - START == timedelta(seconds=2)
    read = np.array([[float(number) for number in row[1:]] for row in rows])
    assert np.array_equal(read, csv_file.stored(movement))


def test_without_a_clock_the_first_column_is_the_index_of_the_sample(
    tmp_path: Path, given: Given
) -> None:
    signal = given(np.zeros((2500, 3)))
    csv_file.write(tmp_path / "a.csv", signal, time="n", accel=("ax", "ay", "az"), clock=False)
    header, *rows = rows_of(tmp_path / "a.csv")
    assert header == ["n", "ax", "ay", "az"]
    assert [row[0] for row in rows] == [str(index) for index in range(2500)]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.floats(-20, 20, width=32))
def test_any_number_is_written_as_python_would_read_it(
    tmp_path: Path, given: Given, g: float
) -> None:
    csv_file.write(tmp_path / "a.csv", given(np.full((3, 3), g)))
    first = rows_of(tmp_path / "a.csv")[1]
    assert float(first[1]) == round(min(max(float(np.float32(g)), -16), 16), 5)
