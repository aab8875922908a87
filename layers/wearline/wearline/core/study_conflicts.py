"""Keys that two studies claim: a study sees only itself, so this is for whoever deploys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from wearline.core.faults import Fault, FaultPath
from wearline.core.key_automata import automaton, below, common_key
from wearline.core.study import StudyConfiguration


def conflict_faults(
    study: StudyConfiguration, others: Iterable[StudyConfiguration]
) -> Iterator[Fault]:
    """Keys of `study` that another study claims, and results that would meet its files."""
    for other in others:
        if other.study != study.study:
            yield from _claimed_keys(study, other)
            yield from _mixed_results(study, other)


def _claimed_keys(study: StudyConfiguration, other: StudyConfiguration) -> Iterator[Fault]:
    for name, files in study.files.items():
        for theirs, claimed in other.files.items():
            if set(study.buckets_of(files)) & set(other.buckets_of(claimed)):
                key = common_key(automaton(files.template), automaton(claimed.template))
                if key is not None:
                    owner = f"files.{theirs} of the study {other.study}"
                    yield Fault(("files", name, "key"), f"{owner} claims keys such as '{key}' too")


def _mixed_results(study: StudyConfiguration, other: StudyConfiguration) -> Iterator[Fault]:
    mine, theirs = study.results, other.results
    nested = mine.prefix.startswith(theirs.prefix) or theirs.prefix.startswith(mine.prefix)
    if mine.bucket == theirs.bucket and nested:
        sentence = f"the study {other.study} writes its results to {theirs.prefix} of this bucket"
        yield Fault(("results", "prefix"), sentence)
    for name, key in _results_matched(study, other):
        path: FaultPath = ("files", name, "key")
        yield Fault(path, f"this matches results of the study {other.study}, such as '{key}'")
    for name, key in _results_matched(other, study):
        owner = f"files.{name} of the study {other.study}"
        yield Fault(("results", "prefix"), f"{owner} matches results here, such as '{key}'")


def _results_matched(
    owner: StudyConfiguration, writer: StudyConfiguration
) -> Iterator[tuple[str, str]]:
    """The patterns of one study that match results of another, with an example."""
    for name, files in owner.files.items():
        if writer.results.bucket in owner.buckets_of(files):
            key = common_key(automaton(files.template), below(writer.results.prefix))
            if key is not None:
                yield name, key
