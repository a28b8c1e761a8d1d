"""The top room: dashboard, the front page and the command palette."""
