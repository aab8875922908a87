"""What is left of a ZIP archive that was cut off.

The directory of an archive stands at its end and is gone; the header before each member is not
(APPNOTE.TXT 4.3.7). Members that lie whole before the cut, and the beginning of the one that it
goes through, can be read. A whole one must have the checksum of its header, as in any archive.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO

from wearline_processor.readers.archive import check_size

_HEADER = struct.Struct("<4s5H3I2H")
_MARK, _UNKNOWN, _ENCRYPTED, _SIZE_FOLLOWS = b"PK\x03\x04", 0xFFFFFFFF, 1, 8
_STORED, _DEFLATED = 0, 8
_LONG_SIZES = 1  # the extra field that holds sizes of eight bytes
_READ = 1 << 18
_MOST_MEMBERS = 1000


@dataclass(frozen=True, slots=True)
class _Member:
    """Where a member's bytes begin, how many there are, and the CRC-32 of what they unpack to;
    None where only the member's end tells."""

    name: str
    method: int
    begin: int
    size: int | None
    crc: int | None


class CutArchive:
    """The members of an archive without a directory, by name. Raises zipfile.BadZipFile.

    Of `zipfile.ZipFile` it has what reading needs. `is_whole` tells which members lie before
    the cut; reading one of these to its end raises BadZipFile where its checksum fails.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self._bytes = path.stat().st_size
        self._members = {member.name: member for member in self._walk()}
        if not self._members:
            self._file.close()
            raise zipfile.BadZipFile("no member of an archive")

    def __enter__(self) -> CutArchive:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._file.close()

    def namelist(self) -> list[str]:
        return list(self._members)

    def is_whole(self, name: str) -> bool:
        member = self._members.get(name)
        if member is None or member.size is None or member.crc is None:
            return False
        return member.begin + member.size <= self._bytes

    def open(self, name: str) -> IO[bytes]:
        """The bytes of a member, up to the cut."""
        member = self._members[name]
        end = self._bytes if member.size is None else min(member.begin + member.size, self._bytes)
        crc = member.crc if self.is_whole(name) else None
        stream = _Stream(self._file, member, end, self._bytes, crc)
        return io.BufferedReader(stream, _READ)

    def _walk(self) -> list[_Member]:
        found: list[_Member] = []
        at: int | None = 0
        while at is not None and len(found) < _MOST_MEMBERS:
            member = self._member(at)
            if member is None:
                break
            found.append(member)
            at = None if member.size is None else member.begin + member.size
        return found

    def _member(self, at: int) -> _Member | None:
        self._file.seek(at)
        header = self._file.read(_HEADER.size)
        if len(header) < _HEADER.size or not header.startswith(_MARK):
            return None
        _, _, flags, method, _, _, crc, packed, _, name_size, extra_size = _HEADER.unpack(header)
        name, extra = self._file.read(name_size), self._file.read(extra_size)
        if flags & _ENCRYPTED or method not in (_STORED, _DEFLATED):
            return None
        size = _long_size(extra) if packed == _UNKNOWN else packed
        if flags & _SIZE_FOLLOWS and not size:
            if method == _STORED:
                return None
            size = None
        begin = at + _HEADER.size + name_size + extra_size
        known = None if flags & _SIZE_FOLLOWS else crc
        return _Member(name.decode("utf-8", "replace"), method, begin, size, known)


def _long_size(extra: bytes) -> int | None:
    at = 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<HH", extra, at)
        if kind == _LONG_SIZES and size >= 16 and at + 20 <= len(extra):
            return int(struct.unpack_from("<Q", extra, at + 12)[0])
        at += 4 + size
    return None


class _Stream(io.RawIOBase):
    """The unpacked bytes of a member that may end in the middle; never more than allowed.

    Their end raises BadZipFile where a `crc` is given that is not theirs.
    """

    def __init__(
        self, file: IO[bytes], member: _Member, end: int, file_bytes: int, crc: int | None
    ) -> None:
        super().__init__()
        self._file, self._at, self._end = file, member.begin, end
        self._inflate = zlib.decompressobj(-zlib.MAX_WBITS) if member.method == _DEFLATED else None
        self._file_bytes, self._given = file_bytes, 0
        self._expected, self._crc = crc, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        content = b""
        while not content and (packed := self._packed(len(buffer))) is not None:
            content = self._inflate.decompress(packed, len(buffer)) if self._inflate else packed
        buffer[: len(content)] = content
        self._given += len(content)
        self._crc = zlib.crc32(content, self._crc)
        check_size(self._given, self._file_bytes)
        if not content and self._expected not in (None, self._crc):
            raise zipfile.BadZipFile("the checksum of a member fails")
        return len(content)

    def _packed(self, wanted: int) -> bytes | None:
        """The next bytes as they are packed; None where there are no more."""
        if self._inflate and self._inflate.unconsumed_tail:
            return self._inflate.unconsumed_tail
        if self._at >= self._end or (self._inflate and self._inflate.eof):
            return None
        self._file.seek(self._at)
        packed = self._file.read(min(_READ if self._inflate else wanted, self._end - self._at))
        self._at += len(packed)
        return packed or None
