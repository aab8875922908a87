"""Two templates for one key, and where a key stops fitting."""

from __future__ import annotations

import pytest
from hypothesis import given

from wearline.core.key_automata import automaton, below, common_key, nearest_miss
from wearline.core.keys import KeyTemplate

from .template_strategies import templates, templates_with_keys, templates_with_near_keys


def shared(one: str, other: str, *, ignore_case: bool = False) -> str | None:
    first = KeyTemplate.parse(one, ignore_case=ignore_case)
    return common_key(automaton(first), automaton(KeyTemplate.parse(other)))


@pytest.mark.parametrize(
    ("one", "other", "example"),
    [
        ("raw/{a}_{b}.csv", "raw/{c}_lumbar.csv", "raw/x_lumbar.csv"),
        ("raw/{a}.csv", "raw/{a}.cwa", None),
        ("raw/{a}.csv", "raw/{a}/{b}.csv", None),
        ("raw/{a}_{d:%Y%m%d}.csv", "raw/{a}_20240229.csv", "raw/x_20240229.csv"),
        ("raw/{a}_{d:%Y%m%d}.csv", "raw/{a}_20230229.csv", None),
        ("{d:%Y-%m-%d}.csv", "{d:%d-%m-%Y}.csv", None),
        ("{d:%d%m%Y}", "{d:%Y%m%d}", None),
        ("{d:%d%m%y}", "{d:%y%m%d}", "010101"),
        ("a_{d:%Y%m%d}", "a_{x}", "a_19000101"),
    ],
)
def test_two_templates_share_a_key_or_none(one: str, other: str, example: str | None) -> None:
    found = shared(one, other)
    assert (found is None) == (example is None)
    if found is not None:
        assert len(found) == len(example or "")
        assert KeyTemplate.parse(one).match(found)
        assert KeyTemplate.parse(other).match(found)


def test_case_alone_keeps_templates_apart_unless_one_ignores_it() -> None:
    assert shared("raw/{a}.CWA", "raw/{a}.cwa") is None
    assert shared("raw/{a}.CWA", "raw/{a}.cwa", ignore_case=True) == "raw/x.cwa"


def test_a_prefix_meets_every_template_that_can_reach_below_it() -> None:
    template = automaton(KeyTemplate.parse("{site}/{subject}/{visit}.csv"))
    assert common_key(template, below("biomarkers/")) == "biomarkers/x/x.csv"
    assert common_key(template, below("a/b/c/d/")) is None


@given(templates_with_near_keys())
def test_the_automaton_accepts_what_the_matcher_accepts(example: tuple[KeyTemplate, str]) -> None:
    template, key = example
    built = automaton(template)
    nodes = {0}
    for character in key:
        nodes = built.step(nodes, character)
    assert (built.final in nodes) == (template.match(key) is not None)


@given(templates_with_keys(), templates())
def test_a_key_of_both_is_found_whenever_there_is_one(
    example: tuple[KeyTemplate, str], other: KeyTemplate
) -> None:
    template, key = example
    found = common_key(automaton(template), automaton(other))
    if found is not None:
        assert template.match(found) is not None
        assert other.match(found) is not None
    else:
        assert other.match(key) is None


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        (
            "raw/S1/V1_lumbar_2024-01-01.cwa",
            "after 'raw/S1/V1_' it needs 'wrist_' and has 'lumbar_2024-01-01.cwa'",
        ),
        (
            "raw/S1/V1_wrist_2024-02-30.cwa",
            "after 'raw/S1/V1_wrist_2024-02-' it needs {date:%Y-%m-%d} and has '30.cwa'",
        ),
        ("new/S1.cwa", "at its start it needs 'raw/' and has 'new/S1.cwa'"),
        (
            "raw/S1/V1_wrist_2024-02-28.cwa.gz",
            "after 'raw/S1/V1_wrist_2024-02-28.cwa' it needs the end of the key and has '.gz'",
        ),
        ("raw/S1/V1", "after 'raw/S1/V1' it needs '_wrist_' and has nothing more"),
        (
            "raw/S1/V_wri_wrist_2024-02-28.csv",
            "after 'raw/S1/V_wri_wrist_2024-02-28.c' it needs 'wa' and has 'sv'",
        ),
    ],
)
def test_a_miss_says_how_far_the_key_fits_and_what_it_needs(key: str, sentence: str) -> None:
    template = KeyTemplate.parse("raw/{subject}/{visit}_wrist_{date:%Y-%m-%d}.cwa")
    assert str(nearest_miss(template, key)) == sentence
