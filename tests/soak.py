"""A long editing session: `python -m tests.soak [SEED [STEPS]]`, or `make soak`.

Edits, saves, host changes, opens and closes at random. At regular intervals it prints the server's memory, threads,
open files and children. At the end all of these must have levelled off, and the diagnostics must be those of a fresh
server; otherwise the exit code is 1. It runs on Linux only: the numbers come from /proc.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.conftest import copy_examples
from tests.raw_client import Message, RawClient

_SEED, _STEPS = 9, 20_000
_SETTLE = 4_000
"""Steps until the caches have reached their size."""
_GROWTH_KIB = 6 * 1024
"""How much more memory the server may use at the end than after settling."""
_PAUSE = 0.7
"""Seconds that a pause lasts, unless Go has answered before."""
_QUIET = 1.5
"""Seconds of silence after which the server is idle: longer than its delay before it asks Go."""


@dataclass(frozen=True)
class Usage:
    """What a process holds."""

    step: int
    kib: int
    threads: int
    files: int
    watches: int
    children: int


@dataclass
class Session:
    """A session: the client, and the texts of the files that are open."""

    client: RawClient
    root: Path
    random: Random
    texts: dict[Path, str] = field(default_factory=dict)
    """Open files, as they read in the editor."""
    originals: dict[Path, str] = field(default_factory=dict)
    version: int = 0

    def step(self) -> None:
        """Do something at random."""
        actions: list[tuple[int, Callable[[], None]]] = [
            *((70, self.edit), (8, self.save), (4, self.change_host), (5, self.open), (4, self.close)),
            *((7, self.ask), (1, self.change_toml), (1, self.touch_source), (2, self.pause)),
        ]
        weights = [weight for weight, _ in actions]
        self.random.choices([action for _, action in actions], weights)[0]()

    def edit(self) -> None:
        """Type into an open file: another version, a comment, a broken line, or all as it was."""
        path = self._open_file()
        if path is None:
            return
        text = self.originals[path]
        if path.name == "go.mod":
            for old, new in (
                ("v1.26.0", "v1.27.0"),
                ("v3.3.0", "v4.0.0"),
                ("v1.10.0", "v1.11.0"),
                ("v1.34.2", "v1.36.1"),
            ):
                text = text.replace(old, new) if self.random.random() < 0.4 else text
        ending = self.random.choice(("", "\n// a\n", f"\n// {self.version}\n", "\nrequire (\n", "\n<<<<<<< HEAD\n"))
        self._change(path, text + ending)

    def save(self) -> None:
        """Save an open file, with what can be read."""
        path = self._open_file()
        if path:
            path.write_text(self.texts[path])
            self.client.notify_file("didSave", path.as_uri())

    def change_host(self) -> None:
        """Change the host's modules.txt, as vendoring does: sometimes the file is missing, empty or truncated."""
        modules_txt = self.root / "host" / "vendor" / "modules.txt"
        whole = self.originals[modules_txt]
        match self.random.randrange(6):
            case 0:
                modules_txt.unlink(missing_ok=True)
            case 1:
                modules_txt.write_text("")
            case 2:
                modules_txt.write_text(whole[: self.random.randrange(len(whole))])
            case 3:
                modules_txt.write_text(whole.replace("v1.27.0", self.random.choice(("v1.26.0", "v1.25.0"))))
            case _:
                modules_txt.write_text(whole)

    def open(self) -> None:
        """Open a file that is not open."""
        closed = [path for path in self.originals if path not in self.texts and path.is_file()]
        if closed:
            self.version += 1
            path = self.random.choice(closed)
            self.texts[path] = path.read_text()
            self.client.open(path, version=self.version)

    def close(self) -> None:
        """Close an open file."""
        path = self._open_file()
        if path:
            del self.texts[path]
            self.client.notify_file("didClose", path.as_uri())

    def ask(self) -> None:
        """Send a request that editors send, and wait for the answer."""
        path = self._open_file()
        if path is None:
            return
        document = {"textDocument": {"uri": path.as_uri()}}
        place = {"line": self.random.randrange(20), "character": self.random.randrange(20)}
        span = {"start": {"line": 0, "character": 0}, "end": {"line": 30, "character": 0}}
        method, more = self.random.choice(
            (
                ("hover", {"position": place}),
                ("completion", {"position": place}),
                ("codeAction", {"range": span, "context": {"diagnostics": []}}),
                ("inlayHint", {"range": span}),
                ("codeLens", {}),
                ("documentLink", {}),
            )
        )
        self.client.request(f"textDocument/{method}", {**document, **more})

    def change_toml(self) -> None:
        """Change the project file: valid, invalid, or missing."""
        path = self.root / "plugin" / "layerg-pin.toml"
        text = self.random.choice(('host = "../host"\n', 'host = "../none"\n', f"x{self.version} = \n", ""))
        path.write_text(text) if text else path.unlink(missing_ok=True)

    def touch_source(self) -> None:
        """Add a Go file on disk, or remove it."""
        path = self.root / "plugin" / "extra.go"
        path.unlink() if path.exists() else path.write_text('package main\n\nimport _ "go.uber.org/zap/zaptest"\n')

    def pause(self) -> None:
        """Wait until Go has been asked and has answered, as after a pause in typing."""
        heard = self.client.logged("go list for")
        self.client.wait(lambda: self.client.logged("go list for") != heard, _PAUSE)

    def rest(self) -> None:
        """Restore all files, on disk and in the editor, and wait until the server has nothing left to do."""
        for path, text in self.originals.items():
            path.write_text(text)
        (self.root / "plugin" / "layerg-pin.toml").write_text('host = "../host"\n')
        (self.root / "plugin" / "extra.go").unlink(missing_ok=True)
        for path in self.originals:
            if path in self.texts:
                self._change(path, self.originals[path])
            else:
                self.client.open(path)
                self.texts[path] = self.originals[path]
            self.client.notify_file("didSave", path.as_uri())
        settle(self.client)

    def usage(self, step: int) -> Usage:
        """What the server holds now."""
        proc = Path(f"/proc/{self.client.process.pid}")
        status = dict(line.split(":", 1) for line in (proc / "status").read_text().splitlines())
        watches = 0
        for info in (proc / "fdinfo").iterdir():
            try:
                watches += info.read_text().count("inotify wd:")
            except OSError:
                continue  # it was closed meanwhile
        children = 0
        for task in (proc / "task").iterdir():
            try:
                children += len(Path(task, "children").read_text().split())
            except OSError:
                continue  # the thread has ended meanwhile
        kib, threads = int(status["VmRSS"].split()[0]), int(status["Threads"])
        return Usage(
            step=step, kib=kib, threads=threads, files=len(os.listdir(proc / "fd")), watches=watches, children=children
        )

    def _open_file(self) -> Path | None:
        return self.random.choice(list(self.texts)) if self.texts else None

    def _change(self, path: Path, text: str) -> None:
        self.version += 1
        self.texts[path] = text
        self.client.change(path.as_uri(), text, self.version)


