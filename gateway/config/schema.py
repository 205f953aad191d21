"""Everything a person may configure, and how a file becomes it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from zoneinfo import available_timezones

from pydantic import Field, SecretStr, field_validator, model_validator

from connectors.registry import connector_types, options_model
from gateway.access.options import AccessOptions
from gateway.config.check import check
from gateway.config.problems import InvalidConfigError
from gateway.config.proposals import check_proposals
from gateway.config.reader import read_tree
from gateway.config.templates import TemplateOptions, UseOptions, expand
from gateway.config.tree import Place, Tree
from gateway.control.options import ControlOptions
from gateway.detect.cases import CaseOptions
from gateway.detect.options import RuleOptions, rule_types
from gateway.detect.options_broken import BrokenRule
from gateway.historian.options import EmbeddedOptions, HistorianOptions
from gateway.issues.opening.options import IssueOptions
from gateway.logs import LogOptions
from gateway.maintenance.options import MaintenanceOptions
from gateway.model import path_problem
from gateway.notify.options import NotifyOptions
from gateway.options import Options
from gateway.production.execution.options import ExecutionOptions
from gateway.production.kpi.options import ProductionOptions
from gateway.production.office.options import PlanningOptions
from gateway.production.quality.options import QualityOptions
from gateway.production.reports.options import ReportOptions
from gateway.stream.options import (
    DeliveryOptions,
    JournalOptions,
    StampOptions,
    SupervisorOptions,
)
from web.options import WebOptions


class Units(StrEnum):
    """In which units values are shown; they are kept and controlled as they are measured."""

    AS_MEASURED = "as_measured"
    METRIC = "metric"
    US = "us"


class PlantOptions(Options):
    """Which plant this gateway serves."""

    site: str = Field("plant", description="Name of the site, shown on every page.")
    time_zone: str = Field(
        "UTC", description="IANA time zone of the plant, such as Europe/Paris; the page shows it."
    )
    units: Units = Field(
        Units.AS_MEASURED,
        description="Units on floor, line and machine pages; a person may choose others for himself.",
    )

    @field_validator("time_zone")
    @classmethod
    def _known(cls, zone: str) -> str:
        if zone not in available_timezones():
            msg = f"{zone!r} is no IANA time zone, want one such as Europe/Paris"
            raise ValueError(msg)
        return zone

    @field_validator("site")
    @classmethod
    def _clean(cls, site: str) -> str:
        problem = path_problem(f"{site}/a/b/c/d")
        if problem is not None:
            raise ValueError(problem)
        return site


class StoreOptions(Options):
    """Where issues and other relational state are kept."""

    url: str = Field(
        "",
        description="postgresql://user@host/name, or sqlite:///file; empty keeps SQLite in `data_dir`.",
    )
    password: SecretStr | None = Field(
        None, description="Password of the database user, from environment or file."
    )

    @model_validator(mode="after")
    def _apart(self) -> StoreOptions:
        if self.password is not None and not self.url.startswith(("postgresql:", "postgres:")):
            msg = "a password belongs to a postgresql:// url"
            raise ValueError(msg)
        return self


class LineOptions(Options):
    """A production line: who precedes whom, so that a cause at one machine is told from its effects at others."""

    machines: list[str] = Field(
        min_length=2,
        max_length=200,
        description="Machines (site/area/line/machine) in the order in which product passes them.",
    )
    window_s: float = Field(
        30.0, ge=0, le=3600, description="How long after the first their alarms may begin."
    )
    transport_s: float = Field(
        0.0, ge=0, le=3600, description="How much longer for every step between two machines."
    )
    group_issues: bool = Field(
        default=True, description="Whether what begins along it together becomes one issue."
    )
    flow_every_s: float = Field(
        10.0,
        ge=0,
        le=3600,
        description="How often its flow is told as signals of site/area/line/flow; 0 is never.",
    )
    flow_window_s: float = Field(
        600.0,
        ge=60,
        le=86_400,
        description="Time over which these signals say who starved, was blocked, or was the bottleneck.",
    )

    @field_validator("machines")
    @classmethod
    def _clean(cls, machines: list[str]) -> list[str]:
        for machine in machines:
            problem = path_problem(f"{machine}/x")
            if problem is not None:
                msg = f"{machine!r} is no machine's path: want site/area/line/machine"
                raise ValueError(msg)
        if len({*machines}) < len(machines):
            msg = "a machine stands in this line twice"
            raise ValueError(msg)
        return machines


class GatewayOptions(Options):
    """The whole configuration."""

    plant: PlantOptions = Field(
        default_factory=lambda: PlantOptions.model_validate({}), description="Site and time zone."
    )
    data_dir: Path = Field(
        Path("data"), description="Folder for journal, history and state; one gateway owns it."
    )
    log: LogOptions = Field(
        default_factory=lambda: LogOptions.model_validate({}), description="What is logged."
    )
    web: WebOptions = Field(
        default_factory=lambda: WebOptions.model_validate({}), description="REST, feed and page."
    )
    access: AccessOptions = Field(
        default_factory=lambda: AccessOptions.model_validate({}),
        description="Sign-in, sessions and the audit.",
    )
    journal: JournalOptions = Field(
        default_factory=lambda: JournalOptions.model_validate({}),
        description="The durable buffer between machines and everything else.",
    )
    stamp: StampOptions = Field(
        default_factory=lambda: StampOptions.model_validate({}),
        description="Which source times are believed.",
    )
    supervisor: SupervisorOptions = Field(
        default_factory=lambda: SupervisorOptions.model_validate({}),
        description="How connectors are kept alive.",
    )
    delivery: DeliveryOptions = Field(
        default_factory=lambda: DeliveryOptions.model_validate({}),
        description="How historian and rules are fed.",
    )
    historian: HistorianOptions = Field(
        default_factory=lambda: EmbeddedOptions.model_validate({}),
        description="Where every sample is kept.",
    )
    store: StoreOptions = Field(
        default_factory=lambda: StoreOptions.model_validate({}),
        description="Where issues are kept.",
    )
    lines: dict[str, LineOptions] = Field(
        default_factory=dict, description="Production lines by name, for grouping alarms."
    )
    issues: IssueOptions = Field(
        default_factory=lambda: IssueOptions.model_validate({}),
        description="Which deviations open issues, how repeats count, what losses cost.",
    )
    production: ProductionOptions = Field(
        default_factory=lambda: ProductionOptions.model_validate({}),
        description="Shifts, planned run times, and how losses are booked.",
    )
    control: ControlOptions = Field(
        default_factory=lambda: ControlOptions.model_validate({}),
        description="What may be written to machines; nothing unless it stands here.",
    )
    execution: ExecutionOptions = Field(
        default_factory=ExecutionOptions,
        description="Jobs at machines: reasons for stops, what blocks a dispatch, how they are followed.",
    )
    planning: PlanningOptions = Field(
        default_factory=lambda: PlanningOptions.model_validate({}),
        description="How far plans look ahead, and what a schedule may move.",
    )
    quality: QualityOptions = Field(
        default_factory=lambda: QualityOptions.model_validate({}),
        description="How checks of quality control count and fill.",
    )
    reports: dict[str, ReportOptions] = Field(
        default_factory=dict,
        description="Reports of shifts and days that are sent by themselves, by name.",
    )
    notify: NotifyOptions = Field(
        default_factory=lambda: NotifyOptions.model_validate({}),
        description="Channels, teams on duty, and how what nobody acknowledges climbs.",
    )
    maintenance: MaintenanceOptions = Field(
        default_factory=lambda: MaintenanceOptions.model_validate({}),
        description="What opens work orders by itself.",
    )
    tests: dict[str, CaseOptions] = Field(
        default_factory=dict,
        description="Cases that `taktline test-rules` runs, by what they show.",
    )
    connectors: dict[str, Options] = Field(
        default_factory=dict, description="Sources of samples by name."
    )
    templates: dict[str, TemplateOptions] = Field(
        default_factory=dict, description="Rules of machine classes, with parameters, by class."
    )
    use: dict[str, UseOptions] = Field(
        default_factory=dict, description="Templates used for machines, by a name of one's choice."
    )
    rules: dict[str, RuleOptions] = Field(
        default_factory=dict, description="Rules that watch signals, by id."
    )


class BadRules(StrEnum):
    """What becomes of a rule that cannot be built as it was written; anything else that is wrong is always refused."""

    REFUSE = "refuse"
    DISABLE = "disable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A configuration that holds, and the files it came from."""

    options: GatewayOptions
    files: tuple[Path, ...]


