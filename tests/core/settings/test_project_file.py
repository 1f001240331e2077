"""The edit that sets the host in a layerg-pin.toml changes nothing else."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerg_pin.core.settings.project_file import ProjectTextError, host_edit, project_text, toml_string
from layerg_pin.core.text import apply_edits

CASES = [
    ('host = "a"\n', 'host = "b"\n'),
    ("host = 'a' # why\n", 'host = "b" # why\n'),
    ('  "host"="a"', '  "host"="b"'),
    ("'host' = '''\na'''\n", "'host' = \"b\"\n"),
    ("host = 3\n", 'host = "b"\n'),
    ('packages = ["."]\n', 'host = "b"\npackages = ["."]\n'),
    ("", 'host = "b"\n'),
    (
        "# heading\n\n# the main packages\npackages = []\n",
        '# heading\n\nhost = "b"\n# the main packages\npackages = []\n',
    ),
    ("# about packages\r\npackages = []\r\n", 'host = "b"\r\n# about packages\r\npackages = []\r\n'),
    ("# only this\n", '# only this\nhost = "b"\n'),
    ('[severity]\nsyntax = "off"\n', 'host = "b"\n[severity]\nsyntax = "off"\n'),
    ('[other]\nhost = "a"\n', 'host = "b"\n[other]\nhost = "a"\n'),
    ('x = """\nhost = "a"\n"""\nhost = "a"\n', 'x = """\nhost = "a"\n"""\nhost = "b"\n'),
    ('# \u00e4\r\nhost = "a"\t# why\r\n[severity]\r\n', '# \u00e4\r\nhost = "b"\t# why\r\n[severity]\r\n'),
    (
        '[severity]\nsyntax = "off"\n[other]\n[severity.more]\n',
        'host = "b"\n[severity]\nsyntax = "off"\n[other]\n[severity.more]\n',
    ),
    ('host = "a"\n[b.c]\nx = 1\n[d]\n[b.e]\n', 'host = "b"\n[b.c]\nx = 1\n[d]\n[b.e]\n'),
    ('packages = [\n  "a",\n]\nhost = "a"', 'packages = [\n  "a",\n]\nhost = "b"'),
]


@pytest.mark.parametrize(("before", "after"), CASES)
def test_only_the_host_changes(before: str, after: str) -> None:
    edit = host_edit(before, "b")
    assert edit
    assert apply_edits(before, [edit]) == after
    assert host_edit(after, "b") is None


def test_the_edit_is_short() -> None:
    edit = host_edit('packages = []\nhost = "../layerg" # why\n', "../nakama")
    assert edit
    assert (edit.span.end - edit.span.start, edit.new) == (len("layerg"), "nakama")


def test_invalid_toml_is_not_edited() -> None:
    with pytest.raises(ProjectTextError, match="line 2"):
        host_edit('packages = ["."]\nhost = \n', "b")


def test_a_host_that_is_not_a_plain_string_is_not_edited() -> None:
    with pytest.raises(ProjectTextError, match="is a table"):
        host_edit('host.path = "a"\n', "b")


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_every_reference_can_be_written(reference: str) -> None:
    assert tomllib.loads(f"x = {toml_string(reference)}") == {"x": reference}
    assert tomllib.loads(project_text(reference)) == {"host": reference}
    edit = host_edit(project_text("a"), reference)
    assert edit or reference == "a"
    if edit:
        assert tomllib.loads(apply_edits(project_text("a"), [edit])) == {"host": reference}
