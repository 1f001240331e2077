"""The result of initialize: what the server can do.

tests/lsp/fast_start/test_first_messages.py compares it with what pygls derives from the registered handlers.
"""

from __future__ import annotations

from layerg_pin import __version__
from layerg_pin.lsp.protocol.client import client_of
from layerg_pin.lsp.protocol.command_names import COMMANDS, FIX_ALL
from layerg_pin.lsp.protocol.diagnostics import SOURCE
from layerg_pin.lsp.protocol.json_values import Json, field

_NO_WORKSPACE_PULLS = "Neovim"
"""The `clientInfo.name` of a client that ignores `workspace/diagnostic/refresh` for open files if the server has
workspace diagnostics (0.12: `on_refresh` in runtime/lua/vim/lsp/diagnostic.lua).
"""


def initialize_result(capabilities: object, client_name: object = None) -> Json:
    """The InitializeResult for a client with these ClientCapabilities and this name, which are JSON."""
    client = client_of(capabilities)
    pulled = {
        "identifier": SOURCE,
        "interFileDependencies": True,
        "workspaceDiagnostics": client_name != _NO_WORKSPACE_PULLS,
    }
    saving = ("textDocument", "synchronization")
    unused = [name for name in ("willSave", "willSaveWaitUntil") if field(capabilities, *saving, name) is not None]
    return {
        "capabilities": {
            "positionEncoding": client.encoding,
            "textDocumentSync": {"openClose": True, "change": 1, "save": True, **dict.fromkeys(unused, False)},
            "completionProvider": {"triggerCharacters": [":"]},
            "hoverProvider": True,
            "definitionProvider": True,
            "referencesProvider": True,
            "codeActionProvider": {"codeActionKinds": ["quickfix", "refactor", FIX_ALL]},
            "codeLensProvider": {"resolveProvider": False},
            "documentLinkProvider": {"resolveProvider": False},
            "inlayHintProvider": {"resolveProvider": False},
            **({"diagnosticProvider": pulled} if client.pulls else {}),
            "executeCommandProvider": {"commands": list(COMMANDS)},
            "workspace": {
                "workspaceFolders": {"supported": True, "changeNotifications": True},
                "fileOperations": {},
            },
        },
        "serverInfo": {"name": "layerg-pin", "version": __version__},
    }
