"""The changes that fixes make to go.mod and go.work, as data and in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from layerg_pin.core.analysis.analyse import analyse
from layerg_pin.core.analysis.fixes import planned_fix
from layerg_pin.core.gomod.parser import GoMod, parse_gomod, parse_gowork
from layerg_pin.core.gomod.versions import is_higher
from layerg_pin.core.model.host_manifest import HostManifest
from layerg_pin.engine.checked_plugin import Checked, lowerable_modules
from layerg_pin.source_tree.go_work import parse_workspace


def planned(plugins: Iterable[Checked]) -> Iterator[tuple[Checked, dict[str, str]]]:
    """Plugins, each with the texts that `Checker.fix` would leave, without the results of trials.

    The changes for one plugin are visible to the next in the same workspace.
    """
    pending: dict[str, str] = {}
    for checked in plugins:
        snapshot, work = checked.snapshot, checked.snapshot.workspace
        if work and pending:
            text = pending.get(work.path, work.work.text)
            now = snapshot._replace(workspace=parse_workspace(checked.folder, work.path, text, pending))
            checked = checked._replace(analysis=analyse(now, checked.analysis.severities, checked.analysis.cache))
        fix = planned_fix(checked.snapshot, checked.analysis.alignment, lowerable_modules(checked))
        texts = checked.with_fix(fix) if fix else checked.texts
        pending |= {path: text for path, text in texts.items() if text != checked.texts[path]}
        yield checked, texts


def changed_lines(before: Mapping[str, str], after: Mapping[str, str], path: str, plugin: str) -> Iterator[str]:
    """The changes of a file's go line, excludes, replaces and workspace folders, in words.

    The texts are by absolute path; `plugin` is the path of the plugin's go.mod.
    """
    old, new = (parse_gomod(each[path]) for each in (before, after))
    if path != plugin:
        works = [parse_gowork(each[path]) for each in (before, after)]
        folders = [{use.text: None for use in work.uses} for work in works]
        yield from (f"removed use: {folder}" for folder in folders[0] if folder not in folders[1])
        rows = [{" ".join(token.text for token in each.line.tokens): None for each in work.replaces} for work in works]
        yield from (f"removed replace: {row}" for row in rows[0] if row not in rows[1])
        return
    lines = [f"go {gomod.go.text}" if gomod.go else "no go line" for gomod in (old, new)]
    yield from (f"{lines[0]} -> {lines[1]}",) if lines[0] != lines[1] else ()
    if old.toolchain and new.toolchain is None:
        yield f"removed toolchain: {old.toolchain.text}"
    excluded = [{f"{each.module.text} {each.version.text}": None for each in gomod.excludes} for gomod in (old, new)]
    yield from (f"excluded: {module}" for module in excluded[1] if module not in excluded[0])
    replaced = [
        {" ".join(token.text for token in each.line.tokens): None for each in gomod.replaces} for gomod in (old, new)
    ]
    yield from (f"removed replace: {line}" for line in replaced[0] if line not in replaced[1])
    yield from (f"replaced: {line}" for line in replaced[1] if line not in replaced[0])


def lowered_modules(versions: Iterable[tuple[str, str, str]], host: object) -> int:
    """The number of changed versions that are lower than before and not the host's: lowered for the host's Go."""
    modules = host.modules if isinstance(host, HostManifest) else {}
    return sum(
        bool(new) and is_higher(old, new) and (path not in modules or modules[path].version != new)
        for path, old, new in versions
    )


def changed_versions(old: GoMod, new: GoMod) -> Iterator[tuple[str, str, str]]:
    """Each module whose require differs between two texts: its path, and its versions before and after, which are empty
    without a require.
    """
    for path in sorted({*old.required, *new.required}):
        versions = [require.version.text if (require := gomod.require(path)) else "" for gomod in (old, new)]
        if versions[0] != versions[1]:
            yield path, versions[0], versions[1]
