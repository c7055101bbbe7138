"""The reading of one YAML document by PyYAML, with the words of go-yaml."""

from __future__ import annotations

import yaml

from .strict_yaml import DuplicateKey, YamlFault

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class _Loader(yaml.SafeLoader):
    """Leaves times as text, as JSON has none."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in pairs if tag != "tag:yaml.org,2002:timestamp"]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def parse(text: str) -> Any:
    """See `strict_yaml.parse`."""
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
