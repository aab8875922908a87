"""A sweep tells what its pipelines wait for, and which wait or run for too long."""

from tests.simulation.study import DATA_KEYS, RECORDINGS
from tests.unit.catalog.quiet_world import QuietWorld

DAY_S = 86_400


def test_sweep_counts_what_waits_by_requirement() -> None:
    quiet = QuietWorld()
    quiet.deploy("gait needs weight")
    for key in (DATA_KEYS[0], DATA_KEYS[2]):
        quiet.upload(key, RECORDINGS[0])
    report = quiet.sweep()
    assert report["waiting_for"] == {"height": 2, "weight": 2}
    assert report["pipelines"]["waiting"] == 2


def test_file_that_waited_longer_than_the_study_allows_is_overdue_until_it_may_run() -> None:
    quiet = QuietWorld()
    quiet.upload(DATA_KEYS[0], RECORDINGS[0])
    limit = quiet.study.configuration.catalog.waiting_limit_days
    quiet.clock.pass_seconds((limit - 1) * DAY_S)
    assert quiet.sweep()["overdue"] == 0
    quiet.clock.pass_seconds(2 * DAY_S)
    assert quiet.sweep()["overdue"] == 1
    quiet.upload("clinical/a_20260101.csv", b"ID,HEIGHT,WEIGHT\nS1,180,70\n")
    quiet.sweep()
    quiet.deliver()
    assert quiet.sweep()["overdue"] == 0


def test_run_that_goes_on_for_more_than_a_day_is_told_until_it_ends() -> None:
    quiet = QuietWorld()
    quiet.upload("clinical/a_20260101.csv", b"ID,HEIGHT,WEIGHT\nS1,180,70\n")
    quiet.upload(DATA_KEYS[0], RECORDINGS[0])
    quiet.clock.pass_seconds(DAY_S // 2)
    report = quiet.sweep()
    assert (report["pipelines"]["running"], report["running_for_a_day"]) == (2, 0)
    quiet.clock.pass_seconds(DAY_S)
    assert quiet.sweep()["running_for_a_day"] == 2
    quiet.run_all()
    assert quiet.sweep()["running_for_a_day"] == 0
