"""The template for GitLab CI and the image for CI jobs: valid, and their commands run as far as a machine without
Docker can.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import yaml

from layerg_pin import __version__
from tests.conftest import ROOT, Examples
from tests.packaging.conftest import Packages, run, tool

TEMPLATE = ROOT / "packaging" / "gitlab" / "layerg-pin.gitlab-ci.yml"
DOCKERFILE = ROOT / "packaging" / "docker" / "Dockerfile"


def test_gitlab_accepts_the_template() -> None:
    done = run(tool("check-jsonschema"), "--builtin-schema", "vendor.gitlab-ci", TEMPLATE, cwd=ROOT)
    assert done.code == 0, done.text


def test_the_job_writes_a_code_quality_report_and_fails(packages: Packages, examples: Examples, tmp_path: Path) -> None:
    job = yaml.safe_load(TEMPLATE.read_text())["layerg-pin"]
    project = examples.plugin.parent
    variables = {
        name: re.sub(r"\$CI_PROJECT_DIR|^/tmp", lambda each: str(project if each[0][0] == "$" else tmp_path), value)
        for name, value in job["variables"].items()
    }
    assert variables["LAYERG_PIN_PACKAGE"] == f"layerg-pin=={__version__}"
    variables |= {"LAYERG_PIN_PACKAGE": str(packages.wheel), "LAYERG_PIN_PATH": "plugin"}
    modules = run("go", "env", "GOMODCACHE", cwd=tmp_path).text.strip()  # as if GitLab had restored it
    path = os.pathsep.join((str(tool("pipx").parent), os.environ["PATH"]))
    gitlab = {"GITLAB_CI": "true", "CI": "true", "CI_PROJECT_DIR": str(project), "PYTHONPATH": "", "PATH": path}
    script = "\n".join(("set -eo pipefail", *job["before_script"], *job["script"]))
    done = run("bash", "-c", script, cwd=project, env={**variables, **gitlab, "GOMODCACHE": modules})
    assert done.code == 1, done.text
    (report,) = [project / name for name in (job["artifacts"]["reports"]["codequality"],)]
    assert {each["location"]["path"] for each in json.loads(report.read_text())} == {"plugin/go.mod"}
    assert (project / ".cache/layerg-pin").is_dir(), "the job caches this folder"


def instructions() -> list[tuple[str, str]]:
    """The instructions of the Dockerfile, with continued lines joined."""
    text = re.sub(r"\\\n\s*", "", re.sub(r"^#.*\n", "", DOCKERFILE.read_text(), flags=re.MULTILINE))
    return [(line.split(" ", 1)[0], line.split(" ", 1)[1]) for line in text.splitlines() if line]


def test_the_image_is_built_from_files_that_exist() -> None:
    parsed = instructions()
    assert {name for name, _ in parsed} == {"FROM", "RUN", "ENV", "WORKDIR", "COPY", "CMD"}
    for name, arguments in parsed:
        if name == "COPY":
            assert all((ROOT / each).exists() for each in arguments.split()[:-1]), arguments
        if name == "RUN":
            checked = subprocess.run(("sh", "-n", "-c", arguments), capture_output=True, text=True, check=False)
            assert checked.returncode == 0, checked.stderr


def test_the_image_s_commands_install_layerg_pin(project: Path, tmp_path: Path) -> None:
    """Only the step that installs Debian's packages is not run."""
    source, home = tmp_path / "src", tmp_path / "home"
    source.mkdir()
    for name, arguments in instructions():
        if name == "COPY":
            for each in arguments.split()[:-1]:
                copy = shutil.copytree if (project / each).is_dir() else shutil.copy
                copy(project / each, source / each)
        if name == "RUN" and "apt-get" not in arguments:
            command = arguments.replace("/src/", f"{source}/")
            done = run("sh", "-ec", command, cwd=source, env={"LAYERG_PIN_HOME": str(home), "PYTHONPATH": ""})
            assert done.code == 0, done.text
    assert list(source.iterdir()) == []
    path = os.pathsep.join((str(home / "bin"), os.environ["PATH"]))
    done = run("layerg-pin", "--version", cwd=tmp_path, env={"PATH": path, "PYTHONPATH": ""})
    assert done.text == f"layerg-pin {__version__}\n"
