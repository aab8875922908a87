"""Key templates: what they match, with which fields, and what is no template."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given

from wearline.core.keys import FieldValueError, KeyTemplate, KeyTemplateError

from .reference_matcher import read
from .template_strategies import templates_with_keys, templates_with_near_keys

WRIST = "raw/{site}/{subject}/{visit}_{side}_wrist_{date:%Y-%m-%d}.cwa"


def test_a_key_gives_its_fields() -> None:
    key = "raw/UK01/S01/V1_left_wrist_2024-03-10.cwa"
    fields = {"site": "UK01", "subject": "S01", "visit": "V1", "side": "left"}
    assert KeyTemplate.parse(WRIST).match(key) == fields | {"date": "2024-03-10"}


def test_fields_hold_spaces_plus_percent_and_letters_of_any_script() -> None:
    template = KeyTemplate.parse("raw/{subject}/{visit}.cwa")
    assert template.match("raw/S 07+é%/Besuch 1.cwa") == {"subject": "S 07+é%", "visit": "Besuch 1"}


def test_one_name_is_one_field_whichever_system_composed_it() -> None:
    template = KeyTemplate.parse("étude/{subject}.cwa")
    for form in ("NFC", "NFD"):
        key = unicodedata.normalize(form, "étude/Zoé.cwa")
        assert template.match(key) == {"subject": "Zo\u00e9"}
    assert KeyTemplate.parse(unicodedata.normalize("NFD", "étude/{subject}.cwa")) == template
    assert template.list_prefix == ""


def test_a_field_never_crosses_a_slash_and_is_never_empty() -> None:
    template = KeyTemplate.parse("raw/{subject}.cwa")
    assert template.match("raw/a/b.cwa") is None
    assert template.match("raw/.cwa") is None


def test_fields_are_filled_from_the_left_each_as_short_as_possible() -> None:
    template = KeyTemplate.parse("{subject}_{visit}_wrist.cwa")
    assert template.match("S_01_V1_wrist.cwa") == {"subject": "S", "visit": "01_V1"}
    assert template.match("S_a_wrist.cwa_wrist.cwa") == {"subject": "S", "visit": "a_wrist.cwa"}


@pytest.mark.parametrize(
    ("form", "text", "is_date"),
    [
        ("%Y-%m-%d", "2024-02-29", True),
        ("%Y-%m-%d", "2023-02-29", False),
        ("%Y-%m-%d", "1900-02-29", False),
        ("%Y-%m-%d", "2000-02-29", True),
        ("%Y-%m-%d", "2024-04-31", False),
        ("%Y-%m-%d", "2024-4-1", False),
        ("%d%b%Y", "05Jan2024", True),
        ("%d%b%Y", "31Jun2024", False),
        ("%d%b%Y", "05JAN2024", False),
        ("%y%m%d", "000229", True),
        ("%H%M", "2460", False),
        ("%Y%m", "202402", True),
    ],
)
def test_a_date_field_holds_real_dates_only(form: str, text: str, is_date: bool) -> None:
    found = KeyTemplate.parse(f"a_{{date:{form}}}.csv").match(f"a_{text}.csv")
    assert (found is not None) == is_date


def test_month_names_ignore_case_when_the_template_does() -> None:
    template = KeyTemplate.parse("{date:%d%b%Y}.csv", ignore_case=True)
    fields = template.match("05JAN2024.CSV")
    assert fields is not None
    assert template.dates(fields)["date"].isoformat() == "2024-01-05T00:00:00"


def test_ignore_case_concerns_literal_text_and_leaves_fields_as_they_are() -> None:
    template = KeyTemplate.parse("Raw/{subject}.cwa", ignore_case=True)
    assert template.match("RAW/s01X.Cwa") == {"subject": "s01X"}


def test_doubled_braces_are_literal_braces() -> None:
    assert KeyTemplate.parse("{{x}}/{subject}").match("{x}/S1") == {"subject": "S1"}


def test_formatting_refuses_fields_that_would_read_back_otherwise() -> None:
    template = KeyTemplate.parse("{subject}_{visit}.cwa")
    assert template.format({"subject": "S1", "visit": "V1_b"}) == "S1_V1_b.cwa"
    with pytest.raises(FieldValueError, match="'subject' would read otherwise"):
        template.format({"subject": "S_1", "visit": "V1"})
    with pytest.raises(FieldValueError, match="'visit' has no value"):
        template.format({"subject": "S1"})
    with pytest.raises(FieldValueError, match="longer than 1024 bytes"):
        template.format({"subject": "é" * 600, "visit": "V1"})


@pytest.mark.parametrize(
    ("text", "position", "sentence"),
    [
        ("", 0, "the template is empty; write a key such as raw/{subject}.cwa"),
        ("raw/{a}{b}", 7, "put literal text between {a} and {b}"),
        ("raw/{a}/{a}", 8, "the field 'a' appears twice; give it another name here"),
        ("raw/{a", 4, "'{' is never closed; write {{ for a literal brace"),
        ("raw/a}", 5, "'}' closes no field; write }} for a literal brace"),
        ("{Su}", 0, "'Su' is no field name; write small letters, digits and _, a letter first"),
        ("{d:%Y-%B}", 0, "%B is not one of %Y %y %m %b %d %H %M %S"),
        ("{d:%Y%m%y}", 0, "'%Y%m%y' gives the year twice"),
        ("{d:%Y/%m}", 0, "'%Y/%m' holds '/', which no field may cross"),
        ("{d:abc}", 0, "'abc' has no date directive such as %Y or %m"),
    ],
)  # fmt: skip
def test_what_is_no_template_is_refused_with_its_position(
    text: str, position: int, sentence: str
) -> None:
    with pytest.raises(KeyTemplateError) as caught:
        KeyTemplate.parse(text)
    assert (caught.value.position, caught.value.sentence) == (position, sentence)


@given(templates_with_keys())
def test_what_a_template_writes_it_reads(example: tuple[KeyTemplate, str]) -> None:
    template, key = example
    fields = template.match(key)
    assert fields is not None
    assert fields == read(template, key)
    if not template.ignore_case:
        assert template.format(fields) == key


@given(templates_with_near_keys())
def test_the_matcher_keeps_to_the_rule_for_any_key(example: tuple[KeyTemplate, str]) -> None:
    template, key = example
    assert template.match(key) == read(template, key)


@given(templates_with_near_keys())
def test_the_list_prefix_rejects_no_key_that_the_matcher_accepts(
    example: tuple[KeyTemplate, str],
) -> None:
    template, key = example
    assert template.match(key) is None or key.startswith(template.list_prefix)


def test_a_hostile_key_is_read_in_linear_time() -> None:
    template = KeyTemplate.parse("{a}_{b}_{c}_{d}_{e}_{f}-{date:%Y%m%d}.cwa")
    started = time.process_time()
    assert template.match("_" * 1000 + "x") is None
    assert time.process_time() - started < 0.5
