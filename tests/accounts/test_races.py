"""Two clicks at once: real connections, real commits."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import sqlalchemy as sa

from app.accounts.schemas import ConnectInput
from app.accounts.services import connect_account
from app.core.db import db
from app.core.errors import Invalid
from app.core.tenancy import workspace_context
from app.core.transactions import unit_of_work
from app.models import EmailAccount
from app.providers.mail.base import Verification


@pytest.mark.committed
def test_one_address_connected_twice_at_once_is_one_account(app, cast):
    acme_id = cast.acme.id
    db.session.commit()
    values = {"email": "ann@example.test", "password": "secret"}
    hosts = {"imap_host": "imap.example.test", "smtp_host": "smtp.example.test"}
    entry, barrier = ConnectInput.model_validate(values | hosts), Barrier(4)

    def click(_number: int) -> object:
        with app.app_context(), workspace_context(acme_id):
            try:
                with unit_of_work():
                    barrier.wait()
                    return connect_account(entry, Verification(())).id
            except Exception as error:  # what went wrong is the result
                return error
            finally:
                db.session.remove()

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(click, range(4)))
    assert sum(isinstance(result, int) for result in results) == 1
    assert sum(isinstance(result, Invalid) for result in results) == 3
    with workspace_context(acme_id):
        assert db.session.scalar(sa.select(sa.func.count(EmailAccount.id))) == 1
