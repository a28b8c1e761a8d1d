"""The five ways a view answers. Nothing else in the project touches HX headers.

A whole page, a fragment, either of them by what htmx asked for, a refused form, and "done".
Toasts that are pending travel with fragments as out-of-band pieces.
"""

import json
from collections.abc import Mapping
from typing import Any

from flask import Flask, Response, make_response, redirect, render_template, request
from htmx_flask import Htmx

from app.web.toasts import Tone, take_toasts, toast, toasts_oob


def is_fragment_request() -> bool:
    """True when htmx asks for a piece of the page that is on the screen."""
    headers = request.headers
    return (
        headers.get("HX-Request") == "true"
        and headers.get("HX-Boosted") != "true"
        and headers.get("HX-History-Restore-Request") != "true"
    )


def page(template: str, *, status: int = 200, **context: Any) -> Response:
    """A whole document."""
    context.setdefault("form", None)
    return make_response(render_template(template, **context), status)


def fragment(
    template: str,
    *,
    status: int = 200,
    trigger: str | Mapping[str, Any] | None = None,
    push_url: str | None = None,
    reswap: str | None = None,
    retarget: str | None = None,
    **context: Any,
) -> Response:
    """A piece of a page, with the pending toasts behind it."""
    context.setdefault("form", None)
    body = render_template(template, **context) + toasts_oob()
    return hx_headers(
        make_response(body, status),
        trigger=trigger,
        push_url=push_url,
        reswap=reswap,
        retarget=retarget,
    )


def page_or_fragment(template: str, fragments: Mapping[str, str], **context: Any) -> Response:
    """The fragment whose DOM id is the target of the htmx request, else the whole page.

    A target "leads-more-3" also matches the key "leads-more": load-more rows are numbered.
    """
    if is_fragment_request():
        target = request.headers.get("HX-Target", "")
        for key in (target, target.rpartition("-")[0]):
            if key in fragments:
                return fragment(fragments[key], **context)
    return page(template, **context)


def invalid(template: str, *, form: Any, partial: str | None = None, **context: Any) -> Response:
    """A refused form, 422: the page again, or for htmx the `partial` that holds the form."""
    if partial and is_fragment_request():
        return fragment(partial, status=422, form=form, **context)
    return page(template, status=422, form=form, **context)


def done(
    url: str,
    message: str | None = None,
    *,
    oob: str | None = None,
    main: str | None = None,
    tone: Tone = "positive",
    undo_url: str | None = None,
    trigger: str | Mapping[str, Any] | None = None,
    reload: bool = False,
    **context: Any,
) -> Response:
    """An act succeeded.

    Plain request: 303 to `url` with the message on the next page. htmx: `main` fills the target
    and `oob` brings out-of-band pieces; with neither, htmx goes to `url` (`reload=True` loads the
    whole document anew, for changes of session or workspace).
    """
    if message:
        toast(message, tone, action_url=undo_url)
    if request.headers.get("HX-Request") != "true":
        return make_response(redirect(url, 303))
    if not (oob or main):
        return go(url, reload=reload, trigger=trigger)
    context.setdefault("form", None)
    parts = [render_template(name, **context) for name in (main, oob) if name]
    response = make_response("".join(parts) + toasts_oob())
    return hx_headers(response, trigger=trigger, reswap=None if main else "none")


def go(
    url: str, *, reload: bool = False, trigger: str | Mapping[str, Any] | None = None
) -> Response:
    """Send htmx to another page, or redirect a plain request."""
    if request.headers.get("HX-Request") != "true":
        return make_response(redirect(url, 303))
    response = make_response("")
    if reload:
        response.headers["HX-Redirect"] = url
    else:
        place = {"path": url, "target": "body", "swap": "innerHTML show:window:top"}
        response.headers["HX-Location"] = json.dumps(place)
    return hx_headers(response, trigger=trigger)


def nothing() -> Response:
    """204: htmx leaves the page as it is (an unchanged poll)."""
    return make_response("", 204)


def hx_headers(
    response: Response,
    *,
    trigger: str | Mapping[str, Any] | None = None,
    push_url: str | None = None,
    reswap: str | None = None,
    retarget: str | None = None,
) -> Response:
    """Set htmx answer headers; our own, as htmx-flask 0.1.0 refuses valid HX-Reswap values."""
    values = {
        "HX-Trigger": trigger if isinstance(trigger, str | None) else json.dumps(trigger),
        "HX-Push-Url": push_url,
        "HX-Reswap": reswap,
        "HX-Retarget": retarget,
    }
    for name, value in values.items():
        if value is not None:
            response.headers[name] = value
    return response


def _vary(response: Response) -> Response:
    if response.mimetype == "text/html":
        response.vary.add("HX-Request")
        response.vary.add("HX-Target")
    return response


def init_app(app: Flask) -> None:
    """Install `request.htmx` (unless the app brought a richer request class) and Vary."""
    if "htmx" not in app.extensions:
        Htmx(app)
    app.jinja_env.globals["take_toasts"] = take_toasts
    app.after_request(_vary)
