"""The websocket of the live feed."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter()
