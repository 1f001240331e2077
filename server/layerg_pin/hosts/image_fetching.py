"""Fetch an image with docker, podman, skopeo or crane, and keep its server. Only on the user's request."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from layerg_pin.core.known.images import release_of
from layerg_pin.core.lazy_pattern import LazyPattern
from layerg_pin.go.process import run_program
from layerg_pin.go.query_types import Cancellation, GoCancelled, GoError
from layerg_pin.hosts.image_cache import check_cache_folder, keep_server, load_server
from layerg_pin.hosts.image_hosts import extract_image
from layerg_pin.hosts.image_references import REGISTRY, ImageReference, image_reference, is_image_name
from layerg_pin.hosts.image_streams import ImageError
from layerg_pin.system.leftovers import SCRATCH_PREFIX, remove_leftovers
from layerg_pin.system.programs import find_program

PROGRAMS = ("docker", "podman", "skopeo", "crane")
"""The programs that fetch images, in the order in which they are tried."""
_SECONDS = 1800.0
"""Limit on the time of one command."""
_REPORT_SECONDS = 5.0
_LOGGED = LazyPattern(r'msg="(.*)"')
"""The message in a line of skopeo's and podman's log."""
_Report = Callable[[str], None]


def fetch_image(
    reference: str, record: str, architecture: str, cancellation: Cancellation, report: _Report | None = None
) -> None:
    """Fetch the image in a registry that a host reference names, unless its server is in the cache for good.

    A name without an exact release or a digest may mean a different image from last time, so it is fetched again;
    docker and podman do not pull an image that they have. `record` is where the server is kept; `report` shows
    progress. Does nothing for other references. Raises ImageError and GoCancelled.
    """
    image = image_reference(reference)
    if image is None or image.transport != REGISTRY:
        return
    name = image.location
    if not is_image_name(name):
        raise ImageError(f"the host {reference} cannot be used: {name} is not the name of an image")
    check_cache_folder(record)
    known = load_server(record)
    if known and _is_exact(name) and (not architecture or known.image.platform == f"linux/{architecture}"):
        return
    remove_leftovers(tempfile.gettempdir(), SCRATCH_PREFIX)
    folder = tempfile.mkdtemp(prefix=SCRATCH_PREFIX)
    try:
        file = os.path.join(folder, "image.tar")
        program = _fetch(name, file, architecture, cancellation, report)
        saved = ImageReference("", file)
        keep_server(record, lambda target: extract_image(saved, file, architecture, target)._replace(used=()))
    except ImageError as error:
        message = f"the host {reference} cannot be used: {error}"
        raise ImageError(f"{message}; --offline uses the one that was fetched before" if known else message) from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if report:
        report(f"got {name} with {program}")


def _fetch(name: str, file: str, architecture: str, cancellation: Cancellation, report: _Report | None) -> str:
    """Write an image to a file, with the first program that can; returns the program. Raises ImageError."""
    failures = []
    for program in PROGRAMS:
        path = find_program(program)
        if path is None:
            continue
        try:
            with _progress(f"getting {name} with {program}", os.path.dirname(file), report):
                _run(program, path, name, file, architecture, cancellation)
            return program
        except GoCancelled:
            raise
        except GoError as error:
            message = _LOGGED.search(str(error))
            failures.append(f"{program}: {message[1] if message else error}")
    if not failures:
        raise ImageError(
            f"there is no {', '.join(PROGRAMS[:-1])} or {PROGRAMS[-1]} on PATH to get it: install one, or save the "
            f"image elsewhere with `docker save -o image.tar {name}`, and use docker-archive:image.tar"
        )
    raise ImageError(f"it cannot be fetched: {'; '.join(failures)}")


def _run(program: str, path: str, name: str, file: str, architecture: str, cancellation: Cancellation) -> None:
    """Get an image with one of the programs. Raises GoError."""
    full = _with_tag(name)
    platform = ("--platform", f"linux/{architecture}") if architecture else ()

    def run(*arguments: str) -> None:
        run_program((path, *arguments), _SECONDS, cancellation)

    if program in ("docker", "podman"):
        try:
            run("image", "inspect", "--format", "{{.Id}}", full)  # an image that was built here is in no registry
        except GoCancelled:
            raise
        except GoError:
            run("pull", "--quiet", *platform, full)
        run("save", "--output", file, full)
    elif program == "skopeo":
        override = ("--override-arch", architecture) if architecture else ()
        run("copy", "--override-os", "linux", *override, f"docker://{full}", f"docker-archive:{file}")
    else:
        run("pull", *(platform or ("--platform", "linux/amd64")), full, file)


def _with_tag(name: str) -> str:
    """The name with its digest, without the tag beside it, or else with its tag."""
    path, at, digest = name.partition("@")
    head, slash, last = path.rpartition("/")
    if at:
        return f"{head}{slash}{last.partition(':')[0]}@{digest}"
    return name if ":" in last else f"{name}:latest"


def _is_exact(name: str) -> bool:
    """Whether a name always means the same image: by a digest, or by the number of a release."""
    if "@" in name:
        return True
    tag = name.rpartition("/")[2].partition(":")[2]
    release = release_of(tag) if tag else None
    return release is not None and release.exact


@contextmanager
def _progress(title: str, folder: str, report: _Report | None) -> Iterator[None]:
    """Report the size of a folder and the time every few seconds."""
    if report is None:
        yield
        return
    report(title)
    ended, started = threading.Event(), time.monotonic()

    def watch() -> None:
        size = 0
        while not ended.wait(_REPORT_SECONDS):
            with suppress(OSError), os.scandir(folder) as entries:  # OSError: a file that was removed meanwhile
                size = sum(entry.stat().st_size for entry in entries)
            report(f"{title}: {size >> 20} MiB, {time.monotonic() - started:.0f} s")

    watcher = threading.Thread(target=watch, name="layerg-pin-progress", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()
