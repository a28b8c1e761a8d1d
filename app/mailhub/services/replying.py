"""A person's answer in a thread: put together, and handed to the outbox."""

from datetime import datetime

from markupsafe import escape

from app.core.context import Actor
from app.core.errors import Conflict
from app.mailhub.html import sanitise
from app.mailhub.incoming import IncomingMail, Link, provider_key
from app.mailhub.policies.threading import is_reply_subject
from app.mailhub.queries import messages as queries
from app.mailhub.queries.threads import get_account
from app.mailhub.quoted import reply_text
from app.mailhub.schemas import ReplyInput
from app.mailhub.services.own_marks import unmarked_html, unmarked_text
from app.mailhub.services.storing import store_messages
from app.models import EmailAccount, Message, Outbox, Thread
from app.sending.render.html import text_of
from app.sending.services import queue_manual_mail

MAX_QUOTED = 60_000
CAN_SEND = ("connected", "paused")


def reply_to_thread(thread: Thread, reply: ReplyInput, *, actor: Actor) -> int:
    """Queue an answer to the last message of the other side; returns the outbox id.

    The same `key` in the same conversation is the same answer. Errors: Conflict when nobody can be
    answered or the account cannot send.
    """
    account = get_account(thread.account_id)
    if account.removed_at is not None or account.status not in CAN_SEND:
        raise Conflict(f"{account.email} is not connected. Reconnect it, then send your reply.")
    message = queries.to_answer(thread.id)
    to = recipient_of(message, account)
    if message is None or to is None:
        raise Conflict("There is nobody to answer in this conversation.")
    return queue_manual_mail(
        account_id=account.id,
        to_email=to["email"],
        to_name=to["name"],
        subject=reply_subject(message.subject or thread.subject),
        body_html=_html(reply.body, account, message),
        body_text=_text(reply.body, account, message),
        in_reply_to=message.message_id,
        references=[*message.references, message.message_id][-50:],
        thread_id=thread.id,
        lead_id=thread.lead_id,
        campaign_id=thread.campaign_id,
        campaign_lead_id=thread.campaign_lead_id,
        created_by_id=actor.user_id,
        intent=f"reply:{thread.id}:{reply.key}",
    )


def recipient_of(message: Message | None, account: EmailAccount) -> dict[str, str] | None:
    """Whom a reply goes to: Reply-To, else the sender; for our own mail its recipient."""
    if message is None:
        return None
    if message.direction == "out":
        people = message.to
    else:
        people = message.reply_to or [{"name": message.from_name, "email": message.from_email}]
    others = [one for one in people if one["email"] and one["email"] != account.email.lower()]
    first = next(iter(others), None)
    return {"name": str(first["name"]), "email": str(first["email"])} if first else None


def reply_subject(subject: str) -> str:
    """The subject with one Re: before it."""
    return subject if is_reply_subject(subject) else f"Re: {subject}".strip()


def _attribution(message: Message) -> str:
    at = (message.date_header or message.at).strftime("%a, %-d %b %Y at %H:%M")
    who = message.from_name or message.from_email
    return f"On {at}, {who} <{message.from_email}> wrote:"


def _text(body: str, account: EmailAccount, message: Message) -> str:
    body = body.replace("\r\n", "\n")
    old = unmarked_text(message.body_text[:MAX_QUOTED])
    quoted = "\n".join(f"> {line}" for line in old.splitlines())
    signature = text_of(account.signature_html) if account.signature_html else ""
    parts = [body, f"-- \n{signature}" if signature else "", f"{_attribution(message)}\n{quoted}"]
    return "\n\n".join(part for part in parts if part)


def _html(body: str, account: EmailAccount, message: Message) -> str:
    blocks = [one for one in body.replace("\r\n", "\n").split("\n\n") if one.strip()]
    paragraphs = "".join(f"<p>{_lines(block)}</p>" for block in blocks)
    signature = f"<div>{sanitise(account.signature_html)}</div>" if account.signature_html else ""
    old = sanitise(message.body_html[:400_000]) or _lines(message.body_text[:MAX_QUOTED])
    old = unmarked_html(old)
    quote = f'<blockquote type="cite">{old}</blockquote>'
    history = f'<div class="gmail_quote"><p>{escape(_attribution(message))}</p>{quote}</div>'
    return paragraphs + signature + history


def _lines(text: str) -> str:
    return "<br>".join(str(escape(line)) for line in text.split("\n"))


def store_sent_reply(row: Outbox, *, message_id: str, subject: str, at: datetime) -> None:
    """A reply has left: it stands in the conversation at once. Its copy in Sent is the same mail.

    Idempotent by the mail's identity.
    """
    account = get_account(row.account_id)
    email = account.email.lower()
    text = row.body_text
    mail = IncomingMail(
        provider_key=provider_key(
            message_id=message_id, from_email=email, account_email=email, date=""
        ),
        message_id=message_id,
        direction="out",
        kind="sent",
        from_name=account.from_name,
        from_email=email,
        subject=subject,
        at=at,
        date_header=at,
        references=list(row.references),
        in_reply_to=row.in_reply_to,
        to=[{"name": row.to_name, "email": row.to_email}],
        cc=[{"name": "", "email": one} for one in row.cc],
        snippet=" ".join(reply_text(text).split())[:200],
        body_text=text,
        reply_text=reply_text(text),
        body_html=sanitise(row.body_html),
        size=len(text),
        is_seen=True,
        link=Link(row.id, row.campaign_id, row.campaign_lead_id, row.lead_id, "own", 1.0),
    )
    store_messages(row.account_id, [mail])
