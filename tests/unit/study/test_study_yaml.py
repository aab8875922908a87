"""YAML as a study team writes it: places, and no surprises of YAML 1.1."""

from __future__ import annotations

import pytest

from wearline.core.study_yaml import PYTHON_TUPLE, Place, read_yaml


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("NO", "NO"),
        ("yes", "yes"),
        ("on", "on"),
        ("1:30", "1:30"),
        ("007", "007"),
        ("1_000", "1_000"),
        ("0x1F", "0x1F"),
        ("2024-03-10", "2024-03-10"),
        ("0.17.18", "0.17.18"),
        (".inf", ".inf"),
        ("1e999", "1e999"),
        ("e", "e"),
        (".", "."),
        ("'12'", "12"),
        ("12", 12),
        ("-1.5", -1.5),
        ("1.0e-10", 1e-10),
        ("true", True),
        ("null", None),
        ("", None),
    ],
)
def test_plain_values_are_those_of_yaml_1_2(text: str, value: object) -> None:
    read = read_yaml(f"key: {text}\n", "f.yaml").value
    assert read == {"key": value}
    assert isinstance(read, dict)
    assert type(read["key"]) is type(value)


def test_keys_are_always_text() -> None:
    assert read_yaml("{NO: 1, 01: 2, true: 3}", "f.yaml").value == {"NO": 1, "01": 2, "true": 3}


def test_every_key_and_value_has_its_line_and_column() -> None:
    document = read_yaml("a:\n  - b: 1\n    c: é\n", "f.yaml")
    assert document.place(("a", 0, "c")) == Place(3, 8)
    assert document.place(("a", 0, "c"), on_key=True) == Place(3, 5)
    assert document.place(("a", 0, "d")) == Place(2, 5)
    assert document.place(("a", "data", 0, "b")) == Place(2, 8)


@pytest.mark.parametrize(
    ("text", "line", "column", "sentence"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, 1, "the key 'a' is already on line 1"),
        ("a: &x 1\nb: *x\n", 2, 4, "aliases such as *x are not read; write the value out"),
        (
            "a: !!python/object/apply:os.system [ls]",
            1,
            4,
            "the tag !!python/object/apply:os.system is not read; leave it out",
        ),
        ("a: !!python/tuple [1]", 1, 4, "the tag !!python/tuple is not read; leave it out"),
        ("? [1, 2]\n: 3\n", 1, 3, "a key must be a single text"),
        ("a: [1\n", 2, 1, "this is no YAML: expected ',' or ']', but got '<stream end>'"),
        ("a: 1\n--- \nb: 2\n", 2, 1, "this is no YAML: but found another document"),
        ("a: \x07\n", 1, 1, "this is no YAML: special characters are not allowed"),
    ],
)
def test_what_cannot_be_read_is_placed(text: str, line: int, column: int, sentence: str) -> None:
    [fault] = read_yaml(text, "f.yaml").faults
    assert (fault.place, fault.sentence) == (Place(line, column), sentence)


def test_every_repeated_key_is_told() -> None:
    assert len(read_yaml("a: 1\na: 2\nb: 1\nb: 2\n", "f.yaml").faults) == 2


def test_a_bomb_of_nested_lists_is_refused() -> None:
    [fault] = read_yaml("[" * 5000, "f.yaml").faults
    assert fault.sentence == "the file is nested too deeply"


def test_the_one_tag_of_saved_pipelines_is_read_as_a_list() -> None:
    document = read_yaml("a: !!python/tuple [12, 24]", "f.skdh", tags={PYTHON_TUPLE})
    assert (document.value, document.faults) == ({"a": [12, 24]}, [])
