"""Rules of the prediction that no build in the tests covers."""

from __future__ import annotations

import pytest

from layerg_pin.binary.buildinfo import BuildInfo, Module, records
from layerg_pin.binary.go_binary import Binary, Format, PluginSupport, Role
from layerg_pin.binary.predict import Prediction, Verdict, predict, predict_build
from layerg_pin.binary.sides import package_modules, side_of
from layerg_pin.engine.unlinked_build import host_flags
from layerg_pin.go.query_types import GoError

GENPROTO, RPC = "google.golang.org/genproto", "google.golang.org/genproto/googleapis/rpc"
SETTINGS = {"-compiler": "gc", "GOOS": "linux", "-trimpath": "true"}


def info(name: str, *deps: Module, go: str = "go1.26.8", **settings: str) -> BuildInfo:
    path = f"example.com/{name}"
    return BuildInfo(go=go, path=path, main=Module(path, "(devel)"), deps=deps, settings={**SETTINGS, **settings})


def host(built: BuildInfo | None, **hashes: str) -> Binary:
    plugin_support = PluginSupport.SHARING if hashes else PluginSupport.NONE if built else PluginSupport.UNKNOWN
    return Binary(
        path="host",
        format=Format.ELF,
        role=Role.EXECUTABLE,
        refusal="cannot dynamically load executable",
        os="linux",
        arch="amd64",
        info=built,
        hashes={name.replace("_", "/"): value for name, value in hashes.items()},
        order=(),
        libc="libc.so.6",
        module_data=592,
        plugin_support=plugin_support,
    )


def plugin(built: BuildInfo | None, **hashes: str) -> Binary:
    made = host(built, **hashes)
    return made._replace(path="plugin.so", role=Role.PLUGIN, refusal="", order=tuple(made.hashes))


def prediction_of(one: Binary, other: Binary, packages: dict[str, tuple[str, str]]) -> Prediction:
    """A prediction for packages with the given hashes of each side."""
    sides = [{package: pair[side] for package, pair in packages.items()} for side in (0, 1)]
    return predict(
        one._replace(hashes=sides[0], plugin_support=PluginSupport.SHARING),
        other._replace(hashes=sides[1], order=tuple(sides[1])),
    )


def test_a_package_that_comes_from_another_module() -> None:
    rpc = Module(RPC, "v0.0.0-20240730163845-b1a4ccb954bf")
    package = f"{RPC}/status"
    found = prediction_of(
        host(info("host", rpc)),
        plugin(info("plugin", Module(GENPROTO, "v0.0.0-20210602131652-f16073e35f0c"))),
        {package: ("a", "b")},
    )
    assert found.error == f"plugin was built with a different version of package {package}"
    assert [(each.host, each.plugin and each.plugin.path) for each in found.differing] == [(rpc, GENPROTO)]
    assert found.remedies == (
        f"Pin {RPC} to {rpc.version} (host): {package} comes from {GENPROTO} v0.0.0-20210602131652-f16073e35f0c "
        "in the plugin",
    )


def test_the_host_s_own_packages() -> None:
    found = prediction_of(
        host(info("host")),
        plugin(info("plugin", Module("example.com/host", "v1.0.0"))),
        {"example.com/host/api": ("a", "b")},
    )
    assert found.remedies[0].startswith(
        "Build the plugin in a go.work that uses the folder of example.com/host, the host's own"
    )


def test_an_equal_module_is_a_root_only_without_an_earlier_root() -> None:
    deps = [Module("example.com/a", "v1.0.0"), Module("example.com/b", "v1.0.0"), Module("example.com/c", "v1.0.0")]
    newer = [deps[0], Module("example.com/b", "v1.1.0"), deps[2]]
    packages = {f"example.com/{name}": ("x", "y") for name in "abc"}
    found = prediction_of(host(info("host", *deps)), plugin(info("plugin", *newer)), packages)
    assert [each.root for each in found.differing] == [True, True, False]


