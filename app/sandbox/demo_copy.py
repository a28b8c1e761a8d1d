"""The words of the demo: a campaign as a good sender would write it, and older conversations."""

from dataclasses import dataclass

WORKSPACE_NAME = "Parakeet demo"
WORKSPACE_SLUG = "parakeet-demo"
USER_NAME = "Robin Demo"
USER_EMAIL = "demo@parakeet.test"
CAMPAIGN_NAME = "Faster answers for customer teams"
SIGNATURE = "<p>{name}<br>Replybench, Beispielweg 1, 10115 Berlin</p>"


@dataclass(frozen=True)
class DemoStep:
    """One mail of the demo campaign; an empty subject continues the thread."""

    minutes: int
    subject: str
    body_html: str


STEPS = (
    DemoStep(
        0,
        "A question about {{company | default: 'your inbox'}}",
        "<p>Hi {{first_name | default: 'there'}},</p>"
        "<p>when I talk to teams like yours at {{company | default: 'work'}}, most of them spend "
        "the first two hours of the day on the same five questions: where is it, when does it "
        "come, can it be moved.</p>"
        "<p>We make a small helper that drafts these answers from your own order data. A person "
        "reads and sends them, nothing goes out by itself. "
        '<a href="https://example.com/how-it-works">Here is how it works</a>, two minutes to '
        "read.</p>"
        "<p>Is this something that eats your mornings too, or have you found a better way?</p>"
        "<p>Best regards</p>",
    ),
    DemoStep(
        4,
        "",
        "<p>Hi {{first_name | default: 'there'}},</p>"
        "<p>one figure to put my question into proportion: a team of six sent us their numbers "
        "after a month, and the average answer went out after 40 minutes instead of five hours. "
        '<a href="https://example.com/six-people">They wrote down what they changed</a>.</p>'
        "<p>Would fifteen minutes next week make sense, to see whether it would work for you?</p>"
        "<p>Best regards</p>",
    ),
    DemoStep(
        7,
        "",
        "<p>Hi {{first_name | default: 'there'}},</p>"
        "<p>I will not keep knocking. If answering customers is somebody else's job at "
        "{{company | default: 'your company'}}, a name would help me a lot; if it is simply not "
        "the time, a short \u201clater\u201d is fine as well.</p>"
        "<p>All the best</p>",
    ),
)


@dataclass(frozen=True)
class Past:
    """An older conversation: who, about what, how long ago, and how it went on.

    `answer` is a place in the list of answers, or one of "away" and "bounce"; `ours` is what we
    wrote back, if we did; `is_read` whether the last mail was read.
    """

    person: int
    subject: str
    text: str
    hours_ago: float
    answer: int | str
    is_read: bool
    ours: str = ""


HISTORY = (
    Past(9001, "Your talk in Hamburg", "Hi {first},\n\nyour talk about returns stayed with me, above all the part on photos instead of forms. We work on the answering side of the same problem. May I show you what we have?\n\nBest regards", 122, 5, True, "Friday at ten works well, I have put it into the calendar. I will bring the two examples we spoke about.\n\nUntil then"),
    Past(9002, "Peak season at {company}", "Hi {first},\n\nthe weeks before Christmas must be lively at {company}. Do you take on extra people for the inbox, or do you have another trick?\n\nBest regards", 98, 2, True),
    Past(9003, "Answers in three languages", "Hello {first},\n\nI saw that {company} now sells in Austria and Belgium too. How do you handle questions in languages nobody on the team speaks?\n\nKind regards", 75, 21, True, "Yes, German, French and Dutch work out of the box, Italian is in testing. I am happy to run ten of your own mails through it so that you can judge for yourself."),
    Past(9004, "Opening hours on Sundays", "Hi {first},\n\na quick one: do customers of {company} write on Sundays as well, and who answers then?\n\nBest regards", 52, "away", True),
    Past(9005, "Question about your help page", "Hello {first},\n\nyour help page answers a lot, and still people write. We collected what they write about at three companies like {company}. Shall I send you the summary?\n\nKind regards", 30, 7, False),
    Past(9006, "Introduction", "Hi {first},\n\nI look after partners at Replybench. I believe our tools would fit together well, ours ends where yours begins. Who would be the right person to talk to?\n\nBest regards", 28, "bounce", False),
    Past(9007, "Two hours a day", "Hi {first},\n\ntwo hours a day is what teams of your size spend on the same five questions. Is it similar at {company}?\n\nBest regards", 25, 16, True, "That is quick to try: one week, your ten most frequent questions, no installation. I can set it up on Monday if you send me two or three typical mails."),
    Past(9008, "Prices for small teams", "Hello {first},\n\nwe now have a plan for teams under fifteen people. As you asked about it in spring, I wanted you to hear it first.\n\nKind regards", 6, 3, False),
    Past(9009, "The new warehouse", "Hi {first},\n\ncongratulations on the new warehouse! When goods move, questions follow. Would it help to talk before the first lorry arrives?\n\nBest regards", 3, 0, False),
)  # fmt: skip
