"""The words of the simulated people: answers, thank-yous and absence notes.

`{first}` is the first name of the person who wrote, `{company}` the answering person's own.
The order matters: answers are taken one after another, so the first ones carry a demo.
"""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Answer:
    """One way to answer a first approach."""

    tone: str
    text: str


ANSWERS = (
    Answer("interested", "Hi {first},\n\nGood timing, we were talking about exactly this on Monday. Could you show me how it works some time this week? Thursday after 2 pm suits me best.\n\nThanks"),
    Answer("question", "Hello {first},\n\nthanks for writing. Before we talk: does this work with the tools we already have, or would we have to move everything over? We are not keen on another migration."),
    Answer("not now", "Hi {first},\n\nappreciate the note. We are in the middle of our year-end closing, so this has to wait. Feel free to try me again in about three months."),
    Answer("price", "Hi,\n\nsounds useful. What does it cost for a team of twelve? If it is within reason I will put it in front of my manager."),
    Answer("wrong person", "Hello {first},\n\nI am afraid I am the wrong person for this, I moved to product last spring. You may want to speak to our head of operations. Good luck!"),
    Answer("interested", "Hey {first}, yes, let's talk. I am free tomorrow between 10 and 12 or on Friday morning. A quick call is enough for a start."),
    Answer("remove", "Please remove me from your list. Not interested.\n\nRegards"),
    Answer("question", "Interesting. Do you have a short example of a company of our size that uses it? Two paragraphs would do, I don't need a deck."),
    Answer("interested", "Hi {first},\n\nI forwarded this to two colleagues and we would all like to see it. Can you suggest a slot next week, ideally Tuesday or Wednesday? 30 minutes is fine.\n\nBest"),
    Answer("not now", "Thanks, but we signed with another supplier in September and the contract runs for a year. No hard feelings, just bad timing."),
    Answer("referral", "Hi {first},\n\nthis is rather something for Miriam on our side, she looks after everything around customer communication. Mention that I sent you."),
    Answer("price", "How is this priced, by seat or by volume? And is there a monthly plan? We never commit for a year with somebody new."),
    Answer("interested", "Sure, why not. Send me a calendar link and I will pick something.\n\nSent from my phone"),
    Answer("doubt", "To be honest I get five of these mails a week. What makes yours different? If you can tell me in two sentences I will gladly listen."),
    Answer("question", "Hello,\n\na quick question about data protection: where are your servers, and can you sign a processing agreement? Without that I cannot even start a trial here."),
    Answer("not now", "Not a priority at {company} this quarter, sorry. We have a hiring freeze and every new tool needs three signatures. Maybe in spring."),
    Answer("interested", "Hi {first}, you caught me. We lose far too much time on this. What do you need from me to get going?"),
    Answer("wrong person", "Hi there,\n\nyou have reached accounts payable. :) For this kind of thing please contact our sales team, they decide themselves what they use."),
    Answer("short", "Tell me more."),
    Answer("no", "Hi {first},\n\nthank you for thinking of us. We built something ourselves two years ago and are happy with it, so I will pass.\n\nAll the best"),
    Answer("interested", "Good morning {first},\n\nwe have a team meeting on Wednesday and I would like to present two options there. Could you send me a one-page summary by then? If people like it, we talk next week."),
    Answer("question", "Does it also work in German and French? A third of our customers is in Switzerland."),
    Answer("remove", "How did you get my address? I never signed up for anything. Please delete my data and confirm that you did."),
    Answer("price", "Looks decent. We are a non-profit with nine people, is there a discount for that?"),
    Answer("interested", "Hallo {first},\n\nvielen Dank für Ihre Nachricht. Das klingt spannend. Haben Sie nächste Woche Zeit für ein kurzes Telefonat? Mir passt es am Dienstag ab 14 Uhr gut.\n\nViele Grüße"),
    Answer("not now", "Let me be upfront: I like the idea but I have no budget before the summer. Can you remind me in May? I will not be offended."),
    Answer("question", "Bonjour {first},\n\nmerci pour votre message. Proposez-vous une période d'essai gratuite ? Nous aimerions d'abord tester avec une petite équipe.\n\nBien cordialement"),
    Answer("left", "Hi {first}, I am leaving {company} at the end of the month, so there is no point in starting this with me. My successor begins in two weeks, try then."),
    Answer("interested", "Yes please! I have been looking for something like this since our last intern left. When can we start?"),
    Answer("doubt", "We tried a similar product before and dropped it after a month, nobody used it. How do you make sure that people actually work with it?"),
)  # fmt: skip

THANKS = (
    "Perfect, thank you {first}. Talk soon!",
    "Great, thanks for the quick answer. That helps a lot.",
    "Thanks {first}, noted. I will come back to you in the next days.",
    "Super, that answers my question. Have a good week!",
    "Thank you, all clear now.",
)


@dataclass(frozen=True)
class Absence:
    """An out-of-office note; `{until}` is the day of return, `months` their names."""

    subject: str
    text: str
    months: str
    day: str


ENGLISH = "January February March April May June July August September October November December"
GERMAN = "Januar Februar März April Mai Juni Juli August September Oktober November Dezember"
FRENCH = "janvier février mars avril mai juin juillet août septembre octobre novembre décembre"
SPANISH = "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"
ITALIAN = (
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre"
)

ABSENCES = (
    Absence("Out of office: {subject}", "Hello,\n\nI am out of the office and will be back on {until}. I will answer your message when I return. In urgent cases please call our front desk.\n\nKind regards\n{name}", ENGLISH, "{d} {month} {y}"),
    Absence("Automatic reply: {subject}", "Thank you for your message. I am on annual leave until {until} with no access to email.\n\n{name}", ENGLISH, "{month} {d}, {y}"),
    Absence("Abwesenheitsnotiz: {subject}", "Guten Tag,\n\nich bin derzeit nicht im Büro und ab dem {until} wieder erreichbar. Ihre Nachricht wird nicht weitergeleitet.\n\nMit freundlichen Grüßen\n{name}", GERMAN, "{d}. {month} {y}"),
    Absence("Réponse automatique : {subject}", "Bonjour,\n\nje suis absente du bureau jusqu'au {until} et répondrai à votre message à mon retour.\n\nCordialement\n{name}", FRENCH, "{d} {month} {y}"),
    Absence("Respuesta automática: {subject}", "Hola:\n\nEstoy fuera de la oficina hasta el {until}. Responderé a su mensaje a mi regreso.\n\nUn saludo\n{name}", SPANISH, "{d} de {month} de {y}"),
    Absence("Risposta automatica: {subject}", "Buongiorno,\n\nsono fuori ufficio fino al {until}. Risponderò al mio rientro.\n\nCordiali saluti\n{name}", ITALIAN, "{d} {month} {y}"),
)  # fmt: skip


def written_day(absence: Absence, day: date) -> str:
    """A date as people write it in the language of the note."""
    return absence.day.format(d=day.day, month=absence.months.split()[day.month - 1], y=day.year)
