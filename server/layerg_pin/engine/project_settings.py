"""Read a plugin's layerg-pin.toml, and combine it with the user's settings."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import NamedTuple

from layerg_pin.core.settings.toml_limits import out_of_bounds
from layerg_pin.core.text import did_you_mean, merge_conflict
from layerg_pin.engine.settings import SETTINGS, Setting, Settings, merged
from layerg_pin.system.text_files import FileError, read_text

PROJECT_FILE = "layerg-pin.toml"


_MAX_UNKNOWN = 8
"""This many unknown keys in a project file are reported one by one; of the others only the number."""


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
    """A layerg-pin.toml. Its problems are in `faults`; the valid settings apply all the same."""

    path: str
    settings: Settings
    faults: tuple[FileProblem, ...] = ()
    no_host: str = ""
    """The problem that makes the host that the file names unknown, if there is one."""

    @property
    def problems(self) -> tuple[str, ...]:
        """The messages of all problems, each with its place."""
        return tuple(map(str, self.faults))

    @property
    def host(self) -> str:
        """The host reference, relative to the file's folder."""
        return self.settings.host


def read_project_file(folder: str) -> ProjectFile | None:
    """The project file of the plugin in `folder`; None if there is none. Never raises because of its content."""
    path = os.path.join(folder, PROJECT_FILE)
    if not os.path.lexists(path):
        return None
    import tomllib  # late: many plugins have none

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
    return ProjectFile(path, settings, (*found.values(), *more), str(found["host"]) if "host" in found else "")


def _unknown_key(key: str, known: Mapping[str, Setting]) -> str:
    if any(setting.key == key for setting in SETTINGS):
        return f"{key} is an editor setting and has no effect here; the keys are {', '.join(known)}"
    return f"unknown key {key}{did_you_mean(key, known)}; the keys are {', '.join(known)}"


def _unread(fault: FileProblem) -> ProjectFile:
    return ProjectFile(fault.path, Settings(), (fault,), str(fault))


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
