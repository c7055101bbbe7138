"""The JSON Schema of the cluster file, which editors use for help and completion.

``python -m zkwizard.model.schema > assets/cluster.schema.json`` writes the published one.
"""

from __future__ import annotations

import json
from typing import Any

from zkwizard.model.cluster import Cluster


def schema() -> dict[str, Any]:
    """The schema as plain data; descriptions are the docstrings of ``model.cluster``."""
    made = Cluster.model_json_schema()
    made.pop("title")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "zkwizard cluster file",
        **made,
    }


def schema_text() -> str:
    """The schema as the published file holds it."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    print(schema_text(), end="")
