"""From the commit to the start of the job on an idle system, through Redis and a real worker.

The time is taken before the commit that rings and inside the job; p95 of many single rings.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from redis import Redis

from benchmarks.world import built_app, make_database

ROOT = Path(__file__).resolve().parent.parent
RINGS = int(os.environ.get("RINGS", "60"))
LEVEL = 0.150
KEY = "benchmark:started"
WORKER = """
import sys, time
sys.path.insert(0, {root!r})
from redis import Redis
from app import create_app
from app.core.jobs import Queue, job
from app.core.rq import run_worker
redis = Redis.from_url({redis!r})

@job("benchmark.note", queue=Queue.BULK)
def note(number):
    redis.rpush({key!r}, time.time())

redis.ping()
run_worker(create_app(TESTING=False), Queue.BULK)
"""


def measure(redis: Redis[bytes]) -> list[float]:
    """Seconds from commit to start, ring by ring."""
    from app.core.jobs import Queue, enqueue, job
    from app.core.transactions import unit_of_work

    job("benchmark.note", queue=Queue.BULK)(_note)
    delays = []
    for number in range(RINGS + 5):
        redis.delete(KEY)
        with unit_of_work():
            enqueue("benchmark.note", number=number)
            committed = time.time()
        found: Any = redis.blpop([KEY], timeout=60)
        assert found, "the job never started"
        delays.append(float(found[1]) - committed)
    return delays[5:]  # the first ones warm the worker up


def _note(number: int) -> None:
    raise RuntimeError("runs in the worker")


def main() -> int:
    """Run and print the table; 1 when the level does not hold."""
    given = os.environ.get("TEST_REDIS_URL") or os.environ.get("REDIS_URL")
    redis_url = given or "redis://127.0.0.1:6379/0"
    redis: Redis[bytes] = Redis.from_url(redis_url)
    with make_database() as url, built_app(url, 1, REDIS_URL=redis_url):
        from app.core import jobs
        from app.core.rq import Dispatcher

        jobs.use_dispatcher(Dispatcher())
        script = WORKER.format(root=str(ROOT), redis=redis_url, key=KEY)
        environment = {"DATABASE_URL": url, "REDIS_URL": redis_url, "PARAKEET_ENV": "test",
                       "LOG_LEVEL": "ERROR"}  # fmt: skip
        worker = subprocess.Popen([sys.executable, "-c", script], env=os.environ | environment)
        try:
            delays = measure(redis)
        finally:
            worker.kill()
            worker.wait()
            redis.delete(KEY)
    p95 = statistics.quantiles(delays, n=20)[-1]
    print(f"\njobs: commit to job start, {RINGS} single rings")
    print(f"median {statistics.median(delays) * 1000:.0f} ms, p95 {p95 * 1000:.0f} ms,"
          f" level {LEVEL * 1000:.0f} ms: {'holds' if p95 <= LEVEL else 'DOES NOT HOLD'}")  # fmt: skip
    return 0 if p95 <= LEVEL else 1


if __name__ == "__main__":
    sys.exit(main())
