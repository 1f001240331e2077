"""Undefined symbols of plugins with C code: real builds, opened by a real host."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from layerg_pin.binary.predict import Prediction, Verdict
from layerg_pin.engine.prediction import predict_paths
from layerg_pin.go.query_types import Cancellation
from tests.built_binaries import run_go

HOST = """\
package main

/*
#include <stdio.h>
int host_helper(int x) { return x + 1; }
*/
import "C"

import (
	"os"
	"plugin"
)

func main() {
	C.host_helper(1)
	if _, err := plugin.Open(os.Args[1]); err != nil {
		os.Stdout.WriteString(err.Error() + "\\n")
		os.Exit(1)
	}
	os.Stdout.WriteString("accepted\\n")
}
"""
PLUGIN = """\
package main

/*
%s
*/
import "C"

%s

func InitModule() int { return int(C.own(2)) }
"""
IGNORE = "-Wl,--unresolved-symbols=ignore-all"
"""What makes the linker accept an undefined symbol."""
MISSING = "int missing(int);\nint own(int x) { return missing(x); }"
SOURCES = {
    "plain": ("static int own(int x) { return x; }", "", ""),
    "net": ("static int own(int x) { return x; }", 'import (\n\t_ "net"\n\t_ "os/user"\n)', ""),
    "missing": (MISSING, "", IGNORE),
    "two": ("int b_gone(int);\nint a_gone(int);\nint own(int x) { return b_gone(x) + a_gone(x); }", "", IGNORE),
    "of-the-host": ("int host_helper(int);\nint own(int x) { return host_helper(x); }", "", IGNORE),
    "weak": ("__attribute__((weak)) int gone(int);\nint own(int x) { return gone ? gone(x) : x; }", "", IGNORE),
    "libm": ("#include <math.h>\nint own(int x) { volatile double y = x; return pow(y, y) + log(y); }", "", "-lm"),
    "stdio": ("#include <stdio.h>\n#include <string.h>\nint own(int x) { puts(strerror(x)); return x; }", "", ""),
    "threads": (
        "#include <pthread.h>\nint own(int x) { pthread_t t; return pthread_join(t = pthread_self(), 0) + x; }", "", "",
    ),
    "library": ("int in_library(int);\nint own(int x) { return in_library(x); }", "", "LIBRARY"),
    "library-and-missing": (MISSING, "", f"-Wl,--no-as-needed LIBRARY {IGNORE}"),
}  # fmt: skip


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the host, and a library that no system has."""
    root = tmp_path_factory.mktemp("symbols")
    (root / "own.c").write_text("int in_library(int x) { return x; }\n")
    subprocess.run(("gcc", "-shared", "-fPIC", "-o", root / "libown.so", root / "own.c"), check=True)
    _build(root / "host", HOST, "-trimpath")
    return root


def _build(folder: Path, source: str, *flags: str) -> Path:
    folder.mkdir()
    (folder / "go.mod").write_text(f"module example.com/{folder.name}\n\ngo 1.23\n")
    (folder / "main.go").write_text(source)
    run_go("go", folder, ("build", *flags, "-o", "built", "."), {"CGO_ENABLED": "1"})
    return folder / "built"


def plugin(root: Path, name: str) -> Path:
    c, imports, link = SOURCES[name]
    link = link.replace("LIBRARY", f"{root / 'libown.so'} -Wl,-rpath,{root}")
    flags = ("-trimpath", "-buildmode=plugin", *([f"-ldflags=-extldflags '{link}'"] if link else []))
    return _build(root / name, PLUGIN % (c, imports), *flags)


def predict_and_open(root: Path, name: str) -> tuple[Prediction, str]:
    path = plugin(root, name)
    found = predict_paths(str(root / "host" / "built"), str(path), None, Cancellation())
    environ = {**os.environ, "LD_LIBRARY_PATH": str(root)}
    done = subprocess.run(
        (root / "host" / "built", path), capture_output=True, text=True, check=False, env=environ, cwd="/"
    )
    return found, done.stdout.strip()


@pytest.mark.parametrize("name", ["plain", "net", "of-the-host", "weak", "libm", "stdio", "threads"])
def test_ordinary_c_code_is_accepted(built: Path, name: str) -> None:
    found, said = predict_and_open(built, name)
    assert (found.verdict, found.reason, said) == (Verdict.ACCEPTED, None, "accepted")


@pytest.mark.parametrize("name", ["missing", "two"])
def test_a_missing_symbol_is_named_as_the_loader_names_it(built: Path, name: str) -> None:
    found, said = predict_and_open(built, name)
    assert found.verdict is Verdict.REJECTED
    assert said.endswith(f": {found.error}")
    assert found.error.startswith("undefined symbol: ")
    assert found.remedies[0].startswith("Link the library that defines it")


def test_a_library_that_the_host_does_not_need_gives_no_verdict(built: Path) -> None:
    found, said = predict_and_open(built, "library")
    assert said == "accepted"
    assert found.verdict is Verdict.UNKNOWN
    assert found.why.startswith("it depends on the server's libraries: the plugin needs ")
    assert "libown.so, which the host does not need" in found.why


def test_a_symbol_that_such_a_library_could_define_is_not_called_missing(built: Path) -> None:
    found, said = predict_and_open(built, "library-and-missing")
    assert said.endswith("undefined symbol: missing")
    assert found.verdict is Verdict.UNKNOWN
    assert "the host does not define missing" in found.why
