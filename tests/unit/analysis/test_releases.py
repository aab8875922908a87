"""A release: whose rows it holds is always known, and what discards it leaves none."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any

import boto3
import pyarrow as pa
import pytest
from click.testing import CliRunner
from moto import mock_aws

from gates import athena
from wearline.core.ledger import FileVersion, ObjectRow, PipelineRow, StudyRow, Unmet
from wearline.core.withdrawal import new_salt, tombstone
from wearline_analysis import dictionary, freezing
from wearline_analysis.errors import NoSuchRelease, ReleaseExists
from wearline_analysis.freezing import freeze
from wearline_analysis.releases import Release, Releases
from wearline_cli import frozen_commands, results_commands
from wearline_cli.environments import Environment
from wearline_cli.main import main

from .finished_study import BUCKET, MOMENT, STUDY, FinishedStudy, configuration

ONE, TWO, THREE = (f"raw/S{number}/V1_wrist.cwa" for number in (1, 2, 3))
A_NIGHT = {"date": "2024-03-11", "worn_min": 1400.0, "asleep_min": 400.0}
NIGHTS: dict[str, Any] = {
    name: [{column.name: A_NIGHT.get(column.name) for column in dictionary.TABLES[name]}]
    for name in ("day", "night")
}
ROW = StudyRow(STUDY, "1", "0" * 64, "", {}, MOMENT, salt=new_salt())


class Frozen:
    """A study whose results lie in S3, and what is done with its releases."""

    def __init__(self, there: Environment, study: FinishedStudy) -> None:
        self.there, self.study = there, study
        self.releases = Releases(there, ROW, configuration())

    def freeze(self, name: str = "interim") -> Release:
        for key, content in self.study.bucket.items():
            self.there.s3.put_object(Bucket=BUCKET, Key=key, Body=content)
        return freeze(self.there, ROW, configuration(), name)

    def withdraw(self, subject: str) -> Releases:
        """The releases as they are read from then on."""
        self.study.tombstones_ = frozenset({tombstone(ROW.salt, subject)})
        return Releases(self.there, ROW, configuration())

    def stored(self, name: str = "interim") -> list[str]:
        """Every version of every file, and every delete marker."""
        prefix = f"results/releases/{name}/"
        found = self.there.s3.list_object_versions(Bucket=BUCKET, Prefix=prefix)
        versions = (*found.get("Versions", []), *found.get("DeleteMarkers", []))
        return sorted(each["Key"].removeprefix(prefix) for each in versions)


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Iterator[Environment]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setenv("WEARLINE_CACHE", str(tmp_path / "cache"))
    with mock_aws():
        found = Environment("dev", boto3.Session(region_name="us-east-1"))
        found.s3.create_bucket(Bucket=BUCKET, ObjectLockEnabledForBucket=True)
        for commands in (frozen_commands, results_commands):
            monkeypatch.setattr(commands, "environment", lambda _name: found)
        monkeypatch.setattr(frozen_commands, "audited", lambda *_, **__: _told())
        monkeypatch.setattr(Environment, "study", lambda *_: ROW)
        monkeypatch.setattr(Environment, "configuration", lambda *_: configuration())
        yield found


class _told(dict[str, Any]):  # noqa: N801  stands where ``audited`` does
    __enter__ = lambda self: self  # noqa: E731
    __exit__ = lambda *_: None  # noqa: E731


@pytest.fixture
def frozen(there: Environment) -> Frozen:
    study = FinishedStudy()
    study.ran(ONE, NIGHTS)
    study.ran(TWO, NIGHTS)
    vars(there)["ledger"] = study
    return Frozen(there, study)


def a_file_that_waits(key: str, subject: str) -> ObjectRow:
    unmet = Unmet("height", subject, None, "missing", f"No height of {subject} is known.")
    version = FileVersion(BUCKET, key, None, "e", 1, MOMENT)
    waits = {"sleep": PipelineRow("waiting", MOMENT, unmet=(unmet,))}
    return ObjectRow(
        STUDY, BUCKET, key, "data", fields={"subject": subject}, version=version, pipelines=waits
    )


def test_who_has_no_run_that_counts_is_found_and_left_out_too(frozen: Frozen) -> None:
    frozen.study.objects_[THREE] = a_file_that_waits(THREE, "S3")
    before = frozen.freeze()
    assert [row["subject"] for row in before.files] == ["S1", "S2", "S3"]
    assert frozen.releases.holding("S3") == ["interim"]
    after = frozen.withdraw("S3").release("interim")
    assert [row["file"] for row in after.files] == [ONE, TWO]
    assert "S3" not in str(after.files)


def test_a_freeze_that_broke_off_says_whose_rows_it_left_and_can_be_removed(
    frozen: Frozen, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = frozen.there.s3.put_object

    def breaks_off_in_the_tables(**put: Any) -> Any:
        if "/tables/night/" in put["Key"]:
            stored(**put)
            raise KeyboardInterrupt
        return stored(**put)

    with monkeypatch.context() as broken:
        broken.setattr(frozen.there.s3, "put_object", breaks_off_in_the_tables)
        with pytest.raises(KeyboardInterrupt):
            frozen.freeze()
    assert "tables/night/0001.parquet" in frozen.stored()
    assert frozen.releases.names() == []
    assert frozen.releases.holding("S1") == ["interim"]
    with pytest.raises(ReleaseExists, match="results discard"):
        frozen.freeze()
    would = CliRunner().invoke(main, ["results", "discard", STUDY, "interim"])
    assert "is under way or broke off" in would.output
    done = CliRunner().invoke(main, ["results", "discard", STUDY, "interim", "--confirm"])
    assert (done.exit_code, frozen.stored()) == (0, [])
    # Nothing was cited by the name, so it is free.
    assert len(frozen.freeze().runs) == 2


@pytest.mark.parametrize("calls", range(4))
def test_a_discard_that_breaks_off_can_be_finished_and_hides_nobody(
    frozen: Frozen, monkeypatch: pytest.MonkeyPatch, calls: int
) -> None:
    frozen.freeze()
    left = [calls]

    def dying(call: Any) -> Any:
        def counted(**asked: Any) -> Any:
            if not left[0]:
                raise KeyboardInterrupt
            left[0] -= 1
            return call(**asked)

        return counted

    with monkeypatch.context() as broken:
        for name in ("delete_objects", "put_object"):
            broken.setattr(frozen.there.s3, name, dying(getattr(frozen.there.s3, name)))
        with pytest.raises(KeyboardInterrupt):
            frozen.releases.discard("interim")
    if any(each.startswith("tables/") for each in frozen.stored()):
        assert frozen.releases.holding("S1") == ["interim"]
    frozen.releases.discard("interim")
    assert set(frozen.stored()) == {"discarded.json"}
    with pytest.raises(ReleaseExists, match="discarded"):
        frozen.freeze()
    with pytest.raises(NoSuchRelease):
        frozen.releases.discard("interim")


def test_a_discard_says_what_a_lock_keeps(frozen: Frozen) -> None:
    frozen.freeze()
    everything = frozen.stored()
    until = "2099-01-02T00:00:00+00:00"
    frozen.there.s3.put_object_retention(
        Bucket=BUCKET,
        Key="results/releases/interim/tables/night/0001.parquet",
        Retention={"Mode": "COMPLIANCE", "RetainUntilDate": until},
    )
    done = CliRunner().invoke(main, ["results", "discard", STUDY, "interim", "--confirm"])
    assert done.exit_code == 1
    # Until when cannot be asked of this S3; the embedded AWS can tell, see the withdrawal's test.
    assert "1 versions of release interim are locked until their lock is lifted" in done.output
    kept = frozen.stored()
    assert set(kept) == {
        "tables/night/0001.parquet", "runs.parquet", "files.parquet", "manifest.json",
    }  # fmt: skip
    assert f"Removed {len(everything) - len(kept)} versions" in done.output
    assert (frozen.releases.names(), frozen.releases.holding("S1")) == (["interim"], ["interim"])


def test_the_dictionary_says_of_each_column_the_type_that_its_file_has(frozen: Frozen) -> None:
    release = frozen.freeze()
    lines = csv.DictReader(release._read("dictionary.csv").decode().splitlines())
    written = {(each["table"], each["column"], each["type"]) for each in lines}
    assert written == {
        (table, field.name, str(field.type))
        for table in release.tables
        for field in release.table(table).schema
    }


def test_glue_has_the_types_that_the_files_have(frozen: Frozen) -> None:
    release = frozen.freeze()
    types = {pa.string(): "string", pa.int64(): "bigint", pa.float64(): "double",
             pa.bool_(): "boolean", pa.timestamp("us", "UTC"): "timestamp"}  # fmt: skip
    assert release.tables == ["day", "night", "subject_visit"]
    for table in release.tables:
        has = {field.name: types[field.type] for field in release.table(table).schema}
        assert has == {each.name: athena.TYPES[each.kind] for each in athena.tables()[table]}


def test_runs_and_files_are_of_one_moment(frozen: Frozen, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = freezing._parts

    def a_file_is_deleted_meanwhile(*asked: Any) -> Any:
        frozen.study.delete(ONE)
        return parts(*asked)

    monkeypatch.setattr(freezing, "_parts", a_file_is_deleted_meanwhile)
    release = frozen.freeze()
    assert [row["file"] for row in release.runs] == [row["file"] for row in release.files]
    assert {row["standing"] for row in release.files} == {"succeeded"}


def test_a_deleted_file_is_told_as_deleted(frozen: Frozen) -> None:
    frozen.study.delete(ONE)
    release = frozen.freeze()
    assert [(row["file"], row["standing"]) for row in release.files] == [
        (ONE, "deleted"), (TWO, "succeeded"),
    ]  # fmt: skip
