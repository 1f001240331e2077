"""A seeded, bounded fuzz run over all parsers of foreign input: they raise only documented errors, and are fast.

`LAYERG_PIN_FUZZ_SECONDS` and `LAYERG_PIN_FUZZ_SEED` set the duration and the seed. Faults found are kept in
`corpus.py`.
"""

from __future__ import annotations

import os
import time
import tracemalloc
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from random import Random

import pytest

from layerg_pin.binary.bounded_reader import BinaryError
from layerg_pin.binary.buildinfo import parse_build_info
from layerg_pin.binary.go_binary import read_binary
from layerg_pin.core.analysis.analyse import analyse
from layerg_pin.core.analysis.fixes import together_fix
from layerg_pin.core.analysis.overview import Overview, fit_words, hint
from layerg_pin.core.buildfiles.bake_file import parse_bake
from layerg_pin.core.buildfiles.batch_file import parse_batch
from layerg_pin.core.buildfiles.command_words import Environment
from layerg_pin.core.buildfiles.compose import parse_compose
from layerg_pin.core.buildfiles.compose_variables import ComposeVariables
from layerg_pin.core.buildfiles.devcontainer import parse_devcontainer
from layerg_pin.core.buildfiles.dockerfile import parse_dockerfile
from layerg_pin.core.buildfiles.github_workflow import parse_workflow
from layerg_pin.core.buildfiles.gitlab_pipeline import parse_gitlab
from layerg_pin.core.buildfiles.makefile import parse_makefile
from layerg_pin.core.buildfiles.powershell import parse_powershell
from layerg_pin.core.buildfiles.shell_script import parse_script
from layerg_pin.core.buildfiles.taskfile import parse_taskfile
from layerg_pin.core.checks import run_checks
from layerg_pin.core.explain.explanation import explain
from layerg_pin.core.explain.log_lines import recognise
from layerg_pin.core.gofile.go_syntax import parse_go_file
from layerg_pin.core.gomod.modules_txt import parse_modules_txt
from layerg_pin.core.gomod.parser import parse_gomod, parse_gowork
from layerg_pin.core.model.host_manifest import HostManifest, HostModule
from layerg_pin.core.model.modules import Origin, Source
from layerg_pin.core.text import LineIndex, apply_edits
from layerg_pin.engine.plugin_snapshot import take_snapshot
from layerg_pin.engine.project_settings import read_project_file
from layerg_pin.hosts.profile import ProfileError, read_profile
from tests.binary.elf_files import elf_file
from tests.core.gofile.odd_gofiles import ODD_GO_FILES
from tests.core.gomod.odd_gomods import ODD_GOMODS
from tests.fuzz.corpus import CORPUS
from tests.fuzz.timing import seconds

SECONDS = float(os.environ.get("LAYERG_PIN_FUZZ_SECONDS", "0.8"))
SEED = int(os.environ.get("LAYERG_PIN_FUZZ_SEED", "9"))
_SLOW = 2.0
"""Limit in seconds for a text of a few kilobytes, with a margin for a busy machine."""

