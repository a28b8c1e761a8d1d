"""Response headers: content security policy, no sniffing, no referrer abroad, no stored pages."""

import secrets
from collections.abc import Mapping

from flask import Flask, Response, current_app, g, request

from app.core.settings import settings

Directives = Mapping[str, str]

BASE_POLICY: Directives = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "frame-src": "'self'",
    "manifest-src": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
    "object-src": "'none'",
}
NO_SNIFFING = ("X-Content-Type-Options", "nosniff")
STRICT_TRANSPORT = ("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
_blueprint_policies: dict[str, Directives] = {}


def csp_nonce() -> str:
    """The nonce of this answer; only the import map carries it."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return str(g.csp_nonce)


def policy_text(changes: Directives | None = None) -> str:
    """The policy with some directives replaced."""
    return "; ".join(
        f"{name} {value}" for name, value in {**BASE_POLICY, **(changes or {})}.items()
    )


def register_policy(blueprint: str, changes: Directives) -> None:
    """Give one blueprint (a mounted third-party page) its own directives."""
    _blueprint_policies[blueprint] = dict(changes)


def set_policy(response: Response, directives: Directives) -> Response:
    """Give one answer a policy of its own, whole: nothing of the base policy remains."""
    text = "; ".join(f"{name} {value}".strip() for name, value in directives.items())
    response.headers["Content-Security-Policy"] = text
    return response


def mail_body_policy(response: Response, *, images: str = "'none'") -> Response:
    """Policy of the route that serves a mail body into our sandboxed iframe.

    Inline styles and `images` (sources of the image proxy) are all it may use; scripts never run
    and the answer is sandboxed even when it is opened by itself.
    """
    return set_policy(
        response,
        {
            "default-src": "'none'",
            "style-src": "'unsafe-inline'",
            "img-src": images,
            "base-uri": "'none'",
            "form-action": "'none'",
            "frame-ancestors": "'self'",
            "sandbox": "allow-popups allow-popups-to-escape-sandbox",
        },
    )


def plain_headers() -> list[tuple[str, str]]:
    """The headers of answers that are no documents and carry nothing a policy could guard."""
    return [NO_SNIFFING, STRICT_TRANSPORT] if settings.is_https else [NO_SNIFFING]


def _policy_here() -> str:
    for name in request.blueprints:
        if name in _blueprint_policies:
            return policy_text(_blueprint_policies[name])
    if "csp_nonce" in g:
        return policy_text({"script-src": f"'self' 'nonce-{g.csp_nonce}'"})
    return policy_text()


def _set_headers(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", _policy_here())
    headers.setdefault(*NO_SNIFFING)
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=()")
    if str(current_app.config.get("PUBLIC_URL", "")).startswith("https://"):
        headers.setdefault(*STRICT_TRANSPORT)
    if response.mimetype == "text/html":
        headers.setdefault("Cache-Control", "no-store")
        # Pages only: a tracking pixel is shown in other people's mail readers.
        headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    return response


def init_app(app: Flask) -> None:
    """Set the headers on every answer, errors included."""
    app.jinja_env.globals["csp_nonce"] = csp_nonce
    app.after_request(_set_headers)
