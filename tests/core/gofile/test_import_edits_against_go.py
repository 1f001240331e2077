"""Imports are read as by go/parser, and edited files are valid and stay formatted by gofmt."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from layerg_pin.core.gofile.go_syntax import GoFile, parse_go_file
from layerg_pin.core.gofile.import_edits import blank_import_edits, remove_import_edits
from layerg_pin.core.text import apply_edits
from tests.core.go_reading import ask_go
from tests.core.gofile.odd_gofiles import ADDED, ODD_GO_FILES, REMOVED, Added, Removed

PROGRAM = """\
package main

import (
	"bufio"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strconv"
)

type reading struct {
	Package string
	Start   int
	Imports [][4]any
	Error   string
}

func read(path string) (found reading) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, nil, parser.ImportsOnly|parser.ParseComments)
	if err != nil {
		found.Error = err.Error()
	}
	if file == nil || file.Name == nil {
		return found
	}
	offset := func(pos token.Pos) int { return files.PositionFor(pos, false).Offset }
	found.Package, found.Start = file.Name.Name, offset(file.Name.Pos())
	for _, declaration := range file.Decls {
		for _, spec := range declaration.(*ast.GenDecl).Specs {
			each, name := spec.(*ast.ImportSpec), ""
			path, err := strconv.Unquote(each.Path.Value)
			if err != nil {
				continue
			}
			if each.Name != nil {
				name = each.Name.Name
			}
			found.Imports = append(found.Imports, [4]any{path, name, offset(each.Pos()), offset(each.Path.End())})
		}
	}
	return found
}

func main() {
	answers := json.NewEncoder(os.Stdout)
	for paths := bufio.NewScanner(os.Stdin); paths.Scan(); {
		if err := answers.Encode(read(paths.Text())); err != nil {
			panic(err)
		}
	}
}
"""

PACKAGES = (
    *("github.com/a/b", "github.com/heroiclabs/nakama-common/runtime", "google.golang.org/grpc", "go.uber.org/zap"),
    *("zzz.io/x", "a.io/y", "m.io/q/v2", "local/thing", "context", "golang.org/x/net/http2"),
)


@dataclass(frozen=True)
class Reading:
    """The result of go/parser for a file: the imports with their names and byte offsets."""

    package: tuple[str, int]
    imports: list[tuple[str, str, int, int]]
    error: str

    @property
    def names(self) -> list[tuple[str, str]]:
        return sorted((path, name) for path, name, _, _ in self.imports)


Reader = Callable[[Sequence[Path]], list[Reading]]


@pytest.fixture(scope="module")
def read_by_go(tmp_path_factory: pytest.TempPathFactory) -> Reader:
    """Run go/parser on many files at once."""
    folder = tmp_path_factory.mktemp("reader")
    (folder / "main.go").write_text(PROGRAM)
    (folder / "go.mod").write_text("module example.com/reader\n\ngo 1.21\n")
    ask_go(folder, "build", "-o", "reader", ".")

    def read(files: Sequence[Path]) -> list[Reading]:
        lines = "".join(f"{file}\n" for file in files)
        done = subprocess.run([folder / "reader"], input=lines, capture_output=True, encoding="utf-8", check=True)
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        return [
            Reading((each["Package"], each["Start"]), [tuple(one) for one in each["Imports"] or ()], each["Error"])
            for each in answers
        ]

    return read


@pytest.fixture(scope="module")
def real_files(modcache: Path) -> list[Path]:
    """Some Go files of the standard library, including those with cgo, and of the module cache.

    Long files are skipped, because gofmt is slow on them.
    """
    root = Path(ask_go(Path("/"), "env", "GOROOT").strip()) / "src"
    sources = [path for path in root.rglob("*.go") if "testdata" not in path.parts and "_test" not in path.stem]
    cgo = [path for folder in ("net", "os/user", "runtime/cgo", "plugin") for path in (root / folder).glob("*cgo*.go")]
    folders = (folder for folder in modcache.glob("*/**/*@*") if "cache" not in folder.parts)
    others = [path for folder in _some(folders, 40) for path in _some(folder.rglob("*.go"), 15)]
    files = sorted({*cgo, *_some(filter(_is_short, sources), 600), *filter(_is_short, others)})
    assert len(files) >= 600
    return files


@pytest.fixture(scope="module")
def formatted(real_files: list[Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The texts of those files that gofmt would not change, and of random ones formatted by gofmt."""
    unformatted = _by_gofmt(real_files)
    texts = {str(path): _text(path) for path in real_files if str(path) not in unformatted}
    assert len(texts) >= 500
    random = Random("formatted heads")
    folder = tmp_path_factory.mktemp("random")
    files = _write(folder, {f"random {number}": _random_head(random) for number in range(300)})
    _gofmt("-w", files)
    unformatted = _by_gofmt(files)  # for a few layouts, gofmt's output is not stable
    random_texts = {path.stem: _text(path) for path in files if str(path) not in unformatted}
    assert len(random_texts) >= 290
    return texts | random_texts


