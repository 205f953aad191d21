"""Which deviations open issues, how they are classed, and how repeats are recognised."""

from gateway.issues.opening.options import IssueOptions, OpeningOptions, Repeats
from gateway.issues.opening.policy import Opening, Policy, recurrence_key

__all__ = ["IssueOptions", "Opening", "OpeningOptions", "Policy", "Repeats", "recurrence_key"]
