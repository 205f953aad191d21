"""The web application: routes, gate, errors and the live hub, put together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import APIRoute

from web import live, pages, problems
from web.api import (
    alarms,
    connectors,
    exports,
    health,
    history,
    issues,
    ledger,
    plant,
    rules,
    signals,
)
from web.auth import principal
from web.exports import Exports
from web.feed.hub import Hub
from web.guard import Guard
from web.options import WebOptions
from web.services import Services


def create_app(services: Services, options: WebOptions) -> FastAPI:
    """Return the application; `app.state.hub.status()` is the live hub's stage for the health page."""
    app = FastAPI(
        title="Taktline",
        version=services.version,
        description="Real-time shop-floor monitoring: signals, history, issues and health.",
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
        generate_unique_id_function=_operation_id,
    )
    app.state.services = services
    app.state.options = options
    app.state.build = pages.build_id(services.static)
    app.state.exports = Exports(services, limit=options.max_export_jobs)
    app.state.hub = Hub(services, options, build=app.state.build)
    problems.install(app)
    app.add_middleware(Guard, options=options)
    app.include_router(_api(), prefix="/api/v1", dependencies=[Depends(principal)])
    app.include_router(health.probes, dependencies=[Depends(principal)])
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
        issues,
        alarms,
        rules,
        connectors,
        ledger,
        health,
    ):
        api.include_router(resource.router)
    return api


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.exports.clear()
    async with app.state.hub.running():
        yield
    await app.state.exports.close()


def _operation_id(route: APIRoute) -> str:
    return route.name
