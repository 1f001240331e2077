"""Advice for arguments that are nearly right: a host instead of a folder, a Go pattern, or a release in two words."""

from __future__ import annotations

import argparse
import os

from layerg_pin.core.known.release_names import release_name
from layerg_pin.system.text_files import FileError

_PATTERN_ENDS = ("/...", "\\...")
"""The ends of Go's patterns for all packages in a folder and below it."""


def is_go_pattern(name: str) -> bool:
    """Whether a name means, to Go, all packages in a folder and below it."""
    return name == "..." or name.endswith(_PATTERN_ENDS)


def folder_advice(name: str, remedy: str) -> str:
    """What to pass instead of a folder that does not exist; `remedy` if the name is no near miss."""
    if is_go_pattern(name):
        return f"pass `{name[:-4] or '.'}`, which includes the folders below it"
    if release_name(name):
        return f"to name the host, use --host {name}"
    return remedy


def check_release(options: argparse.Namespace) -> None:
    """Check that RELEASE and DIR of `upgrade` are not a release in two words. Raises FileError."""
    name = release_name(f"{options.release} {options.dir}")
    if name and not os.path.lexists(options.dir):
        raise FileError(f"{options.dir} does not exist: write the release as one word, {name}")
    if release_name(options.dir) and not os.path.lexists(options.dir):
        raise FileError(f"{options.dir} does not exist: upgrade takes one release, and then the plugin's folder")


def two_words(options: argparse.Namespace, word: str) -> str:
    """The release that the last arguments before `word`, or with it, nearly name; otherwise empty."""
    release, folder = getattr(options, "release", None), getattr(options, "dir", None)
    for text in (f"{release} {folder}", f"{folder} {word}"):
        if name := release_name(text):
            return f" (did you mean {name if release else f'--host {name}'}?)"
    return ""
