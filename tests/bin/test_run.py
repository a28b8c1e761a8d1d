"""bin/run from start to stop, on a stand-in application that is quick to start."""

import errno
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from launcher.leftovers import end_marked, marked_processes
from launcher.secret_store import load_secrets
from launcher.servers import Servers
from tests.bin.conftest import ROOT
from tests.servers.ports import free_port

APPLICATION = """
import os
import time

import click
from flask import Flask

app = Flask(__name__)

@app.get("/readyz")
def ready():
    return os.environ["EGRESS_ALLOW"]

@app.cli.command("db")
@click.argument("verb")
def db(verb):
    time.sleep(600)

@app.cli.command("demo")
def demo():
    print("Sign in with demo and", os.environ["DEMO_PASSWORD"])
"""
WAITER = "import time\ntime.sleep(600)\n"
PROCFILE = """\
web: python -m gunicorn -c bin/gunicorn.conf.py wsgi:app
sandbox: python waiter.py
send: python waiter.py send
"""


@pytest.fixture
def project(home):
    """The commands beside a stand-in application."""
    folder = home / "project"
    shutil.copytree(ROOT / "bin", folder / "bin", ignore=shutil.ignore_patterns("__pycache__"))
    for name, text in {
        "wsgi.py": APPLICATION,
        "waiter.py": WAITER,
        "Procfile": PROCFILE,
        "migrations/versions/none.py": "",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    # `flask demo seed`: the stand-in's command takes no sub-command
    run = folder / "bin/launcher/run.py"
    run.write_text(run.read_text().replace('["demo", "seed"]', '["demo"]'))
    yield folder
    instance = folder / "instance"
    end_marked(instance, patience=1)
    Servers(instance, load_secrets(instance)).stop()


class Run:
    """A started bin/run and what it says."""

    def __init__(self, project: Path, port: int, *arguments: str, **variables: str) -> None:
        environ = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "REDIS_URL")}
        environ |= {"PORT": str(port), "INSTANCE_DIR": str(project / "instance")}
        environ |= variables
        command = [sys.executable, "bin/launcher", "run", *arguments]
        self.said = ""
        self.process = subprocess.Popen(
            command, cwd=project, env=environ, stdout=-1, stderr=subprocess.STDOUT, text=True
        )

    def wait_for(self, words: str) -> None:
        for line in self.process.stdout:
            self.said += line
            if words in line:
                return
        raise AssertionError(f"{words!r} was not said, but:\n{self.said}")

    def end_with(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.ended()

    def ended(self) -> int:
        with self.process.stdout as rest:
            self.said += rest.read()
        return self.process.wait()


def get(port: int, path: str) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path)
    text = connection.getresponse().read().decode()
    connection.close()
    return text


def test_a_run_a_killed_run_and_a_clean_stop(project):
    port = free_port()
    first = Run(project, port)
    first.wait_for("Stop: Ctrl-C")
    password = load_secrets(project / "instance")["DEMO_PASSWORD"]
    assert f"Parakeet is running:  http://127.0.0.1:{port}" in first.said
    assert f"Sign in with demo and {password}" in first.said
    assert get(port, "/readyz").count("127.0.0.1:") == 2  # the sandbox's two ports, no more

    beside = Run(project, free_port())
    beside.wait_for("already at work in this folder")
    assert beside.ended() == 1

    assert first.end_with(signal.SIGKILL) == -signal.SIGKILL
    second = Run(project, port)
    second.wait_for("Stop: Ctrl-C")
    assert "left by an earlier run" in second.said
    assert "Found PostgreSQL still running" in second.said
    assert f"Sign in with demo and {password}" in second.said

    Servers(project / "instance", load_secrets(project / "instance")).postgres.process().kill()
    second.wait_for("PostgreSQL ended; starting it again.")

    assert second.end_with(signal.SIGINT) == 0
    assert second.said.rstrip().endswith("Stopped.")
    assert "Traceback" not in first.said + second.said
    assert marked_processes(project / "instance") == []


def test_an_early_interrupt_leaves_nothing_behind(project):
    (project / "migrations/versions/none.py").write_text('revision = "0001"\n')
    run = Run(project, free_port(), "--no-demo")
    run.wait_for("Bringing the database up to date")
    instance = project / "instance"
    while not marked_processes(instance):  # the step is about to begin
        assert run.process.poll() is None
    assert run.end_with(signal.SIGINT) == 130
    assert marked_processes(instance) == []
    assert "Traceback" not in run.said


def speaks_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            return probe.connect_ex(("::1", 9)) == errno.ECONNREFUSED
    except OSError:  # not even the kind of address is known
        return False


@pytest.mark.skipif(not speaks_ipv6(), reason="this machine has no IPv6 loopback")
def test_an_address_with_colons_is_served(project):
    run = Run(project, port := free_port(), "--no-demo", HOST="::1")
    run.wait_for("Stop: Ctrl-C")
    assert f"Parakeet is running:  http://[::1]:{port}" in run.said
    assert run.end_with(signal.SIGINT) == 0


def test_a_taken_port_is_told_before_anything_starts(project, taken_port):
    run = Run(project, taken_port)
    run.wait_for(f"Port {taken_port} is taken")
    assert run.ended() == 1
    assert not (project / "instance" / "postgres").exists()


def test_an_application_that_does_not_start_shows_its_log(project):
    (project / "wsgi.py").write_text('raise RuntimeError("a setting is missing")\n')
    run = Run(project, free_port(), "--no-demo")
    run.wait_for("The web process does not get ready")
    assert run.ended() == 1
    assert "a setting is missing" in run.said
    assert marked_processes(project / "instance") == []
