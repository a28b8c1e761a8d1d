"""Jobs of the mailhub: write people's changes back to the providers."""

from app.accounts.services import mail_provider
from app.core.clock import utcnow
from app.core.jobs import Queue, enqueue, job
from app.core.tenancy import unscoped, workspace_context
from app.core.transactions import unit_of_work
from app.mailhub.queries.messages import accounts_with_actions
from app.mailhub.queries.threads import get_account
from app.mailhub.services.journal import STUCK, claim, finish, tell
from app.providers.mail.errors import MailError, Permanent


@job("mailhub.drain_actions", queue=Queue.SYNC)
def drain_actions(account_id: int) -> None:
    """Tell the provider the open changes of an account. Twice is harmless: flags are relative."""
    with unit_of_work():
        ids, orders = claim(account_id)
        if not ids:
            return
        account = get_account(account_id)
        reachable = account.removed_at is None and account.status != "reconnect_required"
        provider = mail_provider(account) if orders and reachable else None
    if provider is None:
        # Nothing of it stands on the server, or the account waits for a person.
        finish(ids, "" if reachable else "The account is not connected.")
        return
    try:
        tell(provider, orders)
    except MailError as error:
        finish(ids, error.text or str(error), is_final=isinstance(error, Permanent))
    else:
        finish(ids)
    finally:
        provider.close()


@job("mailhub.sweep_actions", every=60)
def sweep_actions() -> None:
    """Ring for accounts whose changes have not been told."""
    now = utcnow()
    with unscoped("open mail actions over all workspaces"), unit_of_work():
        due = accounts_with_actions(now, now - STUCK)
    for workspace_id, account_id in due:
        with workspace_context(workspace_id):
            enqueue("mailhub.drain_actions", account_id=account_id, once=True)
