"""Is a value what a parameter's signature allows? SKDH itself ignores or replaces what is not."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from wearline.core.faults import Fault, nearest_word, one_of
from wearline.core.release_signatures import Kind, ParameterSignature

_KINDS: Mapping[Kind, str] = {
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "string": "a word",
    "list": "a list",
    "object": "a mapping",
}


def value_faults(signature: ParameterSignature, value: JsonValue) -> Iterator[Fault]:
    """What is wrong with a value; the paths are within it."""
    if value is None:
        if not signature.nullable:
            yield Fault((), f"expected {_expected(signature)}, found nothing")
    elif any(_same(value, choice) for choice in signature.or_choices or ()):
        return
    elif signature.type == "list":
        yield from _list_faults(signature, value)
    elif signature.type == "object":
        yield from _object_faults(signature, value)
    else:
        yield from _scalar_faults(signature, signature.type, value)


def _scalar_faults(signature: ParameterSignature, kind: Kind, value: JsonValue) -> Iterator[Fault]:
    words = [str(choice) for choice in signature.choices or ()]
    if not _is(kind, value) or (words and value not in (signature.choices or ())):
        nearest = nearest_word(str(value), words)
        expected = one_of(words, nearest) if words else _expected(signature, kind)
        yield Fault((), f"expected {expected}, found {value!r}", nearest)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _bound_faults(signature, value)


def _bound_faults(signature: ParameterSignature, value: float) -> Iterator[Fault]:
    if signature.minimum is not None and value < signature.minimum:
        yield Fault((), f"expected at least {signature.minimum:g}, found {value:g}")
    if signature.maximum is not None and value > signature.maximum:
        yield Fault((), f"expected at most {signature.maximum:g}, found {value:g}")
    if signature.multiple_of is not None and value % signature.multiple_of:
        yield Fault((), f"expected a multiple of {signature.multiple_of}, found {value:g}")


def _list_faults(signature: ParameterSignature, value: JsonValue) -> Iterator[Fault]:
    if not isinstance(value, list) or not value:
        yield Fault((), f"expected {_expected(signature)}, found {value!r}")
        return
    if signature.length is not None and len(value) != signature.length:
        yield Fault((), f"expected a list of {signature.length}, found {len(value)} items")
    for index, item in enumerate(value):
        for fault in _scalar_faults(signature, signature.items or "number", item):
            yield fault.below(index)


def _object_faults(signature: ParameterSignature, value: JsonValue) -> Iterator[Fault]:
    if not isinstance(value, dict):
        yield Fault((), f"expected a mapping, found {value!r}")
        return
    known = signature.keys or ()
    for key, number in value.items():
        if key not in known:
            sentence = f"'{key}' is not one of {', '.join(known)}"
            yield Fault((key,), sentence, nearest_word(key, known), on_key=True)
        elif not _is("number", number):
            yield Fault((key,), f"expected a number, found {number!r}")


def _expected(signature: ParameterSignature, kind: Kind | None = None) -> str:
    choices = [str(choice) for choice in signature.choices or ()]
    beside = [str(choice).lower() for choice in signature.or_choices or ()]
    return one_of([*(choices or [_KINDS[kind or signature.type]]), *beside], None)


def _is(kind: Kind, value: JsonValue) -> bool:
    match kind:
        case "boolean":
            return isinstance(value, bool)
        case "string":
            return isinstance(value, str)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "number":
            number = isinstance(value, int | float) and not isinstance(value, bool)
            return number and math.isfinite(value)  # type: ignore[arg-type]
        case _:
            return False


def _same(value: JsonValue, choice: JsonValue) -> bool:
    """Equal and of one type: true is no 1."""
    return type(value) is type(choice) and value == choice
