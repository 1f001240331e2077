"""The part of the tests that `.ci/run` runs as on Windows: paths, processes, watching, consoles, clients."""

from __future__ import annotations

TESTS = (
    "tests/system",
    "tests/core/test_paths.py",
    "tests/core/test_text.py",
    "tests/go/test_compiling.py",
    "tests/go/test_module_cache.py",
    "tests/go/test_process.py",
    "tests/go/test_answer_cache.py::test_a_change_of_a_file_is_noticed[plugin/other.go]",
    "tests/cli/test_named_files.py",
    "tests/cli/test_named_folder.py",
    "tests/cli/test_output_streams.py",
    "tests/cli/test_process.py",
    "tests/cli/test_watching.py",
    "tests/faults/test_files_of_others.py",
    "tests/faults/test_path.py",
    "tests/faults/test_write_faults.py",
    "tests/lsp/test_editors_uris.py",
    "tests/lsp/test_file_uris.py",
    "tests/lsp/test_watching.py::test_a_source_that_changes_on_disk_is_used",
    "tests/lsp/test_watching.py::test_a_host_that_goes_and_comes_back",
    "tests/windows/test_vscode_client.py",
)

LEFT_OUT = {
    "tests/system/test_watcher.py::test_one_that_comes_while_the_watch_is_set_up_is_noticed": "takes four minutes",
    "tests/system/test_watcher.py::test_many_threads_may_watch_at_once": "takes two minutes under wine",
    "tests/system/test_watcher.py::test_a_folder_that_is_replaced_by_another_is_noticed[host]": "like [vendor]",
    "tests/system/test_watcher.py::test_a_folder_that_is_replaced_by_another_is_noticed[above]": "like [vendor]",
    "tests/system/test_watcher.py::test_each_way_to_save_is_noticed[appended]": "like [in_place]",
    "tests/system/test_watcher.py::test_each_way_to_save_is_noticed[deleted_first]": "like [with_backup]",
    "tests/system/test_watcher.py::test_each_way_to_save_is_noticed[moved_in]": "like [replaced]",
    "tests/faults/test_write_faults.py::test_two_fixes_at_once": "takes half a minute under wine",
}
"""Tests of these files that the part leaves out, with the reason."""

SECONDS = 1200
"""How long the part may take. It takes about 300 s."""


def arguments() -> list[str]:
    """The arguments of pytest that run the part."""
    return [*TESTS, *(f"--deselect={test}" for test in LEFT_OUT), "--numprocesses=2", "--timeout=120"]
