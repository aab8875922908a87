"""The shape of a study configuration: pydantic's findings as sentences for a person."""

from __future__ import annotations

import json
import types
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, JsonValue, ValidationError
from pydantic_core import ErrorDetails

from wearline.core.faults import Fault, FaultPath, nearest_word, one_of, unknown
from wearline.core.study import StudyConfiguration

_NAMED_SECTIONS = ("files", "pipelines")
_KINDS = frozenset(("data", "metadata", "decisions", "device_log"))
_EXPECTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "tuple_type": "a list",
    "list_type": "a list",
}
_FALLBACK: Mapping[str, JsonValue] = {
    "study": "unknown",
    "timezone": {"default": "UTC"},
    "buckets": [{"name": "unknown"}],
    "results": {"bucket": "unknown", "prefix": "unknown/"},
    "files": {},
    "pipelines": {},
}


class Shape:
    """What a configuration's shape allows to be known of it.

    `study` is the configuration without its broken parts, to be checked further; a broken or
    missing section is replaced, and named in `broken`. None where nothing is left to check.
    """

    def __init__(self, value: JsonValue) -> None:
        self.faults: list[Fault] = []
        self.broken: set[FaultPath] = set()
        self._value = value
        self.study = self._validated(value)
        if self.study is None and self.broken and isinstance(value, dict):
            self.study = _model_or_faults(self._sound(value))[0]

    def _validated(self, value: JsonValue) -> StudyConfiguration | None:
        study, errors = _model_or_faults(value)
        for error in errors:
            self.faults.append(_fault(error))
            location = error["loc"]
            named = location and location[0] in _NAMED_SECTIONS
            self.broken.add(tuple(location[: 2 if named else 1]))
        return study

    def kinds_in_doubt(self) -> set[str]:
        """The kinds of file patterns that are broken, so that nobody knows what they provide."""
        files = self._value.get("files") if isinstance(self._value, dict) else None
        if not isinstance(files, dict):
            return set(_KINDS)
        kinds: set[str] = set()
        for path in self.broken:
            if path[:1] == ("files",):
                pattern = files.get(str(path[-1]))
                kind = pattern.get("kind") if isinstance(pattern, dict) else None
                kinds |= {kind} if isinstance(kind, str) and kind in _KINDS else _KINDS
        return kinds

    def _sound(self, value: Mapping[str, JsonValue]) -> JsonValue:
        sound: dict[str, Any] = {**_FALLBACK, **value}
        for path in self.broken:
            match path:
                case [section, name] if isinstance(sound.get(str(section)), dict):
                    sound[str(section)] = {
                        n: v for n, v in sound[str(section)].items() if n != name
                    }
                case [section, *_] if section in _FALLBACK:
                    sound[str(section)] = _FALLBACK[str(section)]
                case [section, *_]:
                    sound.pop(str(section), None)
        return sound


def _model_or_faults(value: JsonValue) -> tuple[StudyConfiguration | None, list[ErrorDetails]]:
    try:
        return StudyConfiguration.model_validate_json(json.dumps(value)), []
    except ValidationError as error:
        return None, error.errors(include_url=False)


def _fault(error: ErrorDetails) -> Fault:
    path, kind, context = error["loc"], error["type"], error.get("ctx", {})
    match kind:
        case "missing":
            return Fault(path[:-1], f"'{path[-1]}' is missing", on_key=True)
        case "extra_forbidden":
            known = known_keys(path[:-1])
            return unknown(path, "key here", str(path[-1]), known, on_key=True)
        case "union_tag_not_found":
            tag = str(context["discriminator"]).strip("'")
            return Fault(path, f"'{tag}' is missing", on_key=True)
        case "literal_error" | "union_tag_invalid":
            return _not_among(path, error)
        case _:
            return Fault(path, _sentence(error))


def _sentence(error: ErrorDetails) -> str:
    kind, found = error["type"], _found(error["input"], error["type"])
    if kind == "value_error":
        return str(error["ctx"]["error"])
    if kind in _EXPECTED:
        return f"expected {_EXPECTED[kind]}, {found}"
    if kind in ("too_short", "too_long"):
        bound = "min_length" if kind == "too_short" else "max_length"
        word = "at least" if kind == "too_short" else "at most"
        return f"expected {word} {error['ctx'][bound]}, found {error['ctx']['actual_length']}"
    return f"{error['msg'].replace('Input should be', 'expected a value')}, {found}"


def _not_among(path: FaultPath, error: ErrorDetails) -> Fault:
    context = error["ctx"]
    tagged = error["type"] == "union_tag_invalid"
    expected = str(context["expected_tags" if tagged else "expected"])
    given = context["tag"] if tagged else error["input"]
    words = [word.strip(" '") for word in expected.replace(" or ", ",").split(",")]
    nearest = nearest_word(str(given), words)
    sentence = f"expected {one_of(words, nearest)}, {_found(given, error['type'])}"
    return Fault(path, sentence, nearest)


def _found(value: object, kind: str) -> str:
    match value:
        case None:
            return "found nothing"
        case dict():
            return "found a mapping"
        case list() | tuple():
            return "found a list"
        case str():
            return f"found the text '{value}'"
        case _:
            advice = "; put it in quotes" if kind == "string_type" else ""
            return f"found {json.dumps(value)}{advice}"


def known_keys(path: FaultPath) -> tuple[str, ...]:
    """The keys that the configuration knows at a path of pydantic's."""
    annotations: list[Any] = [StudyConfiguration]
    for step in path:
        annotations = [inner for outer in annotations for inner in _inside(outer, step)]
    models = (model for one in annotations for model in members(one))
    return tuple(
        dict.fromkeys(name for model in models if _is_model(model) for name in model.model_fields)
    )


def _inside(annotation: Any, step: str | int) -> Iterator[Any]:  # noqa: ANN401
    """What lies at one step of a path: a field, a mapping's value, a list's item, a union's tag."""
    for member in members(annotation):
        arguments = get_args(member)
        if _is_model(member):
            if step in member.model_fields:
                yield member.model_fields[step].annotation
            elif step in _tags(member):
                yield member
        elif get_origin(member) is dict and arguments:
            yield arguments[1]
        elif get_origin(member) is tuple and isinstance(step, int):
            yield arguments[0]


def members(annotation: Any) -> Iterator[Any]:  # noqa: ANN401
    """The types of a union, without what annotates them."""
    if get_origin(annotation) is Annotated:
        yield from members(get_args(annotation)[0])
    elif get_origin(annotation) in (Union, types.UnionType):
        for member in get_args(annotation):
            yield from members(member)
    else:
        yield annotation


def _is_model(annotation: Any) -> bool:  # noqa: ANN401
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _tags(model: type[BaseModel]) -> set[str]:
    fields = (model.model_fields.get(name) for name in ("kind", "type"))
    found = (field.annotation for field in fields if field)
    return {tag for one in found if get_origin(one) is Literal for tag in get_args(one)}
