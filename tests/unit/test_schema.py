"""The published JSON Schema and the example belong to the code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from zkwizard.model.schema import schema, schema_text
from zkwizard.store import assets
from zkwizard.store.clusterfile import dump, load, parse

EXAMPLE: Any = yaml.safe_load(assets.text("cluster.example.yaml"))


def test_the_published_schema_is_current() -> None:
    wanted = "run: python -m zkwizard.model.schema > assets/cluster.schema.json"
    assert assets.text("cluster.schema.json") == schema_text(), wanted


def test_every_key_is_described() -> None:
    made = schema()
    parts = [made, *(part for part in made["$defs"].values() if "properties" in part)]
    keys = [(f"{part['title']}.{key}", value) for part in parts for key, value in part["properties"].items()]
    assert [key for key, value in keys if not _described(made, value)] == []


def _described(made: dict[str, Any], value: dict[str, Any]) -> bool:
    """By itself or by the part that it is."""
    part = made["$defs"].get(value.get("$ref", "").rpartition("/")[2], {})
    return bool(value.get("description") or part.get("description"))


def test_the_example_passes_check_and_schema() -> None:
    Draft202012Validator.check_schema(schema())
    Draft202012Validator(schema()).validate(EXAMPLE)
    cluster = load(assets.path("cluster.example.yaml"))
    assert [node.name for node in cluster.nodes] == ["master", "node1", "node2"]
    again, faults = parse(dump(cluster), Path("cluster.yaml"))
    assert again == cluster, faults


def test_the_example_with_its_comments_taken_away_still_passes() -> None:
    """What stands behind # in the example is right too, apart from the key file that is not there."""
    lines = []
    for line in assets.text("cluster.example.yaml").splitlines():
        body = line.lstrip(" ")
        indent = line[: len(line) - len(body)]
        option = body.removeprefix("# ")
        is_key = (
            option != body and option.lstrip("- {").split(":")[0].replace("_", "").replace(".", "").isalnum()
        )
        sentence = option.startswith(("Where", "from", "HTTP", "Keys", "The", "Passed"))
        if is_key and ":" in option and not sentence and not option.startswith("key: ~"):
            line = indent + option
        lines.append(line)
    cluster, faults = parse("\n".join(lines), Path("cluster.yaml"))
    assert cluster, "\n".join(fault.render("example") for fault in faults)
    assert cluster.proxy and cluster.mirrors.images.registries and cluster.kubernetes.etcd
    assert cluster.mirrors.packages.zerotier and cluster.nodes[2].taints and cluster.nodes[0].ssh.jump


@pytest.mark.parametrize(
    ("where", "value"),
    [("name", "Bad Name"), ("nam", "x"), ("nodes", {}), ("kubernetes", {"version": "1.20"}), ("overlay", {})],
)
def test_the_schema_refuses_what_parse_refuses(where: str, value: object) -> None:
    wrong = json.loads(json.dumps(EXAMPLE)) | {where: value}
    assert not Draft202012Validator(schema()).is_valid(wrong)
    assert parse(yaml.safe_dump(wrong), Path("c"))[0] is None
