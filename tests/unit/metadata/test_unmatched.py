"""What matches nothing is shown beside what was probably meant."""

from __future__ import annotations

from tests.simulation.study import CONFIGURATIONS

from wearline.core.assignments import Assignment, assignment_value, device_entity
from wearline.core.ledger import (
    FileVersion,
    MetadataRow,
    ObjectRow,
    PipelineRow,
    Recorded,
    Source,
    Unmet,
)
from wearline.core.unmatched import Unmatched, unmatched
from wearline_cli.spelling import Spellings

STUDY = CONFIGURATIONS["by device log"]
Entity = tuple[str, str | None, str | None]


def found(files: list[ObjectRow], *entities: Entity) -> Unmatched:
    return listed_of(files, *(told(*entity) for entity in entities))


def listed_of(files: list[ObjectRow], *metadata: MetadataRow) -> Unmatched:
    return unmatched(STUDY, files, metadata, lambda names: Spellings(names).nearest)


def told(subject: str, visit: str | None, day: str | None) -> MetadataRow:
    source = Source("b", "clinical/a_20260101.csv", None, "e", "2026-01-01", "2026")
    return MetadataRow("s", subject, visit, source, 1, "clinical", day)


def recording(
    subject: str, visit: str = "V1", *, why: str = "missing", met: bool = False
) -> ObjectRow:
    unmet = Unmet("height", subject, None, why, f"The height of {subject} has not arrived.")
    return ObjectRow(
        study="s",
        bucket="b",
        key=f"raw/{subject}/{visit}.cwa",
        kind="data",
        fields={"subject": subject, "visit": visit},
        version=FileVersion("b", "k", None, "e", 1, "2024-01-01T00:00:00+00:00"),
        pipelines={
            name: PipelineRow("waiting", "", unmet=() if met else (unmet,)) for name in ("a", "b")
        },
    )


def test_waiting_file_is_shown_once_with_the_subject_that_was_meant() -> None:
    (file,) = found([recording("S07")], ("S007", None, None), ("T1", None, None)).files
    assert (file.subject, file.name, file.nearest) == ("S07", "height", "S007")


def test_subject_that_has_files_of_its_own_is_not_suggested() -> None:
    both = found([recording("S07"), recording("S08", met=True)], ("S08", None, None))
    assert [file.nearest for file in both.files] == [None]


def test_value_that_is_there_but_cannot_be_picked_needs_no_other_spelling() -> None:
    (file,) = found([recording("S07", why="values_differ")], ("S007", None, None)).files
    assert file.nearest is None


def test_subject_without_files_is_shown_with_the_nearest_that_has_some() -> None:
    both = found([recording("S07", met=True)], ("s-07", None, None), ("S07", None, None))
    assert [(each.what, each.name, each.nearest) for each in both.metadata] == [
        ("subject", "s-07", "S07")
    ]


def test_visit_that_no_file_has_is_shown() -> None:
    alone = found([recording("S07", met=True)], ("S07", "V1 ", None))
    assert [(each.what, each.nearest) for each in alone.metadata] == [("visit", "V1")]


def test_metadata_alone_are_no_fault() -> None:
    assert found([], ("S07", "V1", None)).metadata == ()


def worn(serial_number: str, *unmet: Unmet) -> ObjectRow:
    return ObjectRow(
        study="s",
        bucket="b",
        key=f"worn/{serial_number}.bin",
        kind="data",
        pattern="worn",
        fields={"name": serial_number},
        version=FileVersion("b", "k", None, "e", 1, "2026-01-03T00:00:00+00:00"),
        recorded=Recorded(serial_number, "2026-01-03T10:00:00"),
        pipelines={"sleep": PipelineRow("waiting", "", unmet=unmet)},
    )


def logged(serial_number: str, subject: str) -> MetadataRow:
    source = Source("b", "devices/a_20260101.csv", None, "e", "2026-01-01", "2026")
    name, value = assignment_value(
        Assignment(serial_number, subject, None, None, "2026-01-01", None), 2
    )
    device = device_entity(serial_number)
    return MetadataRow("s", device, None, source, 1, "devices", None, {name: value})


def test_a_file_is_of_whom_the_device_log_names() -> None:
    listed = listed_of([worn("101")], logged("101", "S1"), told("S1", None, None))
    assert listed.metadata == ()


def test_a_device_without_files_and_a_file_without_its_device_are_shown_beside_each_other() -> None:
    nobody = Unmet("subject", device_entity("4711"), "2026-01-03", "missing", "Nobody had it.")
    listed = listed_of([worn("4711", nobody)], logged("4771", "S1"))
    (file,), (device,) = listed.files, listed.metadata
    assert file.nearest == "4771"
    assert (device.what, device.name, device.nearest) == ("device", "4771", "4711")