def load(
    path: Path,
    *,
    environment: Mapping[str, str] | None = None,
    bad_rules: BadRules = BadRules.REFUSE,
) -> Loaded:
    """Read and check a file or folder; raises `InvalidConfigError` with every mistake. Opens no socket.

    With `BadRules.DISABLE` a rule with mistakes becomes a `BrokenRule`, which does not run, and the others are as
    they were written.
    """
    tree = read_tree(path, environment=environment)
    plain = {k: v for k, v in tree.values.items() if k not in {"connectors", "rules"}}
    options = check(GatewayOptions, plain, tree=tree)
    connectors = _connectors(tree)
    if options is not None:
        expand(tree, options.templates, options.use)
    rules = _rules(tree, bad_rules)
    if options is not None:
        _commands(tree, options.control, connectors)
        check_proposals(tree, options.control, rules)
        _way_back(tree, options)
    if tree.problems or options is None:
        raise InvalidConfigError(tree.problems)
    whole = options.model_copy(update={"connectors": connectors, "rules": rules})
    return Loaded(options=whole, files=tuple(tree.files))


_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


def _section(tree: Tree, key: str) -> dict[str, object]:
    held = tree.values.get(key)
    if held is None:
        return {}
    if isinstance(held, dict):
        for name in held:
            if not _NAME.fullmatch(name):
                file, line = tree.mark((key, name))
                wanted = "1 to 64 letters, digits, '-', '_' and '.'"
                tree.complain(Path(file), "is no name", wanted, line=line, place=(key, name))
        return held
    _, line = tree.mark((key,))
    tree.complain(tree.files[0], "not a mapping", "`name:` lines", line=line, place=(key,))
    return {}


