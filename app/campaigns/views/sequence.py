"""The Campaign tab: the steps, their texts, the preview for a lead and the test mail."""

from typing import Any

from flask import make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.campaigns.policies.hints import hints
from app.campaigns.queries.campaigns import get_campaign, get_step, senders_of, steps_of
from app.campaigns.queries.people import find_lead_in, sample_leads
from app.campaigns.schemas import DelayInput, TestMailInput, TextInput
from app.campaigns.services import sequence
from app.campaigns.services.preview import preview_for
from app.campaigns.services.testing import send_test
from app.campaigns.views.blueprint import bp, frame
from app.core.errors import Invalid
from app.core.forms import Form, parse_form
from app.core.permissions import requires
from app.leads.queries import custom_field_names
from app.mailhub.html import is_plain
from app.models import Campaign, Lead, Step
from app.web.responses import done, fragment, invalid, page_or_fragment
from app.web.security import mail_body_policy

VARIABLES = [
    ('{{ first_name | default: "there" }}', "First name"),
    ("{{ last_name }}", "Last name"),
    ('{{ company | default: "your company" }}', "Company"),
    ("{{ title }}", "Job title"),
    ("{{ website }}", "Website"),
    ("{{ email }}", "Email address"),
    ("{{ sender_name }}", "Your name"),
    ("{{ unsubscribe_url }}", "Unsubscribe address"),
]


@bp.get("/<int:campaign_id>/sequence")
@requires("campaigns.view")
def show_sequence(campaign_id: int) -> ResponseReturnValue:
    """All steps with the preview of one."""
    campaign = get_campaign(campaign_id)
    return page_or_fragment(
        "campaigns/sequence/index.html",
        {"preview": "campaigns/sequence/_preview.html"},
        **_context(campaign),
    )


def _context(campaign: Campaign, step: Step | None = None, **more: Any) -> dict[str, Any]:
    """The steps, and the preview that the query asks for."""
    steps = steps_of(campaign.id)
    wanted = request.args.get("step", type=int)
    shown = step or next((s for s in steps if s.id == wanted), steps[0] if steps else None)
    return frame(
        campaign,
        "sequence",
        steps=steps,
        variables=variable_choices(),
        **preview_context(campaign, shown),
        **{"refused": None, **more},
    )


def variable_choices() -> list[tuple[str, str]]:
    """Merge tags for the menu of the editor: own fields of the newest leads too."""
    own = [
        (f"{{{{ {name} }}}}", name.replace("_", " ").capitalize()) for name in custom_field_names()
    ]
    return VARIABLES + own[:20]


def preview_context(campaign: Campaign, step: Step | None) -> dict[str, Any]:
    """A step filled in for a lead."""
    lead = find_lead_in(campaign.id, request.values.get("lead", type=int))
    leads = sample_leads(campaign.id, 50)
    preview = preview_for(campaign, step, lead) if step else None
    return {
        "shown": step,
        "lead": lead,
        "leads": leads,
        "lead_choices": [(found.id, _who(found)) for found in leads],
        "preview": preview,
        "plain": preview is not None and is_plain(preview.html),
        "hints": hints(preview.subject, preview.text, preview.html) if preview else [],
    }


def _who(lead: Lead) -> str:
    """A lead in a list to choose from."""
    name = f"{lead.first_name} {lead.last_name}".strip()
    return f"{name} <{lead.email}>" if name else lead.email


@bp.get("/<int:campaign_id>/steps/<int:step_id>/preview")
@requires("campaigns.view")
def show_preview_body(campaign_id: int, step_id: int) -> ResponseReturnValue:
    """The filled body by itself, for the sandboxed frame."""
    campaign = get_campaign(campaign_id)
    step = get_step(campaign.id, step_id)
    lead = find_lead_in(campaign.id, request.args.get("lead", type=int))
    preview = preview_for(campaign, step, lead)
    body = render_template(
        "campaigns/sequence/body.html",
        preview=preview,
        plain=is_plain(preview.html),
        theme=request.cookies.get("theme", ""),
    )
    return mail_body_policy(make_response(body), images="https: http:")


@bp.post("/<int:campaign_id>/steps")
@requires("campaigns.edit")
def create_step(campaign_id: int) -> ResponseReturnValue:
    """Another step at the end."""
    step = sequence.add_step(get_campaign(campaign_id))
    return done(_url(campaign_id, step))


def _url(campaign_id: int, step: Step | None = None) -> str:
    """The Campaign tab, at a step."""
    anchor = f"step-{step.id}" if step else None
    return url_for("campaigns.show_sequence", campaign_id=campaign_id, _anchor=anchor)


@bp.post("/<int:campaign_id>/steps/<int:step_id>")
@requires("campaigns.edit")
def update_step(campaign_id: int, step_id: int) -> ResponseReturnValue:
    """Save the text of a step, as it is typed or by the button."""
    campaign = get_campaign(campaign_id)
    step = get_step(campaign.id, step_id)
    form = parse_form(TextInput)
    if campaign.status == "active" and "running" not in request.form:
        # A page from before the launch saves as one types; half a sentence must not be sent.
        form.fail("form", "The campaign is running now. Reload the page to change its texts.")
    if not form.ok:
        return _refused(campaign, step, form)
    sequence.update_text(step, form.value)
    try:
        sequence.refuse_unready(campaign, [step])
    except Invalid as error:
        form.errors.update(error.errors)
        return _refused(campaign, step, form)
    return _saved(campaign, step)


