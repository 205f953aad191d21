"""One control chart over the demo plant's first signal, with limits that were given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from gateway.detect import running as run
from gateway.detect.charts.desk import ChartDesk
from gateway.detect.charts.live import LiveChart, charted
from gateway.detect.options import RuleOptions, rule_types
from gateway.ports import Catalogue, History

SIGNAL = "plant/bottling/line1/filler/fill_weight"
CHART: dict[str, Any] = {
    "type": "spc",
    "title": "Fill weight drifts",
    "signals": [SIGNAL],
    "run_rules": ["N1", "N2"],
    "ewma_weight": 0.2,
    "ewma_width": 2.962,
    "cusum_limit": 5.0,
    "limits": {"centre": 500.0, "sigma": 2.0},
    "lower_spec": 480.0,
    "upper_spec": 520.0,
    "target_value": 500.0,
}


def memory_charts(
    catalogue: Catalogue, history: History, chart: Mapping[str, Any] = CHART
) -> ChartDesk:
    """Return a desk with one rule, bound to whatever signals there are when it is asked."""
    rules: Mapping[str, RuleOptions] = {"drift": rule_types()["spc"].model_validate(chart)}

    def live() -> Iterable[LiveChart]:
        started, _ = run.start(rules, catalogue.all(), state=None, now_ns=0)
        return charted(started)

    given: Callable[[], Mapping[str, RuleOptions]] = lambda: rules  # noqa: E731 - as short as it is plain
    return ChartDesk(rules=given, live=live, catalogue=catalogue, history=history)
