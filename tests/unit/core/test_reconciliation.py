"""Listing and ledger, side by side."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.core.rows import HEIGHT, LATER, NOW, registered, version

from wearline.core.ledger import FileVersion, ObjectRow, PipelineRow, Reason
from wearline.core.lifecycle import UNWANTED
from wearline.core.reconciliation import Asked, Finding, Pair, finding, paired

OLD, YOUNG = "2026-03-01T00:00:00+00:00", "2026-03-03T00:00:00+00:00"
BY = Asked("first", young_since=LATER, wanted=lambda _: ("sleep",), known=lambda *_: "")

keys = st.lists(st.text(max_size=4), unique=True).map(lambda each: sorted(each, key=str.encode))


def listed(key: str) -> FileVersion:
    return replace(version(), key=key)


def known(key: str) -> ObjectRow:
    return replace(registered(), key=key)


@given(keys, keys)
def test_every_key_is_paired_once_and_in_order(left: list[str], right: list[str]) -> None:
    pairs = list(paired(map(listed, left), map(known, right)))
    assert [pair.key for pair in pairs] == sorted({*left, *right}, key=str.encode)
    assert [pair.key for pair in pairs if pair.listed] == left
    assert [pair.key for pair in pairs if pair.row] == right


def found(row: ObjectRow | None, current: FileVersion | None, by: Asked = BY) -> Finding:
    return finding(Pair("key", current, row), by)


def with_sleep(pipeline: PipelineRow) -> ObjectRow:
    return replace(registered(), pipelines={"sleep": pipeline})


DONE = with_sleep(PipelineRow("succeeded", NOW, "r", attempt=1))


def test_what_both_know_alike_is_settled() -> None:
    assert found(DONE, version()) == "settled"


def test_an_object_that_the_ledger_does_not_know_is_left_to_its_event_while_young() -> None:
    assert found(None, version(at=YOUNG)) == "young"
    assert found(None, version(at=OLD)) == "unknown"


def test_another_content_is_a_change() -> None:
    assert found(DONE, version("b")) == "changed"


def test_a_row_without_its_object_is_gone_until_it_is_known_as_deleted() -> None:
    assert found(DONE, None) == "gone"
    assert found(replace(DONE, version=None), None) == "settled"


def test_a_deleted_source_is_gone_until_its_values_are_withdrawn() -> None:
    source = registered("metadata")
    assert found(replace(source, version=None), None) == "gone"


def test_another_configuration_is_looked_at_again() -> None:
    assert found(DONE, version(), replace(BY, asked="second")) == "reconfigured"


def test_a_file_that_was_never_given_a_pipeline_is_unsettled() -> None:
    assert found(registered(), version()) == "unsettled"


@pytest.mark.parametrize(
    ("pipeline", "expected"),
    [
        (PipelineRow("waiting", NOW, unmet=(HEIGHT,)), "settled"),
        (PipelineRow("ready", NOW, "r"), "unsettled"),
        (PipelineRow("ready", YOUNG, "r"), "settled"),
        (PipelineRow("ready", NOW, "r", reason=Reason("budget", "Held.")), "held"),
        (PipelineRow("running", NOW, "r"), "settled"),
        (PipelineRow("failed", NOW, "r"), "settled"),
        (PipelineRow("failed", NOW, "r", stale=UNWANTED), "unsettled"),
    ],
)
def test_a_pipeline_is_taken_up_where_nothing_else_would(
    pipeline: PipelineRow, expected: Finding
) -> None:
    assert found(with_sleep(pipeline), version()) == expected


def test_what_is_known_of_a_subject_since_overtakes_a_pipeline() -> None:
    overtaken = replace(BY, known=lambda *_: "another height")
    assert found(DONE, version(), overtaken) == "overtaken"
    assert found(DONE, version(), replace(BY, known=lambda *_: None)) == "settled"
