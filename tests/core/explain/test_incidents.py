"""Messages of a log are grouped by their cause."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layerg_pin.core.explain.explanation import explain
from layerg_pin.core.explain.incidents import Incident, Log, incident_rows, incidents, message_rows, repeats
from layerg_pin.core.explain.log_lines import has_message, recognise
from tests.core.explain.message_texts import MESSAGES
from tests.core.gomod.gomod_texts import ANYTHING

DIFFERS = "plugin was built with a different version of package"


def grouped(text: str) -> list[Incident]:
    log = Log(100)
    seen = log.read(text.splitlines())
    assert not log.cut
    return incidents(seen, seen, lambda message: explain(message, None))


def texts(incident: Incident) -> list[str]:
    return [each.message.text for each in incident.sightings]


def test_one_package_refused_for_two_plugins_is_one_cause() -> None:
    (only,) = grouped(f'plugin.Open("/m/a"): {DIFFERS} a.b/c\nplugin.Open("/m/b"): {DIFFERS} a.b/c\n')
    assert texts(only) == [f"{DIFFERS} a.b/c"]
    assert [*only.files] == ["/m/a.so", "/m/b.so"]
    assert repeats(only.sightings) == "line 2"


def test_each_refusal_has_its_own_files() -> None:
    (only,) = grouped(
        f'plugin.Open("/m/a"): {DIFFERS} a.b/c\nplugin.Open("/m/b"): {DIFFERS} d.e/f\n'
        f'plugin.Open("/m/c"): {DIFFERS} a.b/c\n'
    )
    first, second = only.sightings
    assert list(message_rows(only, first)) == ["files: /m/a.so, /m/c.so"]
    assert list(message_rows(only, second)) == ["file: /m/b.so"]
    assert not any("file" in row.split(":")[0] for row in incident_rows(only, lambda finding: finding.message))
    assert (repeats([first]), repeats([second])) == ("line 3", "")


def test_another_cause_is_distinguished() -> None:
    found = grouped(f'plugin.Open("/m/a"): {DIFFERS} a.b/c\nplugin.Open("/m/b.so"): /m/b.so: invalid ELF header\n')
    assert [each.explanation.kind for each in found] == ["different-package", "invalid-elf-header"]


@pytest.mark.parametrize(
    ("log", "kind"),
    [
        ("fatal error: runtime: no plugin module data\nplugin.lastmoduleinit()\n", "no-plugin-module-data"),
        (
            "Error looking up InitModule function in Go module\nplugin: symbol InitModule not found in plugin x\n",
            "symbol-not-found",
        ),
        (
            "git fetch in /vcs: exit status 128:\n\tfatal: could not read Username for 'https://g.com'\n",
            "git-credentials",
        ),
        ("git fetch -f origin in /vcs: exit status 128:\n\tHost key verification failed.\n", "git-host-key"),
        ("verifying a.b/c@v1.0.0: checksum mismatch\n\nSECURITY ERROR\n", "checksum-mismatch"),
        (
            'plugin.Open("/m/p.so"): /m/p.so: file too short\nplugin.Open("/m/p.so"): odd (previous failure)\n',
            "file-too-short",
        ),
        (
            "main.go:3:8: package maps is not in GOROOT (/maps)\nnote: module requires Go 1.27\n",
            "not-in-std",
        ),
    ],
)
def test_two_messages_of_one_failure_are_one_cause(log: str, kind: str) -> None:
    (only,) = grouped(log)
    assert only.explanation.kind == kind
    assert len(only.sightings) == 2


def test_a_failure_before_that_the_log_does_not_show_is_explained() -> None:
    (only,) = grouped('plugin.Open("/m/p.so"): odd (previous failure)\n')
    assert only.explanation.kind == "previous-failure"


def test_a_host_that_dies_was_opening_the_plugin_it_named_last() -> None:
    log = "Loading plugin data/a.so\nLoading plugin data/b.so\nfatal error: runtime: no plugin module data\n"
    (only,) = grouped(log)
    assert [*only.files] == ["data/b.so (line 2, the last plugin named before)"]


def test_many_repeats_are_counted() -> None:
    (only,) = grouped(f"{DIFFERS} a.b/c\n" * 20)
    assert repeats(only.sightings) == "lines 2, 3, 4, 5, 6 and 14 more"


def test_only_so_many_different_messages_are_kept() -> None:
    log = Log(5)
    assert len(log.read([f"{DIFFERS} a.b/c{number}" for number in range(9)])) == 5
    assert log.cut


def test_a_log_that_arrives_in_parts_is_explained_part_by_part() -> None:
    log = Log(100)
    first = log.read(["x", f"{DIFFERS} a.b/c"])
    assert [each.line for each in first] == [2]
    assert log.read([f"{DIFFERS} a.b/c"]) == []
    (second,) = log.read(["runtime: no plugin module data"])
    assert second.line == 4
    third = log.read(["plugin.lastmoduleinit()"])
    (incident,) = incidents(third, log.sightings, lambda message: explain(message, None))
    assert incident.explanation.kind == "no-plugin-module-data"


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(list(MESSAGES)), ANYTHING), max_size=6))
def test_no_message_is_missed_by_the_search_of_a_block(lines: list[str]) -> None:
    if any(map(recognise, lines)):
        assert has_message(lines)
