"""The web server's settings, the same under bin/run, systemd and in containers."""

import os

host = os.environ.get("HOST") or "127.0.0.1"
bind = f"{f'[{host}]' if ':' in host else host}:{os.environ.get('PORT') or '8000'}"
worker_class = "gthread"
workers = int(os.environ.get("WEB_PROCESSES") or 1)
threads = int(os.environ.get("WEB_THREADS") or 8)
timeout = 60
graceful_timeout = 5  # shorter than what bin/run, systemd and compose wait before they kill
keepalive = 5
control_socket_disable = True  # signals are enough
