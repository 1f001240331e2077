"""`layerg-pin host export`: write a host's profile, or the rules that keep update bots from breaking its versions."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable

from layerg_pin.cli.exit_codes import OK
from layerg_pin.cli.host_reference import checked_host, downloadable, readable_host
from layerg_pin.cli.output.display import display_path
from layerg_pin.cli.targets import make_checker, plugin_or_folder
from layerg_pin.core.gomod.parser import parse_gomod
from layerg_pin.core.model.host_manifest import HostManifest
from layerg_pin.core.settings.project_file import toml_string
from layerg_pin.core.text import count
from layerg_pin.engine.plugin_check import Checker
from layerg_pin.engine.plugin_discovery import is_host
from layerg_pin.engine.project_settings import PROJECT_FILE
from layerg_pin.hosts.profile import ProfileError, read_profile, write_profile
from layerg_pin.hosts.references import PROFILE_FILE, relative_reference
from layerg_pin.source_tree.build_files import read_build_files
from layerg_pin.system.progress_line import ProgressLine
from layerg_pin.system.terminal import print_error, print_lines, print_remarks, print_rows
from layerg_pin.system.text_files import FileError, create_text, read_text, write_text


def run(options: argparse.Namespace) -> int:
    """Write the file; returns the exit code. Raises FileError."""
    options.host = downloadable(options.host)
    options.dir = plugin_or_folder(options.dir, needs_host=not options.host)
    with ProgressLine() as progress:
        checker = make_checker(options, progress)
        host = readable_host(checker.host_of(options.dir))
    if why := host.uncertainty or host.no_plugins_reason:
        raise FileError(f"{why}: nothing was written")
    host = checked_host(host)
    if options.format == "profile":
        _export_profile(host, options)
    else:
        _export_rules(host, checker, options)
    return OK


def _export_profile(host: HostManifest, options: argparse.Namespace) -> None:
    text = write_profile(host)
    if options.o == "-":
        print_lines(text)
        return
    path = options.o or os.path.join(options.dir, PROFILE_FILE)
    _write(path, text, lambda before: _is_profile(path, before), "is not a host profile")
    print_rows(f"wrote {display_path(path)}: {host.module or host.reference}, {count(host.required, 'module')}")
    if not os.path.isfile(path):
        return  # a pipe or a device
    if os.path.basename(path) == PROFILE_FILE and os.path.isfile(os.path.join(os.path.dirname(path), "go.mod")):
        print_remarks(
            "it is the host of the plugin beside it, unless --host, a setting or layerg-pin.toml names another"
        )
    else:
        project = display_path(os.path.join(options.dir, PROJECT_FILE))
        reference = relative_reference(path, os.path.abspath(path), options.dir)
        print_remarks(f"set it in {project}: host = {toml_string(reference)}")


def _is_profile(path: str, text: str) -> bool:
    try:
        read_profile("", path, text)
    except ProfileError:
        return False
    return True


def _export_rules(host: HostManifest, checker: Checker, options: argparse.Namespace) -> None:
    """Write or print the rules for a bot. Without a plugin in DIR they are about all modules of the host."""
    from layerg_pin.hosts.update_rules import dependabot_rules, renovate_rules, update_scope, written_by

    folder = options.dir
    scope = update_scope(host, _modules_of_plugin(folder, checker), folder, read_build_files(folder))
    text = renovate_rules(scope) if options.format == "renovate" else dependabot_rules(scope)
    if options.o in ("", "-"):
        print_lines(text)
        return
    _write(options.o, text, lambda before: written_by(options.format) in before, "was not written by this command")
    print_rows(f"wrote {display_path(options.o)}: {host.reference}, {count(len(scope.modules), 'module')}")


def _modules_of_plugin(folder: str, checker: Checker) -> set[str] | None:
    """The modules that the plugin in a folder requires or compiles; None if there is none."""
    path = os.path.join(folder, "go.mod")
    if not os.path.isfile(path) or is_host(parse_gomod(read_text(path))):
        return None
    snapshot = checker.check(folder).snapshot
    compiled = {each.path for each in snapshot.build.compiled} if snapshot.build else set()
    if not snapshot.complete:
        print_error(
            "not all modules that the plugin compiles are known, and the rules may lack some: see `layerg-pin check`"
        )
    return {*snapshot.gomod.required, *compiled}


def _write(path: str, text: str, is_ours: Callable[[str], bool], otherwise: str) -> None:
    """Create a file, or replace one that an earlier run wrote; a pipe or a device is written to. Raises FileError for
    any other file.

    `otherwise` is what such a file is, as part of a sentence.
    """
    if not os.path.exists(path):
        create_text(path, text)
        return
    if os.path.isdir(path):
        raise FileError(f"{path} cannot be written: it is a folder", path)
    if not os.path.isfile(path):
        _write_stream(path, text)
        return
    before = read_text(path)
    if not is_ours(before):
        raise FileError(f"{display_path(path)} exists and {otherwise}; nothing was written")
    write_text(path, before, text)


def _write_stream(path: str, text: str) -> None:
    """Write to a pipe or a device, such as /dev/null. Raises FileError."""
    try:
        with open(path, "w", encoding="utf-8", errors="surrogateescape", newline="") as stream:
            stream.write(text)
    except OSError as error:
        raise FileError(f"{path} cannot be written: {error.strerror}", path) from error
