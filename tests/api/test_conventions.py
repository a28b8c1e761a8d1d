"""What a client written for Laravel takes for granted, one test for each trap."""

import io
import re

import pytest

from app.core.db import db
from app.core.tenancy import workspace_context
from app.models import CampaignAccount
from tests.factories import make_account, make_campaign, make_campaign_lead

STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def campaign(cast):
    """A draft with two steps and one sender; its id, its sender's and its lead's."""
    with workspace_context(cast.acme.id):
        account = make_account(is_sandbox=True)
        made = make_campaign(accounts=[account], steps=2)
        entry = make_campaign_lead(made)
        db.session.commit()
        return {"id": made.id, "account": account.id, "entry": entry.id}


@pytest.fixture
def path(campaign):
    return f"/api/campaign/{campaign['id']}"


class TestInput:
    """Query, form and JSON as PHP reads them."""

    def name_of(self, answer):
        assert answer.status_code == 201, answer.text
        return answer.get_json()["data"]["name"]

    def test_the_last_of_two_values_wins(self, call, cast):
        in_query = call(cast.alice, "POST", "/api/campaign?name=first&name=last")
        assert self.name_of(in_query) == "last"
        in_form = call(cast.alice, "POST", "/api/campaign", data="name=a&name=b", content_type=FORM)
        assert self.name_of(in_form) == "b"
        in_json = call(
            cast.alice,
            "POST",
            "/api/campaign",
            data='{"name": "a", "name": "b"}',
            content_type="application/json",
        )
        assert self.name_of(in_json) == "b"

    def test_the_body_wins_over_the_query(self, call, cast):
        assert self.name_of(call(cast.alice, "POST", "/api/campaign?name=q", {"name": "b"})) == "b"

    def test_dots_and_spaces_in_names_become_underscores(self, call, cast, campaign):
        for query in ("campaign.id", "campaign%20id"):
            data = {"file": (io.BytesIO(b"email\na@example.test\n"), "a.csv")}
            answer = call(
                cast.alice, "POST", f"/api/lead/import?{query}={campaign['id']}", data=data
            )
            assert answer.get_json()["data"]["campaign_id"] == campaign["id"]

    @pytest.mark.parametrize("kind", ["query", "form", "json"])
    def test_lists_by_brackets_with_ids_as_text(self, call, cast, campaign, path, kind):
        entry = campaign["entry"]
        pairs = f"ids[]={entry}&ids[]=999"
        if kind == "query":
            answer = call(cast.alice, "DELETE", f"{path}/leads?{pairs}")
        elif kind == "form":
            answer = call(cast.alice, "DELETE", f"{path}/leads", data=pairs, content_type=FORM)
        else:
            answer = call(cast.alice, "DELETE", f"{path}/leads", {"ids": [str(entry), "999"]})
        assert answer.status_code == 204, answer.text
        assert call(cast.alice, "GET", f"{path}/leads").get_json()["data"] == []

    def test_lists_with_holes_are_no_lists(self, call, cast, path):
        answer = call(cast.alice, "DELETE", f"{path}/leads?ids[0]=1&ids[2]=3")
        assert answer.get_json()["errors"] == {"ids": ["The ids field must be an array."]}

    @pytest.mark.parametrize("empty", ["name", "name=", "name=%20%20"])
    def test_nothing_is_null(self, call, cast, empty):
        answer = call(cast.alice, "POST", "/api/campaign", data=empty, content_type=FORM)
        assert answer.get_json()["errors"] == {"name": ["The name field is required."]}
        assert call(cast.alice, "POST", "/api/campaign", {"name": None}).status_code == 422

    @pytest.mark.parametrize("given", ["1", 1, True])
    def test_booleans_as_laravel_takes_them(self, call, cast, path, given):
        body = {"name": "n", "track_clicks": given, "track_opens": "0"}
        answer = call(cast.alice, "PUT", f"{path}/settings", body)
        assert answer.get_json()["data"]["track_clicks"] is True
        assert answer.get_json()["data"]["track_opens"] is False

    def test_ids_of_senders_as_text(self, call, cast, campaign, path):
        body = {"name": "n", "account_ids": [str(campaign["account"])]}
        answer = call(cast.alice, "PUT", f"{path}/settings", body)
        assert answer.get_json()["data"]["account_ids"] == [campaign["account"]]
        with workspace_context(cast.acme.id):
            assert db.session.query(CampaignAccount).count() == 1

    @pytest.mark.parametrize("kind", ["application/json", "application/vnd.api+json"])
    def test_malformed_json_is_empty_input(self, call, cast, kind):
        answer = call(cast.alice, "POST", "/api/campaign", data="{'name'", content_type=kind)
        assert answer.status_code == 422
        assert answer.get_json()["message"] == "The name field is required."

    def test_json_of_another_type_is_not_read(self, call, cast):
        body = {"data": '{"name": "x"}', "content_type": "text/plain"}
        assert call(cast.alice, "POST", "/api/campaign", **body).status_code == 422

    @pytest.mark.parametrize("kind", ["application/json", FORM])
    def test_bodies_beyond_eight_megabytes(self, call, cast, kind):
        data = b"name=" + b"x" * (8 * 1024 * 1024)
        answer = call(cast.alice, "POST", "/api/campaign", data=data, content_type=kind)
        assert answer.status_code == 413
        assert answer.get_json() == {"message": "The posted data is too large."}


