"""Tests that share an installation start it once."""

import pytest

from tests.distribution import SHARING, ByInstallation
from tests.structure.test_templates import ROOT


@pytest.mark.parametrize("folder", SHARING)
def test_a_file_that_shares_an_installation_stays_together(folder):
    assert (ROOT / folder / "conftest.py").is_file()
    scopes = {
        ByInstallation._split_scope(None, f"{folder}test_a.py::test_{name}")  # type: ignore[arg-type]
        for name in "ab"
    }
    assert scopes == {f"{folder}test_a.py"}


def test_other_tests_go_anywhere():
    assert ByInstallation._split_scope(None, "tests/core/test_a.py::test_b[c]") == (  # type: ignore[arg-type]
        "tests/core/test_a.py::test_b[c]"
    )
