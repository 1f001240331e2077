"""Hooks of mkdocs: add the Markdown files outside docs/ to the site, fix links to them, and keep the site offline."""

from __future__ import annotations

import logging
import posixpath
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parent.parent
CHECK_PAGES = sorted(path.name for path in (ROOT / "server" / "layerg_pin" / "pages").glob("*.md"))
SITE_PATHS = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "CHANGELOG.md": "changelog.md",
    "client-vscode/README.md": "vscode.md",
    "examples/README.md": "example.md",
    "packaging/README.md": "packaging.md",
    **{f"server/layerg_pin/pages/{name}": f"checks/{name}" for name in CHECK_PAGES},
    **{
        f"client-vscode/images/{path.name}": f"images/{path.name}"
        for path in sorted((ROOT / "client-vscode" / "images").glob("*.png"))
    },
}
"""The files outside docs/ that belong to the site: their path in the repository, and the one in the site."""
_REPOSITORY_PATHS = {site: repository for repository, site in SITE_PATHS.items()}
_LINK = re.compile(r"(\]\()([^)\s]+)(\))")
_FENCE = re.compile(r"^ *(```|~~~)")
_LOADING = {("script", "src"), ("img", "src"), ("iframe", "src"), ("source", "src"), ("link", "href")}
"""Attributes whose file a browser loads on its own."""
_log = logging.getLogger("mkdocs.hooks.site")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put the page of each check below `Checks` in the navigation."""
    for section in config.nav or []:
        for entry in next(iter(section.values())):
            if isinstance(entry, dict) and "Checks" in entry:
                entry["Checks"] = [{"All checks": "checks.md"}, *(f"checks/{name}" for name in CHECK_PAGES)]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the files outside docs/."""
    for repository, site in SITE_PATHS.items():
        files.append(File.generated(config, site, abs_src_path=str(ROOT / repository)))
    return files


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Turn links between files of the repository into links between pages of the site."""
    site = page.file.src_uri
    repository = _REPOSITORY_PATHS.get(site, f"docs/{site}")
    lines, in_fence = [], False
    for line in markdown.splitlines(keepends=True):
        if _FENCE.match(line):
            in_fence = not in_fence
        lines.append(line if in_fence else _LINK.sub(lambda link: _site_link(link, repository, site), line))
    return "".join(lines)


def _site_link(link: re.Match[str], repository: str, site: str) -> str:
    path, anchor, fragment = link[2].partition("#")
    if not path or ":" in path:
        return link[0]
    target = posixpath.normpath(posixpath.join(posixpath.dirname(repository), path))
    uri = target.removeprefix("docs/") if target.startswith("docs/") else SITE_PATHS.get(target)
    if uri is None:
        _log.warning("%s links to %s, which is not part of the site: write the path as code instead", repository, path)
        return link[0]
    relative = posixpath.relpath(uri, posixpath.dirname(site) or ".")
    return f"{link[1]}{relative}{anchor}{fragment}{link[3]}"


class _Loads(HTMLParser):
    """Collects the addresses on other servers from which a page loads something."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the attributes that load a file; a canonical link only names one."""
        if tag == "link" and ("rel", "canonical") in attrs:
            return
        self.found += [
            value for name, value in attrs if (tag, name) in _LOADING and value and value.startswith(("http", "//"))
        ]


def on_post_page(output: str, page: Page, **_: Any) -> str:
    """Warn, and so fail a strict build, if a page loads something from another server."""
    loads = _Loads()
    loads.feed(output)
    for address in loads.found:
        _log.warning("%s loads %s from another server", page.file.src_uri, address)
    return output
