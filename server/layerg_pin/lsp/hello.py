"""What the server says of itself at initialize, as JSON: what pygls makes of the handlers, without loading it.

tests/lsp/test_early.py holds the two equal.
"""

from __future__ import annotations

from layerg_pin import __version__
from layerg_pin.lsp.wire import Json, client_of, said

COMMANDS = (
    "layergPin.downloadModules",
    "layergPin.alignAndTidy",
    "layergPin.tidyAndVendor",
    "layergPin.alignAll",
    "layergPin.chooseHost",
    "layergPin.explain",
    "layergPin.predict",
    "layergPin.showHost",
    "layergPin.status",
)


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
            "codeActionProvider": {"codeActionKinds": ["quickfix", "source.fixAll.layergPin"]},
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
