"""The `taktline` command."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import typer

from gateway.errors import TaktlineError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Real-time shop-floor monitoring: OPC UA and MQTT in, every sample kept, deviations turned into issues.",
)

Config = Annotated[Path, typer.Option("--config", "-c", help="YAML file or folder of fragments.")]


@app.command()
def up(config: Config = Path("taktline.yaml")) -> None:
    """Run the gateway until it is told to stop (SIGTERM, Ctrl-C); SIGHUP reads the configuration again."""
    from gateway.commands import run

    asyncio.run(run.up(config))


@app.command()
def demo(
    port: Annotated[
        int, typer.Option(help="Port of the page; a free one where it is taken.")
    ] = 8080,
    seed: Annotated[int, typer.Option(help="Same seed, same plant.")] = 7,
    scenario: Annotated[
        str, typer.Option(help="Shipped scenario (demo, quiet) or a file.")
    ] = "demo",
    keep: Annotated[
        Path | None, typer.Option(help="Folder to keep the data in; removed without it.")
    ] = None,
) -> None:
    """Start a simulated plant, the gateway and the page, and print one address."""
    from gateway.commands import run

    asyncio.run(run.demo(port=port, seed=seed, scenario=scenario, keep=keep))


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    add_help_option=False,
)
def simulate(context: typer.Context) -> None:
    """Run the simulated plant alone, for this gateway or any other (`taktline simulate --help`)."""
    from simulators.__main__ import main as simulators_main

    raise typer.Exit(simulators_main(context.args))


@app.command()
def check(
    paths: Annotated[list[Path], typer.Argument(help="Configurations: files or folders.")],
) -> None:
    """Tell every mistake of a configuration with file, line and remedy; opens no socket."""
    from gateway.config.problems import InvalidConfigError
    from gateway.config.schema import load

    failed = False
    for path in paths:
        try:
            loaded = load(path)
        except InvalidConfigError as error:
            failed = True
            typer.echo(error, err=True)
            continue
        options = loaded.options
        typer.echo(
            f"{path}: good ({len(options.connectors)} connectors, {len(options.rules)} rules)"
        )
    raise typer.Exit(1 if failed else 0)


@app.command()
def doctor(config: Config = Path("taktline.yaml")) -> None:
    """Examine clock, disk, commits, ports, machines, brokers, historian and store; exit code 1 where one is in the way."""
    from gateway.commands.doctor import examine
    from gateway.commands.doctor.finding import Grade

    async def run() -> bool:
        healthy = True
        async for finding in examine.examine(config):
            healthy &= finding.grade is not Grade.IN_THE_WAY
            typer.echo("\n".join(examine.lines(finding)))
        return healthy

    raise typer.Exit(0 if asyncio.run(run()) else 1)


@app.command(name="test-rules")
def test_rules(
    paths: Annotated[list[Path], typer.Argument(help="Configurations: files or folders.")],
) -> None:
    """Run the cases that stand beside the rules under `tests:`; opens no socket."""
    from gateway.commands import rule_tests as command

    failed = count = 0
    for path in paths:
        typer.echo(f"{path}:")
        for result in command.run(path):
            typer.echo(command.say(result))
            failed += bool(result.problems)
            count += 1
    typer.echo(f"{count - failed} of {count} cases passed")
    raise typer.Exit(1 if failed or not count else 0)


@app.command()
def backtest(
    *,
    rule: Annotated[str, typer.Argument(help="Id of a configured rule.")],
    config: Config = Path("taktline.yaml"),
    change: Annotated[
        list[str] | None, typer.Option("--set", help="Setting to change, such as high=505.")
    ] = None,
    sweep: Annotated[
        str, typer.Option(help="Setting and values for a curve, such as high=503,504,505.")
    ] = "",
    suggest: Annotated[
        bool, typer.Option("--suggest", help="Look for a deadband or delay that quiets it.")
    ] = False,
    start: Annotated[
        str, typer.Option("--from", help="-2h, or ISO 8601 in the plant's zone.")
    ] = "-7d",
    end: Annotated[str, typer.Option("--to", help="now, -1h, or ISO 8601.")] = "now",
) -> None:
    """Show the alarms a rule would have raised over history; while a gateway runs, use its page or REST."""
    from gateway.commands import backtest as command

    report, zone = command.run(
        config,
        rule,
        changes=change or [],
        sweep=sweep,
        suggest=suggest,
        start=start,
        end=end,
    )
    typer.echo(command.say(report, zone))


@app.command()
def export(
    *,
    target: Annotated[Path, typer.Argument(help="File to write: .csv or .parquet.")],
    config: Config = Path("taktline.yaml"),
    signal: Annotated[
        list[str] | None,
        typer.Option(help="Signal path; * for any part of a level, ** for any levels."),
    ] = None,
    start: Annotated[
        str, typer.Option("--from", help="-2h, or ISO 8601 in the plant's zone.")
    ] = "-1d",
    end: Annotated[str, typer.Option("--to", help="now, -1h, or ISO 8601.")] = "now",
    token_file: Annotated[
        Path | None,
        typer.Option(help="File with a token for a running gateway: rights display and export."),
    ] = None,
) -> None:
    """Write a range of history to a file, whether the gateway runs or not."""
    from gateway.commands import export as command

    rows = command.export(
        config,
        signal or ["**"],
        start=start,
        end=end,
        target=target,
        token_file=token_file,
    )
    typer.echo(f"{target}: {rows} rows")


@app.command()
def backup(
    target: Annotated[Path, typer.Argument(help="File to write, such as plant.tar.")],
    config: Config = Path("taktline.yaml"),
) -> None:
    """Write the data folder of a stopped gateway to one file, and read it again before saying so."""
    from gateway.commands.backup import command

    typer.echo(command.backup(config, target))


@app.command()
def restore(
    *,
    source: Annotated[Path, typer.Argument(help="A file that `taktline backup` wrote.")],
    config: Config = Path("taktline.yaml"),
    only_check: Annotated[
        bool, typer.Option("--check", help="Examine the backup and put nothing anywhere.")
    ] = False,
) -> None:
    """Put a backup into an empty data folder, if every file and database in it is sound."""
    from gateway.commands.backup import command

    typer.echo(command.restore(config, source, only_check=only_check))


@app.command()
def upgrade(
    target: Annotated[Path, typer.Argument(help="Backup to write first, such as before.tar.")],
    config: Config = Path("taktline.yaml"),
) -> None:
    """Bring a stopped gateway's data to this version: backed up, examined after, put back as it was where that fails."""
    from gateway.commands.backup import command

    typer.echo(command.upgrade(config, target))


