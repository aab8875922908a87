"""A study whose device log could never tell whose a recording is is refused, with what to mend."""

from __future__ import annotations

import pytest

from wearline.core.preview import PipelinePreview, preview
from wearline.core.study import StudyConfiguration
from wearline.core.study_file import StudyFileError, parse_study

from .example import EXAMPLES

TEXT = (EXAMPLES / "device-log" / "study.yaml").read_text("utf-8")
DEMOGRAPHICS = """  demographics:
    kind: metadata
    key: clinical/demographics_{date:%Y%m%d}.csv
    entity:
      subject: {column: USUBJID}
      visit: {column: VISIT}
    values:
      height: {column: HEIGHT, unit: cm}
expect: {"""
NEEDS_HEIGHT = (
    ("expect: {", DEMOGRAPHICS),
    ("skdh: 0.17.18", "skdh: 0.17.18\n    requires: [height]"),
)
HEIGHT_BY_DATE_OF_UNDATED_KEYS = (
    ("_{date:%Y-%m-%d}.cwa", ".cwa"),
    NEEDS_HEIGHT[1],
    ("expect: {", DEMOGRAPHICS.replace("visit: {column: VISIT}", "date: {column: DAY}").replace(
        "unit: cm", "unit: cm, pick: latest_before_recording")),
)  # fmt: skip
CHOSEN_BY_VISIT = [
    ("from: location", "from: visit"),
    ("left_wrist: esl", "V1: esl"),
    ("right_wrist: esl", "V2: esl"),
]
ANY_LOCATION = [(", map: {Left wrist: left_wrist, Right wrist: right_wrist}", "")]
SUBJECT_IN_THE_KEY_TOO = [("{date:%Y-%m-%d}.cwa", "{subject}.cwa")]
LOCATION_OF_THE_PATTERN = [
    ("    location: {column", "    # {column"),
    ("device_log: dev", "location: left_wrist\n    device_log: dev"),
    ("            right_wrist:", "            # "),
]
CHOICE = "pipelines.sleep-and-activity.steps.4.ActivityLevelClassification.cutpoints"


def changed(*changes: tuple[str, str]) -> str:
    text = TEXT
    for before, after in changes:
        assert before in text, before
        text = text.replace(before, after, 1)
    return text


def study(*changes: tuple[str, str]) -> StudyConfiguration:
    return parse_study(changed(*changes))


def wrong(*changes: tuple[str, str]) -> list[str]:
    """What is wrong with the changed example, without lines and columns."""
    with pytest.raises(StudyFileError) as caught:
        study(*changes)
    return [str(problem).split(": ", 1)[1] for problem in caught.value.problems]


