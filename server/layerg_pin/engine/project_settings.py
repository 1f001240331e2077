"""Read the layerg-pin.toml files of a plugin, and combine them with the user's settings."""

import os
import re
import stat
from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import NamedTuple

from layerg_pin.core.finding import Severity
from layerg_pin.core.settings.toml_limits import out_of_bounds
from layerg_pin.core.text import did_you_mean, merge_conflict
from layerg_pin.engine.settings import SETTINGS, Setting, Settings, merged
from layerg_pin.system.cache_folder import is_own
from layerg_pin.system.text_files import FileError, read_text

PROJECT_FILE = "layerg-pin.toml"
_MAX_UNKNOWN = 8
"""Limit on the unknown keys in a project file that are reported one by one; the others are only counted."""


class FileProblem(NamedTuple):
    """A problem in a file at an absolute path; line and column are 0-based, and None if unknown."""

    path: str
    message: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        numbers = (f":{each + 1}" for each in (self.line, self.column) if each is not None)
        return f"{self.path}{''.join(numbers)}: {self.message}"


class ProjectFile(NamedTuple):
    """The layerg-pin.toml files that apply to a plugin: the one beside its go.mod, and those above.

    Each key is taken from the nearest file that sets it, and severities are merged code by code. Problems are in
    `faults`; the valid settings apply all the same.
    """

    path: str
    """The nearest file."""
    settings: Settings
    faults: tuple[FileProblem, ...] = ()
    no_host: str = ""
    """The problem that makes the host that the files name unknown, if there is one."""
    host_path: str = ""
    """The file that names the host, if one does."""
    is_beside: bool = True
    """Whether the nearest file is beside go.mod."""
    excluded_by: str = ""
    """The file whose `exclude` matches the plugin, if one does."""

    @property
    def problems(self) -> tuple[str, ...]:
        """The messages of all problems, each with its place."""
        return tuple(map(str, self.faults))

    @property
    def host(self) -> str:
        """The host reference, relative to `base`."""
        return self.settings.host

    @property
    def base(self) -> str:
        """The folder of the file that names the host."""
        return os.path.dirname(self.host_path or self.path)


class _OneFile(NamedTuple):
    """A single layerg-pin.toml."""

    path: str
    settings: Settings
    faults: tuple[FileProblem, ...] = ()
    no_host: str = ""
    keys: frozenset[str] = frozenset()
    """The keys with a valid value."""


def read_project_file(folder: str, within: Sequence[str] | None = None) -> ProjectFile | None:
    """The project files of the plugin in `folder`; None if there are none. Never raises because of their content.

    Files above the plugin must be in one of the folders `within`, if given.
    """
    paths = project_file_paths(folder)
    if within is not None:
        paths = (paths[0], *(path for path in paths[1:] if _is_within(path, within)))
    files = [_read(path) for path in paths if os.path.lexists(path)]
    if not files:
        return None
    settings, severity = Settings(), dict[str, Severity | None]()
    for each in reversed(files):
        severity |= each.settings.severity
        if "packages" in each.keys:
            settings = settings._replace(packages=each.settings.packages)
    named = next((each for each in files if each.no_host or "host" in each.keys), None)
    if named:
        settings = settings._replace(host=named.settings.host)
    return ProjectFile(
        path=files[0].path,
        settings=settings._replace(severity=severity),
        faults=tuple(fault for each in files for fault in each.faults),
        no_host=named.no_host if named else "",
        host_path=named.path if named and named.settings.host else "",
        is_beside=files[0].path == paths[0],
        excluded_by=next((each.path for each in files if _excludes(each, folder)), ""),
    )


def project_file_paths(folder: str) -> tuple[str, ...]:
    """The paths at which the plugin in `folder` can have a project file, the nearest first.

    The search ends at the root of the Git repository. Outside of one it ends at the file system's root, and at a folder
    that users other than this one and the administrator can write to, such as `/tmp`.
    """
    folders = [folder]
    while not os.path.exists(os.path.join(folders[-1], ".git")):
        above = os.path.dirname(folders[-1])
        if above == folders[-1]:  # the file system's root
            folders = [folder, *takewhile(_is_safe, folders[1:])]
            break
        folders.append(above)
    return tuple(os.path.join(each, PROJECT_FILE) for each in folders)


