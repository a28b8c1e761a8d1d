"""The entry point of every process that is not the web: `worker.py <queue>|scheduler|watch`."""

import sys

from app import create_app
from app.core.jobs import Queue

USAGE = f"usage: worker.py {'|'.join(Queue)}|scheduler|watch"


def main(arguments: list[str]) -> int:
    """Run one process until it is told to stop."""
    if len(arguments) != 1 or arguments[0] not in {*Queue, "scheduler", "watch"}:
        print(USAGE, file=sys.stderr)  # noqa: T201 - the answer to a wrong command line
        return 2
    app = create_app()
    from app.core import rq
    from app.sync import watcher

    if arguments[0] == "scheduler":
        rq.run_scheduler(app)
    elif arguments[0] == "watch":
        watcher.run(app)
    else:
        rq.run_worker(app, Queue(arguments[0]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
