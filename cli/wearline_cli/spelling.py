"""The name that was probably meant, where one is written in two ways.

By the optimal string alignment: a character too many, too few, another or swapped is one step,
and letter case costs nothing. Of names equally near it is the one that begins alike longest,
then the first by alphabet, so that one study has one answer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from rapidfuzz import process
from rapidfuzz.distance import OSA, Prefix

NEAR = 0.6
# Names that one is compared with, of however many.
MOST = 1000


def nearest_subject(subject: str, known: Iterable[str]) -> str | None:
    """The subject that was probably meant, compared with each that is known."""
    names = sorted(known)
    return _nearest(subject.casefold(), [each.casefold() for each in names], names)


class Spellings:
    """Very many names, to find the nearest of each of very many others.

    Where they are more than MOST, a name is compared with those that differ by one step, and with
    those that share its rarest runs of three characters: what differs in several places is among
    them nearly always.
    """

    def __init__(self, known: Iterable[str]) -> None:
        self._names = sorted(known)
        self._folded = [each.casefold() for each in self._names]
        self._alphabet = sorted(set().union(*self._folded))
        self._numbers: defaultdict[str, list[int]] = defaultdict(list)
        for number, folded in enumerate(self._folded):
            self._numbers[folded].append(number)
        self._holders: defaultdict[str, list[int]] = defaultdict(list)
        for number, folded in enumerate(self._folded):
            for run in _runs(folded):
                self._holders[run].append(number)

    def nearest(self, name: str) -> str | None:
        """The one that was probably meant, if any is like it."""
        meant = name.casefold()
        near = self._like(meant)
        folded = [self._folded[each] for each in near]
        return _nearest(meant, folded, [self._names[each] for each in near])

    def _like(self, meant: str) -> Sequence[int]:
        if len(self._names) <= MOST:
            return range(len(self._names))
        one_step = (self._numbers[each] for each in self._one_step(meant) if each in self._numbers)
        found = {number for numbers in one_step for number in numbers}
        holders = (self._holders[run] for run in _runs(meant) if run in self._holders)
        for numbers in sorted(holders, key=len):
            if found and len(found) + len(numbers) > MOST:
                break
            found.update(numbers)
        return sorted(found)

    def _one_step(self, name: str) -> Iterator[str]:
        """What a character too many, too few, another or swapped makes of a name."""
        yield name
        for at in range(len(name) + 1):
            before, after = name[:at], name[at:]
            yield before + after[1:]
            yield before + after[1:2] + after[:1] + after[2:]
            for character in self._alphabet:
                yield before + character + after
                yield before + character + after[1:]


def _runs(folded: str) -> set[str]:
    """Every three characters in a row; its first and last ones are in runs of their own."""
    whole = f"\2\2{folded}\3\3"
    return {whole[at : at + 3] for at in range(len(whole) - 2)}


def _nearest(meant: str, folded: Sequence[str], names: Sequence[str]) -> str | None:
    """Of names in order of the alphabet, beside how they are with their case folded."""
    nearness = OSA.normalized_similarity
    best = process.extractOne(meant, folded, scorer=nearness, score_cutoff=NEAR)
    if best is None:
        return None
    least = best[1] - 0.01  # a cutoff is not kept to the last digit
    close = process.extract(meant, folded, scorer=nearness, score_cutoff=least, limit=None)
    return names[-max((score, Prefix.similarity(meant, each), -at) for each, score, at in close)[2]]
