"""What must survive a restart: documents, the settings people change, how the room was used."""

from roomctl.store.audit import AuditLog
from roomctl.store.chain import AuditEntry, AuditEvent, AuditVerdict, ChainLink
from roomctl.store.configs import AppliedConfigs, ConfigRevision, applied_text
from roomctl.store.database import Damaged, Database
from roomctl.store.disk import Disk, Quarantine, Unwritable
from roomctl.store.documents import Store, all_text
from roomctl.store.history import AutomaticAct, History, InputTransition, QuarterHour
from roomctl.store.imports import ImportPlan, Imports, PendingImport
from roomctl.store.old_files import room_database
from roomctl.store.revoked import Revoked
from roomctl.store.settings import REVISIONS, Place, Settings, SettingsRevision

__all__ = [
    "REVISIONS",
    "AppliedConfigs",
    "AuditEntry",
    "AuditEvent",
    "AuditLog",
    "AuditVerdict",
    "AutomaticAct",
    "ChainLink",
    "ConfigRevision",
    "Damaged",
    "Database",
    "Disk",
    "History",
    "ImportPlan",
    "Imports",
    "InputTransition",
    "PendingImport",
    "Place",
    "Quarantine",
    "QuarterHour",
    "Revoked",
    "Settings",
    "SettingsRevision",
    "Store",
    "Unwritable",
    "all_text",
    "applied_text",
    "room_database",
]
