"""Run every house rule and print what it finds, one line each."""

import sys
from pathlib import Path

from scripts.lint import clocks, commits, ownership, raw_sql, styles, templates, unscoped

RULES = (commits, raw_sql, clocks, unscoped, ownership, templates, styles)


def main() -> int:
    root = Path(__file__).resolve().parents[2]
    findings = [finding for rule in RULES for finding in rule.check(root)]
    for finding in findings:
        print(finding)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