def test_where_nothing_explains_a_difference() -> None:
    dep = Module("example.com/a", "v1.0.0")
    found = prediction_of(host(info("host", dep)), plugin(info("plugin", dep)), {"example.com/a": ("x", "y")})
    assert found.remedies[0].startswith("Build both sides again from clean caches")


def test_without_trimpath_the_folders_explain_it() -> None:
    dep = Module("example.com/a", "v1.0.0")
    bare = {"-trimpath": ""}
    one, trimmed = host(info("host", dep, **bare)), plugin(info("plugin", dep))
    assert prediction_of(one, plugin(info("plugin", dep, **bare)), {"example.com/a": ("x", "y")}).remedies == (
        "Build both sides with -trimpath: without it a package contains the path of its "
        "folder, which differs between vendor/ and the module cache",
    )
    assert prediction_of(one, trimmed, {"example.com/a": ("x", "y")}).remedies == (
        "Build the host with -trimpath too: otherwise a plugin fits only if built in the host's folders",
    )


def test_a_host_without_build_info_has_no_flags_to_follow() -> None:
    assert predict(host(None), plugin(info("p"), fmt="x")).remedies == ()


def test_accepted_by_luck() -> None:
    found = prediction_of(host(info("host")), plugin(info("plugin", go="go1.26.7")), {"fmt": ("x", "x")})
    assert found.verdict is Verdict.ACCEPTED
    assert found.reason is None
    assert found.remedies == ("Accepted by luck: build the plugin with the host's go1.26.8 rather than go1.26.7",)


def test_flags_of_both_sides() -> None:
    one = host(info("host", **{"-tags": "a,b", "GOEXPERIMENT": "x"}))
    other = plugin(info("plugin", **{"-tags": "a", "-race": "true"}))
    assert prediction_of(one, other, {"net": ("x", "y")}).remedies == (
        "Build the plugin without -race, as the host is",
        "Build the plugin with -tags=a,b, as the host is (now -tags=a)",
        "Build the plugin with GOEXPERIMENT=x, as the host is",
    )


OLD = info("host", go="go1.17.5")


@pytest.mark.parametrize(
    ("one", "other", "verdict", "says"),
    [
        (plugin(info("host"), fmt="x"), plugin(info("p"), fmt="x"), Verdict.UNKNOWN, "is a plugin, not a host"),
        (host(None), plugin(info("p"), fmt="x"), Verdict.UNKNOWN, "is not a Go program"),
        (
            host(OLD),
            plugin(info("p"), fmt="x"),
            Verdict.UNKNOWN,
            "is built with go1.17.5: package hashes can be read since go1.18",
        ),
        (host(info("host")), plugin(info("p"), fmt="x"), Verdict.REJECTED, "it does not call plugin.Open"),
        (
            host(info("h"), fmt="x"),
            plugin(info("p", **{"-buildmode": "plugin"}), fmt="x")._replace(role=Role.LIBRARY),
            Verdict.CRASH,
            "is linked so that it shares no packages with a host",
        ),
        (
            host(info("h"))._replace(format=Format.MACHO, os="darwin"),
            plugin(info("p"))._replace(format=Format.MACHO, os="darwin"),
            Verdict.UNKNOWN,
            "macOS binaries are not read",
        ),
        (
            host(info("h"))._replace(format=Format.MACHO, os="darwin"),
            plugin(info("p"), fmt="x"),
            Verdict.REJECTED,
            "the plugin is built for linux/amd64, the host for darwin/amd64",
        ),
        (
            host(info("h"), fmt="x")._replace(module_data=None),
            plugin(info("p", go="go1.25.5"), fmt="x"),
            Verdict.CRASH,
            "the host is built with go1.26.8, the plugin with go1.25.5",
        ),
        (
            host(info("h", go="go1.24.5"), fmt="x")._replace(module_data=584),
            plugin(info("p", go="go1.25.5"), fmt="y")._replace(module_data=584),
            Verdict.REJECTED,
            "different version of package fmt",
        ),
        (
            host(info("h"), fmt="x")._replace(libc="libc.musl-x86_64.so.1"),
            plugin(info("p"), fmt="x"),
            Verdict.UNKNOWN,
            "it is unknown whether musl can load it",
        ),
        (host(None, fmt="x"), plugin(None, fmt="x"), Verdict.ACCEPTED, None),
    ],
)
def test_verdicts(one: Binary, other: Binary, verdict: Verdict, says: str | None) -> None:
    found = predict(one, other)
    assert found.verdict is verdict
    assert says in (found.reason or "") if says else found.reason is None


