"""What can go wrong between a study's results and a table: one sentence each."""

from __future__ import annotations

from wearline_cli.environments import CommandError


class AnalysisError(CommandError):
    """Something about a study's results that a person must know; exit status 1."""


class ResultAltered(AnalysisError):
    """A file of a run is not what its ``run.json`` says, or ``run.json`` not what was recorded."""

    def __init__(self, run_id: str, name: str, why: str) -> None:
        self.run_id, self.name, self.why = run_id, name, why
        super().__init__(
            f"{name} of run {run_id[:12]} is not what was recorded of it ({why})."
            " Nothing was read from it. See wearline problems, and restore the version that was."
        )


class NoSuchTable(AnalysisError):
    """No run that counts wrote this table."""

    def __init__(self, table: str, known: list[str]) -> None:
        self.table, self.known = table, known
        there = f"There are: {', '.join(known)}." if known else "No run has written any yet."
        super().__init__(f"No run wrote a table {table}. {there}")


class QueryRefused(AnalysisError):
    """A query that DuckDB refused, or that is none."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(f"The query was not run: {why}")


class TablesDisagree(AnalysisError):
    """Runs wrote a column of one table with types that have nothing in common."""

    def __init__(self, table: str, why: str) -> None:
        self.table, self.why = table, why
        super().__init__(
            f"The runs of table {table} cannot be laid under each other: {why}."
            " They were made by different algorithms of your own; give the tables two names."
        )


class ReleaseNameUnfit(AnalysisError):
    """A release cannot have this name."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(
            f"A release cannot be named {name!r}: take small letters, digits, dots and hyphens,"
            " 64 at most, such as 2024-06-interim."
        )


class ReleaseExists(AnalysisError):
    """The name is taken: a release never changes."""

    def __init__(self, study: str, name: str, why: str) -> None:
        self.study, self.name, self.why = study, name, why
        super().__init__(
            f"Study {study} has no room for a release {name}: {why}. Take another name."
        )


class NoSuchRelease(AnalysisError):
    """The study has no release of this name."""

    def __init__(self, study: str, name: str, known: list[str]) -> None:
        self.study, self.name, self.known = study, name, known
        there = f"There are: {', '.join(known)}." if known else "None is frozen yet."
        super().__init__(f"Study {study} has no release {name}. {there}")


class ReleaseAltered(AnalysisError):
    """A file of a release is not what its manifest says."""

    def __init__(self, name: str, file: str, why: str) -> None:
        self.name, self.file, self.why = name, file, why
        super().__init__(
            f"{file} of release {name} is not what its manifest says ({why})."
            " Nothing was read from it. Restore the version that was frozen."
        )
