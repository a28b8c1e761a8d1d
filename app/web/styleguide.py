"""`/styleguide`: every component in every state, for people who build pages. Not in production."""

from typing import Any

from flask import Blueprint, Flask, Response, abort, request

from app.core.errors import AppError, Invalid, TooMany, Unauthenticated
from app.core.permissions import public
from app.web.errors import TEXTS
from app.web.nav import PaletteItem
from app.web.responses import done, invalid, nothing, page, page_or_fragment
from app.web.toasts import toast

bp = Blueprint("styleguide", __name__, url_prefix="/styleguide")
ROWS = [
    ("Founders in Berlin", "active", 64, 1204, 38),
    ("Agencies, second try", "paused", 22, 310, 4),
    ("Donaudampfschifffahrtsgesellschaftskapitänsfortbildung", "draft", 0, 0, 0),
    ("مرحبا بالعملاء الجدد", "completed", 100, 480, 21),
    ("Trade fair follow-up", "archived", 100, 96, 9),
]


class SampleForm:
    """What a refused form looks like to the macros."""

    data = {"email": "maya@", "limit": "900", "provider": "imap", "days": ["mon", "tue"]}
    errors = {
        "email": ["Please enter a whole address, like maya@acme.com."],
        "limit": ["Please enter 200 or less."],
    }


def _figures() -> dict[str, Any]:
    days = [f"2026-11-{day:02d}" for day in range(1, 22)]
    sent = [(day * 7) % 23 + 12 for day in range(21)]
    return {
        "days": days,
        "series": [
            {"label": "Sent", "values": sent},
            {"label": "Opened", "values": [value * 5 // 9 for value in sent]},
            {"label": "Replied", "values": [value // 8 for value in sent]},
        ],
        "spark": [1, 3, 2, 5, 4, 7, 6, 9, 4, 8, 11, 9, 12, 10],
    }


@bp.get("")
@public
def show_components() -> Response:
    """The whole sheet."""
    return page("styleguide/index.html", rows=ROWS, refused=SampleForm(), texts=TEXTS, **_figures())


@bp.get("/shell")
@public
def show_shell() -> Response:
    """The frame of the signed-in pages, with sample entries."""
    return page("styleguide/shell.html", rows=ROWS, refused=None, **_figures())


@bp.get("/panes")
@public
def show_panes() -> Response:
    """The three panes."""
    return page("styleguide/panes.html")


@bp.get("/public")
@public
def show_public() -> Response:
    """A page without the frame."""
    return page("styleguide/public.html")


@bp.get("/rows")
@public
def more_rows() -> Response:
    """More rows of the sample table."""
    rows = {"more": "styleguide/_rows.html"}
    return page_or_fragment(
        "styleguide/index.html", rows, rows=ROWS, refused=SampleForm(), texts=TEXTS, **_figures()
    )


@bp.get("/palette")
@public
def search() -> Response:
    """Sample results of the command palette."""
    query = request.args.get("q", "")
    names = ("Dashboard", "Campaigns", "Mailhub", "Founders in Berlin", "Maya Keller")
    items = [
        PaletteItem(n, "/styleguide", "arrow-right") for n in names if query.lower() in n.lower()
    ]
    return page("components/palette_results.html", items=items, query=query)


@bp.post("/toast")
@public
def send_toast() -> Response:
    """Show one toast of the asked tone."""
    tone = request.form.get("tone", "positive")
    if tone == "negative":
        toast("The mail server refused the password. Nothing was saved.", "negative")
        return done("/styleguide", oob="styleguide/empty.oob.html")
    return done(
        "/styleguide",
        "Thread archived",
        oob="styleguide/empty.oob.html",
        undo_url="/styleguide/undo",
    )


@bp.post("/undo")
@public
def undo() -> Response:
    """What the button of a toast asks."""
    return nothing()


@bp.post("/form")
@public
def refuse_form() -> Response:
    """A form that is always refused."""
    form = SampleForm()
    return invalid("styleguide/form.html", partial="styleguide/_form.html", form=form)


@bp.get("/errors/<int:status>")
@public
def show_error(status: int) -> Response:
    """The page of one status."""
    special: dict[int, AppError] = {
        422: Invalid({"name": ["Please fill this in."]}),
        429: TooMany(30),
    }
    if status == 401:
        raise Unauthenticated
    if status in special:
        raise special[status]
    if status in (402, 503):
        error = AppError(TEXTS[status].happened)
        error.status = status
        raise error
    abort(status)


def init_app(app: Flask) -> None:
    """Serve the sheet unless this is a production installation."""
    if app.config.get("ENV") != "production" or app.debug or app.testing:
        app.register_blueprint(bp)
