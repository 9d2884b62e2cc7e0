"""Holding answers against an OpenAPI document: every answer has to be described, and to be as described."""

import re
from functools import cache
from typing import Any

import httpx
from jsonschema import Draft202012Validator


class Document:
    """An OpenAPI document.

    Args:
        content: as ``GET /openapi.json`` gives it.
    """

    def __init__(self, content: dict[str, Any]) -> None:
        self.content = content
        self.seen: set[tuple[str, str, str]] = set()

    def check(self, answer: httpx.Response) -> None:
        """Fail unless the answer's path, method, status, type and body are described.

        What the framework itself answers where there is no route has no description.
        """
        method, path = answer.request.method.lower(), answer.request.url.path
        template = self._template(path)
        if template is None or method not in self.content["paths"][template]:
            assert answer.status_code in (404, 405), f"{method} {path} is not described"
            return
        described = self.content["paths"][template][method]["responses"]
        status = str(answer.status_code)
        assert status in described, f"{method} {template} does not describe {status}: {answer.text}"
        self.seen.add((method, template, status))
        kind = answer.headers["content-type"].split(";")[0]
        assert kind in described[status]["content"], f"{method} {template} {status} does not describe {kind}"
        if kind == "application/json":
            self.validate(described[status]["content"][kind]["schema"], answer.json())

    def validate(self, schema: dict[str, Any], value: Any) -> None:
        """Fail unless the value is as a schema of the document says, with nothing beside."""
        whole = {"components": _closed(self.content["components"]), **_closed(schema)}
        Draft202012Validator(whole).validate(value)

    def body_of(self, method: str, template: str) -> dict[str, Any]:
        """Schema of a request's body."""
        content = self.content["paths"][template][method]["requestBody"]["content"]
        schema: dict[str, Any] = content["application/json"]["schema"]
        return schema

    def _template(self, path: str) -> str | None:
        return next((template for template in self.content["paths"] if _pattern(template).fullmatch(path)), None)


@cache
def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(template)))


def _closed(schema: Any) -> Any:
    """The schema with objects that hold nothing but what is described."""
    if isinstance(schema, list):
        return [_closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: _closed(part) for name, part in schema.items()}
    if "properties" in schema and schema.get("type") == "object":
        closed.setdefault("additionalProperties", False)
    return closed
