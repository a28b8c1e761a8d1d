"""What an uploaded list file is: its encoding, its delimiter, its header; or why it is no list.

Works on the first bytes and lines only; `app.leads.list_reader` streams the rest.
"""

import codecs
import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

MAX_BYTES = 200 * 1024 * 1024
MAX_ROWS = 1_000_000
MAX_COLUMNS = 200
MAX_CELL = 32 * 1024
SAMPLE_BYTES = 256 * 1024

DELIMITERS = {",": "Comma", ";": "Semicolon", "\t": "Tab", "|": "Vertical bar"}
ENCODINGS = {
    "utf-8-sig": "Unicode (UTF-8)",
    "utf-16": "Unicode (UTF-16)",
    "cp1252": "Western European (Windows-1252)",
    "cp1250": "Central European (Windows-1250)",
    "cp1251": "Cyrillic (Windows-1251)",
    "cp1253": "Greek (Windows-1253)",
    "cp1254": "Turkish (Windows-1254)",
    "shift_jis": "Japanese (Shift JIS)",
    "gb18030": "Chinese (GB 18030)",
    "euc_kr": "Korean (EUC-KR)",
    "mac_roman": "Western European (old Mac)",
}

#: Recognised by their bytes, so nobody needs to choose them.
RECOGNISED = frozenset({*ENCODINGS, "utf-16-le", "utf-16-be", "utf-32"})

_SAVE_AS = "Save it as CSV (in the spreadsheet: File, Save as, CSV UTF-8) and upload that file."
_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", f"This is an Excel workbook or a ZIP archive, not a CSV file. {_SAVE_AS}"),
    (b"PK\x05\x06", "This is an empty ZIP archive, not a CSV file."),
    (b"\xd0\xcf\x11\xe0", f"This is an old Excel workbook, not a CSV file. {_SAVE_AS}"),
    (b"%PDF", "This is a PDF document, not a CSV file. Export the list as CSV and upload that."),
    (b"GIF8", "This is a picture (GIF), not a CSV file."),
    (b"\x89PNG", "This is a picture (PNG), not a CSV file."),
    (b"\xff\xd8\xff", "This is a picture (JPEG), not a CSV file."),
    (b"\x1f\x8b", "This is a compressed file (gzip). Unpack it and upload the CSV inside."),
    (b"7z\xbc\xaf", "This is a 7-Zip archive. Unpack it and upload the CSV inside."),
    (b"Rar!", "This is a RAR archive. Unpack it and upload the CSV inside."),
    (b"{\\rtf", f"This is a rich-text document, not a CSV file. {_SAVE_AS}"),
    (b"SQLite format", "This is a database file, not a CSV file."),
    (b"\x7fELF", "This is a program, not a CSV file."),
    (b"MZ", "This is a program, not a CSV file."),
)


class NotAList(ValueError):
    """The file cannot be read as a list; the message says what it is and what to do."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How to read a list file."""

    encoding: str
    delimiter: str
    has_header: bool = True

    def as_json(self) -> dict[str, Any]:
        """The stored form."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Dialect":
        """Out of the stored form."""
        return cls(data["encoding"], data["delimiter"], bool(data.get("has_header", True)))


def refuse_other_formats(head: bytes) -> None:
    """Say what a file is that is not text. Errors: NotAList."""
    if not head.strip(b"\xef\xbb\xbf\x00 \t\r\n"):
        raise NotAList("The file is empty.")
    for signature, sentence in _SIGNATURES:
        if head.startswith(signature) and not _looks_like_text(signature, head):
            raise NotAList(sentence)
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:15].lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml")):
        raise NotAList("This is a web page or XML file, not a CSV file. Export the list as CSV.")


def _looks_like_text(signature: bytes, head: bytes) -> bool:
    """A heading such as 'MZ-Nummer' is no program: programs hold zero bytes."""
    return signature == b"MZ" and b"\x00" not in head[:512]


def bom_encoding(head: bytes) -> str | None:
    """The encoding a byte order mark names."""
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):  # begins like UTF-16
        return "utf-32"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    return None


def guess_encoding(head: bytes, *, is_utf8: bool) -> str:
    """The encoding; `is_utf8` says whether the whole file is valid UTF-8. Errors: NotAList."""
    named = bom_encoding(head)
    if named:
        return named
    if b"\x00" in head:
        return _utf16_without_mark(head)
    odd = sum(byte < 32 and byte not in b"\t\r\n\x0b\x0c\x1a\x1b" for byte in head[:8192])
    if odd > len(head[:8192]) * 0.02:
        raise NotAList(f"This file is not text. {_SAVE_AS}")
    return "utf-8-sig" if is_utf8 else "cp1252"


def _utf16_without_mark(head: bytes) -> str:
    """UTF-16 shows as zero bytes at every other place. Errors: NotAList when they are elsewhere."""
    part = head[:4096]
    even, odd = part[0::2].count(0), part[1::2].count(0)
    half = len(part) // 2 or 1
    if odd > half * 0.6 and even < half * 0.1:
        return "utf-16-le"
    if even > half * 0.6 and odd < half * 0.1:
        return "utf-16-be"
    raise NotAList(f"This file is not text. {_SAVE_AS}")


def sample_text(head: bytes, encoding: str) -> str:
    """The first bytes as text, without a half character at the end."""
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    return decoder.decode(head, final=False).lstrip("\ufeff")


def guess_delimiter(text: str) -> str:
    """The delimiter that cuts the first lines into the most, and the most even, columns."""
    first_line = text.partition("\n")[0].strip().lower()
    if first_line.startswith("sep=") and len(first_line) == 5 and first_line[4] in DELIMITERS:
        return first_line[4]
    lines = text.splitlines(keepends=True)[:60]
    scores = {delimiter: _evenness(lines, delimiter) for delimiter in DELIMITERS}
    return max(scores, key=lambda delimiter: scores[delimiter])


def _evenness(lines: Sequence[str], delimiter: str) -> float:
    """Rows that have the commonest number of columns, times that number; 0 for one column."""
    try:
        widths = [len(row) for row in csv.reader(lines, delimiter=delimiter) if row]
    except csv.Error:
        return 0.0
    if not widths:
        return 0.0
    width, times = Counter(widths[:-1] or widths).most_common(1)[0]
    return 0.0 if width < 2 else times / len(widths) * min(width, 12)


def guess_header(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row names the columns: it holds no address."""
    return bool(rows) and not any("@" in cell and "." in cell for cell in rows[0])


def column_names(rows: Sequence[Sequence[str]], *, has_header: bool) -> list[str]:
    """A name for each column: the header's, else 'Column 3'; doubled names are told apart."""
    width = max((len(row) for row in rows), default=0)
    header = list(rows[0]) if has_header and rows else []
    names: list[str] = []
    for index in range(width):
        given = " ".join(header[index].replace("\x00", "").split()) if index < len(header) else ""
        name = given[:80] or f"Column {index + 1}"
        names.append(name if name not in names else f"{name} ({index + 1})")
    return names
