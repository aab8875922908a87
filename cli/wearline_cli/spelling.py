"""The subject that was probably meant, where one is written in two ways."""

from __future__ import annotations

from collections.abc import Iterable

from rapidfuzz import process
from rapidfuzz.distance import OSA, Prefix

NEAR = 50


def nearest_subject(subject: str, known: Iterable[str]) -> str | None:
    """The subject that was probably meant, of any number of them; letter case costs nothing.

    Of those equally near it is the one that begins alike longest.
    """
    near = process.extract(
        subject,
        known,
        scorer=OSA.normalized_similarity,
        processor=str.casefold,
        limit=NEAR,
        score_cutoff=0.6,
    )
    return max(
        (name for name, *_ in near),
        key=lambda name: (
            round(OSA.normalized_similarity(subject.casefold(), name.casefold()), 2),
            Prefix.similarity(subject.casefold(), name.casefold()),
        ),
        default=None,
    )
