"""No address appears or disappears unnoticed.

After a wanted change: `ROUTES=write bin/test unit tests/structure/test_routes.py`, and read the diff.
"""

import os
from pathlib import Path

from app.core.permissions import access_of
from app.rooms import SHORTCUTS
from tests.structure.paths import methods

GOLDEN = Path(__file__).with_name("routes.txt")


def routes(app) -> list[str]:
    """One line a route: methods, address, who may ask."""
    lines = []
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith(("/admin/rq", "/test/")):
            continue  # rq-dashboard's own, and what other tests add
        kind, permission = access_of(app.view_functions[rule.endpoint]) or ("public", None)
        lines.append(f"{rule.rule}  {','.join(methods(rule))}  {permission or kind}")
    return sorted(lines)


def test_routes_are_those_of_the_list(app):
    now = routes(app)
    if os.environ.get("ROUTES") == "write":
        GOLDEN.write_text("\n".join(now) + "\n")
    assert now == GOLDEN.read_text().splitlines()


def test_addresses_are_written_one_way(app):
    """Small letters, hyphens, no slash at the end."""
    odd = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if not rule.rule.startswith("/admin/rq")
        and rule.rule != "/"
        and (
            rule.rule.endswith("/")
            or "_" in "".join(p for p in rule.rule.split("/") if "<" not in p)
        )
    ]
    assert not odd, odd


def test_short_cuts_stand_before_public_views_that_only_read(app):
    """What is answered before Flask passes no guard: it must need none."""
    rules = {rule.endpoint: rule for rule in app.url_map.iter_rules()}
    for prefix, (endpoint, _) in SHORTCUTS.items():
        assert rules[endpoint].rule.rpartition("/")[0] == prefix
        assert methods(rules[endpoint]) == ["GET"]
        assert access_of(app.view_functions[endpoint]) == ("public", None)
