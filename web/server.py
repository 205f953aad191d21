"""The web application: routes, gate, errors and the live hub, put together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from fastapi import Depends, FastAPI

from gateway.access.doors import Passkeys, Provider
from gateway.access.port import Access
from gateway.access.rights import Right
from gateway.audit.port import Audit
from web import live, pages, problems
from web.api import (
    alarm_metrics,
    alarms,
    audit,
    backtests,
    cases,
    charts,
    connectors,
    control,
    explanations,
    exports,
    floor,
    flow,
    health,
    history,
    improvement,
    issues,
    kpis,
    learning,
    ledger,
    letters,
    machine_connectors,
    maintenance,
    maintenance_work,
    notify,
    own_notify,
    passkeys,
    plant,
    reports,
    rule_changes,
    rule_overview,
    rules,
    saved,
    session,
    signals,
    system,
    tokens,
    unknown,
    users,
    ways,
)
from web.api.docs import with_problem
from web.api.execution import jobs, stations
from web.api.planning import demand, plans, routings, schedules, tables
from web.api.quality import checklists, checks, lots, ncs
from web.api.resource import ROOT
from web.auth import authorize, needs
from web.exports import Exports
from web.feed.hub import Hub
from web.guard import Guard
from web.jsontext import JsonResponse
from web.options import WebOptions
from web.refusals import Refusals
from web.services import Services

_RESOURCES: Final = (
    plant.router,
    signals.router,
    history.router,
    exports.router,
    cases.router,
    issues.router,
    learning.router,
    explanations.router,
    alarms.router,
    alarm_metrics.router,
    rules.router,
    rule_changes.router,
    charts.router,
    rule_overview.router,
    backtests.router,
    connectors.router,
    control.router,
    unknown.router,
    letters.router,
    ledger.router,
    health.router,
    system.router,
    kpis.router,
    reports.router,
    improvement.router,
    floor.router,
    machine_connectors.router,
    tables.router,
    demand.router,
    plans.router,
    routings.router,
    schedules.router,
    jobs.router,
    stations.router,
    checklists.router,
    checks.router,
    lots.router,
    ncs.router,
    flow.router,
    saved.router,
    maintenance.router,
    maintenance_work.router,
    notify.router,
    own_notify.router,
    session.router,
    ways.router,
    passkeys.router,
    users.router,
    tokens.router,
    audit.router,
    charts.decisions,
    health.probes,
    live.router,
)


class Application(FastAPI):
    """FastAPI whose document is whole."""

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document of all routes."""
        return with_problem(super().openapi())


def create_app(
    services: Services,
    options: WebOptions,
    *,
    access: Access | None = None,
    audit: Audit | None = None,
    provider: Provider | None = None,
    keys: Passkeys | None = None,
) -> FastAPI:
    """Return the application; `app.state.hub.status()` is the live hub's stage for the health page.

    Without `access` nobody can sign in; without `audit` nothing is recorded (tests and `sign_in: off` alone).
    """
    app = Application(
        title="Taktline",
        version=services.version,
        description="Real-time shop-floor monitoring: signals, history, issues and health.",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
    )
    app.state.services = services
    app.state.options = options
    app.state.access = access
    app.state.audit = audit
    app.state.provider = provider
    app.state.passkeys = keys
    app.state.refusals = Refusals()
    app.state.build = pages.build_id(services.static)
    app.state.exports = Exports(services, limit=options.max_export_jobs)
    app.state.hub = Hub(services, options, build=app.state.build)
    problems.install(app)
    app.add_middleware(Guard, options=options)
    app.add_api_route(
        f"{ROOT}/openapi.json",
        lambda: JsonResponse(app.openapi()),
        name="openapi",
        include_in_schema=False,
        dependencies=[Depends(authorize), needs(Right.DISPLAY)],
    )
    for resource in _RESOURCES:
        app.router.routes.extend(resource.routes)
    # The page answers every address that nothing else has.
    app.router.routes.extend(pages.router.routes)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.exports.clear()
    async with app.state.hub.running():
        yield
    await app.state.exports.close()