def test_real_files_are_read_as_go_reads_them(real_files: list[Path], read_by_go: Reader) -> None:
    readings = zip(real_files, read_by_go(real_files), strict=True)
    assert [different for path, reading in readings if (different := _difference(path, reading))] == []


def test_odd_files_are_read_as_go_reads_them(read_by_go: Reader, tmp_path: Path) -> None:
    """We refuse every file that Go refuses; Go does not report what we parse after an error."""
    texts = {name: odd.text for name, odd in ODD_GO_FILES.items()}
    texts |= {f"{name} before": added.before for name, added in ADDED.items()}
    texts |= {f"{name} after": added.after for name, added in ADDED.items()}
    texts |= {f"{name} without": removed.after for name, removed in REMOVED.items()}
    files = _write(tmp_path, texts)
    accepted = 0
    for path, reading in zip(files, read_by_go(files), strict=True):
        file = parse_go_file(_text(path))
        if reading.error:
            assert file.problems, f"{path.stem}: {reading.error}"
        elif not file.problems:
            assert _difference(path, reading) is None
            accepted += 1
    assert accepted >= 130


def test_damaged_files_are_read_as_go_reads_them(read_by_go: Reader, tmp_path: Path) -> None:
    """Go does not read beyond the imports, so it accepts some files that we refuse."""
    random = Random("damaged heads")
    texts = [odd.text for odd in ODD_GO_FILES.values()] + [added.before for added in ADDED.values()]
    files = _write(tmp_path, {str(number): _damaged(random.choice(texts), random) for number in range(1500)})
    accepted = 0
    for path, reading in zip(files, read_by_go(files), strict=True):
        problems = parse_go_file(_text(path)).problems
        assert problems or not reading.error, f"{path}: {reading.error}"
        if not problems:
            assert _difference(path, reading) is None
            accepted += 1
    assert accepted >= 100


def test_our_edits_are_gofmt_formatted(tmp_path: Path) -> None:
    cases: list[Added | Removed] = [*ADDED.values(), *REMOVED.values()]
    before = _write(tmp_path / "before", {str(number): case.before for number, case in enumerate(cases)})
    after = _write(tmp_path / "after", {str(number): case.after for number, case in enumerate(cases)})
    unformatted = _by_gofmt(before)
    right = {path.name for path in before if str(path) not in unformatted}
    assert len(right) >= 40
    assert [path for path in map(Path, _by_gofmt(after)) if path.name in right] == []


