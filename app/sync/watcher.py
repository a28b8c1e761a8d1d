"""The watcher process: one waiting connection (IMAP IDLE) per inbox, hundreds in one process.

It only rings `sync.pull`. Whatever it misses, the sweeper finds: it may die at any moment.
Connecting and renewing may block on a slow server and are done by a few threads; a connection
belongs either to such a thread or to the selector loop, never to both.
"""

import contextlib
import os
import selectors
import signal
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from random import uniform
from threading import Event
from time import monotonic

import structlog
from flask import Flask

from app.accounts.services import mail_provider
from app.core.jobs import enqueue
from app.core.tenancy import unscoped, workspace_context
from app.core.transactions import unit_of_work
from app.providers.mail.base import IdleWatch, MailProvider
from app.sync import queries

log = structlog.get_logger(__name__)
LOOK_SECONDS = 15.0
RENEW_SECONDS = 8 * 60.0  # servers may drop a connection that idles for longer than nine minutes
RETRY_FIRST, RETRY_MOST = 5.0, 300.0
STAGGER = 2.0
THREADS = 8


@dataclass
class Watch:
    """One inbox: its connection, or when to try for one again."""

    workspace_id: int
    account_id: int
    folder: str
    idle: IdleWatch | None = None
    provider: MailProvider | None = None
    is_busy: bool = False
    try_at: float = 0.0
    renew_at: float = 0.0
    failures: int = 0
    is_dropped: bool = False


