"""Plain typed functions that make rows. They flush, never commit; every value can be overridden."""

from tests.factories.accounts import make_account
from tests.factories.campaigns import make_campaign, make_campaign_lead, make_step
from tests.factories.leads import make_lead
from tests.factories.people import make_user, make_workspace
from tests.factories.sending import make_outbox

__all__ = [
    "make_account",
    "make_campaign",
    "make_campaign_lead",
    "make_lead",
    "make_outbox",
    "make_step",
    "make_user",
    "make_workspace",
]
