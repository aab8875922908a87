"""What is wrong with a study configuration, and where."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile

FaultPath = tuple[str | int, ...]
_LONG_LIST = 8


@dataclass(frozen=True)
class Fault:
    """One thing to mend. `path` leads from the top of the file to it, through keys and indices."""

    path: FaultPath
    sentence: str
    nearest: str | None = None
    on_key: bool = False

    def below(self, *path: str | int) -> Fault:
        """The same fault, seen from further up."""
        return Fault((*path, *self.path), self.sentence, self.nearest, self.on_key)


def unknown(
    path: FaultPath, what: str, word: str, known: Iterable[str], *, on_key: bool = False
) -> Fault:
    """A word that is none of the known ones, with the nearest."""
    words = sorted(known)
    nearest = nearest_word(word, words)
    listed = f"; known are {', '.join(words)}" if words and nearest is None else ""
    return Fault(path, f"'{word}' is no {what}{listed}", nearest, on_key)


def one_of(words: Sequence[str], nearest: str | None) -> str:
    """What was expected, in full unless the list is long and the nearest word says enough."""
    if nearest is not None and len(words) > _LONG_LIST:
        return f"one of {len(words)} words"
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def nearest_word(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant; letter case costs nothing.

    Of words equally near it is the one that begins alike: a misspelt left must not become right.

    >>> nearest_word("lwirst", ["rwirst", "lwrist"])
    'lwrist'
    """
    folded = {candidate.casefold(): candidate for candidate in known}
    meant = word.casefold()

    def nearness(candidate: str) -> tuple[float, int]:
        ratio = difflib.SequenceMatcher(None, meant, candidate).ratio()
        alike = takewhile(lambda pair: pair[0] == pair[1], zip(meant, candidate, strict=False))
        return round(ratio, 2), len(list(alike))

    near = difflib.get_close_matches(meant, folded, n=5, cutoff=0.6)
    return folded[max(near, key=nearness)] if near else None
