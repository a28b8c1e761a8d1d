"""bin/run: the whole of Parakeet on one machine, from nothing to an address to open."""

from __future__ import annotations

import http.client
import os
import signal
import time
from collections.abc import Mapping
from types import FrameType

from launcher.leftovers import end_leftovers, end_marked
from launcher.lock import take_lock
from launcher.messages import Trouble, say, tail
from launcher.paths import check_space, instance_dir, private_dir
from launcher.ports import require_free, web_port
from launcher.prepare import Step, bring_schema_up, finish, start_flask
from launcher.secret_store import load_secrets
from launcher.servers import Servers
from launcher.settings import child_environ, local_host, web_host
from launcher.supervise import Supervisor, read_procfile

FIRST = ("web", "sandbox")  # what the address needs; the rest starts once it answers
COPIES = {"send": 2}
READY_SECONDS = 120
TRIES = 3


def run(arguments: list[str]) -> int:
    """Start everything, say where it is, keep it running until a signal."""
    options = set(arguments)
    if options - {"--no-demo", "--verbose"}:
        raise Trouble(f"bin/run does not know {' '.join(options)}; see bin/run --help.")
    interrupt_on_signals()
    os.umask(0o077)
    home, port = instance_dir(), web_port()
    lock = take_lock(private_dir(home), "bin/run")
    with lock:
        check_space(home)
        end_leftovers(home)
        require_free(port, web_host())
        secrets = load_secrets(home)
        servers = Servers(
            home,
            secrets,
            database_url=os.environ.get("DATABASE_URL"),
            redis_url=os.environ.get("REDIS_URL"),
        )
        try:
            servers.start()
            environ = child_environ(home, port, secrets, servers)
            bring_schema_up(servers, environ, home)
            supervisor = Supervisor(home, environ, verbose="--verbose" in options)
            serve(supervisor, servers, demo="--no-demo" not in options)
        finally:
            ignore_signals()
            end_marked(home, patience=0)  # a step that an early Ctrl-C cut short
            servers.stop()
    say("Stopped.")
    return 0


def serve(supervisor: Supervisor, servers: Servers, *, demo: bool) -> None:
    """Run the processes of the Procfile until a signal; all of them have ended on return."""
    environ = supervisor.environ
    supervisor.install_handlers()
    try:
        commands = read_procfile()
        for name in FIRST:
            supervisor.add(name, commands[name])
        seed = start_flask(["demo", "seed"], environ, supervisor.home) if demo else None
        wait_until_ready(supervisor, int(environ["PORT"]), seed)
        if not supervisor.stop_signal:
            welcome(environ, seed)
        for name, command in commands.items():
            if name not in FIRST:
                add_copies(supervisor, name, command)
        supervisor.run_forever(servers.revive)
        say("\nStopping …")
    finally:
        supervisor.stop()


def add_copies(supervisor: Supervisor, name: str, command: str) -> None:
    count = COPIES.get(name, 1)
    for number in range(1, count + 1):
        if not supervisor.stop_signal:
            supervisor.add(name if count == 1 else f"{name}.{number}", command)


def wait_until_ready(supervisor: Supervisor, port: int, seed: Step | None) -> None:
    """Until the web process says it is ready and the demo workspace is there."""
    deadline = time.monotonic() + READY_SECONDS
    web = supervisor.children[0]

    def settled() -> bool:
        return web.failures >= TRIES or time.monotonic() > deadline or is_ready(port)

    supervisor.run_until(settled, pause=0.05)
    if not supervisor.stop_signal and not is_ready(port):
        said = "\n".join(f"  {line}" for line in tail(web.log.path))
        raise Trouble(f"The web process does not get ready. Its log ({web.log.path}):\n{said}")
    if seed:
        supervisor.run_until(lambda: seed.is_over, pause=0.05)
        if not supervisor.stop_signal:
            finish(seed, "The demo workspace could not be made")


def is_ready(port: int) -> bool:
    connection = http.client.HTTPConnection(local_host(), port, timeout=10)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def welcome(environ: Mapping[str, str], seed: Step | None) -> None:
    """Where it is, who to be, what to look at first."""
    say(f"\nParakeet is running:  {environ['PUBLIC_URL']}\n")
    if seed:
        said = "\n".join(f"  {line}" for line in tail(seed.answer))
        say(said)
    else:
        say("  Sign up there; the first account becomes the installation's administrator.")
    say(f"\n  Logs: {environ['INSTANCE_DIR']}/log    Stop: Ctrl-C\n")


def interrupt_on_signals() -> None:
    """Until the processes run, every signal to end simply unwinds what was started so far. A
    shell that starts us in the background leaves SIGINT ignored: take it back."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)


def ignore_signals() -> None:
    """While the database writes itself down nothing should cut it short."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
