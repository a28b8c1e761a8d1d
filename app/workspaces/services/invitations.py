"""Inviting by mail and accepting. A link is random, stored hashed, works once, for 72 hours, and
only for the address it was sent to."""

from datetime import timedelta

import sqlalchemy as sa

from app.auth import hashing
from app.auth.errors import TokenInvalid
from app.auth.mails import absolute_url, send_system_mail
from app.auth.policies import normalise_email
from app.auth.queries import get_user
from app.auth.services import count_attempt, require_verified, set_current_workspace
from app.core.clock import utcnow
from app.core.db import db
from app.core.errors import Forbidden, Invalid
from app.core.events import publish
from app.core.signing import hash_token
from app.models import Invitation, Membership, User
from app.workspaces import policies, queries
from app.workspaces.events import InvitationRevoked, MemberInvited, MemberJoined
from app.workspaces.policies import Access


def invite_member(workspace_id: int, email: str, role: str, *, by: int, ip: str = "") -> Invitation:
    """Mail a link that lets `email` join as `role`; earlier links to the address end.

    Errors: NotVerified, Forbidden (a role above one's own), Invalid (already a member, no such
    role), TooMany.
    """
    require_verified(by)
    email = normalise_email(email)
    if role not in policies.ROLES:
        raise Invalid({"role": ["Choose one of the roles."]})
    if not policies.may_hand_out(queries.get_member(workspace_id, by).role, role):
        raise Forbidden("You cannot give a role above your own.")
    if queries.is_member_email(workspace_id, email):
        raise Invalid({"email": ["This person is a member already."]})
    count_attempt("invite", str(by), ip, limit=30, window=timedelta(hours=1))
    _revoke_open(workspace_id, email)
    return _send(workspace_id, email, role, by)


def resend_invitation(
    workspace_id: int, invitation_id: int, *, by: int, ip: str = ""
) -> Invitation:
    """Send a fresh link; the old one ends. Errors: as for inviting, NotFound."""
    invitation = queries.get_invitation(workspace_id, invitation_id)
    return invite_member(workspace_id, invitation.email, invitation.role, by=by, ip=ip)


def revoke_invitation(workspace_id: int, invitation_id: int, *, by: int) -> None:
    """Take an invitation back. Errors: NotFound, Forbidden (it gives a role above one's own)."""
    invitation = queries.get_invitation(workspace_id, invitation_id)
    actor_role = queries.get_member(workspace_id, by).role
    if not policies.may_hand_out(actor_role, invitation.role):
        raise Forbidden
    invitation.revoked_at = utcnow()
    db.session.flush()
    publish(InvitationRevoked(workspace_id, invitation.id, invitation.email))


def accept_invitation(token: str, user: User) -> Access:
    """Join the workspace of the link and work in it from now on.

    Somebody who is a member already keeps the role. Having the link proves the address. Errors:
    TokenInvalid, Forbidden (the link was sent to another address).
    """
    found = queries.find_open_invitation(token)
    if found is None:
        raise TokenInvalid
    invitation, workspace = found
    if invitation.email != user.email:
        raise Forbidden("This invitation was sent to another address.")
    _spend(invitation)
    if queries.find_member(workspace.id, user.id) is None:
        db.session.add(Membership(workspace_id=workspace.id, user_id=user.id, role=invitation.role))
        db.session.flush()
        publish(MemberJoined(workspace.id, user.id, invitation.role))
    user.email_verified_at = user.email_verified_at or utcnow()
    db.session.flush()
    set_current_workspace(user.id, workspace.id)
    access = queries.find_access(user.id, workspace.id)
    if access is None:
        raise TokenInvalid
    return access


def _send(workspace_id: int, email: str, role: str, by: int) -> Invitation:
    token = hashing.new_token()
    invitation = Invitation(
        workspace_id=workspace_id,
        email=email,
        role=role,
        token_hash=hash_token(token),
        invited_by_id=by,
        expires_at=utcnow() + policies.INVITATION_LIFE,
    )
    db.session.add(invitation)
    db.session.flush()
    inviter, workspace = get_user(by), queries.get_workspace(workspace_id)
    send_system_mail(
        email,
        subject=f"Join {_one_line(workspace.name)} on Parakeet",
        template="workspaces/mail/invite",
        purpose="invite",
        inviter=_one_line(inviter.name or inviter.email),
        workspace=_one_line(workspace.name),
        role=role,
        url=absolute_url(f"/invitations/{token}"),
        hours=int(policies.INVITATION_LIFE.total_seconds() // 3600),
    )
    publish(MemberInvited(workspace_id, invitation.id, email, role))
    return invitation


def _spend(invitation: Invitation) -> None:
    """Use the link once, also when two requests try at the same time. Errors: TokenInvalid."""
    spent = db.session.scalar(
        sa.update(Invitation)
        .where(
            Invitation.id == invitation.id,
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
        )
        .values(accepted_at=utcnow())
        .returning(Invitation.id)
    )
    if spent is None:
        raise TokenInvalid


def _revoke_open(workspace_id: int, email: str) -> None:
    db.session.execute(
        sa.update(Invitation)
        .where(
            Invitation.workspace_id == workspace_id,
            Invitation.email == email,
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
        )
        .values(revoked_at=utcnow())
    )


def _one_line(text: str) -> str:
    """Names come from people; in a subject they must not break the line."""
    return " ".join(text.split())
