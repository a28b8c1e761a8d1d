"""From bytes of doubtful charset to text. Pure; never raises on any input.

Real mail lies about its charset: labels that name a subset of what was used, labels no codec
knows, no label at all. The rules here are tried in the order that is right most often.
"""

import codecs

from charset_normalizer import from_bytes

# Labels that in practice mean a wider codec than the one they name, or that Python does not know.
_MEANT = {
    "ascii": "cp1252",
    "us-ascii": "cp1252",
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "iso8859-1": "cp1252",
    "ansi": "cp1252",
    "unknown-8bit": "cp1252",
    "x-unknown": "cp1252",
    "8bit": "cp1252",
    "iso-8859-9": "cp1254",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-8-e": "iso-8859-8",
    "gb2312": "gb18030",
    "gb_2312-80": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "euc-kr": "cp949",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "x-sjis": "cp932",
    "big5": "big5hkscs",
    "x-mac-roman": "mac_roman",
    "macintosh": "mac_roman",
    "x-mac-cyrillic": "mac_cyrillic",
    "unicode-1-1-utf-7": "utf-7",
    "windows-874": "cp874",
    "x-windows-949": "cp949",
    "utf8": "utf-8",
    "utf8mb4": "utf-8",
    "unicode-1-1-utf-8": "utf-8",
}
# Several incompatible flavours share the label; each is tried strictly, plainest first.
_FLAVOURS = {"iso-2022-jp": ("iso2022_jp", "iso2022_jp_ext", "iso2022_jp_3", "iso2022_jp_2004")}
_GUESS_BYTES = 64_000


def decode_bytes(data: bytes, declared: str | None = None) -> str:
    """Text of `data`, trusting the declared charset only as far as it holds."""
    if data.isascii() and not _is_stateful(declared):
        return clean_text(data.decode("ascii"))
    for codec in _candidates(declared):
        text = _strictly(data, codec)
        if text is not None:
            return clean_text(text)
    return clean_text(_by_guess(data, declared))


def clean_text(text: str) -> str:
    """Without what PostgreSQL refuses: NUL and lone surrogates."""
    if "\x00" in text:
        text = text.replace("\x00", "")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        text = text.encode("utf-8", "replace").decode("utf-8")
    return text


def known_codec(label: str | None) -> str | None:
    """The codec a label means, or None when nobody knows it."""
    name = (label or "").strip().strip("\"'").lower().split("*")[0].replace(" ", "")
    name = _MEANT.get(name, name)
    try:
        info = codecs.lookup(name)
    except (LookupError, ValueError):
        return None
    # Python also lists transforms such as "base64" or "zip" that do not give text.
    return info.name if getattr(info, "_is_text_encoding", True) else None


def _is_stateful(declared: str | None) -> bool:
    name = (declared or "").lower()
    return "2022" in name or "utf-7" in name or name.startswith("hz")


def _candidates(declared: str | None) -> list[str]:
    name = (declared or "").strip().lower()
    if name in _FLAVOURS:
        return list(_FLAVOURS[name])
    codec = known_codec(declared)
    if codec is None:
        return ["utf-8"]
    # Text that is valid UTF-8 with high bytes is UTF-8, whatever a Latin label says.
    if codec == "cp1252":
        return ["utf-8", codec]
    return [codec, "utf-8"]


def _strictly(data: bytes, codec: str) -> str | None:
    try:
        return data.decode(codec)
    except (UnicodeDecodeError, ValueError):
        return None


def _by_guess(data: bytes, declared: str | None) -> str:
    codec = known_codec(declared)
    if codec is None:
        best = from_bytes(data[:_GUESS_BYTES]).best()
        if best is not None and best.encoding:
            return data.decode(best.encoding, "replace")
        codec = "cp1252"
    return data.decode("cp1252" if codec == "utf-8" else codec, "replace")
