"""House rules no ready-made linter knows. Run them with `python -m scripts.lint`.

Each module holds one rule: `check(root)` yields findings for the project at `root`. A line that
must break a rule says why in a comment the rule names, such as `# sql: COPY goes to staging`.
"""
