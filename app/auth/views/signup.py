"""Signing up and verifying the address."""

from flask import redirect, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from app.auth import queries, services
from app.auth.errors import TokenInvalid
from app.auth.login import sign_in
from app.auth.schemas import SignUpInput
from app.auth.views.blueprint import back, bp, broken_link, client_ip, refuse
from app.core.errors import Invalid
from app.core.forms import parse_form
from app.core.permissions import public, signed_in
from app.web.responses import done, invalid, page


@bp.get("/signup")
@public
def show_signup() -> ResponseReturnValue:
    """The sign-up page."""
    if current_user.is_authenticated:
        return redirect("/")
    return page("auth/signup.html")


@bp.post("/signup")
@public
def create_signup() -> ResponseReturnValue:
    """Sign up, and go on to name the first workspace."""
    form = parse_form(SignUpInput)
    if form.ok:
        try:
            user = services.sign_up(**form.value.model_dump(), ip=client_ip())
        except Invalid as error:
            refuse(form, error)
        else:
            sign_in(user)
            return redirect("/", 303)
    return invalid("auth/signup.html", form=form)


@bp.get("/auth/verify/<token>")
@public
def show_verify(token: str) -> ResponseReturnValue:
    """Ask for a click: scanners open links, people press buttons."""
    is_open = queries.find_user_token(token, "verify") is not None
    user = None if is_open else queries.find_spent_token(token, "verify")
    if not is_open and (user is None or not user.is_verified):
        return broken_link("verify")
    return page("auth/verify.html", token=token, is_verified=not is_open)


@bp.post("/auth/verify/<token>")
@public
def create_verify(token: str) -> ResponseReturnValue:
    """Verify the address."""
    try:
        services.verify_email(token)
    except TokenInvalid:
        return broken_link("verify")
    target = "/" if current_user.is_authenticated else url_for("auth.show_login")
    return done(target, message="Your address is verified.")


@bp.post("/auth/verify/resend")
@signed_in
def create_verification() -> ResponseReturnValue:
    """Send the verification mail again."""
    services.resend_verification(queries.get_user(current_user.id), client_ip())
    return done(back(), message="We sent you a new link.")
