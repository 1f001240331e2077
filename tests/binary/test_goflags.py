"""Matching of -gcflags patterns. The patterns are those of `go help build` and `go help packages`."""

from __future__ import annotations

import pytest

from layerg_pin.core.buildfiles.go_flags import package_flags

SHARED = ("runtime", "net", "net/http", "github.com/gofrs/uuid")


@pytest.mark.parametrize(
    ("value", "reaches", "may"),
    [
        ("", False, False),
        ("-N -l", False, False),
        ("-trimpath /go/build/nakama", False, False),
        ("-trimpath=/go/build/nakama", False, False),
        ("all=-N -l", True, True),
        (" all = -N -l", True, True),
        ("all=", False, False),
        ("std=-l", True, True),
        ("cmd=-l", False, False),
        ("net/...=-l", True, True),
        ("net=-l", True, True),
        ("net/http/...=-l", True, True),
        ("...=-l", True, True),
        ("crypto/...=-l", False, True),
        ("github.com/gofrs/...=-l", True, True),
        ("./...=-l", False, False),
        (".=-l", False, False),
        ("../lib/...=-l", True, True),
        ("example.com/host=-l", False, False),
        ("example.com/host/...=-l", False, False),
        ("example.com/hosting=-l", False, True),
        ("main=-l", False, False),
    ],
)
def test_what_flags_reach(value: str, reaches: bool, may: bool) -> None:
    flags = package_flags(value)
    assert flags.applies_to(SHARED) is reaches
    assert flags.may_apply_to_others("example.com/host", None) is may
