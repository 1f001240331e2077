"""Write copies of go.mod, go.work and unsaved files for a run of Go, and remove them afterwards."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache

from layerg_pin.core.gomod.directives import is_directory
from layerg_pin.core.gomod.parser import parse_gowork
from layerg_pin.go.query_types import (
    GoError,
)
from layerg_pin.system.leftovers import SCRATCH_PREFIX, remove_leftovers
from layerg_pin.system.text_files import FileError, read_text


def outside_workspace(
    folder: str, gomod: str, scratch: str, gosum: str | None = None
) -> tuple[tuple[str, str], dict[str, str]]:
    """Outside a workspace: the arguments and environment that use copies of go.mod and go.sum, which Go may change.

    `gosum` is the text of go.sum, if it is not the one on disk.
    """
    copy = os.path.join(scratch, "go.mod")
    write_copy(copy, gomod)
    if gosum is None:
        _copy_file(os.path.join(folder, "go.sum"), os.path.join(scratch, "go.sum"))
    else:
        write_copy(os.path.join(scratch, "go.sum"), gosum)
    return ("-mod=mod", f"-modfile={copy}"), {"GOWORK": "off"}


def in_workspace(work: str, text: str | None, scratch: str) -> tuple[tuple[str, ...], dict[str, str]]:
    """In a workspace, where Go refuses `-modfile`: the environment that uses a copy of go.work with absolute paths. A
    changed go.mod goes into the overlay.
    """
    copy = os.path.join(scratch, "go.work")
    write_copy(copy, _absolute_work(work, read_input(work) if text is None else text))
    _copy_file(f"{work}.sum", f"{copy}.sum")
    return (), {"GOWORK": copy}


def overlay_argument(texts: Mapping[str, str], scratch: str) -> tuple[str, ...]:
    """The -overlay argument that replaces files on disk by texts, given by absolute path."""
    if not texts:
        return ()
    replaced = {}
    for number, (path, text) in enumerate(texts.items()):
        replaced[path] = os.path.join(scratch, f"overlay-{number}")
        write_copy(replaced[path], text)
    listing = os.path.join(scratch, "overlay.json")
    write_copy(listing, json.dumps({"Replace": replaced}))
    return (f"-overlay={listing}",)


def _absolute_work(path: str, text: str) -> str:
    """The text of the go.work at `path` with every folder made absolute."""
    work = parse_gowork(text)
    folders = [*work.uses, *(replace.target for replace in work.replaces if is_directory(replace.target.text))]
    for token in sorted(folders, key=lambda token: token.span, reverse=True):
        folder = os.path.normpath(os.path.join(os.path.dirname(path), token.text))  # Go refuses `.` in it
        absolute = json.dumps(folder, ensure_ascii=False)
        text = text[: token.span.start] + absolute + text[token.span.end :]
    return text


@contextmanager
def scratch_folder() -> Iterator[str]:
    """A temporary folder for copies, removed at the end. Raises GoError if it cannot be created."""
    import tempfile

    try:
        _remove_scratch_folders(tempfile.gettempdir())
        folder = tempfile.mkdtemp(prefix=SCRATCH_PREFIX)
    except OSError as error:
        raise GoError(f"cannot create a temporary folder: {error.strerror or error}") from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@cache
def _remove_scratch_folders(folder: str) -> None:
    """Remove the scratch folders of killed runs, once per process."""
    remove_leftovers(folder, SCRATCH_PREFIX)


def write_copy(path: str, text: str) -> None:
    try:
        with open(path, "wb") as stream:
            stream.write(text.encode("utf-8", "surrogateescape"))
    except UnicodeEncodeError:
        raise GoError("the text of go.mod contains an unpaired surrogate") from None
    except OSError as error:
        raise GoError(f"cannot write a copy for Go to {os.path.dirname(path)}: {error.strerror or error}") from error


def read_input(path: str) -> str:
    try:
        return read_text(path)
    except FileError as error:
        raise GoError(str(error)) from error


def _copy_file(source: str, target: str) -> None:
    if os.path.isfile(source):
        write_copy(target, read_input(source))
