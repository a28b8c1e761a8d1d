"""The blueprint and what its views share."""

from flask import Blueprint, request
from pydantic import ValidationError

from app.mailhub.schemas import ThreadFilter

bp = Blueprint("mailhub", __name__, url_prefix="/w/<slug>/mailhub")


def current_filter() -> ThreadFilter:
    """Which list the address asks for; what makes no sense is left out."""
    raw = {name: value for name, value in request.args.items() if value}
    try:
        return ThreadFilter.model_validate(raw)
    except ValidationError as error:
        bad = {str(detail["loc"][0]) for detail in error.errors() if detail["loc"]}
        return ThreadFilter.model_validate({k: v for k, v in raw.items() if k not in bad})