_GOMODS = [each for each in ODD_GOMODS.values() if isinstance(each, str)]
_GOFILES = [each.text for each in ODD_GO_FILES.values() if isinstance(each.text, str)]
_MODULES_TXT = [
    "# a.org/a v1.0.0\n## explicit; go 1.21\na.org/a\na.org/a/b\n# b.org/b v1.2.0 => ../b\n## explicit\nb.org/b\n",
    "## workspace\n# a.org/a => b.org/b v1.0.0\n# a.org/a v1.0.0 => b.org/b v1.0.0\na.org/a\n",
]
_GOMOD = (
    "module example.com/p\n\ngo 1.21\n\nrequire (\n\ta.org/a v1.1.0\n\tb.org/b v1.0.0 // indirect\n)\n"
    "replace b.org/b => ../c\nexclude a.org/a v1.2.0\n"
)
_BUILDS = [
    "FROM golang:1.23 AS b\nARG A=x\nRUN --mount=type=cache \\\n  go build -trimpath -buildmode=plugin -o a.so .\n",
    "FROM heroiclabs/nakama-pluginbuilder:3.22.0\nRUN <<EOF\ngo build -buildmode=plugin\nEOF\n",
    "A := $(B)\nifdef X\nexport GOFLAGS=-trimpath\nendif\nx: y\n\tgo build $(A) -buildmode=plugin\ndefine z\nendef\n",
    'services:\n  b:\n    image: "golang:1.23"\n    command: ["go", "build", "-buildmode=plugin"]\n    environment:\n'
    "      - CGO_ENABLED=1\n  c: &x\n    build: {context: ., dockerfile: D}\n    command: |\n      go build\n",
    "#!/bin/sh\nexport CGO_ENABLED=1; docker run --rm -v $PWD:/b golang:1.23 sh -c 'go build -buildmode=plugin'\n",
]
_PROFILE = (
    '{"version": 1, "origin": {"reference": "x", "kind": "folder"}, "module": "h", "go": "1.23", "build": {"release": '
    '"go1.23.4", "tags": ["a"], "cgo": true}, "linked": true, "modules": [{"path": "a.org/a", "version": "v1.0.0", '
    '"packages": ["a.org/a"]}]}'
)
_TOML = 'host = "../host"\npackages = ["./cmd/x"]\nseverity = { version-mismatch = "off" }\n[a.b]\nc = 1979-05-27\n'
_INFO = (
    "path\texample.com/h\nmod\texample.com/h\t(devel)\t\ndep\ta.org/a\tv1.0.0\th1:x=\n=>\tb.org/b\tv1.1.0\t\n"
    'build\t-ldflags="-s -w"\nbuild\tCGO_ENABLED=1\n'
)
_LOGS = [
    '{"level":"error","msg":"Could not open Go module","error":"plugin.Open(\\"/a/b\\"): plugin was built with a '
    'different version of package a.org/a"}\n',
    '2024-01-01T00:00:00Z plugin.Open("/a"): realpath failed\nfatal error: runtime: no plugin module data\n',
    "go: inconsistent vendoring in /x:\n\ta.org/a@v1.0.0: is explicitly required in go.mod, but not marked\n",
]
_BITS = (
    *("\0", "\ud800", "\udcff", "\u202e", "\x1b[31m", "\u2028", "\ufeff", "\x85", "\r", "\r\n", "\n", "\t", " ", "\\"),
    *("(", ")", "[", "]", "{", "}", '"', "'", "`", "//", "/*", "*/", "#", "=>", "../", "$(", "${", "<<EOF", "|", "&a"),
    *("v1.0.0", "v0.0.0-00010101000000-000000000000", "9" * 400, "a" * 5000, "require", "replace", "\U0001f600"),
)


def _before(text: str) -> Iterator[str]:
    """Earlier texts from which a text can result by an edit: at its end, and in its middle."""
    third = len(text) // 3
    yield from (text[:third], text[:third] + text[2 * third :], text[: 2 * third] + text[third:])


def _gomod(text: str) -> None:
    whole = parse_gomod(text)
    assert all(parse_gomod(text, parse_gomod(before)) == whole for before in _before(text))


def _modules_txt(text: str) -> None:
    whole = parse_modules_txt(text)
    assert all(parse_modules_txt(text, parse_modules_txt(before)) == whole for before in _before(text))


def _logged(text: str) -> None:
    for line in text.split("\n"):
        for message in recognise(line):
            explain(message, None)


def _build_info(text: str) -> None:
    try:
        parse_build_info("/x/h", "go1.23.4", text)
    except BinaryError as error:
        assert "/x/h is damaged" in str(error)  # noqa: PT017


def _profile(text: str) -> None:
    try:
        read_profile("x", "/x/layerg-host.json", text)
    except ProfileError as error:
        assert "layerg-host.json" in str(error)  # noqa: PT017


