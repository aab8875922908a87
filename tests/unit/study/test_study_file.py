"""Study files: every problem with its place, and nothing deployed that could never work."""

from __future__ import annotations

from pathlib import Path

import pytest

from wearline.core.study_file import StudyFileError, parse_study, read_study

from .example import FOLDER, TEXT, changed, definition, problems, study, wrong


def test_the_example_study_is_sound() -> None:
    assert read_study(FOLDER / "study.yaml").study == study()


def place(text: str, words: str) -> str:
    """Line and column of the first occurrence, from 1."""
    before = text[: text.index(words)]
    return f"{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}: "


def test_all_problems_are_told_at_once_each_with_line_and_column() -> None:
    text = changed(
        ("study: park", "studdy: park"),
        ("default: America", "default: Amerika"),
        ("format: axivity", "format: axivty"),
        ("Sleep: {}", "Slep: {}"),
        ("esliger_lwrist", "esliger_lwirst"),
    )
    start = place(text, "studdy")
    steps = "pipelines.sleep-and-activity.steps"
    assert problems(text) == [
        f"{start}'study' is missing",
        f"{start}studdy: 'studdy' is no key here; did you mean 'study'?",
        (
            f"{place(text, 'Amerika')}timezone.default: 'Amerika/New_York' is no time zone; "
            "expected a name such as Europe/London; did you mean 'America/New_York'?"
        ),
        (
            f"{place(text, 'axivty')}files.wrist.format: expected axivity, geneactiv, "
            "gt3x, empatica, apdm, npz or csv, found the text 'axivty'; did you mean 'axivity'?"
        ),
        (
            f"{place(text, 'Slep:')}{steps}.3.Slep: 'Slep' is no step of skdh-0.17.18; "
            "did you mean 'Sleep'?"
        ),
        (
            f"{place(text, 'esliger_lwirst')}{steps}.4.ActivityLevelClassification.cutpoints."
            "left_wrist: expected one of 17 words, found 'esliger_lwirst_adult'; "
            "did you mean 'esliger_lwrist_adult'?"
        ),
    ]


SHAPE = [
    (("study: parkinson-gait-01", "study: Parkinson"),
     "study: expected small letters, digits and hyphens, a letter first, found 'Parkinson'"),
    (("study: parkinson-gait-01", "study: 12"),
     "study: expected text, found 12; put it in quotes"),
    (("ignore_case: true", "ignore_case: yes"),
     "files.wrist.ignore_case: expected true or false, found the text 'yes'"),
    (("kind: decisions", "kind: decision"),
     ("files.decisions: expected data, metadata, decisions or device_log, found the text "
      "'decision'; did you mean 'decisions'?")),
    (("    kind: decisions\n", ""), "files.decisions: 'kind' is missing"),
    (("column: HEIGHT_CM, ", ""),
     "files.demographics.values.height: 'column' is missing; in a long table it is 'test'"),
    (("column: HEIGHT_CM, ", "test: HEIGHT, "),
     "files.demographics: values: height has a test, which needs 'long' to say where"),
    (("minimum: 50", "minimum: 300"),
     "files.demographics.values.height: minimum 300 is above maximum 250"),
    (("pick: latest_before", "pick: latest_befor"),
     ("files.demographics.values.height.pick: expected same_visit, latest_before_recording, first "
     "or only, found the text 'latest_befor_recording'; did you mean 'latest_before_recording'?")),
    (("{visit}_lumbar", "{visit}{x}_lumbar"),
     "files.lumbar: put literal text between {visit} and {x}"),
    (("accel: [x, y, z]", "accel: [x, y]"),
     "files.lumbar.format.csv.accel: expected at least 3, found 2"),
    (("clock: local", "clock: lokal"),
     ("files.lumbar.format.csv.clock: expected local or utc, found the text 'lokal'; "
     "did you mean 'local'?")),
    (("prefix: biomarkers/", "prefix: biomarkers"),
     ("results.prefix: expected a prefix such as biomarkers/, without a slash at the start, "
     "found 'biomarkers'")),
    (("expect: {", "valid_day: {min_wear_h: 25}\nexpect: {"),
     "valid_day.min_wear_h: expected a value less than or equal to 24, found 25"),
    (("expect: {", "valid_day: {min_days: 0}\nexpect: {"),
     "valid_day.min_days: expected a value greater than or equal to 1, found 0"),
    (("expect: {", "valid_day: {min_wear: 16}\nexpect: {"),
     "valid_day.min_wear: 'min_wear' is no key here; did you mean 'min_wear_h'?"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "problem"), SHAPE)
