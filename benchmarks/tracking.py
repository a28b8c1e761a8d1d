"""Open and click hits against a bare Flask route of 43 bytes, same server, two workers each.

Each hit is durable before its answer. Afterwards the rows are counted: none may be lost. Beside the
rates it prints what does not depend on the disk and on who else uses the machine: the processor's
time for each request in the server's processes; and what one durable commit takes here, as no hit is
answered sooner.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import http.client
import socket
import threading

import psutil

from benchmarks.world import Result, built_app, make_database, print_table

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = int(os.environ.get("ROUNDS", "3"))
SECONDS = float(os.environ.get("SECONDS", "4"))
CLIENTS = 32  # twice the threads, so that no worker ever waits for work
MAILS = 10_000
BARE = (
    "from flask import Flask, Response\n"
    "app = Flask(__name__)\n"
    "@app.get('/t/o/<token>')\n"
    "def show(token):\n"
    "    return Response(b'x' * 43, mimetype='image/gif')\n"
)


@dataclass
class Served:
    """A running server and what was measured on it."""

    port: int
    process: psutil.Process

    def cpu_seconds(self) -> float:
        """Used so far by the workers."""
        times = [child.cpu_times() for child in self.process.children()]
        return sum(time.user + time.system for time in times)


@contextmanager
def gunicorn(target: str, folder: Path, environment: dict[str, str]) -> Iterator[Served]:
    """Two workers with threads."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    options = ["-w", "2", "-k", "gthread", "--threads", "8", "-b", f"127.0.0.1:{port}"]
    command = [sys.executable, "-m", "gunicorn", *options, "--log-level", "error", target]
    server = subprocess.Popen(command, cwd=folder, env=os.environ | environment)
    try:
        _wait_until_up(port)
        yield Served(port, psutil.Process(server.pid))
    finally:
        server.terminate()
        server.wait()


def _wait_until_up(port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the server did not start")


def load(port: int, paths: list[str]) -> tuple[float, int]:
    """Hits a second of keep-alive clients, and how many were answered."""
    answered = [0] * CLIENTS
    ends = time.perf_counter() + SECONDS

    def client(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        while time.perf_counter() < ends:
            path = paths[(answered[number] * CLIENTS + number) % len(paths)]
            connection.request("GET", path, headers={"User-Agent": "Mozilla/5.0 Gecko"})
            response = connection.getresponse()
            response.read()
            assert response.status in (200, 302), response.status
            answered[number] += 1
        connection.close()

    threads = [threading.Thread(target=client, args=(n,)) for n in range(CLIENTS)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(answered) / (time.perf_counter() - started), sum(answered)


def seed() -> tuple[list[str], list[str]]:
    """Sent mails with a link; the paths of their pixels and links. Many: each mail is capped."""
    from app.core.clock import utcnow
    from app.core.db import db
    from app.core.signing import sign_ids
    from app.core.tenancy import workspace_context
    from app.models import EmailAccount, Outbox, TrackedLink, Workspace

    workspace = Workspace(name="Bench", slug="bench")
    db.session.add(workspace)
    db.session.commit()
    with workspace_context(workspace.id):
        account = EmailAccount(
            email="a@acme.test", imap_host="x", imap_port=1, smtp_host="x", smtp_port=1,
            connected_at=utcnow(), credentials={},
        )  # fmt: skip
        link = TrackedLink(campaign_id=1, url="https://acme.test/", url_hash="x")
        db.session.add_all([account, link])
        db.session.flush()
        mails = [
            Outbox(
                kind="campaign", account_id=account.id, message_id=f"m{number}@acme.test",
                to_email="b@c.test", state="sent", sent_at=utcnow(),
            )
            for number in range(MAILS)
        ]  # fmt: skip
        db.session.add_all(mails)
        db.session.commit()
        paths = (
            [f"/t/o/{sign_ids('open', mail.id)}.gif" for mail in mails],
            [f"/t/c/{sign_ids('click', mail.id, link.id)}" for mail in mails],
        )
        db.session.commit()
    db.session.remove()
    return paths


def count_hits() -> int:
    """Rows that were stored."""
    from app.core.db import db

    count: int = (
        db.session.connection().exec_driver_sql("SELECT count(*) FROM tracking_hit").scalar()
    )
    db.session.remove()
    return count


def commit_ms() -> float:
    """Median time of a durable commit of one row."""
    from app.core.db import db

    times = []
    with db.engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE probe (n int)")
        connection.commit()
        for _ in range(50):
            connection.exec_driver_sql("INSERT INTO probe VALUES (1)")
            started = time.perf_counter()
            connection.commit()
            times.append(time.perf_counter() - started)
    return statistics.median(times) * 1000


def measure(served: Served, paths: list[str]) -> tuple[float, float, int]:
    """Requests a second, microseconds of the processor for each, and how many were answered."""
    before = served.cpu_seconds()
    rate, count = load(served.port, paths)
    return rate, (served.cpu_seconds() - before) / count * 1e6, count


def main() -> int:
    """Run and print the table; 1 when a level does not hold or a hit is missing."""
    with make_database() as url, built_app(url, 1) as app:
        folder = Path(app.config["INSTANCE_DIR"])
        (folder / "bare.py").write_text(BARE)
        pixel, link = seed()
        environment = {"DATABASE_URL": url, "PARAKEET_ENV": "test", "LOG_LEVEL": "ERROR",
                       "PYTHONPATH": str(ROOT), "RATELIMIT_ENABLED": "0"}  # fmt: skip
        found: dict[str, list[tuple[float, float, int]]] = {"bare": [], "open": [], "click": []}
        with (
            gunicorn("bare:app", folder, {}) as bare,
            gunicorn("wsgi:app", ROOT, environment) as ours,
        ):
            for _ in range(ROUNDS):
                found["bare"].append(measure(bare, ["/t/o/x"]))
                found["open"].append(measure(ours, pixel))
                found["click"].append(measure(ours, link))
        answered = sum(count for name in ("open", "click") for _, _, count in found[name])
        lost, commit = answered - count_hits(), commit_ms()
    rates = {name: statistics.median(rate for rate, _, _ in rows) for name, rows in found.items()}
    costs = {name: statistics.median(cost for _, cost, _ in rows) for name, rows in found.items()}
    results = [
        Result(name, rates[name], rates["bare"], 0.6, "hits/s") for name in ("open", "click")
    ]
    code = print_table("tracking", results)
    print("processor per request: " + ", ".join(f"{n} {c:.0f} µs" for n, c in costs.items()))
    print(f"one durable commit {commit:.2f} ms; {answered} answered, {lost} lost")
    return 1 if lost else code


if __name__ == "__main__":
    sys.exit(main())
