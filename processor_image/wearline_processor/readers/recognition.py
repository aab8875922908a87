"""Which format a file holds, by its content: a suffix is only a name.

`recognise` looks at the first kilobytes, and at the directory of a ZIP archive. Formats that
Wearline does not read are named where they are known, so that a data manager sees what was
uploaded in place of a recording.
"""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

from wearline_processor.readers.archive import BROKEN
from wearline_processor.readers.cut_archive import CutArchive

_HEAD = 4096

# The bytes that a format begins with, or that stand at a fixed place in it.
_MARKS = (
    (b"MD\xfc\x03", 0, "axivity", "an Axivity recording"),
    (b"AX\xfc\x01", 1024, "axivity", "an Axivity recording with a damaged header"),
    (b"Device Identity", 0, "geneactiv", "a GENEActiv recording"),
    (b"\x89HDF\r\n\x1a\n", 0, "apdm", "an HDF5 file"),
    (b"GENEA/", 0, None, "a GENEA recording (the predecessor of GENEActiv)"),
    (b"MDTC", 512, None, "a Parmay Matrix recording"),
    (b"\x93NUMPY", 0, None, "a single numpy array (.npy) without times"),
    (b"PAR1", 0, None, "a Parquet table"),
    (b"\x1f\x8b", 0, None, "a gzip archive"),
    (b"7z\xbc\xaf", 0, None, "a 7-Zip archive"),
    (b"Rar!", 0, None, "a RAR archive"),
    (b"\xd0\xcf\x11\xe0", 0, None, "an old Office document"),
    (b"%PDF-", 0, None, "a PDF document"),
    (b"{\\rtf", 0, None, "a text document"),
    (b"\x89PNG", 0, None, "a picture"),
    (b"\xff\xd8\xff", 0, None, "a picture"),
    (b"<?xml", 0, None, "an XML document"),
    (b"<!DOCTYPE", 0, None, "a web page"),
    (b"<html", 0, None, "a web page"),
)


@dataclass(frozen=True, slots=True)
class Recognised:
    """`format` is the name that a study configuration uses, None for what is not read; `what` says
    it in words, with an article. A damaged archive cannot be looked into."""

    format: str | None
    what: str
    damaged: bool = False


def recognise(path: Path) -> Recognised:
    """Recognise the content of a file; never raises about content."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    return _archive(path) if head.startswith(b"PK") else _by_head(head)


def _by_head(head: bytes) -> Recognised:
    for mark, at, name, what in _MARKS:
        if head.startswith(mark, at):
            return Recognised(name, what)
    if head.startswith(b"Obj\x01"):
        return _avro(head)
    return _text(head) if head else Recognised(None, "empty")


def _archive(path: Path) -> Recognised:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except BROKEN:
        return _cut_archive(path)
    if "info.txt" in names and ("log.bin" in names or "activity.bin" in names):
        return Recognised("gt3x", "an ActiGraph .gt3x recording")
    if any(name.endswith(".npy") for name in names):
        return Recognised("npz", "a file of numpy arrays")
    if "[Content_Types].xml" in names:
        return Recognised(None, "an Office document")
    return Recognised(None, "a ZIP archive")


def _cut_archive(path: Path) -> Recognised:
    """Without its directory, an archive still says the names of members before the cut."""
    try:
        with CutArchive(path) as archive:
            names = archive.namelist()
    except BROKEN:
        names = []
    if "log.bin" in names:
        return Recognised("gt3x", "an ActiGraph .gt3x recording without its directory")
    return Recognised(None, "a ZIP archive", damaged=True)


def _avro(head: bytes) -> Recognised:
    if b"Empatica" in head or b"empatica" in head:
        return Recognised("empatica", "an Empatica recording")
    return Recognised(None, "an Avro file that is not from Empatica")


def _text(head: bytes) -> Recognised:
    """A table, where the beginning is text in lines with delimiters."""
    if b"\0" in head or re.search(rb"[\x01-\x08\x0e-\x1f]", head):
        return Recognised(None, "binary data of no known kind")
    lines = [line for line in head.splitlines()[:20] if line.strip()]
    if any(re.search(rb"[,;\t]", line) for line in lines):
        return Recognised("csv", "a table of text")
    return Recognised(None, "text without columns")
