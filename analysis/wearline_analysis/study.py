"""A study as a notebook sees it: ``wearline.open("study")``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from botocore.exceptions import BotoCoreError, ClientError

from wearline.core.explanation import Explanation
from wearline.core.ledger import StudyRow
from wearline.core.study import StudyConfiguration
from wearline_analysis.differences import Difference, difference
from wearline_analysis.frames import Form, framed
from wearline_analysis.freezing import freeze
from wearline_analysis.releases import Release, Releases
from wearline_analysis.results import Results
from wearline_cli.auditing import audited
from wearline_cli.environments import CommandError, Environment, environment
from wearline_cli.explain_command import explained
from wearline_cli.locations import Location
from wearline_cli.refusals import sentence
from wearline_cli.standing import files, rows, standing


@dataclass(frozen=True, slots=True)
class Picture:
    """A page of pictures of a recording; a notebook shows it. ``path`` is a file of the cache."""

    subject: str
    visit: str | None
    location: str | None
    file: str
    run: str
    path: Path

    def _repr_png_(self) -> bytes:
        return self.path.read_bytes()


@dataclass(frozen=True, slots=True)
class Explained:
    """Why an object stands where it stands; printed, it reads as ``wearline explain`` does."""

    file: str
    told: Explanation

    def __str__(self) -> str:
        return "\n".join(self._lines())

    __repr__ = __str__

    def _lines(self) -> Iterator[str]:
        yield f"{self.file}: {self.told.what}"
        yield from (f"  {line}" for line in self.told.seen)
        for pipeline in self.told.pipelines:
            yield f"{pipeline.name}: {pipeline.standing}"
            yield from (f"  {line}" for line in pipeline.lines)
        yield from (f"Problem: {problem}" for problem in self.told.problems)
        if self.told.command:
            yield f"To move it on: {self.told.command}"


class Study:
    """A deployed study. What is asked is read then, so that it is as of then.

    >>> import wearline                                              # doctest: +SKIP
    >>> study = wearline.open("parkinson-gait-01", env="local")      # doctest: +SKIP
    >>> study.status()                                               # doctest: +SKIP
    {'waiting': 1, 'ready': 0, 'running': 0, 'succeeded': 8, 'failed': 1, 'excluded': 0}
    >>> nights = study.table("night")                                # doctest: +SKIP
    >>> nights.groupby("subject").asleep_min.mean()                  # doctest: +SKIP
    """

    def __init__(self, there: Environment, name: str) -> None:
        self.name, self.environment = name, there
        self._row: StudyRow = there.study(name)
        self.configuration: StudyConfiguration = there.configuration(self._row)

    def __repr__(self) -> str:
        return f"<Study {self.name} in {self.environment.name}>"

    # ---- how it stands

    def status(self) -> dict[str, int]:
        """How many data files, by pipeline, are in each disposition."""
        found: Any = standing(self._rows()).as_json()["pipelines"]
        return dict(found)

    def files(self, form: Form = "pandas") -> Any:  # noqa: ANN401  the type is that of the form
        """A row for each file and pipeline: its state, since when, why, and its run."""
        lines = [asdict(each) for each in files(self._rows())]
        names = ("bucket", "key", "kind", "pipeline", "state", "since", "reason", "run_id", "stale")
        schema = pa.schema([(name, pa.string()) for name in names])
        return framed(pa.Table.from_pylist(lines, schema), form)

    def explain(self, file: str, bucket: str | None = None) -> Explained:
        """Why a file stands where it stands, from evidence; its key, or ``s3://bucket/key``.

        >>> print(study.explain("raw/US01/S101/V1_lumbar_2024-03-11.csv"))  # doctest: +SKIP
        """
        if file.startswith("s3://"):
            bucket, _, file = file.removeprefix("s3://").partition("/")
        place = Location(bucket or self.configuration.buckets[0].name, file)
        found = explained(self.environment, place, self._row, self.configuration)
        return Explained(file, found)

    # ---- results

    def tables(self, *, history: bool = False) -> list[str]:
        """The tables that there are: those that runs wrote, and ``subject_visit``."""
        return self._results(history=history).names

    def table(self, name: str, form: Form = "pandas", *, history: bool = False) -> Any:  # noqa: ANN401  the type is that of the form
        """A table of all runs that count, as pandas, ``"polars"`` or ``"arrow"``.

        With ``history``, of every run that has a verdict, with the columns ``counts`` and
        ``standing``. Raises NoSuchTable, ResultAltered, TablesDisagree.

        >>> study.table("subject_visit", "polars")                   # doctest: +SKIP
        """
        return framed(self._results(history=history).table(name), form)

    def sql(self, query: str, form: Form = "pandas", *, history: bool = False) -> Any:  # noqa: ANN401  the type is that of the form
        """The answer of one SELECT, in DuckDB's SQL, over all tables. Raises QueryRefused.

        >>> study.sql("select subject, count(*) from night group by all")  # doctest: +SKIP
        """
        with self._results(history=history).asked(query) as queries:
            return framed(queries.table(query), form)

    def pictures(self, subject: str | None = None, visit: str | None = None) -> list[Picture]:
        """The pictures of runs that count, of all or of one subject or visit, in order.

        >>> study.pictures("S101")[0]                                # doctest: +SKIP
        """
        results = self._results()
        found = list(_pictures(results, subject, visit))
        return sorted(found, key=lambda each: (each.subject, each.file, each.path.name))

    # ---- releases

    def releases(self) -> list[str]:
        """The names of the releases."""
        return self._releases().names()

    def release(self, name: str) -> Release:
        """A release: its ``tables``, ``table(name)`` as Arrow, ``readme``, ``runs``, ``sha256``.

        Raises NoSuchRelease, ReleaseAltered.
        """
        return self._releases().release(name)

    def freeze(self, name: str) -> Release:
        """Pin what counts now under a name, for ever. Raises ReleaseExists."""
        with audited(self.environment, self.name, "freeze", release=name) as told:
            release = freeze(self.environment, self._row, self.configuration, name)
            told["manifest_sha256"] = release.sha256
        return release

    def diff(self, before: str, after: str) -> Difference:
        """What changed from one release to another: ``runs`` with every reason, ``columns``."""
        return difference(self.release(before), self.release(after))

    def _rows(self) -> Iterator[Any]:
        return rows(self.environment.ledger, self.configuration)

    def _results(self, *, history: bool = False) -> Results:
        return Results(self.environment, self.configuration, history=history)

    def _releases(self) -> Releases:
        return Releases(self.environment, self._row, self.configuration)


def open_study(name: str, env: str = "local") -> Study:
    """See ``wearline.open``. Raises CommandError for what AWS refuses."""
    try:
        return Study(environment(env), name)
    except (BotoCoreError, ClientError) as refused:
        raise CommandError(sentence(refused)) from refused


def _pictures(results: Results, subject: str | None, visit: str | None) -> Iterator[Picture]:
    runs = {run.run_id: run for run in results.joined.runs}
    for record in results.cache.records():
        recording = record.identity.get("recording", {})
        if subject not in (None, recording.get("subject")):
            continue
        if visit not in (None, recording.get("visit")):
            continue
        for output in record.outputs:
            if output.name.endswith(".png"):
                yield Picture(
                    subject=recording["subject"],
                    visit=recording.get("visit"),
                    location=recording.get("location"),
                    file=record.identity["file"]["key"],
                    run=record.run_id,
                    path=results.cache.file(runs[record.run_id], output),
                )
