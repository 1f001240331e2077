"""`layerg-pin upgrade`: move plugins to another release of their host."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Iterable
from contextlib import ExitStack

from layerg_pin.cli.exit_codes import FOUND, NO_VERDICT, OK, exit_code
from layerg_pin.cli.near_misses import check_release
from layerg_pin.cli.output.display import display_path
from layerg_pin.cli.output.problems import check_problems, print_problems
from layerg_pin.cli.output.upgrade_json import problem_json, upgrade_json
from layerg_pin.cli.output.upgrade_report import quiet_upgrade_rows, upgrade_rows
from layerg_pin.cli.targets import make_checker, plugin_folders
from layerg_pin.core.analysis.verdict import cannot_be_built
from layerg_pin.core.gomod.parser import parse_gomod
from layerg_pin.core.known.images import HOSTS, HostImages, release_of
from layerg_pin.core.known.release_names import ReleaseName, near_release, release_name, unknown_release
from layerg_pin.core.known.releases import releases
from layerg_pin.core.text import count
from layerg_pin.engine.patch_text import patch_rows
from layerg_pin.engine.plugin_check import Checker
from layerg_pin.engine.plugin_discovery import excluded_plugins
from layerg_pin.engine.shared_builds import shared_build
from layerg_pin.engine.upgrade import ImagesLeftError, Upgrade, UpgradeOptions, plan_upgrade
from layerg_pin.engine.upgrade_markdown import upgrade_markdown
from layerg_pin.engine.upgrade_words import left_by_hand
from layerg_pin.go.queries import find_go
from layerg_pin.go.query_types import Go, GoCancelled, GoError
from layerg_pin.source_tree.build_file_parsing import is_below
from layerg_pin.system.file_transaction import write_together
from layerg_pin.system.progress_line import ProgressLine
from layerg_pin.system.shared_options import QUIET, is_set
from layerg_pin.system.terminal import print_error, print_error_rows, print_json, print_note, print_patch, print_rows
from layerg_pin.system.text_files import FileError, read_text_or_empty


def run(options: argparse.Namespace) -> int:
    """Upgrade the plugins; returns the exit code. Raises FileError, GoError and GoCancelled."""
    root = os.path.abspath(options.dir)
    try:
        with ExitStack() as scratch:
            return _run(options, root, scratch)
    except GoCancelled:
        raise
    except ImagesLeftError as error:
        if options.format == "json":
            print_json(problem_json(root, error))
        print_error(str(error))
        places = (f"  {display_path(each.path)}:{each.line + 1}: {each.reason}" for each in error.images)
        print_error_rows(*places)
        return NO_VERDICT
    except (FileError, GoError) as error:
        if options.format == "json":
            print_json(problem_json(root, error))
        raise


def _run(options: argparse.Namespace, root: str, scratch: ExitStack) -> int:
    check_release(options)
    options.host = ""
    progress = ProgressLine()
    root, folders = plugin_folders(options.dir, make_checker(options))
    target = _target(options.release, folders)
    folders = _of_host(folders, target.host)
    for excluded, file in excluded_plugins(root).items():
        if excluded not in folders:
            print_note(f"{display_path(excluded)} is not upgraded: {display_path(file)} excludes it")
    folders = _complete(folders, root, target)
    options.host = f"{target.host.name}@{target.number}"
    checker = make_checker(options, progress)
    plan = UpgradeOptions(scratch, options.build, options.diff)
    with progress:
        progress.step(f"upgrading {count(len(folders), 'plugin')} to {target}")
        upgrade = plan_upgrade(checker, _go(checker, options), root, folders, target, plan)
        if not options.diff:
            write_together(upgrade.files, upgrade.folders)
            upgrade = _checked_again(checker, upgrade)
    _print(upgrade, options, root)
    code = _exit_code(upgrade, is_written=not options.diff)
    for each in upgrade.plugins:
        print_problems(check_problems(each.after), OK if code == OK else NO_VERDICT)
    return code


def _complete(folders: tuple[str, ...], root: str, target: ReleaseName) -> tuple[str, ...]:
    """The plugins, and those below `root` that share the files that name the host.

    Raises FileError if others share them: they would be left behind.
    """
    found = dict.fromkeys(folders)
    for folder in folders:
        shared = shared_build(folder, target.host, {})
        found.update(dict.fromkeys(each for each in shared.others if is_below(each, root)))
        if left := [display_path(each) for each in shared.others if each not in found]:
            file = display_path(min(shared.files))
            names = f"{', '.join(left[:-1])} and {left[-1]}" if len(left) > 1 else left[0]
            raise FileError(
                f"{file} names the host of {names} too, so nothing was written: move the plugins together, with "
                f"`layerg-pin upgrade {target} {display_path(shared.root)}`"
            )
    return tuple(found)


def _target(text: str, folders: tuple[str, ...]) -> ReleaseName:
    """The release that RELEASE names; a number alone is one of the plugin's own host. Raises FileError."""
    name = release_name(text)
    release = release_of(text) if re.fullmatch(r"v?\d[\w.+-]*|latest", text, re.ASCII) else None
    if name is None and release and (host := _own_host(folders)):
        name = ReleaseName(host, release)
    if name is None:
        example = next(f"{host.name}@{list(known)[-1]}" for host in HOSTS if (known := releases(host.name)))
        raise FileError(
            near_release(text) or f"{text} names no release: write it as in {example}, see `layerg-pin host list`"
        )
    number = name.number
    found = release_of(number) if number else None
    if found is None:
        raise FileError(unknown_release(name, is_upgrade=True))
    return ReleaseName(name.host, found)


