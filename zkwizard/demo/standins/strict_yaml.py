"""YAML as Kubernetes' tools read it: documents split on ---, duplicate keys refused, go-yaml's words for
faults. PyYAML itself, which takes as long to import as a whole call may take, is only met by who reads or
writes a document.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class YamlFault(Exception):
    """Not YAML at all; the text is go-yaml's."""


class DuplicateKey(Exception):
    """A key occurs twice in one mapping; the text is go-yaml's."""


def documents(text: str) -> list[str]:
    """The documents of a stream that are not empty."""
    parts = re.split(r"^---(?:[ \t].*)?$", text, flags=re.M)
    return [p.lstrip("\n") for p in parts if re.sub(r"#.*", "", p).strip()]


def parse(text: str) -> Any:
    """One document; duplicates raise `DuplicateKey`, other faults `YamlFault`."""
    from . import yaml_loader

    return yaml_loader.parse(text)


def dump(value: Any) -> str:
    """As Kubernetes' tools write YAML: keys sorted, lists not indented, no line folding."""
    import yaml

    return str(yaml.safe_dump(value, default_flow_style=False, width=10_000, sort_keys=True))
