"""Input made to hurt the JSON door. Nobody needs to be signed in to send it."""

import io
import subprocess
import sys

import pytest

from app.api.php_input import MAX_JSON

LOGIN = "/api/auth/login"


@pytest.mark.parametrize("start", ["a", "a[b]"])
def test_field_names_of_brackets_are_read_in_one_go(start):
    """Quadratic, this takes minutes; the child process is given one."""
    code = f"from app.api.php_input import split_name; split_name({start!r} + '[' * 300_000)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


@pytest.mark.parametrize("name", ["a[²]", "a[" + "9" * 5000 + "]"])
def test_odd_indexes(client, name):
    assert client.post(LOGIN, data={name: "1", "a[]": "2"}).status_code == 422


@pytest.mark.parametrize("depth", [400, 900, 5000])
def test_deep_json(client, depth):
    body = '{"email":' + "[" * depth + "]" * depth + "}"
    answer = client.post(LOGIN, data=body, content_type="application/json")
    assert answer.status_code == 422


def test_json_beyond_the_limit_is_not_read(client):
    body = b'{"email":"' + b"a" * MAX_JSON + b'"}'
    answer = client.post(LOGIN, data=body, content_type="application/json")
    assert answer.status_code == 413


@pytest.mark.parametrize("page", ["Infinity", "-Infinity", "NaN", "1e999"])
def test_endless_page_numbers(call, cast, page):
    answer = call(
        cast.alice,
        "GET",
        "/api/campaign",
        data='{"page": ' + page + "}",
        headers={"Content-Type": "application/json", "X-Workspace-Id": str(cast.acme.id)},
    )
    assert answer.status_code == 200


@pytest.mark.parametrize("wanted", ["²", "9" * 5000])
def test_odd_workspaces(call, cast, wanted):
    answer = call(cast.alice, "GET", f"/api/campaign?workspace_id={wanted}")
    assert answer.status_code == 404


def test_odd_clients(client):
    body = {"grant_type": "password", "client_id": "²", "username": "a", "password": "b"}
    assert client.post("/oauth/token", data=body).status_code == 401
    body["client_id"] = "9" * 5000
    assert client.post("/oauth/token", data=body).status_code == 401


def test_halves_of_characters(client):
    body = '{"email": "\\ud800", "password": "\\ud800"}'
    answer = client.post(LOGIN, data=body, content_type="application/json")
    assert answer.status_code == 422


class Unread(io.BytesIO):
    """A body nobody may touch."""

    def read(self, *_size):
        raise AssertionError("the body of a stranger was read")


def test_the_body_of_a_stranger_is_not_read(client):
    answer = client.post(
        "/api/lead",
        input_stream=Unread(b"x"),
        headers={"Content-Type": "multipart/form-data; boundary=b", "Accept": "application/json"},
        environ_overrides={"CONTENT_LENGTH": "20000000"},
    )
    assert answer.status_code == 401


def test_a_part_without_a_name_is_no_error(call, cast):
    body = (
        b'--b\r\nContent-Disposition: form-data; filename="x"\r\n\r\nx\r\n'
        b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n"
    )
    kind = "multipart/form-data; boundary=b"
    answer = call(cast.alice, "POST", "/api/lead/import", data=body, content_type=kind)
    assert answer.status_code == 422
