"""Parsing and ordering of module versions and Go releases, as in Go."""

from __future__ import annotations

from functools import cmp_to_key
from itertools import combinations
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layerg_pin.core.gomod.versions import (
    canonical_version,
    is_higher,
    major_mismatch,
    parse_go_release,
    parse_version,
    path_major,
    prunes,
)
from tests.core.go_reading import ask_go

ASCENDING = [
    ["v0.0.0-20191109021931-daa7c04131f5"],
    ["v0.0.0-20210101000000-abcdefabcdef"],
    ["v0.0.0", "v0", "v0.0", "v0.0.0+meta"],
    ["v0.0.1-0.20200101000000-abcdefabcdef"],
    ["v0.0.1"],
    ["v0.0.2-0.20200101000000-abcdefabcdef"],
    ["v0.9.9"],
    ["v0.10.0"],
    ["v1.0.0-0"],
    ["v1.0.0-2"],
    ["v1.0.0-11"],
    ["v1.0.0-99999999999999999999999"],
    ["v1.0.0--"],
    ["v1.0.0-A"],
    ["v1.0.0-alpha"],
    ["v1.0.0-alpha.0"],
    ["v1.0.0-alpha.0.20200101000000-abcdefabcdef"],
    ["v1.0.0-alpha.1", "v1.0.0-alpha.1+meta"],
    ["v1.0.0-alpha.beta"],
    ["v1.0.0-alpha-1"],
    ["v1.0.0-beta"],
    ["v1.0.0-beta.2"],
    ["v1.0.0-beta.11"],
    ["v1.0.0-rc.1"],
    ["v1.0.0-rc1"],
    ["v1.0.0-rc10"],
    ["v1.0.0-rc2"],
    ["v1.0.0", "v1", "v1.0", "v1.0.0+1", "v1.0.0+incompatible"],
    ["v1.0.1-0.20200101000000-abcdefabcdef"],
    ["v1.0.1"],
    ["v1.2.3"],
    ["v1.2.10"],
    ["v1.10.0", "v1.10"],
    ["v2.0.0-rc.1+incompatible", "v2.0.0-rc.1"],
    ["v2.0.0+incompatible", "v2.0.0", "v2"],
    ["v2.0.1-0.20210101000000-abcdefabcdef+incompatible"],
    ["v9.0.0"],
    ["v10.0.0"],
    ["v18446744073709551616.0.0"],
    ["v99999999999999999999999999999999.0.0"],
]
"""In ascending order; versions on one line are equal."""

NOT_VERSIONS = [
    *("", "v", "1.2.3", "V1.2.3", "vv1.2.3", "v1.", "v1.2.", "v.1.2", "v1.2.3.4", "v01.2.3", "v1.02.3", "v1.2.03"),
    *("v1.2.3-", "v1.2.3+", "v1.2.3-a..b", "v1.2.3-01", "v1.2.3-a_b", "v1.2.3+a_b", "v1.2.3+a+b", "v1-rc", "v1.2-rc"),
    *("v1+meta", "v1.2+meta", " v1.2.3", "v1.2.3 ", "v1.2.3\n", "v1.\u0662.3", "v1.2.3-\u00e4", "v-1.2.3", "v1.-2.3"),
    *("latest", "master", "v1.2.x", "v1.2.3-\ud800"),
]


@pytest.mark.parametrize("text", NOT_VERSIONS)
def test_invalid_versions(text: str) -> None:
    assert parse_version(text) is None
    assert canonical_version(text) is None
    assert is_higher("v0.0.0-0", text)
    assert not is_higher(text, "v0.0.0-0")
    assert not is_higher(text, "latest")


@pytest.mark.parametrize("row", range(len(ASCENDING)))
def test_what_is_a_version(row: int) -> None:
    assert None not in [parse_version(text) for text in ASCENDING[row]]


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("v1", "v1.0.0"),
        ("v1.2", "v1.2.0"),
        ("v1.2.3", "v1.2.3"),
        ("v1.2.3-rc.1", "v1.2.3-rc.1"),
        ("v1.2.3+meta", "v1.2.3"),
        ("v1.2.3-rc.1+meta.2", "v1.2.3-rc.1"),
        ("v2.0.0+incompatible", "v2.0.0+incompatible"),
        ("v2.0.0-rc.1+incompatible", "v2.0.0-rc.1+incompatible"),
        ("v2.0.0+incompatible.1", "v2.0.0"),
        ("v2.0.0+Incompatible", "v2.0.0"),
        ("v0.0.0-20210101000000-abcdefabcdef", "v0.0.0-20210101000000-abcdefabcdef"),
    ],
)
def test_a_version_in_full(text: str, canonical: str) -> None:
    assert canonical_version(text) == canonical
    assert canonical_version(canonical) == canonical


