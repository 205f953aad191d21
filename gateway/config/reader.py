"""YAML files read into a tree: strict keys, variables from the environment, secrets from files and systemd."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

from gateway.config.tree import Place, Tree

MAX_VALUES: Final = 500_000
MAX_FILE_BYTES: Final = 20_000_000
_VARIABLE: Final = re.compile(r"\$\$|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")
_CREDENTIAL: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,254}")
_STANDARD: Final = "tag:yaml.org,2002:"


class _Loader(yaml.SafeLoader):
    """YAML 1.2 booleans only: `on`, `off`, `yes` and `no` stay words."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != _STANDARD + "bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    _STANDARD + "bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)


def read_tree(path: Path, *, environment: Mapping[str, str] | None = None) -> Tree:
    """Read one YAML file, or every `*.yaml` and `*.yml` of a folder in the order of their names."""
    tree = Tree()
    variables = os.environ if environment is None else environment
    for file in _files(path, tree):
        tree.files.append(file)
        node = _compose(file, tree)
        if node is None:
            continue
        if not isinstance(node, yaml.MappingNode):
            tree.complain(file, "the file is not a mapping", "`key: value` lines", line=1)
            continue
        try:
            tree.join(_Reader(file=file, tree=tree, variables=variables).mapping(node, ()), file)
        except RecursionError:
            tree.complain(file, "an alias contains itself", "aliases of finished values", line=1)
    return tree


def _files(path: Path, tree: Tree) -> list[Path]:
    if path.is_dir():
        files = sorted(p for p in path.iterdir() if p.suffix in {".yaml", ".yml"} and p.is_file())
        if not files:
            tree.complain(path, "the folder holds no YAML file", "*.yaml")
        return files
    if path.is_file():
        return [path]
    tree.complain(path, "no such file", "a YAML file or a folder of them")
    return []


def _compose(file: Path, tree: Tree) -> yaml.Node | None:
    try:
        text = file.read_text(encoding="utf-8")
        if len(text) > MAX_FILE_BYTES:
            tree.complain(file, "the file is too large", f"at most {MAX_FILE_BYTES} characters")
            return None
        loader = _Loader(text)
    except (OSError, UnicodeDecodeError, yaml.reader.ReaderError) as error:
        tree.complain(file, f"cannot be read: {error}", "UTF-8 text")
        return None
    try:
        return loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        tree.complain(file, f"not YAML: {error.problem}", "valid YAML", line=line)
    except RecursionError:
        tree.complain(file, "nested too deeply", "a few levels")
    finally:
        loader.dispose()
    return None


@dataclass(slots=True, kw_only=True)
class _Reader:
    """Turns the nodes of one file into values."""

    file: Path
    tree: Tree
    variables: Mapping[str, str]
    count: int = 0

    def mapping(self, node: yaml.MappingNode, place: Place) -> dict[str, object]:
        """Return a mapping's values; merged keys (`<<`) give way to the mapping's own."""
        values: dict[str, object] = {}
        self._mark(node, place)
        for key_node, value_node in self._pairs(node):
            if not isinstance(key_node, yaml.ScalarNode):
                self._complain(key_node, place, "a key is not a plain word", "a word and a colon")
                continue
            key = str(key_node.value)
            here = (*place, key)
            if key in values:
                self._complain(key_node, here, "the key stands here twice", "each key once")
                continue
            self._mark(key_node, here)
            values[key] = self._value(value_node, here)
        return values

    def _pairs(self, node: yaml.MappingNode) -> Iterator[tuple[yaml.Node, yaml.Node]]:
        own = (key for key, _ in node.value if isinstance(key, yaml.ScalarNode))
        taken = {key.value for key in own if key.tag != _STANDARD + "merge"}
        for key_node, value_node in node.value:
            if key_node.tag != _STANDARD + "merge":
                yield key_node, value_node
                continue
            many = isinstance(value_node, yaml.SequenceNode)
            for source in value_node.value if many else [value_node]:
                for pair in self._pairs(source) if isinstance(source, yaml.MappingNode) else ():
                    if isinstance(pair[0], yaml.ScalarNode) and pair[0].value not in taken:
                        taken.add(pair[0].value)
                        yield pair

    def _value(self, node: yaml.Node, place: Place) -> object:
        self.count += 1
        if self.count > MAX_VALUES:
            if self.count == MAX_VALUES + 1:
                self._complain(node, place, "too many values", f"at most {MAX_VALUES}")
            return None
        self._mark(node, place)
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, place)
        if isinstance(node, yaml.SequenceNode):
            return [self._value(item, (*place, i)) for i, item in enumerate(node.value)]
        return self._scalar(node, place)

    def _scalar(self, node: yaml.Node, place: Place) -> object:
        if node.tag == "!file":
            return self._from_file(node, place)
        if node.tag == "!credential":
            return self._credential(node, place)
        if not node.tag.startswith(_STANDARD):
            wanted = "a plain value, !file PATH or !credential NAME"
            self._complain(node, place, f"unknown tag {node.tag}", wanted)
            return None
        if node.tag == _STANDARD + "str" and "$" in node.value:
            return self._interpolate(node, place)
        loader = _Loader("")
        try:
            return loader.construct_object(node, deep=True)
        except (ValueError, yaml.MarkedYAMLError) as error:
            self._complain(node, place, f"cannot be read: {error}", "a plain value")
            return None
        finally:
            loader.dispose()

    def _interpolate(self, node: yaml.Node, place: Place) -> str:
        def replace(match: re.Match[str]) -> str:
            if match[0] == "$$":
                return "$"
            default: str | None = match[2]
            held = self.variables.get(match[1], default)
            if held is None:
                self._complain(
                    node,
                    place,
                    f"environment variable {match[1]} is not set",
                    f"{match[1]} in the environment, or a default: ${{{match[1]}:-value}}",
                )
            return held or ""

        return _VARIABLE.sub(replace, node.value)

    def _credential(self, node: yaml.Node, place: Place) -> str | None:
        """Return a secret that systemd hands to this service alone (LoadCredential=, LoadCredentialEncrypted=)."""
        folder = self.variables.get("CREDENTIALS_DIRECTORY", "")
        if not _CREDENTIAL.fullmatch(node.value):
            self._complain(node, place, "no name of a credential", "letters, digits, '.', '_', '-'")
        elif not folder:
            wanted = f"LoadCredential={node.value}:/path in the unit, and a start by systemd"
            self._complain(node, place, "systemd has handed over no credentials", wanted)
        else:
            return self._text_of(Path(folder) / node.value, node, place)
        return None

    def _from_file(self, node: yaml.Node, place: Place) -> str | None:
        target = (self.file.parent / self._interpolate(node, place)).expanduser()
        return self._text_of(target, node, place)

    def _text_of(self, target: Path, node: yaml.Node, place: Place) -> str | None:
        try:
            return target.read_text(encoding="utf-8").rstrip("\n")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
            self._complain(node, place, f"{target}: {reason}", "a readable text file")
            return None

    def _mark(self, node: yaml.Node, place: Place) -> None:
        self.tree.marks.setdefault(place, (str(self.file), node.start_mark.line + 1))

    def _complain(self, node: yaml.Node, place: Place, what: str, wanted: str) -> None:
        line = node.start_mark.line + 1
        self.tree.complain(self.file, what, wanted, line=line, place=place)
