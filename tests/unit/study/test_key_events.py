"""EventBridge filters: coarse, but never narrower than the template."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from wearline.core.key_events import KeyFilter, event_key_filters
from wearline.core.keys import KeyTemplate

from .template_strategies import templates, templates_with_near_keys


def lets_through(chosen: KeyFilter, key: str) -> bool:
    """Event Ruler's matching of one filter, over UTF-8 bytes.

    Source: https://github.com/aws/event-ruler, README, "Wildcard", "Prefix" and "Suffix"
    matching; ignoring case holds for ASCII letters here, which is the least it can do.
    """
    if isinstance(chosen, str):
        return chosen == key
    [(operator, operand)] = chosen.items()
    if isinstance(operand, dict):
        return _affix(operator, _lowered(key), _lowered(operand["equals-ignore-case"]))
    if operator == "wildcard":
        return _wildcard(_elements(operand), key.encode())
    return _affix(operator, key.encode(), operand.encode())


def _lowered(text: str) -> bytes:
    return text.encode().lower()  # bytes.lower() changes ASCII letters only


def _affix(operator: str, key: bytes, operand: bytes) -> bool:
    return key.startswith(operand) if operator == "prefix" else key.endswith(operand)


def _elements(pattern: str) -> list[bytes | None]:
    """Bytes to match one by one, None for a wildcard. Raises on an invalid escape or `**`."""
    elements: list[bytes | None] = []
    characters = iter(pattern)
    for character in characters:
        if character == "*":
            assert elements[-1:] != [None], "consecutive wildcards"
            elements.append(None)
            continue
        if character == "\\":
            character = next(characters)  # noqa: PLW2901
            assert character in "*\\", "invalid escape"
        elements.extend(bytes([byte]) for byte in character.encode())
    return elements


def _wildcard(elements: list[bytes | None], key: bytes) -> bool:
    if not elements:
        return not key
    first, *rest = elements
    if first is None:
        return any(_wildcard(rest, key[start:]) for start in range(len(key) + 1))
    return key[:1] == first and _wildcard(rest, key[1:])


def filters(*texts: str, ignore_case: bool = False) -> list[KeyFilter] | None:
    return event_key_filters(KeyTemplate.parse(text, ignore_case=ignore_case) for text in texts)


def test_a_template_is_what_it_starts_and_ends_with() -> None:
    assert filters("raw/{subject}/{visit}.cwa") == [{"wildcard": "raw/*.cwa"}]
    assert filters("raw/{subject}") == [{"prefix": "raw/"}]
    assert filters("{subject}.cwa") == [{"suffix": ".cwa"}]
    assert filters("clinical/list.csv") == ["clinical/list.csv"]


def test_a_template_without_literal_ends_lets_the_whole_bucket_through() -> None:
    assert filters("{subject}") is None
    assert filters("raw/{subject}.cwa", "{subject}/{visit}") is None


def test_stars_and_backslashes_are_escaped() -> None:
    assert filters("a*b\\{x}*") == [{"wildcard": "a\\*b\\\\*\\*"}]


def test_letters_that_can_be_composed_in_two_ways_are_left_to_the_matcher() -> None:
    assert filters("raw/étude/{subject}_é.cwa") == [{"wildcard": "raw/*.cwa"}]
    assert filters("raw/é.cwa") == [{"wildcard": "raw/*.cwa"}]


def test_ignoring_case_is_left_to_the_operators_that_can() -> None:
    assert filters("raw/{x}.cwa", ignore_case=True) == [{"prefix": {"equals-ignore-case": "raw/"}}]
    assert filters("É/{x}.cwa", ignore_case=True) == [{"suffix": {"equals-ignore-case": ".cwa"}}]
    assert filters("É/{x}.é", ignore_case=True) is None


def test_equal_filters_are_one_and_more_than_four_are_the_whole_bucket() -> None:
    assert filters("raw/{a}.cwa", "raw/{b}_x.cwa", "raw/{c}/{d}.cwa") == [
        {"wildcard": "raw/*.cwa"},
        {"wildcard": "raw/*_x.cwa"},
    ]
    assert filters(*(f"{n}/{{a}}.cwa" for n in range(4))) is not None
    assert filters(*(f"{n}/{{a}}.cwa" for n in range(5))) is None


@given(templates_with_near_keys())
def test_the_filter_rejects_no_key_that_the_matcher_accepts(
    example: tuple[KeyTemplate, str],
) -> None:
    template, key = example
    chosen = event_key_filters([template])
    if template.match(key) is not None and chosen is not None:
        assert lets_through(chosen[0], key)


@given(st.lists(templates(), max_size=6))
def test_there_are_never_more_filters_than_eventbridge_takes(several: list[KeyTemplate]) -> None:
    assert len(event_key_filters(several) or []) <= 4
