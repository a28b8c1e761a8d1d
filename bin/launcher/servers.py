"""PostgreSQL and Redis together: embedded ones, or those the environment names."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg

from launcher.messages import Trouble, complain, say
from launcher.ports import PortBook
from launcher.postgres import Postgres
from launcher.redis_server import Redis

DATABASE = "parakeet"
OLDEST_POSTGRES = 15
LOOK_SECONDS = 2


class Servers:
    """What the application keeps its data in. Embedded servers are started and stopped here;
    servers given from outside are only asked whether they are there."""

    def __init__(
        self,
        home: Path,
        secrets: dict[str, str],
        *,
        database_url: str | None = None,
        redis_url: str | None = None,
        durable: bool = True,
    ) -> None:
        ports = PortBook(home)
        self.given_database = database_url
        self.given_redis = redis_url
        self.look_at = 0.0
        self.trouble: dict[str, str] = {}  # what was told of a server that does not come back
        self.postgres = (
            None
            if database_url
            else Postgres(home, secrets["POSTGRES_PASSWORD"], ports, durable=durable)
        )
        self.redis = (
            None if redis_url else Redis(home, secrets["REDIS_PASSWORD"], ports, durable=durable)
        )

    @property
    def database_url(self) -> str:
        return self.postgres.url(DATABASE) if self.postgres else str(self.given_database)

    @property
    def redis_url(self) -> str:
        return self.redis.url() if self.redis else str(self.given_redis)

    def start(self) -> None:
        """Both at the same time. Errors: Trouble with what to do."""
        both: list[Callable[[], None]] = [
            self.postgres.start if self.postgres else self.check_given_database,
            self.redis.start if self.redis else self.check_given_redis,
        ]
        with ThreadPoolExecutor() as pool:
            for started in [pool.submit(start) for start in both]:
                started.result()

    def revive(self) -> None:
        """Start again what ended by itself, such as a server killed for want of memory. Meant to
        be called all the time; looks every few seconds, tells of trouble once and tries on."""
        if time.monotonic() < self.look_at:
            return
        self.look_at = time.monotonic() + LOOK_SECONDS
        for name, server in (("PostgreSQL", self.postgres), ("Redis", self.redis)):
            if server is None or server.runs():
                self.trouble.pop(name, None)
                continue
            if name not in self.trouble:
                say(f"{name} ended; starting it again. Its log: {server.log}")
            try:
                server.restart()
            except Trouble as trouble:
                if str(trouble) != self.trouble.get(name):
                    complain(f"\n{trouble}")
                self.trouble[name] = str(trouble)

    def stop(self) -> None:
        """Both, Redis first: the database is where the truth is, so it goes last."""
        for server in (self.redis, self.postgres):
            if server:
                server.stop()

    def connect(self) -> psycopg.Connection[tuple[object, ...]]:
        """A plain connection to the application's database."""
        return psycopg.connect(plain_url(self.database_url), autocommit=True, connect_timeout=10)

    def check_given_database(self) -> None:
        try:
            with self.connect() as connection:
                version = connection.info.server_version // 10_000
        except psycopg.Error as error:
            raise Trouble(
                f"The PostgreSQL named by DATABASE_URL cannot be used:\n  {error}\n"
                "Start it or mend DATABASE_URL; without DATABASE_URL an embedded one is used."
            ) from None
        if version < OLDEST_POSTGRES:
            raise Trouble(
                f"The PostgreSQL named by DATABASE_URL is version {version}; {OLDEST_POSTGRES} or"
                " later is needed.\nWithout DATABASE_URL an embedded one is used."
            )

    def check_given_redis(self) -> None:
        import redis  # takes a while, and is only needed for a server from outside

        try:
            redis.Redis.from_url(self.redis_url, socket_timeout=5, socket_connect_timeout=5).ping()
        except (redis.RedisError, OSError, ValueError) as error:
            raise Trouble(
                f"The Redis named by REDIS_URL cannot be used:\n  {error}\n"
                "Start it or mend REDIS_URL; without REDIS_URL an embedded one is used."
            ) from None


def plain_url(url: str) -> str:
    """The URL without SQLAlchemy's driver name, as libpq reads it."""
    scheme, _, rest = url.partition("://")
    return f"{scheme.partition('+')[0]}://{rest}"
