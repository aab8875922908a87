"""Pure functions of the core, remembered: the same few files and questions come in every history.

What is remembered is what the real function answered to the same question. Nothing here has
an effect, or depends on the ledger; everything else of a history runs as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from wearline.core import admission, ledger, problems, sections, sightings
from wearline.core.cleaning import clean
from wearline.core.device_log_rows import clean_device_log
from wearline.core.keys import KeyTemplate
from wearline.core.ledger import StudyRow
from wearline.core.study import StudyConfiguration, classify
from wearline.flow import arrivals, metadata, sweep, sweep_results

# A study's results have sixteen shards; in a small world most of them would be empty.
RESULT_SHARDS = 2
Replacement = tuple[object, str, object]


def _by(key: Callable[..., object], real: Callable[..., Any]) -> Callable[..., Any]:
    """``real`` asked once for each key of its arguments."""
    answers: dict[object, Any] = {}

    def remembered(*args: Any, **kwargs: Any) -> Any:
        asked = key(*args, **kwargs)
        try:
            return answers[asked]
        except KeyError:
            answer = answers[asked] = real(*args, **kwargs)
            return answer

    return remembered


# Configurations and their patterns live as long as the process, so their ids stay theirs.
def _key_of_file(content: bytes, pattern: object, *, study: str, fields: Mapping[str, str]) -> Any:
    return (content, id(pattern), study, *fields.values())


def _key_of_object(configuration: StudyConfiguration, bucket: str, key: str) -> Any:
    return (id(configuration), bucket, key)


def _key_of_pipeline(configuration: StudyConfiguration, pattern: object, pipeline: str) -> Any:
    return (id(configuration), id(pattern), pipeline)


def _key_of_row(study: StudyRow) -> Any:
    return (study.configuration_sha256, *study.releases)


def _key_of_fields(template: KeyTemplate, fields: Mapping[str, str]) -> Any:
    return (id(template), *fields.items())


def _key_of_kind(configuration: StudyConfiguration) -> Any:
    return id(configuration)


_classify = _by(_key_of_object, classify)
_depends = _by(_key_of_pipeline, admission.depends_on_subject)
_asked = _by(_key_of_row, admission.asked)
_REPLACEMENTS: tuple[Replacement, ...] = (
    (metadata, "clean", _by(_key_of_file, clean)),
    (metadata, "clean_device_log", _by(_key_of_file, clean_device_log)),
    (arrivals, "classify", _classify),
    (sightings, "classify", _classify),
    (sweep, "classify", _classify),
    (admission, "depends_on_subject", _depends),
    (sweep, "depends_on_subject", _depends),
    (admission, "requirements", _by(_key_of_pipeline, admission.requirements)),
    (sightings, "asked", _asked),
    (sweep, "asked", _asked),
    (problems, "_digest", lru_cache(maxsize=2_048)(problems._digest)),
    (KeyTemplate, "dates", _by(_key_of_fields, KeyTemplate.dates)),
    *(
        (StudyConfiguration, name, _by(_key_of_kind, getattr(StudyConfiguration, name)))
        for name in ("data_files", "metadata_files", "decisions_files", "device_logs")
    ),
    (ledger, "RESULT_SHARDS", RESULT_SHARDS),
    (sections, "RESULT_SHARDS", RESULT_SHARDS),
    (sweep_results, "RESULT_SHARDS", RESULT_SHARDS),
)


@contextmanager
def remembering() -> Iterator[None]:
    """Pure functions are remembered while the block lasts."""
    before = [(owner, name, getattr(owner, name)) for owner, name, _ in _REPLACEMENTS]
    for owner, name, replacement in _REPLACEMENTS:
        setattr(owner, name, replacement)
    try:
        yield
    finally:
        for owner, name, real in before:
            setattr(owner, name, real)
