"""YAML is read strictly, and every mistake names its file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.config.reader import read_tree


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_values_keep_their_file_and_line(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        "a.yaml",
        "plant:\n  site: demo\nconnectors:\n  filler:\n    nodes:\n      - {a: 1}\n",
    )
    tree = read_tree(file)
    assert tree.values == {
        "plant": {"site": "demo"},
        "connectors": {"filler": {"nodes": [{"a": 1}]}},
    }
    assert tree.mark(("plant", "site")) == (str(file), 2)
    assert tree.mark(("connectors", "filler", "nodes", 0, "a")) == (str(file), 6)
    assert tree.mark(("connectors", "filler", "endpoint")) == (str(file), 4)
    assert tree.problems == []


def test_words_that_old_yaml_takes_for_booleans_stay_words(tmp_path: Path) -> None:
    tree = read_tree(write(tmp_path, "a.yaml", "a: on\nb: no\nc: true\n"))
    assert tree.values == {"a": "on", "b": "no", "c": True}


def test_variables_and_secret_files_are_filled_in(tmp_path: Path) -> None:
    write(tmp_path, "secret", "hunter2\n")
    file = write(
        tmp_path,
        "a.yaml",
        "url: opc.tcp://${HOST}:${PORT:-4840}\npassword: !file secret\ncost: $$5\n",
    )
    tree = read_tree(file, environment={"HOST": "plc1"})
    assert tree.values == {"url": "opc.tcp://plc1:4840", "password": "hunter2", "cost": "$5"}


def test_credentials_of_systemd_are_filled_in(tmp_path: Path) -> None:
    (tmp_path / "credentials").mkdir()
    write(tmp_path / "credentials", "mqtt.password", "hunter3\n")
    write(tmp_path, "outside", "not yours")
    environment = {"CREDENTIALS_DIRECTORY": str(tmp_path / "credentials")}
    file = write(tmp_path, "a.yaml", "password: !credential mqtt.password\n")
    tree = read_tree(file, environment=environment)
    assert (tree.values, tree.problems) == ({"password": "hunter3"}, [])
    (problem,) = read_tree(file, environment={}).problems
    assert "LoadCredential=mqtt.password:/path" in problem.wanted
    for wrong in ("../outside", "/etc/passwd", ".", "..", "nowhere", '""'):
        file = write(tmp_path, "b.yaml", f"password: !credential {wrong}\n")
        tree = read_tree(file, environment=environment)
        assert len(tree.problems) == 1, wrong
        assert tree.values == {"password": None}, wrong


@pytest.mark.parametrize(
    ("text", "line", "what", "wanted"),
    [
        (
            "a: 1\nb: ${MISSING}\n",
            2,
            "environment variable MISSING is not set",
            "${MISSING:-value}",
        ),
        ("a: 1\nb: !file nowhere\n", 2, "No such file", "readable text file"),
        ("a: 1\nb:\n  c: 1\n  c: 2\n", 4, "the key stands here twice", "each key once"),
        ("a: [1, 2\nb: 3\n", 2, "not YAML", "valid YAML"),
        ("- 1\n- 2\n", 1, "the file is not a mapping", "`key: value` lines"),
        (
            "a: !python/object:os.system x\n",
            1,
            "unknown tag !python/object:os.system",
            "a plain value",
        ),
        ("a: &x [*x]\n", 1, "", ""),
        ("? [a]\n: 1\n", 1, "a key is not a plain word", "a word and a colon"),
    ],
)
def test_a_mistake_names_line_and_remedy(
    tmp_path: Path, text: str, line: int, what: str, wanted: str
) -> None:
    file = write(tmp_path, "a.yaml", text)
    (problem,) = read_tree(file, environment={}).problems
    assert problem.file == str(file)
    assert problem.line == line
    assert what in problem.what
    assert wanted in problem.wanted


def test_anchors_merge_and_own_keys_win(tmp_path: Path) -> None:
    text = "base: &base {a: 1, b: 2}\nfirst:\n  <<: *base\n  b: 3\n"
    tree = read_tree(write(tmp_path, "a.yaml", text))
    assert tree.values["first"] == {"a": 1, "b": 3}
    assert tree.problems == []


def test_fragments_of_a_folder_join_and_a_value_said_twice_is_a_mistake(tmp_path: Path) -> None:
    write(tmp_path, "10-plant.yaml", "plant: {site: demo}\nconnectors: {a: {type: mqtt}}\n")
    second = write(
        tmp_path, "20-line.yaml", "connectors: {b: {type: opcua}}\nplant: {site: other}\n"
    )
    write(tmp_path, "notes.txt", "not read")
    tree = read_tree(tmp_path)
    assert tree.values["connectors"] == {"a": {"type": "mqtt"}, "b": {"type": "opcua"}}
    (problem,) = tree.problems
    assert problem.file == str(second)
    assert problem.path == "plant.site"
    assert "10-plant.yaml:1 says this already" in problem.what


def test_what_is_not_there_or_not_text_is_said(tmp_path: Path) -> None:
    assert "no such file" in read_tree(tmp_path / "none.yaml").problems[0].what
    (tmp_path / "empty").mkdir()
    assert "holds no YAML" in read_tree(tmp_path / "empty").problems[0].what
    binary = tmp_path / "b.yaml"
    binary.write_bytes(b"\xff\xfe\x00")
    assert "cannot be read" in read_tree(binary).problems[0].what