@pytest.mark.parametrize("row", range(1, len(ASCENDING)))
def test_versions_ascend(row: int) -> None:
    for low in (version for equal in ASCENDING[:row] for version in equal):
        for high in ASCENDING[row]:
            assert is_higher(high, low)
            assert not is_higher(low, high)


@pytest.mark.parametrize("row", range(len(ASCENDING)))
def test_build_metadata_and_missing_numbers_do_not_count(row: int) -> None:
    equal = ASCENDING[row]
    assert not any(is_higher(left, right) for left in equal for right in equal)


def test_a_number_of_thousands_of_digits_does_no_harm() -> None:
    """Python cannot parse a number of more than 4300 digits. Go can, but such a version is refused here."""
    long = "9" * 5000
    assert canonical_version(f"v1.{long}.0") is None
    assert is_higher("v1.0.0", f"v1.{long}.0")
    assert is_higher(f"v1.0.0-2{long}", f"v1.0.0-1{long}")
    assert prunes(f"1.{long}") in (True, False)


def test_the_order_is_the_one_in_which_go_sorts(tmp_path: Path) -> None:
    """`go mod edit` sorts retracted versions in descending order, and keeps the order of equal ones."""
    random = Random("versions")
    versions = [version for equal in ASCENDING for version in equal]
    versions += [_random_version(random) for _ in range(500)]
    random.shuffle(versions)
    path = tmp_path / "go.mod"
    path.write_text("retract (\n" + "".join(f"\t{version}\n" for version in versions) + ")\n")
    printed = ask_go(Path("/"), "mod", "edit", "-print", str(path))
    assert sorted(versions, key=cmp_to_key(_descending)) == printed.split()[2:-1]


NUMBERS = st.one_of(st.integers(0, 3), st.integers(0, 10**40)).map(str)
IDENTIFIERS = st.one_of(NUMBERS, st.from_regex(r"[0-9A-Za-z-]*[A-Za-z-][0-9A-Za-z-]*", fullmatch=True))
VERSIONS = st.builds(
    lambda numbers, prerelease, build: "v" + ".".join(numbers) + prerelease + build,
    st.tuples(NUMBERS, NUMBERS, NUMBERS),
    st.one_of(st.just(""), st.lists(IDENTIFIERS, min_size=1, max_size=4).map(lambda parts: "-" + ".".join(parts))),
    st.sampled_from(["", "+incompatible", "+meta.01"]),
)


@settings(max_examples=200, deadline=None)
@given(VERSIONS, VERSIONS, VERSIONS)
def test_the_order_is_total(first: str, second: str, third: str) -> None:
    assert not is_higher(first, first)
    assert not (is_higher(first, second) and is_higher(second, first))
    if is_higher(first, second) and not is_higher(third, second):
        assert is_higher(first, third)
    if not is_higher(first, second) and not is_higher(second, first):
        assert is_higher(first, third) == is_higher(second, third)
        assert is_higher(third, first) == is_higher(third, second)


@settings(max_examples=200, deadline=None)
@given(VERSIONS)
def test_a_version_in_full_is_equal_to_the_version(version: str) -> None:
    canonical = canonical_version(version)
    assert canonical is not None
    assert not is_higher(canonical, version)
    assert not is_higher(version, canonical)
    assert canonical_version(canonical) == canonical


@settings(max_examples=300, deadline=None)
@given(st.text(), st.text())
def test_no_text_is_too_odd_to_compare(left: str, right: str) -> None:
    assert not (is_higher(left, right) and is_higher(right, left))
    path_major(left)
    parse_go_release(left)
    assert prunes(left) in (True, False)
    major_mismatch(left, path_major(right) or "")


@pytest.mark.parametrize(
    ("path", "major"),
    [
        ("example.com/a", ""),
        ("example.com/a/v2", "/v2"),
        ("example.com/a/v10", "/v10"),
        ("example.com/v2/a", ""),
        ("example.com/av2", ""),
        ("example.com/a/b2", ""),
        ("example.com/a/v", ""),
        ("v2", ""),
        ("", ""),
        ("example.com/a/v0", None),
        ("example.com/a/v1", None),
        ("example.com/a/v02", None),
        ("example.com/a/v2.1", None),
        ("gopkg.in/yaml.v3", ".v3"),
        ("gopkg.in/user/yaml.v0", ".v0"),
        ("gopkg.in/yaml.v1", ".v1"),
        ("gopkg.in/yaml.v3-unstable", ".v3-unstable"),
        ("gopkg.in/yaml", None),
        ("gopkg.in/yaml/v3", None),
        ("gopkg.in/yaml.v03", None),
        ("gopkg.in/yaml.v", None),
    ],
)
def test_the_major_version_in_a_path(path: str, major: str | None) -> None:
    assert path_major(path) == major


