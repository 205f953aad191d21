"""What each stage must hold before an issue may leave it (rules.md §5), and what is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gateway.corrective import (
    Action,
    ActionKind,
    Missing,
    SimilarMachine,
    Verification,
    VerificationState,
)
from gateway.deviation import IssueState


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """All that the gates look at; `frozen` tells whether the evidence of the opening is kept."""

    owner: str
    fields: Mapping[str, Any]
    actions: Sequence[Action]
    verification: Verification | None
    similar: Sequence[SimilarMachine]
    frozen: bool


Gate = Callable[[Held], Iterator[Missing]]


def _wants(held: Held, **texts: str) -> Iterator[Missing]:
    for name, text in texts.items():
        field = name.replace("__", ".")
        if held.fields.get(field) in {None, ""}:
            yield Missing(what=field, text=text)


def _triage(held: Held) -> Iterator[Missing]:
    if not held.owner:
        yield Missing(what="owner", text="Nobody owns it yet.")
    yield from _wants(
        held,
        problem__what="Say what deviates.",
        problem__where="Say where it was found.",
        problem__when="Say when it was found.",
        problem__who="Say who found it or is affected.",
        problem__why="Say why it matters.",
        problem__how="Say how it was found.",
        problem__how_many="Say how many or how often.",
    )
    if not held.frozen:
        yield Missing(what="evidence", text="The evidence of its opening is still being read.")


def _contained(held: Held) -> Iterator[Missing]:
    yield from _wants(
        held,
        containment__action="Say what contains it.",
        containment__from_ms="Say from when on product is suspect.",
        containment__to_ms="Say when containment held.",
        suspect__quantity="Compute or count the suspect quantity.",
        containment__verified="Say how containment was verified.",
    )
    start, end = (held.fields.get(f"containment.{name}_ms") for name in ("from", "to"))
    if start is not None and end is not None and end < start:
        yield Missing(what="containment.to_ms", text="Containment held before product was suspect.")


def _root_cause(held: Held) -> Iterator[Missing]:
    yield from _wants(
        held,
        cause__occurrence="Say why it happened.",
        cause__escape="Say why it was not found earlier.",
        cause__method="Say how the cause was found.",
        cause__verified="Say how the cause was proven.",
    )
    shown = {"five_why": "five whys", "fishbone": "fishbone"}
    method = str(held.fields.get("cause.method"))
    if method in shown and not held.fields.get(f"cause.{method}"):
        yield Missing(what=f"cause.{method}", text=f"The {shown[method]} are empty.")


def _planned(held: Held) -> Iterator[Missing]:
    if not _of_kind(held, ActionKind.CORRECTIVE):
        yield Missing(what="actions", text="Plan at least one corrective action.")
    yield from _wants(held, plan__metric="Say what is expected to change, by how much.")
    if held.verification is None:
        yield Missing(what="verification", text="Choose how the data will prove the fix.")


def _implemented(held: Held) -> Iterator[Missing]:
    for action in held.actions:
        if action.done_ns is None and action.kind is not ActionKind.PREVENTIVE:
            yield Missing(what=f"action {action.id}", text=f"Not done yet: {action.title}")
    if not _of_kind(held, ActionKind.CORRECTIVE):
        yield Missing(what="actions", text="No corrective action was done.")
    yield from _wants(
        held,
        implementation__change="Say which limit, recipe or document changed, to which version.",
    )
    if held.verification is None:
        yield Missing(what="verification", text="Choose how the data will prove the fix.")


def _verifying(held: Held) -> Iterator[Missing]:
    proof = held.verification
    if proof is None or proof.state is not VerificationState.MET:
        said = str(proof.progress.get("text", "")) if proof is not None else ""
        yield Missing(what="verification", text=said or "The data has not proven the fix yet.")
    for machine in held.similar:
        if machine.checked_ns is None:
            yield Missing(what=f"similar {machine.asset}", text=f"Not checked: {machine.asset}")
    yield from _wants(
        held,
        closing__similar="Say what the check of similar machines found.",
        closing__standard="Say which standard was updated, or why none needs to be.",
    )
    for action in held.actions:
        if action.done_ns is None:
            yield Missing(what=f"action {action.id}", text=f"Not done yet: {action.title}")


def _of_kind(held: Held, kind: ActionKind) -> list[Action]:
    return [action for action in held.actions if action.kind is kind]


def _nothing(_: Held) -> Iterator[Missing]:
    yield from ()


GATES: Final[Mapping[IssueState, Gate]] = {
    IssueState.OPEN: _nothing,
    IssueState.REOPENED: _nothing,
    IssueState.TRIAGE: _triage,
    IssueState.CONTAINED: _contained,
    IssueState.ROOT_CAUSE: _root_cause,
    IssueState.ACTION_PLANNED: _planned,
    IssueState.IMPLEMENTED: _implemented,
    IssueState.VERIFYING: _verifying,
}
"""What must be there to leave a stage forward; the way to `closed` leads through all of them."""


def missing(state: IssueState, held: Held) -> Sequence[Missing]:
    """Return what is missing to leave a stage forward; to close, what every stage before wanted must still be there."""
    stages = [*GATES] if state is IssueState.VERIFYING else [state]
    found = (one for stage in stages for one in GATES.get(stage, _nothing)(held))
    return tuple({one.what: one for one in found}.values())
