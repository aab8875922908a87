"""The example notebook, run cell by cell over a study with days and nights."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

import wearline
from tests.conftest import FOLDER
from tests.trials import Trial
from wearline_analysis import Study
from wearline_local.launcher import ROOT

from .test_sleep_and_activity import STOCK, STUDY, day_and_a_half

pytestmark = [pytest.mark.engine, pytest.mark.slow]
NOTEBOOK = ROOT / "examples" / "parkinson-gait" / "analysis.ipynb"


@pytest.fixture
def finished(
    shared_trial: Callable[[str, str], Trial], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Trial:
    """A study with a day and a half of results, where ``wearline.open`` finds it."""
    trial = shared_trial("days-and-nights", STUDY.replace("&steps", "") + STOCK)
    trial.put("lean/S1.cwa", day_and_a_half(tmp_path).read_bytes())
    trial.pipeline("lean/S1.cwa", "succeeded")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setenv("WEARLINE_FOLDER", str(Path(os.environ[FOLDER]) / "engine"))
    monkeypatch.setenv("WEARLINE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("WEARLINE_STUDY", trial.name)
    # A kernel's own files; those of the person who runs the tests stay as they are.
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "jupyter"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    return trial


def test_every_cell_of_the_notebook_runs(finished: Trial) -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)  # type: ignore[no-untyped-call]
    assert not any(cell.get("outputs") for cell in notebook.cells), "clear the outputs"
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    shown = nbformat.writes(notebook)  # type: ignore[no-untyped-call]
    assert "image/png" in shown
    assert "Release first-look of study days-and-nights" in shown


def test_a_study_is_the_same_in_pandas_polars_and_arrow(finished: Trial) -> None:
    study = wearline.open(finished.name)
    assert isinstance(study, Study)
    assert study.status()["succeeded"] >= 1
    pandas, polars, arrow = (study.table("night", form) for form in ("pandas", "polars", "arrow"))
    asleep = arrow["asleep_min"].to_pylist()
    assert max(each for each in asleep if each is not None) > 300
    assert polars["asleep_min"].to_list() == asleep
    assert (
        pandas.asleep_min.astype(object).where(pandas.asleep_min.notna(), None).tolist() == asleep
    )
    assert study.table("subject_visit", "arrow")["day_type"].to_pylist()[:3] == [
        "all", "weekday", "weekend",
    ]  # fmt: skip
    [picture] = study.pictures("S1")[:1]
    assert picture._repr_png_().startswith(b"\x89PNG")
    assert "succeeded" in str(study.explain("lean/S1.cwa"))
    assert study.pictures("nobody") == []
