"""Issues, their evidence and their history."""

from gateway.issues.desk import IssueDesk
from gateway.issues.report import Clearing, Deviation, Ending, Wanted

__all__ = ["Clearing", "Deviation", "Ending", "IssueDesk", "Wanted"]
