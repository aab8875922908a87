"""actfast (MIT), which shares no code with SKDH or Wearline, reads the same samples."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import actfast
import numpy as np
import pytest

from wearline_processor.readers import read

REAL = {
    "GGIRread-ax3_testfile.cwa": "axivity",
    "actfast-axivity_ax6.cwa": "axivity",
    "openmovement-example-610-steps.cwa": "axivity",
    "paradigma-test_data.CWA": "axivity",
    "actfast-geneactiv.bin": "geneactiv",
    "scikit-digital-health-gnactv_sample.bin": "geneactiv",
}
# actfast gives single precision.
TOLERANCE_G = 2e-6


@pytest.mark.parametrize(("name", "format_type"), REAL.items())
def test_real_recordings_agree(shared_data: Path, name: str, format_type: str) -> None:
    assert_agree(shared_data / name, format_type)


@pytest.mark.parametrize(
    ("kind", "format_type"), [("cwa", "axivity"), ("cwa-ax6", "axivity"), ("bin", "geneactiv")]
)
def test_generated_recordings_agree(made: Callable[..., Path], kind: str, format_type: str) -> None:
    assert_agree(made(kind), format_type)


def assert_agree(path: Path, format_type: str) -> None:
    ours = read(path, {"type": format_type}, "UTC").recording
    series = actfast.read(str(path))["timeseries"]
    theirs = next(part for part in series.values() if "acceleration" in part)
    np.testing.assert_allclose(ours.accel, theirs["acceleration"], rtol=0, atol=TOLERANCE_G)
    # It places samples by the device's fraction of a second, SKDH (and we) by its whole seconds.
    np.testing.assert_allclose(ours.time, theirs["datetime"] / 1e9, rtol=0, atol=0.1)
