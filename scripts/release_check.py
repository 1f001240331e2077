"""Prove a release from a clean clone of HEAD, and put its files into dist/release.

Checks the version and the changelog, builds the wheel, the source archive, the extension and Homebrew's formula,
installs and runs what was built with pip, pipx and uv, and writes the checksums. Every problem is listed at the end.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import runpy
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OUTPUT = ROOT / "dist" / "release"
PLACEHOLDER = "OWNER/layerg-pin"
"""Stands for the repository until it has an address."""
_OF_THIS_SCRIPT = ("scripts/release_check.py",)


def main() -> None:
    """Build and check everything; exits with 1 and the list of problems if there are any."""
    problems = ["there are uncommitted changes, which are not released"] if _run("git", "status", "--porcelain") else []
    shutil.rmtree(OUTPUT, ignore_errors=True)
    OUTPUT.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as scratch:
        clone = Path(scratch) / "clone"
        _run("git", "clone", "--quiet", "--no-local", str(ROOT), str(clone))
        version = runpy.run_path(str(clone / "server/layerg_pin/__init__.py"))["__version__"]
        _step(f"version {version}: changelog and addresses")
        problems += changelog_problems((clone / "CHANGELOG.md").read_text("utf-8"), version)
        problems += placeholder_problems(clone)
        _build(clone)
        wheel, sdist = OUTPUT / f"layerg_pin-{version}-py3-none-any.whl", OUTPUT / f"layerg_pin-{version}.tar.gz"
        _step("twine check")
        _run(_tool("twine"), "check", "--strict", str(wheel), str(sdist))
        problems += _installed_problems(Path(scratch), wheel, sdist, version)
        _step("Homebrew's formula")
        _run(sys.executable, "scripts/write_formula.py", str(sdist), str(OUTPUT / "layerg-pin.rb"))
    with zipfile.ZipFile(OUTPUT / "layerg-pin.vsix") as vsix:
        if (packed := json.loads(vsix.read("extension/package.json"))["version"]) != version:
            problems.append(f"the extension has the version {packed}")
    sums = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in sorted(OUTPUT.iterdir())]
    (OUTPUT / "SHA256SUMS").write_text("".join(sums), "utf-8")
    sys.stdout.writelines(sums)
    if problems:
        sys.exit("\n".join((f"layerg-pin {version} cannot be released:", *(f"- {each}" for each in problems))))
    sys.stdout.write(f"layerg-pin {version} can be released: its files are in dist/release\n")


def changelog_problems(text: str, version: str) -> Iterator[str]:
    """What is wrong with the changelog for the release of a version."""
    unreleased = re.search(r"^## \[Unreleased\]\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    if unreleased and unreleased[1].strip():
        yield f"CHANGELOG.md has entries under [Unreleased]: move them to a section [{version}] with today's date"
    if not re.search(rf"^## \[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d$", text, re.MULTILINE):
        yield f"CHANGELOG.md has no section `## [{version}] - DATE`"


def placeholder_problems(folder: Path) -> Iterator[str]:
    """The files of a clone that still name the placeholder instead of the repository."""
    command = ("git", "grep", "--fixed-strings", "--name-only", PLACEHOLDER)
    found = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout.split()
    if names := [name for name in found if not name.startswith(_OF_THIS_SCRIPT)]:
        yield f"replace {PLACEHOLDER} by the repository's owner and name in {', '.join(names)}"


def _build(clone: Path) -> None:
    time = _run("git", "log", "-1", "--format=%ct").strip()
    env = {**os.environ, "SOURCE_DATE_EPOCH": time}  # the same commit gives the same bytes
    _step("wheel and source archive")
    _run(_tool("uv"), "build", "--quiet", "--out-dir", str(OUTPUT), cwd=clone, env=env)
    (OUTPUT / ".gitignore").unlink(missing_ok=True)
    _step("extension for VS Code, which installs the development tools first")
    _run("make", "--silent", "vsix", f"PYTHON={sys.executable}", cwd=clone, env=env)
    shutil.copy(clone / "dist" / "layerg-pin.vsix", OUTPUT)


def _installed_problems(scratch: Path, wheel: Path, sdist: Path, version: str) -> Iterator[str]:
    """Install the wheel with pip and uv and the source archive with pipx, and run what was installed."""
    empty = scratch / "empty"
    empty.mkdir()
    _step("pip")
    _run(sys.executable, "-m", "venv", str(scratch / "venv"))
    _run(str(scratch / "venv/bin/python"), "-m", "pip", "install", "--quiet", str(wheel))
    _step("pipx, from the source archive")
    folders = {"PIPX_HOME": str(scratch / "pipx"), "PIPX_BIN_DIR": str(scratch / "pipx-bin")}
    _run(_tool("pipx"), "install", "--quiet", str(sdist), env={**os.environ, **folders})
    for program in (scratch / "venv/bin/layerg-pin", scratch / "pipx-bin/layerg-pin"):
        if (printed := _run(str(program), "--version", cwd=empty)) != f"layerg-pin {version}\n":
            yield f"{program.parent.name} installs {printed!r}"
    _step("uvx")
    command = (_tool("uvx"), "--quiet", "--from", str(wheel), "layerg-pin", "check")
    done = subprocess.run(command, cwd=empty, capture_output=True, text=True, check=False)
    if done.returncode != 2 or "contains no plugin" not in done.stderr:
        yield f"`uvx --from {wheel.name} layerg-pin check` in an empty folder: {done.stdout}{done.stderr}"


def _tool(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def _step(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def _run(*command: str, cwd: Path = ROOT, env: dict[str, str] | None = None) -> str:
    """Run a program, whose standard error is shown; returns its standard output. Exits if the program fails."""
    done = subprocess.run(command, cwd=cwd, env=env, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}\n{done.stdout}")
    return done.stdout


if __name__ == "__main__":
    main()
