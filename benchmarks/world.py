"""What every benchmark of the send path needs: a database, an SMTP server, the app, a table."""

from __future__ import annotations

import asyncio
import multiprocessing as mp
import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import sqlalchemy as sa


@dataclass(frozen=True)
class Result:
    """One line of the table. `level` is the least acceptable ratio of figure to reference; None
    when the line is there to compare only."""

    name: str
    figure: float
    reference: float
    level: float | None
    unit: str

    @property
    def ratio(self) -> float:
        return self.figure / self.reference

    @property
    def holds(self) -> bool:
        return self.level is None or self.ratio >= self.level


def print_table(title: str, results: list[Result]) -> int:
    """Print it; 1 when a level does not hold, so that a script can tell."""
    print(f"\n{title}")
    print(f"{'':28}{'figure':>12}{'reference':>12}{'ratio':>8}{'level':>8}  holds")
    for line in results:
        level = "–" if line.level is None else f"{line.level:.2f}"
        holds = "–" if line.level is None else "yes" if line.holds else "NO"
        print(
            f"{line.name:28}{line.figure:>12,.0f}{line.reference:>12,.0f}"
            f"{line.ratio:>8.2f}{level:>8}  {holds}   ({line.unit})"
        )
    return 0 if all(line.holds for line in results) else 1


@contextmanager
def make_database() -> Iterator[str]:
    """A database of its own on the server of DATABASE_URL, dropped at the end."""
    given = os.environ.get("DATABASE_URL") or os.environ.get("TEST_DATABASE_URL")
    if not given:
        raise SystemExit("Set DATABASE_URL to a PostgreSQL server on which databases may be made.")
    server = sa.make_url(given).set(drivername="postgresql+psycopg")
    name = f"parakeet_bench_{uuid4().hex[:12]}"
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f'CREATE DATABASE "{name}"'))
    url = server.set(database=name).render_as_string(hide_password=False)
    try:
        with built_app(url, 0):
            from app.core.db import db

            db.create_all()
            db.session.remove()
            db.engine.dispose()
        yield url
    finally:
        with engine.connect() as connection:
            connection.execute(sa.text(f'DROP DATABASE "{name}" WITH (FORCE)'))
        engine.dispose()


@contextmanager
def built_app(url: str, smtp_port: int, **over: Any) -> Iterator[Any]:
    """The application on that database, with the SMTP server opened to it."""
    from app import create_app

    app = create_app(
        TESTING=True,
        ENV="test",
        SQLALCHEMY_DATABASE_URI=url,
        INSTANCE_DIR=tempfile.mkdtemp(prefix="bench"),
        EGRESS_ALLOW=[f"127.0.0.1:{smtp_port}"],
        PUBLIC_URL="http://127.0.0.1:8000",
        LOG_LEVEL="ERROR",
        RATELIMIT_ENABLED=False,
        **over,
    )
    with app.app_context():
        yield app


@contextmanager
def smtp_server() -> Iterator[int]:
    """aiosmtpd that takes everything and keeps nothing, in a process of its own; its port."""
    context = mp.get_context("spawn")
    ours, theirs = context.Pipe()
    server = context.Process(target=_serve, args=(theirs,), daemon=True)
    server.start()
    try:
        if not ours.poll(30):
            raise RuntimeError("the SMTP server did not start")
        yield ours.recv()
    finally:
        server.terminate()
        server.join()


def _serve(pipe: Any) -> None:
    warnings.simplefilter("ignore")
    from aiosmtpd.smtp import SMTP

    class Sink:
        async def handle_EHLO(  # noqa: N802 - aiosmtpd's name
            self, _server: Any, session: Any, _envelope: Any, hostname: str, replies: list[str]
        ) -> list[str]:
            session.host_name = hostname
            return [*replies[:-1], "250-PIPELINING", replies[-1]]  # as Postfix, Exim, Gmail say

        async def handle_DATA(self, *_: Any) -> str:  # noqa: N802 - aiosmtpd's name
            return "250 2.0.0 OK queued"

    async def run() -> None:
        server = await asyncio.get_running_loop().create_server(
            lambda: SMTP(Sink(), enable_SMTPUTF8=True), "127.0.0.1", 0
        )
        pipe.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())
