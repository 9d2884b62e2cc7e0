"""docs/relayer.md's tables, from the code: settings, metrics, events, error codes. ``python -m relayer.reference``."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from sqlalchemy.engine import make_url

import relayer
from relayer.events import EVENTS
from relayer.metrics import FAMILIES
from relayer.settings import RelayerSettings, endpoint_label
from statements.errors import VeristakeError

_HIDDEN_URLS = frozenset({"endpoints"})
_MARK = "<!-- {side} of {name}, generated: python -m relayer.reference FILE -->"


def shown(settings: RelayerSettings) -> dict[str, Any]:
    """Settings as JSON, without what may be secret: of endpoints only host and port, of the state no password."""
    content: dict[str, Any] = settings.model_dump(mode="json")
    content["state_url"] = make_url(settings.state_url).render_as_string(hide_password=True)
    for chain in content["chains"]:
        for name in _HIDDEN_URLS:
            chain[name] = [endpoint_label(url) for url in chain[name]]
        if chain["heads_endpoint"] is not None:
            chain["heads_endpoint"] = endpoint_label(chain["heads_endpoint"])
    for source in content["sources"]:
        source["url"] = endpoint_label(source["url"])
    return content


def flat(content: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Name and value of each leaf, nested names joined by dots."""
    if isinstance(content, dict):
        for name, value in content.items():
            yield from flat(value, f"{path}.{name}" if path else name)
    elif isinstance(content, list) and any(isinstance(value, dict) for value in content):
        for number, value in enumerate(content):
            yield from flat(value, f"{path}[{number}]")
    else:
        yield path, content


def settings_table() -> str:
    """Every setting with its default and meaning."""
    rows = [f"| `{name}` | {default} | {meaning} |" for name, default, meaning in _fields(RelayerSettings, "")]
    return "\n".join(["| setting | default | meaning |", "|---|---|---|", *rows])


def metrics_table() -> str:
    """Every metric."""
    rows = [
        f"| `veristake_relayer_{family.name}` | {family.kind} | {', '.join(family.labels) or '-'} | {family.help} |"
        for family in FAMILIES
    ]
    return "\n".join(["| metric | kind | labels | meaning |", "|---|---|---|---|", *rows])


def events_table() -> str:
    """Every log event."""
    rows = [f"| `{name}` | {meaning} |" for name, meaning in EVENTS.items()]
    return "\n".join(["| event | meaning |", "|---|---|", *rows])


def errors_table() -> str:
    """Every error of the relayer; its class's name is its code."""
    rows = [
        f"| `{kind.__name__}` | {_sentence(inspect.getdoc(kind) or '')} |"
        for kind in sorted(_errors(), key=lambda kind: kind.__name__)
    ]
    return "\n".join(["| code | meaning |", "|---|---|", *rows])


TABLES = {
    "settings": settings_table,
    "metrics": metrics_table,
    "events": events_table,
    "errors": errors_table,
}


def with_tables(page: str) -> str:
    """A page with what stands between the marks made anew.

    Raises:
        ValueError: a pair of marks is missing.
    """
    for name, make in TABLES.items():
        begin, end = (_MARK.format(side=side, name=name) for side in ("begin", "end"))
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


def _errors() -> set[type[VeristakeError]]:
    for module in pkgutil.walk_packages(relayer.__path__, "relayer."):
        # the migrations run when they are imported, and AWS KMS has an extra of its own
        if "migrations" not in module.name and module.name != "relayer.aws_kms":
            importlib.import_module(module.name)
    return {kind for kind in _below(VeristakeError) if kind.__module__.startswith("relayer.")}


def _below(kind: type[VeristakeError]) -> Iterator[type[VeristakeError]]:
    for child in kind.__subclasses__():
        yield child
        yield from _below(child)


def main(arguments: Sequence[str]) -> None:
    """Make the tables of a page anew."""
    page = Path(arguments[0])
    page.write_text(with_tables(page.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
