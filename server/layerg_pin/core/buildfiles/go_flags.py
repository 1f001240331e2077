"""Parse `-gcflags` and `-asmflags`, and match the packages that they apply to.

The value is `[pattern=]argument list`. Without a pattern the arguments apply only to the packages named by the command:
for a host or a plugin its main package, which is never shared. plugin.Open is affected only by flags that apply to a
shared package.
Source: `go help build`; Go: cmd/go/internal/load/flag.go (PerPackageFlag.set) and search.go (MatchPackage).
"""

from collections.abc import Iterable
from typing import NamedTuple


class PackageFlags(NamedTuple):
    """A value of `-gcflags` or `-asmflags`."""

    pattern: str
    """Empty if the arguments apply to the packages named by the command."""
    arguments: tuple[str, ...]

    def applies_to(self, packages: Iterable[str]) -> bool:
        """Whether they apply to one of these packages, none of which the command names."""
        return bool(self.pattern and self.arguments) and any(map(self._matches, packages))

    def may_apply_to_others(self, *modules: str | None) -> bool:
        """Whether they may apply to a package outside these main modules, judging by the pattern alone."""
        if not self.pattern or not self.arguments or self.pattern == "cmd" or self.pattern == "main":
            return False
        if self.pattern == "." or self.pattern.startswith("./"):
            return False
        return not any(
            module and (self.pattern == module or self.pattern.startswith((f"{module}/", f"{module}...")))
            for module in modules
        )

    def _matches(self, package: str) -> bool:
        standard = "." not in package.partition("/")[0]
        if self.pattern == "all" or (self.pattern == "std" and standard):
            return True
        if self.pattern.startswith((".", "/")):  # a folder of a main module, or of an unknown replacement
            return not (self.pattern == "." or self.pattern.startswith("./")) and not standard
        return _fits(self.pattern, package)


def package_flags(value: str) -> PackageFlags:
    """Parse a value of `-gcflags` or `-asmflags`; never raises. A value that Go would refuse has no arguments."""
    value = value.strip()
    pattern = ""
    if value and not value.startswith("-"):
        pattern, _, value = value.partition("=")
    return PackageFlags(pattern.strip(), tuple(value.split()))


def covers_shared(gcflags: str) -> bool:
    """Whether compiler flags apply to more than the packages named on the command line (Go: `go help build`)."""
    pattern, equals, flags = gcflags.partition("=")
    return bool(equals and flags) and not pattern.startswith("-") and pattern != "main"


def _fits(pattern: str, package: str) -> bool:
    """Whether a pattern matches a package; `net/...` also matches `net` (Go: internal/pkgpattern)."""
    return _matches(pattern, package) or (pattern.endswith("/...") and _matches(pattern[:-4], package))


def _matches(pattern: str, package: str) -> bool:
    """Match with `.*` for each `...`, in linear time."""
    first, *others = pattern.split("...")
    if not others:
        return pattern == package
    at, end = len(first), len(package) - len(others[-1])
    if not package.startswith(first) or not package.endswith(others[-1]):
        return False
    for part in others[:-1]:
        found = package.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return at <= end