def test_a_wrong_shape_is_told_in_words(change: tuple[str, str], problem: str) -> None:
    assert wrong(change) == [problem]


def sleep(parameters: str) -> tuple[str, str]:
    return ("Sleep: {}", f"Sleep: {parameters}")


VITALS = """  vitals:
    kind: metadata
    key: clinical/vitals_{date:%Y%m%d}.xlsx
    entity: {subject: {column: USUBJID}}
    values: {height: {column: HEIGHT, unit: cm}}
  decisions:
"""
NEVER = [
    ([("requires: [height]", "requires: [weight, height]")],
     ("pipelines.gait.requires.0: 'weight' is no value that a metadata file provides; "
     "did you mean 'height'?")),
    ([("side}_wrist_{date:%Y-%m-%d}.bin", "side}_wrist_{date:%Y-%m-%d}.cwa"),
      ("ignore_case: true ", "bucket: parkinson-gait-01-data ")],
     ("files.wrist_geneactiv.key: this and files.wrist both match keys such as "
     "'raw/x/x/x_x_wrist_1900-01-01.cwa'")),
    ([("prefix: biomarkers/", "prefix: clinical/")],
     ("files.demographics.key: this matches keys under the results prefix, such as "
     "'clinical/demographics_19000101.csv'")),
    ([("periods: [24, 24]", "periods: [24, 12]")],
     ("pipelines.sleep-and-activity.steps.3.Sleep: Sleep works on days that begin at hour 12 and "
     "last 24 hours, and no earlier step makes them; add GetDayWindowIndices with 12 in bases and "
     "24 in periods")),
    ([("      - CtaWearDetection: {}\n", "      - FillGaps: {}\n      - CtaWearDetection: {}\n")],
     ("pipelines.sleep-and-activity.steps.2.FillGaps: FillGaps must be the first step: it moves "
     "samples, and days or wear that were found before would lie elsewhere")),
    ([("pipelines: [gait]", "pipelines: [gait, sleep-and-activity]"),
      ("from: location", "from: location\n            lumbar: esliger_lumbar_adult")],
     ("pipelines.sleep-and-activity.steps.2.CtaWearDetection: CtaWearDetection needs temperature, "
     "which files.lumbar does not record; use AccelThresholdWearDetection or CountWearDetection")),
    ([('location: "{side}_wrist"', 'location: "{sid}_wrist"')],
     ("files.wrist.location: 'sid' is no field of the key, nor a metadata value; "
     "did you mean 'side'?")),
    ([("{UK01: Europe/London}", "{UK01: Europe/Londn}")],
     ("timezone.sites.UK01: 'Europe/Londn' is no time zone; expected a name such as Europe/London; "
     "did you mean 'Europe/London'?")),
    ([("raw/{site}/{subject}/{visit}_lumbar", "raw/{subject}/{visit}_lumbar")],
     "files.lumbar.key: timezone gives sites their own zones, and this key has no {site}"),
    ([("unit: cm", "unit: cmm")],
     "files.demographics.values.height.unit: cmm is not a known unit; did you mean 'mm'?"),
    ([("pick: latest_before_recording", "pick: first"), ("visits: [V1, V2], ", "")],
     ("files.demographics.values.height.pick: first needs an order: list expect.visits, or "
      "name a date column")),
    ([("visits: [V1, V2], ", "")],
     ("files.demographics.values.height.pick: latest_before_recording needs an order: list "
      "expect.visits, or name a date column")),
    ([("    entity:\n", "    encoding: utf8-bom\n    entity:\n")],
     "files.demographics.encoding: 'utf8-bom' is no encoding of text; did you mean 'utf-8'?"),
    ([("column: HEIGHT_CM, unit: cm, ", "column: HEIGHT_CM, unit_column: HEIGHT_U, ")],
     ("files.demographics.values.height: bounds of a value with its unit beside it need a unit")),
    ([("{column: HEIGHT_CM", "{column: DOB, type: date, format: dmy}\n      tall: {column: H")],
     ("files.demographics.values.height.format: 'dmy' is no date format; expected one such as "
      "%d/%m/%Y")),
    ([("  decisions:\n", VITALS)],
     ("files.vitals.values.height: files.demographics picks height by another rule; "
      "a value has one")),
    ([("from: location", "from: height"),
      ("skdh: 0.17.18", "skdh: 0.17.18\n    requires: [height]")],
     ("pipelines.sleep-and-activity.steps.4.ActivityLevelClassification.cutpoints.from: height is "
      "a number; choose by a text, such as one with choices")),
    ([("unit: cm", "unit: kg")],
     "files.demographics.values.height.unit: kg is no measure of height, which is needed in m"),
    ([("unit: cm, ", "")],
     "files.demographics.values.height: a height needs its unit, such as unit: cm"),
    ([sleep("{min_wear_tim: 3}")],
     ("pipelines.sleep-and-activity.steps.3.Sleep.min_wear_tim: 'min_wear_tim' is no parameter of "
     "Sleep; did you mean 'min_wear_time'?")),
    ([sleep("{min_wear_time: long}")],
     "pipelines.sleep-and-activity.steps.3.Sleep.min_wear_time: expected a number, found 'long'"),
    ([sleep("{min_wear_time: 25}")],
     "pipelines.sleep-and-activity.steps.3.Sleep.min_wear_time: expected at most 24, found 25"),
    ([sleep("{downsample: 1}")],
     "pipelines.sleep-and-activity.steps.3.Sleep.downsample: expected true or false, found 1"),
    ([sleep("{start_buffer: 1}")],
     ("pipelines.sleep-and-activity.steps.3.Sleep.start_buffer: Sleep takes no start_buffer: SKDH "
     "0.17.18 accepts it and ignores it")),
    ([("            left_wrist:", "            left_wirst:")],
     ("pipelines.sleep-and-activity.steps.4.ActivityLevelClassification.cutpoints.left_wirst: "
     "no recording of this pipeline has location 'left_wirst'")),
    ([("from: location", "from: locatoin")],
     ("pipelines.sleep-and-activity.steps.4.ActivityLevelClassification.cutpoints.from: 'locatoin' "
     "is no field, location or required metadata value of files.wrist; did you mean 'location'?")),
    ([("pipelines: [gait]", "pipelines: [gate]")],
     "files.lumbar.pipelines.0: 'gate' is no pipeline of this study; did you mean 'gait'?"),
    ([("skdh: 0.17.18\n    req", "skdh: 0.17.81\n    req")],
     "pipelines.gait.skdh: 'skdh-0.17.81' is no known release; did you mean 'skdh-0.17.18'?"),
    ([("locations: [left_wrist", "locations: [left_rist")],
     "expect.locations.0: no data files have the location 'left_rist'"),
    ([("{visit}_lumbar_{date:%Y-%m-%d}", "lumbar_{date:%Y-%m-%d}")],
     ("files.lumbar.key: height of files.demographics is picked by visit, and this key has no "
     "{visit}")),
    ([("{visit}_lumbar_{date:%Y-%m-%d}", "{visit}_lumbar"),
      ("visit: {column: VISIT, map: {BASELINE: V1, WEEK 4: V2}}", "date: {column: DAY}")],
     ("files.lumbar.key: height of files.demographics is picked by date, and this key has no date "
     "field; add one such as {date:%Y-%m-%d}, or pick by another rule")),
    ([("{site}/{subject}/{visit}_lumbar", "{site}/{person}/{visit}_lumbar")],
     ("files.lumbar.key: the key has no {subject}, so nobody could tell whose recording it is; "
      "add it, or name the device_log that tells")),
    ([("definition: pipelines/gait.skdh", "definition: pipelines/gate.skdh")],
     ("pipelines.gait.definition: the definition 'pipelines/gate.skdh' cannot be read: "
     "No such file or directory")),
    ([("    definition:", "    steps: []\n    definition:")],
     "pipelines.gait.definition: give either steps or a definition, not both"),
    ([("    kind: decisions", "    kind: decisions\n    bucket: other-data")],
     ("files.decisions.bucket: 'other-data' is no bucket of this study; "
     "known are parkinson-gait-01-data")),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "problem"), NEVER)
