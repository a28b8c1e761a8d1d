"""The blueprint: pages inside a workspace and the ones that lead into it."""

from flask import Blueprint

bp = Blueprint("workspaces", __name__)
