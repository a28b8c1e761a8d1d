import os
import signal
import subprocess
import time

import pytest

from launcher.leftovers import end_leftovers, mark, marked_processes
from launcher.supervise import Child, Log, Supervisor, how

PARENT = """python -c '
import subprocess, time
subprocess.Popen(["sleep", "601"], start_new_session=True)
print("both run", flush=True)
time.sleep(600)
'"""


@pytest.fixture
def supervisor(home):
    supervisor = Supervisor(home, os.environ | mark(home))
    yield supervisor
    supervisor.stop()


def until(supervisor, condition, seconds=60):
    deadline = time.monotonic() + seconds
    supervisor.run_until(lambda: condition() or time.monotonic() > deadline, pause=0.02)
    assert condition()


def test_output_goes_to_the_log_of_the_process(supervisor, home):
    supervisor.add("talker", "echo hello; exec sleep 600")
    log = home / "log" / "talker.log"
    until(supervisor, lambda: log.read_text() == "hello\n")


def test_a_killed_process_comes_back_and_it_is_said(supervisor, capsys):
    supervisor.add("sleeper", "sleep 600")
    child = supervisor.children[0]
    first = child.popen.pid
    os.kill(first, signal.SIGKILL)
    until(supervisor, lambda: child.runs and child.popen.pid != first)
    assert "sleeper ended (killed by SIGKILL); starting it again in 1 s." in capsys.readouterr().out


def test_the_last_words_of_a_process_are_in_its_log_when_it_is_said_to_have_ended(supervisor, home):
    supervisor.add("broken", "echo why; exit 1")
    supervisor.children[0].popen.wait()
    supervisor.restart_ended()
    assert (home / "log" / "broken.log").read_text() == "why\n"


def test_a_process_that_keeps_failing_is_started_ever_less_often(home):
    child = Child("broken", "false", Log(home / "broken.log"))
    child.started_at = time.monotonic()
    assert [child.plan_restart() for _ in range(7)] == [1, 2, 4, 8, 16, 30, 30]
    child.log.file.close()


def test_stop_ends_grandchildren_in_sessions_of_their_own(supervisor, home):
    supervisor.add("parent", PARENT)
    until(supervisor, lambda: "both run" in (home / "log" / "parent.log").read_text())
    assert len(marked_processes(home)) == 2
    supervisor.stop()
    assert marked_processes(home) == []


def test_what_ignores_a_polite_request_is_killed(supervisor, home):
    supervisor.add("stubborn", "/bin/sh -c 'trap \"\" TERM; echo deaf; while :; do sleep 1; done'")
    until(supervisor, lambda: "deaf" in (home / "log" / "stubborn.log").read_text())
    supervisor.stop(patience=0.3)
    assert marked_processes(home) == []


def test_leftovers_are_those_of_this_folder_alone(home):
    mine = subprocess.Popen(["sleep", "600"], env=os.environ | mark(home))
    other = subprocess.Popen(["sleep", "600"], env=os.environ | mark(home / "other"))
    end_leftovers(home)
    assert marked_processes(home) == []
    assert other.poll() is None
    for process in (mine, other):
        process.kill()
        process.wait()


def test_exit_codes_are_told_in_words():
    assert how(3) == "exit code 3"
    assert how(-9) == "killed by SIGKILL"
