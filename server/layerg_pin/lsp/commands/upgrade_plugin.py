"""The commands that move a plugin to another release of its host: compute the change, then make it as one edit."""

import os
import uuid
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from lsprotocol import types

from layerg_pin.core.known.release_names import ReleaseName, release_name, unknown_release
from layerg_pin.core.paths import relative_path
from layerg_pin.core.text import count, printable
from layerg_pin.engine.upgrade import ImagesLeftError, Upgrade
from layerg_pin.engine.upgrade_markdown import upgrade_markdown
from layerg_pin.engine.upgrade_words import left_by_hand
from layerg_pin.lsp.commands.choose_host import NEWEST, printable_choices
from layerg_pin.lsp.commands.upgrade_plan import UpgradeRequest, plan
from layerg_pin.lsp.protocol.command_names import TIDY_AND_VENDOR, UPGRADE
from layerg_pin.lsp.protocol.conversion import DocumentEdits, changed_text, workspace_edit
from layerg_pin.lsp.protocol.file_uris import uri_of
from layerg_pin.lsp.session.open_plugin import Plugin
from layerg_pin.system.file_transaction import FileChange
from layerg_pin.system.text_files import FileError, read_text

if TYPE_CHECKING:
    from layerg_pin.lsp.server import Server

_APPLY, _CANCEL = "Apply", "Cancel"
_MARK = "\ufeff"
"""The byte order mark."""


class PlannedUpgrade(NamedTuple):
    """An upgrade that was computed and waits for the user's consent."""

    key: str
    title: str
    """Such as `Upgrade to Nakama 3.40.0`."""
    report: str
    """Markdown."""
    upgrade: Upgrade
    reminders: tuple[str, ...] = ()
    """What the user must do after the change."""

    def as_json(self) -> dict[str, object]:
        """The plan for a client, which shows the report and then executes APPLY_UPGRADE with the key."""
        return {"key": self.key, "title": self.title, "report": self.report, "files": len(self.upgrade.files)}


async def upgrade_plugin(server: "Server", plugin: Plugin, reference: str | None = None) -> None:
    """Plan an upgrade, ask the user, and apply it: for clients that do not show the report by themselves.

    Without `reference`, the user chooses the release. Raises FileError, GoError and GoCancelled.
    """
    if not server.client.shows_message_actions:
        example = reference or "RELEASE"
        raise FileError(f"this editor cannot ask before files change: run `layerg-pin upgrade {example}` in a terminal")
    chosen = reference or await _ask_release(server, plugin)
    if chosen is None:
        return
    planned = await plan_upgrade(server, plugin, chosen)
    server.log_lines(planned.report)
    if await _consents(server, planned):
        await apply_upgrade(server, planned.key)


async def plan_upgrade(server: "Server", plugin: Plugin, reference: str) -> PlannedUpgrade:
    """Compute an upgrade, in a thread, and keep it for `apply_upgrade`. Raises FileError, GoError and GoCancelled."""
    target = release_name(reference)
    if target is None:
        raise FileError(f"{reference} names no release")
    if not target.number:
        raise FileError(unknown_release(target, is_upgrade=True))
    if not plugin.settings.trusted:
        raise FileError("this workspace is not trusted, so Go is not run in it: trust the workspace first")
    label = f"{target.host.title} {target.number}"
    request = UpgradeRequest(
        folder=plugin.document.folder,
        target=target,
        settings=plugin.settings,
        unsaved={each.path: each.text for each in server.session.documents.texts.values()},
    )
    try:
        upgrade = await server.session.go.run(f"computing the upgrade of {plugin.name} to {label}", plan, request)
    except ImagesLeftError as error:
        places = "; ".join(f"{os.path.basename(each.path)}:{each.line + 1}: {each.reason}" for each in error.images)
        raise FileError(f"{error} {places}") from None
    for change in upgrade.files:
        _check_unchanged(server, change)
    inside = f"{request.folder}{os.sep}"
    base = (each for each in server.session.settings.folders if inside.startswith(f"{each}{os.sep}"))
    display = partial(relative_path, folder=next(base, request.folder))
    planned = PlannedUpgrade(
        key=uuid.uuid4().hex,
        title=f"Upgrade to {label}",
        report="\n".join(map(printable, upgrade_markdown(upgrade, display, is_written=False))),
        upgrade=upgrade,
        reminders=tuple(_reminders(plugin, upgrade, target)),
    )
    server.planned_upgrade = planned
    return planned


