"""What the server says of itself at initialize, as JSON: what pygls makes of the handlers, without loading it.

tests/lsp/fast_start/test_first_messages.py holds the two equal.
"""

from __future__ import annotations

from layerg_pin import __version__
from layerg_pin.lsp.json_messages import Json, client_of, said

DOWNLOAD = "layergPin.downloadModules"
ALIGN_AND_TIDY = "layergPin.alignAndTidy"
TIDY_AND_VENDOR = "layergPin.tidyAndVendor"
ALIGN_ALL = "layergPin.alignAll"
CHOOSE_HOST = "layergPin.chooseHost"
CHOOSE_HOST_TITLE = "Choose a host…"
EXPLAIN = "layergPin.explain"
PREDICT = "layergPin.predict"
SHOW_HOST = "layergPin.showHost"
STATUS = "layergPin.status"
COMMANDS = (DOWNLOAD, ALIGN_AND_TIDY, TIDY_AND_VENDOR, ALIGN_ALL, CHOOSE_HOST, EXPLAIN, PREDICT, SHOW_HOST, STATUS)
FIX_ALL = "source.fixAll.layergPin"


def hello(capabilities: object) -> Json:
    """The result of initialize for a client with these capabilities."""
    saving = ("textDocument", "synchronization")
    unused = [name for name in ("willSave", "willSaveWaitUntil") if said(capabilities, *saving, name) is not None]
    return {
        "capabilities": {
            "positionEncoding": client_of(capabilities).encoding,
            "textDocumentSync": {"openClose": True, "change": 1, "save": True, **dict.fromkeys(unused, False)},
            "completionProvider": {},
            "hoverProvider": True,
            "definitionProvider": True,
            "referencesProvider": True,
            "codeActionProvider": {"codeActionKinds": ["quickfix", FIX_ALL]},
            "codeLensProvider": {"resolveProvider": False},
            "documentLinkProvider": {"resolveProvider": False},
            "inlayHintProvider": {"resolveProvider": False},
            "executeCommandProvider": {"commands": list(COMMANDS)},
            "workspace": {
                "workspaceFolders": {"supported": True, "changeNotifications": True},
                "fileOperations": {},
            },
        },
        "serverInfo": {"name": "layerg-pin", "version": __version__},
    }
