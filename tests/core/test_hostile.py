"""What strangers send that nobody asked for."""

import logging

import pytest


def test_only_lists_of_leads_may_be_large(client):
    size = {"CONTENT_LENGTH": str(27 * 1024 * 1024)}
    kind = "multipart/form-data; boundary=x"
    answer = client.post("/auth/login", content_type=kind, environ_overrides=size)
    assert answer.status_code == 413


def test_what_stands_in_an_address_stays_out_of_the_log(page, cast, caplog):
    with caplog.at_level(logging.WARNING):
        page.as_(cast.alice).get("/w/secret%00token/dashboard", 400)
    assert "/w/<slug>/dashboard" in caplog.text
    assert "secret" not in caplog.text


@pytest.mark.parametrize("path", ["/w/other/dashboard", "/nowhere", "/api/nowhere", "/healthz"])
def test_every_answer_has_a_number_to_ask_for(page, cast, path):
    assert page.as_(cast.alice).client.get(path).headers["X-Request-Id"]
