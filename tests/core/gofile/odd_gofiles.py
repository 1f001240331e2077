"""Unusual heads of Go files by name, some with the results of adding blank imports and of removing imports."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Odd:
    """A text, its imports as `path` or `name path`, and the spanned text of each problem."""

    text: str
    imports: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    package: str | None = "p"


@dataclass(frozen=True)
class Added:
    """A text before and after packages are imported blank."""

    before: str
    packages: tuple[str, ...]
    after: str


@dataclass(frozen=True)
class Removed:
    """A text before and after the imports of these paths are removed."""

    before: str
    paths: tuple[str, ...]
    after: str


ODD_GO_FILES = {
    # valid in Go
    "package-alone": Odd("package p"),
    "package-on-two-lines": Odd('package\n\n// c\np\nimport "a"', ("a",)),
    "package-and-semicolon": Odd('package p; import "a"; import n "b"; func f() {}\n', ("a", "n b")),
    "package-not-ascii": Odd("package \u00e9t\u00e9\u0663\n", package="\u00e9t\u00e9\u0663"),
    "byte-order-mark": Odd('\ufeffpackage p\n\nimport "a"\n', ("a",)),
    "windows-line-ends": Odd('package p\r\n\r\nimport (\r\n\t"a" // c\r\n\t_ "b"\r\n)\r\n', ("a", "_ b")),
    "carriage-returns-as-blanks": Odd('package\rp\nimport\r"a"\n', ("a",)),
    "build-tag-and-doc": Odd("//go:build linux\n\n// Package p does.\npackage p // import x\n"),
    "names": Odd('package p\nimport (\n\t. "a"\n\t_ "b"\n\tn\u00e9 "c"\n)\n', (". a", "_ b", "n\u00e9 c")),
    "name-glued-to-path": Odd('package p\nimport n"a"\nimport."b"\nimport"c"\nimport("d")\n', ("n a", ". b", "c", "d")),
    "dot-and-path-on-the-next-line": Odd('package p\nimport .\n"a"\nimport (\n.\n"b"\n)\n', (". a", ". b")),
    "path-on-the-next-line": Odd('package p\nimport\n\n"a"\nimport\n(\n"b"\n)\n', ("a", "b")),
    "one-line-block": Odd('package p\nimport ("a"; "b")\n', ("a", "b")),
    "one-line-block-last-semicolon": Odd('package p\nimport ("a"; n "b";); import "c"\n', ("a", "n b", "c")),
    "empty-blocks": Odd('package p\nimport ()\nimport (\n// c\n)\nimport "a"\n', ("a",)),
    "raw-path": Odd("package p\nimport `a/b`\nimport n `c\r`\n", ("a/b", "n c")),
    "escaped-path": Odd('package p\nimport "\\x66m\\u0074\\057\\U00000061"\n', ("fmt/a",)),
    "same-path-twice": Odd('package p\nimport ("a"; n "a")\nimport "a"\n', ("a", "n a", "a")),
    "comments-everywhere": Odd(
        '/**/package/**/p/**/;/**/import/**/(/**/n/**/"a"/**/;/**/"b"/**/)/**/;/**/import/*\n*/"c"//', ("n a", "b", "c")
    ),
    "comment-ends-a-line": Odd('package p/*\n*/import "a"/*\n*/import "b"\n', ("a", "b")),
    "import-in-a-comment": Odd('package p\n// import "a"\n/*\nimport "b"\n*/\nimport "c"\n', ("c",)),
    "comment-marks-in-paths": Odd('package p\nimport "a//b/"\nimport `c//d`\n', ("a//b/", "c//d")),
    "stars-in-a-comment": Odd('package p\n/***/import "a"\n/**//**/\nimport "b" //*/ /*\n', ("a", "b")),
    "cgo": Odd('package p\n\n// #include <x.h>\nimport "C"\n\nimport "a"\n', ("C", "a")),
    "cgo-preamble-with-imports": Odd('package p\n\n/*\nimport "a"\n)"`\n*/\nimport "C"\n', ("C",)),
    "declaration-follows": Odd('package p\nimport "a"\nvar s = `\nimport "b"`\n', ("a",)),
    "string-not-closed-later": Odd('package p\nimport "a"\nfunc f() { "\n', ("a",)),
    "relative": Odd('package p\nimport "./a"\nimport ".."\n', ("./a", "..")),
    # invalid in Go
    "empty": Odd("", (), ("",), None),
    "comment-only": Odd("// c\n", (), ("",), None),
    "no-package": Odd('import "a"\n', ("a",), ("import",), None),
    "package-without-name": Odd('package\n\nimport "a"\n', ("a",), ("package",), None),
    "package-without-name-before-string": Odd('package "p"\nimport "a"\n', ("a",), ("package",), None),
    "package-with-keyword": Odd('package func\nimport "a"\n', (), ("package",), None),
    "package-with-more": Odd('package p q\nimport "a"\n', ("a",), ("q",)),
    "package-name-with-digit-sign": Odd("package p\u00b2\n", (), ("package",), None),
    "byte-order-mark-inside": Odd('package p\n\ufeffimport "a"\nimport "b"\n', ("b",), ("\ufeff",)),
    "import-alone": Odd('package p\nimport\n\nimport "b"\n', ("b",), ("import",)),
    "import-alone-at-the-end": Odd("package p\nimport", (), ("import",)),
    "import-alone-before-func": Odd("package p\nimport\nfunc f() {}\n", (), ("import",)),
    "name-without-path": Odd('package p\nimport n\nimport "b"\n', ("b",), ("n",)),
    "name-on-the-line-before": Odd('package p\nimport (\nn\n"b"\n)\n', ("b",), ("n",)),
    "name-that-is-a-keyword": Odd('package p\nimport (\n\tif "a"\n\t"b"\n)\n', ("b",), ("if",)),
    "name-that-is-a-number": Odd('package p\nimport 5 "a"\nimport "b"\n', ("b",), ("import",)),
    "dot-without-path": Odd('package p\nimport (\n\t.\n)\nimport "b"\n', ("b",), (".",)),
    "two-names": Odd('package p\nimport a b "c"\nimport "b"\n', ("b",), ("a",)),
    "path-in-single-quotes": Odd("package p\nimport 'a'\nimport \"b\"\n", ("b",), ("import",)),
    "path-without-quotes": Odd('package p\nimport a/b\nimport "b"\n', ("b",), ("a",)),
    "path-half-typed": Odd('package p\nimport "a\nimport "b"\n', ("b",), ('"a',)),
    "path-half-typed-windows": Odd('package p\r\nimport "a\r\nimport "b"\r\n', ("b",), ('"a',)),
    "path-half-typed-in-a-block": Odd('package p\nimport (\n\t"a\n\t"b"\n)\n', ("b",), ('"a',)),
    "path-half-typed-at-the-end": Odd('package p\nimport "', (), ('"',)),
    "path-empty": Odd('package p\nimport ""\nimport "b"\n', ("", "b"), ('""',)),
    "path-with-blank": Odd('package p\nimport "a b"\nimport "b"\n', ("a b", "b"), ('"a b"',)),
    "path-with-bad-escape": Odd('package p\nimport "\\z"\nimport "b"\n', ("b",), ('"\\z"',)),
    "path-with-character-that-is-none": Odd(
        'package p\nimport "\\UFFFFFFFF"\nimport "b"\n', ("b",), ('"\\UFFFFFFFF"',)
    ),
    "path-not-utf-8": Odd('package p\nimport "\udcff"\nimport "b"\n', ("\udcff", "b"), ('"\udcff"',)),
    "two-paths": Odd('package p\nimport "a" "b"\nimport "c"\n', ("a", "c"), ('"b"',)),
    "comma-between": Odd('package p\nimport ("a", "b")\nimport "c"\n', ("a", "c"), (",",)),
    "semicolon-too-many": Odd('package p;\nimport ("a";; "b")\n', ("a", "b"), (";",)),
    "raw-not-closed": Odd('package p\nimport "a"\nimport `b\nimport "c"\n', ("a",), ("`b",)),
    "comment-not-closed": Odd('package p\nimport "a"\n/* c\nimport "b"\n', ("a",), ("/* c",)),
    "block-not-closed": Odd('package p\nimport (\n\t"a"\n\nfunc f() {}\n', ("a",), ("(",)),
    "block-not-closed-at-the-end": Odd('package p\nimport (\n\t"a"\n', ("a",), ("(",)),
    "block-not-closed-before-import": Odd('package p\nimport (\n\t"a"\nimport "b"\n', ("a", "b"), ("(",)),
    "block-just-opened": Odd('package p\nimport (\n\nimport (\n\t"a"\n)\n', ("a",), ("(",)),
    "block-closed-twice": Odd('package p\nimport (\n\t"a"\n))\nimport "b"\n', ("a", "b"), (")",)),
    "block-closed-late": Odd('package p\nimport ("a"\nn\n) x\nimport "b"\n', ("a", "b"), ("n", "x")),
    "conflict": Odd(
        'package p\nimport (\n\t"a"\n<<<<<<< HEAD\n\t"b"\n=======\n\t"c"\n>>>>>>> x\n)\n',
        ("a", "b", "c"),
        ("<", "=", ">"),
    ),
    "misspelled-import": Odd('package p\nimpor "a"\nfoo\n\nimport "b"\n', ("b",), ("impor",)),
    "braces": Odd('package p\n}\nimport "a"\n', ("a",), ("}",)),
    "import-after-a-declaration": Odd('package p\nvar x int\nimport "a"\n'),
    "not-go": Odd("<html>\n<body>\n", (), ("<",), None),
}

_F = "\nfunc f() {}\n"

ADDED = {
    "nothing-imported": Added(f"package p\n{_F}", ("a.b/c",), f'package p\n\nimport _ "a.b/c"\n{_F}'),
    "nothing-imported-several": Added(
        f"package p\n{_F}", ("c.d", "a.b"), f'package p\n\nimport (\n\t_ "a.b"\n\t_ "c.d"\n)\n{_F}'
    ),
    "nothing-but-package": Added("package p\n", ("a.b",), 'package p\n\nimport _ "a.b"\n'),
    "no-line-end": Added("package p", ("a.b",), 'package p\n\nimport _ "a.b"\n'),
    "no-blank-line": Added("package p\nfunc f() {}\n", ("a.b",), f'package p\n\nimport _ "a.b"\n{_F}'),
    "all-on-one-line": Added("package p; func f() {}\n", ("a.b",), 'package p;\n\nimport _ "a.b"\n func f() {}\n'),
    "package-with-comment": Added(
        f"// Doc.\npackage p // c\n\n// Free.\n{_F}",
        ("a.b",),
        f'// Doc.\npackage p // c\n\nimport _ "a.b"\n\n// Free.\n{_F}',
    ),
    "package-with-two-line-comment": Added(
        f"package p /* c\nd */\n{_F}", ("a.b",), f'package p /* c\nd */\n\nimport _ "a.b"\n{_F}'
    ),
    "single": Added(f'package p\n\nimport "a"\n{_F}', ("b.c",), f'package p\n\nimport "a"\nimport _ "b.c"\n{_F}'),
    "single-with-comment": Added(
        f'package p\n\nimport "a" // c\n{_F}', ("b.c",), f'package p\n\nimport "a" // c\nimport _ "b.c"\n{_F}'
    ),
    "single-several": Added(
        f'package p\n\nimport "a"\n{_F}',
        ("b.c", "a.b"),
        f'package p\n\nimport "a"\n\nimport (\n\t_ "a.b"\n\t_ "b.c"\n)\n{_F}',
    ),
    "single-without-line-end": Added('package p\n\nimport "a"', ("b.c",), 'package p\n\nimport "a"\nimport _ "b.c"\n'),
    "single-then-comment": Added(
        'package p\n\nimport "a" // c\n// d\n', ("b.c",), 'package p\n\nimport "a" // c\nimport _ "b.c"\n\n// d\n'
    ),
    "singles-on-one-line": Added(
        'package p; import "a"; func f() {}\n', ("b.c",), 'package p; import "a";\nimport _ "b.c"\n func f() {}\n'
    ),
    "cgo-only": Added(
        f'package p\n\n// #include <x.h>\nimport "C"\n{_F}',
        ("a.b",),
        f'package p\n\n// #include <x.h>\nimport "C"\n\nimport _ "a.b"\n{_F}',
    ),
    "cgo-last": Added(
        f'package p\n\nimport "a"\n\n/*\nint x;\n*/\nimport "C"\n{_F}',
        ("a.b",),
        f'package p\n\nimport "a"\n\n/*\nint x;\n*/\nimport "C"\n\nimport _ "a.b"\n{_F}',
    ),
    "cgo-in-a-block": Added(
        f'package p\n\n// int x;\nimport (\n\t"C"\n)\n{_F}',
        ("a.b",),
        f'package p\n\n// int x;\nimport (\n\t"C"\n)\n\nimport _ "a.b"\n{_F}',
    ),
    "cgo-before-a-block": Added(
        f'package p\n\n// int x;\nimport "C"\n\nimport (\n\t"a"\n\n\t"b.c"\n)\n{_F}',
        ("a.b",),
        f'package p\n\n// int x;\nimport "C"\n\nimport (\n\t"a"\n\n\t_ "a.b"\n\t"b.c"\n)\n{_F}',
    ),
    "cgo-in-a-block-and-a-block": Added(
        f'package p\n\nimport (\n\t// int x;\n\t"C"\n\t"a.a"\n)\n\nimport (\n\t"b.c"\n)\n{_F}',
        ("d.e",),
        f'package p\n\nimport (\n\t// int x;\n\t"C"\n\t"a.a"\n)\n\nimport (\n\t"b.c"\n\t_ "d.e"\n)\n{_F}',
    ),
    "standard-library-only": Added(
        f'package p\n\nimport (\n\t"a"\n\t"b"\n)\n{_F}',
        ("d.e", "b.c"),
        f'package p\n\nimport (\n\t"a"\n\t"b"\n\n\t_ "b.c"\n\t_ "d.e"\n)\n{_F}',
    ),
    "sorted-in-the-last-foreign-run": Added(
        f'package p\n\nimport (\n\t"f.g"\n\n\t"b.c"\n\tx "d.e"\n\n\t"local/x"\n)\n{_F}',
        ("a.b", "c.d", "d.e/x", "z.z"),
        f'package p\n\nimport (\n\t"f.g"\n\n\t_ "a.b"\n\t"b.c"\n\t_ "c.d"\n\tx "d.e"\n\t_ "d.e/x"\n\t_ "z.z"\n\n'
        f'\t"local/x"\n)\n{_F}',
    ),
    "runs-parted-by-a-comment": Added(
        f'package p\n\nimport (\n\t"b.c"\n\t// of d\n\t"d.e"\n)\n{_F}',
        ("c.d", "e.f"),
        f'package p\n\nimport (\n\t"b.c"\n\t_ "c.d"\n\t// of d\n\t"d.e"\n\t_ "e.f"\n)\n{_F}',
    ),
    "comment-above-the-first": Added(
        f'package p\n\nimport (\n\t// of b\n\t"b.c"\n)\n{_F}',
        ("a.b",),
        f'package p\n\nimport (\n\t// of b\n\t"b.c"\n\n\t_ "a.b"\n)\n{_F}',
    ),
    "comment-below-the-last": Added(
        f'package p\n\nimport (\n\t"b.c"\n\t// "c.d"\n)\n{_F}',
        ("e.f",),
        f'package p\n\nimport (\n\t"b.c"\n\t_ "e.f"\n\t// "c.d"\n)\n{_F}',
    ),
    "comments-in-columns": Added(
        f'package p\n\nimport (\n\t"b.c"       // c\n\t"d.e/x"     // c\n\t"f.g/xyzzy" // c\n\t"h.i"\n)\n{_F}',
        ("c.d", "e.f"),
        'package p\n\nimport (\n\t"b.c" // c\n\t_ "c.d"\n\t"d.e/x" // c\n\t_ "e.f"\n\t"f.g/xyzzy" // c\n\t"h.i"\n)\n'
        + _F,
    ),
    "comments-not-in-columns": Added(
        f'package p\n\nimport (\n\t"b.c"  // c\n\t"d.e/x"  // c\n)\n{_F}',
        ("c.d",),
        f'package p\n\nimport (\n\t"b.c"  // c\n\t_ "c.d"\n\t"d.e/x"  // c\n)\n{_F}',
    ),
    "comment-before-the-path": Added(
        f'package p\n\nimport (\n\tx /* c */ "b.c"\n)\n{_F}',
        ("a.b",),
        f'package p\n\nimport (\n\tx /* c */ "b.c"\n\n\t_ "a.b"\n)\n{_F}',
    ),
    "comment-glued-to-the-parenthesis": Added(
        f'package p\n\nimport (\n\t"b.c" /* c\n\td */)\n{_F}',
        ("a.b",),
        f'package p\n\nimport (\n\t"b.c" /* c\n\td */)\n\nimport _ "a.b"\n{_F}',
    ),
    "empty-block": Added(
        f"package p\n\nimport ()\n{_F}", ("b.c", "a.b"), f'package p\n\nimport (\n\t_ "a.b"\n\t_ "b.c"\n)\n{_F}'
    ),
    "block-of-comments": Added(
        f"package p\n\nimport (\n// c\n)\n{_F}", ("a.b",), f'package p\n\nimport (\n// c\n)\n\nimport _ "a.b"\n{_F}'
    ),
    "one-line-block": Added(
        f'package p\n\nimport ("a"; "d.e")\n{_F}', ("b.c",), f'package p\n\nimport ("a"; "d.e"; _ "b.c")\n{_F}'
    ),
    "block-on-its-imports-lines": Added(
        f'package p\nimport ("a"\n"b")\n{_F}', ("b.c",), f'package p\nimport ("a"\n"b"; _ "b.c")\n{_F}'
    ),
    "indentation-not-gofmts": Added(
        f'package p\nimport (\n  "a.b"\n  "c.d"\n  )\n{_F}',
        ("b.c",),
        f'package p\nimport (\n  "a.b"\n\t_ "b.c"\n  "c.d"\n  )\n{_F}',
    ),
    "windows-line-ends": Added(
        'package p\r\n\r\nimport (\r\n\t"a"\r\n)\r\n',
        ("b.c",),
        'package p\r\n\r\nimport (\r\n\t"a"\r\n\r\n\t_ "b.c"\r\n)\r\n',
    ),
    "windows-line-ends-single": Added(
        'package p\r\n\r\nimport "a" // c\r\n',
        ("b.c", "c.d"),
        'package p\r\n\r\nimport "a" // c\r\n\r\nimport (\r\n\t_ "b.c"\r\n\t_ "c.d"\r\n)\r\n',
    ),
    "byte-order-mark": Added("\ufeffpackage p\n", ("a.b",), '\ufeffpackage p\n\nimport _ "a.b"\n'),
    "imported-already": Added(
        f'package p\n\nimport (\n\t"a.b"\n\tx "b.c"\n\t. "c.d"\n\t_ "d.e"\n)\n\nimport `e.f`\n{_F}',
        ("a.b", "b.c", "c.d", "d.e", "e.f"),
        f'package p\n\nimport (\n\t"a.b"\n\tx "b.c"\n\t. "c.d"\n\t_ "d.e"\n)\n\nimport `e.f`\n{_F}',
    ),
    "asked-for-twice": Added("package p\n", ("a.b", "a.b"), 'package p\n\nimport _ "a.b"\n'),
    "half-typed-line": Added(
        f'package p\n\nimport (\n\t"a.b"\n\t"c.d\n\t"e.f"\n)\n{_F}',
        ("b.c", "f.g"),
        f'package p\n\nimport (\n\t"a.b"\n\t"c.d\n\t_ "b.c"\n\t"e.f"\n\t_ "f.g"\n)\n{_F}',
    ),
    "no-package": Added('import "a"\n', ("a.b",), 'import "a"\n'),
    "block-not-closed": Added('package p\nimport (\n\t"a"\n', ("a.b",), 'package p\nimport (\n\t"a"\n'),
    "comment-not-closed": Added('package p\nimport "a"\n/*', ("a.b",), 'package p\nimport "a"\n/*'),
}

REMOVED = {
    "only-one": Removed(f'package p\n\nimport _ "a"\n{_F}', ("a",), f"package p\n{_F}"),
    "only-one-at-the-end": Removed('package p\n\nimport _ "a"\n', ("a",), "package p\n"),
    "only-one-without-line-end": Removed('package p\n\nimport _ "a"', ("a",), "package p\n"),
    "only-one-with-comments": Removed(
        f'package p\n\n// Of a.\n// More.\nimport _ "a" // c\n{_F}', ("a",), f"package p\n{_F}"
    ),
    "comment-apart": Removed(f'package p\n\n// Free.\n\nimport _ "a"\n{_F}', ("a",), f"package p\n\n// Free.\n{_F}"),
    "directive-above": Removed(
        f'package p\n\n//go:generate x\nimport _ "a"\n{_F}', ("a",), f"package p\n\n//go:generate x\n{_F}"
    ),
    "one-of-the-singles": Removed(
        f'package p\n\nimport "a"\nimport "b"\nimport "c"\n{_F}', ("b",), f'package p\n\nimport "a"\nimport "c"\n{_F}'
    ),
    "single-between-blank-lines": Removed(
        f'package p\n\nimport "a"\n\nimport "b"\n\nimport "c"\n{_F}',
        ("b",),
        f'package p\n\nimport "a"\n\nimport "c"\n{_F}',
    ),
    "singles-in-columns": Removed(
        f'package p\n\nimport "a"   // c\nimport "b/c" // c\nimport "d"   // c\n{_F}',
        ("b/c",),
        f'package p\n\nimport "a" // c\nimport "d" // c\n{_F}',
    ),
    "before-a-comment": Removed(
        f'package p\n\nimport "a"\nimport "b" // c\n// int x;\nimport "C"\n{_F}',
        ("b",),
        f'package p\n\nimport "a"\n\n// int x;\nimport "C"\n{_F}',
    ),
    "cgo": Removed(
        f'package p\n\nimport "a"\n\n/*\nint x;\n*/\nimport "C"\n{_F}', ("C",), f'package p\n\nimport "a"\n{_F}'
    ),
    "above-cgo": Removed(
        f'package p\n\nimport "a"\n\n// int x;\nimport "C"\n{_F}', ("a",), f'package p\n\n// int x;\nimport "C"\n{_F}'
    ),
    "whole-block": Removed(
        f'package p\n\n// Doc.\nimport (\n\t"a" // c\n\n\t// Of b.\n\t"b"\n) // c\n{_F}', ("a", "b"), f"package p\n{_F}"
    ),
    "whole-block-of-several": Removed(
        f'package p\n\nimport (\n\t"a"\n)\n\nimport (\n\t"b"\n)\n{_F}', ("a",), f'package p\n\nimport (\n\t"b"\n)\n{_F}'
    ),
    "first-of-a-run": Removed(
        f'package p\n\nimport (\n\t// heading\n\t"a"\n\t"b"\n)\n{_F}',
        ("a",),
        f'package p\n\nimport (\n\t// heading\n\t"b"\n)\n{_F}',
    ),
    "run-below-a-comment": Removed(
        f'package p\n\nimport (\n\t"a"\n\t// of b\n\t_ "b" // c\n)\n{_F}',
        ("b",),
        f'package p\n\nimport (\n\t"a"\n)\n{_F}',
    ),
    "first-run": Removed(
        f'package p\n\nimport (\n\t"a"\n\t"b"\n\n\t"c.d"\n)\n{_F}',
        ("a", "b"),
        f'package p\n\nimport (\n\t"c.d"\n)\n{_F}',
    ),
    "last-run": Removed(
        f'package p\n\nimport (\n\t"a"\n\n\t"b.c"\n\t"c.d"\n)\n{_F}',
        ("b.c", "c.d"),
        f'package p\n\nimport (\n\t"a"\n)\n{_F}',
    ),
    "run-in-the-middle": Removed(
        f'package p\n\nimport (\n\t"a"\n\n\t"b"\n\n\t"c"\n)\n{_F}',
        ("b",),
        f'package p\n\nimport (\n\t"a"\n\n\t"c"\n)\n{_F}',
    ),
    "across-runs": Removed(
        f'package p\n\nimport (\n\t"b"\n\t"c"\n\n\t"a"\n\t"d"\n)\n{_F}',
        ("c", "a"),
        f'package p\n\nimport (\n\t"b"\n\n\t"d"\n)\n{_F}',
    ),
    "comments-at-the-end-of-a-block": Removed(
        f'package p\n\nimport (\n\t"a"\n\n\t"b"\n\t// free\n\n\t/*\n\n\tx */\n\t"c"\n\n\t"d"\n)\n{_F}',
        ("b", "d"),
        f'package p\n\nimport (\n\t"a"\n\n\t// free\n\n\t/*\n\n\tx */\n\t"c"\n)\n{_F}',
    ),
    "only-comments-left-below": Removed(
        f'package p\n\nimport (\n\t"a"\n\n\t// free\n\n\t"b"\n)\n{_F}',
        ("b",),
        f'package p\n\nimport (\n\t"a"\n\t// free\n)\n{_F}',
    ),
    "comments-in-columns": Removed(
        f'package p\n\nimport (\n\t"a"   // c\n\t"b/c" // c\n\t"d"\n\t"e/f/g" // c\n)\n{_F}',
        ("d",),
        f'package p\n\nimport (\n\t"a"     // c\n\t"b/c"   // c\n\t"e/f/g" // c\n)\n{_F}',
    ),
    "several-comments-in-columns": Removed(
        f'package p\n\nimport (\n\t"a"     /* b */  // c\n\t"b/c/d" /* cc */ // c\n\t"e"     // c\n)\n{_F}',
        ("b/c/d",),
        f'package p\n\nimport (\n\t"a" /* b */ // c\n\t"e" // c\n)\n{_F}',
    ),
    "comment-of-two-lines": Removed(
        f'package p\n\nimport (\n\t"a" /* c\n\td */\n\t"b"\n)\n{_F}', ("a",), f'package p\n\nimport (\n\t"b"\n)\n{_F}'
    ),
    "comment-of-two-lines-in-columns": Removed(
        f'package p\n\nimport (\n\t"a/b/c/d" /* c\n\td */\n\t"b/c" // c\n\t"d"   // c\n)\n{_F}',
        ("b/c",),
        f'package p\n\nimport (\n\t"a/b/c/d" /* c\n\td */\n\t"d" // c\n)\n{_F}',
    ),
    "comment-with-blank-line-left-below": Removed(
        f'package p\nimport (\n\t"a"\n\n\t/*\n\n\tx */\n\n\t"b"\n)\n{_F}',
        ("b",),
        f'package p\nimport (\n\t"a"\n\t/*\n\n\tx */\n)\n{_F}',
    ),
    "one-line-block": Removed(f'package p\nimport ("a"; "b")\n{_F}', ("a",), f'package p\nimport ( "b")\n{_F}'),
    "one-line-block-last": Removed(f'package p\nimport ("a"; "b")\n{_F}', ("b",), f'package p\nimport ("a"; )\n{_F}'),
    "all-on-one-line": Removed('package p; import "a"; func f() {}\n', ("a",), "package p;  func f() {}\n"),
    "windows-line-ends": Removed(
        'package p\r\n\r\nimport (\r\n\t"a"\r\n\r\n\t// of b\r\n\t_ "b"\r\n)\r\n',
        ("b",),
        'package p\r\n\r\nimport (\r\n\t"a"\r\n)\r\n',
    ),
    "windows-line-ends-whole": Removed('package p\r\n\r\n// c\r\nimport "a"\r\n', ("a",), "package p\r\n"),
    "byte-order-mark": Removed('\ufeffimport "a"\nimport "b"\n', ("a",), '\ufeffimport "b"\n'),
    "half-typed-line-stays": Removed(
        'package p\n\nimport (\n\t"a"\n\t"b\n)\n', ("a",), 'package p\n\nimport (\n\t"b\n)\n'
    ),
    "block-not-closed": Removed('package p\nimport (\n\t"a"\n', ("a",), 'package p\nimport (\n\t"a"\n'),
    "nothing": Removed('package p\n\nimport "a"\n', (), 'package p\n\nimport "a"\n'),
}
