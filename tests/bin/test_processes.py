"""What counts as a living process."""

import subprocess
import sys

import psutil
import pytest

from launcher.ports import is_free
from launcher.processes import lives

LISTENS_WITHOUT_ITS_FIRST_THREAD = """
import ctypes, os, socket, threading, time
listener = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=time.sleep, args=[600]).start()
print(listener.getsockname()[1], flush=True)
exit_thread = {"x86_64": 60, "aarch64": 93}[os.uname().machine]
ctypes.CDLL(None).syscall(exit_thread, 0)
"""


@pytest.fixture
def child():
    command = [sys.executable, "-c", LISTENS_WITHOUT_ITS_FIRST_THREAD]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        yield child
        child.kill()


def test_a_process_lives_until_its_last_thread_has_ended(child):
    port = int(child.stdout.readline())
    process = psutil.Process(child.pid)
    while process.status() != psutil.STATUS_ZOMBIE:
        pass
    assert not is_free(port)
    assert lives(process)
    child.kill()
    while lives(process):
        pass
    assert process.status() == psutil.STATUS_ZOMBIE  # nobody has asked for its end yet
    assert is_free(port)


def test_a_process_that_is_gone_is_told_apart(child):
    process = psutil.Process(child.pid)
    child.kill()
    child.wait()
    with pytest.raises(psutil.NoSuchProcess):
        lives(process)
