"""Which folders an account has and which of them are kept in step."""

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy.dialects.postgresql import insert

from app.core.clock import utcnow
from app.core.db import db
from app.core.tenancy import require_workspace_id
from app.models import Folder
from app.providers.mail.base import RemoteFolder
from app.sync.queries import folders_of, is_synced_role

LOOK_AGAIN = timedelta(hours=6)


def need_discovery(folders: list[Folder]) -> bool:
    """Whether the server should be asked for its folders again."""
    if not any(folder.is_synced for folder in folders):
        return True
    return max(folder.updated_at for folder in folders) < utcnow() - LOOK_AGAIN


def save_folders(account_id: int, found: Iterable[RemoteFolder]) -> list[Folder]:
    """Write down what the server has. Folders that are gone stop being synced; rows stay."""
    rows = [
        {
            "workspace_id": require_workspace_id(),
            "account_id": account_id,
            "remote_name": folder.key,
            "name": folder.name,
            "role": str(folder.role),
            "is_synced": is_synced_role(str(folder.role)) and folder.selectable,
            "cursor": {},
            "progress": {},
        }
        for folder in found
    ]
    if rows:
        statement = insert(Folder)
        names = ("name", "role", "is_synced")
        statement = statement.on_conflict_do_update(
            index_elements=["workspace_id", "account_id", "remote_name"],
            set_={name: statement.excluded[name] for name in names} | {"updated_at": utcnow()},
        )
        db.session.execute(statement, rows)
    db.session.expire_all()
    kept = {row["remote_name"] for row in rows}
    folders = folders_of(account_id)
    for folder in folders:
        if folder.remote_name not in kept:
            folder.is_synced = False
    return folders
