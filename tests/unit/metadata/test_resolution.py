"""Which value counts, by the rules stated in wearline.core.resolution."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wearline.core.file_patterns import MetadataFiles
from wearline.core.ledger import MetadataRow, Source
from wearline.core.resolution import Resolution, resolve

VISITS = ("V1", "V2", "V3")
RECORDED = date(2024, 3, 10)
PICKS = ("same_visit", "latest_before_recording", "first", "only")


def files(
    pick: str | None = None, *, visit: bool = True, dated: bool = False, name: str = "height"
) -> MetadataFiles:
    entity: dict[str, Any] = {"subject": {"column": "SUBJ"}}
    if visit:
        entity["visit"] = {"column": "VISIT"}
    if dated:
        entity["date"] = {"column": "DATE"}
    values = {name: {"column": "HEIGHT", "unit": "cm", "pick": pick}}
    return MetadataFiles.model_validate(
        {"kind": "metadata", "key": "m/{date:%Y%m%d}.csv", "entity": entity, "values": values}
    )


def source(
    key: str = "a.csv", dated: str | None = None, modified: str = "2024-01-01T00:00:00Z"
) -> Source:
    return Source("bucket", key, None, f"etag-{key}", dated, modified)


def row(
    height: float,
    visit: str | None = "V1",
    *,
    number: int = 2,
    date: str | None = None,
    of: Source | None = None,
    pattern: str = "demographics",
) -> MetadataRow:
    return MetadataRow(
        study="study",
        subject="S1",
        visit=visit,
        source=of or source(),
        source_rev=1,
        pattern=pattern,
        date=date,
        values={"height": {"value": height, "unit": "m", "column": "HEIGHT", "row": number}},
    )


def resolved(
    rows: Iterable[MetadataRow],
    pattern: MetadataFiles | None = None,
    *,
    visit: str | None = "V2",
    recorded: date | None = RECORDED,
    order: Sequence[str] = VISITS,
) -> Resolution:
    patterns = {"demographics": pattern or files()}
    return resolve(["height"], "S1", visit, recorded, rows, patterns, order)


def height(result: Resolution) -> float | str | bool:
    assert result.met, result.unmet
    return result.values["height"].value


def why(result: Resolution) -> str:
    (unmet,) = result.unmet
    assert not result.values
    return unmet.why


class TestWhatIsSaid:
    def test_value_comes_with_its_unit_and_the_cell_that_it_is_from(self) -> None:
        of = source("b.csv")
        found = resolved([row(1.7, "V2", number=7, of=of)]).values["height"]
        assert (found.value, found.unit) == (1.7, "m")
        assert found.origin.source == of
        assert (found.origin.row, found.origin.column) == (7, "HEIGHT")
        assert found.origin.pattern == "demographics"

    def test_unknown_value_names_what_of_whom_is_missing(self) -> None:
        (unmet,) = resolved([]).unmet
        assert (unmet.name, unmet.subject, unmet.visit, unmet.why) == (
            "height", "S1", "V2", "missing",
        )  # fmt: skip
        assert unmet.sentence == "The height of S1 at V2 is in no metadata file that has arrived."

    @pytest.mark.parametrize(
        "silent",
        [
            replace(row(1.7, "V2"), subject="S2"),
            replace(row(1.7, "V2"), withdrawn=True),
            replace(row(1.7, "V2"), pattern="gone"),
            replace(row(1.7, "V2"), values={}),
        ],
        ids=["another subject", "withdrawn", "pattern that no longer exists", "empty cell"],
    )
    def test_row_that_does_not_hold_the_value_states_nothing(self, silent: MetadataRow) -> None:
        assert why(resolved([silent])) == "missing"

    def test_value_that_the_pattern_no_longer_provides_states_nothing(self) -> None:
        assert why(resolved([row(1.7, "V2")], files(name="weight"))) == "missing"

    def test_each_required_name_is_met_or_unmet(self) -> None:
        patterns = {"demographics": files()}
        names = ["weight", "height"]
        result = resolve(names, "S1", "V1", RECORDED, [row(1.7)], patterns, VISITS)
        assert set(result.values) == {"height"}
        assert [unmet.name for unmet in result.unmet] == ["weight"]
        assert not result.met


class TestCorrection:
    def test_later_date_in_the_key_wins_over_later_upload(self) -> None:
        old = row(1.6, of=source("old.csv", "2024-01-01", "2024-09-09T00:00:00Z"))
        new = row(1.7, of=source("new.csv", "20240201", "2024-02-02T00:00:00Z"))
        assert height(resolved([new, old], visit="V1")) == 1.7

    def test_later_upload_wins_where_keys_have_no_date(self) -> None:
        old = row(1.6, of=source("old.csv", modified="2024-01-01T00:00:00+00:00"))
        new = row(1.7, of=source("new.csv", modified="2024-01-01T00:00:01Z"))
        assert height(resolved([new, old], visit="V1")) == 1.7

    def test_correction_is_of_its_visit_alone(self) -> None:
        old, new = source("old.csv", "2024-01-01"), source("new.csv", "2024-02-01")
        rows = [row(1.6, "V1", of=old), row(1.7, "V2", of=old), row(1.8, "V1", of=new)]
        assert height(resolved(rows, visit="V1")) == 1.8
        assert height(resolved(rows, visit="V2")) == 1.7

    def test_corrected_date_of_a_visit_replaces_the_wrong_one(self) -> None:
        rows = [
            row(1.6, "V1", date="2024-03-01", of=source("old.csv", "2024-03-02")),
            row(1.7, "V1", date="2024-03-20", of=source("new.csv", "2024-03-21")),
        ]
        pattern = files("latest_before_recording", dated=True)
        assert why(resolved(rows, pattern)) == "not_before_recording"

    def test_equally_new_sources_that_agree_are_one(self) -> None:
        rows = [row(1.7, of=source(key, "2024-01-01")) for key in ("b.csv", "a.csv")]
        result = resolved(rows, visit="V1")
        assert height(result) == 1.7
        assert result.values["height"].origin.source.key == "a.csv"

    def test_equally_new_sources_that_differ_leave_it_unmet_and_are_both_named(self) -> None:
        one, other = source("a.csv", "2024-01-01"), source("b.csv", "2024-01-01")
        result = resolved([row(1.6, of=one), row(1.7, of=other, number=9)], visit="V1")
        assert why(result) == "tie_differs"
        assert "s3://bucket/a.csv row 2 and s3://bucket/b.csv row 9" in result.unmet[0].sentence

    def test_tie_of_older_sources_does_not_matter(self) -> None:
        tied = [
            row(1.6, of=source("a.csv", "2024-01-01")),
            row(1.5, of=source("b.csv", "2024-01-01")),
        ]
        newest = row(1.7, of=source("c.csv", "2024-02-01"))
        assert height(resolved([*tied, newest], visit="V1")) == 1.7

    def test_tie_at_the_picked_visit_does_not_fall_back_to_an_earlier_visit(self) -> None:
        rows = [
            row(1.5, "V1"),
            row(1.6, "V2", of=source("a.csv")),
            row(1.7, "V2", of=source("b.csv")),
        ]
        assert why(resolved(rows, files("latest_before_recording"))) == "tie_differs"

    def test_unmet_requirement_never_shows_a_value(self) -> None:
        rows = [row(1.61, of=source("a.csv")), row(1.72, of=source("b.csv"))]
        (unmet,) = resolved(rows, visit="V1").unmet
        assert "1.61" not in unmet.sentence
        assert "1.72" not in unmet.sentence


class TestSameVisit:
    def test_is_the_rule_where_rows_have_visits(self) -> None:
        assert height(resolved([row(1.6, "V1"), row(1.7, "V2")])) == 1.7

    def test_another_visit_does_not_do_and_is_named(self) -> None:
        result = resolved([row(1.6, "V1"), row(1.7, "V3")])
        assert why(result) == "missing"
        assert "it is known for V1, V3 only" in result.unmet[0].sentence

    def test_what_is_said_without_a_visit_holds_where_nothing_else_is_said(self) -> None:
        assert height(resolved([row(1.5, None), row(1.6, "V1")])) == 1.5
        assert height(resolved([row(1.5, None), row(1.6, "V2")])) == 1.6

    def test_recording_without_visit_takes_only_what_is_said_without_a_visit(self) -> None:
        assert why(resolved([row(1.6, "V1")], visit=None)) == "missing"
        assert height(resolved([row(1.5, None), row(1.6, "V1")], visit=None)) == 1.5

    def test_one_source_that_differs_within_the_visit_leaves_it_unmet(self) -> None:
        rows = [row(1.6, "V2", date="2024-03-01"), row(1.7, "V2", date="2024-03-02", number=3)]
        assert why(resolved(rows, files(dated=True))) == "values_differ"


class TestLatestBeforeRecording:
    @pytest.mark.parametrize(
        ("visit", "expected"), [("V1", 1.6), ("V2", 1.7), ("V3", 1.7)]
    )  # fmt: skip
    def test_visits_count_up_to_and_including_the_recording_own(
        self, visit: str, expected: float
    ) -> None:
        rows = [row(1.6, "V1"), row(1.7, "V2")]
        assert height(resolved(rows, files("latest_before_recording"), visit=visit)) == expected

    def test_later_visits_do_not_count(self) -> None:
        result = resolved([row(1.8, "V3")], files("latest_before_recording"))
        assert why(result) == "not_before_recording"

    def test_what_is_said_without_a_visit_comes_before_every_visit(self) -> None:
        pattern = files("latest_before_recording")
        assert height(resolved([row(1.5, None), row(1.6, "V1")], pattern)) == 1.6
        assert height(resolved([row(1.5, None), row(1.8, "V3")], pattern)) == 1.5

    def test_visit_outside_the_order_takes_no_part_except_the_recording_own(self) -> None:
        pattern = files("latest_before_recording")
        rows = [row(1.6, "V1"), row(1.9, "EXTRA")]
        assert height(resolved(rows, pattern)) == 1.6
        assert height(resolved(rows, pattern, visit="EXTRA")) == 1.9
        assert why(resolved(rows[:1], pattern, visit="EXTRA")) == "not_before_recording"

    def test_dates_count_before_visits_where_rows_are_dated(self) -> None:
        pattern = files("latest_before_recording", dated=True)
        rows = [
            row(1.6, "V3", date="2024-03-01"),
            row(1.7, "V1", date="2024-03-10"),
            row(1.8, "V2", date="2024-03-11"),
            row(1.9, None),
        ]
        assert height(resolved(rows, pattern)) == 1.7

    def test_rows_without_visit_are_told_apart_by_date(self) -> None:
        pattern = files("latest_before_recording", visit=False, dated=True)
        rows = [
            row(1.6, None, date="2024-01-01", of=source("a.csv", "2024-01-02")),
            row(1.7, None, date="2024-02-01", of=source("b.csv", "2024-02-02")),
        ]
        assert height(resolved(rows, pattern)) == 1.7
        assert height(resolved(rows, pattern, recorded=date(2024, 1, 15))) == 1.6

    def test_undated_recording_is_unmet_where_rows_are_dated(self) -> None:
        pattern = files("latest_before_recording", dated=True)
        result = resolved([row(1.6, "V1", date="2024-03-01")], pattern, recorded=None)
        assert why(result) == "recording_undated"

    def test_different_values_of_the_latest_day_leave_it_unmet(self) -> None:
        pattern = files("latest_before_recording", dated=True)
        rows = [row(1.6, "V1", date="2024-03-01"), row(1.7, "V2", date="2024-03-01")]
        assert why(resolved(rows, pattern)) == "values_differ"


class TestFirst:
    def test_takes_the_earliest_visit_whenever_the_recording_was(self) -> None:
        rows = [row(1.8, "V3"), row(1.7, "V2")]
        assert height(resolved(rows, files("first"), visit="V1")) == 1.7

    def test_takes_the_earliest_date_where_rows_are_dated(self) -> None:
        rows = [row(1.8, "V1", date="2024-05-01"), row(1.7, "V2", date="2024-04-01")]
        assert height(resolved(rows, files("first", dated=True))) == 1.7

    def test_is_unmet_where_no_occasion_has_a_place(self) -> None:
        assert why(resolved([row(1.8, "V1")], files("first"), order=())) == "order_unknown"


class TestOnly:
    def test_is_the_rule_where_rows_have_no_visits(self) -> None:
        pattern = files(visit=False)
        assert height(resolved([row(1.7, None)], pattern)) == 1.7

    def test_agreeing_visits_are_one_value(self) -> None:
        assert height(resolved([row(1.7, "V1"), row(1.7, "V3")], files("only"))) == 1.7

    def test_differing_visits_leave_it_unmet(self) -> None:
        result = resolved([row(1.7, "V1"), row(1.8, "V3", number=3)], files("only"))
        assert why(result) == "values_differ"
        assert "row 2" in result.unmet[0].sentence
        assert "row 3" in result.unmet[0].sentence


def test_first_pattern_that_provides_a_value_decides_how_it_is_picked() -> None:
    patterns = {"weights": files(name="weight"), "a": files("first"), "b": files("only")}
    rows = [row(1.6, "V1", pattern="b"), row(1.7, "V2", pattern="a")]
    result = resolve(["height"], "S1", "V3", RECORDED, rows, patterns, VISITS)
    assert height(result) == 1.6


SOURCES = st.builds(
    source,
    st.sampled_from(["a.csv", "b.csv", "c.csv"]),
    st.sampled_from([None, "2024-01-01", "2024-02-01"]),
    st.sampled_from(["2024-01-01T00:00:00Z", "2024-01-15T12:00:00+00:00"]),
)
ROWS = st.lists(
    st.builds(
        row,
        st.sampled_from([1.6, 1.7]),
        st.sampled_from([None, *VISITS, "EXTRA"]),
        number=st.integers(2, 4),
        date=st.sampled_from([None, "2024-03-01", "2024-03-10", "2024-03-11"]),
        of=SOURCES,
    ),
    max_size=8,
)
PATTERNS = st.builds(
    files, st.sampled_from([None, *PICKS]), visit=st.booleans(), dated=st.booleans()
)
RECORDING_VISITS = st.sampled_from([None, *VISITS, "EXTRA"])


@given(ROWS, PATTERNS, RECORDING_VISITS, st.randoms(use_true_random=False))
def test_order_and_repetition_of_rows_do_not_matter(
    rows: list[MetadataRow], pattern: MetadataFiles, visit: str | None, random: Random
) -> None:
    shuffled = random.sample([*rows, *rows[:3]], len(rows) + len(rows[:3]))
    assert resolved(shuffled, pattern, visit=visit) == resolved(rows, pattern, visit=visit)


@given(ROWS, PATTERNS, RECORDING_VISITS)
def test_value_is_one_that_was_written_or_there_is_a_reason(
    rows: list[MetadataRow], pattern: MetadataFiles, visit: str | None
) -> None:
    result = resolved(rows, pattern, visit=visit)
    assert len(result.values) + len(result.unmet) == 1
    for value in result.values.values():
        cell = (value.origin.source, value.origin.row, value.value)
        assert cell in [_cell(each) for each in rows]


@given(ROWS, PATTERNS, RECORDING_VISITS)
def test_rows_that_all_agree_never_differ(
    rows: list[MetadataRow], pattern: MetadataFiles, visit: str | None
) -> None:
    same = [replace(each, values=row(1.7).values) for each in rows]
    reasons = {unmet.why for unmet in resolved(same, pattern, visit=visit).unmet}
    assert not reasons & {"tie_differs", "values_differ"}


@given(ROWS, PATTERNS, RECORDING_VISITS)
def test_newest_source_that_says_it_of_every_visit_is_obeyed(
    rows: list[MetadataRow], pattern: MetadataFiles, visit: str | None
) -> None:
    newest = source("newest.csv", "2025-01-01")
    visits = [None, *VISITS, "EXTRA"]
    said = [
        row(1.9, at, of=newest, number=number, date="2024-03-01")
        for number, at in enumerate(visits, start=2)
    ]
    undated = [each for each in rows if each.visit is not None]
    assert height(resolved([*undated, *said], pattern, visit=visit)) == 1.9


@given(ROWS, PATTERNS, RECORDING_VISITS)
def test_resolving_from_the_row_that_counts_alone_gives_it_again(
    rows: list[MetadataRow], pattern: MetadataFiles, visit: str | None
) -> None:
    result = resolved(rows, pattern, visit=visit)
    for value in result.values.values():
        written = (value.origin.source, value.origin.row, value.value)
        counts = [each for each in rows if _cell(each) == written]
        alone = resolved(counts, pattern, visit=visit)
        assert alone.values["height"].value == value.value


def _cell(each: MetadataRow) -> tuple[Source, int, float]:
    said = each.values["height"]
    return (each.source, said["row"], said["value"])