def settle(client: RawClient) -> None:
    """Wait until the server has sent nothing for a while; an answer comes after everything that was sent before it."""
    said, since = -1, time.monotonic()
    while time.monotonic() - since < _QUIET:
        client.request(
            "textDocument/hover", {"textDocument": {"uri": "untitled:x"}, "position": {"line": 0, "character": 0}}
        )
        if client.received != said:
            said, since = client.received, time.monotonic()
        time.sleep(0.05)  # so that the server has the processor


def shown(client: RawClient) -> dict[str, list[Message]]:
    """The diagnostics of each file, in an order that does not depend on the history."""
    found = {uri: sorted(each["diagnostics"], key=repr) for uri, each in client.shown.items()}
    return {uri: diagnostics for uri, diagnostics in found.items() if diagnostics}


def soak(root: Path, seed: int, steps: int, say: Callable[[str], object] = print) -> list[str]:
    """Run a session in a folder; returns the problems that were found."""
    copy_examples(root)
    files = ("plugin/go.mod", "plugin/main.go", "host/vendor/modules.txt")
    originals = {root / name: (root / name).read_text() for name in files}
    wrong: list[str] = []
    curve: list[Usage] = []
    started = time.monotonic()
    with RawClient(root) as client:
        session = Session(client, root, Random(seed), originals=originals)
        for step in range(steps + 1):
            if step % max(1, steps // 20) == 0:
                client.request(
                    "textDocument/hover",
                    {"textDocument": {"uri": "untitled:x"}, "position": {"line": 0, "character": 0}},
                )
                curve.append(session.usage(step))
                now = curve[-1]
                say(
                    f"{now.step:6} steps {time.monotonic() - started:5.0f} s  {now.kib / 1024:6.1f} MiB"
                    f"  {now.threads} threads  {now.files} files  {now.watches} watches  {now.children} children"
                )
            session.step()
        session.rest()
        deadline = time.monotonic() + 30
        while (end := session.usage(steps)).children and time.monotonic() < deadline:
            time.sleep(0.1)  # on a busy machine, Go may still run after the pause that `rest` waits for
        say(f"  rest       {time.monotonic() - started:5.0f} s  {end.kib / 1024:6.1f} MiB  {end}")
        after = shown(client)
        if not any("linked into both" in each["message"] for found in after.values() for each in found):
            wrong.append(f"Go's answer is not shown at the end: {after}")
        settled = [each for each in curve if each.step >= min(_SETTLE, steps // 2)]
        if end.kib > settled[0].kib + _GROWTH_KIB:
            wrong.append(f"memory grows: {settled[0].kib} KiB at step {settled[0].step}, {end.kib} KiB at the end")
        if end.children:
            wrong.append(f"{end.children} processes are left behind")
        with RawClient(root) as fresh:
            other = Session(fresh, root, Random(seed), originals=originals)
            other.rest()
            if shown(fresh) != after:
                wrong.append(f"a fresh server shows something else:\n{shown(fresh)}\n{after}")
            new = other.usage(0)
            if end.watches > new.watches or end.files > new.files + 2 or end.threads > new.threads + 20:
                wrong.append(f"more is held than by a fresh server: {end}, {new}")
            fresh.leave()
        for uri in [path.as_uri() for path in session.texts]:
            client.notify_file("didClose", uri)
        client.until(lambda: not shown(client))
        client.request(
            "textDocument/hover", {"textDocument": {"uri": "untitled:x"}, "position": {"line": 0, "character": 0}}
        )
        deadline = time.monotonic() + 30
        while (closed := session.usage(steps)).watches and time.monotonic() < deadline:
            time.sleep(0.1)  # a thread of the server ends them
        if closed.watches:
            wrong.append(f"watches are left when all is closed: {closed}")
        if client.leave() != 0:
            wrong.append("the server did not end in order")
        if client.complaints:
            wrong.append(f"it complained: {client.complaints[:20]}")
    return wrong


def main() -> int:
    """Run a session with the arguments of the command line."""
    seed, steps = (int(each) for each in (*sys.argv[1:3], *map(str, (_SEED, _STEPS)[len(sys.argv[1:3]) :])))
    with tempfile.TemporaryDirectory(prefix="layerg-pin-soak-") as folder:
        wrong = soak(Path(folder), seed, steps)
    print("\n".join(wrong) or f"seed {seed}, {steps} steps: all is as it should be")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
