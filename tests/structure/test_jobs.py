"""Jobs are named by their room, known to exactly one queue, and every queue has a worker."""

from pathlib import Path

from app.core.jobs import Queue, all_jobs, periodic_jobs

PROCFILE = Path(__file__).parents[2] / "Procfile"


def own_jobs():
    """Those of the app; tests register some of their own."""
    return [spec for spec in all_jobs() if spec.function.__module__.startswith("app.")]


def test_jobs_are_named_after_their_room(app):
    for spec in own_jobs():
        room = spec.function.__module__.split(".")[1]
        assert spec.name.partition(".")[0] == room, spec.name


def test_every_queue_has_a_worker_process(app):
    commands = PROCFILE.read_text()
    for queue in Queue:
        assert f"worker.py {queue.value}" in commands


def test_periodic_jobs_take_no_arguments(app):
    for spec in periodic_jobs():
        count = spec.function.__code__.co_argcount + spec.function.__code__.co_kwonlyargcount
        defaults = len(spec.function.__defaults__ or ()) + len(spec.function.__kwdefaults__ or {})
        assert count == defaults, spec.name
