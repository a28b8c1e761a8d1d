"""Where a person's own words end and the quoted history begins. Pure and linear in the text.

Used to fold history in the conversation, to index and classify only what was newly written.
"""

import re

from mailparser_reply import EmailReplyParser

LANGUAGES = ["en", "de", "fr", "it", "es", "nl", "pl", "sv", "da", "cs", "ja", "ko", "zh"]
# The library's patterns are not linear; beyond these sizes only our own rules are used.
_LIBRARY_CHARS, _LIBRARY_LINE = 8_000, 240
_MAX_LINES = 4_000

# "On Monday, Ann wrote:" in the languages of real mail clients. An attribution is one to three
# lines that end in a colon and hold one of these words.
_WROTE = re.compile(
    r"\b(?:wrote|writes|schrieb|geschrieben|a écrit|écrivit|ha scritto|escribió|escreveu|schreef|"
    r"napisał(?:\(a\)|a)?|skrev|kirjoitti|napsal(?:\(a\)|a)?|написал(?:\(а\)|а)?|пишет|írta|yazdı|"
    r"a scris|έγραψε|schrijft)\b|写道|寫道|のメール|さんは書きました|님이 작성",
    re.I,
)
_LONE_ATTRIBUTION = re.compile(
    r"^(?:On|Am|Le|Il|El|Em|Op|W dniu|Den|Dne|Dnia|\d{1,4}[-./年])[^\n]{0,300}[:：]$", re.I
)
_DIVIDER = re.compile(
    r"^\s*[-_]{2,}\s*(?:Original Message|Original Appointment|Ursprüngliche Nachricht|"
    r"Message d'origine|Message original|Messaggio originale|Mensaje original|"
    r"Mensagem original|Oorspronkelijk bericht|Wiadomość oryginalna|Originalmeddelande|"
    r"Исходное сообщение|原始邮件|元のメッセージ|Forwarded message|"
    r"Weitergeleitete Nachricht)\s*[-_]{2,}\s*$",
    re.I,
)
_FIELD = re.compile(
    r"^[*>\s]{0,6}(From|Von|De|Da|Van|Od|Från|Fra|Lähettäjä|От|发件人|差出人|"
    r"Sent|Gesendet|Envoyé|Inviato|Enviado(?: el)?|Verzonden|Wysłano|Skickat|Sendt|"
    r"Отправлено|发送时间|送信日時|"
    r"Date|Datum|Data|Fecha|Дата|To|An|À|A|Para|Aan|Do|Till|Til|Кому|收件人|宛先|Cc|"
    r"Subject|Betreff|Objet|Oggetto|Asunto|Assunto|Onderwerp|Temat|Ämne|Emne|Тема|主题|件名)"
    r"\*?\s{0,2}[:：]",
    re.I,
)
_OPENING_FIELD = re.compile(
    r"^[*\s]{0,4}(From|Von|De|Da|Van|Od|Från|Fra|Lähettäjä|От|发件人|差出人)\*?\s{0,2}[:：]", re.I
)
_FORWARD = re.compile(r"forwarded message|weitergeleitete nachricht|message transféré", re.I)


def split_quoted(text: str) -> tuple[str, str]:
    """(own words, quoted history). History is empty when there is none or it is interleaved."""
    lines = text.replace("\r\n", "\n").split("\n")
    cut = _first_cut(lines[:_MAX_LINES])
    if cut is None or not any(line.strip() for line in lines[:cut]):
        return text, ""
    return "\n".join(lines[:cut]).rstrip(), "\n".join(lines[cut:]).strip("\n")


def reply_text(text: str) -> str:
    """The newly written part of a text, best effort; never empty when the text is not."""
    own, quoted = split_quoted(text)
    if not quoted and len(text) <= _LIBRARY_CHARS:
        own = _by_library(text) or own
    return own.strip() or text.strip()


def _by_library(text: str) -> str:
    if any(len(line) > _LIBRARY_LINE for line in text.split("\n")):
        return ""
    return (EmailReplyParser(languages=LANGUAGES).parse_reply(text) or "").strip()


def _first_cut(lines: list[str]) -> int | None:
    left = _left_below(lines)
    for index, line in enumerate(lines):
        if _DIVIDER.match(line[:200]):
            return None if _FORWARD.search(line[:200]) else index
        if _OPENING_FIELD.match(line[:200]) and _fields_below(lines, index) >= 3:
            return _over_rule(lines, index)
        if line.lstrip().startswith(">") and _is_tail(left[index]):
            return _attribution_above(lines, index)
        if _is_full_attribution(lines, index, left):
            return index
    return None


def _fields_below(lines: list[str], index: int) -> int:
    seen = set()
    for line in lines[index : index + 8]:
        field = _FIELD.match(line[:200])
        if field:
            seen.add(field[1].lower())
    return len(seen)


def _over_rule(lines: list[str], index: int) -> int:
    """Outlook draws a line of underscores above its header block: it belongs to the history."""
    above = index - 1
    while above >= 0 and not lines[above].strip():
        above -= 1
    is_rule = above >= 0 and len(lines[above].strip()) >= 10 and not lines[above].strip(" _-")
    return above if is_rule else index


def _left_below(lines: list[str]) -> list[tuple[int, int]]:
    """(lines that say something, quotes among them) from each line on, counted in one go."""
    words = quotes = 0
    left = [(0, 0)]
    for line in reversed(lines):
        words += bool(line.strip())
        quotes += line.lstrip().startswith(">")
        left.append((words, quotes))
    return left[::-1]


def _is_tail(left: tuple[int, int]) -> bool:
    """Only quotes and blank lines follow: nobody wrote between or below them."""
    words, quotes = left
    return words == quotes


def _attribution_above(lines: list[str], index: int) -> int:
    """Up to three lines ending in a colon right above the first quote."""
    end = index - 1
    while end >= 0 and not lines[end].strip():
        end -= 1
    if end < 0 or not lines[end].rstrip().endswith((":", "：")):
        return index
    for start in range(end, max(end - 3, -1), -1):
        joined = " ".join(lines[start : end + 1])[:600]
        if _WROTE.search(joined) or _LONE_ATTRIBUTION.match(joined):
            opens = start > 0 and bool(re.match(r"(?:On|Am|Le|El|Op|Em|Il)\b", lines[start - 1]))
            return start - 1 if opens and lines[start - 1].strip() else start
    return index


def _is_full_attribution(lines: list[str], index: int, left: list[tuple[int, int]]) -> bool:
    """An attribution with the history unquoted below it, as phones and Gmail's text part write."""
    joined = " ".join(line.strip() for line in lines[index : index + 3])[:600]
    head = lines[index].strip()
    if not re.match(r"(?:On|Am|Le|El|Op|Em|Il|W dniu|Den|Dne)\b", head) or len(head) > 300:
        return False
    end = next(
        (i for i, one in enumerate(lines[index : index + 3]) if one.rstrip().endswith(":")), -1
    )
    if end < 0:
        return False
    joined = " ".join(line.strip() for line in lines[index : index + end + 1])[:600]
    has_date = re.search(r"\d{1,2}[:.h]\d{2}|\d{4}", joined)
    if not (has_date and _WROTE.search(joined)):
        return False
    words, quotes = left[index + end + 1]
    return not quotes or words == quotes
