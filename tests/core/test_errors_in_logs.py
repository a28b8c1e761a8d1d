"""An error of the database is logged with its statement, never with the values in it."""

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DataError

import config
from app.core.db import db


def test_values_of_a_statement_stay_out_of_its_error(app):
    with pytest.raises(DataError) as caught:
        db.session.execute(sa.select(sa.func.length(sa.literal("very-secret\0"))))
    db.session.rollback()
    assert "very-secret" not in str(caught.value)


def test_every_installation_hides_them():
    assert config.load(ENV="test")["SQLALCHEMY_ENGINE_OPTIONS"]["hide_parameters"]