def test_blank_imports_are_added_and_taken_away_again(
    formatted: dict[str, str], read_by_go: Reader, tmp_path: Path
) -> None:
    random = Random("blank imports")
    files = {name: parse_go_file(text) for name, text in formatted.items()}
    wanted = {name: random.sample(PACKAGES, random.randint(1, 3)) for name in files}
    added = {name: apply_edits(file.text, blank_import_edits(file, wanted[name])) for name, file in files.items()}
    expected = {name: [*_names(file), *_missing(file, wanted[name])] for name, file in files.items()}
    _assert_made(tmp_path / "added", added, expected, read_by_go)
    back = {}
    for name, text in added.items():
        file = parse_go_file(text)
        assert blank_import_edits(file, wanted[name]) == ()
        new = [each for each in file.imports if (each.path.text, "_") in _missing(files[name], wanted[name])]
        back[name] = apply_edits(text, remove_import_edits(file, new))
    _assert_made(tmp_path / "back", back, {name: _names(file) for name, file in files.items()}, read_by_go)
    same = sum(back[name] == text for name, text in formatted.items())
    assert same >= len(formatted) * 0.95, "an empty block may go, and a blank line below an opening parenthesis"


def test_any_imports_are_taken_away(formatted: dict[str, str], read_by_go: Reader, tmp_path: Path) -> None:
    random = Random("fewer imports")
    left, expected = {}, {}
    for name, text in formatted.items():
        file = parse_go_file(text)
        share = random.choice((0.2, 0.5, 0.8, 1))
        gone = [each for each in file.imports if random.random() < share]
        left[name] = apply_edits(text, remove_import_edits(file, gone))
        kept = [each for each in file.imports if each not in gone]
        expected[name] = [(each.path.text, each.name.text if each.name else "") for each in kept]
    _assert_made(tmp_path / "left", left, expected, read_by_go)


def _assert_made(
    folder: Path, texts: dict[str, str], expected: dict[str, list[tuple[str, str]]], read_by_go: Reader
) -> None:
    """Go reads exactly these imports, and gofmt would not change the text."""
    files = _write(folder, {str(number): text for number, text in enumerate(texts.values())})
    for name, reading in zip(texts, read_by_go(files), strict=True):
        assert (reading.names, reading.error) == (sorted(expected[name]), ""), f"{name}:\n{texts[name][:2000]}"
    unformatted = _by_gofmt(files)
    differing = [(name, path) for name, path in zip(texts, files, strict=True) if str(path) in unformatted]
    assert not differing, "\n".join(f"{name}:\n{_gofmt('-d', [path])}" for name, path in differing)


def _difference(path: Path, reading: Reading) -> str | None:
    """A difference between Go's and our reading of a valid file; None if there is none."""
    file = parse_go_file(_text(path))
    if reading.error or file.problems:
        return None if reading.error and file.problems else f"{path}: {reading.error or file.problems}"

    def offset(index: int) -> int:
        return len(file.text[:index].encode("utf-8", "surrogateescape"))

    ours = [
        (each.path.text, each.name.text if each.name else "", offset(each.span.start), offset(each.span.end))
        for each in file.imports
    ]
    package = (file.package.text, offset(file.package.span.start)) if file.package else None
    return None if (package, ours) == (reading.package, reading.imports) else f"{path}: {package} {ours}, Go: {reading}"


def _damaged(text: str, random: Random) -> str:
    """The text with a few random changes, similar to typing."""
    for _ in range(random.randint(1, 3)):
        at = random.randrange(len(text) + 1)
        if random.random() < 0.5:
            text = text[:at] + random.choice(_SCRAPS) + text[at:]
        else:
            text = text[:at] + text[at + random.randint(1, 4) :]
    return text


def _names(file: GoFile) -> list[tuple[str, str]]:
    return [(each.path.text, each.name.text if each.name else "") for each in file.imports]


def _missing(file: GoFile, packages: Iterable[str]) -> list[tuple[str, str]]:
    imported = {each.path.text for each in file.imports}
    return [(package, "_") for package in packages if package not in imported]


def _some(paths: Iterable[Path], most: int) -> list[Path]:
    """At most `most` paths, in an order that does not depend on names."""
    return sorted(paths, key=lambda path: hashlib.sha256(os.fsencode(path)).digest())[:most]


def _is_short(path: Path) -> bool:
    return path.stat().st_size < 6000


def _text(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "surrogateescape")


