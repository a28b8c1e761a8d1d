"""The sandbox process: reads its settings, opens the journal, serves until it is told to stop."""

import asyncio
import logging
import os
import signal
import sys
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from app.sandbox.world.errands import Errands
from app.sandbox.world.imap import serve_imap
from app.sandbox.world.journal import JournalLocked
from app.sandbox.world.ledger import Ledger
from app.sandbox.world.mailstore import MailStore
from app.sandbox.world.people import People
from app.sandbox.world.post import PostOffice
from app.sandbox.world.smtp import serve_smtp

HOST = "127.0.0.1"
log = logging.getLogger("sandbox")


@dataclass(frozen=True)
class Settings:
    """What the environment says; the world reads no other configuration."""

    smtp_port: int
    imap_port: int
    key: str
    directory: Path
    app_url: str
    speed: float
    file_sent: bool


def settings_from(environ: dict[str, str]) -> Settings:
    """Settings from environment variables. Errors: `SystemExit` with a sentence."""
    key = environ.get("SANDBOX_KEY", "")
    if not key:
        raise SystemExit("sandbox: set SANDBOX_KEY, the secret that all its passwords come from")
    try:
        speed = float(environ.get("SANDBOX_SPEED") or 1)
        ports = [int(environ.get(f"SANDBOX_{name}_PORT") or 0) for name in ("SMTP", "IMAP")]
    except ValueError as error:
        raise SystemExit(f"sandbox: SANDBOX_SPEED and the ports must be numbers: {error}") from None
    if not all(ports) or speed <= 0:
        raise SystemExit("sandbox: set SANDBOX_SMTP_PORT and SANDBOX_IMAP_PORT, speed above 0")
    return Settings(
        smtp_port=ports[0],
        imap_port=ports[1],
        key=key,
        directory=Path(environ.get("INSTANCE_DIR") or "instance") / "sandbox",
        app_url=environ.get("PUBLIC_URL", "http://127.0.0.1:8000"),
        speed=speed,
        file_sent=environ.get("SANDBOX_FILE_SENT", "1") not in ("0", "false", "no"),
    )


async def serve(settings: Settings) -> None:
    """Run the world until SIGTERM or SIGINT."""
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    ledger = Ledger(settings.directory / "mail.journal")
    store, people = MailStore(ledger), People()
    await ledger.open(store, people)
    post = PostOffice(ledger, store, people, file_sent=settings.file_sent, speed=settings.speed)
    errands = Errands(ledger, store, people, post, settings.app_url)
    stack = AsyncExitStack()
    await serve_imap(stack, store, settings.key, HOST, settings.imap_port)
    await serve_smtp(stack, post, settings.key, HOST, settings.smtp_port)
    tasks = [asyncio.create_task(errands.run()), asyncio.create_task(_housekeeping(ledger))]
    print(f"sandbox ready: smtp {settings.smtp_port} imap {settings.imap_port}", flush=True)  # noqa: T201
    await stopped.wait()
    for task in tasks:
        task.cancel()
    with suppress(TimeoutError):  # clients that sit in IDLE would keep the servers open
        await asyncio.wait_for(stack.aclose(), 2)
    await ledger.synced()
    ledger.close()


async def _housekeeping(ledger: Ledger) -> None:
    while True:
        await asyncio.sleep(30)
        try:
            await ledger.compact_if_grown()
        except OSError as error:
            log.error("journal not compacted: %s", error)


def main() -> None:
    """The whole process; ends with a sentence when it cannot start."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    settings = settings_from(dict(os.environ))
    try:
        with suppress(KeyboardInterrupt):
            asyncio.run(serve(settings))
    except JournalLocked as error:
        sys.exit(f"sandbox: {error}; is it running already?")
    except OSError as error:
        sys.exit(f"sandbox: cannot start: {error}")
