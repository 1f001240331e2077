"""What the user has set: on the command line or in the editor, and in the project's layerg-pin.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

PROJECT_FILE = "layerg-pin.toml"


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a person or a run. Paths may start with `~`."""

    host: str = ""
    """A host reference, relative to `base`; it goes before the project file's."""
    base: str = "."
    go_path: str = ""
    """The `go` to run; empty: the one on PATH."""
    go_timeout: float = 60.0
    """In seconds, for each run of Go."""


@dataclass(frozen=True, slots=True)
class ProjectFile:
    """A layerg-pin.toml. What is wrong in it stands in `problems`, with file and line; the rest counts."""

    path: str
    host: str = ""
    packages: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def read_project_file(folder: str) -> ProjectFile | None:
    """The project file of the plugin in `folder`; None where there is none. Never raises for what it holds."""
    path = Path(folder, PROJECT_FILE)
    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        return ProjectFile(str(path), problems=(f"{path}: cannot be read: {reason}",))
    problems: list[str] = []
    host, packages = values.pop("host", ""), values.pop("packages", [])
    if not isinstance(host, str):
        problems.append(f'{path}: host must be a text, such as host = "../layerg-core"')
        host = ""
    if not isinstance(packages, list) or not all(isinstance(package, str) for package in packages):
        problems.append(f'{path}: packages must be a list of texts, such as packages = ["./cmd/server"]')
        packages = []
    problems += [f"{path}: unknown key {key}: host and packages can be set here" for key in values]
    return ProjectFile(str(path), host, tuple(packages), tuple(problems))
