"""What a person writes to read an OPC UA server; every mistake is a pydantic error that says what is right."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from connectors.opcua.address import Address, expand, parse
from connectors.opcua.security import SecurityOptions
from connectors.signals import SignalOptions
from gateway.model import DataType, path_problem
from gateway.options import Options


class Trigger(StrEnum):
    """Which change of a node the server reports."""

    STATUS_VALUE = "status_value"
    STATUS_VALUE_TIMESTAMP = "status_value_timestamp"


class PlainPassword(StrEnum):
    """Whether a password may travel where nothing encrypts the channel."""

    REFUSE = "refuse"
    ACCEPT = "accept"


class Deadband(Options):
    """How far a value must move before the server reports it; exactly one of the two."""

    absolute: float | None = Field(None, gt=0, description="In the unit of the node's raw value.")
    percent: float | None = Field(
        None, gt=0, le=100, description="Of the node's EURange, which the server must have."
    )

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.absolute is None) == (self.percent is None):
            msg = "want exactly one of absolute and percent"
            raise ValueError(msg)
        return self


class NodeOptions(SignalOptions):
    """One node, the signal it feeds, and what that signal is."""

    node: str = Field(
        description="Node id by namespace URI, nsu=<uri>;s=<name>, or alias:s=<name>; also i=, g= and b=."
    )
    signal: str = Field(
        description="Full path site/area/line/machine/signal, or the last level alone under `machine`."
    )
    stale_after_s: float = Field(
        0.0,
        ge=0,
        description="Age after which the value is shown as stale; 0, as a subscription sends changes only.",
    )
    sampling_ms: float | None = Field(
        None,
        ge=0,
        description="Sampling interval of this node, where it differs from the connector's.",
    )
    queue_size: int | None = Field(
        None,
        ge=1,
        le=100_000,
        description="Samples the server keeps for this node between publishes.",
    )
    deadband: Deadband | None = Field(None, description="Deadband of this node.")
    scale: float = Field(1.0, description="Factor from the node's raw value to `unit`.")
    offset: float = Field(0.0, description="Added after scaling, in `unit`.")

    @field_validator("node")
    @classmethod
    def _node(cls, text: str) -> str:
        parse(text)
        return text

    @field_validator("signal")
    @classmethod
    def _signal(cls, path: str) -> str:
        problem = path_problem(path)
        if problem is not None:
            raise ValueError(problem)
        return path

    @model_validator(mode="after")
    def _scaled_numbers(self) -> Self:
        scaled = self.scale != 1.0 or self.offset != 0.0
        if scaled and self.data_type is not DataType.FLOAT:
            msg = f"scale and offset are for data_type float, not {self.data_type}"
            raise ValueError(msg)
        if not (math.isfinite(self.scale) and math.isfinite(self.offset)) or self.scale == 0:
            msg = "scale and offset must be finite, and scale not 0"
            raise ValueError(msg)
        return self

    @property
    def address(self) -> Address:
        """The node by namespace URI."""
        return parse(self.node)


class MethodOptions(Options):
    """Methods of one object that a command of the `control` section calls, by the numbers of its choices."""

    signal: str = Field(
        description="Path that the command writes, or its last level alone under `machine`."
    )
    object: str = Field(description="Node id of the object whose methods they are.")
    calls: dict[int, str] = Field(
        min_length=1,
        max_length=50,
        description="Node id of the method for each choice; none takes arguments.",
    )

    @field_validator("object")
    @classmethod
    def _object(cls, text: str) -> str:
        parse(text)
        return text

    @field_validator("calls")
    @classmethod
    def _calls(cls, calls: dict[int, str]) -> dict[int, str]:
        for text in calls.values():
            parse(text)
        return calls

    @field_validator("signal")
    @classmethod
    def _signal(cls, path: str) -> str:
        problem = path_problem(path)
        if problem is not None:
            raise ValueError(problem)
        return path


class JobsOptions(Options):
    """A job order receiver (OPC 10031-4) that commands of kind `job` call, and whose list is asked for."""

    signal: str = Field(
        description="Path that the command writes, or its last level alone under `machine`."
    )
    receiver: str = Field(description="Node id of the ISA95JobOrderReceiver object.")
    provider: str = Field(
        "", description="Node id of the ISA95JobResponseProvider object, where the machine has one."
    )

    @field_validator("receiver", "provider")
    @classmethod
    def _objects(cls, text: str) -> str:
        if text:
            parse(text)
        return text

    @field_validator("signal")
    @classmethod
    def _signal(cls, path: str) -> str:
        problem = path_problem(path)
        if problem is not None:
            raise ValueError(problem)
        return path


class OpcUaOptions(Options):
    """A connection to one OPC UA server and the nodes to read from it."""

    type: Literal["opcua"] = Field("opcua", description="Kind of connector.")
    endpoint: str = Field(
        pattern=r"^opc\.tcp://[^/@\s]+(/\S*)?$", description="Address, opc.tcp://host:port/path."
    )
    namespaces: dict[str, str] = Field(
        default_factory=dict, description="Short names for namespace URIs, used as alias:s=<name>."
    )
    machine: str = Field(
        "", description="Path site/area/line/machine put before signals written as one level."
    )
    security: Literal["none"] | SecurityOptions = Field(
        description="Policy, keys and the server's certificate; `none` only where a person chose it."
    )
    username: str = Field("", max_length=256, description="User name; empty means anonymous.")
    password: SecretStr = Field(SecretStr(""), description="Password of that user.")
    plain_password: PlainPassword = Field(
        PlainPassword.REFUSE, description="Whether a password may be sent with `security: none`."
    )
    publishing_ms: float = Field(
        250.0, ge=10, le=60_000, description="How often the server sends what it has gathered."
    )
    sampling_ms: float = Field(
        100.0,
        ge=0,
        le=3_600_000,
        description="How often the server looks at each node; 0 asks for every change it can tell.",
    )
    queue_size: int | None = Field(
        None,
        ge=1,
        le=100_000,
        description="Samples the server keeps a node between publishes; by default twice what sampling makes.",
    )
    deadband: Deadband | None = Field(None, description="Deadband of every node without its own.")
    trigger: Trigger = Field(
        Trigger.STATUS_VALUE, description="Whether a new timestamp alone is a change."
    )
    max_items_per_request: int = Field(
        200,
        ge=1,
        le=10_000,
        description="Nodes in one request; some controllers slow down above 200.",
    )
    publish_requests: int = Field(
        3, ge=1, le=10, description="Publish requests kept outstanding at the server."
    )
    request_timeout_s: float = Field(
        5.0, gt=0, le=120, description="Deadline of one request, in seconds."
    )
    session_timeout_s: float = Field(
        60.0, ge=10, le=3600, description="How long the server keeps the session of a dead gateway."
    )
    silent_s: float = Field(
        10.0, ge=1, le=600, description="Silence after which the connection counts as dead."
    )
    retry_nodes_s: float = Field(
        10.0,
        ge=0.5,
        le=3600,
        description="How often missing nodes are tried again while connected.",
    )
    buffer_rows: int = Field(
        100_000,
        ge=100,
        le=10_000_000,
        description="Rows kept until they are read; then the oldest go.",
    )
    max_message_bytes: int = Field(
        16_777_216, ge=65_536, le=268_435_456, description="Largest message taken from the server."
    )
    nodes: list[NodeOptions] = Field(
        min_length=1, max_length=100_000, description="The nodes to read."
    )
    methods: list[MethodOptions] = Field(
        default_factory=list, max_length=1000, description="Methods that commands may call."
    )

    jobs: list[JobsOptions] = Field(
        default_factory=list, max_length=100, description="Receivers of job orders."
    )

    def writable(self) -> frozenset[str]:
        """Return the paths that commands may write or call here."""
        held = [node.signal for node in self.nodes if node.data_type is not DataType.ARRAY]
        called = [*(each.signal for each in self.methods), *(each.signal for each in self.jobs)]
        return frozenset([*held, *called])

    @model_validator(mode="before")
    @classmethod
    def _expand(cls, raw: Any) -> Any:
        """Put aliases and the machine's path in place, so that each node is then checked as a whole."""
        if not isinstance(raw, Mapping) or not isinstance(raw.get("nodes"), Sequence):
            return raw
        aliases = raw.get("namespaces") or {}
        known = (
            {k: v for k, v in aliases.items() if isinstance(v, str)}
            if isinstance(aliases, Mapping)
            else {}
        )
        machine = raw.get("machine") or ""
        more = {
            key: [_expanded(each, known, machine) for each in given]
            for key in ("methods", "jobs")
            if isinstance(given := raw.get(key), Sequence) and not isinstance(given, str)
        }
        nodes = [_expanded(node, known, machine) for node in raw["nodes"]]
        return {**raw, "nodes": nodes, **more}

    @field_validator("machine")
    @classmethod
    def _machine(cls, path: str) -> str:
        if path and path_problem(f"{path}/x") is not None:
            msg = f"{path!r} is no machine: want site/area/line/machine, four levels of letters, digits, - _ ."
            raise ValueError(msg)
        return path

    @field_validator("namespaces")
    @classmethod
    def _namespaces(cls, namespaces: dict[str, str]) -> dict[str, str]:
        for alias, uri in namespaces.items():
            if alias in {"ns", "nsu"} or not alias.replace("_", "a").replace("-", "a").isalnum():
                msg = f"alias {alias!r}: want letters, digits, - and _, and not ns or nsu"
                raise ValueError(msg)
            if not uri or ";" in uri or not uri.isprintable():
                msg = f"alias {alias!r}: {uri!r} is no namespace URI"
                raise ValueError(msg)
        return namespaces

    @field_validator("nodes")
    @classmethod
    def _once(cls, nodes: list[NodeOptions]) -> list[NodeOptions]:
        problems = _repeats("node", [n.address for n in nodes], [n.node for n in nodes])
        problems += _repeats("signal", [n.signal for n in nodes], [n.signal for n in nodes])
        if problems:
            raise ValueError("; ".join(problems))
        return nodes

    @model_validator(mode="after")
    def _methods_apart(self) -> Self:
        called = [*(each.signal for each in self.methods), *(each.signal for each in self.jobs)]
        signals = [*(n.signal for n in self.nodes), *called]
        doubled = {each for each in called if signals.count(each) > 1}
        if doubled:
            msg = f"methods, jobs: {min(doubled)} is a node's signal or stands here twice"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _safe_password(self) -> Self:
        secret = self.password.get_secret_value()
        if secret and not self.username:
            msg = "password without username"
            raise ValueError(msg)
        if secret and self.security == "none" and self.plain_password is PlainPassword.REFUSE:
            msg = (
                "a password would travel unencrypted with security: none: configure security, "
                "or accept it with plain_password: accept"
            )
            raise ValueError(msg)
        return self

    def queue_of(self, node: NodeOptions) -> int:
        """Return how many samples the server shall keep for a node between two publishes."""
        chosen = node.queue_size or self.queue_size
        if chosen is not None:
            return chosen
        sampling_ms = max(1.0, self.sampling_of(node))
        return max(2, 2 * math.ceil(self.publishing_ms / sampling_ms))

    def sampling_of(self, node: NodeOptions) -> float:
        """Return how often the server shall look at a node, in milliseconds."""
        return self.sampling_ms if node.sampling_ms is None else node.sampling_ms


def _expanded(node: Any, namespaces: Mapping[str, str], machine: object) -> Any:
    if not isinstance(node, Mapping):
        return node
    out = dict(node)
    for key in ("node", "object", "receiver", "provider"):
        if isinstance(out.get(key), str):
            out[key] = expand(out[key], namespaces)
    if isinstance(out.get("calls"), Mapping):
        out["calls"] = {
            number: expand(text, namespaces) if isinstance(text, str) else text
            for number, text in out["calls"].items()
        }
    signal = out.get("signal")
    if isinstance(signal, str) and "/" not in signal and isinstance(machine, str) and machine:
        out["signal"] = f"{machine}/{signal}"
    return out


def _repeats(what: str, keys: Sequence[object], names: Sequence[str]) -> list[str]:
    first: dict[object, int] = {}
    problems = []
    for index, key in enumerate(keys):
        if key in first:
            problems.append(
                f"nodes[{index}] repeats the {what} of nodes[{first[key]}]: {names[index]}"
            )
        first.setdefault(key, index)
    return problems
