"""What every travelling type promises: immutable, strict, versioned, equal after JSON and back."""

import json

import jsonschema
import pytest
from pydantic import ValidationError

from statements.schema_export import SCHEMAS, schemas, write_schemas
from tests.unit.statements.examples import EXAMPLES

each_example = pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES.keys())


@each_example
def test_to_json_and_back_gives_an_equal_value(example) -> None:
    assert type(example).model_validate_json(example.to_json()) == example


@each_example
def test_to_json_fits_the_committed_schema(example) -> None:
    schema = json.loads((SCHEMAS / f"{type(example).__name__}.json").read_text("utf-8"))
    jsonschema.validate(json.loads(example.to_json()), schema)


@each_example
def test_to_json_carries_version_one(example) -> None:
    assert json.loads(example.to_json())["version"] == 1


@each_example
def test_model_validate_another_version_is_refused(example) -> None:
    with pytest.raises(ValidationError, match="version"):
        type(example).model_validate({**example.model_dump(), "version": 2})


@each_example
def test_model_validate_unknown_field_is_refused(example) -> None:
    with pytest.raises(ValidationError, match="surprise"):
        type(example).model_validate({**example.model_dump(), "surprise": 1})


@each_example
def test_fields_cannot_be_changed(example) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        example.version = 1


def test_schemas_committed_ones_equal_the_code() -> None:
    committed = {path.stem: path.read_text("utf-8") for path in SCHEMAS.glob("*.json")}
    assert committed == schemas(), "run: python -m statements.schema_export"


def test_write_schemas_writes_one_file_per_type(tmp_path) -> None:
    write_schemas(tmp_path)
    assert {path.stem for path in tmp_path.iterdir()} == set(EXAMPLES)
