"""All code whose only purpose is a faster start of the language server.

The server works without this folder, or with LAYERG_PIN_FAST_START=off; it only starts more slowly.
"""

from layerg_pin.lsp.fast_start.first_messages import begin as begin
