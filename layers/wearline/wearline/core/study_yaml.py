"""YAML with the place of every key and value.

The values are those of YAML 1.2 and JSON: `NO` and `on` are text, `1:30` is text, `007` is text,
and only `true`, `false`, `null` and decimal numbers are anything else. Keys are always text. Tags,
aliases and repeated keys are refused.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from dataclasses import dataclass, field

import yaml
from pydantic import JsonValue

from wearline.core.faults import FaultPath

PYTHON_TUPLE = "tag:yaml.org,2002:python/tuple"
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z")
_FLOAT = re.compile(r"[-+]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?\Z")
_HALF = re.compile("[\ud800-\udfff]")
_WORDS: dict[str, JsonValue] = {"true": True, "false": False, "null": None, "~": None, "": None}


@dataclass(frozen=True, order=True)
class Place:
    """Line and column, both from 1."""

    line: int
    column: int


@dataclass(frozen=True, order=True)
class PlacedFault:
    """What is wrong with the YAML itself."""

    place: Place
    sentence: str


@dataclass
class Document:
    """The value of a YAML file, and where its parts were written."""

    file: str
    value: JsonValue = None
    values: dict[FaultPath, Place] = field(default_factory=dict)
    keys: dict[FaultPath, Place] = field(default_factory=dict)
    faults: list[PlacedFault] = field(default_factory=list)

    def written(self, path: FaultPath) -> FaultPath:
        """The steps of a path that the file has. A model may know of parts that it lacks."""
        found: FaultPath = ()
        for step in path:
            if (*found, step) in self.values:
                found = (*found, step)
        return found

    def place(self, path: FaultPath, *, on_key: bool = False) -> Place:
        """Where a value was written, or its key, or the key of what should have held it."""
        found = self.written(path)
        if on_key or found[-1:] != path[-1:]:
            return self.keys.get(found) or self.values.get(found, Place(1, 1))
        return self.values.get(found, Place(1, 1))


def read_yaml(text: str, file: str, *, tags: Collection[str] = ()) -> Document:
    """Never raises: what cannot be read is among the faults of the document."""
    document = Document(file)
    try:
        loader = _Loader(text, tags)
        root = loader.get_single_node()
        document.faults.extend(loader.faults)
        if root is not None:
            document.value = _Reader(document).read(root, ())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        sentence = f"this is no YAML: {error.problem or error.context}"
        document.faults.append(PlacedFault(_place(mark), sentence))
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, int(error.position)) + 1
        document.faults.append(PlacedFault(Place(line, 1), f"this is no YAML: {error.reason}"))
    except RecursionError:
        document.faults.append(PlacedFault(Place(1, 1), "the file is nested too deeply"))
    return document


class _Loader(yaml.SafeLoader):
    """Composes nodes only; nothing is ever constructed from them."""

    def __init__(self, text: str, tags: Collection[str]) -> None:
        super().__init__(text)
        self.tags = tags
        self.faults: list[PlacedFault] = []

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        place = _place(event.start_mark)
        if isinstance(event, yaml.AliasEvent):
            self.get_event()  # type: ignore[no-untyped-call]
            sentence = f"aliases such as *{event.anchor} are not read; write the value out"
            self.faults.append(PlacedFault(place, sentence))
            return yaml.ScalarNode("", "")
        tag: str | None = getattr(event, "tag", None)
        if tag is not None and tag not in ("!", *self.tags):
            short = tag.replace("tag:yaml.org,2002:", "!!")
            self.faults.append(PlacedFault(place, f"the tag {short} is not read; leave it out"))
        return super().compose_node(parent, index)


@dataclass
class _Reader:
    document: Document

    def read(self, node: yaml.Node, path: FaultPath) -> JsonValue:
        self.document.values[path] = _place(node.start_mark)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.read(item, (*path, index)) for index, item in enumerate(node.value)]
        text = self._text(node)
        plain = isinstance(node, yaml.ScalarNode) and node.style is None
        return scalar(text) if plain else text

    def _text(self, node: yaml.Node) -> str:
        """No file, key or bucket can be named by half a character; JSON escapes may write one."""
        text = str(node.value)
        if _HALF.search(text):
            sentence = "this text has halves of characters (\\ud800 to \\udfff); write them whole"
            self._fault(_place(node.start_mark), sentence)
        return _HALF.sub("\ufffd", text)

    def _mapping(self, node: yaml.MappingNode, path: FaultPath) -> JsonValue:
        mapping: dict[str, JsonValue] = {}
        for key, value in node.value:
            place = _place(key.start_mark)
            if not isinstance(key, yaml.ScalarNode):
                self._fault(place, "a key must be a single text")
            elif (name := self._text(key)) in mapping:
                line = self.document.keys[*path, name].line
                self._fault(place, f"the key '{name}' is already on line {line}")
            else:
                self.document.keys[*path, name] = place
                mapping[name] = self.read(value, (*path, name))
        return mapping

    def _fault(self, place: Place, sentence: str) -> None:
        self.document.faults.append(PlacedFault(place, sentence))


def scalar(text: str) -> JsonValue:
    """A plain scalar's value.

    >>> scalar("NO"), scalar("1:30"), scalar("007"), scalar("0.5"), scalar("true")
    ('NO', '1:30', '007', 0.5, True)
    """
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.match(text):
        return int(text)
    if _FLOAT.match(text):
        number = float(text)
        return number if math.isfinite(number) else text
    return text


def _place(mark: yaml.Mark | None) -> Place:
    return Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)
