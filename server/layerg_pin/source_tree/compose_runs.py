"""The commands in build files that run compose projects, and which compose files they read."""

from __future__ import annotations

import os
from collections.abc import Iterator

from layerg_pin.core.buildfiles.build_file import BuildSource, ComposeRun
from layerg_pin.core.buildfiles.compose_variables import PROFILES
from layerg_pin.source_tree.build_file_parsing import is_below, working_folder


def runs_of(source: BuildSource, root: str) -> Iterator[ComposeRun]:
    """The runs of a file, with absolute paths. In files that also run tests, unknown values are ignored.

    The path of an environment file outside of the repository at `root` is empty: it is not read.
    """
    for run in source.file.runs:
        folder = os.path.normpath(os.path.join(working_folder(source.path), run.folder or ""))
        env_files = (os.path.normpath(os.path.join(folder, each)) for each in run.env_files)
        values = run.values
        if source.file.is_ci_or_dev:
            values = {name: value for name, value in values.items() if value is not None}
        yield run._replace(
            values=values,
            files=tuple(os.path.normpath(os.path.join(folder, each)) for each in run.files),
            env_files=tuple(path if is_below(path, root) else "" for path in env_files),
            folder=folder,
        )


def applies(run: ComposeRun, path: str, text: str) -> bool:
    """Whether a run can change how the compose file at a path is read: it reads this file or one above its folder."""
    if run.files and path not in run.files:
        # A script can be run from another folder.
        if not any(os.path.basename(each) == os.path.basename(path) and not os.path.exists(each) for each in run.files):
            return False
    elif not run.files and not is_below(os.path.join(run.folder or "", ""), os.path.dirname(path)):
        return False
    if run.env_files or run.profiles or run.arguments or PROFILES in run.values:
        return True
    # An extended service may be in another file, which then contains its variables.
    return bool(run.values) and ("extends" in text or any(name in text for name in run.values))
