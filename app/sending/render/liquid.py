"""Merge variables: Liquid in a sandbox, with limits, where an empty value counts as missing.

The customer's text is never given to Jinja. A variable that is missing and has no `default`
stops the mail (`MissingVariable`) instead of leaving a blank in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from functools import wraps
from typing import ClassVar

from liquid import BoundTemplate, Environment, StrictDefaultUndefined
from liquid.exceptions import FilterError, LiquidError, TemplateNotFoundError, UndefinedError

MAX_SOURCE = 400_000
MAX_VALUE = 200_000
MAX_OPEN = 100  # openings that are never closed cost the parser quadratic time
# An opening inside a piece begins another one: without that, openings alone cost quadratic time.
LIQUID_PIECE = re.compile(r"\{\{(?:(?!\{\{|\}\}).)*+\}\}|\{%(?:(?!\{%|%\}).)*+%\}", re.DOTALL)

_names: ContextVar[list[str] | None] = ContextVar("missing_names", default=None)


class TemplateProblem(Exception):
    """The text cannot be filled in; the message is meant for the person who wrote it."""


class BadTemplate(TemplateProblem):
    """The Liquid itself is wrong, or it asks for too much work."""


class EmptyText(TemplateProblem):
    """Conditions leave nothing of the text, or of the subject, for this lead."""


class MissingVariable(TemplateProblem):
    """Variables without a value and without a fallback."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(dict.fromkeys(names))
        super().__init__("No value for " + ", ".join(self.names))


class _Missing(StrictDefaultUndefined):
    """Raises when printed, is false in `{% if %}`, and lets `default` step in."""

    __slots__ = ()
    allowed_properties = StrictDefaultUndefined.allowed_properties | {
        "__bool__",
        "__eq__",
        "__liquid__",
        "__class__",
    }

    def __bool__(self) -> bool:
        return False

    def __eq__(self, other: object) -> bool:
        return other is None or other is False or isinstance(other, _Missing)

    def __hash__(self) -> int:
        return hash(self.name)


class _Collected(_Missing):
    """Notes its name instead of raising, so that all missing names are told at once."""

    __slots__ = ()

    def __str__(self) -> str:
        names = _names.get()
        if names is not None:
            names.append(str(object.__getattribute__(self, "name")))
        return ""

    def __iter__(self) -> Iterator[object]:
        str(self)
        return iter(())

    def __len__(self) -> int:
        str(self)
        return 0


class _Limited(Environment):
    """An environment in which no text can hold a worker for long or fill its memory."""

    loop_iteration_limit: ClassVar[int | None] = 2_000
    local_namespace_limit: ClassVar[int | None] = 200_000
    output_stream_limit: ClassVar[int | None] = 2_000_000

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        """The filters of Liquid, none of which may make more of its values than fits a mail."""
        super().setup_tags_and_filters(extra=extra)
        self.filters = {name: _bounded(name, made) for name, made in self.filters.items()}


def _bounded(name: str, function: Callable[..., object]) -> Callable[..., object]:
    @wraps(function)
    def call(value: object, *args: object, **kwargs: object) -> object:
        growth = _growth(name, value, args)
        if growth > MAX_VALUE or max(map(_size, (value, *args))) > MAX_VALUE:
            raise FilterError("the text is too long for this filter", token=None)
        result = function(value, *args, **kwargs)
        if _size(result) > MAX_VALUE:
            raise FilterError("the result of a filter is too long", token=None)
        return result

    return call


def _size(value: object) -> int:
    if isinstance(value, int):
        return value.bit_length()
    return len(value) if isinstance(value, str | range | list | tuple | dict) else 0


def _growth(name: str, value: object, args: Sequence[object]) -> int:
    """How long the result of a filter that multiplies may become."""
    if name.startswith("replace") and len(args) > 1:
        return (str(value).count(str(args[0])) + 1) * len(str(args[1]))
    return _size(value) * _size(args[0]) if name == "join" and args else 0


_HTML = _Limited(undefined=_Missing, autoescape=True)
_PLAIN = _Limited(undefined=_Missing)
_COLLECT = _Limited(undefined=_Collected)


def parse(source: str, *, html: bool = False) -> BoundTemplate:
    """Parse `source`. Errors: BadTemplate with the line and the reason."""
    if len(source) > MAX_SOURCE:
        raise BadTemplate(f"The text is longer than {MAX_SOURCE:,} characters")
    if source.rpartition("}}")[2].count("{{") > MAX_OPEN:
        raise BadTemplate("Variables are opened with {{ and never closed")
    try:
        return (_HTML if html else _PLAIN).from_string(source)
    except LiquidError as error:
        raise BadTemplate(_first_line(error)) from error


def fill(template: BoundTemplate, source: str, values: Mapping[str, object]) -> str:
    """Render with `values`. Errors: MissingVariable (all names), BadTemplate."""
    try:
        return template.render(values)
    except UndefinedError as error:
        raise MissingVariable(missing_names(source, values) or [_undefined_name(error)]) from error
    except (LiquidError, RecursionError, ValueError, TypeError, OverflowError) as error:
        raise BadTemplate(_first_line(error)) from error


def missing_names(source: str, values: Mapping[str, object]) -> list[str]:
    """Every variable `source` would print without having a value or a fallback."""
    found: list[str] = []
    token = _names.set(found)
    try:
        _COLLECT.from_string(source).render(values)
    except (LiquidError, RecursionError, ValueError, TypeError, OverflowError):
        pass  # a filter refused the blank; the names noted up to here still tell the story
    finally:
        _names.reset(token)
    return list(dict.fromkeys(found))


def variables_of(source: str) -> tuple[str, ...]:
    """Names of the variables a text uses, in order of appearance. Errors: BadTemplate."""
    analysis = parse(source).analyze()
    return tuple(sorted(name for name in analysis.globals if not name.startswith("_")))


def present(values: Mapping[str, object]) -> dict[str, object]:
    """`values` without the empty ones: null and blank count as missing."""
    return {
        name: value
        for name, value in values.items()
        if value is not None and (not isinstance(value, str) or value.strip())
    }


def _undefined_name(error: UndefinedError) -> str:
    match = re.search(r"'([^']+)' is undefined", str(error))
    return match.group(1) if match else "a variable"


def _first_line(error: Exception) -> str:
    if isinstance(error, TemplateNotFoundError):
        return "Other texts cannot be included"
    if "closing delimiter" in str(error) or "found end of file" in str(error):
        return "Something is opened with {{ or {% and never closed"
    if missing := re.search(r"expected tag (end\w+)", str(error)):
        return f"{{% {missing[1]} %}} is missing"
    return str(error).splitlines()[0][:300] if str(error) else type(error).__name__