class TestMethods:
    """`_method`, HEAD, OPTIONS, and what is not there."""

    @pytest.mark.parametrize("where", ["query", "form", "json", "header"])
    def test_post_may_mean_put(self, call, cast, path, where):
        given = {
            "query": {"path": f"{path}?_method=PUT", "json": {"name": "New"}},
            "form": {"path": path, "data": {"_method": "put", "name": "New"}},
            "json": {"path": path, "json": {"_method": "PUT", "name": "New"}},
            "header": {
                "path": path,
                "json": {"name": "New"},
                "headers": {"X-HTTP-Method-Override": "PUT"},
            },
        }[where]
        answer = call(cast.alice, "POST", **given)
        assert answer.status_code == 200, answer.text
        assert answer.get_json()["data"]["name"] == "New"

    def test_get_stays_get(self, call, cast, path):
        assert call(cast.alice, "GET", f"{path}?_method=DELETE").status_code == 200

    def test_a_slash_at_the_end_is_ignored(self, call, cast, path):
        assert call(cast.alice, "GET", f"{path}/").status_code == 200
        assert call(cast.alice, "POST", "/api/campaign/", {"name": "x"}).status_code == 201

    def test_head(self, call, cast, path):
        answer = call(cast.alice, "HEAD", path)
        assert answer.status_code == 200
        assert answer.data == b""

    def test_options_without_origin_list_the_methods(self, client, path):
        answer = client.options(path)
        assert answer.status_code == 200
        assert {"GET", "HEAD", "PUT", "DELETE"} <= set(answer.allow)

    def test_the_wrong_method(self, call, cast, campaign, path):
        answer = call(cast.alice, "PATCH", path)
        assert answer.status_code == 405
        assert answer.headers["Allow"] == "GET, HEAD, PUT, DELETE"
        assert answer.get_json() == {
            "message": f"The PATCH method is not supported for route {path.strip('/')}. "
            "Supported methods: GET, HEAD, PUT, DELETE."
        }

    @pytest.mark.parametrize("path", ["/api", "/api/", "/api/x/y", "/api/campaign/abc", "/oauth/x"])
    def test_unknown_routes_answer_in_json(self, client, app, path):
        answer = client.get(path, headers={"Accept": "text/html"})
        assert answer.status_code == 404
        name = path.strip("/")
        assert answer.get_json() == {"message": f"The route {name} could not be found."}

    def test_the_last_bearer_of_the_header_counts(self, call, cast, client):
        token = call(cast.alice, "GET", "/api/auth/user").request.headers["Authorization"]
        headers = {"Authorization": f"Basic abc, {token}"}
        assert client.get("/api/auth/user", headers=headers).status_code == 200


