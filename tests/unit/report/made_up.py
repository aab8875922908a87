"""A study of any size as the ledger would hold it, in every state, always the same."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta

from tests.unit.study.example import BUCKET, study

from wearline.core.ledger import (
    FileVersion,
    MetadataRow,
    ObjectRow,
    Past,
    PipelineRow,
    ProblemRow,
    Reason,
    RunRow,
    Source,
    Try,
    Unmet,
)
from wearline.core.problems import requirement_missing, run_failed
from wearline.core.run_summary import Dated, FindingNote, RunSummary
from wearline.report.model import Known

STUDY = study()
NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
PIPELINES = {"left_wrist": "sleep-and-activity", "right_wrist": "sleep-and-activity"}
STATES = ("succeeded",) * 30 + ("failed", "waiting", "running", "ready", "excluded")
FINDINGS = (
    FindingNote("gaps", "warning", "There are 3 gaps of 40 s in all.", 3),
    FindingNote("clock_reset", "error", "The clock was set back by 2 h.", 1),
    FindingNote("battery_low", "info", "The battery was low at the end.", 1),
)


def known(recordings: int, subjects: tuple[str, ...] = (), seed: int = 7) -> Known:
    """A study with this many recordings; ``subjects`` are names of the first subjects, and of
    their sites and devices."""
    rows: list[ObjectRow] = []
    runs: dict[str, RunRow] = {}
    problems: list[ProblemRow] = []
    draw = random.Random(seed)  # noqa: S311  made up, and the same every time
    names = iter(_names(subjects))
    while len(rows) < recordings:
        subject = next(names)
        site = subject if subject in subjects else draw.choice(("US01", "UK01", "US02"))
        for visit in ("V1", "V2"):
            for place in ("left_wrist", "right_wrist", "lumbar"):
                if len(rows) < recordings and draw.random() > 0.08:
                    row, run, problem = _recording(draw, site, subject, visit, place)
                    rows.append(row)
                    runs |= {run.run_id: run} if run else {}
                    problems += [problem] if problem else []
    source = Source(BUCKET, "clinical/demographics_20240101.csv", None, "e", "2024-01-01", "2024")
    metadata = [MetadataRow(STUDY.study, "metadata-only", None, source, 1, "demographics")]
    return Known(STUDY, rows, metadata, runs, problems, NOW.isoformat())


def _names(subjects: tuple[str, ...]) -> list[str]:
    return [*subjects, *(f"{number:04}" for number in range(1, 20_000))]


def _recording(
    draw: random.Random, site: str, subject: str, visit: str, place: str
) -> tuple[ObjectRow, RunRow | None, ProblemRow | None]:
    arrived = NOW - timedelta(minutes=draw.randrange(10, 60 * 24 * 150))
    stem = f"{visit}_{place}_{arrived.date()}"
    key = f"raw/{site}/{subject}/{stem}.{'csv' if place == 'lumbar' else 'cwa'}"
    state = draw.choice(STATES)
    pipeline = PIPELINES.get(place, "gait")
    run_id = f"{draw.getrandbits(160):040x}"
    fields = {"site": site, "subject": subject, "visit": visit, "side": place.partition("_")[0]}
    row = _row(key, fields, arrived, pipeline, _pipeline(draw, state, arrived, subject, run_id))
    problem = None
    if state == "failed":
        why = Reason("header_damaged", "The file is cut short.")
        told = run_failed(STUDY.study, BUCKET, key, pipeline, why, run_id)
        problem = _opened(told, arrived)
    elif state == "waiting":
        problem = _opened(requirement_missing(STUDY.study, _unmet(subject)), arrived)
    run = _run(draw, key, pipeline, run_id, arrived, place, state) if _has_run(state) else None
    return row, run, problem


def _has_run(state: str) -> bool:
    return state in ("succeeded", "failed")


def _row(
    key: str, fields: dict[str, str], arrived: datetime, pipeline: str, standing: PipelineRow
) -> ObjectRow:
    return ObjectRow(
        study=STUDY.study,
        bucket=BUCKET,
        key=key,
        kind="data",
        pattern="lumbar" if pipeline == "gait" else "wrist",
        fields=fields,
        version=FileVersion(BUCKET, key, None, "e", 1, arrived.isoformat()),
        arrived=arrived.isoformat(),
        pipelines={pipeline: standing},
    )


def _unmet(subject: str) -> Unmet:
    return Unmet("height", subject, None, "missing", f"The height of {subject} has not arrived.")


def _pipeline(
    draw: random.Random, state: str, arrived: datetime, subject: str, run_id: str
) -> PipelineRow:
    since = (arrived + timedelta(minutes=9)).isoformat()
    stale = (
        Reason("metadata_changed", "The height was corrected.") if draw.random() < 0.02 else None
    )
    past = (Past("0" * 40, "succeeded", "A corrected height was applied.", since),)
    if state == "succeeded":
        again = past if draw.random() < 0.05 else ()
        return PipelineRow("succeeded", since, run_id, 1, stale=stale, past=again)
    if state == "waiting":
        return PipelineRow("waiting", since, unmet=(_unmet(subject),))
    reasons = {
        "failed": Reason("file_truncated", "The file is cut short."),
        "excluded": Reason("decision", "Excluded by a decision: device swapped."),
    }
    named = run_id if state in ("failed", "running", "ready") else None
    return PipelineRow(state, since, named, 1, reason=reasons.get(state))  # type: ignore[arg-type]


def _run(
    draw: random.Random,
    key: str,
    pipeline: str,
    run_id: str,
    arrived: datetime,
    place: str,
    state: str,
) -> RunRow:
    ended = (arrived + timedelta(minutes=8)).isoformat()
    return RunRow(
        run_id,
        STUDY.study,
        BUCKET,
        key,
        pipeline,
        "succeeded" if state == "succeeded" else "failed",
        1,
        arrived.isoformat(),
        tries=(Try("1.1", arrived.isoformat(), state, Reason(state, "")),),
        result="1.1",
        ended=ended,
        cost={"cpu_s": 61.2, "peak_memory_mib": 4700.0},
        summary=_summary(draw, key, place, arrived.date(), succeeded=state == "succeeded"),
    )


def _summary(
    draw: random.Random, key: str, place: str, first: date, *, succeeded: bool
) -> RunSummary:
    findings = tuple(each for each in FINDINGS if draw.random() < 0.12)
    named = key.split("/", 2)[1]
    device = named if named not in ("US01", "UK01", "US02") else draw.choice(("AX3", "AX3", "AX6"))
    about = RunSummary(
        format="axivity",
        device=device,
        serial_number=f"{draw.randrange(40_000, 40_060)}",
        start=f"{first}T08:00:00Z",
        end=f"{first + timedelta(days=7)}T08:00:00Z",
        recorded_h=168.0,
        findings=findings,
        pictures=("gait.png" if place == "lumbar" else "days.png",),
        release="skdh-0.17.18",
        engine="lean",
        input_sha256=f"{draw.getrandbits(256):064x}",
    )
    if not succeeded:
        return RunSummary(format=about.format, findings=(FINDINGS[1],))
    days, nights, measures = ((), (), _gait(draw)) if place == "lumbar" else _week(draw, first)
    return RunSummary(
        **{
            **{name: getattr(about, name) for name in RunSummary.__slots__},
            "days": days,
            "nights": nights,
            "measures": measures,
        }
    )


def _gait(draw: random.Random) -> dict[str, float]:
    speed = draw.gauss(1.1, 0.15) if draw.random() > 0.01 else 4.2
    return {
        "gait_speed_mean_m_s": round(speed, 3),
        "cadence_mean_steps_min": round(draw.gauss(108, 8), 1),
        "stride_time_mean_s": round(draw.gauss(1.1, 0.08), 3),
        "steps": float(draw.randrange(200, 900)),
        "transfers": float(draw.randrange(0, 30)),
    }


def _week(
    draw: random.Random, first: date
) -> tuple[tuple[Dated, ...], tuple[Dated, ...], dict[str, float]]:
    worn = draw.choice((23.0, 22.0, 21.0, 14.0))
    dates = [(first + timedelta(days=number)).isoformat() for number in range(8)]
    days = tuple(
        Dated(
            day,
            {
                "recorded_h": 24.0,
                "worn_h": round(min(24.0, max(0.0, draw.gauss(worn, 2.0))), 2),
                "wake_mvpa_min": round(max(0.0, draw.gauss(45, 20)), 1),
                "wake_sedentary_min": round(draw.gauss(600, 60), 1),
            },
        )
        for day in dates
    )
    nights = tuple(
        Dated(
            day,
            {
                "asleep_min": round(draw.gauss(410, 40), 1),
                "wake_after_sleep_onset_min": round(abs(draw.gauss(40, 15)), 1),
                "asleep_pct": round(min(100.0, draw.gauss(88, 4)), 1),
            },
        )
        for day in dates[:7]
    )
    asleep = draw.gauss(410, 30) if draw.random() > 0.01 else 90.0
    return (
        days,
        nights,
        {
            "asleep_mean_min": round(asleep, 1),
            "wake_after_sleep_onset_mean_min": round(abs(draw.gauss(40, 8)), 1),
            "asleep_mean_pct": round(draw.gauss(88, 2), 1),
            "wake_mvpa_mean_min": round(abs(draw.gauss(45, 12)), 1),
            "wake_sedentary_mean_min": round(draw.gauss(600, 30), 1),
            "worn_h": round(sum(day.values["worn_h"] for day in days), 1),
        },
    )


def _opened(told: object, at: datetime) -> ProblemRow:
    from wearline.core.problems import Problem

    assert isinstance(told, Problem)
    return ProblemRow(
        told.study,
        told.problem_id,
        told.kind,
        told.concerns,
        told.sentence,
        told.next_step,
        open=True,
        opened=at.isoformat(),
        rev=1,
    )
