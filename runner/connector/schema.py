"""JSON Schema out of the declarations, so that an editor completes, explains and underlines."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import orjson
import yaml
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from runner.components.block import Block
from runner.connector.config import Config
from runner.connector.connector import Connector

FILES: dict[str, type[Block]] = {"connector.schema.json": Connector, "runner.schema.json": Config}


class _Generate(GenerateJsonSchema):
    """Draft 2020-12, with each block's docstring and its own example."""

    schema_dialect = "https://json-schema.org/draft/2020-12/schema"

    def generate(self, schema: CoreSchema, mode: JsonSchemaMode = "validation") -> JsonSchemaValue:
        return {"$schema": self.schema_dialect, **super().generate(schema, mode)}

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        """A form of names that the editor holds: `patternProperties` alone lets any other name pass."""
        made = super().dict_schema(schema)
        for pattern, value in made.pop("patternProperties", {}).items():
            made |= {"propertyNames": {"pattern": pattern}, "additionalProperties": value}
        return made

    def model_schema(self, schema: Any) -> JsonSchemaValue:
        made = super().model_schema(schema)
        block: type[Block] = schema["cls"]
        words, yaml_example = page(block)
        made["description"] = words
        if yaml_example is not None:
            made["examples"] = [yaml_example]
        return made


def generate(block: type[Block]) -> bytes:
    """The JSON Schema of a file, as the bytes that are committed."""
    schema = block.model_json_schema(by_alias=True, schema_generator=_Generate)
    return orjson.dumps(schema, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def drifted(folder: Path) -> list[Path]:
    """The files under `folder` that no longer say what the declarations say."""
    return [path for path, text in wanted(folder).items() if not path.exists() or path.read_bytes() != text]


def wanted(folder: Path) -> dict[Path, bytes]:
    """What the schema files should hold."""
    return {folder / name: generate(block) for name, block in FILES.items()}


def page(block: type[Block]) -> tuple[str, Any]:
    """A block's docstring as one text, and its example as a value (None when it has none)."""
    text = inspect.cleandoc(block.__doc__ or "")
    return text, yaml.safe_load(block.example) if block.example else None