def _connectors(tree: Tree) -> dict[str, Options]:
    found: dict[str, Options] = {}
    for name, values in _section(tree, "connectors").items():
        place = ("connectors", name)
        kind = values.get("type") if isinstance(values, dict) else None
        if kind not in connector_types():
            _unknown_type(tree, place, kind, connector_types())
            continue
        checked = check(options_model(str(kind)), values, tree=tree, place=place)
        if checked is not None:
            found[name] = checked
    return found


def _commands(tree: Tree, control: ControlOptions, connectors: Mapping[str, Options]) -> None:
    """Complain of commands that no connector can carry out; of one that is broken itself, it is told already."""
    broken = set(_section(tree, "connectors")) - set(connectors)
    writable = {path for each in connectors.values() for path in each.writable()}
    for name, command in control.commands.items():
        for at, parameter in enumerate(command.parameters):
            path = command.path(parameter.signal)
            if path in writable or broken:
                continue
            place = ("control", "commands", name, "parameters", at, "signal")
            file, line = tree.mark(place)
            near = difflib.get_close_matches(path, writable, n=1)
            wanted = f"{near[0]}?" if near else "a signal, method or command of a connector"
            what = f"{path} is nothing that a connector writes"
            tree.complain(Path(file), what, wanted, line=line, place=place)


def _way_back(tree: Tree, options: GatewayOptions) -> None:
    """Complain of a provider that could send nobody back: no header of a request says where the page is."""
    if options.access.oidc is None or options.web.public_url:
        return
    place = ("access", "oidc")
    file, line = tree.mark(place)
    wanted = "web.public_url: the address under which people reach the page"
    tree.complain(
        Path(file), "the provider cannot send anybody back", wanted, line=line, place=place
    )


def _rules(tree: Tree, bad: BadRules) -> dict[str, RuleOptions]:
    found: dict[str, RuleOptions] = {}
    for name, values in _section(tree, "rules").items():
        known = len(tree.problems)
        checked = read_rule(tree, name, values)
        if checked is None and bad is BadRules.DISABLE:
            said = "; ".join(str(problem) for problem in tree.problems[known:])
            del tree.problems[known:]
            written = values if isinstance(values, dict) else {}
            checked = BrokenRule.of(name, written, error=said)
        if checked is not None:
            found[name] = checked
    return found


def read_rule(tree: Tree, name: str, values: object) -> RuleOptions | None:
    """Return the rule that these values are, or None after adding what is wrong to the tree's problems."""
    kinds = rule_types()
    place = ("rules", name)
    kind = values.get("type") if isinstance(values, dict) else None
    if str(kind) not in kinds:
        _unknown_type(tree, place, kind, sorted(kinds))
        return None
    return check(kinds[str(kind)], values, tree=tree, place=place)


def _unknown_type(tree: Tree, place: Place, kind: object, known: Sequence[str]) -> None:
    file, line = tree.mark((*place, "type"))
    what = f"{kind!r} is no type" if kind else "is missing"
    near = difflib.get_close_matches(str(kind), known, n=1)
    wanted = f"{near[0]}?" if near else " or ".join(known)
    tree.complain(Path(file), what, wanted, line=line, place=(*place, "type"))
