"""What the user has set: on the command line or in the editor, and in the project's layerg-pin.toml.

`SETTINGS` is the single source of what there is to set. A value of the wrong type is told, and the default used.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from layerg_pin.core.checks import CHECKS
from layerg_pin.core.finding import Severities, Severity
from layerg_pin.core.settings.toml_limits import out_of_bounds
from layerg_pin.core.text import did_you_mean, merge_conflict
from layerg_pin.system.text_files import FileError, read_text

PROJECT_FILE = "layerg-pin.toml"
_MAX_UNKNOWN = 8
"""Of unknown keys in a project file: each of so many is reported, of the rest only their number."""

_OFF = "off"
_LEVELS = (*(severity.value for severity in Severity), _OFF)
_HINTS = ("differing", "all", _OFF)
_CODES = tuple(check.code for check in CHECKS)


class Settings(NamedTuple):
    """All that is set, for one plugin. Paths may start with `~`."""

    host: str = ""
    """A host reference, relative to `base`."""
    packages: tuple[str, ...] = ()
    """The main packages to build, as `./cmd/x`; empty: those that are found."""
    severity: Severities = MappingProxyType({})
    hints: str = "differing"
    """Behind which requires the host's version stands: `differing`, `all` or `off`."""
    lenses: bool = True
    go_files: bool = True
    """Whether .go files are marked, and begin with the plugin that they belong to."""
    hover: bool = True
    links: bool = True
    """Whether there are links, definitions and references between go.mod and the host's file."""
    completion: bool = True
    go_path: str = ""
    """The `go` to run; empty: the one on PATH."""
    go_timeout: float = 60.0
    """In seconds, for each run of Go."""
    base: str = "."
    trusted: bool = True
    """Whether Go may be run, and files outside the workspace read that the user has not named."""

    def at(self, base: str) -> Settings:
        """These settings with relative host references counted from `base`."""
        return self._replace(base=base)


class Setting(NamedTuple):
    """One thing to set: its key, the field of Settings it fills, and how a value is read.

    `scope` is the editor's: `resource` for each folder, `machine` for what names programs or concerns the machine.
    """

    key: str
    field: str
    scope: Literal["resource", "machine"]
    in_project_file: bool
    read: Callable[[object], Any]
    """A value as the field holds it. Raises ValueError with what the value must be."""
    description: str


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("a string")
    return _nameable(value)


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(each, str) for each in value):
        raise ValueError('a list of strings, such as ["./cmd/plugin"]')
    return tuple(_nameable(each) for each in value)


def _nameable(value: str) -> str:
    """The text, which names a file or a program. Raises ValueError where none can have such a name."""
    try:
        if "\0" not in value and os.fsencode(value):
            return value
    except UnicodeEncodeError:
        pass
    if value:
        raise ValueError("a valid path: this one contains a NUL or an unpaired surrogate")
    return value


def _severities(value: object) -> Severities:
    if not isinstance(value, Mapping):
        raise ValueError(f"a table of check codes, each set to one of {', '.join(_LEVELS)}")
    for code, level in value.items():
        if code in ("host", "packages"):
            raise ValueError(f"a table of check codes, but {code} is not one: move it above [severity]")
        if code not in _CODES:
            nearest = did_you_mean(str(code), _CODES)
            raise ValueError(f"a table of check codes, but {code} is not one{nearest}; the codes: {', '.join(_CODES)}")
        if level not in _LEVELS:
            raise ValueError(f"one of {', '.join(_LEVELS)} for {code}")
    return {str(code): None if level == _OFF else Severity(level) for code, level in value.items()}


def _hints(value: object) -> str:
    value = {True: _HINTS[0], False: _OFF}[value] if isinstance(value, bool) else value
    if value not in _HINTS:
        raise ValueError(f"one of {', '.join(_HINTS)}")
    return str(value)


def _switch(value: object) -> bool:
    if value in ("on", _OFF):
        return value == "on"
    if not isinstance(value, bool):
        raise ValueError("on or off")
    return value


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 86400:
        raise ValueError("a number of seconds above 0")
    return float(value)