def _own_host(folders: Iterable[str]) -> HostImages | None:
    """The host whose plugin API the plugins require: that of the first one that requires any."""
    for folder in folders:
        required = parse_gomod(read_text_or_empty(os.path.join(folder, "go.mod"))).required
        if host := next((each for each in HOSTS if each.api in required), None):
            return host
    return None


def _of_host(folders: tuple[str, ...], host: HostImages) -> tuple[str, ...]:
    """The plugins of a host, with a message about the others; all of the plugins if none belongs to it, so that the
    cause is reported.
    """
    others = [each for each in folders if _own_host((each,)) not in (host, None)]
    if len(others) == len(folders):
        return folders
    for each in others:
        print_note(f"{display_path(each)} is not upgraded: it is a plugin of another host than {host.title}")
    return tuple(each for each in folders if each not in others)


def _go(checker: Checker, options: argparse.Namespace) -> Go:
    go = find_go(checker.settings.go_path, checker.settings.go_timeout, network=not options.offline)
    if go is None:
        raise GoError("nothing was written: no go command was found, install Go")
    return go


def _checked_again(checker: Checker, upgrade: Upgrade) -> Upgrade:
    """The upgrade with the plugins as they are on disk now: only that shows whether go.sum has all that is needed."""
    checker.pending = {}
    plugins = []
    for each in upgrade.plugins:
        compiled = each.after.snapshot.compiled
        after = checker.check_again(each.after)
        if compiled:
            after = after.with_analysis(after.analysis._replace(snapshot=after.snapshot._replace(compiled=compiled)))
        plugins.append(each._replace(after=after))
    return upgrade._replace(plugins=tuple(plugins))


def _exit_code(upgrade: Upgrade, *, is_written: bool) -> int:
    after = [each.after for each in upgrade.plugins]
    if left_by_hand(upgrade) or (is_written and any(cannot_be_built(each.analysis) for each in after)):
        return FOUND
    return OK if exit_code(after, strict=False) == OK else FOUND


def _print(upgrade: Upgrade, options: argparse.Namespace, root: str) -> None:
    patch = patch_rows(upgrade.before, upgrade.after, display_path) if options.diff else ()
    rows = quiet_upgrade_rows if is_set(QUIET) else upgrade_rows
    if options.format == "json":
        document = upgrade_json(root, upgrade, is_written=not options.diff)
        print_json({**document, "patch": "".join(patch)} if options.diff else document)
    elif options.format == "markdown":
        print_rows(*upgrade_markdown(upgrade, display_path, is_written=not options.diff))
    elif options.diff:
        print_error_rows(*rows(upgrade, is_written=False))
        print_patch(patch)
    else:
        print_rows(*rows(upgrade, is_written=True))
