"""What must survive a restart: documents, the settings people change, how the room was used."""

from roomctl.store.documents import Store
from roomctl.store.history import Done, Edge, History, Quarter
from roomctl.store.settings import REVISIONS, Place, Revision, Settings

__all__ = [
    "REVISIONS",
    "Done",
    "Edge",
    "History",
    "Place",
    "Quarter",
    "Revision",
    "Settings",
    "Store",
]
