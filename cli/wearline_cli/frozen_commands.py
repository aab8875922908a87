"""``wearline results freeze``, ``releases``, ``diff`` and ``discard``: what never changes again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click
from rich.text import Text

from wearline_cli.auditing import audited
from wearline_cli.environments import CommandError, Environment, environment
from wearline_cli.options import console, counted, env_option, json_option, print_json

if TYPE_CHECKING:
    from wearline_analysis.differences import Difference, RunChange
    from wearline_analysis.releases import Release, Releases
    from wearline_cli.versions import Kept

MOST_RUNS = 100


class ReleaseNamesWanted(CommandError):
    """The study cannot be told from the names of two releases."""

    def __init__(self, names: tuple[str, ...], studies: list[str]) -> None:
        self.names, self.studies = names, studies
        found = f"Both are in: {', '.join(studies)}." if studies else "No study has both."
        super().__init__(
            f"Which study are {' and '.join(names)} of? {found}"
            " Say wearline results diff STUDY NAME1 NAME2."
        )


class StillLocked(CommandError):
    """A lock keeps versions of a release that is to be discarded."""

    def __init__(self, name: str, kept: Sequence[Kept]) -> None:
        self.name, self.kept = name, kept
        until = max((each.until or "" for each in kept), default="") or "their lock is lifted"
        super().__init__(
            f"{len(kept)} versions of release {name} are locked until {until}, and are kept."
            " Discard it again then."
        )


@click.command("freeze")
@click.argument("study")
@click.argument("name")
@env_option
@json_option
def freeze(study: str, name: str, env: str, as_json: bool) -> None:
    """Pin what counts of STUDY now as release NAME, which never changes."""
    from wearline_analysis.freezing import freeze as frozen

    there = environment(env)
    row = there.study(study)
    with console.status("Freezing ..."), audited(there, study, "freeze", release=name) as told:
        release = frozen(there, row, there.configuration(row), name)
        told["manifest_sha256"] = release.sha256
    if as_json:
        print_json(_summary(release))
        return
    place = f"s3://{release.releases.bucket}/{release.releases.place(name)}"
    console.print(
        Text(f"{_of_runs(release)}: {place}"),
        soft_wrap=True,
    )
    console.print(f"To cite: manifest {release.sha256}", soft_wrap=True)


@click.command("releases")
@click.argument("study")
@env_option
@json_option
def releases(study: str, env: str, as_json: bool) -> None:
    """List the releases of STUDY."""
    there = _releases(environment(env), study)
    found = [_summary(there.release(name)) for name in there.names()]
    if as_json:
        print_json(found)
    elif not found:
        console.print(f"{study} has no releases. Make one: wearline results freeze {study} NAME")
    for each in found if not as_json else ():
        runs = counted(each["runs"], "run")
        console.print(
            f"{each['release']}  {each['frozen']}  {runs}  manifest {each['sha256']}",
            soft_wrap=True,
        )


@click.command("diff")
@click.argument("names", nargs=-1, required=True, metavar="[STUDY] NAME1 NAME2")
@env_option
@json_option
def diff(names: tuple[str, ...], env: str, as_json: bool) -> None:
    """Say what changed from release NAME1 to NAME2, and why."""
    from wearline_analysis.differences import difference

    if len(names) not in (2, 3):
        raise click.UsageError("Give two releases, and their study before them.")
    there = environment(env)
    of = _releases(there, names[0] if len(names) == 3 else _study_of(there, names))
    with console.status("Comparing ..."):
        found = difference(of.release(names[-2]), of.release(names[-1]))
    if as_json:
        print_json(asdict(found))
    else:
        for line in lines(found):
            console.print(Text(line), soft_wrap=True)


@click.command("discard")
@click.argument("study")
@click.argument("name")
@click.option("--confirm", is_flag=True, help="Do it. Without this, only show what would be done.")
@env_option
def discard(study: str, name: str, env: str, *, confirm: bool) -> None:
    """Remove release NAME of STUDY for ever, such as for a person who has withdrawn."""
    at = environment(env)
    there = _releases(at, study)
    stored = there.stored(name)
    if not confirm:
        held = _held(there, name, len(stored))
        console.print(f"Would remove {held}. To do it: add --confirm", soft_wrap=True)
        return
    with audited(at, study, "discard", release=name, **_cited(there, name)) as told:
        done = there.discard(name)
        told["versions"] = done.removed
    console.print(f"Removed {done.removed} versions of files.")
    if done.kept:
        raise StillLocked(name, done.kept)


def _of_runs(release: Release) -> str:
    runs, tables = counted(len(release.manifest.runs), "run"), counted(len(release.tables), "table")
    return f"{runs}, {tables}"


def _held(there: Releases, name: str, versions: int) -> str:
    """What a release is, for somebody who thinks of discarding it."""
    if name not in there.names():
        return f"{versions} versions of files: no release, a freeze is under way or broke off"
    told = there.release(name).manifest
    files, runs = counted(len(told.files), "file"), counted(len(told.runs), "run")
    return f"{files} of {runs}; its name stays taken"


def _cited(there: Releases, name: str) -> dict[str, str]:
    frozen_ = name in there.names()
    return {"manifest_sha256": there.release(name).sha256} if frozen_ else {}


def lines(found: Difference) -> Iterator[str]:
    """The difference for a person: the rule, the runs, rows, and the columns that moved."""
    if not (found.rule or found.runs or found.tables or found.columns):
        yield f"Nothing changed from {found.before} to {found.after}."
        return
    for each in found.rule:
        yield f"Rule of valid days: {each}"
    for kind in ("replaced", "added", "removed"):
        yield from _run_lines(kind, [run for run in found.runs if run.kind == kind])
    for table in found.tables:
        gone, came = table.only_before, table.only_after
        yield f"{table.table}: {gone} rows only in {found.before}, {came} only in {found.after}"
    for column in found.columns:
        most = "" if column.largest is None else f", at most by {column.largest:.4g}"
        yield f"{column.table}.{column.column} moved in {column.rows} rows{most}"


def _run_lines(kind: str, runs: list[RunChange]) -> Iterator[str]:
    if runs:
        yield f"{len(runs)} results {kind}:"
    for run in runs[:MOST_RUNS]:
        ids = " → ".join(each[:12] for each in (run.before, run.after) if each)
        yield f"  {run.file} {run.pipeline} ({ids}): {'; '.join(run.why)}"
    if len(runs) > MOST_RUNS:
        yield f"  and {len(runs) - MOST_RUNS} more; --json names all."


def _summary(release: Release) -> dict[str, Any]:
    told = release.manifest
    return {
        "release": told.release,
        "frozen": told.frozen,
        "runs": len(told.runs),
        "tables": release.tables,
        "sha256": release.sha256,
    }


def _releases(there: Environment, study: str) -> Releases:
    from wearline_analysis.releases import Releases

    row = there.study(study)
    return Releases(there, row, there.configuration(row))


def _study_of(there: Environment, names: Iterable[str]) -> str:
    """The one study that has both releases."""
    wanted = tuple(names)
    studies = [row.study for row in there.ledger.studies()]
    found = [each for each in studies if set(wanted) <= set(_releases(there, each).names())]
    if len(found) != 1:
        raise ReleaseNamesWanted(wanted, found)
    return found[0]
