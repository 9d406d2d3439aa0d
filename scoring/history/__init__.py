"""What was known up to a moment: how often deals leaked, by whom and of what, and what peers paid."""

from scoring.history.builder import HistoryBuilder
from scoring.history.history import History, Known, Rate
from scoring.history.keys import Keys, Kind, keys_of

__all__ = ["History", "HistoryBuilder", "Keys", "Kind", "Known", "Rate", "keys_of"]
