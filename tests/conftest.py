"""What holds for every test: generators may be slow on a busy machine, and no test has a deadline of its own."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile("taktline", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("taktline")
