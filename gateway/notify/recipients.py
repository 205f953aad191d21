"""Whom an issue concerns: the teams of its place and type, and the people of each level at a moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from gateway.notify.options import Level, NotifyOptions
from gateway.notify.teams.options import TeamOptions
from gateway.notify.teams.rota import Rota

TEAM_MARK = "team:"
"""What begins the name under which a team's own channels are told."""


class Recipients:
    """The teams of a plant and their calendars."""

    def __init__(self, options: NotifyOptions, *, time_zone: str) -> None:
        self._teams = options.teams
        self.rotas: Mapping[str, Rota] = {
            name: Rota(team, time_zone=time_zone) for name, team in options.teams.items()
        }
        self.everybody = frozenset(options.people) | {
            person
            for team in options.teams.values()
            for person in (*team.members, *team.supervisors, *team.managers)
        }
        self._asked: dict[str, tuple[int, Sequence[str]]] = {}

    def teams(self, asset: str, kind: str) -> Sequence[str]:
        """Return the teams that look after an asset and a type of issue: those with the deepest zone that covers it."""
        depths = {
            name: depth
            for name, team in self._teams.items()
            if (not team.types or kind in {each.value for each in team.types})
            and (depth := _depth(team, asset)) is not None
        }
        deepest = max(depths.values(), default=0)
        return [name for name, depth in depths.items() if depth == deepest]

    def told(
        self, teams: Iterable[str], levels: Sequence[Level], *, owner: str, at_ns: int
    ) -> Mapping[str, Level]:
        """Return the people of these levels, each with the first level that names them; teams' channels included."""
        found: dict[str, Level] = {}
        for name in teams:
            for level in levels:
                for person in self._people(name, level, owner=owner, at_ns=at_ns):
                    found.setdefault(person, level)
            if self._teams[name].channels:
                found.setdefault(f"{TEAM_MARK}{name}", Level.TEAM)
        return found

    def on_duty(self, asset: str, kind: str, at_ns: int) -> Mapping[str, Sequence[str]]:
        """Return who is on duty at a moment for an asset and a type of issue, by team."""
        return {name: self._on_duty(name, at_ns) for name in self.teams(asset, kind)}

    def _people(self, name: str, level: Level, *, owner: str, at_ns: int) -> Sequence[str]:
        team = self._teams[name]
        if level is Level.OWNER and owner:
            return [owner]
        if level in {Level.OWNER, Level.ON_DUTY}:
            return self._on_duty(name, at_ns)
        if level is Level.SUPERVISOR:
            return team.supervisors
        if level is Level.MANAGER:
            return team.managers
        return team.members

    def _on_duty(self, name: str, at_ns: int) -> Sequence[str]:
        """Return who is on duty; in a flood the same moment is asked for again and again."""
        held = self._asked.get(name)
        if held is None or held[0] != at_ns:
            held = self._asked[name] = (at_ns, self.rotas[name].people(at_ns)[0])
        return held[1]


def _depth(team: TeamOptions, asset: str) -> int | None:
    """Return how many levels of a path the team's deepest covering zone has, or None where none covers it."""
    if not team.zones:
        return 0
    covering = [z.count("/") + 1 for z in team.zones if asset == z or asset.startswith(f"{z}/")]
    return max(covering, default=None)


def line_of(asset: str) -> str:
    """Return the line that an asset belongs to: site, area and line of its path."""
    return "/".join(asset.split("/")[:3])
