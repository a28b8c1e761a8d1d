"""The Schedule tab: weekdays and hours, time zone, first and last day, daily caps."""

from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue

from app.campaigns.policies.schedule import Window, format_minutes, is_always_open
from app.campaigns.queries.campaigns import get_campaign, schedule_of
from app.campaigns.schemas import ScheduleInput
from app.campaigns.services.campaigns import update_schedule as save_schedule
from app.campaigns.views.blueprint import bp, frame
from app.core.forms import Form, parse_form, read_lines
from app.core.permissions import requires
from app.models import Campaign
from app.web.responses import done, invalid, page
from app.workspaces.schemas import time_zone_options

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
#: Empty lines to fill: the form works without scripts.
SPARE = 2


@bp.get("/<int:campaign_id>/schedule")
@requires("campaigns.view")
def show_schedule(campaign_id: int) -> ResponseReturnValue:
    """When mails may leave."""
    return page("campaigns/schedule.html", **_context(get_campaign(campaign_id)))


def _context(campaign: Campaign, form: Form[Any] | None = None) -> dict[str, Any]:
    """The form's choices, and the windows as lines."""
    schedule = schedule_of(campaign)
    always = is_always_open(schedule.windows)
    windows = () if always else schedule.windows
    return frame(
        campaign,
        "schedule",
        schedule=schedule,
        always_open=always,
        lines=[*(form.get("windows") if form else _lines(windows)), *[{}] * SPARE],
        weekdays=list(enumerate(WEEKDAYS)),
        time_zones=time_zone_options(),
    )


def _lines(windows: tuple[Window, ...]) -> list[dict[str, Any]]:
    """Windows as they are written in a form."""
    return [
        {"weekday": w.weekday, "start": format_minutes(w.start), "end": _end(w.end)}
        for w in windows
    ]


def _end(minutes: int) -> str:
    """Browsers know no 24:00."""
    return format_minutes(minutes % (24 * 60))


def _typed_windows() -> list[dict[str, str]]:
    """The lines of the form; "at any time" hides them, so they say nothing then."""
    return [] if request.form.get("always_open") else read_lines("weekday", "start", "end")


@bp.post("/<int:campaign_id>/schedule")
@requires("campaigns.edit")
def update_schedule(campaign_id: int) -> ResponseReturnValue:
    """Save it; a running campaign follows at once."""
    campaign = get_campaign(campaign_id)
    form = parse_form(ScheduleInput, windows=_typed_windows())
    if not form.ok:
        return invalid("campaigns/schedule.html", form=form, **_context(campaign, form))
    save_schedule(campaign, form.value)
    url = url_for("campaigns.show_schedule", campaign_id=campaign_id)
    return done(url, message="Schedule saved.")
