"""`make check`: every text that people read is translated into every language, with the same placeholders.

`python -m tests.check_words --update` brings the .po files up to date; what is new in them stands untranslated.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from app.templating import DEFAULT_LOCALE, LOCALES

ROOT = Path(__file__).resolve().parent.parent
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "mark": None}
METHODS = [
    ("**.py", "python"),
    ("templates/**.html", "jinja2"),
    ("templates/**.txt", "jinja2"),
    ("templates/**.xml", "jinja2"),
]
OPTIONS = {"jinja2": {"trimmed": "true", "silent": "false"}}
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")


def extracted() -> Catalog:
    """Every text that the sources mark, with where it stands."""
    catalog = Catalog(project="Blockwise", charset="utf-8")
    options = {pattern: {"trimmed": "true"} for pattern, method in METHODS if method == "jinja2"}
    found = extract_from_dir(ROOT / "app", METHODS, options, keywords=KEYWORDS, comment_tags=("Translators:",))
    for filename, _line, message, comments, context in sorted(found, key=lambda item: (item[0], item[1])):
        catalog.add(message, None, [(f"app/{filename}", None)], auto_comments=comments, context=context)
    return catalog


def po_path(locale: str) -> Path:
    return ROOT / "app" / "locales" / locale / "LC_MESSAGES" / "messages.po"


def read(locale: str) -> Catalog:
    path = po_path(locale)
    if not path.exists():
        return Catalog(locale=locale, project="Blockwise", charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=locale)


def problems(locale: str, wanted: Catalog) -> list[str]:
    """What is wrong with a locale's words, a line each."""
    have = read(locale)
    known = {message.id for message in wanted if message.id}
    told = [f"{message.id!r} is in no source any more" for message in have if message.id and message.id not in known]
    for message in wanted:
        if not message.id:
            continue
        said = have.get(message.id)
        strings = said.string if said and isinstance(said.string, tuple) else (said.string if said else "",)
        if said is None or not all(strings):
            told.append(f"{message.id!r} is not translated ({message.locations[0][0]})")
        elif said.fuzzy:
            told.append(f"{message.id!r} is fuzzy")
        elif any(placeholders(text) - placeholders(message.id) for text in strings):
            told.append(f"{message.id!r} has other placeholders in its translation")
        elif placeholders(message.id) - set().union(*map(placeholders, strings)):
            told.append(f"{message.id!r} loses a placeholder in its translation")
    return told


def placeholders(text: object) -> set[str]:
    texts = text if isinstance(text, (tuple, list)) else (text,)
    return {name for part in texts for name in PLACEHOLDER.findall(str(part))}


def update(locale: str, wanted: Catalog) -> None:
    catalog = read(locale)
    catalog.update(wanted, no_fuzzy_matching=True)
    catalog.obsolete.clear()
    path = po_path(locale)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalog, width=100, omit_header=False, sort_output=True, no_location=False, include_lineno=False)


def main() -> None:
    wanted = extracted()
    failures = 0
    for locale in LOCALES:
        if locale == DEFAULT_LOCALE:
            continue
        if "--update" in sys.argv:
            update(locale, wanted)
        told = problems(locale, wanted)
        failures += len(told)
        for line in told:
            print(f"{po_path(locale).relative_to(ROOT)}: {line}")
    count = sum(1 for message in wanted if message.id)
    print(f"words: {count} texts, {failures} problems")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
