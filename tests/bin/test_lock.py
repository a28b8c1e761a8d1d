import subprocess
import sys

import pytest

from launcher.lock import take_lock
from launcher.messages import Trouble
from tests.bin.conftest import ROOT

HOLD = """
import os, subprocess, sys
from pathlib import Path
from launcher.lock import take_lock
lock = take_lock(Path(sys.argv[1]), "bin/run")
child = subprocess.Popen(["sleep", "600"], close_fds=False, stdout=subprocess.DEVNULL)
print(child.pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def holder(home):
    """Another process that holds the lock, with a child that would outlive it."""
    command = [sys.executable, "-c", HOLD, str(home)]
    process = subprocess.Popen(
        command, env={"PYTHONPATH": str(ROOT / "bin")}, stdin=-1, stdout=-1, text=True
    )
    child = int(process.stdout.readline())
    yield process
    process.kill()
    process.communicate()
    subprocess.run(["kill", str(child)], check=True)


def test_a_second_run_is_told_about_the_first(home, holder):
    with pytest.raises(Trouble) as trouble:
        take_lock(home, "bin/run")
    assert f"already at work in this folder (process {holder.pid})" in str(trouble.value)


def test_a_killed_holder_lets_go_although_its_child_lives(home, holder):
    holder.kill()
    holder.wait()
    take_lock(home, "bin/run").close()
