"""Reads a study file: YAML to a checked configuration, or every problem with its place.

A study is refused before anything is deployed if its text is no YAML, if it has another shape than
`study.StudyConfiguration`, or if it could never work (`study_checks`).
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wearline.core.definitions import Definition, read_definition
from wearline.core.faults import Fault, FaultPath
from wearline.core.formats import normalised
from wearline.core.keys import composed
from wearline.core.release_signatures import known_releases, release_signature
from wearline.core.study import StudyConfiguration
from wearline.core.study_checks import study_faults
from wearline.core.study_conflicts import conflict_faults
from wearline.core.study_shape import Shape
from wearline.core.study_yaml import Document, Place, read_yaml

ReadDefinition = Callable[[str], str]


@dataclass(frozen=True, order=True)
class StudyProblem:
    """One thing to mend, and where.

    Reads as `study.yaml:12:9: files.wrist.format: expected ..., found ...; did you mean '...'?`.
    """

    file: str
    line: int
    column: int
    path: str
    sentence: str
    nearest: str | None = None

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}: "
        path = f"{self.path}: " if self.path else ""
        hint = f"; did you mean '{self.nearest}'?" if self.nearest else ""
        return f"{place}{path}{self.sentence}{hint}"


class StudyFileError(Exception):
    """A study file that cannot be used. `problems` are all of them, in the order of the file."""

    def __init__(self, problems: Iterable[StudyProblem]) -> None:
        self.problems = tuple(sorted(set(problems), key=_order))
        super().__init__("\n".join(str(problem) for problem in self.problems))


@dataclass(frozen=True)
class CheckedStudy:
    """A configuration that passed every check, and the text that it was written in."""

    study: StudyConfiguration
    text: str


def read_study(path: Path, others: Iterable[StudyConfiguration] = ()) -> CheckedStudy:
    """Reads and checks a study file, and the definitions that it names, relative to it.

    `others` are the configurations deployed beside it, whose keys it must not claim. Raises
    StudyFileError with every problem, and OSError where the study file itself cannot be read.
    """
    text = composed(path.read_bytes().decode("utf-8-sig", errors="replace"))

    def definition(name: str) -> str:
        return (path.parent / name).read_text("utf-8")

    return CheckedStudy(parse_study(text, str(path), definition, others), text)


def parse_study(
    text: str,
    file: str = "study.yaml",
    definition: ReadDefinition | None = None,
    others: Iterable[StudyConfiguration] = (),
) -> StudyConfiguration:
    """Checks the text of a study file. `definition` gives the text of a saved pipeline by name."""
    source = _Source(read_yaml(text, file), definition)
    if source.document.faults:
        raise StudyFileError(source.yaml_problems(source.document))
    shape = Shape(source.completed())
    faults = [*source.faults, *shape.faults]
    if shape.study is not None:
        faults += study_faults(shape.study, [*shape.broken, *source.broken], shape.kinds_in_doubt())
        if not faults:
            faults += conflict_faults(shape.study, others)
    if faults or source.problems or shape.study is None:
        raise StudyFileError([*source.problems, *(source.placed(fault) for fault in faults)])
    return shape.study


@dataclass
class _Source:
    """The documents that a configuration was written in."""

    document: Document
    read: ReadDefinition | None
    definitions: dict[str, Definition] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    problems: list[StudyProblem] = field(default_factory=list)
    broken: list[FaultPath] = field(default_factory=list)

    def completed(self) -> Any:  # noqa: ANN401
        """The value of the study file, with the steps and formats of the definitions it names."""
        value: Any = copy.deepcopy(self.document.value)
        pipelines = value.get("pipelines") if isinstance(value, dict) else None
        for name, pipeline in (pipelines if isinstance(pipelines, dict) else {}).items():
            if isinstance(pipeline, dict) and isinstance(pipeline.get("definition"), str):
                self._complete_pipeline(name, pipeline)
        if isinstance(value, dict) and isinstance(value.get("files"), dict):
            for name, files in value["files"].items():
                if isinstance(files, dict) and files.get("kind") == "data":
                    self._complete_files(name, files)
        return value

    def _complete_pipeline(self, name: str, pipeline: dict[str, Any]) -> None:
        path = ("pipelines", name, "definition")
        if "steps" in pipeline:
            self.faults.append(Fault(path, "give either steps or a definition, not both"))
            return
        pipeline["steps"] = []
        release = pipeline.get("release") or f"skdh-{pipeline.get('skdh')}"
        text = self._text(path, pipeline["definition"])
        if text is None:
            self.broken.append(path[:2])
        if text is None or release not in known_releases():
            return
        found = read_definition(text, pipeline["definition"], release_signature(release))
        self.definitions[name] = found
        if found.document.faults or found.faults:
            self.broken.append(path[:2])
            self.problems += self.yaml_problems(found.document)
            self.problems += [_problem(found.document, fault.path, fault) for fault in found.faults]
        pipeline["steps"] = found.steps

    def _text(self, path: FaultPath, name: str) -> str | None:
        try:
            return self.read(name) if self.read else None
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8"
            self.faults.append(Fault(path, f"the definition '{name}' cannot be read: {reason}"))
            return None

    def _complete_files(self, name: str, files: dict[str, Any]) -> None:
        """A reader step of a definition becomes the format, or must agree with it."""
        used = files.get("pipelines")
        for pipeline in used if isinstance(used, list) else ():
            found = self.definitions.get(pipeline) if isinstance(pipeline, str) else None
            if found is None or found.reader is None:
                continue
            if "format" not in files and found.format is None:
                sentence = "SKDH saves too little of its CSV reader; add the format: {csv: ...}"
                self.faults.append(Fault(("files", name), sentence, on_key=True))
                self.broken.append(("files", name))
                files["format"] = {"type": "npz"}  # stands in, so that the rest can be checked
                continue
            written = files.setdefault("format", found.format)
            if (kind := _format_type(written)) != found.reader:
                sentence = f"the definition of {pipeline} reads {found.reader}, not {kind}"
                self.faults.append(Fault(("files", name, "format"), sentence))

    def placed(self, fault: Fault) -> StudyProblem:
        """A fault where it was written, in the definition if the step came from one."""
        match fault.path:
            case ["pipelines", str(name), "steps", int(index), *rest] if name in self.definitions:
                found = self.definitions[name]
                saved = ("Steps", found.positions[index], "parameters", *rest[1:])
                return _problem(found.document, saved, fault)
        return _problem(self.document, fault.path, fault)

    def yaml_problems(self, document: Document) -> list[StudyProblem]:
        return [
            _at(document, placed.place, "", Fault((), placed.sentence))
            for placed in document.faults
        ]


def _format_type(written: Any) -> str:  # noqa: ANN401
    plain = normalised(written)
    return str(plain.get("type")) if isinstance(plain, dict) else str(plain)


def _problem(document: Document, path: FaultPath, fault: Fault) -> StudyProblem:
    place = document.place(path, on_key=fault.on_key)
    written = ".".join(str(step) for step in document.written(path))
    return _at(document, place, written, fault)


def _at(document: Document, place: Place, path: str, fault: Fault) -> StudyProblem:
    return StudyProblem(
        document.file, place.line, place.column, path, fault.sentence, fault.nearest
    )


def _order(problem: StudyProblem) -> tuple[object, ...]:
    return (problem.file, problem.line, problem.column, problem.path, problem.sentence)
