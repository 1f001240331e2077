"""All variants, and combinations of several."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from tests.truth.holds import RAISED
from tests.truth.replaces import OF_THE_HOST, OF_THE_PLUGIN
from tests.truth.variant import Variant
from tests.truth.versions import AGREEING, DIFFERING
from tests.truth.workspaces import WORKSPACES

_SINGLE = (*AGREEING, *DIFFERING, *RAISED, *OF_THE_HOST, *OF_THE_PLUGIN, *WORKSPACES)
_MIXTURES = 16
_PARTS = 4


def _mixtures(variants: Sequence[Variant]) -> Iterator[Variant]:
    """Plugins that combine up to four variants. The selection depends only on the variants."""
    plain = [each for each in variants if _is_plain(each)]
    for number in range(_MIXTURES):
        parts: list[Variant] = []
        for variant in random.Random(number).sample(plain, len(plain)):
            if len(parts) < _PARTS and all(_go_together(variant, part) for part in parts):
                parts.append(variant)
        yield _mixed(f"mixture-{number + 1:02}", parts)


def _is_plain(variant: Variant) -> bool:
    """Whether it is built normally, and the host and check agree about it."""
    special = (variant.package, variant.build, variant.env, variant.vendored, variant.end, variant.only_modules_txt)
    return variant.go == "1.23" and not any((*special, variant.content_unknown, "../go.work" in variant.files))


def _go_together(one: Variant, other: Variant) -> bool:
    """Whether two variants use the same version of every module and do not conflict otherwise."""
    modules = [{each.split()[0]: each.split()[1] for each in variant.requires} for variant in (one, other)]
    both = modules[0].keys() & modules[1].keys()
    agree = all(modules[0][path] == modules[1][path] for path in both)
    return agree and not (both and (one.more or other.more)) and not one.files.keys() & other.files.keys()


def _mixed(name: str, parts: Sequence[Variant]) -> Variant:
    requires = {each.split()[0]: each for part in parts for each in sorted(part.requires, key=len, reverse=True)}
    return Variant(
        name,
        "at once: " + ", ".join(part.name for part in parts),
        tuple(requires[path] for path in sorted(requires)),
        tuple(sorted({path for part in parts for path in part.imports})),
        "\n\n".join(part.more for part in parts if part.more),
        files={path: text for part in parts for path, text in part.files.items()},
    )


VARIANTS: tuple[Variant, ...] = (*_SINGLE, *_mixtures(_SINGLE))
