"""A prediction for a release equals the one for its binary, and what the real server does with the plugin."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest

from layerg_pin.binary.predict import Prediction, Verdict
from layerg_pin.cli.main import main
from layerg_pin.engine.prediction import predict_paths, prediction_rows
from layerg_pin.engine.release_prediction import SILENT, Progress
from layerg_pin.go.queries import find_go
from layerg_pin.go.query_types import Cancellation, GoCancelled
from tests.conftest import Examples, local_go
from tests.real_go.release import PLUGINS, RELEASE, Built, catalogued, scratch_folders

MINOR = ".".join(local_go().removeprefix("go").split(".")[:2])


@pytest.fixture(scope="module")
def built(_pristine: Examples, tmp_path_factory: pytest.TempPathFactory) -> Built:
    return Built(_pristine, tmp_path_factory.mktemp("release"))


def predicted(host: str | Path, plugin: Path, progress: Progress = SILENT) -> Prediction:
    """A prediction without network: this machine's Go is the release's."""
    return predict_paths(str(host), str(plugin), find_go(timeout=300), Cancellation(), progress)


@pytest.mark.parametrize("name", PLUGINS)
def test_the_answer_is_that_of_the_binary_and_of_the_server(built: Built, tmp_path: Path, name: str) -> None:
    plugin = built.plugin(name)
    with catalogued(built.entry):
        by_release = predicted(RELEASE, plugin)
    by_binary = predicted(built.host, plugin)
    assert (by_release.verdict, by_release.reason) == (by_binary.verdict, by_binary.reason)
    code, log = built.opened(plugin, tmp_path)
    assert (code == 0) is (by_release.verdict is Verdict.ACCEPTED)
    assert by_release.error in log
    roots = [[each.package for each in found.differing if each.root] for found in (by_release, by_binary)]
    if name != "untrimmed":  # there each has the first package that both link
        assert roots[0] == roots[1]
    assert by_release.remedies == by_binary.remedies


def test_the_verdicts_differ_as_they_are_meant_to(built: Built) -> None:
    with catalogued(built.entry):
        accepted = {name for name in PLUGINS if predicted(RELEASE, built.plugin(name)).verdict is Verdict.ACCEPTED}
    assert accepted == {"fitting"}


@pytest.mark.parametrize("name", ["as-committed", "fitting"])
def test_a_folder_gets_the_answer_of_its_file(built: Built, name: str) -> None:
    with catalogued(built.entry):
        of_folder, of_file = (predicted(RELEASE, path) for path in (built.folder(name), built.plugin(name)))
    assert (of_folder.verdict, of_folder.reason) == (of_file.verdict, of_file.reason)
    assert (of_folder.shared, of_folder.plugin_packages) == (of_file.shared, of_file.plugin_packages)
    packages = [[(each.package, each.root) for each in found.differing] for found in (of_folder, of_file)]
    assert packages[0] == packages[1]


def test_other_versions_are_refused_at_once(built: Built) -> None:
    """The prediction needs no Go, and has the error of the server."""
    plugin = built.plugin("as-committed")
    with catalogued(built.entry):
        found = predict_paths(RELEASE, str(plugin), None, Cancellation())
    assert found.error == predicted(built.host, plugin).error
    assert {each.package for each in found.differing} > {"github.com/gofrs/uuid", "go.uber.org/multierr"}
    assert found.host_packages is None
    assert [*prediction_rows(found)][-1].endswith(f"; the plugin links {found.plugin_packages}")


def test_which_package_is_first_is_not_known_without_go_if_the_flags_differ_too(built: Built) -> None:
    with catalogued(built.entry):
        found = predict_paths(RELEASE, str(built.plugin("debug-as-committed")), None, Cancellation())
    assert (found.verdict, found.error) == (Verdict.REJECTED, "")
    assert "v3.3.0+incompatible in the plugin; plugin.Open may name another package first" in found.why


def test_equal_versions_are_not_known_to_fit_without_go(built: Built) -> None:
    with catalogued(built.entry):
        found = predict_paths(RELEASE, str(built.plugin("fitting")), None, Cancellation())
    assert found.verdict is Verdict.UNKNOWN
    assert found.why == "no go command was found to compile the packages of Layerg 7.0.0: install Go"


def test_a_go_release_that_is_not_available(
    built: Built, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOPROXY", "https://proxy.invalid")
    facts = built.entry.facts._replace(go=f"{MINOR}.99", builder_go=f"{MINOR}.99")
    with catalogued(built.entry._replace(facts=facts)):
        code = main(["predict", "--offline", "--format", "json", "--host", RELEASE, str(built.plugin("fitting"))])
    answer, errors = capsys.readouterr()
    assert code == 2
    assert json.loads(answer)["verdict"] == "unknown"
    assert json.loads(answer)["reason"].startswith(f"go{MINOR}.99 is not available: ")
    assert f"missing on this machine: go{MINOR}.99" in errors


def test_a_release_whose_go_floats(built: Built) -> None:
    facts = built.entry.facts._replace(go=MINOR, builder_go=MINOR, floats=True)
    with catalogued(built.entry._replace(facts=facts)):
        fitting, refused = (predicted(RELEASE, built.plugin(name)) for name in ("fitting", "as-committed"))
    assert fitting.verdict is Verdict.UNKNOWN
    assert fitting.why == (
        f"Layerg 7.0.0 is built on golang:{MINOR}, a tag that floats, so its Go release is not known"
    )
    assert (refused.verdict, refused.error) == (Verdict.REJECTED, "")
    assert refused.why.startswith("github.com/gofrs/uuid is from github.com/gofrs/uuid v4.0.0+incompatible in the host")


def test_a_release_of_another_go_crashes_and_an_old_one_is_not_known(built: Built) -> None:
    found = []
    for release in ("1.22.4", "1.17.2"):
        facts = built.entry.facts._replace(go=release, builder_go=release)
        with catalogued(built.entry._replace(facts=facts)):
            found.append(predict_paths(RELEASE, str(built.plugin("fitting")), None, Cancellation()))
    assert found[0].verdict is Verdict.CRASH
    assert "the host is built with go1.22.4" in found[0].why
    assert found[1].reason == "Layerg 7.0.0 is built with go1.17.2: package hashes can be read since go1.18"


def test_a_module_whose_version_go_does_not_select(built: Built) -> None:
    """Versions that do not fit together are not those of a release, so nothing follows from them."""
    modules = {**built.entry.modules, "go.uber.org/multierr": "v1.9.0"}
    with catalogued(built.entry._replace(modules=modules)):
        found = predicted(RELEASE, built.plugin("untrimmed"))
    assert found.verdict is Verdict.REJECTED  # by version
    assert found.error == ""


def test_progress_is_reported_before_and_during_the_work(built: Built) -> None:
    announced: list[str] = []
    steps: list[str] = []
    with catalogued(built.entry):
        predicted(RELEASE, built.plugin("fitting"), Progress(announced.append, steps.append))
    (sentence,) = announced
    assert sentence.startswith("Layerg 7.0.0: compiling ")
    assert sentence.endswith("the first time this takes 1 to 5 minutes")  # and downloads nothing
    assert steps == [f"getting {local_go()}", "getting modules", "compiling"]


def test_nothing_is_left_of_a_cancelled_run(built: Built, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GOCACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    cancellation = Cancellation()
    seen: list[str] = []

    def step(name: str) -> None:
        seen.extend(scratch_folders(tmp_path))
        if name == "compiling":
            cancellation.cancel()

    go, progress, plugin = find_go(timeout=300), Progress(lambda _: None, step), str(built.plugin("fitting"))
    with catalogued(built.entry), pytest.raises(GoCancelled):
        predict_paths(RELEASE, plugin, go, cancellation, progress)
    assert seen
    assert scratch_folders(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("layerg@6.0.0", "Layerg 6.0.0 is not a known release: use layerg@7.0.0, or see `layerg-pin host list`"),
        ("layrg@7.0.0", "no host is known as layrg; did you mean layerg@7.0.0?"),
    ],
)
def test_a_release_that_is_not_known(built: Built, name: str, reason: str) -> None:
    with catalogued(built.entry):
        found = predict_paths(name, str(built.plugin("fitting")), None, Cancellation())
    assert (found.verdict, found.reason) == (Verdict.UNKNOWN, reason)
