"""Build the standalone program, which needs no Python, with PyInstaller, and pack it with its licence.

It is a folder, not a single file: a single file unpacks itself at each start. It is built for the system and the
processor on which this script runs.
"""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from layerg_pin import __version__

ROOT = Path(__file__).resolve().parent.parent
_SPEC = ROOT / "packaging" / "standalone" / "layerg-pin.spec"


def main() -> None:
    """Build the program and an archive of it in a folder, by default dist/standalone, and run the program once."""
    output = Path(sys.argv[1]).resolve() if sys.argv[1:] else ROOT / "dist" / "standalone"
    shutil.rmtree(output, ignore_errors=True)
    with tempfile.TemporaryDirectory() as scratch:
        options = ("--noconfirm", "--log-level", "ERROR", "--distpath", str(output), "--workpath", scratch)
        subprocess.run((sys.executable, "-m", "PyInstaller", *options, str(_SPEC)), check=True)
    folder = output / "layerg-pin"
    shutil.copy(ROOT / "LICENSE", folder)
    printed = subprocess.run((str(folder / "layerg-pin"), "--version"), check=True, capture_output=True, text=True)
    if printed.stdout != f"layerg-pin {__version__}\n":
        sys.exit(f"the program prints {printed.stdout!r} as its version, and the package has {__version__}")
    name = f"layerg-pin-{__version__}-{platform.system().lower()}-{platform.machine().lower()}"
    form = "zip" if sys.platform == "win32" else "gztar"
    archive = shutil.make_archive(str(output / name), form, output, "layerg-pin")
    sys.stdout.write(f"built {archive}\n")


if __name__ == "__main__":
    main()
