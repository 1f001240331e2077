"""Find the plugins that a command's options name, and create the checker for them."""

import argparse
import os
import signal
import sys
import threading
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from layerg_pin.cli.near_misses import folder_advice, is_go_pattern
from layerg_pin.cli.output.display import display_path
from layerg_pin.core.text import count
from layerg_pin.engine.plugin_check import Checker
from layerg_pin.engine.plugin_discovery import excluded_plugins, find_plugins, plugin_around, plugins_of_files
from layerg_pin.engine.project_settings import PROJECT_FILE
from layerg_pin.engine.settings import Settings
from layerg_pin.go.module_files import file_above
from layerg_pin.go.query_types import Cancellation
from layerg_pin.hosts.image_references import image_path, image_reference
from layerg_pin.system.progress_line import ProgressLine
from layerg_pin.system.terminal import print_note
from layerg_pin.system.text_files import FileError, discard_stdout


class Targets(NamedTuple):
    """The plugins that the PATH arguments of a command mean."""

    root: str
    """The folder that the report is about: that of the only PATH, else the working folder."""
    folders: tuple[str, ...]
    """The absolute folders of the plugins; empty if no file that was named is in a plugin."""


def make_checker(options: argparse.Namespace, progress: ProgressLine | None = None) -> Checker:
    """Create the checker for --host and --offline. A signal that ends the process also ends its run of Go."""
    return make_checkers((options.host,), progress or ProgressLine(), offline=options.offline)[0]


def make_checkers(
    hosts: Iterable[str], progress: ProgressLine, *, offline: bool, option: str = "--host"
) -> tuple[Checker, ...]:
    """Create a checker for each host, which the user names in `option`.

    A signal that ends the process also ends the run of Go of any of them.
    """
    cancellation, settings = Cancellation(), Settings(base=os.getcwd(), host_option=option)
    cancel_on_signals(cancellation)
    return tuple(
        Checker(settings._replace(host=host), progress.step, network=not offline, cancellation=cancellation)
        for host in hosts
    )


def plugin_folder(name: str) -> str:
    """The absolute folder of one plugin, given as its folder, one inside it, or its go.mod. Raises FileError for any
    other path.
    """
    folder = os.path.abspath(name)
    folder = os.path.dirname(folder) if os.path.basename(folder) == "go.mod" else folder
    if os.path.isfile(os.path.join(folder, "go.mod")):
        return folder
    around = plugin_around(folder) if os.path.isdir(folder) else None
    if around is None:
        advice = "pass the folder of a plugin"
        if not os.path.lexists(folder):
            raise FileError(f"{name} does not exist: {folder_advice(name, advice)}")
        raise FileError(f"{name} contains no go.mod: {advice}")
    return around


def plugin_or_folder(name: str, *, needs_host: bool) -> str:
    """The absolute path of a folder, or of the plugin around it if it has no go.mod and is a part of one.

    A go.mod means its folder. `needs_host` is whether the user has named no host, so that the folder determines it.
    Raises FileError if there is no such folder; if `needs_host`, the message also names --host.
    """
    advice = "pass a plugin's folder"
    folder = _existing_folder(name, f"{advice}, or name a host with --host" if needs_host else advice)
    return folder if os.path.isfile(os.path.join(folder, "go.mod")) else plugin_around(folder) or folder


def named_plugins(names: Sequence[str], *checkers: Checker) -> Targets:
    """The plugins that folders and files mean: a folder those in it, a file its own. Raises FileError.

    Files that are in no plugin are skipped, as hooks pass all files that changed; a line on standard error says so.
    """
    if len(names) == 1 and not os.path.isfile(names[0]):
        return Targets(*plugin_folders(names[0], *checkers))
    of_files = plugins_of_files(os.path.abspath(name) for name in names if os.path.isfile(name))
    found = dict[str, None]()
    for name in names:
        plugins = of_files.get(os.path.abspath(name))
        found.update(dict.fromkeys(plugin_folders(name, *checkers)[1] if plugins is None else plugins))
    if skipped := [display_path(path) for path, plugins in of_files.items() if not plugins]:
        what = f"{skipped[0]} is" if len(skipped) == 1 else f"{count(len(skipped), 'file')} are"
        print_note(f"{what} in no plugin: not checked; to check a module as a plugin, pass its folder")
    root = os.path.dirname(os.path.abspath(names[0])) if len(names) == 1 else os.getcwd()
    return Targets(root, _without_hosts(tuple(found), checkers))