def _write(folder: Path, texts: dict[str, str]) -> list[Path]:
    folder.mkdir(exist_ok=True)
    files = [folder / f"{name}.go" for name in texts]
    for file, text in zip(files, texts.values(), strict=True):
        file.write_bytes(text.encode("utf-8", "surrogateescape"))
    return files


def _gofmt(flag: str, files: Sequence[Path]) -> str:
    """The output of gofmt; it fails for an invalid file and reports that only on stderr."""
    done = subprocess.run(["gofmt", flag, *files], capture_output=True, encoding="utf-8", errors="replace", check=False)
    return done.stdout + done.stderr


def _by_gofmt(files: Sequence[Path]) -> frozenset[str]:
    """The files that gofmt would change, or cannot read."""
    return frozenset(
        line.split(".go:")[0] + (".go" if ".go:" in line else "") for line in _gofmt("-l", files).splitlines()
    )


_SCRAPS = (
    *("package", "import", "import (", "func", "x", "_", "\u00e9", "\u00b2", "1", "(", ")", ".", ",", ";", "\\"),
    *('"', "`", "'", '"a"', "//", "/*", "*/", "\n", "\r\n", "\t"),
)
_PATHS = (
    *("fmt", "os", "net/http", "unsafe", "embed", "C", "github.com/b/c", "go.uber.org/zap", "golang.org/x/net/context"),
    *("github.com/heroiclabs/nakama-common/api", "k8s.io/api", "gopkg.in/yaml.v3", "b.io/a-long-path/to/something"),
)
_REMARKS = (
    "// x",
    "// a longer comment",
    "/* block */",
    "//nolint:all",
    "/* a */ // b",
    "// \u00e9 wide",
    "/* a */ /* b */",
)


def _random_head(random: Random) -> str:
    """A head with everything that gofmt lays out, except block comments before a path or on lines of their own in a
    block.

    gofmt moves such comments, and its output is then not always stable.
    """
    parts = random.choices(("", "//go:build linux\n\n", "// Package p is\n// documented.\n"), (3, 1, 1))
    parts.append(f"package p{_remark(random, 0.2)}\n\n")
    parts += random.choices(("", "// free\n\n"), (5, 1))
    above = ("", "// of it\n", "/* of it */\n", "//go:generate x\n", "// free\n\n", "/*\n#include <x.h>\n*/\n")
    for _ in range(random.choice((0, 1, 1, 1, 2, 2, 3, 4))):
        parts += random.choices(above, (15, 1, 1, 1, 1, 1))
        is_block = random.random() < 0.6
        parts.append(_random_block(random) if is_block else f"import {_random_spec(random)}{_remark(random, 0.4)}\n")
        parts += random.choices(("", "\n"))
    parts += random.choices(("", "\nfunc f() {}\n", "\n// doc\nfunc f() {}\n", "\n// last\n", "\nvar x = 1 // y\n"))
    return "".join(parts)


def _random_block(random: Random) -> str:
    remarks, lines = random.choice((0, 0, 0.2, 0.6, 1)), random.choice((0, 0.1, 0.3))
    parts = [f"import ({_remark(random, 0.1)}\n"]
    for _ in range(random.randint(0, 7)):
        chance = random.random()
        if chance < 0.2:
            parts.append("\n")
        elif chance < 0.2 + lines:
            parts.append(random.choice(("\t// line\n", "\t// two\n\t// lines\n", "\t//go:x\n")))
        else:
            parts.append(f"\t{_random_spec(random)}{_remark(random, remarks)}\n")
    return f"{''.join(parts)}){_remark(random, 0.1)}\n"


def _random_spec(random: Random) -> str:
    path = random.choice(_PATHS)
    name = "" if path == "C" else random.choice(("", "", "", "", "_ ", "x ", "alias ", ". "))
    return f"{name}`{path}`" if random.random() < 0.03 else f'{name}"{path}"'


def _remark(random: Random, chance: float) -> str:
    return f" {random.choice(_REMARKS)}" if random.random() < chance else ""
