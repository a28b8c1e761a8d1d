"""Forgot and reset."""

from flask import redirect, session, url_for
from flask.typing import ResponseReturnValue

from app.auth import queries, services
from app.auth.errors import TokenInvalid
from app.auth.login import sign_out
from app.auth.pace import RESET_SECONDS, answer_after
from app.auth.schemas import ForgotInput, NewPassword
from app.auth.views.blueprint import bp, broken_link, client_ip, refuse
from app.core.errors import Invalid
from app.core.forms import parse_form
from app.core.permissions import public
from app.web.responses import done, invalid, page

SENT_KEY = "reset_sent_to"


@bp.get("/auth/forgot-password")
@public
def show_forgot() -> ResponseReturnValue:
    """Ask for the address, or say that the mail is on its way."""
    return page("auth/forgot.html", sent_to=session.pop(SENT_KEY, None))


@bp.post("/auth/forgot-password")
@public
def create_reset() -> ResponseReturnValue:
    """Mail a reset link; the answer is the same for addresses nobody has."""
    form = parse_form(ForgotInput)
    if not form.ok:
        return invalid("auth/forgot.html", form=form, sent_to=None)
    answer_after(RESET_SECONDS)
    services.request_reset(form.value.email, client_ip())
    session[SENT_KEY] = form.value.email
    return redirect(url_for("auth.show_forgot"), 303)


@bp.get("/auth/forgot-password/<token>")
@public
def show_reset(token: str) -> ResponseReturnValue:
    """Ask for the new password."""
    found = queries.find_user_token(token, "reset")
    if found is None:
        return broken_link("reset")
    return page("auth/reset.html", token=token, email=found[1].email)


@bp.post("/auth/forgot-password/<token>")
@public
def update_password(token: str) -> ResponseReturnValue:
    """Set the new password; every session ends."""
    found = queries.find_user_token(token, "reset")
    if found is None:
        return broken_link("reset")
    email, form = found[1].email, parse_form(NewPassword)
    if form.ok:
        try:
            services.reset_password(token, form.value.password)
        except Invalid as error:
            refuse(form, error)
        except TokenInvalid:
            return broken_link("reset")
        else:
            sign_out()
            return done(url_for("auth.show_login"), message="Password changed successfully.")
    return invalid("auth/reset.html", form=form, token=token, email=email)
