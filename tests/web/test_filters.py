"""What templates can say."""

from datetime import UTC, date, datetime, timedelta, timezone
from types import SimpleNamespace

import jinja2
import pytest

from app.web.filters import (
    day,
    dom_id,
    filesize,
    html_attrs,
    hue,
    number,
    percent,
    plural,
    time_tag,
)


def test_html_attrs_leaves_out_nothing_and_escapes():
    attrs = {"hx-get": '/a?b="c"', "disabled": True, "hidden": False, "id": None, "aria-busy": True}
    assert html_attrs(attrs) == ' hx-get="/a?b=&#34;c&#34;" disabled aria-busy="true"'


class CampaignLead(SimpleNamespace):
    pass


def test_dom_id_names_the_record():
    assert dom_id(CampaignLead(id=17), "row") == "campaign_lead_17_row"
    assert dom_id(CampaignLead(id=None)) == "campaign_lead_new"


def test_a_day_has_no_zone():
    assert day("2026-12-02") == day(date(2026, 12, 2)) == "2 December 2026"


def test_time_tag_is_utc_whatever_the_zone():
    at = datetime(2026, 11, 23, 1, 4, tzinfo=timezone(timedelta(hours=2)))
    assert 'datetime="2026-11-22T23:04:00Z"' in time_tag(at)
    assert ">22 Nov 2026<" in time_tag(at, "date")
    assert time_tag(None) == "–"


def test_time_tag_text_is_the_same_for_a_cached_fragment():
    at = datetime(2026, 11, 23, 9, 4, 31, 5, tzinfo=UTC)
    assert time_tag(at) == time_tag(at)
    assert ">23 Nov 2026, 09:04 UTC<" in time_tag(at)


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (number(1204), "1,204"),
        (number(None), "–"),
        (number(0.256, 1), "0.3"),
        (percent(1, 3), "33.3\u202f%"),
        (percent(1, 2), "50\u202f%"),
        (percent(1, 0), "–"),
        (percent(None, 5), "–"),
        (plural(1, "mail"), "1 mail"),
        (plural(1204, "reply", "replies"), "1,204 replies"),
        (filesize(None), "0 B"),
        (filesize(12_400), "12 kB"),
        (filesize(3_400_000), "3.4 MB"),
        (filesize(2_500_000_000), "2.5 GB"),
    ],
)
def test_figures(shown, expected):
    assert shown == expected


def test_hue_is_steady():
    assert hue("Maya Keller") == hue("Maya Keller")
    assert hue("Maya Keller") in range(8)


def test_an_unknown_name_in_a_template_is_an_error(app):
    with pytest.raises(jinja2.UndefinedError):
        app.jinja_env.from_string("{{ nobody }}").render()
