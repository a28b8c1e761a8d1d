"""bin/bench: one benchmark on servers set as in production."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from launcher.lock import take_lock
from launcher.messages import Trouble
from launcher.paths import ROOT, check_space, instance_dir, private_dir
from launcher.run import ignore_signals, interrupt_on_signals
from launcher.secret_store import load_secrets
from launcher.servers import Servers
from launcher.settings import process_environ


def run(arguments: list[str]) -> int:
    script = script_named(arguments[0])
    interrupt_on_signals()
    home = private_dir(instance_dir() / "bench")
    with take_lock(home, "bin/bench"):
        check_space(home)
        servers = Servers(
            home,
            load_secrets(home),
            database_url=os.environ.get("TEST_DATABASE_URL"),
            redis_url=os.environ.get("TEST_REDIS_URL"),
        )
        try:
            servers.start()
            given = {
                "TEST_DATABASE_URL": servers.database_url,
                "TEST_REDIS_URL": servers.redis_url,
                "PYTHONPATH": str(ROOT),
            }
            command = [sys.executable, str(script), *arguments[1:]]
            environ = os.environ | process_environ() | given
            return subprocess.run(command, cwd=ROOT, env=environ, check=False).returncode
        finally:
            ignore_signals()
            servers.stop()


def script_named(name: str) -> Path:
    script = ROOT / "benchmarks" / f"{name.removesuffix('.py')}.py"
    if not script.is_file():
        known = sorted(path.stem for path in script.parent.glob("[!_]*.py"))
        raise Trouble(f"There is no benchmark {name}. There are: {', '.join(known) or 'none'}.")
    return script