@bp.post("/<int:campaign_id>/steps/<int:step_id>/delay")
@requires("campaigns.edit")
def update_delay(campaign_id: int, step_id: int) -> ResponseReturnValue:
    """Save the wait before a step."""
    campaign = get_campaign(campaign_id)
    step = get_step(campaign.id, step_id)
    form = parse_form(DelayInput)
    if not form.ok:
        return _refused(campaign, step, form)
    sequence.update_delay(step, form.value)
    return _saved(campaign, step)


def _saved(campaign: Campaign, step: Step) -> ResponseReturnValue:
    """The preview follows; a plain form goes back to the step."""
    return done(
        _url(campaign.id, step),
        message=None if _is_htmx() else f"Step {step.position} saved.",
        oob="campaigns/sequence/saved.oob.html",
        step=step,
        campaign=campaign,
        errors={},
        **preview_context(campaign, step),
    )


def _is_htmx() -> bool:
    """Whether the editor saves by itself; then a toast would only disturb."""
    return request.headers.get("HX-Request") == "true"


def _refused(campaign: Campaign, step: Step, form: Form[Any]) -> ResponseReturnValue:
    """What is wrong, beside the step; the person's text stays in the editor."""
    if _is_htmx():
        return fragment(
            "campaigns/sequence/refused.oob.html", status=422, step=step, errors=form.errors
        )
    context = _context(campaign, step, refused=step.id)
    return invalid("campaigns/sequence/index.html", form=form, **context)


@bp.post("/<int:campaign_id>/steps/order")
@requires("campaigns.edit")
def create_order(campaign_id: int) -> ResponseReturnValue:
    """The order the steps were dragged into."""
    campaign = get_campaign(campaign_id)
    wanted = [
        int(value)
        for value in request.form.getlist("step")
        if value.isdecimal() and len(value) < 19
    ]
    known = {step.id: step for step in steps_of(campaign.id)}
    if sorted(wanted) != sorted(known):
        raise Invalid({"form": ["The steps have changed in the meantime. Reload the page."]})
    for position, step_id in enumerate(wanted, start=1):
        sequence.move_step(campaign, known[step_id], position)
    moved = known.get(request.form.get("moved", 0, type=int))
    # The handle is named, so that the keyboard goes on from where it was.
    anchor = f"step-handle-{moved.id}" if moved else None
    return done(url_for("campaigns.show_sequence", campaign_id=campaign_id, _anchor=anchor))


@bp.post("/<int:campaign_id>/steps/<int:step_id>/move")
@requires("campaigns.edit")
def create_move(campaign_id: int, step_id: int) -> ResponseReturnValue:
    """One place up or down."""
    campaign = get_campaign(campaign_id)
    step = get_step(campaign.id, step_id)
    sequence.move_step(campaign, step, request.form.get("to", step.position, type=int))
    return done(_url(campaign_id, step))


@bp.post("/<int:campaign_id>/steps/<int:step_id>/delete")
@requires("campaigns.edit")
def delete_step(campaign_id: int, step_id: int) -> ResponseReturnValue:
    """Remove a step."""
    campaign = get_campaign(campaign_id)
    step = get_step(campaign.id, step_id)
    position = step.position
    sequence.delete_step(campaign, step)
    return done(_url(campaign_id), message=f"Step {position} removed.")


@bp.get("/<int:campaign_id>/steps/<int:step_id>/test")
@requires("campaigns.edit")
def new_test(campaign_id: int, step_id: int) -> ResponseReturnValue:
    """Where should a test go?"""
    campaign = get_campaign(campaign_id)
    return page_or_fragment(
        "campaigns/sequence/test.html",
        {},
        **_test_context(campaign, get_step(campaign.id, step_id)),
    )


def _test_context(campaign: Campaign, step: Step) -> dict[str, Any]:
    """The form for a test mail."""
    senders = [a for a in senders_of(campaign.id) if a.status == "connected"]
    choices = [(a.id, a.email) for a in senders]
    return frame(
        campaign,
        "sequence",
        senders=senders,
        sender_choices=choices,
        **preview_context(campaign, step),
    )


@bp.post("/<int:campaign_id>/steps/<int:step_id>/test")
@requires("campaigns.edit")
def create_test(campaign_id: int, step_id: int) -> ResponseReturnValue:
    """Send one step, filled in for a lead, to an address."""
    campaign = get_campaign(campaign_id)
    step = get_step(campaign.id, step_id)
    form = parse_form(TestMailInput)
    try:
        send_test(campaign, step, form.value)
    except Invalid as error:
        form.errors.update(error.errors)
        return invalid("campaigns/sequence/test.html", form=form, **_test_context(campaign, step))
    message = f"A test of step {step.position} is on its way to {form.value.email}."
    return done(_url(campaign_id, step), message=message)
