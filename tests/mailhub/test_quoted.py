import pytest

from app.mailhub.quoted import reply_text, split_quoted

REPLIES = {
    "gmail en": "Yes please.\n\nOn Mon, Nov 2, 2026 at 10:00 AM Sam Sender <sam@x.test> wrote:\n\n> Hello\n> there",
    "gmail wrapped": "Yes please.\n\nOn Mon, Nov 2, 2026 at 10:00 AM Sam Sender\n<sam@x.test> wrote:\n> Hello",
    "german": "Yes please.\n\nAm 02.11.2026 um 10:00 schrieb Sam Sender <sam@x.test>:\n> Hallo",
    "french": "Yes please.\n\nLe lun. 2 nov. 2026 à 10:00, Sam <sam@x.test> a écrit :\n> Bonjour",
    "spanish": "Yes please.\n\nEl lun, 2 nov 2026 a las 10:00, Sam (<sam@x.test>) escribió:\n> Hola",
    "italian": "Yes please.\n\nIl giorno lun 2 nov 2026 alle ore 10:00 Sam <sam@x.test> ha scritto:\n> Ciao",
    "dutch": "Yes please.\n\nOp ma 2 nov. 2026 om 10:00 schreef Sam <sam@x.test>:\n> Hallo",
    "polish": "Yes please.\n\npon., 2 lis 2026 o 10:00 Sam <sam@x.test> napisał(a):\n> Hej",
    "russian": "Yes please.\n\n02.11.2026 10:00, Sam пишет:\n> Привет",
    "outlook": "Yes please.\n\n________________________________\nFrom: Sam <sam@x.test>\nSent: Monday, November 2, 2026\nTo: Lea\nSubject: Hello\n\nHello there",
    "outlook de": "Yes please.\n\nVon: Sam <sam@x.test>\nGesendet: Montag, 2. November 2026\nAn: Lea\nBetreff: Hallo\n\nHallo",
    "divider": "Yes please.\n\n-----Original Message-----\nFrom: Sam\nHello",
    "unquoted history": "Yes please.\n\nOn Mon, Nov 2, 2026 at 10:00 AM Sam Sender <sam@x.test> wrote:\nHello there\nold words",
    "bare quote": "Yes please.\n> Hello\n> there",
}


@pytest.mark.parametrize("name", REPLIES)
def test_the_own_words_stand_alone(name: str) -> None:
    assert reply_text(REPLIES[name]) == "Yes please."


@pytest.mark.parametrize("name", REPLIES)
def test_nothing_is_lost_by_folding(name: str) -> None:
    own, quoted = split_quoted(REPLIES[name])
    assert quoted
    assert "".join((own + quoted).split()) == "".join(REPLIES[name].split())


@pytest.mark.parametrize(
    "text",
    [
        "Just text.",
        "> Question one?\nAnswer one.\n> Question two?\nAnswer two.",
        "Look at this:\n\n---------- Forwarded message ---------\nFrom: X\nDate: Y\nSubject: Z\nTo: A\n\nwords",
        "On Monday we meet: bring cake.",
        "From: the beginning\nit was clear.",
        "> only a quote",
        "",
    ],
)
def test_what_is_no_history_is_not_folded(text: str) -> None:
    assert split_quoted(text) == (text, "")


@pytest.mark.parametrize(
    "text",
    [
        "> " * 50_000,
        "On " * 30_000,
        "From: " * 20_000,
        "a" * 100_000,
        "\n" * 50_000,
        "On x\n" * 20_000,
    ],
)
def test_hostile_text_is_split_to_the_end(text: str) -> None:
    """Were a pattern not linear, this would take minutes."""
    assert isinstance(reply_text(text), str)
