"""The prediction is right for every measured pair of Go releases (releases.json)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from layerg_pin.binary.buildinfo import BuildInfo, records
from layerg_pin.binary.go_binary import Binary, Format, PluginSupport, Role
from layerg_pin.binary.layouts import Layouts, compare_layouts, module_data_size
from layerg_pin.binary.predict import Prediction, Verdict, predict
from layerg_pin.core.gomod.versions import builds_plugins_without_cgo, parse_go_release

TABLE = json.loads(Path(__file__).with_name("releases.json").read_text())
RELEASES: dict[str, dict[str, Any]] = TABLE["releases"]
PAIRS = [(row["host"], row["plugin"], row["result"], row["with_deferred_exit"]) for row in TABLE["pairs"]]


def binary(release: str, role: Role, first: str, *, size: int | None) -> Binary:
    """A binary of a release whose runtime packages all differ from those of other releases."""
    facts = RELEASES.get(release, {"plugin_has_build_info": True})
    info = None
    if role is Role.EXECUTABLE or facts["plugin_has_build_info"]:
        info = BuildInfo(release, settings=facts.get("host_settings", {}))
    hashes = {first: release, "runtime": release}
    plugin_support = PluginSupport.SHARING if role is Role.EXECUTABLE else PluginSupport.NONE
    return Binary(
        path=release,
        format=Format.ELF,
        role=role,
        refusal="",
        os="linux",
        arch="amd64",
        info=info,
        hashes=hashes,
        order=tuple(hashes),
        libc="libc.so.6",
        module_data=size,
        plugin_support=plugin_support,
    )


def predicted(host: str, plugin: str, first: str = "internal/cpu", *, sizes: bool) -> Prediction:
    host_size, plugin_size = (
        RELEASES[release]["module_data"] if sizes and release in RELEASES else None for release in (host, plugin)
    )
    return predict(
        binary(host, Role.EXECUTABLE, first, size=host_size), binary(plugin, Role.PLUGIN, first, size=plugin_size)
    )


@pytest.mark.parametrize(("host", "plugin", "result", "deferred"), PAIRS, ids=lambda value: value.split(":")[0])
def test_each_measured_pair(host: str, plugin: str, result: str, deferred: str) -> None:
    if parse_go_release(host).release[:2] == parse_go_release(plugin).release[:2] and result == "accepted":  # type: ignore[union-attr]
        # The hashes decide, and those of two patch releases can be equal.
        assert compare_layouts((host, None), (plugin, None)) is Layouts.SAME
        return
    first = result.removeprefix("refused: ")
    found = predicted(host, plugin, first if result.startswith("refused") else "internal/cpu", sizes=True)
    if result.startswith("refused"):
        assert (found.verdict, found.error.split()[-1]) == (Verdict.REJECTED, first)
    else:
        assert found.verdict is Verdict.CRASH
        assert found.error == result.removeprefix("died: ")
    # A panic runs deferred functions, a fatal error does not.
    assert deferred == result or (deferred == "silent" and "os.Exit(0)" in found.why)


def test_each_release_is_described_as_it_was_measured() -> None:
    for release, facts in RELEASES.items():
        assert module_data_size(release) == facts["module_data"], release
        minor = parse_go_release(release)
        assert minor
        assert facts["plugin_has_build_info"] is (minor.release[:2] >= (1, 21)), release
        assert records(release, facts["host_settings"], "-trimpath") is ("-trimpath" in facts["host_settings"]), release
        assert builds_plugins_without_cgo(release) is (facts["cgo_less_plugin"] == "accepted"), release


def test_the_table_has_each_minor_release_against_each() -> None:
    minors = [parse_go_release(release) for release in RELEASES]
    assert {minor.release[:2] for minor in minors if minor} == {(1, number) for number in range(18, 28)}
    assert len(PAIRS) >= 100


@pytest.mark.parametrize(
    ("host", "plugin", "sizes", "verdict"),
    [
        ("go1.26.3", "go1.21.5", True, Verdict.CRASH),  # not measured; of equal size
        ("go1.26.3", "go1.25.1", False, Verdict.CRASH),
        ("go1.24.3", "go1.25.1", False, Verdict.REJECTED),
        ("go1.28.1", "go1.28.2", False, Verdict.REJECTED),
        ("go1.28.1", "go1.26.8", False, Verdict.UNKNOWN),
        ("devel go1.29-abcdef", "go1.26.8", False, Verdict.UNKNOWN),
    ],
)
def test_pairs_that_were_not_measured(host: str, plugin: str, sizes: bool, verdict: Verdict) -> None:
    found = predicted(host, plugin, sizes=sizes)
    assert found.verdict is verdict
    if verdict is Verdict.UNKNOWN:
        assert "the host refuses it or crashes" in found.why


def test_another_size_is_a_crash_whatever_the_releases_are() -> None:
    assert compare_layouts(("go1.28.1", 600), ("go1.28.1", 592)) is Layouts.OTHER_SIZE
    assert compare_layouts(("", 600), ("", 592)) is Layouts.OTHER_SIZE


def test_a_plugin_without_build_info_is_older_than_go_1_21() -> None:
    assert compare_layouts(("go1.19.13", 552), ("", 552)) is Layouts.SAME
    assert compare_layouts(("go1.27.0", 568), ("", 568)) is Layouts.OTHER_FIELDS
    assert compare_layouts(("go1.27.0", 568), ("", None)) is Layouts.UNKNOWN


def test_the_same_runtime_has_the_same_layout_whatever_is_recorded() -> None:
    one = binary("go1.27.0", Role.EXECUTABLE, "internal/cpu", size=568)
    other = binary("go1.27.0", Role.PLUGIN, "internal/cpu", size=568)._replace(info=None)
    assert predict(one, other).verdict is Verdict.ACCEPTED
