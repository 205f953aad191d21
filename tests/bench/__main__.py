"""`make bench`: the whole product under load, then where the benches of its parts are.

Run: python -m tests.bench [--minutes 10] [--json FILE] [--parts]. Nothing here asserts a time.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

from tests.bench.product.plan import Times, measure
from tests.bench.product.table import lines, machine

PARTS = (
    "opcua_decode",
    "mqtt_ingest",
    "historian",
    "rules",
    "rules_scale",
    "web",
    "backtest",
    "kpi",
    "detection",
    "control",
    "access",
    "issues",
)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    add = parser.add_argument
    add("--minutes", type=float, help="length of the target's run; 10 for the figure of memory")
    add("--json", type=Path, help="also write the figures to this file")
    add("--parts", action="store_true", help="run the benches of the parts as well")
    given = parser.parse_args()
    times = Times() if given.minutes is None else Times(target_s=60 * given.minutes)
    about = machine()
    figures = measure(times, lambda text: print(text, file=sys.stderr, flush=True))
    document = {"machine": about, **figures}
    for line in lines(document):
        print(line)
    if given.json is not None:
        given.json.write_text(json.dumps(document, indent=1) + "\n")
    print("\nBenches of the parts: " + ", ".join(f"python -m tests.bench.{name}" for name in PARTS))
    if given.parts:
        for name in PARTS:
            print(f"\n{name}", flush=True)
            subprocess.run([sys.executable, "-m", f"tests.bench.{name}"], check=False)


if __name__ == "__main__":
    main()
