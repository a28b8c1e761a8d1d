"""Entry of the three commands: `python bin/launcher run|test|bench …`."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])

from launcher.messages import Trouble, complain, os_trouble  # noqa: E402


def main(command: str, arguments: list[str]) -> int:
    if command == "run":
        from launcher.run import run as chosen
    elif command == "test":
        from launcher.gate import run as chosen
    else:
        from launcher.bench import run as chosen
    return chosen(arguments)


def guarded(command: str, arguments: list[str]) -> int:
    """Expected troubles become sentences; anything else is a fault of ours and keeps its trace."""
    try:
        return main(command, arguments)
    except Trouble as trouble:
        complain(f"\n{trouble}")
        return 1
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        known = os_trouble(error)
        if known is None:
            raise
        complain(f"\n{known}")
        return 1


if __name__ == "__main__":
    sys.exit(guarded(sys.argv[1], sys.argv[2:]))
