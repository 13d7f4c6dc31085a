"""What must survive a restart: documents, the settings people change, how the room was used."""

from roomctl.store.disk import Disk, Quarantine, Unwritable
from roomctl.store.documents import Store, all_text
from roomctl.store.history import Done, Edge, History, Quarter
from roomctl.store.settings import REVISIONS, Place, Revision, Settings

__all__ = [
    "REVISIONS",
    "Disk",
    "Done",
    "Edge",
    "History",
    "Place",
    "Quarantine",
    "Quarter",
    "Revision",
    "Settings",
    "Store",
    "Unwritable",
    "all_text",
]
