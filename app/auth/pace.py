"""Answers that take the same time whatever they found, for both doors."""

import time

from flask import Response, after_this_request

RESET_SECONDS = 0.15  # several times what mailing a link takes


def answer_after(seconds: float) -> None:
    """Hold this request's answer, commit included, until `seconds` have passed since now."""
    ready_at = time.monotonic() + seconds

    def wait(response: Response) -> Response:
        time.sleep(max(0.0, ready_at - time.monotonic()))
        return response

    after_this_request(wait)
