"""The JSON door of campaigns: the same verbs as the pages."""

from typing import Any

from flask_login import current_user

from app.api.door import Continued, Numbered, Plain, asked, asked_page, continued, endpoint
from app.campaigns.policies.preflight import may_launch
from app.campaigns.queries import campaigns as queries
from app.campaigns.queries.numbered import page_of_campaigns
from app.campaigns.queries.people import count_people, find_lead_in, list_people
from app.campaigns.schemas import (
    CampaignInput,
    ImportInput,
    LeadIdsInput,
    LeadsInput,
    PreviewInput,
    ScheduleInput,
    SequenceInput,
    SettingsInput,
    TestSendInput,
)
from app.campaigns.serializers import (
    CampaignJson,
    PersonJson,
    PreviewJson,
    ScheduleJson,
    SettingsJson,
    StepJson,
    campaign_json,
    person_json,
    preview_json,
    schedule_json,
    settings_json,
    step_json,
)
from app.campaigns.services import campaigns as services
from app.campaigns.services import enrolment, explain, running, sequence, testing
from app.campaigns.services.preflight import preflight
from app.campaigns.services.preview import preview_for
from app.core.clock import utcnow
from app.core.errors import Invalid
from app.leads.serializers import ImportJson, import_json
from app.leads.services.imports import start_import
from app.leads.services.leads import upsert_leads
from app.models import Campaign

FIND = {"campaign_id": queries.get_campaign}
CHUNK = 256 * 1024


@endpoint("GET", "/campaign", permission="campaigns.view")
def index_campaigns() -> Numbered[CampaignJson]:
    """Campaigns, the newest first; `status` and `q` narrow the list."""
    page = asked_page()
    items, total = page_of_campaigns(
        status=str(asked("status") or ""),
        search=str(asked("q") or ""),
        offset=page.offset,
        limit=page.per_page,
    )
    return Numbered(items, total, page, campaign_json)


@endpoint("POST", "/campaign", permission="campaigns.edit", body=CampaignInput, status=201)
def create_campaign(value: CampaignInput) -> CampaignJson:
    """Make a draft."""
    return campaign_json(services.create_campaign(name=value.name, owner_id=current_user.id))


@endpoint("GET", "/campaign/<int:campaign_id>", permission="campaigns.view", find=FIND)
def show_campaign(campaign: Campaign) -> CampaignJson:
    """One campaign with its totals."""
    return campaign_json(campaign)


@endpoint(
    "PUT",
    "/campaign/<int:campaign_id>",
    permission="campaigns.edit",
    find=FIND,
    body=CampaignInput,
)
def update_campaign(campaign: Campaign, value: CampaignInput) -> CampaignJson:
    """Rename it."""
    services.rename_campaign(campaign, value.name)
    return campaign_json(campaign)


@endpoint("DELETE", "/campaign/<int:campaign_id>", permission="campaigns.edit", find=FIND)
def delete_campaign(campaign: Campaign) -> None:
    """Delete it; what it has queued does not leave."""
    running.delete_campaign(campaign)


@endpoint("GET", "/campaign/<int:campaign_id>/sequence", permission="campaigns.view", find=FIND)
def show_sequence(campaign: Campaign) -> list[StepJson]:
    """The steps in order."""
    return [step_json(step) for step in queries.steps_of(campaign.id)]


@endpoint(
    "PUT",
    "/campaign/<int:campaign_id>/sequence",
    permission="campaigns.edit",
    find=FIND,
    body=SequenceInput,
    array="steps",
)
def update_sequence(campaign: Campaign, value: SequenceInput) -> list[StepJson]:
    """Replace the sequence; steps keep their place, so what was sent stays sent."""
    return [step_json(step) for step in sequence.replace_steps(campaign, value.steps)]


@endpoint("GET", "/campaign/<int:campaign_id>/schedule", permission="campaigns.view", find=FIND)
def show_schedule(campaign: Campaign) -> ScheduleJson:
    """Windows, zone and caps."""
    return schedule_json(campaign, queries.windows_of([campaign.id]).get(campaign.id, ()))


@endpoint(
    "PUT",
    "/campaign/<int:campaign_id>/schedule",
    permission="campaigns.edit",
    find=FIND,
    body=ScheduleInput,
)
def update_schedule(campaign: Campaign, value: ScheduleInput) -> ScheduleJson:
    """Change when mails may leave."""
    services.update_schedule(campaign, value)
    return show_schedule(campaign)


@endpoint("GET", "/campaign/<int:campaign_id>/settings", permission="campaigns.view", find=FIND)
def show_settings(campaign: Campaign) -> SettingsJson:
    """Senders and rules."""
    return settings_json(campaign, queries.sender_ids([campaign.id]).get(campaign.id, ()))


@endpoint(
    "PUT",
    "/campaign/<int:campaign_id>/settings",
    permission="campaigns.edit",
    find=FIND,
    body=SettingsInput,
)
def update_settings(campaign: Campaign, value: SettingsInput) -> SettingsJson:
    """Change senders and rules."""
    services.update_settings(campaign, value)
    return show_settings(campaign)


