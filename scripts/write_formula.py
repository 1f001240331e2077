"""Write Homebrew's formula: the source archive of layerg-pin, and those of its dependencies at their locked versions.

`make release-check` writes it for the source archive of the release, which the formula names by its address on GitHub.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from layerg_pin import __version__

ROOT = Path(__file__).resolve().parent.parent
_TEMPLATE = """\
class LayergPin < Formula
  include Language::Python::Virtualenv

  desc "Keeps Go server plugins loadable by their Nakama or Layerg host"
  homepage "{homepage}"
  url "{url}"
  sha256 "{sha256}"
  license "Apache-2.0"

  depends_on "libyaml"
  depends_on "python@3.14"

{resources}
  def install
    virtualenv_install_with_resources
  end

  test do
    assert_match version.to_s, shell_output("#{{bin}}/layerg-pin --version")
    assert_match "is linked into both", shell_output("#{{bin}}/layerg-pin explain version-mismatch")
  end
end
"""
_RESOURCE = """\
  resource "{name}" do
    url "{url}"
    sha256 "{sha256}"
  end
"""


class _Source(NamedTuple):
    """The source archive of a package on PyPI."""

    name: str
    url: str
    sha256: str


def main() -> None:
    """Write the formula for a source archive, the first argument, to a file, the second one."""
    write_formula(*map(Path, sys.argv[1:]))


def write_formula(sdist: Path, output: Path) -> None:
    """Write the formula for a source archive to a file."""
    sha256 = hashlib.sha256(sdist.read_bytes()).hexdigest()
    output.write_text(formula(sha256, list(dependencies())), "utf-8")


def formula(sha256: str, dependencies: list[_Source]) -> str:
    """The text of the formula, for the checksum of layerg-pin's source archive and those of its dependencies."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        homepage = tomllib.load(file)["project"]["urls"]["Repository"]
    url = f"{homepage}/releases/download/v{__version__}/layerg_pin-{__version__}.tar.gz"
    resources = "\n".join(_RESOURCE.format(**each._asdict()) for each in dependencies)
    return _TEMPLATE.format(homepage=homepage, url=url, sha256=sha256, resources=resources)


def dependencies() -> Iterator[_Source]:
    """The source archives of the versions that the extension for VS Code bundles, as the registry in use names them."""
    with tempfile.TemporaryDirectory() as folder:
        lock = Path(folder) / "pylock.toml"
        locked = ("--constraint", "client-vscode/requirements.txt", "--output-file", str(lock), "pyproject.toml")
        options = ("--quiet", "--universal", "--python-version", "3.11", "--format", "pylock.toml")
        uv = Path(sys.executable).with_name("uv")
        subprocess.run((str(uv), "pip", "compile", *options, *locked), cwd=ROOT, check=True)
        packages: list[dict[str, Any]] = tomllib.loads(lock.read_text("utf-8"))["packages"]
    for package in packages:
        sdist = package["sdist"]
        yield _Source(package["name"], sdist["url"], sdist["hashes"]["sha256"])


if __name__ == "__main__":
    main()
