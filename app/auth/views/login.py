"""Signing in and out."""

from flask import Response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from app.auth import services
from app.auth.errors import InvalidCredentials
from app.auth.login import sign_in, sign_out
from app.auth.policies import safe_next
from app.auth.schemas import LoginInput
from app.auth.views.blueprint import bp, client_ip, landing
from app.core.errors import TooMany
from app.core.forms import Form, parse_form
from app.core.permissions import public
from app.web.responses import done, page


@bp.get("/auth/login")
@public
def show_login() -> ResponseReturnValue:
    """The sign-in page."""
    going = safe_next(request.args.get("next"))
    if current_user.is_authenticated:
        return redirect(landing(going))
    return page("auth/login.html", next=going, problem="")


@bp.post("/auth/login")
@public
def create_login() -> ResponseReturnValue:
    """Sign in."""
    form = parse_form(LoginInput)
    if not form.ok:
        return _refused(form, InvalidCredentials())
    try:
        user = services.authenticate(form.value.email, form.value.password, client_ip())
    except (InvalidCredentials, TooMany) as error:
        return _refused(form, error)
    sign_in(user, remember=form.value.remember)
    return redirect(landing(form.value.next), 303)


@bp.post("/auth/logout")
@public
def delete_login() -> ResponseReturnValue:
    """Sign out. Not signed in: no effect."""
    sign_out()
    return done(url_for("auth.show_login"), message="You are signed out.", reload=True)


def _refused(form: Form[LoginInput], error: InvalidCredentials | TooMany) -> Response:
    """The page again; which field was wrong is not told."""
    form.errors.clear()
    status = error.status if isinstance(error, TooMany) else 422
    going = safe_next(form.get("next"))
    response = page("auth/login.html", status=status, form=form, next=going, problem=error.message)
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.retry_after)
    return response