@endpoint("GET", "/campaign/<int:campaign_id>/leads", permission="campaigns.view", find=FIND)
def index_leads(campaign: Campaign) -> Continued[PersonJson]:
    """Leads of the campaign; `state` and `q` narrow the list."""
    page = asked_page()
    narrow = {"state": str(asked("state") or ""), "search": str(asked("q") or "")}
    found = list_people(
        campaign.id, **narrow, cursor=page.cursor, limit=page.per_page, offset=page.offset
    )
    return continued(found, lambda: count_people(campaign, **narrow), person_json)


@endpoint(
    "POST",
    "/campaign/<int:campaign_id>/leads",
    permission="campaigns.edit",
    find=FIND,
    body=LeadsInput,
    array="leads",
)
def create_leads(campaign: Campaign, value: LeadsInput) -> dict[str, Any]:
    """Add leads and enrol them; those who must not be contacted are skipped."""
    result = upsert_leads(value.leads, source="api")
    enrolled = enrolment.enrol_leads(campaign, result.lead_ids)
    already = len(result.lead_ids) - enrolled
    return {**result.counts, "enrolled": enrolled, "already_in_campaign": already}


@endpoint(
    "DELETE",
    "/campaign/<int:campaign_id>/leads",
    permission="campaigns.edit",
    find=FIND,
    body=LeadIdsInput,
)
def delete_leads(campaign: Campaign, value: LeadIdsInput) -> None:
    """Take leads out of the campaign."""
    enrolment.remove_leads(campaign, value.ids)


@endpoint("POST", "/campaign/<int:campaign_id>/launch", permission="campaigns.launch", find=FIND)
def launch_campaign(campaign: Campaign) -> CampaignJson:
    """Launch it when every check passes; launching twice changes nothing."""
    if not running.is_under_way(campaign):
        lines = preflight(campaign, utcnow(), user_is_verified=current_user.is_verified)
        if not may_launch(lines):
            raise Invalid({"campaign": [line.text for line in lines if line.level == "stop"]})
        running.launch_campaign(campaign)
    return campaign_json(campaign)


@endpoint("POST", "/campaign/<int:campaign_id>/pause", permission="campaigns.launch", find=FIND)
def pause_campaign(campaign: Campaign) -> CampaignJson:
    """Nothing more leaves, from this moment."""
    running.pause_campaign(campaign)
    return campaign_json(campaign)


@endpoint("POST", "/campaign/<int:campaign_id>/resume", permission="campaigns.launch", find=FIND)
def resume_campaign(campaign: Campaign) -> CampaignJson:
    """Go on where it stopped."""
    running.resume_campaign(campaign)
    return campaign_json(campaign)


@endpoint("POST", "/campaign/<int:campaign_id>/archive", permission="campaigns.edit", find=FIND)
def archive_campaign(campaign: Campaign) -> CampaignJson:
    """Put it away; figures stay."""
    running.archive_campaign(campaign)
    return campaign_json(campaign)


@endpoint(
    "GET", "/campaign/<int:campaign_id>/sending-status", permission="campaigns.view", find=FIND
)
def show_sending_status(campaign: Campaign) -> dict[str, Any]:
    """One plain sentence: why it is (not) sending."""
    found = explain.explain_campaign(campaign, utcnow())
    return {
        "sentence": found.sentence,
        "reason": found.reason.value if found.reason else None,
        "is_sending": found.is_sending,
    }


@endpoint(
    "POST",
    "/campaign/<int:campaign_id>/test-send",
    permission="campaigns.edit",
    find=FIND,
    body=TestSendInput,
)
def test_send(campaign: Campaign, value: TestSendInput) -> Plain:
    """Send one step to somebody of the team; nothing is tracked or counted."""
    step = queries.get_step(campaign.id, value.step_id)
    testing.send_test(campaign, step, value)
    return Plain({"message": f"The test is on its way to {value.email}."}, 202)


@endpoint(
    "GET",
    "/campaign/<int:campaign_id>/preview",
    permission="campaigns.view",
    find=FIND,
    body=PreviewInput,
)
def show_preview(campaign: Campaign, value: PreviewInput) -> PreviewJson:
    """A step as a lead gets it (`step_id`, `lead_id`), by default the first for the first."""
    steps = queries.steps_of(campaign.id)
    step = next((one for one in steps if value.step_id in {None, one.id}), None)
    if step is None:
        raise Invalid({"step_id": ["The selected step id is invalid."]})
    lead = find_lead_in(campaign.id, value.lead_id)
    if value.lead_id and (lead is None or lead.id != value.lead_id):
        raise Invalid({"lead_id": ["The selected lead id is invalid."]})
    return preview_json(step, lead, preview_for(campaign, step, lead))


@endpoint("POST", "/lead/import", permission="leads.edit", body=ImportInput, status=201)
def create_import(value: ImportInput) -> ImportJson:
    """Upload a list (`file`) and see what it seems to hold.

    With `campaign_id` its leads are enrolled when it is committed.
    """
    if value.campaign_id is not None:
        queries.get_campaign(value.campaign_id)  # another workspace's campaign is not there
    imported = start_import(
        filename=value.file.filename or "list.csv",
        chunks=iter(lambda: value.file.stream.read(CHUNK), b""),
        campaign_id=value.campaign_id,
        user_id=current_user.id,
    )
    return import_json(imported)
