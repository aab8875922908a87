"""The README of a release, for whoever finds it without Wearline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wearline_analysis import dictionary, subject_visit

if TYPE_CHECKING:
    from wearline_analysis.manifest import Manifest
    from wearline_analysis.results import Results

_TEXT = """# Release {release} of study {study}

Frozen {frozen} by Wearline {wearline}: the {runs} runs that counted then. It never changes;
what is corrected later is in a later release.

| table | rows | a row is |
|---|---|---|
{tables}

- `tables/NAME/*.parquet`: the tables, rows in order of subject, visit, location, pipeline and file.
  `read_parquet('tables/night/*.parquet')` in DuckDB, `pd.read_parquet('tables/night')` in pandas.
- `dictionary.csv`: every column with its type, unit and meaning. Null means not computed.
- `runs.parquet`: each run with its file, the SHA-256 of the recording, its plan as JSON
  (`identity`) and where the values in it came from (`origin`). {stale} of the runs were stale: a
  correction was known that they had not been computed with.
- `files.parquet`: where every data file stood, also those that did not count, with the reason.
- `study.json`: the study configuration. A day was valid with {min_wear_h:g} hours of wear, and a
  mean of a visit needed {min_days} valid days.
- `manifest.json`: the SHA-256 of every file. To check them all:
  `jq -r '.files[] | "\\(.sha256)  \\(.name)"' manifest.json | sha256sum --check`

Subjects are the study's pseudonyms.
"""


def readme(told: Manifest, results: Results) -> str:
    """Markdown; names of tables come from runs, and are letters, digits and underscores."""
    rows = {table: sum(part.rows or 0 for part in told.parts(table)) for table in told.tables}
    made = {subject_visit.NAME: "a visit and a type of day: means over valid days and nights"}
    meanings = {**dictionary.MEANINGS, **made}
    lines = [
        f"| `{table}` | {count} | {meanings.get(table, 'see the algorithm of the study')} |"
        for table, count in rows.items()
    ]
    return _TEXT.format(
        release=told.release,
        study=told.study,
        frozen=told.frozen,
        wearline=told.wearline,
        runs=len(told.runs),
        tables="\n".join(lines),
        stale=sum(run.stale for run in results.joined.runs),
        min_wear_h=told.valid_day["min_wear_h"],
        min_days=told.valid_day["min_days"],
    )
