"""SKDH, called directly, finds in a generated recording what its schedule says."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from skdh.activity import ActivityLevelClassification
from skdh.context import PredictGaitLumbarLgbm
from skdh.gait import GaitLumbar
from skdh.io import ReadBin, ReadCSV, ReadCwa
from skdh.preprocessing import CalibrateAccelerometer, CtaWearDetection, GetDayWindowIndices
from skdh.sit2stand import Sit2Stand
from skdh.sleep import Sleep

from wearline_recordings import axivity, csv_file, geneactiv, lumbar, wrist
from wearline_recordings.schedule import Activity
from wearline_recordings.sensor import uncalibrated
from wearline_recordings.signal import Signal

START = datetime.fromisoformat("2024-03-11T09:00")
Data = dict[str, Any]

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


def unix(instant: datetime) -> float:
    return instant.replace(tzinfo=UTC).timestamp()


def times(signal: Signal, *activities: Activity) -> Iterator[tuple[float, float]]:
    """Begin and end of each stretch of `activities`, in seconds since 1970."""
    stretch: list[float] = []
    for begins, period in signal.timeline():
        inside = period.activity in activities
        if inside:
            first = stretch[0] if stretch else unix(begins)
            stretch = [first, unix(begins + timedelta(seconds=period.seconds))]
        elif stretch:
            yield stretch[0], stretch[1]
            stretch = []
    if stretch:
        yield stretch[0], stretch[1]


@pytest.fixture(scope="module")
def worn() -> Signal:
    return wrist.signal(hours=36, hz=50, start=START, seed=1)


@pytest.fixture(scope="module")
def day(worn: Signal, tmp_path_factory: pytest.TempPathFactory) -> Data:
    """What SKDH reads from 36 hours at the wrist, with day windows and wear."""
    path = tmp_path_factory.mktemp("wrist") / "wrist.cwa"
    axivity.write(path, worn)
    data: Data = ReadCwa().predict(file=path, tz_name="UTC") | {"tz_name": "UTC"}
    data |= GetDayWindowIndices(bases=[0, 12], periods=[24, 24]).predict(**data)
    data |= CtaWearDetection().predict(**data)
    return data


@pytest.mark.parametrize(
    "layout", [axivity.AX3_PACKED, axivity.AX3, axivity.AX6], ids=lambda layout: layout.name
)
def test_skdh_reads_the_stored_samples_and_instants_of_a_cwa(
    tmp_path: Path, layout: axivity.Layout
) -> None:
    signal = wrist.signal(hours=0.5, hz=100, start=START, seed=1, gyro=layout.gyro)
    rows = axivity.write(tmp_path / "a.cwa", signal, layout=layout)
    read, made = ReadCwa().predict(file=tmp_path / "a.cwa"), signal.whole()
    assert np.array_equal(read["accel"], axivity.stored(made.accel[:rows], layout))
    assert np.abs(read["time"] - (unix(START) + np.arange(rows) / 100)).max() < 1e-5
    if made.gyro is not None:
        assert np.array_equal(read["gyro"], axivity.stored_gyro(made.gyro[:rows]))


def test_skdh_reads_the_stored_samples_instants_and_temperature_of_a_bin(tmp_path: Path) -> None:
    signal = wrist.signal(hours=0.5, hz=75, start=START, seed=1)
    rows = geneactiv.write(tmp_path / "a.bin", signal)
    read, made = ReadBin().predict(file=tmp_path / "a.bin"), signal.whole()
    assert np.array_equal(read["accel"], geneactiv.stored(made.accel[:rows]))
    assert np.abs(read["time"] - (unix(START) + np.arange(rows) / 75)).max() < 1e-5
    assert np.abs(read["temperature"] - made.temperature[:rows]).max() < 0.2


def test_skdh_reads_the_stored_samples_and_instants_of_a_csv(tmp_path: Path) -> None:
    signal = lumbar.signal(hours=0.05, hz=50, start=START, seed=1)
    csv_file.write(tmp_path / "a.csv", signal)
    columns = {"accel": ["x", "y", "z"]}
    read = ReadCSV(time_col_name="timestamp", column_names=columns).predict(
        file=tmp_path / "a.csv", tz_name="UTC"
    )
    assert np.array_equal(read["accel"], csv_file.stored(signal.whole().accel))
    assert np.abs(read["time"] - (unix(START) + np.arange(signal.samples) / 50)).max() < 1e-5


def test_sleep_finds_the_night(worn: Signal, day: Data) -> None:
    begins, ends = next(times(worn, Activity.SLEEP, Activity.RESTLESS))
    found = Sleep().predict(**day)
    assert found["TSO Start Timestamp"][0] == pytest.approx(begins, abs=15 * 60)
    assert found["TSO Duration"][0] * 60 == pytest.approx(ends - begins, abs=20 * 60)
    assert 85 < found["percent time asleep"][0] < 98
    assert found["number of wake bouts"][0] >= 2


def test_activity_finds_moderate_activity_in_the_walks_and_none_beside(
    worn: Signal, day: Data
) -> None:
    walked = sum(end - begin for begin, end in times(worn, Activity.WALK)) / 60
    found = ActivityLevelClassification(cutpoints="esliger_lwrist_adult").predict(**day)
    assert np.nansum(found["wake MVPA 5min bout [min]"]) == pytest.approx(walked, rel=0.15)


def test_wear_detection_finds_when_the_device_was_off(worn: Signal, day: Data) -> None:
    off = list(times(worn, Activity.OFF))
    wear = day["time"][day["wear"]]
    found = list(zip(wear[:-1, 1], wear[1:, 0], strict=True))
    assert len(found) == len(off) == 2
    for (begins, ends), (found_begins, found_ends) in zip(off, found, strict=True):
        assert begins <= found_begins < begins + 20 * 60  # the device has to cool first
        assert found_ends == pytest.approx(ends, abs=120)


def test_calibration_recovers_the_gain_of_each_axis(tmp_path: Path) -> None:
    signal = wrist.signal(hours=76, hz=25, start=START, seed=2)
    axivity.write(tmp_path / "a.cwa", signal)
    read = ReadCwa().predict(file=tmp_path / "a.cwa")
    scale = CalibrateAccelerometer().predict(**read)["scale"]
    sensor = uncalibrated(2)
    assert np.abs(scale * sensor.gain - 1).max() < 0.003
    assert np.abs(np.array(sensor.gain) - 1).max() > 0.009


@pytest.mark.parametrize("cadence", [90, 108, 120])
@pytest.mark.parametrize("hz", [50, 100])
def test_gait_finds_strides_at_the_stated_cadence(cadence: float, hz: float) -> None:
    signal = lumbar.signal(hours=0.1, hz=hz, start=START, seed=1, cadence=cadence)
    accel = signal.whole().accel.astype(np.float64)
    data = {"time": unix(START) + np.arange(len(accel)) / hz, "accel": accel, "fs": hz}
    walks = PredictGaitLumbarLgbm().predict(**data)
    bouts = np.column_stack((walks["Gait Bout Start Index"], walks["Gait Bout Stop Index"]))
    found = GaitLumbar().predict(**data, height=1.75, gait_bouts=bouts)
    walked = sum(end - begin for begin, end in times(signal, Activity.WALK))
    assert np.nanmedian(found["cadence"]) == pytest.approx(cadence, rel=0.02)
    assert len(found["cadence"]) == pytest.approx(walked * cadence / 60, rel=0.15)
    assert 0.6 < np.nanmedian(found["gait speed"]) < 1.6


@pytest.mark.parametrize("hz", [50, 100])
def test_sit_to_stand_finds_each_rise_and_no_other(hz: float) -> None:
    signal = lumbar.signal(hours=0.2, hz=hz, start=START, seed=1)
    accel = signal.whole().accel.astype(np.float64)
    time = unix(START) + np.arange(len(accel)) / hz
    found = Sit2Stand().predict(time=time, accel=accel)["STS Start"]
    rises = [begins for begins, _ in times(signal, Activity.RISE)]
    assert len(found) == len(rises)
    assert np.abs(found - rises).max() < 0.5