def test_what_could_never_work_is_refused(changes: list[tuple[str, str]], problem: str) -> None:
    assert problem in wrong(*changes)


def test_gait_without_height_is_refused_with_what_to_add() -> None:
    text = changed(("    requires: [height] # a recording waits", "    # a recording waits"))
    with pytest.raises(StudyFileError) as caught:
        parse_study(text, "study.yaml", definition)
    [problem] = caught.value.problems
    assert problem.file == "pipelines/gait.skdh"
    assert problem.sentence == (
        "GaitLumbar needs height, or SKDH would leave out every length and speed; add "
        "`requires: [height]` or `requires: [leg_length]` to the pipeline"
    )


def test_a_leg_length_serves_gait_as_a_height_does() -> None:
    study(("      height:", "      leg_length:"), ("requires: [height]", "requires: [leg_length]"))


def test_steps_after_an_unknown_one_are_still_checked() -> None:
    found = wrong(("CalibrateAccelerometer", "CalibrateAcelerometer"), sleep("{x: 1}"))
    assert [problem.split(": ")[0].rsplit(".", 1)[1] for problem in found] == [
        "CalibrateAcelerometer",
        "x",
    ]


def test_keys_and_results_of_another_study_are_refused() -> None:
    other = study(("study: parkinson-gait-01", "study: other"))
    with pytest.raises(StudyFileError) as caught:
        parse_study(TEXT, "study.yaml", definition, [other])
    sentences = [problem.sentence for problem in caught.value.problems]
    assert "the study other writes its results to biomarkers/ of this bucket" in sentences
    assert (
        "files.lumbar of the study other claims keys such as 'raw/x/x/x_lumbar_1900-01-01.csv' too"
        in sentences
    )


def test_the_same_study_deployed_before_is_no_other_study() -> None:
    assert parse_study(TEXT, "study.yaml", definition, [study()]) == study()


def test_a_file_that_is_no_study_is_told_so() -> None:
    assert problems("just text") == ["1:1: expected a mapping, found the text 'just text'"]
    assert problems("") == ["1:1: expected a mapping, found nothing"]


def test_a_missing_study_file_is_the_callers_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_study(tmp_path / "study.yaml")


def test_a_byte_order_mark_is_no_part_of_the_study(tmp_path: Path) -> None:
    file = tmp_path / "study.yaml"
    file.write_text("\ufeff" + changed(("definition: pipelines/gait.skdh", "steps: []")), "utf-8")
    assert read_study(file).study.pipelines["gait"].steps == ()


def test_lock_on_a_bucket_that_is_uploaded_to_is_refused() -> None:
    text = changed(("prefix: biomarkers/}", "prefix: biomarkers/, lock_days: 30}"))
    assert any("need a bucket of their own" in problem for problem in problems(text))
