"""The hooks for pre-commit, run by pre-commit itself on a plugin that fails and is then fixed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from layerg_pin.source_tree.build_files import is_build_file
from tests.conftest import ROOT, Examples
from tests.packaging.conftest import Done, run, tool

HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
_AUTHOR = ("-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false")


def git(folder: Path, *arguments: str) -> str:
    done = run("git", *_AUTHOR, *arguments, cwd=folder)
    assert done.code == 0, done.text
    return done.text.strip()


def test_the_hooks_are_valid() -> None:
    done = run(tool("pre-commit"), "validate-manifest", ".pre-commit-hooks.yaml", cwd=ROOT)
    assert done.code == 0, done.text


def test_a_plugin_fails_and_is_fixed(examples: Examples, project: Path, tmp_path: Path) -> None:
    git(project, "init", "--quiet")
    git(project, "add", ".")
    git(project, "commit", "--quiet", "-m", "hooks")
    hooks = [{"id": hook["id"], "stages": ["manual" if "fix" in hook["id"] else "pre-commit"]} for hook in HOOKS]
    config = {"repos": [{"repo": str(project), "rev": git(project, "rev-parse", "HEAD"), "hooks": hooks}]}
    repository = examples.plugin.parent
    (repository / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config))
    git(repository, "init", "--quiet")
    git(repository, "add", ".pre-commit-config.yaml", "plugin")
    git(repository, "commit", "--quiet", "-m", "plugin", "--no-verify")

    def hook(*arguments: str) -> Done:
        env = {"PRE_COMMIT_HOME": str(tmp_path / "pre-commit"), "PYTHONPATH": ""}
        return run(tool("pre-commit"), "run", "--all-files", *arguments, cwd=repository, env=env)

    failed = hook()
    assert failed.code == 1, failed.text
    assert "layerg-pin check...." in failed.text
    assert "version-mismatch" in failed.text, failed.text
    fixed = hook("--hook-stage", "manual")
    assert "- files were modified by this hook" in fixed.text, fixed.text
    git(repository, "add", "plugin")
    after = hook()
    assert after.code == 0, after.text
    assert "Passed" in after.text


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_they_run_for_the_files_that_matter(hook: dict[str, str]) -> None:
    pattern = re.compile(hook["files"])
    modules = "go.mod a/go.sum go.work a/b/x.go layerg-pin.toml a/layerg-host.json vendor/modules.txt"
    build = (
        "Dockerfile a/x.Dockerfile build/Dockerfile.dev Containerfile docker-compose.yml a/compose.override.yaml .env "
        ".devcontainer/devcontainer.json Makefile GNUmakefile x.mk a/Taskfile.yml Taskfile.dist.yaml scripts/build.sh "
        "build.bat build.cmd build.ps1 .gitlab-ci.yml .github/workflows/ci.yaml"
    )
    assert [name for name in build.split() if not is_build_file(name)] == []
    assert [name for name in (*modules.split(), *build.split()) if not pattern.search(name)] == []
    assert [name for name in ("README.md", "a/go.mod.bak", "x.gox", "mygo.mod", "a.yml") if pattern.search(name)] == []