async def apply_upgrade(server: "Server", key: str) -> bool:
    """Apply the upgrade that was planned last, as one edit of all files. Returns whether it was applied.

    Raises FileError if a file changed since; then nothing changes.
    """
    planned = server.planned_upgrade
    if planned is None or planned.key != key:
        raise FileError("this upgrade is not the one that was computed last: upgrade again; nothing was changed")
    server.planned_upgrade = None
    edits, new = [], []
    for change in planned.upgrade.files:
        _check_unchanged(server, change)
        document = server.session.documents.text_at(change.path)
        uri = document.uri if document else uri_of(change.path)
        if change.before is None and document is None:
            new.append(uri)
        edits.append(_edits(uri, document.version if document else None, change))
    if new and not server.client.creates_files:
        raise FileError("there is no go.sum yet, and this editor cannot create it: run `go mod tidy` first")
    if not edits:
        server.window_show_message(types.ShowMessageParams(types.MessageType.Info, "layerg-pin: no file changes"))
        return True
    edit = workspace_edit(edits, server.client, new)
    if not await server.apply(types.ApplyWorkspaceEditParams(edit, planned.title)):
        return False
    for reminder in planned.reminders:
        server.warn(reminder)
    return True


def _edits(uri: str, version: int | None, change: FileChange) -> DocumentEdits:
    # A client reads a byte order mark as a mark of the encoding and not as text, and writes it again.
    return changed_text(uri, version, (change.before or "").removeprefix(_MARK), change.after.removeprefix(_MARK))


def _check_unchanged(server: "Server", change: FileChange) -> None:
    """Raise FileError if a file is not as it was when the change of it was computed."""
    document = server.session.documents.text_at(change.path)
    if document:
        text: str | None = document.text
    else:
        text = read_text(change.path) if os.path.lexists(change.path) else None
    if text == change.before or (document and change.before is None and text == ""):
        return
    if document and os.path.isfile(change.path) and read_text(change.path) == change.before:
        raise FileError(
            f"{change.path} has changes that are not saved: save it, then upgrade again; nothing was changed",
            change.path,
        )
    raise FileError(f"{change.path} was edited in the meantime: upgrade again; nothing was changed", change.path)


def _reminders(plugin: Plugin, upgrade: Upgrade, target: ReleaseName) -> list[str]:
    found = []
    if any(each.before.snapshot.vendored for each in upgrade.plugins):
        found.append(
            f"vendor/ is not part of the change: save all files, then execute “Tidy and vendor” ({TIDY_AND_VENDOR})"
        )
    if plugin.settings.host and plugin.settings.host != str(target):
        found.append(
            f"the setting layergPin.host ({plugin.settings.host}) still names another host than {target}: change it"
        )
    return found


async def _ask_release(server: "Server", plugin: Plugin) -> str | None:
    """Let the user choose one of the newest releases; None if they choose none."""
    known = [each for each in printable_choices(server, plugin) if each.is_release]
    newest = {each.label: each.reference for each in known if not each.likely}
    names = dict(list(newest.items())[:NEWEST])
    if not names:
        raise FileError(f"no release of a known host can be chosen for {plugin.name}")
    others = f"For another one, run {UPGRADE} with it as the second argument"
    question = f"layerg-pin: upgrade {plugin.name} to which release? {others}"
    answer = await _ask(server, question, list(names))
    return names.get(answer or "")


async def _consents(server: "Server", planned: PlannedUpgrade) -> bool:
    upgrade = planned.upgrade
    names = ", ".join(dict.fromkeys(os.path.basename(each.path) for each in upgrade.files))
    files = f"{count(len(upgrade.files), 'file')} would change ({names})" if names else "no file would change"
    steps = left_by_hand(upgrade)
    left = f"; {count(len(steps), 'thing')} left to do by hand" if steps else ""
    question = f"layerg-pin: {planned.title}: {files}{left}. The report is in the log"
    return await _ask(server, question, [_APPLY, _CANCEL]) == _APPLY


async def _ask(server: "Server", question: str, answers: list[str]) -> str | None:
    items = [types.MessageActionItem(each) for each in answers]
    asked = types.ShowMessageRequestParams(types.MessageType.Info, printable(question), items)
    answer = await server.window_show_message_request_async(asked)
    return answer.title if answer else None