def plugin_folders(name: str, *checkers: Checker) -> tuple[str, tuple[str, ...]]:
    """The absolute path of the folder `name`, and the plugins in it, else the plugin that it is a part of.

    Folders that are the host of another plugin, for one of the checkers, are not plugins. Raises FileError if there are
    none.
    """
    root = _existing_folder(name, "pass a plugin's folder, or one that contains plugins")
    folders = find_plugins(root)
    if not folders and (around := plugin_around(root)):
        return around, (around,)
    if not folders and (excluded := excluded_plugins(root)):
        file = display_path(next(iter(excluded.values())))
        plugins = "the only plugin" if len(excluded) == 1 else f"all {len(excluded)} plugins"
        raise FileError(
            f"{file} excludes {plugins} in {name}: change its `exclude`, or pass the folder of a plugin",
            root,
        )
    if not folders:
        above = file_above(root, "go.mod")
        remedy = f": it is part of the module in {display_path(os.path.dirname(above))}" if above else ""
        raise FileError(
            f"{name} contains no plugin: no go.mod in it requires a plugin API, has a main package with the entry "
            f"symbol of a known host, or has a {PROJECT_FILE} beside it{remedy}",
            root,
        )
    return root, _without_hosts(folders, checkers)


def _existing_folder(name: str, remedy: str) -> str:
    """The absolute path of a folder, which its go.mod means too. Raises FileError, with the remedy."""
    folder = os.path.abspath(name)
    if os.path.basename(folder) == "go.mod" and os.path.isfile(folder):
        folder = os.path.dirname(folder)
    is_pattern = sys.platform == "win32" and is_go_pattern(name)  # Windows ignores the dots at the end of a name
    if is_pattern or not os.path.isdir(folder):
        exists = os.path.lexists(folder) and not is_pattern
        wrong = "is not a folder" if exists else "does not exist"
        advice = remedy if exists else folder_advice(name, remedy)
        raise FileError(f"{name} {wrong}: {advice}", folder)
    return folder


def _without_hosts(folders: tuple[str, ...], checkers: Sequence[Checker]) -> tuple[str, ...]:
    """The folders that are not the host of another one, for one of the checkers."""
    if len(folders) < 2:
        return folders
    hosts = frozenset(checker.host_folder(each) for checker in checkers for each in folders)
    return tuple(each for each in folders if each not in hosts) or folders


def binary_or_image(reference: str, architecture: str, cancellation: Cancellation, *, network: bool = True) -> str:
    """The path of the host that a reference names, for `host_binary`. A binary or a release is returned as it is.

    For an image it is the absolute path of its file, folder or record. An image in a registry is fetched first, if
    `network` is allowed. Raises FileError and GoCancelled.
    """
    image = image_reference(reference)
    if image is None:
        return reference
    path = image_path(image, os.getcwd())
    if image.is_remote and network:
        from layerg_pin.hosts.image_fetching import fetch_image  # imported here: few hosts are images

        with ProgressLine() as progress:
            fetch_image(reference, path, architecture, cancellation, progress.step)
    return path


def cancel_on_signals(cancellation: Cancellation) -> None:
    """On SIGINT, SIGTERM and SIGHUP, end the run of Go first, so that no Go process stays behind, then this process."""

    def end(number: int, _: object) -> None:
        cancellation.cancel()
        if not cancellation.starting:  # otherwise Cancellation.start ends the new run, and GoCancelled ends the command
            discard_stdout()
            raise SystemExit(128 + number)

    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name) and threading.current_thread() is threading.main_thread():
            signal.signal(getattr(signal, name), end)
