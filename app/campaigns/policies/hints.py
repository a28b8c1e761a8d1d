"""What a careful colleague would say about a mail before it goes out. Advice, never a refusal."""

import re

PHONE_SUBJECT = 45  # characters most phones show of a subject
LONG_TEXT = 150  # words: about two screens of a phone
MANY_LINKS = 2


def hints(subject: str, text: str, html: str) -> list[str]:
    """Sentences about a filled-in mail, the size first; only the size when nothing stands out."""
    words = len(f"\n{text}".partition("\n--\n")[0].split())  # what stands above the signature
    found = [f"{words:,} {'word' if words == 1 else 'words'}."]
    if len(subject) > PHONE_SUBJECT:
        found.append(
            f"A subject of {len(subject)} characters: phones cut it after {PHONE_SUBJECT}."
        )
    if (subject.isupper() and len(subject) > 3) or subject.count("!") > 1:
        found.append("A subject that shouts is taken for advertising.")
    if words > LONG_TEXT:
        found.append(
            f"Long for a mail to somebody new; under {LONG_TEXT} words it fits two screens."
        )
    links = len(re.findall(r"<a\s[^<>]*href=", html, re.I))
    if links > MANY_LINKS:
        found.append(f"{links} links: more than {MANY_LINKS} look like a newsletter.")
    return found
