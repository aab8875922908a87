"""Opening what is inside of files that others packed, without believing what they claim."""

from __future__ import annotations

import lzma
import struct
import tokenize
import zipfile
import zlib

_FLOOR_BYTES, _MOST_TIMES = 1 << 26, 100

# What zipfile, zlib, numpy and the decoders of others raise over damaged content.
BROKEN = (
    zipfile.BadZipFile,
    lzma.LZMAError,
    struct.error,
    tokenize.TokenError,
    zlib.error,
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
)


class OversizedError(ValueError):
    """Content that would unpack to more than any recording."""


def check_size(size: int, file_bytes: int) -> None:
    """Refuse content more than a hundred times the size of its file (64 MiB are always allowed)."""
    if size < 0 or size > max(_FLOOR_BYTES, _MOST_TIMES * file_bytes):
        raise OversizedError("it claims to hold far more than its size allows")
