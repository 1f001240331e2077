"""Builds of a host that run outside its workspace."""

from __future__ import annotations

import pytest

from layerg_pin.core.buildfiles.workspace_builds import host_builds


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("build:\n\tgo build -o server .\n", [(1, False, False)]),
        ("build:\n\tGOWORK=off go build .\n", [(1, True, False)]),
        ("build:\n\t$(GO) build -mod=vendor .\n", [(1, False, True)]),
        ("export GOWORK := off\nbuild:\n\tgo build .\n", [(2, True, False)]),
        ("FROM golang:1.26\nENV GOWORK off\nRUN go build .\n", [(2, True, False)]),
        ("FROM golang:1.26\nENV GOFLAGS=-mod=vendor\nRUN go install ./cmd/x\n", [(2, False, True)]),
        ("FROM golang:1.26\nENV GOWORK=off\nRUN go vet ./...\n", []),
        ("RUN go mod vendor && \\\n    go build \\\n    -mod=vendor .\n", [(0, False, True)]),
        ("RUN GOWORK=off go mod vendor && go build .\n", [(0, False, False)]),
        ("# GOWORK=off go build .\ngo build .\n", [(1, False, False)]),
        ("GOWORK=off go build -buildmode=plugin .\n", []),
        ("go install golang.org/x/tools/gopls@latest\n", []),
        ("cargo build\n", []),
    ],
)
def test_builds_that_leave_the_workspace(text: str, expected: list[tuple[int, bool, bool]]) -> None:
    assert list(host_builds(text)) == expected
