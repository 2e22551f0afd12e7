"""What is in the files of the pages: words in both languages, and nothing that could run amiss."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from api.pages import WEB, assets
from api.problems import HTTP_CODES
from tests.test_docs import codes_in_the_program

if TYPE_CHECKING:
    from pathlib import Path

MODULES = sorted(WEB.rglob("*.js"))
PAGES = sorted(WEB.rglob("*.html"))
LANGUAGES = sorted(folder.name for folder in (WEB / "words").iterdir())
AREAS = sorted({file.stem for file in (WEB / "words").rglob("*.json")})

LITERAL = re.compile(r"""\b(?:t|has)\(\s*["']([a-z_]+\.[\w.-]+)["']""")
"""A word asked for by its key."""

BEGUN = re.compile(r"""\b(?:t|has)\(\s*`([a-z_]+\.[\w.-]*)\$\{""")
"""A word asked for by a key of which only the beginning is written down."""

NAMED = re.compile(r"""data-t(?:-label|-title|-hint)?=["']([a-z_]+\.[\w.-]+)["']""")
"""A word that HTML names."""

FORBIDDEN = (
    "innerHTML",
    "outerHTML",
    "insertAdjacentHTML",
    "document.write",
    "createContextualFragment",
    "DOMParser",
    "srcdoc",
    "eval(",
    "new Function",
    "javascript:",
)
"""Ways by which a text could become more than a text."""


def named(file: Path) -> str:
    return file.relative_to(WEB).as_posix()


def words(language: str, area: str) -> dict[str, Any]:
    text = (WEB / "words" / language / f"{area}.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text, object_pairs_hook=_once)
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Returns an object of JSON; fails where a key is there twice, which JSON would not tell."""
    keys = [key for key, _ in pairs]
    assert len(keys) == len(set(keys)), [key for key in keys if keys.count(key) > 1]
    return dict(pairs)


def forms(word: Any) -> list[str]:
    """Returns the texts of a word: one, or one by plural form."""
    return [word] if isinstance(word, str) else list(word.values())


def all_keys() -> set[str]:
    return {f"{area}.{key}" for area in AREAS for key in words("en", area)}


def code_of_pages() -> str:
    return "\n".join(file.read_text(encoding="utf-8") for file in (*MODULES, *PAGES))


@pytest.mark.parametrize("area", AREAS)
def test_every_language_has_the_same_words_with_the_same_places(area: str) -> None:
    assert LANGUAGES == ["en", "zh-CN"]
    english, chinese = words("en", area), words("zh-CN", area)
    assert list(english) == list(chinese)
    for key in english:
        places = [
            {frozenset(re.findall(r"\{(\w+)\}", text)) for text in forms(word)}
            for word in (english[key], chinese[key])
        ]
        assert all(forms(english[key])), key
        assert all(forms(chinese[key])), key
        # Every form has to fit, since who reads decides which is shown.
        assert frozenset().union(*places[0]) == frozenset().union(*places[1]), key


def test_chinese_words_are_chinese() -> None:
    # Names of things that are the same in every language.
    same = {"shared.language"}
    for area in AREAS:
        chinese, english = words("zh-CN", area), words("en", area)
        for key, word in chinese.items():
            if f"{area}.{key}" not in same and word == english[key]:
                assert not re.search("[a-z]{3}", forms(word)[0]), f"{area}.{key}"


def test_plural_forms_end_in_other() -> None:
    for language in LANGUAGES:
        for area in AREAS:
            for key, word in words(language, area).items():
                assert isinstance(word, str) or "other" in word, (language, area, key)


def test_no_word_is_missing() -> None:
    code = code_of_pages()
    asked = set(LITERAL.findall(code)) | set(NAMED.findall(code))
    assert asked - all_keys() == set()
    for begun in BEGUN.findall(code):
        assert any(key.startswith(begun) for key in all_keys()), begun


def test_no_word_is_there_in_vain() -> None:
    code = code_of_pages()
    asked = set(LITERAL.findall(code)) | set(NAMED.findall(code))
    begun = tuple(BEGUN.findall(code))
    vain = {key for key in all_keys() - asked if not key.startswith(begun)}
    assert vain == set()


def test_words_for_problems_are_for_problems_there_are() -> None:
    known = codes_in_the_program() | {code for code, _ in HTTP_CODES.values()}
    assert set(words("en", "problems")) <= known


@pytest.mark.parametrize("file", MODULES, ids=named)
def test_a_module_never_reads_text_as_html_or_code(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert [way for way in FORBIDDEN if way in text] == []


@pytest.mark.parametrize("file", [*MODULES, *PAGES, *WEB.rglob("*.css")], ids=named)
def test_no_file_of_ours_names_another_host(file: Path) -> None:
    text = file.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
    assert re.findall(r"(?:https?:)?//[\w-]+\.[\w.-]+", text) == []


@pytest.mark.parametrize("file", MODULES, ids=named)
def test_a_module_is_short_and_says_what_it_is(file: Path) -> None:
    lines = file.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "/**"
    assert len(lines) <= 200
    assert max(map(len, lines)) <= 120


@pytest.mark.parametrize("file", MODULES, ids=named)
def test_all_that_a_module_gives_away_is_described(file: Path) -> None:
    lines = file.read_text(encoding="utf-8").splitlines()
    for before, line in pairwise(lines):
        if line.startswith("export "):
            assert before.rstrip().endswith("*/"), line


@pytest.mark.parametrize("file", MODULES, ids=named)
def test_what_a_module_imports_is_served(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    for asked in re.findall(r"""(?:from|import)\s*\(?\s*["']([^"']+)["']""", text):
        if asked.startswith("/assets/"):
            path = asked.removeprefix("/assets/")
        else:
            path = (file.parent / asked).resolve().relative_to(WEB).as_posix()
        assert path in assets(), asked


class Shell(HTMLParser):
    """Gathers what is in a page that the policy of pages forbids, and what it asks for."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.asked: list[str] = []
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag
        for name, value in attrs:
            if name == "style" or name.startswith("on"):
                self.faults.append(f"<{tag} {name}>")
            if name in ("src", "href") and value and not value.startswith("#"):
                self.asked.append(value)

    def handle_data(self, data: str) -> None:
        if self._inside in ("script", "style") and data.strip():
            self.faults.append(f"text in <{self._inside}>")

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""


@pytest.mark.parametrize("file", PAGES, ids=named)
def test_a_page_has_nothing_inline_and_asks_for_files_that_are_served(file: Path) -> None:
    shell = Shell()
    shell.feed(file.read_text(encoding="utf-8"))
    assert shell.faults == []
    for asked in shell.asked:
        assert asked.removeprefix("/assets/") in assets() or asked in ("/", "/courier"), asked
