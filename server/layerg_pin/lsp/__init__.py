"""The language server, the only code that knows the protocol.

`serve` runs it, `handlers` receive messages, `protocol/` reads and writes them, `session/` checks plugins, `features/`
and `commands/` answer requests. `fast_start/` only makes the start faster.
"""
