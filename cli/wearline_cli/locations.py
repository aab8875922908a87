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
    """The scheme may be written in capitals too, as in any URL. Raises NotAnObject."""
    scheme, rest = text[: len(SCHEME)], text[len(SCHEME) :]
    bucket, _, key = rest.partition("/")
    if scheme.lower() != SCHEME or not bucket or not key:
        raise NotAnObject(text)
    return Location(bucket, key)
