"""The house stands: it answers, and every route says who may ask."""

from app.core.permissions import access_of


def test_health_answers(client):
    assert client.get("/healthz").get_json() == {"status": "ok"}
    assert client.get("/readyz").get_json()["database"] is True


def test_every_route_says_who_may_ask(app):
    silent = [
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if access_of(app.view_functions[rule.endpoint]) is None
        and rule.endpoint != "static"
        and not rule.endpoint.startswith("rq_dashboard.")
    ]
    assert silent == []
