"""The web application: routes, gate, errors and the live hub, put together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import APIRoute

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
from web.auth import authorize, needs
from web.exports import Exports
from web.feed.hub import Hub
from web.guard import Guard
from web.jsontext import JsonResponse
from web.options import WebOptions
from web.refusals import Refusals
from web.services import Services


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
        generate_unique_id_function=_operation_id,
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
    api = _api()
    api.add_api_route(
        "/openapi.json",
        lambda: JsonResponse(app.openapi()),
        name="openapi",
        include_in_schema=False,
        dependencies=[needs(Right.DISPLAY)],
    )
    app.include_router(api, prefix="/api/v1", dependencies=[Depends(authorize)])
    app.include_router(health.probes, dependencies=[Depends(authorize)])
    app.include_router(live.router)
    app.include_router(pages.router)
    return app


def _api() -> APIRouter:
    api = APIRouter()
    for resource in (
        plant,
        signals,
        history,
        exports,
        cases,
        issues,
        learning,
        explanations,
        alarms,
        alarm_metrics,
        rules,
        rule_changes,
        charts,
        rule_overview,
        backtests,
        connectors,
        control,
        unknown,
        letters,
        ledger,
        health,
        system,
        kpis,
        reports,
        improvement,
        floor,
        machine_connectors,
        tables,
        demand,
        plans,
        routings,
        schedules,
        jobs,
        stations,
        checklists,
        checks,
        lots,
        ncs,
        flow,
        saved,
        maintenance,
        maintenance_work,
        notify,
        own_notify,
        session,
        ways,
        passkeys,
        users,
        tokens,
        audit,
    ):
        api.include_router(resource.router)
    api.include_router(charts.decisions)
    return api


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.exports.clear()
    async with app.state.hub.running():
        yield
    await app.state.exports.close()


def _operation_id(route: APIRoute) -> str:
    return route.name
