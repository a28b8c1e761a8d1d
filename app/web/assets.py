"""Static files: content-hashed URLs, one stylesheet made of the hand-written ones, the import map.

There is no build step. The stylesheets of static/css are joined in the order of their layers when
the app starts (and again when one changes in development), so a page costs one request for style.
"""

import gzip
import hashlib
import json
from functools import lru_cache
from pathlib import Path

from flask import Blueprint, Flask, Response, current_app, request, url_for
from markupsafe import Markup

from app.core.errors import NotFound
from app.core.permissions import public

YEAR = 31_536_000
TEXT_TYPES = {"text/css", "text/javascript", "application/javascript", "image/svg+xml"}
FIRST = ("tokens.css", "base.css", "layout.css")
VENDOR = {
    "@hotwired/stimulus": "vendor/stimulus-3.2.2.js",
    "trix": "vendor/trix-2.1.19.esm.min.js",
    "vendor/uplot": "vendor/uplot-1.6.32.iife.min.js",
    "vendor/sortable": "vendor/sortable-1.15.7.min.js",
}

bp = Blueprint("assets", __name__)


@lru_cache(maxsize=1024)
def _digest(path: str, _mtime: int) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:12]


def asset_url(name: str) -> str:
    """URL of a static file that changes with its content."""
    path = Path(current_app.static_folder or "static") / name
    return url_for("static", filename=name, v=_digest(str(path), path.stat().st_mtime_ns))


def _stylesheets() -> list[Path]:
    folder = Path(current_app.static_folder or "static") / "css"
    first = [folder / name for name in FIRST]
    return first + sorted(folder.glob("components/*.css")) + sorted(folder.glob("rooms/*.css"))


@lru_cache(maxsize=2)
def _join(paths: tuple[Path, ...], _mtimes: tuple[int, ...]) -> tuple[str, str]:
    text = "\n".join(path.read_text() for path in paths)
    return hashlib.sha256(text.encode()).hexdigest()[:12], text


def _stylesheet() -> tuple[str, str]:
    paths = tuple(_stylesheets())
    return _join(paths, tuple(path.stat().st_mtime_ns for path in paths))


def stylesheet_url() -> str:
    """URL of the joined stylesheet."""
    return url_for("assets.show_stylesheet", digest=_stylesheet()[0])


@bp.get("/assets/<digest>.css")
@public
def show_stylesheet(digest: str) -> Response:
    """The joined stylesheet; an older digest gets the present one, uncached."""
    present, text = _stylesheet()
    response = Response(text, mimetype="text/css")
    fresh = digest == present
    response.headers["Cache-Control"] = (
        f"public, max-age={YEAR}, immutable" if fresh else "no-cache"
    )
    return response


@bp.get("/favicon.ico")
@public
def show_favicon() -> Response:
    """The mark, for clients that ask for the old name."""
    if current_app.static_folder is None:
        raise NotFound
    return current_app.send_static_file("img/favicon.svg")


def import_map() -> Markup:
    """JSON of the import map: vendored modules and every Stimulus controller by its name."""
    names = {name: asset_url(path) for name, path in VENDOR.items()}
    folder = Path(current_app.static_folder or "static") / "js"
    for path in sorted(folder.rglob("*.js")):
        relative = path.relative_to(folder)
        names[f"app/{relative.with_suffix('').as_posix()}"] = asset_url(f"js/{relative.as_posix()}")
    # Only our own file names stand in it; "<" cannot end the script element early all the same.
    return Markup(json.dumps({"imports": names}).replace("<", "\\u003c"))  # noqa: S704


@lru_cache(maxsize=256)
def _gzip(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


def _serve_static(response: Response) -> Response:
    """Far-future cache for hashed files; gzip for text, which no secret of a page stands in."""
    is_ours = request.endpoint in ("static", "assets.show_stylesheet")
    if not is_ours or response.status_code != 200:
        return response
    if "v" in request.args:
        response.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable"
    if response.mimetype in TEXT_TYPES:
        response.vary.add("Accept-Encoding")
        if request.accept_encodings["gzip"] and request.method == "GET":
            response.direct_passthrough = False
            response.set_data(_gzip(response.get_data()))
            response.headers["Content-Encoding"] = "gzip"
            response.headers.pop("ETag", None)  # it names the plain bytes
    return response


def init_app(app: Flask) -> None:
    """Register the stylesheet route, the template functions and the far-future cache."""
    app.register_blueprint(bp)
    app.jinja_env.globals.update(
        asset_url=asset_url, stylesheet_url=stylesheet_url, import_map=import_map
    )
    app.after_request(_serve_static)
