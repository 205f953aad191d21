"""The simulated plant renumbers its namespaces while the product reads it: never another variable's value as ours."""

import time

import pytest

from simulators.opcua.server import DECOY, NAMESPACE
from simulators.plant.layout import BOTTLING_LINE, nodes_of
from simulators.sentlog import read_sent
from tests.e2e.product import gateway, plant
from tests.fault.product.oracle import Kept, Sent, bits, judge
from tests.fault.product.parts import QUICK, health, told, until_more, until_state

pytestmark = pytest.mark.fault

MACHINE = "filler"
SCENARIO = """name: renumbering
events:
  - {at_s: 10, machine: filler, kind: renumber_namespaces, others: 1}
  - {at_s: 18, machine: filler, kind: renumber_namespaces, others: 3}
  - {at_s: 26, machine: filler, kind: renumber_namespaces, others: 2}
  - {at_s: 34, machine: filler, kind: renumber_namespaces, others: 4}
"""
PATH = f"test/packaging/bottling/{MACHINE}"


def test_a_machine_whose_namespaces_move(tmp_path):
    scenario, log = tmp_path / "scenario.yaml", tmp_path / "plant.sent"
    scenario.write_text(SCENARIO)
    spec = next(each for each in BOTTLING_LINE if each.key == MACHINE)
    names = [
        node.name
        for node in nodes_of(spec)
        if node.data_type == "Double" and node.name != "NozzleWeights"
    ]
    arguments = (
        "--scenario",
        str(scenario),
        "--sent-log",
        str(log),
        "--port-base",
        "0",
        "--mqtt-port",
        "0",
    )
    with plant(tmp_path / "plant", *arguments) as said:
        config = {
            **QUICK,
            "connectors": {
                MACHINE: {
                    "type": "opcua",
                    "endpoint": said["opcua"][MACHINE],
                    "security": "none",
                    "namespaces": {"sim": NAMESPACE},
                    "machine": PATH,
                    "queue_size": 100,
                    "sampling_ms": 10,
                    "publishing_ms": 100,
                    "retry_nodes_s": 0.5,
                    "nodes": [
                        {"node": f"sim:s={spec.name}.{name}", "signal": name} for name in names
                    ],
                }
            },
        }
        with gateway(tmp_path / "gateway", config) as product:
            until_state(product, MACHINE, "live")
            since_ns = time.time_ns()
            for turn in (1, 2):
                product.until(
                    lambda turn=turn: told(product, f"connector {MACHINE} is live") > turn,
                    timeout_s=40,
                    what="connected anew",
                )
                until_more(product, MACHINE, 20)
            until_state(product, MACHINE, "live")
            product.until(lambda: not health(product)["problems"], what="no problem left")
            said["process"].stop()
            until_state(product, MACHINE, "backing_off")
            assert product.stop() == 0
    kept, sent = Kept.read(product.folder / "data"), Sent()
    for sample in read_sent(log):
        machine, _, name = sample.node.partition(".")
        if machine == spec.name and name in names and sample.status == 0:
            assert isinstance(sample.value, float)
            sent.add(f"{PATH}/{name}", sample.time_ns // 1000 * 1000, sample.value)
    verdict = judge(sent, kept, since_ns=since_ns)
    print(verdict)
    assert verdict.holds, verdict
    assert verdict.kept > 100
    assert bits(float(DECOY)) not in {value for _, value, _ in kept.rows}
