"""The handlers of `workspace/executeCommand`."""

from __future__ import annotations

import asyncio

from layerg_pin.lsp.commands.align_all import align_all
from layerg_pin.lsp.commands.go_commands import align_and_tidy, download_modules, tidy_and_vendor
from layerg_pin.lsp.commands.reports import predict_plugin, show_host, status
from layerg_pin.lsp.commands.running import reporting, run_for_plugin
from layerg_pin.lsp.protocol.command_names import (
    ALIGN_ALL,
    ALIGN_AND_TIDY,
    APPLY_UPGRADE,
    CHOOSE_HOST,
    DOWNLOAD,
    EXPLAIN,
    GET_RELEASE,
    HOSTS,
    PLAN_UPGRADE,
    PREDICT,
    SHOW_HOST,
    STATUS,
    TIDY_AND_VENDOR,
    UPGRADE,
)
from layerg_pin.lsp.server import Server
from layerg_pin.lsp.session.open_plugin import Plugin


def register_commands(server: Server) -> None:
    """Register all commands. Optional arguments are variadic, because pygls ignores default values."""
    _register_actions(server)
    _register_upgrades(server)
    _register_reports(server)


def _register_actions(server: Server) -> None:
    @server.command(DOWNLOAD)
    async def on_download(ls: Server, uri: str) -> None:
        await run_for_plugin(ls, uri, download_modules)

    @server.command(ALIGN_AND_TIDY)
    async def on_align_and_tidy(ls: Server, uri: str) -> None:
        await run_for_plugin(ls, uri, align_and_tidy)

    @server.command(TIDY_AND_VENDOR)
    async def on_tidy_and_vendor(ls: Server, uri: str) -> None:
        await run_for_plugin(ls, uri, tidy_and_vendor)

    @server.command(ALIGN_ALL)
    async def on_align_all(ls: Server, uri: str) -> None:
        await run_for_plugin(ls, uri, align_all)

    @server.command(CHOOSE_HOST)
    async def on_choose_host(ls: Server, uri: str, *reference: object) -> None:
        from layerg_pin.lsp.commands.choose_host import choose_host  # imported here: the command is rarely used

        async def choose(ls: Server, plugin: Plugin) -> None:
            await choose_host(ls, plugin, _optional(reference))

        await run_for_plugin(ls, uri, choose)

    @server.command(GET_RELEASE)
    async def on_get_release(ls: Server, uri: str, reference: str) -> None:
        from layerg_pin.lsp.commands.get_release import get_release  # imported here: the command is rarely used

        async def get(ls: Server, plugin: Plugin) -> None:
            await get_release(ls, plugin, reference)

        await run_for_plugin(ls, uri, get)


def _register_upgrades(server: Server) -> None:
    @server.command(UPGRADE)
    async def on_upgrade(ls: Server, uri: str, *reference: object) -> None:
        from layerg_pin.lsp.commands.upgrade_plugin import upgrade_plugin  # imported here: the command is rarely used

        async def upgrade(ls: Server, plugin: Plugin) -> None:
            await upgrade_plugin(ls, plugin, _optional(reference))

        await run_for_plugin(ls, uri, upgrade)

    @server.command(PLAN_UPGRADE)
    async def on_plan_upgrade(ls: Server, uri: str, reference: str) -> dict[str, object] | None:
        from layerg_pin.lsp.commands.upgrade_plugin import plan_upgrade  # imported here: the command is rarely used

        plans: list[dict[str, object]] = []

        async def plan(ls: Server, plugin: Plugin) -> None:
            plans.append((await plan_upgrade(ls, plugin, reference)).as_json())

        await run_for_plugin(ls, uri, plan)
        return plans[0] if plans else None

    @server.command(APPLY_UPGRADE)
    async def on_apply_upgrade(ls: Server, key: str) -> bool:
        from layerg_pin.lsp.commands.upgrade_plugin import apply_upgrade  # imported here: the command is rarely used

        return await reporting(ls, apply_upgrade(ls, key)) or False


def _register_reports(server: Server) -> None:
    @server.command(EXPLAIN)
    async def on_explain(ls: Server, text: str, *uri: object) -> str:
        # imported here: the module compiles many patterns
        from layerg_pin.lsp.commands.explain_messages import explain_text

        return await asyncio.to_thread(explain_text, text, ls.session.current_plugin(_optional(uri) or ""))

    @server.command(PREDICT)
    async def on_predict(ls: Server, path: str, *uri: object) -> str:
        return await predict_plugin(ls, path, _optional(uri))

    @server.command(HOSTS)
    async def on_hosts(ls: Server, uri: str) -> list[dict[str, object]]:
        from layerg_pin.lsp.commands.choose_host import printable_choices  # imported here: the command is rarely used

        plugin = await ls.session.loaded_plugin(uri)
        return [each._asdict() for each in printable_choices(ls, plugin)] if plugin else []

    @server.command(SHOW_HOST)
    async def on_show_host(ls: Server, uri: str) -> str:
        return await show_host(ls, uri)

    @server.command(STATUS)
    def on_status(ls: Server, uri: str) -> dict[str, object] | None:
        return status(ls, uri)


def _optional(values: tuple[object, ...]) -> str | None:
    return str(values[0]) if values and values[0] else None
