"""The tables of a program's page in docs/, from its code: settings, log events, error codes."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from statements.errors import VeristakeError


class MetricFamily(Protocol):
    """A metric, as far as a page tells of it."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def kind(self) -> str:
        """Counter, gauge or histogram."""

    @property
    def labels(self) -> Sequence[str]:
        """Names of its labels."""

    @property
    def help(self) -> str:
        """What it means."""


_MARK = "<!-- {side} of {name}, generated: {command} FILE -->"


def settings_table(model: type[BaseModel]) -> str:
    """Every setting with its default and meaning."""
    rows = [f"| `{name}` | {default} | {meaning} |" for name, default, meaning in _fields(model, "")]
    return "\n".join(["| setting | default | meaning |", "|---|---|---|", *rows])


def events_table(events: Mapping[str, str]) -> str:
    """Every log event."""
    rows = [f"| `{name}` | {meaning} |" for name, meaning in events.items()]
    return "\n".join(["| event | meaning |", "|---|---|", *rows])


def metrics_table(families: Iterable[MetricFamily], prefix: str = "") -> str:
    """Every metric.

    Args:
        families: of the program.
        prefix: of their names.
    """
    rows = [
        f"| `{prefix}{family.name}` | {family.kind} | {', '.join(family.labels) or '-'} | {family.help} |"
        for family in families
    ]
    return "\n".join(["| metric | kind | labels | meaning |", "|---|---|---|---|", *rows])


def errors_table(package: ModuleType, *, without: tuple[str, ...] = ()) -> str:
    """Every error of a package; its class's name is its code.

    Args:
        package: all of its modules are imported.
        without: beginnings of the modules that are left out, beside the migrations, which run when they are imported.
    """
    rows = [
        f"| `{kind.__name__}` | {_sentence(inspect.getdoc(kind) or '')} |"
        for kind in sorted(_errors(package, without), key=lambda kind: kind.__name__)
    ]
    return "\n".join(["| code | meaning |", "|---|---|", *rows])


def rewrite(arguments: Sequence[str], with_tables: Callable[[str], str]) -> None:
    """Make the tables of a page anew, in its file.

    Args:
        arguments: of the command line: the file.
        with_tables: the page with its tables made anew.
    """
    page = Path(arguments[0])
    page.write_text(with_tables(page.read_text("utf-8")), "utf-8")


def with_tables(page: str, tables: Mapping[str, Callable[[], str]], command: str) -> str:
    """A page with what stands between the marks made anew.

    Args:
        page: text of the page.
        tables: by name, what makes them.
        command: that makes them, as the marks have it.

    Raises:
        ValueError: a pair of marks is missing.
    """
    for name, make in tables.items():
        begin, end = (_MARK.format(side=side, name=name, command=command) for side in ("begin", "end"))
        before, found, rest = page.partition(begin)
        _, closed, after = rest.partition(end)
        if not found or not closed:
            raise ValueError(f"the page has no marks for {name}: {begin}")
        page = f"{before}{begin}\n{make()}\n{end}{after}"
    return page


def _fields(model: type[BaseModel], path: str) -> Iterator[tuple[str, str, str]]:
    meanings = _attributes(model)
    for name, field in model.model_fields.items():
        section, many = _section(field.annotation)
        full = f"{path}{name}"
        if section is None:
            yield full, _default(field), meanings[name]
        else:
            yield from _fields(section, f"{full}[]." if many else f"{full}.")


def _section(annotation: Any) -> tuple[type[BaseModel] | None, bool]:
    """The model that a field holds, and whether it holds any number of them."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, False
    parts = get_args(annotation)
    for part in parts:
        if isinstance(part, type) and issubclass(part, BaseModel):
            return part, Ellipsis in parts
    return None, False


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.default
    if value is None or value == ():
        return "absent"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _attributes(model: type[BaseModel]) -> dict[str, str]:
    """Meanings from the docstrings of a model and those that it builds on."""
    found: dict[str, str] = {}
    for kind in reversed(model.__mro__):
        text = inspect.getdoc(kind) if kind.__doc__ else None
        if text is None or "Attributes:" not in text:
            continue
        entries = re.split(r"\n    (?=\w+: )", "\n" + text.partition("Attributes:")[2].strip("\n"))
        for entry in entries:
            name, _, meaning = entry.strip().partition(": ")
            found[name] = " ".join(meaning.split()).replace("``", "`").rstrip(".")
    return found


def _sentence(text: str) -> str:
    return " ".join(text.split("\n\n")[0].split()).replace("``", "`").rstrip(".")


def _errors(package: ModuleType, without: tuple[str, ...]) -> set[type[VeristakeError]]:
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if "migrations" not in module.name and not module.name.startswith(without):
            importlib.import_module(module.name)
    return {
        kind
        for kind in _below(VeristakeError)
        if kind.__module__.startswith(f"{package.__name__}.") and not kind.__module__.startswith(without)
    }


def _below(kind: type[VeristakeError]) -> Iterator[type[VeristakeError]]:
    for child in kind.__subclasses__():
        yield child
        yield from _below(child)
