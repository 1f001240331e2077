"""Explanations of all known messages of hosts and Go, in every log format."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layerg_pin.core.analysis.analyse import Analysis, analyse
from layerg_pin.core.explain.explanation import explain_line, is_standard
from layerg_pin.core.explain.log_lines import recognise
from layerg_pin.core.explain.messages import KINDS
from layerg_pin.core.gomod.parser import parse_gomod
from layerg_pin.core.model.host_manifest import HostManifest, HostNotFound
from layerg_pin.core.model.modules import ModuleVersion
from layerg_pin.core.model.plugin_build import PluginBuild, Unresolved
from layerg_pin.engine.plugin_snapshot import take_snapshot
from layerg_pin.hosts.references import Hosts
from tests.core.explain.message_texts import FILES, MESSAGES, SO
from tests.core.gomod.gomod_texts import ANYTHING

UNKNOWN_LINES = (
    "",
    "Startup done",
    "./host: error while loading shared libraries: lib.so: cannot open shared object file: No such file or directory",
    "/etc/data.bin: file too short",
    "retrying (previous failure)",
    "we need a different version of package go.uber.org/zap",
    "plugin? built with a different version of package go.uber.org/zap",
    "go: downloading go.uber.org/zap v1.27.0",
)

LOG_FORMATS = {
    "plain": "{}",
    "a timestamp": "2026-01-02T03:04:05.678Z {}",
    "docker-compose": "nakama-1  | {}",
    "colour": "\x1b[31mERROR\x1b[0m {}\x1b[0m",
    "windows": "{}\r",
}


def zap(message: str) -> str:
    """A line as Layerg and Nakama log it."""
    entry = {"level": "error", "ts": "…", "caller": "x.go:1", "msg": "Could not open Go module", "error": message}
    return json.dumps(entry, separators=(",", ":"), ensure_ascii=False)


@pytest.mark.parametrize("text", MESSAGES)
def test_each_message_gives_its_cause(text: str) -> None:
    kind, word = MESSAGES[text]
    explanation = explain_line(text, None)
    assert explanation.kind == kind
    assert explanation.message.replace("\t", "") in text.replace("\t", "")
    said = (explanation.message, explanation.meaning, explanation.likely_cause, *explanation.remedies)
    assert word in "\n".join(said)
    assert explanation.likely_cause
    assert explanation.remedies or explanation.causes
    assert not any("{" in each or each.endswith(".") for each in said)


@pytest.mark.parametrize("text", FILES)
def test_the_file_is_named(text: str) -> None:
    assert [message.file for message in recognise(text)] == [FILES[text]]


def test_every_kind_has_a_message() -> None:
    assert {kind for kind, _ in MESSAGES.values()} == {kind.name for kind in KINDS}


@pytest.mark.parametrize("text", UNKNOWN_LINES)
def test_an_unknown_line_is_reported_as_unknown(text: str) -> None:
    explanation = explain_line(text, None)
    assert not explanation.known
    assert "does not know this message" in explanation.meaning


@pytest.mark.parametrize(
    "before", ["", "a ", "was built with a ", "ugin was built with a ", "… built with a ", '  "with a ']
)
@pytest.mark.parametrize("after", ["", " (previous failure)", '"'])
def test_a_line_whose_beginning_is_missing(before: str, after: str, analysis: Analysis) -> None:
    line = f"{before}different version of package github.com/gofrs/uuid{after}"
    cut, whole = explain_line(line, analysis), explain_line(f"plugin was built with a {line[len(before) :]}", analysis)
    assert (cut.kind, cut.sides, cut.likely_cause) == (whole.kind, whole.sides, whole.likely_cause)
    assert cut.sides
    assert [each.text for each in recognise(f"Startup done\n{line}")] == [cut.message]


@pytest.mark.parametrize("log_format", LOG_FORMATS)
@pytest.mark.parametrize("text", MESSAGES)
def test_text_around_a_message_does_not_matter(text: str, log_format: str) -> None:
    wanted = explain_line(text, None)
    lines = (
        text,
        zap(text),
        json.dumps({"log": zap(text) + "\n", "stream": "stderr"}),
        f'ERROR\tserver/x.go:1\tCould not open\t{{"error": {json.dumps(text)}}}',
    )
    for line in lines:
        assert explain_line(LOG_FORMATS[log_format].format(line), None) == wanted


def test_the_lines_of_the_public_documentation() -> None:
    """Log lines of older hosts. The last two have the level `fatal`, and the path beside the error."""
    cases = {
        r'"error":"plugin.Open(\"/l/b.so\"): /l/b.so: invalid ELF header"': "invalid-elf-header",
        r'"error":"plugin.Open(\"/b\"): plugin was built with a different version of package runtime/internal/sys"': (
            "different-package"
        ),
    }
    for line, kind in cases.items():
        assert explain_line(line, None).kind == kind
    old = explain_line(list(cases)[1], None)
    assert old.message.endswith("package runtime/internal/sys")
    assert "another Go release" in old.causes[0].text


def test_a_paste_of_several_lines_gives_each_message_once() -> None:
    text = "\n".join((*MESSAGES, *MESSAGES))
    kinds = [message.kind.name for message in recognise(text)]
    assert set(kinds) == {kind.name for kind in KINDS} - {"previous-failure"}
    assert kinds.count("different-package") == 1


@pytest.mark.parametrize(
    ("package", "first"),
    [
        ("internal/cpu", "-trimpath"),
        ("internal/goarch", "-trimpath"),
        ("internal/runtime/sys", "-race"),
        ("sync/atomic", "-race"),
        ("internal/goexperiment", "GOEXPERIMENT"),
        ("internal/abi", "-gcflags"),
        ("net", "build tags"),
        ("internal/godebugs", "Go release"),
        ("internal/runtime/syscall/linux", "Go release"),
        ("runtime", "Go release"),
    ],
)
def test_a_standard_package_shows_how_the_builds_differ(package: str, first: str) -> None:
    explanation = explain_line(f"plugin was built with a different version of package {package}", None)
    assert first in explanation.causes[0].text
    assert len(explanation.causes) == 6


def test_what_is_standard() -> None:
    assert is_standard("net/http")
    assert is_standard("runtime/internal/sys")
    assert not is_standard("golang.org/x/sys/unix")


GOMOD = """\
module example.com/backend

