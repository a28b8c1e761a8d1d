"""Pages about oneself: name, password, signed-in browsers."""

from typing import Any

from flask import url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from app.auth import queries, services
from app.auth.schemas import ChangePasswordInput, NameInput
from app.auth.views.blueprint import bp, client_ip, refuse
from app.core.errors import Invalid, NotFound
from app.core.forms import parse_form
from app.core.permissions import signed_in
from app.core.settings import settings
from app.web.responses import done, invalid, page


@bp.get("/profile")
@signed_in
def show_profile() -> ResponseReturnValue:
    """The profile page."""
    return page("auth/profile.html", **_context(), form_name="")


@bp.post("/profile/name")
@signed_in
def update_name() -> ResponseReturnValue:
    """Change the name."""
    form = parse_form(NameInput)
    if not form.ok:
        return invalid("auth/profile.html", form=form, **_context(), form_name="name")
    services.rename_user(queries.get_user(current_user.id), form.value.name)
    return done(url_for("auth.show_profile"), message="Name saved.")


@bp.post("/profile/password")
@signed_in
def change_password() -> ResponseReturnValue:
    """Change the password; the other browsers are signed out."""
    form = parse_form(ChangePasswordInput)
    if form.ok:
        try:
            services.change_password(
                queries.get_user(current_user.id),
                current=form.value.password_current,
                new=form.value.password,
                ip=client_ip(),
                keep_session_id=current_user.session_id,
            )
        except Invalid as error:
            refuse(form, error)
        else:
            message = "Password changed. Your other sessions are signed out."
            return done(url_for("auth.show_profile"), message=message)
    return invalid("auth/profile.html", form=form, **_context(), form_name="password")


@bp.post("/profile/sessions/<int:session_id>/revoke")
@signed_in
def delete_session(session_id: int) -> ResponseReturnValue:
    """Sign one browser out."""
    if not services.revoke_session(session_id, current_user.id):
        raise NotFound
    return done(url_for("auth.show_profile"), message="That session is signed out.")


@bp.post("/profile/sessions/revoke")
@signed_in
def delete_sessions() -> ResponseReturnValue:
    """Sign every other browser out."""
    services.revoke_sessions(current_user.id, keep_session_id=current_user.session_id)
    return done(url_for("auth.show_profile"), message="Your other sessions are signed out.")


def _context() -> dict[str, Any]:
    return {
        "user": queries.get_user(current_user.id),
        "sessions": queries.list_sessions(current_user.id),
        "has_sandbox": settings.has_sandbox and not settings.is_production,
    }