@app.command()
def reference(
    write: Annotated[Path | None, typer.Option(help="Write the page to this file.")] = None,
    check: Annotated[Path | None, typer.Option(help="Fail unless this file is the page.")] = None,
) -> None:
    """Show every option with type, unit, default and meaning, as Markdown."""
    from gateway.commands import reference as command

    if write is not None:
        command.write(write)
    elif check is not None:
        command.check(check)
    else:
        typer.echo(command.page())


user_app = typer.Typer(no_args_is_help=True, help="People who may sign in.")
app.add_typer(user_app, name="user")
Name = Annotated[str, typer.Argument(help="Name of the user.")]


@user_app.command("add")
def user_add(
    name: Name,
    role: Annotated[list[str], typer.Option(help="Role, or role@site/area/line; may be repeated.")],
    config: Config = Path("taktline.yaml"),
) -> None:
    """Add a user and print the one-time link that sets the password."""
    from gateway.commands import user as command

    typer.echo(asyncio.run(command.add(config, name, role)))


@user_app.command("list")
def user_list(config: Config = Path("taktline.yaml")) -> None:
    """List users with roles and state."""
    from gateway.commands import user as command

    typer.echo(asyncio.run(command.listing(config)))


@user_app.command("disable")
def user_disable(name: Name, config: Config = Path("taktline.yaml")) -> None:
    """Let a user sign in no more, and end the user's sessions."""
    from gateway.commands import user as command

    typer.echo(asyncio.run(command.disable(config, name)))


@user_app.command("reset-password")
def user_reset(name: Name, config: Config = Path("taktline.yaml")) -> None:
    """End a user's password, one-time codes and sessions, and print a link that sets a new password."""
    from gateway.commands import user as command

    typer.echo(asyncio.run(command.reset(config, name)))


@user_app.command("setup-link")
def user_setup_link(config: Config = Path("taktline.yaml")) -> None:
    """Print a new link that makes the first administrator."""
    from gateway.commands import user as command

    typer.echo(asyncio.run(command.setup_link(config)))


@app.command("verify-audit")
def verify_audit(
    config: Config = Path("taktline.yaml"),
    anchor: Annotated[
        Path | None, typer.Option(help="Anchor file, where it is not the configured one.")
    ] = None,
) -> None:
    """Read the whole audit and name the first entry that is not as it was written."""
    from gateway.commands import verify_audit as command

    verdict = asyncio.run(command.verify_audit(config, anchor))
    if verdict.bad_seq is not None:
        typer.echo(f"entry {verdict.bad_seq} {verdict.fault}", err=True)
        raise typer.Exit(1)
    typer.echo(f"{verdict.entries} entries, all as they were written")


def main() -> None:
    """Run the command line; an error on purpose is one clear line and exit code 1."""
    try:
        app()
    except* TaktlineError as group:
        for error in _plain(group):
            typer.echo(f"taktline: {error}", err=True)
        sys.exit(1)


def _plain(error: BaseException) -> list[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        return [inner for one in error.exceptions for inner in _plain(one)]
    return [error]


if __name__ == "__main__":
    main()
