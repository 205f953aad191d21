"""Rules over the journal, and what comes of them: alarms, issues, backtests."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gateway.assembly.ground import Ground
from gateway.clock import NS_PER_S
from gateway.config.schema import GatewayOptions
from gateway.detect.alarms.desk import AlarmDesk
from gateway.detect.backtest.jobs import BacktestDesk
from gateway.detect.charts.desk import ChartDesk
from gateway.detect.evaluate import Detector
from gateway.issues import IssueDesk, Line, Topology
from gateway.issues.opening import Policy
from gateway.notify.recipients import Recipients
from gateway.rulebook.desk import RuleDesk
from gateway.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """What watches, and the desks of what it found."""

    alarms: AlarmDesk
    issues: IssueDesk
    detector: Detector
    backtests: BacktestDesk
    charts: ChartDesk
    rules: RuleDesk


async def open_detection(ground: Ground, store: Store, *, config: Path | None) -> Detection:
    """Open the desks of alarms and issues and start the rules on the journal; test cases lie where `config` does."""
    options = ground.options
    recipients = Recipients(options.notify, time_zone=options.plant.time_zone)
    rules = await RuleDesk.open(
        options.rules,
        options.tests,
        folder=_folder(config),
        store=store,
        clock=ground.clock,
        catalogue=ground.catalogue,
    )
    issues = await IssueDesk.open(
        store=store,
        history=ground.historian,
        clock=ground.clock,
        topology=_topology(options),
        policy=Policy.of(options.issues, teams=recipients.teams),
    )
    alarms = await AlarmDesk.open(
        rules.rules(),
        store=store,
        clock=ground.clock,
        latest=ground.latest,
        catalogue=ground.catalogue,
        issues=issues,
        history=ground.historian,
    )
    detector = Detector(
        rules.rules(),
        catalogue=ground.catalogue,
        issues=issues,
        store=store,
        clock=ground.clock,
        tail=ground.journal,
        started_ns=ground.started_ns,
        alarms=alarms,
    )
    rules.attach(detector)
    ground.start("evidence", issues.run())
    ground.start("alarms", alarms.run())
    ground.follow(detector, kind="rules")
    ground.start("rules' time", detector.run())
    ground.board.add_remarks(detector.remarks)
    return Detection(
        alarms=alarms,
        issues=issues,
        detector=detector,
        backtests=_backtests(ground, detector, issues),
        charts=ChartDesk(
            rules=detector.configured,
            live=detector.charts,
            catalogue=ground.catalogue,
            history=ground.historian,
            store=store,
            clock=ground.clock,
            keeper=detector,
        ),
        rules=rules,
    )


def _folder(config: Path | None) -> Path:
    if config is None:
        return Path()
    return config if config.is_dir() else config.parent


def _backtests(ground: Ground, detector: Detector, issues: IssueDesk) -> BacktestDesk:
    desk = BacktestDesk(
        rules=detector.configured,
        catalogue=ground.catalogue,
        history=ground.historian,
        issues=issues,
        clock=ground.clock,
        time_zone=ground.options.plant.time_zone,
    )
    ground.opened.push_async_callback(desk.close)
    return desk


def _topology(options: GatewayOptions) -> Topology:
    return Topology(
        Line(
            machines=tuple(line.machines),
            window_ns=round(line.window_s * NS_PER_S),
            transport_ns=round(line.transport_s * NS_PER_S),
        )
        for line in options.lines.values()
        if line.group_issues
    )