class Watcher:
    """The loop. `step` does one round, so that a test can drive it."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.watches: dict[int, Watch] = {}
        self.selector = selectors.DefaultSelector()
        self.threads = ThreadPoolExecutor(THREADS, thread_name_prefix="watch")
        self.done: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self.stopping = Event()
        self._look_at = 0.0
        self._wake_out, self._wake_in = os.pipe()
        os.set_blocking(self._wake_out, False)
        self.selector.register(self._wake_out, selectors.EVENT_READ, None)

    def run(self) -> None:
        """Watch until told to stop."""
        while not self.stopping.is_set():
            self.step(1.0)
        self.close()

    def stop(self) -> None:
        """End the loop soon. Safe from a signal handler."""
        self.stopping.set()
        self._wake()

    def step(self, timeout: float) -> None:
        """Look for accounts when it is time, connect what is due, hear what has come."""
        now = monotonic()
        if now >= self._look_at:
            self._look_at = now + LOOK_SECONDS
            self._look()
        for watch in list(self.watches.values()):
            self._tend(watch, now)
        for key, _ in self.selector.select(timeout):
            if key.data is None:
                self._drain_pipe()
            else:
                self._hear(key.data)
        self._finish_work()

    def close(self) -> None:
        """Drop all connections."""
        for watch in list(self.watches.values()):
            self._drop(watch)
        self.threads.shutdown(wait=False, cancel_futures=True)
        self.selector.close()
        os.close(self._wake_in)
        os.close(self._wake_out)

    def _look(self) -> None:
        """Compare what is watched with what should be. A database that is away changes nothing."""
        try:
            why = unscoped("inboxes to watch, over all workspaces")
            with self.app.app_context(), why, unit_of_work():
                wanted = {row[1]: row for row in queries.watched_folders()}
        except Exception:
            log.exception("watcher_look_failed")
            return
        for account_id in self.watches.keys() - wanted.keys():
            self._drop(self.watches.pop(account_id))
        now = monotonic()
        for number, account_id in enumerate(sorted(wanted.keys() - self.watches.keys())):
            # Not all at once: a provider sees many connections from one address as an attack.
            delay = _between(0, STAGGER) * (number // THREADS)
            self.watches[account_id] = Watch(*wanted[account_id], try_at=now + delay)

    def _tend(self, watch: Watch, now: float) -> None:
        if watch.is_busy:
            return
        if watch.idle is None and now >= watch.try_at:
            self._start(watch, self._connect)
        elif watch.idle is not None and now >= watch.renew_at:
            self.selector.unregister(watch.idle)
            self._start(watch, self._renew)

    def _start(self, watch: Watch, work: Callable[[Watch], IdleWatch | None]) -> None:
        watch.is_busy = True

        def finished(future: "Future[IdleWatch | None]") -> None:
            self.done.put(lambda: self._settle(watch, future))
            self._wake()

        self.threads.submit(work, watch).add_done_callback(finished)

    def _connect(self, watch: Watch) -> IdleWatch | None:
        with self.app.app_context(), workspace_context(watch.workspace_id), unit_of_work():
            account = queries.readable_account(watch.account_id)
            watch.provider = mail_provider(account) if account is not None else None
        return watch.provider.idle(watch.folder) if watch.provider else None

    def _renew(self, watch: Watch) -> IdleWatch | None:
        if watch.idle is not None:
            watch.idle.renew()
        return watch.idle

    def _settle(self, watch: Watch, future: "Future[IdleWatch | None]") -> None:
        """Back in the loop's own thread: register the connection, or plan the next attempt."""
        watch.is_busy = False
        error = future.exception() if not future.cancelled() else None
        if error is not None or future.cancelled():
            self._lost(watch, error)
            return
        first = watch.idle is None
        watch.idle = future.result()
        if watch.is_dropped or self.stopping.is_set():
            self._close(watch)
        elif watch.idle is None:
            watch.try_at = monotonic() + 3_600  # cannot wait for news: left to the sweeper
            self._close(watch)
        else:
            watch.failures = 0
            watch.renew_at = monotonic() + RENEW_SECONDS * _between(0.85, 1.0)
            self.selector.register(watch.idle, selectors.EVENT_READ, watch)
            if first:
                self._ring(watch)  # mail may have come while nobody was listening

    def _hear(self, watch: Watch) -> None:
        if watch.idle is None or watch.is_busy:
            return
        try:
            news = watch.idle.news()
        except Exception as error:
            with contextlib.suppress(KeyError, ValueError):
                self.selector.unregister(watch.idle)
            self._lost(watch, error)
            return
        if news:
            self._ring(watch)

    def _lost(self, watch: Watch, error: BaseException | None) -> None:
        watch.failures += 1
        delay = min(RETRY_FIRST * 2 ** min(watch.failures - 1, 8), RETRY_MOST)
        watch.try_at = monotonic() + delay * _between(0.8, 1.2)
        log.info("watch_lost", account_id=watch.account_id, error=str(error), retry_in=delay)
        self._close(watch)

    def _ring(self, watch: Watch) -> None:
        with workspace_context(watch.workspace_id):
            enqueue("sync.pull", account_id=watch.account_id, once=True)

    def _drop(self, watch: Watch) -> None:
        watch.is_dropped = True
        if watch.idle is not None and not watch.is_busy:
            with contextlib.suppress(KeyError, ValueError):
                self.selector.unregister(watch.idle)
            self._close(watch)

    def _close(self, watch: Watch) -> None:
        for one in (watch.idle, watch.provider):
            if one is not None:
                with contextlib.suppress(Exception):
                    one.close()
        watch.idle = watch.provider = None

    def _finish_work(self) -> None:
        with contextlib.suppress(Empty):
            while True:
                self.done.get_nowait()()

    def _wake(self) -> None:
        with contextlib.suppress(OSError):
            os.write(self._wake_in, b"!")

    def _drain_pipe(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while os.read(self._wake_out, 4096):
                pass


def _between(low: float, high: float) -> float:
    return uniform(low, high)  # noqa: S311 - spreads load, guards nothing


def run(app: Flask) -> None:
    """Be the watcher process until SIGTERM or SIGINT."""
    watcher = Watcher(app)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: watcher.stop())
    log.info("watcher_started")
    with app.app_context():
        watcher.run()
