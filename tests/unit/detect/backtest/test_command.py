"""`taktline backtest` over files of an embedded history."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from gateway.cli import app
from gateway.clock import NS_PER_S, SystemClock
from gateway.commands import backtest as command
from gateway.config.schema import load
from gateway.errors import ConfigError, InvalidRequestError
from gateway.historian.embedded import EmbeddedHistorian
from gateway.historian.options import EmbeddedOptions
from gateway.model import SampleBatch, Signal
from gateway.ports import Chunk
from gateway.stream.catalogue import JournalCatalogue
from gateway.stream.journal import Journal
from gateway.stream.lock import DirectoryLock

T0 = 1_767_225_600 * NS_PER_S
CONFIG = """\
data_dir: {folder}
rules:
  heavy: {{type: limit, title: Heavy, signals: [demo/**/weight], high: 504, issue_type: quality}}
"""


async def fill(config: Path) -> None:
    options = load(config).options
    clock = SystemClock()
    journal = Journal.open(options.data_dir / "journal", clock=clock, options=options.journal)
    catalogue = JournalCatalogue(journal)
    index = catalogue.register([Signal(path="demo/pack/l1/filler/weight")])
    assert isinstance(options.historian, EmbeddedOptions)
    history = EmbeddedHistorian.open(
        options.data_dir / "history", catalogue=catalogue, clock=clock, options=options.historian
    )
    times = T0 + np.arange(600) * NS_PER_S
    values = np.where(np.arange(600) % 100 < 10, 506.0, 500.0)
    batch = SampleBatch.of(
        signal=np.full(600, index[0]), source_ns=times, value=values, received_ns=times
    )
    await history.write(Chunk(batch=batch, first_seq=1, last_seq=1))
    await history.close()
    catalogue.close()
    await journal.close()


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "taktline.yaml"
    file.write_text(CONFIG.format(folder=tmp_path / "data"))
    asyncio.run(fill(file))
    return file


def test_the_command_shows_alarms_a_curve_and_takes_changes(config: Path) -> None:
    span = ["--from", "2026-01-01T00:00", "--to", "2026-01-01T01:00", "-c", str(config)]
    result = CliRunner().invoke(app, ["backtest", "heavy", *span, "--sweep", "high=505,507"])
    assert result.exit_code == 0, result.output
    assert "600 rows of 1 signals" in result.output
    assert "alarms: 6 (144.0 a day)" in result.output
    assert "high=507.0                          0" in result.output
    changed = CliRunner().invoke(app, ["backtest", "heavy", *span, "--set", "on_delay_s=60"])
    assert "alarms: 0" in changed.output


@pytest.mark.parametrize(
    ("changes", "sweep", "start"),
    [(["high"], "", "-1h"), ([], "high=a", "-1h"), ([], "", "now"), (["high=[1"], "", "-1h")],
)
def test_what_cannot_be_tried_is_told(
    config: Path, changes: list[str], sweep: str, start: str
) -> None:
    with pytest.raises(InvalidRequestError):
        command.run(
            config, "heavy", changes=changes, sweep=sweep, suggest=False, start=start, end="now"
        )


def test_data_that_a_gateway_owns_is_left_alone(config: Path) -> None:
    with DirectoryLock(load(config).options.data_dir), pytest.raises(ConfigError):
        command.run(config, "heavy", changes=[], sweep="", suggest=False, start="-1h", end="now")