class TestPages:
    """Laravel's length-aware pages over real rows."""

    @pytest.fixture(autouse=True)
    def rows(self, cast):
        with workspace_context(cast.acme.id):
            for number in range(7):
                make_campaign(name=f"Campaign {number}")
            db.session.commit()

    def get(self, call, cast, query):
        answer = call(cast.alice, "GET", f"/api/campaign?{query}")
        assert answer.status_code == 200
        return answer.get_json()

    def test_first_middle_last_and_beyond(self, call, cast):
        first = self.get(call, cast, "per_page=3")
        assert (first["links"]["prev"], first["meta"]["from"], first["meta"]["to"]) == (None, 1, 3)
        last = self.get(call, cast, "per_page=3&page=3")
        assert last["links"]["next"] is None
        assert (last["meta"]["from"], last["meta"]["to"], last["meta"]["last_page"]) == (7, 7, 3)
        beyond = self.get(call, cast, "per_page=3&page=9")
        assert beyond["data"] == []
        assert (beyond["meta"]["from"], beyond["meta"]["to"]) == (None, None)
        ids = [
            c["id"] for n in (1, 2, 3) for c in self.get(call, cast, f"per_page=3&page={n}")["data"]
        ]
        assert len(set(ids)) == 7

    def test_links_keep_the_other_fields(self, call, cast):
        body = self.get(call, cast, "per_page=3&status=draft&q=Campaign&page=2")
        for name in ("first", "last", "prev", "next"):
            assert "per_page=3" in body["links"][name]
            assert "status=draft" in body["links"][name]
        assert body["meta"]["path"] == "http://localhost/api/campaign"
        labels = [link["label"] for link in body["meta"]["links"]]
        assert labels == ["&laquo; Previous", "1", "2", "3", "Next &raquo;"]

    @pytest.mark.parametrize("query", ["page=0", "page=-3", "page=abc", "page[]=2", "page="])
    def test_an_odd_page_is_the_first(self, call, cast, query):
        assert self.get(call, cast, query)["meta"]["current_page"] == 1

    def test_per_page_is_bounded(self, call, cast):
        assert self.get(call, cast, "per_page=5000")["meta"]["per_page"] == 100
        assert self.get(call, cast, "per_page=zero")["meta"]["per_page"] == 15

    def test_filters_count_too(self, call, cast):
        assert self.get(call, cast, "q=Campaign%203")["meta"]["total"] == 1
        assert self.get(call, cast, "status=active")["meta"]["total"] == 0

    def test_addresses_do_not_follow_the_host_header(self, call, cast):
        answer = call(cast.alice, "GET", "/api/campaign", headers={"Host": "evil.test"})
        assert answer.get_json()["links"]["first"].startswith("http://localhost/")


class TestShapes:
    """Dates, keys, statuses."""

    def test_dates(self, call, cast, path):
        body = call(cast.alice, "GET", path).get_json()["data"]
        assert STAMP.fullmatch(body["created_at"])
        assert STAMP.fullmatch(body["updated_at"])

    def test_keys_keep_their_order(self, call, cast, path):
        body = call(cast.alice, "GET", path).get_data(as_text=True)
        assert body.index('"id"') < body.index('"name"') < body.index('"created_at"')

    def test_answers_are_not_stored_by_caches(self, call, cast, path):
        assert call(cast.alice, "GET", path).headers["Cache-Control"] == "no-store"

    def test_throttle_headers_on_every_answer(self, call, cast, path):
        for answer in (call(cast.alice, "GET", path), call(cast.alice, "PUT", path, {})):
            assert int(answer.headers["X-RateLimit-Limit"]) == 60
            assert int(answer.headers["X-RateLimit-Remaining"]) < 60

    def test_switching_moves_the_current_workspace(self, call, cast):
        made = call(cast.alice, "POST", "/api/workspace", {"name": "Second"})
        assert made.status_code == 201
        second = made.get_json()["data"]["id"]
        back = call(cast.alice, "POST", f"/api/workspace/{cast.acme.id}/switch")
        assert back.get_json()["data"]["slug"] == "acme"
        mine = call(cast.alice, "POST", "/api/campaign", {"name": "In Acme"}).get_json()["data"]
        headers = {"X-Workspace-Id": str(second)}
        there = call(cast.alice, "GET", f"/api/campaign/{mine['id']}", headers=headers)
        assert there.status_code == 404

    def test_the_page_session_opens_the_door_with_the_token(self, page, cast):
        alice = page.as_(cast.alice)
        headers = {"X-CSRF-Token": alice._token()}
        assert alice.client.get("/api/auth/user", headers=headers).status_code == 200
        assert alice.client.get("/api/auth/user").status_code == 419
