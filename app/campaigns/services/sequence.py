"""The sequence: add, edit, move and remove steps, also while the campaign runs.

Steps that were sent stay behind every lead (see policies.sequence). A text that is edited is used
by every mail that leaves from now on.
"""

from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from app.campaigns.policies.html import clean_body
from app.campaigns.policies.readiness import unready
from app.campaigns.policies.sequence import moved, next_positions
from app.campaigns.queries.campaigns import steps_of
from app.campaigns.queries.planner_lock import wait_for_planner
from app.campaigns.schemas import DelayInput, StepInput, TextInput
from app.campaigns.services.running import take_back_queued
from app.core.db import db
from app.core.errors import Conflict, Invalid
from app.core.jobs import enqueue
from app.models import Campaign, CampaignLead, Step

MAX_STEPS = 50


def add_step(campaign: Campaign, form: StepInput | None = None) -> Step:
    """Another step at the end, three days after the one before. Errors: Conflict (too many)."""
    wait_for_planner()
    steps = steps_of(campaign.id)
    if len(steps) >= MAX_STEPS:
        raise Conflict(f"A sequence has at most {MAX_STEPS} steps.")
    form = form or StepInput(delay_amount=3 if steps else 0)
    step = Step(campaign_id=campaign.id, position=len(steps) + 1)
    db.session.add(step)
    update_step(step, form)
    _rearrange(campaign, [s.id for s in steps], [*(s.id for s in steps), step.id])
    return step


def update_step(step: Step, form: StepInput) -> None:
    """Text and delay. What is queued already leaves with the new text."""
    update_text(step, form)
    update_delay(step, form)


def update_text(step: Step, form: TextInput) -> None:
    """What the step says, cleaned; mails that leave from now on say it."""
    step.subject, step.body_html = form.subject, clean_body(form.body_html)
    db.session.flush()


def refuse_unready(campaign: Campaign, steps: Iterable[Step]) -> None:
    """A running campaign keeps a text that can be sent. Errors: Invalid with what is missing."""
    if campaign.status != "active":
        return
    for step in steps:
        lacks = unready(step.position, step.subject, step.body_html)
        if lacks is not None:
            raise Invalid({lacks.field: [f"Step {step.position} {lacks.why}."]})


def update_delay(step: Step, form: DelayInput) -> None:
    """The wait before the step; the first has none. Leads that wait already keep their time."""
    step.delay_amount = 0 if step.position == 1 else form.delay_amount
    step.delay_unit = form.delay_unit
    db.session.flush()


def move_step(campaign: Campaign, step: Step, to: int) -> None:
    """Put a step at another place. Leads go on after what they were already sent."""
    wait_for_planner()
    old = [s.id for s in steps_of(campaign.id)]
    _rearrange(campaign, old, moved(old, step.id, to))


def delete_step(campaign: Campaign, step: Step) -> None:
    """Remove a step; leads that wait for it go on with the next."""
    wait_for_planner()
    old = [s.id for s in steps_of(campaign.id)]
    db.session.delete(step)
    db.session.flush()
    _rearrange(campaign, old, [other for other in old if other != step.id])


def replace_steps(campaign: Campaign, forms: Sequence[StepInput]) -> list[Step]:
    """The whole sequence as a program sends it: steps keep their place, surplus ones go.

    Errors: Invalid (a running campaign with a step that cannot be sent).
    """
    wait_for_planner()
    steps = steps_of(campaign.id)
    for step, form in zip(steps, forms, strict=False):
        update_step(step, form)
    for form in forms[len(steps) :]:
        add_step(campaign, form)
    for step in steps[len(forms) :]:
        delete_step(campaign, step)
    replaced = steps_of(campaign.id)
    refuse_unready(campaign, replaced)
    return replaced


def _rearrange(campaign: Campaign, old: list[int], new: list[int]) -> None:
    """Write the new order and move every lead's next step along with it."""
    if old == new:
        return
    take_back_queued(campaign.id, reason="sequence changed")
    for position, step_id in enumerate(new, start=1):
        db.session.execute(sa.update(Step).where(Step.id == step_id).values(position=position))
    changed = {p: to for p, to in next_positions(old, new).items() if p != to}
    if changed:
        db.session.execute(
            sa.update(CampaignLead)
            .where(
                CampaignLead.campaign_id == campaign.id,
                CampaignLead.state.in_(["waiting", "queued", "paused", "held"]),
                CampaignLead.step_position.in_(changed),
            )
            .values(step_position=sa.case(changed, value=CampaignLead.step_position))
            .execution_options(synchronize_session=False)
        )
    db.session.expire_all()
    if campaign.status == "active":
        enqueue("campaigns.plan", once=True)
