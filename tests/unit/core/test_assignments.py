"""Whose a recording is, by a device log: the rules of ``wearline.core.assignments``."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.simulation.study import CONFIGURATIONS, DECISIONS, STUDY, WORN_DECISIONS, study_row

from wearline.core.admission import Impossible, Planned, Waits, admit, gathered, whose
from wearline.core.assignments import (
    NO_SERIAL_NUMBER,
    Assignment,
    assigned,
    assignment_value,
    device_entity,
)
from wearline.core.ledger import FileVersion, MetadataRow, ObjectRow, Recorded, Source
from wearline.core.study import StudyConfiguration
from wearline.core.withdrawal import Withdrawn, new_salt, tombstone, without
from wearline.flow.metadata import statements_of

CONFIGURATION = CONFIGURATIONS["by device log"]
DECIDED = CONFIGURATIONS["by device log, decided"]
FIRST = date(2026, 1, 1)


def recording(
    serial_number: str | None = "101", start: str | None = "2026-01-03T10:00:00", **fields: str
) -> ObjectRow:
    return ObjectRow(
        study=STUDY,
        bucket="kept",
        key="worn/a.bin",
        kind="data",
        pattern="worn",
        fields={"name": "a", **fields},
        version=FileVersion("kept", "worn/a.bin", "v1", "e", 1, "2026-01-10T00:00:00+00:00"),
        recorded=Recorded(serial_number, start),
    )


def log(*assignments: Assignment, day: str = "2026-01-01") -> list[MetadataRow]:
    """A row for each device, as a log of a day says."""
    source = Source("kept", f"devices/a_{day}.csv", None, "e", day, "2026-01-20T00:00:00+00:00")
    said: dict[str, dict[str, dict[str, object]]] = {}
    for number, each in enumerate(assignments, start=2):
        name, value = assignment_value(each, number)
        said.setdefault(device_entity(each.serial_number), {})[name] = value
    return [
        MetadataRow(STUDY, device, None, source, 1, "devices", None, values)
        for device, values in said.items()
    ]


def given_to(
    subject: str, start: str, end: str | None = None, *, visit: str | None = None
) -> Assignment:
    return Assignment("101", subject, visit, None, start, end)


def subject_of(row: ObjectRow, *rows: MetadataRow) -> str | None:
    return whose(CONFIGURATION, row, rows)


@pytest.mark.parametrize(
    ("start", "end", "covered"),
    [
        ("2026-01-01", None, True),
        ("2026-01-03", "2026-01-03", True),
        ("2026-01-04", None, False),
        ("2026-01-01", "2026-01-02", False),
        ("2026-01-03T10:00:00", "2026-01-03T10:00:00", True),
        ("2026-01-03T10:00:01", None, False),
        ("2026-01-01", "2026-01-03T09:59:59", False),
    ],
)
def test_an_assignment_covers_from_its_first_second_to_its_last(
    start: str, end: str | None, *, covered: bool
) -> None:
    rows = log(given_to("S1", start, end))
    assert (subject_of(recording(), *rows) == "S1") is covered


def test_a_device_that_was_handed_on_is_of_whom_had_it_last() -> None:
    rows = log(given_to("S1", "2026-01-01", "2026-01-03"), given_to("S2", "2026-01-03"))
    assert subject_of(recording(), *rows) == "S2"
    rows = log(given_to("S1", "2026-01-01"), given_to("S2", "2026-01-02"))
    assert subject_of(recording(), *rows) == "S2"


def test_two_who_had_the_device_at_once_are_nobody() -> None:
    rows = log(given_to("S1", "2026-01-01", "2026-01-31"), given_to("S2", "2026-01-02"))
    unmet = assigned(CONFIGURATION, recording(), rows).unmet
    assert unmet is not None
    assert unmet.why == "tie_differs"
    assert "row 2 and" in unmet.sentence
    assert subject_of(recording(), *rows) is None


def test_a_newer_log_corrects_an_older_one() -> None:
    older = log(given_to("S1", "2026-01-01"))
    newer = log(given_to("S2", "2026-01-01"), day="2026-01-02")
    assert subject_of(recording(), *older, *newer) == "S2"


def test_a_newer_log_that_says_nothing_of_the_time_corrects_nothing() -> None:
    older = log(given_to("S1", "2026-01-01", "2026-01-31"))
    newer = log(given_to("S2", "2026-02-01"), day="2026-02-01")
    assert subject_of(recording(), *older, *newer) == "S1"


@pytest.mark.parametrize(
    "newer",
    [
        given_to("S1", "2026-01-01", "2026-01-02"),
        given_to("S1", "2025-12-31", "2026-01-02"),
        given_to("S2", "2026-01-01", "2026-01-02"),
        given_to("S1", "2026-01-02", "2026-01-02"),
    ],
)
def test_a_newer_log_that_shortens_a_time_leaves_the_rest_to_nobody(newer: Assignment) -> None:
    closed = log(given_to("S1", "2026-01-01", "2026-01-31"))
    correction = log(newer, day="2026-02-01")
    assert subject_of(recording(), *closed, *correction) is None
    if newer.start <= "2026-01-01":
        assert subject_of(recording(), *log(given_to("S1", "2026-01-01")), *correction) is None


def test_a_newer_log_that_tells_what_followed_ends_what_had_no_end() -> None:
    older = log(given_to("S1", "2026-01-01"))
    newer = log(given_to("S2", "2026-02-01"), day="2026-02-01")
    assert subject_of(recording(), *older, *newer) == "S1"
    assert subject_of(recording(start="2026-02-02T10:00:00"), *older, *newer) == "S2"


def test_a_serial_number_is_found_without_its_leading_zeros() -> None:
    rows = log(Assignment("000101", "S1", None, None, "2026-01-01", None))
    assert subject_of(recording("0101"), *rows) == "S1"


def test_a_file_waits_until_the_log_names_its_device() -> None:
    found = admit(CONFIGURATION, study_row("by device log", 1), recording(), "sleep", [])
    assert isinstance(found, Waits)
    assert "device 101 on 2026-01-03" in found.unmet[0].sentence


@pytest.mark.parametrize("made", [Recorded(), Recorded("101", None), Recorded(None, "2026-01-03")])
def test_a_file_whose_header_names_no_device_can_only_be_decided(made: Recorded) -> None:
    row = recording(made.serial_number, made.start)
    found = admit(DECIDED, study_row("by device log, decided", 1), row, "sleep", [])
    assert found == Impossible(NO_SERIAL_NUMBER)
    decisions = decided(WORN_DECISIONS[1])
    found = admit(DECIDED, study_row("by device log, decided", 1), row, "sleep", decisions)
    assert isinstance(found, Planned)
    assert found.plan.identity["recording"]["subject"] == "S2"


def test_what_key_and_log_say_must_agree() -> None:
    rows = log(given_to("S1", "2026-01-01", visit="V1"))
    assert assigned(CONFIGURATION, recording(visit="V1"), rows).unmet is None
    unmet = assigned(CONFIGURATION, recording(visit="V2"), rows).unmet
    assert unmet is not None
    assert unmet.why == "values_differ"


def test_a_plan_holds_whose_it_is_and_its_origin_where_that_is_written() -> None:
    rows = log(given_to("S1", "2026-01-01", visit="V1"))
    found = admit(CONFIGURATION, study_row("by device log", 1), recording(), "sleep", rows)
    assert isinstance(found, Planned)
    assert found.plan.identity["recording"] == {"subject": "S1", "visit": "V1", "location": None}
    origin = found.plan.origin["device_log"]
    assert (origin["serial_number"], origin["row"]) == ("101", 2)
    assert found.rests_on == tuple(rows)


def heights_by_day() -> StudyConfiguration:
    said = CONFIGURATION.model_dump(mode="json", exclude_unset=True)
    said["files"]["clinical"]["entity"]["date"] = {"column": "DATE"}
    for name in ("clinical", "notes"):
        said["files"][name]["values"]["height"]["pick"] = "latest_before_recording"
    return StudyConfiguration.model_validate_json(json.dumps(said))


def height_of(day: str, metres: float) -> MetadataRow:
    source = Source("kept", "clinical/a_20260401.csv", None, "e", "2026-04-01", "2026-04-01")
    value = {"value": metres, "unit": "m", "row": 2, "column": "HEIGHT"}
    return MetadataRow(STUDY, "S1", None, source, 1, "clinical", day, {"height": value})


@pytest.mark.parametrize(
    ("start", "metres"), [("2026-01-09T23:59:59", 1.7), ("2026-01-10T00:00:00", 1.8)]
)
def test_a_value_picked_by_date_is_that_of_the_day_in_the_header(start: str, metres: float) -> None:
    """The keys of such recordings have no date."""
    known = [height_of("2026-01-03", 1.7), height_of("2026-01-10", 1.8)]
    rows = [*log(given_to("S1", "2026-01-01")), *known]
    found = admit(
        heights_by_day(), study_row("by device log", 1), recording(start=start), "gait", rows
    )
    assert isinstance(found, Planned)
    assert found.plan.identity["metadata"] == {"height": {"value": metres, "unit": "m"}}


def test_what_was_never_read_of_a_header_is_said_with_when_it_will_be() -> None:
    """So a plan shows it for a device log that is not deployed yet."""
    found = admit(
        CONFIGURATION,
        study_row("by device log", 1),
        replace(recording(), recorded=None),
        "gait",
        [],
    )
    assert isinstance(found, Waits)
    assert "the sweep that follows a deployment reads it" in found.unmet[0].sentence


def decided(content: bytes) -> list[MetadataRow]:
    version = FileVersion("kept", "decisions/a_20260101.csv", None, "e", 1, "2026-01-05")
    source = ObjectRow(
        study=STUDY,
        bucket="kept",
        key=version.key,
        kind="decisions",
        pattern="decisions",
        fields={"name": "a", "date": "20260101"},
        version=version,
    )
    return list(statements_of(DECIDED, source, content).entities)


def test_each_entity_leads_to_the_next_and_is_read_once() -> None:
    told = [*log(given_to("S1", "2026-01-01", visit="V1")), *decided(WORN_DECISIONS[3])]
    asked: list[str] = []

    def read(entity: str) -> list[MetadataRow]:
        asked.append(entity)
        return [each for each in told if each.subject == entity]

    rows = gathered(DECIDED, recording(), read)
    assert asked[1:] == ["device:101", "S1", "S2"]
    assert asked[0].startswith("key:")
    assert whose(DECIDED, recording(), rows) == "S2"


@pytest.mark.parametrize(
    "rows",
    [log(given_to("S2", "2026-01-01", visit="V1")), decided(WORN_DECISIONS[1])],
    ids=["device log", "decision"],
)
def test_the_recording_of_who_has_withdrawn_is_nobody_elses(rows: list[MetadataRow]) -> None:
    salt = new_salt()
    gone = Withdrawn(salt, frozenset([tombstone(salt, "S2")]))
    kept = [without(each, gone) for each in rows]
    assert "S2" not in str(kept)
    assert whose(DECIDED, recording(), kept) in gone
    assert [without(each, gone) for each in kept] == kept


def test_statements_of_others_stay_as_they_are() -> None:
    salt = new_salt()
    gone = Withdrawn(salt, frozenset([tombstone(salt, "S3")]))
    rows = [*log(given_to("S1", "2026-01-01")), *(r for each in DECISIONS for r in decided(each))]
    assert [without(each, gone) for each in rows] == rows


days = st.integers(0, 40).map(lambda number: (FIRST + timedelta(days=number)).isoformat())
assignments = st.builds(
    given_to,
    st.sampled_from(["S1", "S2", "S3"]),
    days,
    st.none() | days,
    visit=st.sampled_from([None, "V1"]),
)


@given(
    st.lists(assignments, max_size=6),
    st.lists(assignments, max_size=4),
    st.randoms(use_true_random=False),
)
def test_the_order_of_rows_and_files_says_nothing(
    older: list[Assignment], newer: list[Assignment], shuffling: random.Random
) -> None:
    rows = [*log(*older), *log(*newer, day="2026-03-01")]
    mixed = rows[:]
    shuffling.shuffle(mixed)
    assert assigned(CONFIGURATION, recording(), rows) == assigned(CONFIGURATION, recording(), mixed)


@given(st.lists(assignments, max_size=6))
def test_whoever_is_named_had_the_device_then(said: list[Assignment]) -> None:
    found = assigned(CONFIGURATION, recording(), log(*said))
    if found.entry is not None:
        assert found.entry.assignment in said
        assert found.entry.assignment.covers("2026-01-03T10:00:00")
    else:
        assert found.unmet is not None


@given(st.lists(st.integers(0, 60), unique=True, min_size=2, max_size=6))
def test_a_chain_of_owners_names_one_at_every_moment(starts: list[int]) -> None:
    """With the day of handing over as the end, each has it until the next."""
    moments = [(FIRST + timedelta(days=number)).isoformat() for number in sorted(starts)]
    chain = [given_to(f"S{n}", *pair) for n, pair in enumerate(pairwise(moments))]
    chain.append(given_to("last", moments[-1]))
    for each, start in zip(chain, moments, strict=True):
        assert subject_of(recording(start=f"{start}T10:00:00"), *log(*chain)) == each.subject
