"""Parse the options of `docker run`, and find the folders of the repository in which a container works."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Sequence

from layerg_pin.core.buildfiles.build_file import BuildImage, ImageKind
from layerg_pin.core.buildfiles.command_results import CommandResult
from layerg_pin.core.buildfiles.command_words import ENVIRONMENT, Environment
from layerg_pin.core.buildfiles.shell_words import Word

Mount = tuple[str | None, str]
"""A folder, relative to that of the build file, and the folder in the container; None for an unknown one."""

_OPTIONS = {
    **{"-e": "env", "--env": "env", "--platform": "platform", "--entrypoint": "entrypoint"},
    **{"-w": "workdir", "--workdir": "workdir", "-v": "volume", "--volume": "volume", "--mount": "mount"},
    **{"--name": "", "--hostname": "", "-h": "", "--network": ""},
}
"""Options that take a value. The values of other options cannot be distinguished from images."""
_ATTACHED = r"-([ewv])=?(?=[A-Z/.$\"'`])"
_NAME = r"[A-Za-z_]\w*(?==)"
_CURRENT = r"(?:\$\$?(?:PWD\b|\(pwd\))|\$\$\{PWD\}|`pwd`)"
_ANY = r"\$\{PWD\}"
_OF_MAKE = r"\$\((?:PWD|CURDIR)\)"
_MAX_MOUNTS = 100
_WORKING = {ImageKind.PLUGINBUILDER: "/builder", ImageKind.GOLANG: "/go"}
"""The working folders of images. Sources: build/pluginbuilder/Dockerfile of Nakama; the Dockerfiles of golang."""


class ContainerOptions:
    """The options of `docker run` before the image."""

    def __init__(self, text: str, outer: Environment, platform: str | None) -> None:
        self.environment = Environment()
        self.platform = platform
        self.entrypoint: list[Word] | None = None
        """The program that replaces the image's entrypoint; empty if it is removed, None if the image's own runs."""
        self.mounts: list[Mount] = []
        self._text, self._outer = text, outer

    def take(self, before: Word, word: Word) -> bool:
        """Apply a word, if it is an option or the value of one."""
        written = self._text[word.span.start : word.span.end]
        option, equals, value = word.text.partition("=")
        if before.text in _OPTIONS:
            self._apply(_OPTIONS[before.text], word, written)
        elif equals and option.startswith("--") and option in _OPTIONS:
            self._apply(_OPTIONS[option], word._replace(text=value), written.partition("=")[2])
        elif attached := re.match(_ATTACHED, word.text) or re.match(_ATTACHED, written):
            rest = word._replace(text=re.sub(_ATTACHED, "", word.text) if word.known else word.text[2:])
            self._apply(_OPTIONS[f"-{attached[1]}"], rest, re.sub(_ATTACHED, "", written))
        else:
            return word.text.startswith("-")
        return True

    def _apply(self, name: str, word: Word, written: str) -> None:
        match name:
            case "env":
                self._set(word)
            case "platform":
                self.platform = word.text if word.known else None
            case "entrypoint":
                value = word.text.strip("\"'")  # PowerShell needs '""' for an empty one
                self.entrypoint = [word._replace(text=value)] if value or not word.known else []
            case "workdir":
                self.environment.enter(word)
            case "volume" | "mount" if len(self.mounts) < _MAX_MOUNTS:
                written = re.sub(r"[\"'\s]", "", word.text if word.known else written)
                if name == "mount":
                    fields = dict(each.partition("=")[::2] for each in written.split(","))
                    source, target = (fields.get("source") or fields.get("src"), fields.get("target") or "")
                    target = target or fields.get("dst") or fields.get("destination") or ""
                else:
                    found = re.fullmatch(r"(.*?):(/[^:]*)(?::[\w,]*)?", written)
                    source, target = (found[1], found[2]) if found else (None, "")
                if target.startswith("/"):
                    self.mounts.append((self._source(source or ""), posixpath.normpath(target)))

    def _source(self, written: str) -> str | None:
        """The folder that is mounted, relative to that of the file; None if it is unknown."""
        outer = self._outer
        found = re.fullmatch(rf"(\.{{1,2}}(?=/|\Z)|{_CURRENT}|{_ANY}|{_OF_MAKE})((?:/[^$`]*)?)", written)
        if found is None or "PWD" in outer.values:
            return None
        is_plain = outer.folder is None and outer.is_folder_sure
        if re.fullmatch(_OF_MAKE, found[1]) or is_plain:
            folder = ""
        elif re.fullmatch(_ANY, found[1]) or not outer.is_folder_sure:
            return None  # `${PWD}` is make's in a Makefile, and the shell's in a script
        else:
            folder = outer.folder or ""
        start = ".." if found[1] == ".." else "."
        return posixpath.normpath(posixpath.join(folder, start, found[2].lstrip("/")))

    def _set(self, word: Word) -> None:
        """Apply `-e NAME=VALUE`, or `-e NAME`, which passes the variable of the environment in which docker runs."""
        if name := re.match(_NAME, word.text, re.ASCII):
            self.environment.set(name[0], word, exported=True)
        elif word.known and word.text in ENVIRONMENT:
            value = (passed := self._outer.exported.get(word.text)) and passed.value
            self.environment.set(word.text, Word(value or "", word.span, known=value is not None), exported=True)


def enter_container(environment: Environment, image: BuildImage) -> str:
    """If no option sets the working folder of a container, set it to the working folder of the image.

    Returns the folder that was set, or an empty text.
    """
    if environment.folder is not None or not environment.is_folder_sure:
        return ""
    environment.folder = _WORKING.get(image.kind)
    return environment.folder or ""


def outside(result: CommandResult, mounts: Sequence[Mount], default: str) -> CommandResult:
    """The result with the folders of the repository instead of those in a container that are mounted from it.

    `default` is the working folder of the image, if no option sets another one.
    """
    commands = []
    for command in result.commands:
        folder, is_sure = _outside(command.folder, mounts, default)
        commands.append(command._replace(folder=folder, is_folder_sure=command.is_folder_sure and is_sure))
    return result._replace(
        commands=tuple(commands),
        steps=tuple(each._replace(folder=_outside(each.folder, mounts, default)[0]) for each in result.steps),
        delegates=tuple(each._replace(folder=_outside(each.folder, mounts, default)[0]) for each in result.delegates),
    )


def _outside(folder: str | None, mounts: Iterable[Mount], default: str) -> tuple[str | None, bool]:
    """The folder that is mounted at a container's folder, relative to the folder of the build file, and whether it is
    known.
    """
    if folder is None:
        return None, False
    covering = [mount for mount in mounts if _is_in(folder, mount[1])]
    source, target = max(reversed(covering), key=lambda mount: len(mount[1]), default=(None, ""))
    if source is not None:
        found = posixpath.normpath(posixpath.join(source, posixpath.relpath(folder, target)))
        return (None if found == "." else found), True
    if default and _is_in(folder, default):
        inner = posixpath.relpath(folder, default)
        return (None if inner == "." else inner), False
    return folder, False


def _is_in(folder: str, other: str) -> bool:
    return f"{folder}/".startswith(f"{other.rstrip('/')}/")
