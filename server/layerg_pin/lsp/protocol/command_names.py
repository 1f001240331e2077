"""The names of the server's commands, and of its own code action kind. Clients depend on them."""

from __future__ import annotations

DOWNLOAD = "layergPin.downloadModules"
ALIGN_AND_TIDY = "layergPin.alignAndTidy"
TIDY_AND_VENDOR = "layergPin.tidyAndVendor"
ALIGN_ALL = "layergPin.alignAll"
CHOOSE_HOST = "layergPin.chooseHost"
CHOOSE_HOST_TITLE = "Choose a host…"
EXPLAIN = "layergPin.explain"
PREDICT = "layergPin.predict"
HOSTS = "layergPin.hosts"
GET_RELEASE = "layergPin.getRelease"
UPGRADE = "layergPin.upgrade"
PLAN_UPGRADE = "layergPin.planUpgrade"
APPLY_UPGRADE = "layergPin.applyUpgrade"
SHOW_HOST = "layergPin.showHost"
STATUS = "layergPin.status"
COMMANDS = (
    DOWNLOAD,
    ALIGN_AND_TIDY,
    TIDY_AND_VENDOR,
    ALIGN_ALL,
    CHOOSE_HOST,
    GET_RELEASE,
    UPGRADE,
    PLAN_UPGRADE,
    APPLY_UPGRADE,
    EXPLAIN,
    PREDICT,
    HOSTS,
    SHOW_HOST,
    STATUS,
)
FIX_ALL = "source.fixAll.layergPin"
"""The code action kind that fixes all findings at once."""