def test_a_folder_and_a_host_whose_hashes_are_not_read() -> None:
    """Two sides with nothing to compare are not accepted."""
    macos = host(info("host", GOOS="darwin"))._replace(format=Format.MACHO, os="darwin")
    found = predict_build(macos, side_of(plugin(info("plugin"), fmt="x"))._replace(os="darwin"))
    assert (found.verdict, found.reason) == (Verdict.UNKNOWN, "the package hashes of macOS binaries are not read")


def test_modules_of_packages() -> None:
    built = info("host", Module("gopkg.in/yaml.v3", "v3.0.1"), Module(GENPROTO, "v0.0.1"), Module(RPC, "v0.0.2"))
    packages = ("gopkg.in/yaml%2ev3", f"{RPC}/code", f"{GENPROTO}/x", "vendor/golang.org/x/net/idna", "main", "a.b/c")
    assert {name: str(module) for name, module in package_modules(packages, built).items()} == {
        "gopkg.in/yaml%2ev3": "gopkg.in/yaml.v3 v3.0.1",
        f"{RPC}/code": f"{RPC} v0.0.2",
        f"{GENPROTO}/x": f"{GENPROTO} v0.0.1",
        "vendor/golang.org/x/net/idna": "std go1.26.8",
    }


@pytest.mark.parametrize(
    ("gcflags", "passed"),
    [
        ("-trimpath /go/build/nakama", ()),
        ("-N -l", ()),
        ("example.com/host/...=-trimpath /x", ()),
        ("all=-N -l", ("-gcflags=all=-N -l",)),
        ("fmt/...=-l", ("-gcflags=fmt/...=-l",)),
    ],
)
def test_flags_of_the_main_package_alone_are_not_needed(gcflags: str, passed: tuple[str, ...]) -> None:
    one = host(info("host", **{"-gcflags": gcflags, "-asmflags": "-trimpath /go/build/nakama"}), fmt="x")
    assert host_flags(one)[0] == ("-trimpath", *passed)
    found = prediction_of(one, plugin(info("p")), {"fmt": ("x", "y")})
    assert any("-gcflags" in remedy for remedy in found.remedies) is bool(passed)


def test_flags_for_shared_packages_that_are_not_safe_to_pass_on() -> None:
    with pytest.raises(GoError, match=r"is built with -gcflags=all=-cpuprofile=/x: build the plugin the same way"):
        host_flags(host(info("host", **{"-gcflags": "all=-cpuprofile=/x"}), fmt="x"))


def test_what_go_1_18_does_not_record_is_unknown() -> None:
    old = BuildInfo(
        go="go1.18.10", path="", main=None, deps=(), settings={"-compiler": "gc", "GOOS": "linux", "CGO_ENABLED": "1"}
    )
    with pytest.raises(GoError, match="does not record whether it is built with -trimpath"):
        host_flags(host(old, fmt="x"))
    found = prediction_of(host(old), plugin(old), {"fmt": ("x", "y")})
    assert not any("-trimpath" in remedy for remedy in found.remedies)
    assert not records("go1.18.10", old.settings, "-trimpath")
    assert records("go1.19.13", old.settings, "-trimpath")
    assert not records("go1.26.8", {}, "-race"), "built by another tool"
