"""Reads YAML by its nodes, so that every fault is told with the line on which it stands."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal

import yaml

MAX_FILE_BYTES = 1_000_000
MAX_NODES = 60_000
MAX_DEPTH = 40
MAX_TEXT = 4_000
MAX_NUMBER_DIGITS = 15

_KEY = re.compile(r"[a-z][a-z0-9_-]{0,59}")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_TAG = "tag:yaml.org,2002:"
_PLAIN_TAGS = {
    f"{_TAG}{name}" for name in ("str", "bool", "int", "float", "null", "timestamp", "map", "seq")
}
# What YAML itself would read as yes or no is still text here: "Yes" is a common answer.
_TEXT_TAGS = {f"{_TAG}str", f"{_TAG}bool"}

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """Something wrong in a questionnaire file; line 0 is the file as a whole."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


@dataclass(frozen=True, slots=True)
class Reference:
    """The mention of something that must be defined elsewhere in the file."""

    line: int
    kind: str
    key: str
    what: str


class Notes:
    """Faults and references gathered while a file is read."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.faults: list[Fault] = []
        self.references: list[Reference] = []

    def fault(self, line: int, message: str) -> None:
        """Note a fault."""
        self.faults.append(Fault(self.file, line, message))


def line_of(node: yaml.Node) -> int:
    """The line on which a node starts, counted from 1."""
    return int(node.start_mark.line) + 1


def compose(data: bytes, notes: Notes) -> yaml.MappingNode | None:
    """The root mapping of a file, or None after noting why it cannot be read."""
    if len(data) > MAX_FILE_BYTES:
        notes.fault(0, f"the file is larger than {MAX_FILE_BYTES:,} bytes")
        return None
    try:
        root = yaml.compose(data.decode("utf-8-sig"), Loader=_LOADER)
    except UnicodeDecodeError:
        notes.fault(0, "the file is not UTF-8 text")
        return None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        notes.fault(mark.line + 1 if mark else 0, f"not YAML: {error.problem or error.context}")
        return None
    except (yaml.YAMLError, RecursionError) as error:
        notes.fault(0, f"not YAML: {str(error).splitlines()[0]}")
        return None
    if not isinstance(root, yaml.MappingNode):
        notes.fault(line_of(root) if root else 0, "the file must be a mapping of keys to values")
        return None
    return root if _is_plain_tree(root, notes) else None


def _is_plain_tree(root: yaml.Node, notes: Notes) -> bool:
    """Refuse aliases, tags and sizes that plain data never needs."""
    seen: set[int] = set()
    waiting: list[tuple[yaml.Node, int]] = [(root, 0)]
    while waiting:
        node, depth = waiting.pop()
        if id(node) in seen:
            notes.fault(line_of(node), "anchors and aliases (&name, *name) are not allowed")
            return False
        seen.add(id(node))
        if depth > MAX_DEPTH or len(seen) > MAX_NODES:
            notes.fault(line_of(node), "the file is nested too deeply or holds too many values")
            return False
        if node.tag not in _PLAIN_TAGS:
            notes.fault(line_of(node), f"the tag {node.tag} is not allowed")
            return False
        waiting.extend((child, depth + 1) for child in _children(node))
    return True


def _children(node: yaml.Node) -> Iterable[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return node.value if isinstance(node, yaml.SequenceNode) else ()


class Fields:
    """The entries of one mapping; each getter notes what is missing or of the wrong type."""

    def __init__(
        self, node: yaml.Node, what: str, notes: Notes, allowed: Collection[str] | None = None
    ) -> None:
        self.line = line_of(node)
        self.what = what
        self.notes = notes
        self.nodes: dict[str, yaml.Node] = {}
        self.is_mapping = isinstance(node, yaml.MappingNode)
        if not self.is_mapping:
            self.fault("must be a mapping of keys to values")
            return
        for key_node, value in node.value:
            self._add(key_node, value, allowed)

    def _add(self, key_node: yaml.Node, value: yaml.Node, allowed: Collection[str] | None) -> None:
        if not isinstance(key_node, yaml.ScalarNode):
            self.fault("a key must be a word", line_of(key_node))
            return
        key = key_node.value
        if key in self.nodes:
            self.fault(f"`{key}` is given twice", line_of(key_node))
        elif allowed is not None and key not in allowed:
            self.fault(f"unknown key `{key}`", line_of(key_node))
        else:
            self.nodes[key] = value

    def fault(self, message: str, line: int | None = None) -> None:
        """Note a fault of this mapping."""
        self.notes.fault(self.line if line is None else line, f"{self.what}: {message}")

    def line_at(self, key: str) -> int:
        """The line of an entry, or of the mapping when the entry is missing."""
        return line_of(self.nodes[key]) if key in self.nodes else self.line

    def has(self, key: str) -> bool:
        """Whether the entry is given and is not null."""
        node = self.nodes.get(key)
        return node is not None and not _is_null(node)

    def required(self, key: str) -> yaml.Node | None:
        """The node of an entry that must be there."""
        if key not in self.nodes and self.is_mapping:
            self.fault(f"`{key}` is missing")
        return self.nodes.get(key)

    def text(self, key: str) -> str:
        """Text that must be given."""
        node = self.required(key)
        return "" if node is None else self.text_of(node, f"`{key}`")

    def optional_text(self, key: str) -> str | None:
        """Text that may be left out; but not left empty."""
        return self.text(key) if key in self.nodes else None

    def text_of(self, node: yaml.Node, name: str) -> str:
        """The text of a node."""
        if not isinstance(node, yaml.ScalarNode):
            self.fault(f"{name} must be text", line_of(node))
            return ""
        text = " ".join(node.value.split())
        if not text or _is_null(node):
            self.fault(f"{name} is empty", line_of(node))
        elif node.tag not in _TEXT_TAGS:
            self.fault(f"{name} must be text: put `{text}` in quotes", line_of(node))
        elif len(text) > MAX_TEXT:
            self.fault(f"{name} is longer than {MAX_TEXT:,} characters", line_of(node))
        return text

    def key(self, key: str = "key") -> str:
        """A key: small letters, digits, hyphens and underscores."""
        node = self.required(key)
        return "" if node is None else self.key_of(node, f"`{key}`")

    def key_of(self, node: yaml.Node, name: str) -> str:
        """The key in a node; `yes` and `no` are keys like any other."""
        if not isinstance(node, yaml.ScalarNode) or not _KEY.fullmatch(node.value):
            self.fault(
                f"{name} must be a key of small letters, digits, - and _, starting with a letter",
                line_of(node),
            )
            return ""
        return str(node.value)

    def items(self, key: str, *, required: bool = True) -> list[yaml.Node]:
        """The nodes of a list, which must not be empty when required."""
        node = self.required(key) if required else self.nodes.get(key)
        if node is None:
            return []
        if not isinstance(node, yaml.SequenceNode):
            self.fault(f"`{key}` must be a list", line_of(node))
            return []
        if not node.value:
            self.fault(f"`{key}` is empty", line_of(node))
        return list(node.value)

    def keys(self, key: str, *, required: bool = True) -> tuple[str, ...]:
        """A list of keys, each once."""
        return tuple(item for item, _ in self._keyed(key, required=required))

    def _keyed(self, key: str, *, required: bool) -> list[tuple[str, int]]:
        found: dict[str, int] = {}
        for node in self.items(key, required=required):
            item = self.key_of(node, f"each of `{key}`")
            if item in found:
                self.fault(f"`{item}` is listed twice in `{key}`", line_of(node))
            elif item:
                found[item] = line_of(node)
        return list(found.items())

    def choices(self, key: str, allowed: Collection[str]) -> tuple[str, ...]:
        """A list of keys out of a fixed set."""
        keyed = self._keyed(key, required=True)
        for item, line in keyed:
            if item not in allowed:
                self.fault(f"`{item}` is not one of {', '.join(allowed)}", line)
        return tuple(item for item, _ in keyed if item in allowed)

    def reference(self, key: str, kind: str) -> str:
        """The key of something defined elsewhere in the file."""
        found = self.key(key)
        if found:
            self.notes.references.append(Reference(self.line_at(key), kind, found, self.what))
        return found

    def references(self, key: str, kind: str, *, required: bool) -> tuple[str, ...]:
        """A list of keys of things defined elsewhere in the file."""
        keyed = self._keyed(key, required=required)
        self.notes.references.extend(Reference(line, kind, item, self.what) for item, line in keyed)
        return tuple(item for item, _ in keyed)

    def integer(self, key: str, low: int, high: int, default: int | None = None) -> int:
        """A whole number in a range; with a default it may be left out."""
        fallback = low if default is None else default
        if default is None:
            self.required(key)
        number = self.optional_number(key)
        if number is None:
            return fallback
        if number != number.to_integral_value() or not low <= number <= high:
            self.fault(f"`{key}` must be a whole number from {low} to {high}", self.line_at(key))
            return fallback
        return int(number)

    def number(self, key: str, default: int | None = None) -> Decimal:
        """An exact number; with a default it may be left out."""
        if default is None:
            self.required(key)
        number = self.optional_number(key)
        return Decimal(default or 0) if number is None else number

    def optional_number(self, key: str) -> Decimal | None:
        """An exact number, or None when it is left out or is at fault."""
        node = self.nodes.get(key)
        if node is None:
            return None
        # A quoted number is text: C and Python parsers name the plain style differently.
        is_plain = isinstance(node, yaml.ScalarNode) and not node.style
        text = node.value if is_plain else ""
        if not _NUMBER.fullmatch(text) or len(text) > MAX_NUMBER_DIGITS:
            self.fault(f"`{key}` must be a number", line_of(node))
            return None
        return Decimal(text)

    def flag(self, key: str, *, default: bool) -> bool:
        """True or false."""
        node = self.nodes.get(key)
        if node is None:
            return default
        if not isinstance(node, yaml.ScalarNode) or node.tag != f"{_TAG}bool":
            self.fault(f"`{key}` must be true or false", line_of(node))
            return default
        return node.value.lower() in {"true", "yes", "on"}


def _is_null(node: yaml.Node) -> bool:
    return bool(node.tag == f"{_TAG}null")
