"""What the framework cannot find out for the OpenAPI document by itself."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from statements.publication import Publication

_COMPONENTS = "#/components/schemas/"


def publication_body() -> dict[str, Any]:
    """The body of a submission: it is read with a limit, not by the framework."""
    schema = {"$ref": f"{_COMPONENTS}{Publication.__name__}"}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def complete_schema(app: FastAPI) -> None:
    """Put the schema of publications, with all that it refers to, into the application's document."""
    from_routes = app.openapi

    def whole() -> dict[str, Any]:
        document = from_routes()
        # as it is written: numbers of a field's size travel as text
        publication = Publication.model_json_schema(mode="serialization", ref_template=f"{_COMPONENTS}{{model}}")
        parts: dict[str, Any] = publication.pop("$defs", {})
        document.setdefault("components", {}).setdefault("schemas", {}).update(
            {**parts, Publication.__name__: publication}
        )
        return document

    # the framework calls it for GET /openapi.json
    app.openapi = whole  # type: ignore[method-assign] # its own documentation says to do so
