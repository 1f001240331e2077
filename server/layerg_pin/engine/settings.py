"""The user's settings, from the command line, the editor or the project's layerg-pin.toml.

`SETTINGS` is the single list of settings. A value of the wrong type is reported, and the default applies.
"""

import os
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from layerg_pin.core.checks import CHECKS
from layerg_pin.core.finding import Severities, Severity
from layerg_pin.core.settings.toml_limits import MAX_GLOB, MAX_GLOBS
from layerg_pin.core.text import did_you_mean

_OFF = "off"
_LEVELS = (*(severity.value for severity in Severity), _OFF)
_HINTS = ("differing", "all", _OFF)
_CODES = tuple(check.code for check in CHECKS)


class Settings(NamedTuple):
    """All settings for one plugin. Paths may start with `~`."""

    host: str = ""
    """A host reference, relative to `base`."""
    host_option: str = "the setting layergPin.host"
    """The option or setting that names the host, for advice."""
    packages: tuple[str, ...] = ()
    """The main packages to build, such as `./cmd/x`; empty for all that are found."""
    severity: Severities = MappingProxyType({})
    exclude: tuple[str, ...] = ()
    """Globs of the plugins below a project file that are not checked, relative to that file."""
    hints: str = "differing"
    """Which requires have an inlay hint with the host's version: `differing`, `all` or `off`."""
    lenses: bool = True
    go_files: bool = True
    """Whether .go files have diagnostics, and an open .go file starts the check of its plugin."""
    hover: bool = True
    links: bool = True
    """Whether there are links, definitions and references between go.mod and the host's file."""
    completion: bool = True
    go_path: str = ""
    """The `go` command to run; empty for the one on PATH."""
    go_timeout: float = 60.0
    """In seconds, for each run of Go."""
    base: str = "."
    trusted: bool = True
    """Whether Go may run, and files outside the workspace that the user has not named may be read."""

    def at(self, base: str) -> "Settings":
        """These settings with host references relative to `base`."""
        return self._replace(base=base)


class Setting(NamedTuple):
    """One setting: its key, its field of Settings, and the function that reads a value.

    `scope` is the editor's: `resource` for each folder, `machine` for settings that name programs.
    """

    key: str
    field: str
    scope: Literal["resource", "machine"]
    in_project_file: bool
    read: Callable[[object], Any]
    """Converts a value for the field. Raises ValueError with a description of valid values."""
    description: str
    in_editor: bool = True


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("a string")
    return _nameable(value)


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(each, str) for each in value):
        raise ValueError('a list of strings, such as ["./cmd/plugin"]')
    return tuple(_nameable(each) for each in value)


def _globs(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise ValueError('a list of globs, such as ["examples/**"]')
    if len(value) > MAX_GLOBS or any(len(each) > MAX_GLOB for each in value):
        raise ValueError(f"a list of at most {MAX_GLOBS} globs, each of at most {MAX_GLOB} characters")
    return tuple(value)


def _nameable(value: str) -> str:
    """The name of a file or a program. Raises ValueError if no file can have this name."""
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
        if code in ("host", "packages", "exclude"):
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
        description="The host that loads the plugin: a release such as nakama@3.22.0, or its folder, modules.txt, "
        "go.mod, binary, image, profile or module@version.",
    ),
    Setting(
        key="packages",
        field="packages",
        scope="resource",
        in_project_file=True,
        read=_texts,
        description="The main packages to build, such as `./cmd/plugin`. By default, those that declare the host's "
        "entry symbol.",
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
        key="exclude",
        field="exclude",
        scope="resource",
        in_project_file=True,
        read=_globs,
        description="Globs of plugins that are not checked, relative to the folder of the file, such as `examples/**`. "
        "A name without a slash matches at any depth.",
        in_editor=False,
    ),
    Setting(
        key="hints",
        field="hints",
        scope="resource",
        in_project_file=False,
        read=_hints,
        description="Which require lines have the host's version as an inlay hint: those that differ, all, or none.",
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
        description="In .go files, mark imports of modules that differ from the host.",
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
        description="Link each require line in go.mod to its line in the host's file.",
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
    """The settings overridden by an editor's values, and the problems of these; `origin` names their source."""
    if values is None:
        return settings, ()
    if not isinstance(values, Mapping):
        return settings, (f"{origin} must be a table of settings",)
    known = {setting.key: setting for setting in SETTINGS if setting.in_editor}
    settings, wrong = merged(settings, values, known)
    return settings, tuple(f"{origin}: {message}" for message in wrong.values())


def merged(
    settings: Settings, values: Mapping[str, object], known: Mapping[str, Setting]
) -> tuple[Settings, dict[str, str]]:
    """The settings overridden by known values, and the problems of these by key."""
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
