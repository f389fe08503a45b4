"""The contract with other systems, generated from the typed records: JSON Schema and AsyncAPI."""
