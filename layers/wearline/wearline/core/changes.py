"""What differs between two plans of one file and pipeline, in sentences for a person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from wearline.core.plans import differences

_NAMES = {
    "time_zone": "the time zone",
    "processor.release": "the processor release",
    "processor.engine": "the engine",
    "output_schema": "the schema of the tables",
    "recording.location": "the location",
    "recording.subject": "the subject",
    "recording.visit": "the visit",
    "pipeline": "the name of the pipeline",
    "quality.fail_on": "the findings that fail a run",
    "quality.accept": "the findings that are accepted",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs: ``sort`` is the same for all files that differ in it alike."""

    sort: str
    sentence: str


def explained(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """Why the plan with identity ``after`` is another one than that with ``before``.

    >>> step = {"process": "Sleep", "parameters": {"min_sleep_block": 0.5}}
    >>> other = {"process": "Sleep", "parameters": {"min_sleep_block": 0.6}}
    >>> [each.sentence for each in explained({"steps": [step]}, {"steps": [other]})]
    ['Sleep.min_sleep_block went from 0.5 to 0.6']
    """
    found: dict[str, Difference] = {}
    for name in differences(before, after):
        for difference in _of(name, before, after):
            found[difference.sentence] = difference
    return list(found.values())


def _of(name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Difference]:
    area, _, rest = name.partition(".")
    match area:
        case "steps":
            yield from _of_steps(before.get("steps", ()), after.get("steps", ()))
        case "metadata":
            yield _of_value(rest.partition(".")[0], before, after)
        case "file":
            yield _alike("the file has another version")
        case "processor" if rest == "hash":
            release = after.get("processor", {}).get("release")
            yield _alike(f"the processor release {release} was built anew")
        case "format":
            yield _alike("the format of the file is read in another way")
        case "decisions":
            yield _alike("the decisions that apply to the recording are others")
        case _:
            told = _NAMES.get(name, name)
            yield _alike(_went(told, _at(before, name), _at(after, name)))


def _alike(sentence: str) -> Difference:
    return Difference(sentence, sentence)


def _at(identity: Mapping[str, Any], name: str) -> Any:  # noqa: ANN401  any JSON value
    value: Any = identity
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _went(name: str, before: object, after: object) -> str:
    if before is None:
        return f"{name} is now {_shown(after)}"
    if after is None:
        return f"{name} is no longer set; it was {_shown(before)}"
    return f"{name} went from {_shown(before)} to {_shown(after)}"


def _shown(value: object) -> str:
    match value:
        case None:
            return "nothing"
        case True | False:
            return str(value).lower()
        case list() | tuple():
            return ", ".join(map(_shown, value)) or "none"
        case Mapping():
            return ", ".join(f"{name} {_shown(inner)}" for name, inner in value.items())
    return str(value)


def _of_value(name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Difference:
    was, now = _at(before, f"metadata.{name}"), _at(after, f"metadata.{name}")
    subject = _at(after, "recording.subject") or "the recording"
    if was is None:
        return _alike(f"{name} is now required")
    if now is None:
        return _alike(f"{name} is no longer required")
    sentence = f"{name} of {subject} was corrected from {_quantity(was)} to {_quantity(now)}"
    return Difference(f"{name} was corrected", sentence)


def _quantity(value: Mapping[str, Any]) -> str:
    unit = value.get("unit")
    return f"{_shown(value.get('value'))} {unit}" if unit else _shown(value.get("value"))


def _of_steps(
    before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]
) -> Iterator[Difference]:
    earlier, later = ([step["process"] for step in steps] for steps in (before, after))
    if earlier == later:
        for one, other in zip(before, after, strict=True):
            yield from _of_parameters(one, other)
        return
    for tag, i, j, m, n in SequenceMatcher(None, earlier, later, autojunk=False).get_opcodes():
        if tag == "equal":
            for one, other in zip(before[i:j], after[m:n], strict=True):
                yield from _of_parameters(one, other)
        else:
            yield from (_alike(f"the step {name} was removed") for name in earlier[i:j])
            yield from (_alike(f"the step {name} was added") for name in later[m:n])


def _of_parameters(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Difference]:
    was, now = before["parameters"], after["parameters"]
    for name in sorted({*was, *now}):
        if was.get(name) != now.get(name) or (name in was) != (name in now):
            yield _alike(_went(f"{after['process']}.{name}", was.get(name), now.get(name)))
