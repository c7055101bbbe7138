"""YAML as Kubernetes' tools read it: documents split on ---, duplicate keys refused, go-yaml's words for
faults.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from typing import Any


class YamlFault(Exception):
    """Not YAML at all; the text is go-yaml's."""


class DuplicateKey(Exception):
    """A key occurs twice in one mapping; the text is go-yaml's."""


class _Loader(yaml.SafeLoader):
    """Leaves times as text, as JSON has none."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in pairs if tag != "tag:yaml.org,2002:timestamp"]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def documents(text: str) -> list[str]:
    """The documents of a stream that are not empty."""
    parts = re.split(r"^---(?:[ \t].*)?$", text, flags=re.M)
    return [p.lstrip("\n") for p in parts if re.sub(r"#.*", "", p).strip()]


def parse(text: str) -> Any:
    """One document; duplicates raise `DuplicateKey`, other faults `YamlFault`."""
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        duplicates = _duplicates(node)
        if duplicates:
            raise DuplicateKey("yaml: unmarshal errors:\n" + "\n".join(duplicates))
        return loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        line = (error.problem_mark.line if error.problem_mark else 0) + 1
        problem = (error.problem or "could not parse").replace(
            "are not allowed here", "are not allowed in this context"
        )
        raise YamlFault(f"yaml: line {line}: {problem}") from error
    finally:
        loader.dispose()


def _duplicates(node: Any) -> list[str]:
    found: list[str] = []
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, value in node.value:
            if key.value in seen:
                found.append(f'  line {key.start_mark.line + 1}: key "{key.value}" already set in map')
            seen.add(key.value)
            found += _duplicates(value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            found += _duplicates(item)
    return found


def dump(value: Any) -> str:
    """As Kubernetes' tools write YAML: keys sorted, lists not indented, no line folding."""
    return str(yaml.safe_dump(value, default_flow_style=False, width=10_000, sort_keys=True))
