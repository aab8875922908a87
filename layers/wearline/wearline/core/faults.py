"""What is wrong with a study configuration, and where."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Fault:
    """One thing to mend. `path` leads from the top of the file to it, through keys and indices."""

    path: Path
    sentence: str
    nearest: str | None = None
    on_key: bool = False

    def below(self, *path: str | int) -> Fault:
        """The same fault, seen from further up."""
        return Fault((*path, *self.path), self.sentence, self.nearest, self.on_key)


def unknown(
    path: Path, what: str, word: str, known: Iterable[str], *, on_key: bool = False
) -> Fault:
    """A word that is none of the known ones, with the nearest."""
    words = sorted(known)
    nearest = nearest_word(word, words)
    listed = f"; known are {', '.join(words)}" if words and nearest is None else ""
    return Fault(path, f"'{word}' is no {what}{listed}", nearest, on_key)


def nearest_word(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant; letter case costs nothing."""
    folded = {candidate.casefold(): candidate for candidate in known}
    near = difflib.get_close_matches(word.casefold(), folded, n=1, cutoff=0.6)
    return folded[near[0]] if near else None
