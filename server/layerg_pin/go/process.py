"""Run `go`, and programs that fetch images, with limits on time and output, and kill them with their children on
cancellation.
"""

from __future__ import annotations

import os
import re
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing, suppress
from typing import IO, TYPE_CHECKING

from layerg_pin.go.query_types import Cancellation, Go, GoCancelled, GoError, GoFailed, GoInterrupted, GoMemoryError
from layerg_pin.system.terminal import print_detail
from layerg_pin.system.windows_job import Job

if TYPE_CHECKING:
    import subprocess

    _Kill = Callable[[subprocess.Popen[bytes]], None]

OFFLINE = "module lookup disabled by GOPROXY=off"
"""Part of Go's error message for a module that is not in the module cache."""
_NO_NETWORK = {
    "GOPROXY": "off",
    "GONOPROXY": "none",  # otherwise Go fetches the modules of GOPRIVATE
    "GOVCS": "*:off",
    "GOSUMDB": "off",
    "GOTOOLCHAIN": "local",
}
_MAX_REASON = 600
_MAX_LINE = 2000
"""In characters, of one line of Go's error output: the time to search a line grows with the square of its length."""
_MAX_TEXT = 128 * 1024
"""In characters, of Go's whole error output."""
_MAX_OUTPUT = 64 * 1024 * 1024
"""In bytes, for each of the two output streams. `go list -deps` prints 4 MiB for Kubernetes."""
_CHUNK = 64 * 1024
_ADDRESS = r"reading https?://\S+: "
_OUT_OF_MEMORY = re.compile(
    r"^fatal error: (?:runtime: )?(?:out of memory|cannot allocate memory)|fork/exec .*: cannot allocate memory",
    re.MULTILINE,
)
"""The messages of Go's runtime when memory runs out (Go: runtime/mem_linux.go, malloc.go)."""
_SCRATCH = r"(?:[A-Za-z]:[\\/][^:;\"]*?|[^\s:]*)layerg-pin-[^\s/\\]+[/\\]"
"""A scratch folder. On Windows, its path has a drive and may contain blanks: `C:\\Users\\First Last\\AppData`."""


def run_go(go: Go, arguments: Sequence[str], folder: str, env: Mapping[str, str], cancellation: Cancellation) -> bytes:
    """Run `go` and return its standard output. Raises GoError with the text of standard error."""
    background = {} if go.network else _NO_NETWORK
    env = {**os.environ, "PWD": folder, **background, **env}  # else Go resolves links, which may change go.work
    code, output, errors = _run((go.program, *arguments), folder, env, go.timeout, cancellation, memory=go.memory)
    if code:
        text = _clip(errors.decode("utf-8", "replace"))
        if _OUT_OF_MEMORY.search(text):  # the process may then end by a signal
            raise GoMemoryError(
                f"Go exceeded its memory limit of {go.memory / (1 << 30):.3g} GiB; "
                f"run `go {arguments[0]}` in the plugin's folder to see the cause"
            )
        if code < 0:
            raise GoInterrupted(f"go {arguments[0]} was killed: exit code {code}")
        reason = reason_of(text) or f"go {arguments[0]} ended with exit code {code}"
        raise GoFailed(reason, needs_download=OFFLINE in text, text=text)
    return output


def run_program(command: Sequence[str], timeout: float, cancellation: Cancellation) -> None:
    """Run a program other than `go`, at the user's request, without input. Raises GoError with its last output."""
    code, _, errors = _run(command, os.path.abspath(os.sep), os.environ, timeout, cancellation, memory=None)
    if code:
        lines = [line.strip() for line in errors[-_MAX_LINE:].decode("utf-8", "replace").splitlines() if line.strip()]
        raise GoError((lines[-1] if lines else f"it ended with exit code {code}")[:_MAX_REASON])


def _run(
    command: Sequence[str],
    folder: str,
    env: Mapping[str, str],
    timeout: float,
    cancellation: Cancellation,
    *,
    memory: int | None,
) -> tuple[int, bytes, bytes]:
    """Run a program; returns its exit code, standard output and standard error. Raises GoError."""
    import subprocess  # imported here: a run whose answers are all cached does not need it

    def start() -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            bufsize=0,  # a buffered stream cannot be closed while a thread reads it
        )
        job.add(process.pid)
        if memory is not None:
            _limit_memory(process.pid, memory)
        return process

    def kill(process: subprocess.Popen[bytes]) -> None:
        _kill(process, job)

    name, begin = os.path.basename(command[0]).removesuffix(".exe"), time.monotonic()
    with closing(Job()) as job, _started(start, cancellation, kill, command[0]) as process:
        try:
            output, errors = _read_output(process, time.monotonic() + timeout, kill)
        except (TimeoutError, subprocess.TimeoutExpired):
            raise GoInterrupted(f"{name} {command[1]} did not answer within {timeout:g} seconds") from None
        finally:
            cancellation.done(process)
            kill(process)
    print_detail(f"{name} {' '.join(command[1:])} in {folder}: {time.monotonic() - begin:.2f} s")
    if cancellation.cancelled:
        raise GoCancelled("cancelled")
    return process.returncode, output, errors


