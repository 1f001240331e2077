"""The GitHub action: its metadata is valid, and its shell steps are run as GitHub runs them."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import ROOT, Examples
from tests.packaging.conftest import Done, run, tool

ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
STEPS = [step for step in ACTION["runs"]["steps"] if "run" in step]
_EXPRESSION = re.compile(r"\$\{\{ *([\w.-]+) *\}\}")


@pytest.mark.parametrize(
    ("schema", "pattern"),
    [("vendor.github-actions", "action.yml"), ("vendor.github-workflows", ".github/workflows/*.yml")],
)
def test_action_and_workflows_fit_the_schema(schema: str, pattern: str) -> None:
    paths = list(ROOT.glob(pattern))
    assert paths
    done = run(tool("check-jsonschema"), "--builtin-schema", schema, *paths, cwd=ROOT)
    assert done.code == 0, done.text


class Runner:
    """Runs the shell steps of the action with the variables and files of a runner of GitHub."""

    def __init__(self, action: Path, workspace: Path, scratch: Path, path: str) -> None:
        self.action, self.workspace, self.path = action, workspace, path
        self.files = {name: scratch / name for name in ("GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STEP_SUMMARY")}
        self.temp = scratch / "temp"
        self.temp.mkdir(parents=True)

    def run(self, **inputs: str) -> Done:
        """Run all steps until one fails; returns the result of the last one."""
        values = self._values(inputs)
        done = Done(-1, "")
        for step in STEPS:
            done = self._step(step, values)
            if done.code:
                break
            if "id" in step:
                outputs = (line.split("=", 1) for line in self._lines("GITHUB_OUTPUT"))
                values.update({f"steps.{step['id']}.outputs.{name}": value for name, value in outputs})
        return done

    def check(self, **inputs: str) -> Done:
        """Run the last step alone, which checks the plugins."""
        return self._step(STEPS[-1], {**self._values(inputs), "steps.folders.outputs.answers": str(self.temp)})

    def _values(self, inputs: dict[str, str]) -> dict[str, str]:
        """The values of expressions."""
        values = {f"inputs.{name}": inputs.get(name, each["default"]) for name, each in ACTION["inputs"].items()}
        return {**values, "github.action_path": str(self.action)}

    def _step(self, step: dict[str, Any], values: dict[str, str]) -> Done:
        assert step["shell"] == "bash"
        assert not _EXPRESSION.search(step["run"]), "an input inside of a script could inject commands"
        own = {name: _EXPRESSION.sub(lambda each: values[each[1]], text) for name, text in step.get("env", {}).items()}
        env = {
            "PATH": os.pathsep.join((*reversed(self._lines("GITHUB_PATH")), self.path)),
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_WORKSPACE": str(self.workspace),
            "RUNNER_TEMP": str(self.temp),
            "PYTHONPATH": "",
            **{name: str(path) for name, path in self.files.items()},
            **own,
        }
        script = self.temp / "step.sh"
        script.write_text(step["run"])
        return run("bash", "--noprofile", "--norc", "-eo", "pipefail", script, cwd=self.workspace, env=env)

    def _lines(self, name: str) -> list[str]:
        return self.files[name].read_text().splitlines() if self.files[name].exists() else []

    def summary(self) -> str:
        """The summary of the job."""
        return self.files["GITHUB_STEP_SUMMARY"].read_text()


@pytest.fixture
def runner(request: pytest.FixtureRequest, project: Path, examples: Examples, tmp_path: Path) -> Runner:
    """A runner with uv, or without."""
    go = Path(run("go", "env", "GOROOT", cwd=tmp_path).text.strip()) / "bin"
    python = tmp_path / "bin"
    python.mkdir()
    for name in ("python3", *(["uv"] if request.param == "uv" else [])):
        (python / name).symlink_to(tool(name))
    path = os.pathsep.join((str(python), str(go), "/usr/bin", "/bin"))
    return Runner(project, examples.plugin.parent, tmp_path / "runner", path)


@pytest.mark.parametrize("runner", ["uv", "pip"], indirect=True)
def test_the_steps_install_check_annotate_and_fail(runner: Runner) -> None:
    done = runner.run(path="plugin\n", args="--offline")
    assert done.code == 1, done.text
    assert re.search(r"^::error .*file=plugin/go\.mod,line=\d+", done.text, re.MULTILINE), done.text
    assert "go.uber.org/zap" in runner.summary()
    assert list((runner.temp / "layerg-pin/cache").iterdir()), "the answers of Go are kept where the action caches"


@pytest.mark.parametrize("runner", ["pip"], indirect=True)
def test_each_input_reaches_the_command(runner: Runner, tmp_path: Path) -> None:
    program = tmp_path / "bin" / "layerg-pin"
    program.write_text('#!/bin/sh\nprintf "%s|" "$@"\n')
    program.chmod(0o755)
    assert runner.check().text == "check|.|"
    done = runner.check(path="a b\nc/go.mod\n", host="host\n$(no such) host", strict="true", args="--offline  --build")
    assert done.text == "check|--host|host|--host|$(no such) host|--strict|--offline|--build|a b|c/go.mod|"


def test_only_the_default_of_each_input_is_needed() -> None:
    assert all("default" in each and "description" in each for each in ACTION["inputs"].values())


def test_go_and_its_answers_are_cached() -> None:
    (cache,) = [step for step in ACTION["runs"]["steps"] if step.get("uses", "").startswith("actions/cache@")]
    assert cache["with"]["path"].split("\n")[:2] == [
        "${{ steps.folders.outputs.modules }}",
        "${{ steps.folders.outputs.answers }}",
    ]
