"""What people do about the gateway's own entries: remarks, dead letters read again, unknown sources adopted."""

from gateway.care.adopt import AdoptionDesk
from gateway.care.letters import LetterDesk
from gateway.care.remarks import RemarkDesk

__all__ = ["AdoptionDesk", "LetterDesk", "RemarkDesk"]
