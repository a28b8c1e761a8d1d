"""Which tests stay together when they are dealt out to several processes."""

from xdist.scheduler import LoadScopeScheduling

SHARING = ("tests/browser/", "tests/journey/")


class ByInstallation(LoadScopeScheduling):
    """A file whose tests share an installation goes to one process; other tests go anywhere.

    The mark `xdist_group` would say the same, but pytest-xdist 3.8 writes it where pytest 9.2 no
    longer looks.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return file if file.startswith(SHARING) else nodeid
