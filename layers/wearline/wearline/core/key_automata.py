"""Key templates as finite automata: do two of them share a key, and where does a key stop fitting?

Both answers are exact.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from wearline.core.key_dates import DateFormat
from wearline.core.keys import Field, KeyTemplate, Literal, by_rest, spellings

_PREFERRED = "xyzuvw0123456789abcdefghijklmnopqrst"


@dataclass(frozen=True)
class Characters:
    """A set of characters, or every character outside of it."""

    members: frozenset[str]
    excluded: bool = False

    def __contains__(self, character: str) -> bool:
        return (character in self.members) != self.excluded

    def common(self, other: Characters) -> str | None:
        """A character in both, small letters first."""
        for one, another in ((self, other), (other, self)):
            if not one.excluded:
                shared = [character for character in one.members if character in another]
                return min(shared, key=lambda c: (c.isupper(), c), default=None)
        return next(
            character for character in _PREFERRED if character in self and character in other
        )


NOT_SLASH = Characters(frozenset("/"), excluded=True)
ANYTHING = Characters(frozenset(), excluded=True)


@dataclass
class Automaton:
    """Node 0 is the start.

    `expected` says for each node what would lead on from it, and `depth` how many characters of
    the template lie before it, each field counted as one.
    """

    edges: list[list[tuple[Characters, int]]] = field(default_factory=lambda: [[]])
    expected: list[str] = field(default_factory=lambda: [""])
    depth: list[int] = field(default_factory=lambda: [0])
    final: int = 0
    ignore_case: bool = False

    def step(self, nodes: Iterable[int], character: str) -> set[int]:
        return {to for node in nodes for accepted, to in self.edges[node] if character in accepted}

    def connect(self, origin: int, accepted: Characters, target: int) -> None:
        self.edges[origin].append((accepted, target))

    def add_literal(self, text: str) -> None:
        for position, character in enumerate(text):
            self.expected[self.final] = f"'{text[position:]}'"
            target = self._node(self.final, 1)
            self.connect(self.final, Characters(spellings(character, self.ignore_case)), target)
            self.final = target

    def add_repeated(self, accepted: Characters, expected: str) -> None:
        """One or more of these characters."""
        self.expected[self.final] = expected
        target = self._node(self.final, 1)
        self.connect(self.final, accepted, target)
        self.connect(target, accepted, target)
        self.final = target

    def add_date(self, form: DateFormat, expected: str) -> None:
        self.expected[self.final] = expected
        variants = form.variants()
        end = self._node(self.final, sum(len(texts[0]) for texts in variants[0]))
        for variant in variants:
            node = self.final
            for part, texts in enumerate(variant, start=1):
                last = part == len(variant)
                target = end if last else self._node(node, len(texts[0]), expected)
                self._add_choice(node, texts, target)
                node = target
        self.final = end

    def _add_choice(self, origin: int, texts: list[str], end: int) -> None:
        """One of several texts of equal length, sharing their beginnings and their ends."""
        for rest, firsts in by_rest(texts).items():
            target = end if rest == ("",) else self._node(origin, 1, self.expected[origin])
            spelt = [spellings(first, self.ignore_case) for first in firsts]
            self.connect(origin, Characters(frozenset().union(*spelt)), target)
            if target != end:
                self._add_choice(target, list(rest), end)

    def _node(self, after: int, distance: int, expected: str = "") -> int:
        self.edges.append([])
        self.expected.append(expected)
        self.depth.append(self.depth[after] + distance)
        return len(self.edges) - 1


@lru_cache(maxsize=256)
def automaton(template: KeyTemplate) -> Automaton:
    """The automaton that accepts what the template matches. Shared: it is only to be read."""
    built = Automaton(ignore_case=template.ignore_case)
    for token in template.tokens:
        if isinstance(token, Literal):
            built.add_literal(token.text)
        elif isinstance(token, Field):
            built.add_repeated(NOT_SLASH, f"{{{token.name}}}")
        else:
            built.add_date(token.format, f"{{{token.name}:{token.format.text}}}")
    return built


def below(prefix: str) -> Automaton:
    """Accepts every key that starts with the prefix and goes on."""
    built = Automaton()
    built.add_literal(prefix)
    built.add_repeated(ANYTHING, "more")
    return built


def common_key(one: Automaton, other: Automaton) -> str | None:
    """A shortest key that both accept, or None if there is none: a search of their product."""
    goal = (one.final, other.final)
    texts = {(0, 0): ""}
    waiting = deque(texts)
    while waiting:
        pair = waiting.popleft()
        if pair == goal:
            return texts[pair]
        for accepted, first in one.edges[pair[0]]:
            for also_accepted, second in other.edges[pair[1]]:
                character = accepted.common(also_accepted)
                if character is not None and (first, second) not in texts:
                    texts[first, second] = texts[pair] + character
                    waiting.append((first, second))
    return None


@dataclass(frozen=True)
class Miss:
    """How far a key fits a template that does not accept it; `share` of the template, 0 to 1."""

    fits: str
    expected: str
    found: str
    share: float

    def __str__(self) -> str:
        after = f"after '{self.fits}'" if self.fits else "at its start"
        found = f"'{self.found}'" if self.found else "nothing more"
        return f"{after} it needs {self.expected or 'the end of the key'} and has {found}"


def nearest_miss(template: KeyTemplate, key: str) -> Miss:
    """Where a key that the template does not match leaves it."""
    built = automaton(template)
    nodes, furthest, position = {0}, 0, 0
    for read, character in enumerate(key, start=1):
        nodes = built.step(nodes, character)
        deepest = max(nodes, key=built.depth.__getitem__, default=0)
        repeats = deepest == furthest and any(to == furthest for _, to in built.edges[furthest])
        if repeats or built.depth[deepest] > built.depth[furthest]:
            furthest, position = deepest, read
    share = built.depth[furthest] / built.depth[built.final]
    return Miss(key[:position], built.expected[furthest], key[position:], share)