WRONG = [
    ([("device_log: devices", "device_log: device")],
     ["files.devices: no data files are told by this log; write device_log: devices in some",
      ("files.wrist.device_log: 'device' is no device log of this study; "
       "did you mean 'devices'?")]),
    ([("device_log: devices", "device_log: wrist")],
     ["files.devices: no data files are told by this log; write device_log: devices in some",
      "files.wrist.device_log: files.wrist is data, and no device log"]),
    ([("    device_log: devices # in place of {subject} and {visit}, and of location\n", "")],
     [(f"{CHOICE}.from: 'location' is no field, location or required metadata value of "
       "files.wrist; known are batch, date, device"),
      f"{CHOICE}.left_wrist: no recording of this pipeline has location 'left_wrist'",
      f"{CHOICE}.right_wrist: no recording of this pipeline has location 'right_wrist'",
      "expect.locations.0: no data files have the location 'left_wrist'",
      "files.devices: no data files are told by this log; write device_log: devices in some",
      ("files.wrist.key: the key has no {subject}, so nobody could tell whose recording it is; "
       "add it, or name the device_log that tells")]),
    ([("format: axivity", "format: empatica")],
     [("files.wrist.format: the device log needs the serial number that the header of axivity, "
       "geneactiv or gt3x tells, and empatica has none")]),
    ([("    device_log: dev", "    location: left_wrist\n    device_log: dev")],
     ["files.wrist.location: files.devices has a column for it; leave one of the two out"]),
    ([("AX3-{serial}", "AX3-{number}")],
     ["files.devices.serial: match: 'AX3-{number}' has no {serial}"]),
    ([("start: {column", "start: {format: dmy, column")],
     ["files.devices.start.format: 'dmy' is no date format; expected one such as %d/%m/%Y"]),
    ([("end: {column", "end: {format: '%H:%M', column")],
     ["files.devices.end.format: '%H:%M' is no date format; expected one such as %d/%m/%Y"]),
    ([("kind: device_log", "kind: device_log\n    encoding: utf8-bom")],
     ["files.devices.encoding: 'utf8-bom' is no encoding of text; did you mean 'utf-8'?"]),
    ([("    end: {", "    ends: {")],
     ["files.devices.ends: 'ends' is no key here; did you mean 'end'?"]),
    ([("column: Worn on", "colum: Worn on")],
     ["files.devices.location.colum: 'colum' is no key here; did you mean 'column'?",
      "files.devices.location: 'column' is missing"]),
    ([("    start: {column: Handed out}\n", "")],
     ["files.devices: 'start' is missing"]),
    ([("            left_wrist:", "            left_wirst:")],
     [f"{CHOICE}.left_wirst: no recording of this pipeline has location 'left_wirst'"]),
    ([("locations: [left_wrist", "locations: [left_rist")],
     [("expect.locations.0: no data files have the location 'left_rist'; "
       "did you mean 'left_wrist'?")]),
    ([*NEEDS_HEIGHT,
      ("    visit: {column: Visit, map: {Baseline: V1, Week 12: V2, Spare: null}}\n", "")],
     [("files.wrist.key: height of files.demographics is picked by visit, and neither this key nor "
       "files.devices tells the visit")]),
    ([("expect: {", DEMOGRAPHICS.replace("height: {", "visit: {type: text, ").replace(
        ", unit: cm", ""))],
     [("files.wrist.key: 'visit' is both a column of the device log and a metadata value; "
       "rename one")]),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "problems"), WRONG)
def test_what_no_log_could_tell_is_refused(
    changes: list[tuple[str, str]], problems: list[str]
) -> None:
    assert sorted(wrong(*changes)) == sorted(problems)


def test_problem_stands_where_it_was_written() -> None:
    with pytest.raises(StudyFileError) as caught:
        study(("device_log: devices", "device_log: device"))
    line = TEXT[: TEXT.index("device_log: devices")].count("\n") + 1
    assert (line, 17) in [(problem.line, problem.column) for problem in caught.value.problems]


@pytest.mark.parametrize(
    "changes",
    [
        NEEDS_HEIGHT, HEIGHT_BY_DATE_OF_UNDATED_KEYS, CHOSEN_BY_VISIT, ANY_LOCATION,
        SUBJECT_IN_THE_KEY_TOO, LOCATION_OF_THE_PATTERN,
    ],
)  # fmt: skip
def test_what_a_log_tells_serves_as_what_a_key_tells(changes: list[tuple[str, str]]) -> None:
    assert study(*changes).device_logs()


def test_broken_log_is_told_alone() -> None:
    (problem,) = wrong(("kind: device_log", "kind: device_logs"))
    assert problem.startswith("files.devices: expected data, metadata, decisions or device_log,")
    assert problem.endswith("did you mean 'device_log'?")
    assert len(wrong(("    serial: {column: Device, match", "    serial: {match"))) == 1


def test_preview_says_what_the_log_tells_of_a_recording() -> None:
    configuration = study(*NEEDS_HEIGHT)
    keys = ["raw/box 1/40123_2024-05-01.CWA", "clinical/devices_20240601.csv"]
    recording, log = preview(configuration, [("home-wear-02-data", key) for key in keys])
    assert (recording.subject, recording.visit, recording.location) == (None, None, None)
    assert (recording.device_log, recording.told) == ("devices", ("subject", "visit", "location"))
    assert recording.pipelines == (PipelinePreview("sleep-and-activity", ("height",)),)
    assert (log.kind, log.pattern, log.fields) == ("device_log", "devices", {"date": "20240601"})
