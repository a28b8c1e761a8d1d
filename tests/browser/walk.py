"""The list of pages to go to. A new page stands here, or in NOT_WALKED with a reason
(tests/structure/test_walk.py). Names in braces are filled in by `places.py`."""

from app.web.errors import TEXTS

# what a visitor sees
OUTSIDE = {
    "login": "/auth/login",
    "signup": "/signup",
    "forgot": "/auth/forgot-password",
    "reset": "{reset}",
    "reset-broken": "/auth/forgot-password/nonsense",
    "verify": "{verify}",
    "verify-broken": "/auth/verify/nonsense",
    "invitation": "{invitation}",
    "invitation-broken": "/invitations/nonsense",
    "unsubscribe": "{unsubscribe}",
    "unsubscribe-broken": "/u/nonsense",
    "sandbox-mail-open": "/sandbox/mail",
    "not-found-outside": "/nowhere",
}
# what somebody with a running campaign sees
INSIDE = {
    "dashboard": "{w}/dashboard",
    "palette": "{w}/palette",
    "campaigns": "{w}/campaigns",
    "campaigns-nothing-found": "{w}/campaigns?q=zzz",
    "campaign-new": "{w}/campaigns/new",
    "campaign-analytics": "{campaign}/analytics",
    "campaign-people": "{campaign}",
    "campaign-sequence": "{campaign}/sequence",
    "campaign-test-mail": "{campaign}/steps/{step}/test",
    "campaign-schedule": "{campaign}/schedule",
    "campaign-settings": "{campaign}/settings",
    "draft-people": "{draft}",
    "draft-people-new": "{draft}/leads/new",
    "draft-sequence-empty": "{draft}/sequence",
    "draft-analytics-empty": "{draft}/analytics",
    "draft-launch": "{draft}/launch",
    "leads": "{w}/leads",
    "leads-nothing-found": "{w}/leads?q=zzz",
    "import-new": "{w}/leads/imports/new",
    "import-mapping": "{mapping}",
    "import-report": "{report}",
    "do-not-contact": "{w}/leads/do-not-contact",
    "accounts": "{w}/accounts",
    "account-new": "{w}/accounts/add",
    "account": "{w}/accounts/{account}",
    "account-reconnect": "{w}/accounts/{account}/reconnect",
    "mailhub": "{w}/mailhub",
    "mailhub-sent": "{w}/mailhub?box=sent",
    "mailhub-archive": "{w}/mailhub?box=archive",
    "mailhub-all": "{w}/mailhub?box=all",
    "mailhub-nothing-found": "{w}/mailhub?q=zzz",
    "mailhub-thread": "{thread}",
    "outbox": "{w}/outbox",
    "outbox-mail": "{w}/outbox/{mail}",
    "sandbox": "{w}/sandbox",
    "sandbox-mail": "/sandbox/mail",
    "settings": "{w}/settings/general",
    "members": "{w}/settings/members",
    "member": "{w}/settings/members/{member}",
    "profile": "/profile",
    "workspace-new": "/workspaces/new",
    "admin": "/admin",
    "api-docs": "/api/docs",
    "not-found": "{w}/nowhere",
}
# the same lists with nothing in them
EMPTY = {
    f"empty-{name}": f"{{empty}}/{path}"
    for name, path in {
        "dashboard": "dashboard",
        "campaigns": "campaigns",
        "leads": "leads",
        "do-not-contact": "leads/do-not-contact",
        "accounts": "accounts",
        "mailhub": "mailhub",
        "outbox": "outbox",
    }.items()
}
# The page of every status but 401: to ask for that one would only lead to the sign-in
# (test_pages.py writes without being signed in).
ERRORS = {f"error-{status}": f"/styleguide/errors/{status}" for status in TEXTS if status != 401}
# Pages about something that is not there, or not allowed: they answer with an error.
REFUSED = {
    "reset-broken": 404,
    "verify-broken": 404,
    "invitation-broken": 404,
    "unsubscribe-broken": 404,
    "not-found-outside": 404,
    "not-found": 404,
    **{name: int(name.removeprefix("error-")) for name in ERRORS},
}
# Made by others, and with their own look: the viewer of the API has a test of its own.
FOREIGN = {"api-docs"}

# Why a page that answers GET is not gone to: endpoint, or the start of it, and the reason.
FILE, PIECE = "a file to download", "a piece of a page, seen there"
SHEET = "a sheet for people who build pages, walked in test_components.py"
ONWARD, MACHINES = "sends on to another page", "for machines and programs"
NOT_WALKED = {
    "api.": MACHINES,
    "api_docs.document": MACHINES,
    "assets.": FILE,
    "health.": MACHINES,
    "static": FILE,
    "tracking.follow_link": ONWARD,
    "tracking.show_pixel": MACHINES,
    "web.short_": ONWARD,
    "home.show_front": ONWARD,
    "workspaces.show_settings": ONWARD,
    "leads.download_skipped": FILE,
    "sandbox.download_leads": FILE,
    "mailhub.show_attachment": FILE,
    "mailhub.show_raw": FILE,
    "mailhub.show_body": PIECE,
    "mailhub.show_news": PIECE,
    "mailhub.show_thread_news": PIECE,
    "campaigns.show_preview_body": PIECE,
    "campaigns.show_status": PIECE,
    "rq_dashboard.": "foreign software, tested in tests/admin",
    "styleguide.more_rows": PIECE,
    "styleguide.search": PIECE,
    **{f"styleguide.show_{sheet}": SHEET for sheet in ("components", "shell", "panes", "public")},
}