TEXTS: dict[str, tuple[Callable[[str], object], list[str]]] = {
    "go.mod": (_gomod, _GOMODS),
    "go.work": (parse_gowork, ["go 1.23\n\nuse (\n\t.\n\t../b\n)\nreplace a.org/a => ../a\n", *_GOMODS[:20]]),
    "modules.txt": (_modules_txt, _MODULES_TXT),
    "Go file": (parse_go_file, _GOFILES),
    "Dockerfile": (parse_dockerfile, _BUILDS),
    "compose": (parse_compose, _BUILDS),
    "Makefile": (parse_makefile, _BUILDS),
    "script": (parse_script, _BUILDS),
    "batch file": (parse_batch, _BUILDS),
    "PowerShell": (parse_powershell, _BUILDS),
    "Taskfile": (parse_taskfile, _BUILDS),
    "workflow": (parse_workflow, _BUILDS),
    "GitLab": (parse_gitlab, _BUILDS),
    "devcontainer": (parse_devcontainer, _BUILDS),
    "bake file": (partial(parse_bake, variables=ComposeVariables(Environment())), _BUILDS),
    "profile": (_profile, [_PROFILE]),
    "build info": (_build_info, [_INFO]),
    "log": (_logged, _LOGS),
}


def mutated(text: str, random: Random, others: list[str]) -> str:
    """A text with a few parts removed, duplicated, exchanged or inserted."""
    for _ in range(random.randint(1, 6)):
        at, end = sorted(random.randint(0, len(text)) for _ in range(2))
        match random.randrange(6):
            case 0:
                text = text[:at] + text[end:]
            case 1:
                text = text[:at] + random.choice(_BITS) + text[at:]
            case 2:
                text = text[:end] + text[at:end] * random.randint(1, 3) + text[end:]
            case 3:
                other = random.choice(others)
                text = text[:at] + other[random.randint(0, len(other)) :] + text[end:]
            case 4:
                text = text[:at] + random.choice(_BITS) * random.choice((2, 50, 2000)) + text[at:]
            case _:
                text = "".join(random.sample(lines := text.splitlines(keepends=True), len(lines)))
        text = text[:20_000]
    return text


def _run(seeds: list[str], kind: str, take: Callable[[str], object]) -> int:
    """Try mutated texts until the time is over; return their number. A failure prints the text."""
    random = Random(f"{SEED} {kind}")
    pool, end, count = list(seeds), time.monotonic() + SECONDS, 0
    while time.monotonic() < end:
        text = mutated(random.choice(pool), random, seeds)
        started = time.process_time()
        try:
            take(text)
        except Exception as error:
            raise AssertionError(f"{kind}: {error!r}: keep it in corpus.py: {text!r}") from error
        assert time.process_time() - started < _SLOW, f"{kind} takes too long: keep it in corpus.py: {text!r}"
        if len(pool) < 500:
            pool.append(text)
        count += 1
    return count


@pytest.mark.parametrize("kind", TEXTS)
def test_texts(kind: str, record_property: Callable[[str, object], None]) -> None:
    take, seeds = TEXTS[kind]
    count = _run(seeds, kind, take)
    record_property("fuzzed", f"{kind}: {count}")
    assert count


def test_project_files(tmp_path: Path) -> None:
    path = tmp_path / "layerg-pin.toml"

    def take(text: str) -> None:
        path.write_text(text, encoding="utf-8", errors="replace")
        found = read_project_file(str(tmp_path))
        assert found
        assert all(str(path) in problem for problem in found.problems)

    assert _run([_TOML], "toml", take)


def test_binaries(tmp_path: Path) -> None:
    path = tmp_path / "x"
    random = Random(f"{SEED} binary")
    seeds = [elf_file(), elf_file(segments=3), b"\xcf\xfa\xed\xfe" + bytes(64), b"\x7fELF\x02\x01\x01" + bytes(200)]
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        content = bytearray(random.choice(seeds))
        for _ in range(random.randint(1, 8)):
            at = random.randrange(len(content))
            content[at : at + random.choice((1, 4, 8))] = random.randbytes(random.choice((1, 4, 8)))
        path.write_bytes(content)
        try:
            read_binary(str(path))
        except BinaryError as error:
            assert str(path) in str(error)  # noqa: PT017
        except Exception as error:
            raise AssertionError(f"binary: {error!r}: keep it in corpus.py: {bytes(content)!r}") from error