SETTINGS = (
    Setting(
        key="host",
        field="host",
        scope="resource",
        in_project_file=True,
        read=_text,
        description="The host that loads the plugin: its folder, modules.txt, go.mod, binary, profile "
        "or module@version.",
    ),
    Setting(
        key="packages",
        field="packages",
        scope="resource",
        in_project_file=True,
        read=_texts,
        description="The main packages to build, such as `./cmd/plugin`. By default, those that are found.",
    ),
    Setting(
        key="severity",
        field="severity",
        scope="resource",
        in_project_file=True,
        read=_severities,
        description="The severity of each check: error, warning, information, hint or off.",
    ),
    Setting(
        key="hints",
        field="hints",
        scope="resource",
        in_project_file=False,
        read=_hints,
        description="Which requires show the host's version as an inlay hint: differing, all or off.",
    ),
    Setting(
        key="lenses",
        field="lenses",
        scope="resource",
        in_project_file=False,
        read=_switch,
        description="Show code lenses above the module line.",
    ),
    Setting(
        key="goFiles",
        field="go_files",
        scope="resource",
        in_project_file=False,
        read=_switch,
        description="Mark imports of modules that differ in .go files.",
    ),
    Setting(
        key="hover",
        field="hover",
        scope="resource",
        in_project_file=False,
        read=_switch,
        description="Show both versions and a verdict on hover.",
    ),
    Setting(
        key="links",
        field="links",
        scope="resource",
        in_project_file=False,
        read=_switch,
        description="Link requires in go.mod to the lines of the host's file.",
    ),
    Setting(
        key="completion",
        field="completion",
        scope="resource",
        in_project_file=False,
        read=_switch,
        description="Complete the host's modules and versions in go.mod.",
    ),
    Setting(
        key="goPath",
        field="go_path",
        scope="machine",
        in_project_file=False,
        read=_text,
        description="The `go` command to run. By default, the one on PATH.",
    ),
    Setting(
        key="goTimeout",
        field="go_timeout",
        scope="machine",
        in_project_file=False,
        read=_seconds,
        description="The timeout of a `go` command, in seconds.",
    ),
)


def with_values(settings: Settings, values: object, origin: str) -> tuple[Settings, tuple[str, ...]]:
    """The settings with an editor's values on top, and what is wrong with those; `origin` says where they come from."""
    if values is None:
        return settings, ()
    if not isinstance(values, Mapping):
        return settings, (f"{origin} must be a table of settings",)
    known = {setting.key: setting for setting in SETTINGS}
    settings, wrong = _merged(settings, values, known)
    return settings, tuple(f"{origin}: {message}" for message in wrong.values())


class FileProblem(NamedTuple):
    """Something wrong in a file at an absolute path; line and column are 0-based, None where they are not known."""

    path: str
    message: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        numbers = (f":{each + 1}" for each in (self.line, self.column) if each is not None)
        return f"{self.path}{''.join(numbers)}: {self.message}"


class ProjectFile(NamedTuple):
    """A layerg-pin.toml. What is wrong in it stands in `faults`; the rest counts."""

    path: str
    settings: Settings
    faults: tuple[FileProblem, ...] = ()
    no_host: str = ""
    """The problem for which it cannot be told which host the file names, if there is one."""

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong in the file, each with its place."""
        return tuple(map(str, self.faults))

    @property
    def host(self) -> str:
        """The host reference, relative to the file's folder."""
        return self.settings.host


def read_project_file(folder: str) -> ProjectFile | None:
    """The project file of the plugin in `folder`; None where there is none. Never raises for what it holds."""
    path = os.path.join(folder, PROJECT_FILE)
    if not os.path.lexists(path):
        return None
    import tomllib  # late: many plugins have none

    try:
        text = read_text(path)
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

    settings, wrong = _merged(Settings(), values, known)
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
    """What is wrong with a text, with the place, which tomllib tells at the end of its sentence."""
    if conflict := merge_conflict(text):
        return FileProblem(path, conflict.message, text.count("\n", 0, conflict.span.start))
    if isinstance(error, UnicodeDecodeError):
        return FileProblem(path, "invalid TOML: it is not UTF-8")
    said = re.fullmatch(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", str(error), re.DOTALL)
    place = (int(said[2]) - 1, int(said[3]) - 1) if said and said[2] else (None, None)
    quotes = ", put strings in quotes" if said and said[1] == "Invalid value" else ""
    said_of = said[1] if said else "a number has too many digits"
    return FileProblem(path, f"invalid TOML: {said_of}{quotes}", *place)


def _line_of(text: str, key: str) -> int | None:
    """The 0-based line at which a key or its table stands; None where it is written in another way."""
    found = re.search(rf"""^[ \t]*+(?:\[[ \t]*+)?(["']?){re.escape(key)}\1[ \t]*+[\].=]""", text, re.MULTILINE)
    return text.count("\n", 0, found.start()) if found else None


def effective(settings: Settings, project: ProjectFile | None) -> Settings:
    """What holds for a plugin: what the person or the run has set goes before the project file, code by code."""
    if project is None:
        return settings
    severity = {**project.settings.severity, **settings.severity}
    return settings._replace(packages=settings.packages or project.settings.packages, severity=severity)


def _merged(
    settings: Settings, values: Mapping[str, object], known: Mapping[str, Setting]
) -> tuple[Settings, dict[str, str]]:
    """The settings with known values on top, and by key what is wrong with those."""
    wrong = {}
    for key, value in values.items():
        setting = known.get(key)
        if setting is None or value is None:
            continue
        try:
            settings = settings._replace(**{setting.field: setting.read(value)})
        except ValueError as error:
            wrong[key] = f"{key} must be {error}"
    return settings, wrong
