"""Values that know where in a file they stand, read from YAML or JSON."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from app.imports.json_stream import JsonStream
from app.imports.problems import ImportProblem, ImportRefused

DEEPEST = 20
Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
PLAIN_TAGS = tuple(f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "int", "float"))


@dataclass(frozen=True, slots=True)
class Placed:
    """A value (None, bool, int, float, str, list[Placed] or dict[str, Placed]) with its line and column, from 1.

    `raw` is a single value as it was written: a code `0012` is no number. `name` is the column of a table.
    """

    value: Any
    line: int
    column: int
    raw: str = ""
    name: str | None = None


def refusal(file: str, line: int | None, column: int | None, reason: str) -> ImportRefused:
    return ImportRefused([ImportProblem(file, line, column, reason)])


def read_yaml(text: str, file: str) -> Placed:
    """The one document of a YAML file. Raises ImportRefused for what is no YAML, or an alias, or a key twice."""
    try:
        loader = Loader(text)
        node = loader.get_single_node()
        return placed_node(loader, node, file, set()) if node else Placed(None, 1, 1)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (None, None)
        raise refusal(file, line, column, f"this is not YAML: {error.problem or error.context}") from error
    except yaml.reader.ReaderError as error:
        before = text[: error.position] if isinstance(error.position, int) else ""
        raise refusal(file, before.count("\n") + 1, None, f"this is not YAML: {error.reason}") from error
    except RecursionError as error:
        raise refusal(file, None, None, "the file is nested too deep") from error


def placed_node(loader: Any, node: Node, file: str, seen: set[int], depth: int = 0) -> Placed:
    line, column = node.start_mark.line + 1, node.start_mark.column + 1
    if id(node) in seen:
        # Aliases of aliases could make a small file fill the memory.
        raise refusal(file, line, column, "anchors and aliases are not read here: write the value out each time")
    seen.add(id(node))
    if depth > DEEPEST:
        raise refusal(file, line, column, "the file is nested too deep")
    if isinstance(node, ScalarNode):
        return Placed(plain_value(loader, node), line, column, node.value)
    if isinstance(node, SequenceNode):
        return Placed([placed_node(loader, item, file, seen, depth + 1) for item in node.value], line, column)
    assert isinstance(node, MappingNode)
    found: dict[str, Placed] = {}
    for key, value in node.value:
        place = key.start_mark.line + 1, key.start_mark.column + 1
        if not isinstance(key, ScalarNode):
            raise refusal(file, *place, "a key must be a single word")
        if key.value in found:
            raise refusal(file, *place, f"{key.value!r} stands here twice")
        found[key.value] = placed_node(loader, value, file, seen, depth + 1)
    return Placed(found, line, column)


def plain_value(loader: Any, node: ScalarNode) -> Any:
    """Numbers, yes and no, and nothing as such; whatever else (a date, say) as it is written."""
    if node.tag not in PLAIN_TAGS:
        return node.value
    try:
        return loader.construct_object(node)
    except ValueError:
        return node.value


def read_json(text: str, file: str) -> Placed:
    """A JSON file. Raises ImportRefused for what is no JSON or has a key twice."""
    stream = JsonStream(io.StringIO(text), file)
    found = placed_json(stream)
    if stream.peek():
        raise stream.refusal("something follows the end of the JSON")
    return found


def placed_json(stream: JsonStream, depth: int = 0) -> Placed:
    first = stream.peek()
    line, column = stream.position()
    if depth > DEEPEST:
        raise stream.refusal("the file is nested too deep")
    if first == "[":
        return Placed([placed_json(stream, depth + 1) for _ in stream.elements()], line, column)
    if first == "{":
        found: dict[str, Placed] = {}
        for key in stream.members():
            if key in found:
                raise stream.refusal(f"{key!r} stands here twice")
            found[key] = placed_json(stream, depth + 1)
        return Placed(found, line, column)
    value = stream.value()
    return Placed(value, line, column, "" if value is None else str(value))
