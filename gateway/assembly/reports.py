"""Reports of shifts and days, and sending them."""

from __future__ import annotations

from gateway.assembly.ground import Ground
from gateway.assembly.notify import page_address
from gateway.issues import IssueDesk
from gateway.notify.desk import NotifyDesk
from gateway.ports import Performance
from gateway.production.kpi.targets import TargetDesk
from gateway.production.office.port import Planning
from gateway.production.quality.port import Quality
from gateway.production.reports.desk import ReportDesk
from gateway.production.reports.schedule import ReportSchedule


def open_reports(  # noqa: PLR0917 - one call at the composition root
    ground: Ground,
    performance: Performance,
    issues: IssueDesk,
    quality: Quality,
    planning: Planning,
    notifications: NotifyDesk,
) -> ReportDesk:
    """Return the desk of reports, and start sending those that are configured."""
    options, zone = ground.options, ground.options.plant.time_zone
    desk = ReportDesk(
        performance=performance,
        targets=TargetDesk(
            options.production.kpis, performance=performance, clock=ground.clock, time_zone=zone
        ),
        issues=issues,
        quality=quality,
        schedules=planning.schedules,
        clock=ground.clock,
        time_zone=zone,
        site=options.plant.site,
    )
    schedule = ReportSchedule(
        options.reports,
        desk=desk,
        tell=notifications.tell_report,
        clock=ground.clock,
        page=page_address(options.web),
    )
    ground.start("reports", schedule.run())
    return desk
