"""What matches nothing is shown beside what was probably meant."""

from __future__ import annotations

from wearline.core.ledger import FileVersion, ObjectRow, PipelineRow, Unmet
from wearline.core.unmatched import unmatched


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
    (file,) = unmatched([recording("S07")], [("S007", None, None), ("T1", None, None)]).files
    assert (file.subject, file.name, file.nearest) == ("S07", "height", "S007")


def test_subject_that_has_files_of_its_own_is_not_suggested() -> None:
    found = unmatched([recording("S07"), recording("S08", met=True)], [("S08", None, None)])
    assert [file.nearest for file in found.files] == [None]


def test_value_that_is_there_but_cannot_be_picked_needs_no_other_spelling() -> None:
    (file,) = unmatched([recording("S07", why="values_differ")], [("S007", None, None)]).files
    assert file.nearest is None


def test_subject_without_files_is_shown_with_the_nearest_that_has_some() -> None:
    found = unmatched([recording("S07", met=True)], [("s-07", None, None), ("S07", None, None)])
    assert [(each.what, each.name, each.nearest) for each in found.metadata] == [
        ("subject", "s-07", "S07")
    ]


def test_visit_that_no_file_has_is_shown() -> None:
    found = unmatched([recording("S07", met=True)], [("S07", "V1 ", None)])
    assert [(each.what, each.nearest) for each in found.metadata] == [("visit", "V1")]


def test_metadata_alone_are_no_fault() -> None:
    assert unmatched([], [("S07", "V1", None)]).metadata == ()