def judged(gomod: str, modules_txt: str) -> None:
    """All requests of an editor for a plugin and a host, and the fixes, whose results must parse."""
    parsed = parse_modules_txt(modules_txt)
    origin = Origin("/h/vendor/modules.txt", 0, "h vendor/modules.txt")
    host = HostManifest(
        reference="../h",
        path="/h",
        kind="folder",
        module="example.com/h",
        go="1.21",
        modules={each.path: HostModule(each.path, each.version or None, origin) for each in parsed.modules},
        packages={package: each.path for each in parsed.modules for package in each.packages},
        linked=False,
        asked=False,
        source=Source("/h/vendor/modules.txt", LineIndex(modules_txt)),
        problems=parsed.problems,
    )
    snapshot = take_snapshot("/p/go.mod", parse_gomod(gomod), host, None, None)
    analysis = analyse(snapshot, {})
    findings = run_checks(analysis)
    overview = Overview(analysis)
    fit_words(analysis, findings)
    for require in snapshot.gomod.requires:
        hint(overview.module(require.module.text), require, agreeing=True)
    fixes = [fix for finding in findings for fix in finding.fixes]
    for fix in (*fixes, together_fix(snapshot, analysis.alignment)):
        if fix and fix.edits:
            fixed = parse_gomod(apply_edits(gomod, fix.edits))
            assert len(fixed.problems) <= len(snapshot.gomod.problems)


def test_a_plugin_against_a_host() -> None:
    random = Random(f"{SEED} host")
    _run(
        [_GOMOD, *_GOMODS[:30]],
        "both",
        lambda text: judged(text, mutated(random.choice(_MODULES_TXT), random, _BUILDS)),
    )


@pytest.mark.parametrize(("kind", "text"), CORPUS)
def test_what_was_found_once(kind: str, text: str, tmp_path: Path) -> None:
    if kind == "toml":
        (tmp_path / "layerg-pin.toml").write_text(text)
        read_project_file(str(tmp_path))
    elif kind == "both":
        judged(*text.split("\f", 1))
    else:
        TEXTS[kind][0](text)


LONG = (
    *(
        "a",
        "(",
        ")",
        "[",
        "{",
        '"',
        "'",
        "`",
        "\\",
        "\n",
        "\r",
        " ",
        "\t",
        "/*",
        "//",
        "#",
        "=>",
        "$(",
        "${",
        "\0",
        "\udc80",
    ),
    *(
        "\u2028",
        "require (\n",
        "a b\n",
        "a.org/a v1.0.0\n",
        "require a.org/a v1.0.0\n",
        "# a.org/a v1.0.0\n",
        "import (\n",
        '"a"\n',
        "'a",
        "a=b ",
        "- ",
    ),
    *(
        '{"',
        "[[",
        "../",
        "plugin.Open(",
        "plugin was built with a different version of package ",
        "dep\ta\tb\n",
        "  a:\n",
    ),
)


@pytest.mark.parametrize("kind", TEXTS)
def test_time_grows_as_the_text_does(kind: str) -> None:
    """Eight times the text takes about eight times as long."""
    take, seeds = TEXTS[kind]
    for part in LONG:
        for start in ("", seeds[0] + "\n"):
            short, long = (start + part * (size // len(part)) for size in (2_000, 16_000))
            times = [seconds(take, short), seconds(take, long)]
            if times[1] >= 24 * times[0] + 0.1:  # measure again, because another program may have used the caches
                times.append(seconds(take, long))
            assert min(times[1:]) < 24 * times[0] + 0.1, f"{kind}: {part!r} after {start!r}: {times}"


@pytest.mark.parametrize("kind", TEXTS)
def test_memory_is_a_small_multiple_of_the_text(kind: str) -> None:
    take, _ = TEXTS[kind]
    for part in ("a" * 60 + " v1.0.0\n", "x"):
        text = part * (300_000 // len(part))
        tracemalloc.start()
        try:
            take(text)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak < 100 * len(text), f"{kind}: {peak / len(text):.0f} bytes for each of {len(text)}"
