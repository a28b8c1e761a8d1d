"""Pages of the sandbox: try-out accounts, an example list, the demo, and the system's own mail."""

from urllib.parse import urlsplit

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from app.core.egress import is_loopback
from app.core.errors import NotFound, Unauthenticated, Unavailable
from app.core.permissions import public, requires
from app.core.settings import settings
from app.sandbox import queries, services
from app.sandbox.example_list import write_csv
from app.sandbox.spool import SpooledMail, read_spool
from app.web.responses import done, page, page_or_fragment
from app.web.tenant import shell_workspace

bp = Blueprint("sandbox", __name__)

TAGS = (
    ("+reply", "opens and answers"),
    ("+open", "opens each mail"),
    ("+click", "opens and clicks a link"),
    ("+ooo", "is away until a date"),
    ("+unsub", "unsubscribes"),
    ("+spam", "marks it as spam"),
    ("+bounce", "does not exist: refused at once"),
    ("+dsn", "does not exist: a report comes back later"),
    ("+silent", "never reacts"),
)


def _require_sandbox() -> None:
    """Errors: NotFound, in an installation without a sandbox."""
    if not settings.has_sandbox:
        raise NotFound


@bp.get("/w/<slug>/sandbox")
@requires("accounts.view")
def show_sandbox() -> ResponseReturnValue:
    """What the sandbox offers to this workspace."""
    _require_sandbox()
    demo = queries.find_demo()
    campaign_url = None
    if demo and demo.campaign_id:
        campaign_url = url_for("campaigns.show_campaign", campaign_id=demo.campaign_id)
    return page(
        "sandbox/index.html",
        accounts=queries.sandbox_accounts(),
        demo=demo,
        campaign_url=campaign_url,
        tags=TAGS,
    )


@bp.post("/w/<slug>/sandbox/accounts")
@requires("accounts.edit")
def create_accounts() -> ResponseReturnValue:
    """Two sandbox accounts at once."""
    _require_sandbox()
    accounts = services.add_sandbox_accounts(_slug())
    names = " and ".join(account.from_name for account in accounts)
    return done(url_for("accounts.index_accounts"), message=f"{names} can send and receive now.")


@bp.get("/w/<slug>/sandbox/leads.csv")
@requires("leads.view")
def download_leads() -> ResponseReturnValue:
    """An example list of leads."""
    _require_sandbox()
    response = Response(write_csv(queries.people_for_a_list()), mimetype="text/csv")
    response.headers["Content-Disposition"] = 'attachment; filename="leads.csv"'
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.post("/w/<slug>/sandbox/demo")
@requires("campaigns.launch")
def create_demo() -> ResponseReturnValue:
    """Run the demo (again): a fresh campaign with fresh leads."""
    _require_sandbox()
    demo = services.run_demo(_slug(), user_id=current_user.id)
    url = url_for("campaigns.show_campaign", campaign_id=demo.campaign_id)
    return done(url, message="The demo is running. The first answer comes within two minutes.")


@bp.get("/sandbox/mail")
@public
def index_mail() -> ResponseReturnValue:
    """The installation's own mail: one's own, or everybody's to who sits at a development machine."""
    _require_sandbox()
    recipient = current_user.email if current_user.is_authenticated else None
    if recipient is None and not _is_open():
        raise Unauthenticated
    mails, problem = _spool(recipient)
    return page_or_fragment(
        "sandbox/mail.html",
        {"sandbox-mails": "sandbox/_mails.html"},
        mails=mails,
        problem=problem,
        recipient=recipient,
        is_open=_is_open(),
    )


def _is_open() -> bool:
    """Whether somebody unknown may read links that reset passwords: never from another machine,
    nor from a page of another site whose name was made to lead here."""
    names = (f"//{request.host}", settings.public_url)
    at_home = [is_loopback(urlsplit(name).hostname or "") for name in names]
    came_through = {"X-Forwarded-For", "Forwarded"} & set(request.headers.keys())  # a proxy
    is_here = is_loopback(request.remote_addr or "") and all(at_home) and not came_through
    return is_here and not settings.is_production


def _spool(recipient: str | None) -> tuple[list[SpooledMail], str]:
    try:
        return read_spool(recipient), ""
    except Unavailable as error:
        return [], error.message


def _slug() -> str:
    workspace = shell_workspace()
    if workspace is None:
        raise NotFound
    return workspace.slug