go 1.23

require (
	github.com/gofrs/uuid v4.0.0+incompatible
	go.uber.org/zap v1.26.0
	go.uber.org/multierr v1.10.0 // indirect
)
"""
MODULES_TXT = """\
# github.com/gofrs/uuid v4.0.0+incompatible
## explicit
github.com/gofrs/uuid
# go.uber.org/multierr v1.11.0
go.uber.org/multierr
# go.uber.org/zap v1.27.0
## explicit
go.uber.org/zap
go.uber.org/zap/buffer
"""
ZAP = ModuleVersion("go.uber.org/zap", "v1.26.0")
PACKAGES = {
    "github.com/gofrs/uuid": ModuleVersion("github.com/gofrs/uuid", "v4.0.0+incompatible"),
    "go.uber.org/multierr": ModuleVersion("go.uber.org/multierr", "v1.10.0"),
    "go.uber.org/zap": ZAP,
    "go.uber.org/zap/buffer": ZAP,
    "example.org/only/here": ModuleVersion("example.org/only", "v1.0.0"),
}


def differs(package: str) -> str:
    return zap(f'plugin.Open("/m/p"): plugin was built with a different version of package {package}')


@pytest.fixture
def analysis(tmp_path: Path) -> Analysis:
    (tmp_path / "vendor").mkdir()
    (tmp_path / "vendor" / "modules.txt").write_text(MODULES_TXT)
    host = Hosts().read("../host", str(tmp_path))
    build = PluginBuild(parse_gomod(GOMOD), PACKAGES, (), {})
    return analyse(take_snapshot("/src/backend/go.mod", parse_gomod(GOMOD), host, build, None))


def test_both_sides_and_all_other_findings_are_printed(analysis: Analysis) -> None:
    explanation = explain_line(differs("go.uber.org/zap/buffer"), analysis)
    plugin, host = explanation.sides
    assert plugin == "plugin: go.uber.org/zap v1.26.0 (go.mod:7)"
    assert host.startswith("host: go.uber.org/zap v1.27.0 (")
    assert host.endswith(" vendor/modules.txt:6)")
    assert explanation.finding
    assert explanation.finding.module == "go.uber.org/zap"
    assert [finding.module for finding in explanation.following] == ["go.uber.org/multierr"]
    assert explanation.remedies[0].startswith("Pin go.uber.org/zap to v1.27.0 (host)")
    assert not explanation.causes, "the cause is known"


def test_equal_versions_leave_only_causes_in_the_build(analysis: Analysis) -> None:
    explanation = explain_line(differs("github.com/gofrs/uuid"), analysis)
    assert [side.split(" (")[0] for side in explanation.sides] == [
        "plugin: github.com/gofrs/uuid v4.0.0+incompatible",
        "host: github.com/gofrs/uuid v4.0.0+incompatible",
    ]
    assert explanation.finding is None
    texts = " ".join(cause.text for cause in explanation.causes)
    for word in ("Go release", "-trimpath", "tags", "-race", "-gcflags", "GOEXPERIMENT", "go.work", "replace"):
        assert word in texts
    assert [finding.module for finding in explanation.following] == ["go.uber.org/zap", "go.uber.org/multierr"]


def test_a_replace_of_the_module_is_the_first_cause(analysis: Analysis) -> None:
    text = GOMOD + "\nreplace github.com/gofrs/uuid => ../uuid\n"
    host = analysis.snapshot.host
    assert isinstance(host, HostManifest)
    replaced = analyse(take_snapshot("/src/backend/go.mod", parse_gomod(text), host, analysis.snapshot.build, None))
    explanation = explain_line(differs("github.com/gofrs/uuid"), replaced)
    assert explanation.finding
    assert explanation.finding.code == "replace-mismatch"
    assert explanation.finding not in explanation.following
    assert explanation.causes
    silent = analyse(replaced.snapshot, {"replace-mismatch": None})
    explanation = explain_line(differs("github.com/gofrs/uuid"), silent)
    assert explanation.finding is None
    assert "the plugin replaces the module at go.mod:11" in explanation.causes[0].text


def test_a_standard_package_leaves_only_causes_in_the_build(analysis: Analysis) -> None:
    explanation = explain_line(differs("time"), analysis)
    assert "standard library" in explanation.sides[0]
    assert "Go release" in explanation.causes[0].text
    assert len(explanation.following) == 2


def test_a_package_that_the_host_lacks_came_from_another_host(analysis: Analysis) -> None:
    explanation = explain_line(differs("example.org/only/here"), analysis)
    assert explanation.sides[1] == "host: ../host does not list example.org/only/here"
    assert "name the host that wrote this line, with --host or the setting layergPin.host" in explanation.remedies[0]


def test_a_package_that_the_plugin_lacks_came_from_an_older_build(analysis: Analysis) -> None:
    assert analysis.snapshot.build
    build = analysis.snapshot.build._replace(packages={"go.uber.org/zap": ZAP})
    explanation = explain_line(differs("go.uber.org/multierr"), analyse(analysis.snapshot._replace(build=build)))
    assert explanation.sides[0] == "plugin: does not compile go.uber.org/multierr"
    assert "the host opened an older build" in explanation.remedies[0]


def test_a_module_that_go_did_not_report_is_found_by_its_path(analysis: Analysis) -> None:
    unresolved = (Unresolved("example.com/private", "no access"),)
    build = PluginBuild(parse_gomod(GOMOD), {}, unresolved, {})
    for known in (build, None):
        half = analyse(analysis.snapshot._replace(build=known, go_failure=None if known else "no go was found"))
        explanation = explain_line(differs("go.uber.org/zap/buffer"), half)
        assert explanation.sides[0] == "plugin: go.uber.org/zap v1.26.0 (go.mod:7)"
        assert explanation.finding


def test_a_line_that_is_cut_before_the_package(analysis: Analysis) -> None:
    explanation = explain_line("plugin was built with a different version of package", analysis)
    assert explanation.sides == ()
    assert "another version" in explanation.causes[0].text
    assert [finding.module for finding in explanation.following] == ["go.uber.org/zap", "go.uber.org/multierr"]


def test_an_unknown_host_is_reported(analysis: Analysis) -> None:
    snapshot = analysis.snapshot._replace(host=HostNotFound("the host is not known: name it"))
    explanation = explain_line(differs("go.uber.org/zap"), analyse(snapshot))
    assert explanation.sides == ("the host is not known: name it",)
    assert "another version" in explanation.causes[0].text


def test_differences_are_published_after_a_failed_opening(analysis: Analysis) -> None:
    explanation = explain_line(f"{SO}: invalid ELF header", analysis)
    assert [finding.module for finding in explanation.following] == ["go.uber.org/zap", "go.uber.org/multierr"]
    assert explain_line("missing go.sum entry", analysis).following == ()
    assert isinstance(analysis.snapshot.host, HostManifest)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(list(MESSAGES)), ANYTHING), max_size=6).map("".join))
def test_any_text_is_explained_or_not(text: str) -> None:
    explanation = explain_line(text, None)
    assert explanation.meaning
    assert explanation.known == bool(recognise(text))


_MOST_SECONDS = 120


@pytest.mark.parametrize(
    "part",
    [
        "x",
        '\\"',
        "plugin.Open(",
        f"{SO}: file too short ",
        "inconsistent vendoring in ",
        "SIGBUS ",
        "module a@b found (",
    ],
)
def test_a_long_line_takes_no_longer_than_its_length(part: str) -> None:
    """Quadratic time would take hours here."""
    line = part * (10_000_000 // len(part))
    began = time.process_time()
    recognise(line)
    assert time.process_time() - began < _MOST_SECONDS