def _is_safe(folder: str) -> bool:
    """Whether a folder outside of a repository is not the file system's root, and only this user can write to it."""
    if folder == os.path.dirname(folder):
        return False
    try:
        found = os.stat(folder)
    except OSError:
        return False
    return os.name != "posix" or (not found.st_mode & stat.S_IWOTH and (is_own(found) or found.st_uid == 0))


def _is_within(path: str, folders: Sequence[str]) -> bool:
    real = os.path.realpath(path)
    return any(real.startswith(os.path.join(os.path.realpath(folder), "")) for folder in folders)


def _excludes(file: _OneFile, folder: str) -> bool:
    if not file.settings.exclude:
        return False
    from layerg_pin.core.settings.excluded_folders import is_excluded  # imported here: few files exclude anything

    return is_excluded(file.settings.exclude, os.path.relpath(folder, os.path.dirname(file.path)).replace(os.sep, "/"))


def _read(path: str) -> _OneFile:
    """The file at a path."""
    import tomllib  # imported here: many plugins have no project file

    try:
        text = read_text(path).removeprefix("\ufeff")  # the byte order mark that Windows programs write
        if problem := out_of_bounds(text):
            line = text.count("\n", 0, problem.span.start)
            return _unread(FileProblem(path, f"not read: {problem.message}; shorten it", line))
        values = tomllib.loads(text.encode("utf-8", "surrogateescape").decode("utf-8"))
    except FileError as error:
        return _unread(FileProblem(path, str(error).removeprefix(f"{path} ")))
    except ValueError as error:
        return _unread(_no_toml(path, text, error))
    except RecursionError:
        return _unread(FileProblem(path, "invalid TOML: it is nested too deeply"))
    known = {setting.key: setting for setting in SETTINGS if setting.in_project_file}

    def fault(key: str, message: str) -> FileProblem:
        return FileProblem(path, message, _line_of(text, key))

    settings, wrong = merged(Settings(), values, known)
    found = {key: fault(key, message) for key, message in wrong.items()}
    unknown = [key for key in values if key not in known]
    more = [fault(key, _unknown_key(key, known)) for key in unknown[:_MAX_UNKNOWN]]
    if left := len(unknown) - len(more):
        more.append(FileProblem(path, f"{left} more unknown keys"))
    return _OneFile(
        path=path,
        settings=settings,
        faults=(*found.values(), *more),
        no_host=str(found["host"]) if "host" in found else "",
        keys=frozenset(known.keys() & values.keys() - wrong.keys()),
    )


def _unknown_key(key: str, known: Mapping[str, Setting]) -> str:
    if any(setting.key == key for setting in SETTINGS):
        return f"{key} is an editor setting and has no effect here; the keys are {', '.join(known)}"
    return f"unknown key {key}{did_you_mean(key, known)}; the keys are {', '.join(known)}"


def _unread(fault: FileProblem) -> _OneFile:
    return _OneFile(fault.path, Settings(), (fault,), str(fault))


def _no_toml(path: str, text: str, error: ValueError) -> FileProblem:
    """The problem of a text that is not TOML; tomllib gives the place at the end of its message."""
    if conflict := merge_conflict(text):
        return FileProblem(path, conflict.message, text.count("\n", 0, conflict.span.start))
    if isinstance(error, UnicodeDecodeError):
        return FileProblem(path, "invalid TOML: it is not UTF-8")
    match = re.fullmatch(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", str(error), re.DOTALL)
    place = (int(match[2]) - 1, int(match[3]) - 1) if match and match[2] else (None, None)
    quotes = ", put strings in quotes" if match and match[1] == "Invalid value" else ""
    reason = match[1] if match else "a number has too many digits"
    return FileProblem(path, f"invalid TOML: {reason}{quotes}", *place)


def _line_of(text: str, key: str) -> int | None:
    """The 0-based line of a key or its table; None if it is written in an unusual form."""
    found = re.search(rf"""^[ \t]*+(?:\[[ \t]*+)?(["']?){re.escape(key)}\1[ \t]*+[\].=]""", text, re.MULTILINE)
    return text.count("\n", 0, found.start()) if found else None


def effective(settings: Settings, project: ProjectFile | None) -> Settings:
    """The settings for a plugin: those of the user or the command line override the project file's, code by code."""
    if project is None:
        return settings
    severity = {**project.settings.severity, **settings.severity}
    return settings._replace(packages=settings.packages or project.settings.packages, severity=severity)
