"""Reads a metadata file into rows of text, whatever wrote it.

What a file is, its content says and never its suffix: a workbook, a SAS transport file, JSON
lines, or else delimited text.
"""

from __future__ import annotations

from wearline.core import tables
from wearline.core.delimited_text import read_delimited
from wearline.core.json_lines import looks_like_json_lines, read_json_lines
from wearline.core.tables import Table, TableError, TableOptions
from wearline.core.text_decoding import DecodingError, decode
from wearline.core.transport_files import is_transport_file, read_transport_file
from wearline.core.workbooks import is_workbook, read_workbook

# The signatures of what people upload by mistake.
_SIGNATURES = {
    b"PK\x03\x04": "a ZIP archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook, or one with a password",
    b"%PDF": "a PDF",
    b"\x1f\x8b": "a gzip archive",
}


def read_table(content: bytes, options: TableOptions) -> Table:
    """The table in a metadata file.

    Raises TableError: file_too_large, not_text, encoding, empty, header, too_many_columns,
    too_many_rows, line_too_long, sheet, workbook, transport_file.
    """
    _refuse_too_large(content)
    if is_workbook(content):
        return read_workbook(content, options)
    if is_transport_file(content):
        return read_transport_file(content, options)
    _refuse_what_is_no_text(content)
    try:
        text = decode(content, options.encoding)
    except DecodingError as error:
        raise TableError("encoding", str(error)) from error
    if looks_like_json_lines(text):
        return read_json_lines(text)
    return read_delimited(text, options)


def _refuse_too_large(content: bytes) -> None:
    if len(content) > tables.MAX_BYTES:
        limit = tables.MAX_BYTES // (1024 * 1024)
        raise TableError(
            "file_too_large", f"The file is larger than {limit} MiB; split it into smaller files."
        )


def _refuse_what_is_no_text(content: bytes) -> None:
    for signature, kind in _SIGNATURES.items():
        if content.startswith(signature):
            raise TableError(
                "not_text", f"The file is {kind}; save it as .xlsx or CSV and upload that."
            )