def _started(
    start: Callable[[], subprocess.Popen[bytes]], cancellation: Cancellation, kill: _Kill, program: str
) -> subprocess.Popen[bytes]:
    try:
        return cancellation.start(start, kill)
    except (OSError, ValueError) as error:  # OSError: the folder is gone; ValueError: an argument contains a NUL
        raise GoError(f"{program} does not start: {getattr(error, 'strerror', None) or error}") from error


def _limit_memory(number: int, limit: int) -> None:
    """Limit the memory of a process and of the children that it starts from now on (Linux only).

    It uses RLIMIT_DATA, because Go reserves far more address space than it uses, which RLIMIT_AS would count. The limit
    is set right after the start: code between fork and exec is not safe in a process with threads.
    """
    if sys.platform == "linux":
        import resource  # imported here: not every system has it

        with suppress(OSError, ValueError):  # the process has ended, or has a lower limit
            _, hard = resource.prlimit(number, resource.RLIMIT_DATA)
            if hard == resource.RLIM_INFINITY or hard > limit:
                resource.prlimit(number, resource.RLIMIT_DATA, (limit, limit))


def reason_of(text: str) -> str:
    """Go's error output in one line, without progress reports, addresses and names of temporary files."""
    lines = [re.sub(_SCRATCH, "", line.strip()) for line in _clip(text).splitlines()]
    joined = re.sub(_ADDRESS, "", "; ".join(line.removeprefix("go: ") for line in lines if line)).replace(":; ", ": ")
    return joined.replace(OFFLINE, "not in the module cache; run `go mod download`")[:_MAX_REASON]


def _clip(text: str) -> str:
    """Go's error output without progress reports, which may quote go.mod at any length. Long lines are cut."""
    lines = (line[:_MAX_LINE] for line in text.splitlines() if not line.startswith("go: downloading "))
    return "\n".join(lines).strip()[:_MAX_TEXT]


def _read_output(process: subprocess.Popen[bytes], deadline: float, kill: _Kill) -> tuple[bytes, bytes]:
    """The standard output and standard error of a run. Raises GoError if they are too long, and TimeoutError or
    TimeoutExpired.
    """
    assert process.stdout
    assert process.stderr
    output = _Output(process.stdout), _Output(process.stderr)
    try:
        if sys.platform == "win32":
            _read_in_threads(output, process, deadline, kill)
        else:
            _read_when_ready(output, process, deadline, kill)
        process.wait(max(0.0, deadline - time.monotonic()))
    finally:
        kill(process)
    if any(each.is_too_long for each in output):
        raise GoError(f"the command printed more than {_MAX_OUTPUT >> 20} MiB")
    return bytes(output[0].content), bytes(output[1].content)


class _Output:
    """A stream of a process, and what was read from it."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream = stream
        self.content = bytearray()

    @property
    def is_too_long(self) -> bool:
        return len(self.content) > _MAX_OUTPUT

    def read_chunk(self) -> bool:
        """Read what is there, or wait for more. Returns whether there may be more to read."""
        chunk = self.stream.read(_CHUNK)  # reading everything at once could exceed the memory limit
        self.content += chunk
        return bool(chunk) and not self.is_too_long


def _read_when_ready(output: Iterable[_Output], process: subprocess.Popen[bytes], deadline: float, kill: _Kill) -> None:
    """Read the streams in this thread. Threads for them would keep memory of their own: 4 MiB in a language server."""
    import selectors  # imported here: a known answer needs no run of Go

    with selectors.DefaultSelector() as selector:
        for each in output:
            selector.register(each.stream, selectors.EVENT_READ, each)
        while selector.get_map():
            ready = selector.select(max(0.0, deadline - time.monotonic()))
            if not ready:
                raise TimeoutError
            for key, _ in ready:
                if not key.data.read_chunk():
                    selector.unregister(key.fileobj)
                if key.data.is_too_long:
                    kill(process)


def _read_in_threads(output: Iterable[_Output], process: subprocess.Popen[bytes], deadline: float, kill: _Kill) -> None:
    """Read the streams on Windows, where pipes cannot be waited for."""

    def read(each: _Output) -> None:
        with suppress(OSError, ValueError):  # closed, because the run was given up
            while each.read_chunk():
                pass
            if each.is_too_long:
                kill(process)

    readers = [threading.Thread(target=read, args=(each,), name="layerg-pin-go", daemon=True) for each in output]
    for reader in readers:
        reader.start()
    try:
        for reader in readers:
            reader.join(max(0.0, deadline - time.monotonic()))
        if any(reader.is_alive() for reader in readers):
            raise TimeoutError
    finally:
        kill(process)
        for reader in readers:
            reader.join(1)


def _kill(process: subprocess.Popen[bytes], job: Job) -> None:
    """Kill a process and its children, unless it has been waited for. Until then its process id cannot be reused, even
    if the process has ended.
    """
    if process.returncode is not None:
        return
    if sys.platform == "win32":
        job.kill()
        process.kill()  # where Windows refused a job
    else:
        with suppress(ProcessLookupError, PermissionError):  # it ended; macOS refuses if only a zombie is left
            os.killpg(process.pid, signal.SIGKILL)
