"""The composition root: builds the application from named steps. No logic lives here."""

from pathlib import Path
from typing import Any

from jinja2 import StrictUndefined
from werkzeug.middleware.proxy_fix import ProxyFix

import config as configuration
from app import cli, extensions, rooms, web
from app.api import door, openapi
from app.api import json as api_json
from app.core import http, jobs, logging, permissions
from app.core.settings import settings
from app.core.transactions import App

ROOT = Path(__file__).parent.parent


def build(overrides: dict[str, Any]) -> App:
    """The application, configured from the environment and `overrides`."""
    app = App(__name__, template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static"))
    _configure(app, overrides)
    _add_extensions(app)
    http.init_app(app)
    permissions.init_app(app)
    web.init_app(app)
    rooms.init_app(app)
    _open_json_door(app)
    cli.init_app(app)
    return app


def _configure(app: App, overrides: dict[str, Any]) -> None:
    app.config.update(configuration.load(**overrides))
    app.url_map.strict_slashes = False
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    settings.load(app.config)
    logging.configure(as_json=app.config["LOG_JSON"], level=app.config["LOG_LEVEL"])
    if app.config["TRUSTED_PROXIES"]:
        hops = app.config["TRUSTED_PROXIES"]
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=0)  # type: ignore[method-assign]


def _add_extensions(app: App) -> None:
    extensions.htmx.init_app(app)
    extensions.db.init_app(app)
    extensions.migrate.init_app(app, extensions.db, directory=str(ROOT / "migrations"))
    extensions.login_manager.init_app(app)
    if not app.testing:
        from app.core.rq import Dispatcher  # RQ is not needed where rings are captured

        jobs.use_dispatcher(Dispatcher())


def _open_json_door(app: App) -> None:
    """After the rooms, as their `api.py` fill its table."""
    api_json.init_app(app)
    door.init_app(app)
    openapi.init_app(app)
    web.security.register_policy("api_docs", openapi.VIEWER_POLICY)
    for name in ("api", "oauth"):
        web.csrf.exempt_blueprint(name)  # they check a bearer token, or the token themselves
