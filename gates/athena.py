# ruff: noqa: E501  lines of a template
"""Writes infra/athena.yaml: Glue tables over the releases of a study, from the tables' columns.

``python -m gates.athena``
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from wearline_analysis import dictionary, subject_visit
from wearline_analysis.dictionary import Column

FILE: Final = Path(__file__).parents[1] / "infra" / "athena.yaml"
TYPES: Final = {
    "string": "string", "integer": "bigint", "number": "double", "boolean": "boolean",
    "instant": "timestamp",
}  # fmt: skip
# Of `recording` a column is called release already.
PARTITION: Final = "release_name"

HEAD: Final = """\
# Glue tables over the releases of one study, so that Athena asks them where they lie. A stack of
# its own: aws cloudformation deploy --template-file infra/athena.yaml --stack-name NAME
# --parameter-overrides Environment=ENV Study=STUDY Results=s3://BUCKET/PREFIX
# Written by python -m gates.athena from the columns of the tables; see docs/analysis.md.
AWSTemplateFormatVersion: "2010-09-09"
Description: SQL over the releases of a Wearline study
Parameters:
  Environment: {Type: String, Description: Name of its environment}
  Study: {Type: String, AllowedPattern: "[a-z]([a-z0-9-]*[a-z0-9])?", Description: Name of the study}
  Results: {Type: String, AllowedPattern: "s3://[^/]+(/.+)?[^/]", Description: Where its results lie without the last slash}
Resources:
  Database:
    Type: AWS::Glue::Database
    Properties:
      CatalogId: !Ref AWS::AccountId
      DatabaseInput: {Name: !Sub "wearline-${Environment}-${Study}", Description: !Sub "Releases of study ${Study} in ${Environment}"}
"""
TABLE: Final = """\
  {logical}:
    Type: AWS::Glue::Table
    Properties:
      CatalogId: !Ref AWS::AccountId
      DatabaseName: !Ref Database
      TableInput:
        Name: {name}
        TableType: EXTERNAL_TABLE
        Parameters:
          classification: parquet
          projection.enabled: "true"
          projection.{partition}.type: injected
          storage.location.template: !Sub "${{Results}}/releases/${{!{partition}}}/tables/{name}/"
        PartitionKeys: [{{Name: {partition}, Type: string}}]
        StorageDescriptor:
          Location: !Sub "${{Results}}/releases/"
          InputFormat: org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat
          OutputFormat: org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat
          SerdeInfo: {{SerializationLibrary: org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe}}
          Columns:
{columns}
"""


def tables() -> dict[str, tuple[Column, ...]]:
    """Every table of a release, for steps with their default parameters."""
    written = {
        name: (*dictionary.KEYS, *columns, *dictionary.STANDING)
        for name, columns in dictionary.TABLES.items()
    }
    return {**written, subject_visit.NAME: subject_visit.schema()}


def text() -> str:
    return HEAD + "".join(_table(name, columns) for name, columns in tables().items())


def _table(name: str, columns: Iterable[Column]) -> str:
    logical = "".join(part.capitalize() for part in name.split("_"))
    return TABLE.format(
        logical=logical, name=name, partition=PARTITION, columns="\n".join(_lines(columns))
    )


def _lines(columns: Iterable[Column]) -> Iterator[str]:
    """Several columns a line: a template has to be short enough to be looked at."""
    told = ", ".join(f"{{Name:~{each.name},~Type:~{TYPES[each.kind]}}}" for each in columns)
    lines = textwrap.wrap(f"[{told}]", 300, break_long_words=False, break_on_hyphens=False)
    yield from (f"            {line.replace('~', ' ')}" for line in lines)


if __name__ == "__main__":
    FILE.write_text(text(), "utf-8")
