"""Issues, their evidence and their history."""

from gateway.issues.desk import IssueDesk
from gateway.issues.report import Clearing, Deviation, Ending, Wanted
from gateway.issues.topology import Line, Topology

__all__ = ["Clearing", "Deviation", "Ending", "IssueDesk", "Line", "Topology", "Wanted"]
