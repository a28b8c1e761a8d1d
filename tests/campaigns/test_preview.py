"""What the builder shows and a test mail carries is what will be sent."""

import pytest
import sqlalchemy as sa

from app.campaigns.queries.campaigns import steps_of
from app.campaigns.services.preview import preview_for
from app.core.db import db
from app.models import Outbox
from tests.factories import make_account, make_campaign, make_campaign_lead, make_lead, make_step


@pytest.fixture
def signed(in_acme):
    """A draft with two senders, a mail in its own thread and a follow-up; one lead."""
    first = make_account("a@sandbox.test", from_name="Ada", signature_html="<p>Ada, Acme</p>")
    other = make_account("b@sandbox.test", from_name="Bo", signature_html="<p>Bo, Acme</p>")
    campaign = make_campaign(accounts=[first, other])
    make_step(campaign, subject="Hi {{ first_name }}", body_html="<p>From {{ sender_name }}.</p>")
    make_step(campaign, position=2, body_html="<p>Well?</p>")
    lead = make_lead("lea@people.test", first_name="Lea")
    return campaign, make_campaign_lead(campaign, lead), lead, other


def test_the_signature_and_the_name_of_the_sender_are_shown(signed):
    campaign, _, lead, _ = signed
    preview = preview_for(campaign, steps_of(campaign.id)[0], lead)
    assert preview.missing == ()
    assert "From Ada." in preview.html
    assert "Ada, Acme" in preview.text


def test_the_lead_s_own_sender_is_the_one_that_is_shown(signed):
    campaign, entry, lead, other = signed
    entry.account_id = other.id
    db.session.flush()
    assert "From Bo." in preview_for(campaign, steps_of(campaign.id)[0], lead).html


def test_a_follow_up_shows_the_subject_of_its_thread(signed):
    campaign, _, lead, _ = signed
    assert preview_for(campaign, steps_of(campaign.id)[1], lead).subject == "Re: Hi Lea"


def test_without_senders_or_leads_there_is_a_preview_still(in_acme):
    campaign = make_campaign(steps=2)
    assert preview_for(campaign, steps_of(campaign.id)[1], None).subject == "Re: Hello there"


def test_a_test_of_a_follow_up_has_the_subject_of_its_thread(page, cast, signed):
    campaign, *_ = signed
    step = steps_of(campaign.id)[1]
    where = f"/w/acme/campaigns/{campaign.id}/steps/{step.id}"
    alice = page.as_(cast.alice)
    assert (
        "Re: Hi Lea" in alice.get(f"/w/acme/campaigns/{campaign.id}/sequence?step={step.id}").text
    )
    alice.post(f"{where}/test", {"email": "me@acme.test"})
    mail = db.session.scalars(sa.select(Outbox)).one()
    assert mail.subject == "Re: Hi Lea"
    assert "Ada, Acme" in mail.body_text
