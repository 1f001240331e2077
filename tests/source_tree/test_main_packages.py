"""Which files belong to the main packages of a module."""

from __future__ import annotations

from pathlib import Path

from layerg_pin.source_tree.main_packages import main_packages, package_sources


def test_a_byte_order_mark_hides_no_package(tmp_path: Path) -> None:
    (tmp_path / "main.go").write_text("\ufeffpackage main\n\nfunc InitModule() {}\n", encoding="utf-8")
    assert main_packages(str(tmp_path)) == (".",)


def test_a_constraint_counts_above_the_package_clause_only(tmp_path: Path) -> None:
    """As in Go, which reads it in the file's head."""
    built, ignored = tmp_path / "built.go", tmp_path / "ignored.go"
    built.write_text("package main\n\nconst text = `\n//go:build ignore\n`\n")
    ignored.write_text("// A tool.\n\n//go:build ignore\n\npackage main\n")
    assert package_sources(str(tmp_path)) == (str(built),)
