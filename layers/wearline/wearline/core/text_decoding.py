"""From bytes to text, for files that spreadsheets and clinical systems write."""

from __future__ import annotations

import codecs

# Longest first: the mark of UTF-32 begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE_BYTES = 4096


class DecodingError(Exception):
    """Bytes that are not text in the stated encoding, or in any that is tried."""


def decode(content: bytes, encoding: str | None = None) -> str:
    """The text of a file, without its byte order mark.

    With an ``encoding`` exactly that one counts. Otherwise, in this order: the byte order
    mark; UTF-16 where every other byte is zero; UTF-8; Mac Roman where lines end as only
    Excel's CSV (Macintosh) ends them; Windows-1252, which is what Excel on Windows calls CSV.
    Raises DecodingError.
    """
    for name in [encoding] if encoding else _candidates(content):
        try:
            return content.decode(name).removeprefix("\ufeff")
        except UnicodeError:
            continue
        except LookupError as error:
            raise DecodingError(f"No encoding is called {encoding}.") from error
    tried = encoding or "UTF-8, UTF-16 or Windows-1252"
    raise DecodingError(f"The file is not text in {tried}; save it as CSV UTF-8.")


def _candidates(content: bytes) -> list[str]:
    for mark, name in _MARKS:
        if content.startswith(mark):
            return [name]
    unmarked = _unmarked_utf16(content[:_SAMPLE_BYTES])
    if unmarked:
        return [unmarked]
    of_mac = b"\r" in content and b"\n" not in content
    return ["utf-8", "mac_roman" if of_mac else "cp1252"]


def _unmarked_utf16(sample: bytes) -> str | None:
    """UTF-16 shows itself by zeros: half of the bytes of Latin text. UTF-8 text has none."""
    if sample[1::2].count(0) > len(sample) // 4:
        return "utf-16-le"
    if sample[0::2].count(0) > len(sample) // 4:
        return "utf-16-be"
    return None
