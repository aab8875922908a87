"""An object as a person names it: ``s3://bucket/key``."""

from __future__ import annotations

from dataclasses import dataclass

from wearline_cli.environments import CommandError

SCHEME = "s3://"


class NotAnObject(CommandError):
    """A text that names no object."""

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__(f"'{text}' names no object; write s3://bucket/key.")


@dataclass(frozen=True, slots=True)
class Location:
    """A key of a bucket, exactly as S3 has it: nothing is quoted."""

    bucket: str
    key: str

    def __str__(self) -> str:
        return f"{SCHEME}{self.bucket}/{self.key}"


def location(text: str) -> Location:
    """Raises NotAnObject."""
    bucket, _, key = text.removeprefix(SCHEME).partition("/")
    if not text.startswith(SCHEME) or not bucket or not key:
        raise NotAnObject(text)
    return Location(bucket, key)