@pytest.mark.parametrize(
    ("version", "major"),
    [
        ("v0.1.0", ""),
        ("v1.2.3", ""),
        ("v2.0.0+incompatible", ""),
        ("v2.3.4", "/v2"),
        ("v2.3.4+incompatible", "/v2"),
        ("v3.0.1", ".v3"),
        ("v3.0.1", ".v3-unstable"),
        ("v0.0.0-20161208181325-20d25e280405", ".v1"),
        ("v0.0.0-20161208181325-20d25e280405", ".v1-unstable"),
    ],
)
def test_versions_that_fit_their_path(version: str, major: str) -> None:
    assert major_mismatch(version, major) is None


@pytest.mark.parametrize(
    ("version", "major", "reason"),
    [
        ("v2.0.0", "", "should be v0 or v1, not v2"),
        ("v1.2.3", "/v2", "should be v2, not v1"),
        ("v3.0.0", "/v2", "should be v2, not v3"),
        ("v1.0.0+incompatible", "/v2", "should be v2, not v1"),
        ("v2.0.1", ".v3", "should be v3, not v2"),
        ("v2.0.1", ".v3-unstable", "should be v3, not v2"),
        ("v0.0.0-20161208181325-20d25e280405", ".v2", "should be v2, not v0"),
        ("v0.0.0-20161208181325-20d25e280405", "/v2", "should be v2, not v0"),
    ],
)
def test_versions_that_do_not_fit_their_path(version: str, major: str, reason: str) -> None:
    mismatch = major_mismatch(version, major)
    assert mismatch is not None
    assert mismatch.endswith(reason)


GO_RELEASES = [
    "1.9",
    "1.16",
    "1.17beta1",
    "1.17rc2",
    "1.17",
    "1.17.1",
    "1.20",
    "1.20.14",
    "1.21rc1",
    "1.21.0",
    "1.21.1",
]


def test_releases_of_go_ascend() -> None:
    """Go: go/version.Compare. Since 1.21, `1.21` itself is the language version, below all of its releases."""
    releases = [*GO_RELEASES, "1.21.10", "1.22rc1", "1.22.0", "1.100.0", "2.0.0"]
    parsed = [parse_go_release(release) for release in releases]
    named = [parse_go_release(f"go{release}") for release in releases]
    assert None not in parsed
    assert parsed == named
    known = [release for release in parsed if release]
    assert all(low < high for low, high in combinations(known, 2))


def test_the_language_is_below_the_releases_of_its_number() -> None:
    language, candidate, release = (parse_go_release(text) for text in ("1.21", "1.21rc1", "1.21.0"))
    assert language is not None
    assert candidate is not None
    assert release is not None
    assert language < candidate < release


@pytest.mark.parametrize(
    "text",
    [
        "",
        "go",
        "latest",
        "local",
        "v1.21",
        "1.21-custom",
        "1.21 ",
        "1.21\n",
        "1!1.21",
        "1.21+local",
        "1.21.dev1",
        "1.x",
        "01.21",
    ],
)
def test_invalid_go_releases(text: str) -> None:
    assert parse_go_release(text) is None


@pytest.mark.parametrize(
    ("go", "pruned"),
    [
        (None, False),
        ("1.9", False),
        ("1.16", False),
        ("1.16.15", False),
        ("1.17", True),
        ("1.17.1", True),
        ("1.21rc1", True),
        ("1.100", True),
        ("2.0", True),
        ("latest", False),
        ("", False),
    ],
)
def test_go_lines_that_prune(go: str | None, pruned: bool) -> None:
    assert prunes(go) == pruned


def _descending(left: str, right: str) -> int:
    return is_higher(right, left) - is_higher(left, right)


def _random_version(random: Random) -> str:
    numbers = ".".join(str(random.choice([0, 1, 2, 10, 10**25])) for _ in range(3))
    words = ["0", "1", "10", "rc", "rc1", "rc10", "a", "A", "-", "0a", "20200101000000-abcdefabcdef", "9" * 30]
    prerelease = ".".join(random.choices(words, k=random.randint(1, 3)))
    return f"v{numbers}{random.choice(['', '-' + prerelease])}{random.choice(['', '+incompatible', '+meta'])}"
