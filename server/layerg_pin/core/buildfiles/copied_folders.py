"""Find the folders of a build context that a COPY puts into an image, and their places there."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence

from layerg_pin.core.buildfiles.command_words import Environment
from layerg_pin.core.buildfiles.shell_words import Word

MAX_COPIED = 50
"""Limit on the copies of a stage. After as many, it is not known what its folders contain."""


def copied_folders(
    paths: Sequence[Word], environment: Environment, count: int, *, is_of_stage: bool
) -> Iterator[tuple[str, str]]:
    """The source and the absolute target of each copy, after `count` earlier ones of the stage.

    The source is empty if it is unknown, or in another stage.
    """
    if not paths:
        return
    last = paths[-1]
    is_sure = last.known and (environment.is_folder_sure or last.text.startswith("/"))
    target = posixpath.normpath(posixpath.join("/", environment.folder or "", last.text)) if is_sure else "/"
    for word in paths[:-1][: max(0, MAX_COPIED - count)]:
        yield "" if is_of_stage or not (is_sure and word.known) else word.text, target
