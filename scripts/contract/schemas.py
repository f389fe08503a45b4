"""JSON Schema (2020-12) of the records on the topics."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import Struct

DIALECT = "https://json-schema.org/draft/2020-12/schema"
EITHER_OF = {"BlacklistEntry": ("value", "token")}
"""Record -> fields of which one is needed: what the Structs check in code."""


def schema_json(record: type[Struct]) -> str:
    """The schema of one record, with everything that it refers to in it."""
    components = schema_components([record], "#/$defs/{name}")
    root = components.pop(record.__name__)
    schema = {"$schema": DIALECT, **root} | ({"$defs": components} if components else {})
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"


def schema_components(records: Iterable[type[Struct]], ref_template: str) -> dict[str, Any]:
    """Name -> schema, of the records and of every Struct in them, by name.

    Objects are open: unknown fields are accepted from others, and consumers should accept them from us.
    """
    _, described = msgspec.json.schema_components(records, ref_template=ref_template)
    components: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(described))  # defaults as JSON has them
    for name, schema in components.items():
        if schema.get("additionalProperties") is False:
            del schema["additionalProperties"]
        if name in EITHER_OF:
            schema["anyOf"] = [
                {"required": [field], "properties": {field: {"type": "string"}}} for field in EITHER_OF[name]
            ]
    return dict(sorted(components.items()))
