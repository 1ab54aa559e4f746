"""The catalogues: every message of the code has its Chinese, and what is compiled is what is written."""

from __future__ import annotations

import ast
import gettext
import re
from pathlib import Path

import pytest
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[2]
APPS = ("backend", "retail", "brands", "visits", "market", "cycles", "web", "demo", "config")
NAMES = {"_", "gettext", "gettext_lazy", "gettext_noop"}
IN_CONTEXT = {"pgettext", "pgettext_lazy"}
CONTEXT_GLUE = "\x04"


def written(language: str) -> dict[str, str]:
    """msgid (with its context) -> msgstr of the .po file; of plurals the last form."""
    text = (ROOT / "locale" / language / "LC_MESSAGES" / "django.po").read_text()
    found: dict[str, str] = {}
    for block in text.split("\n\n")[1:]:
        fields: dict[str, str] = {}
        name = ""
        for line in block.splitlines():
            if start := re.match(r'(msgctxt|msgid_plural|msgid|msgstr)(?:\[\d\])? (".*")$', line):
                name = start[1]
                fields[name] = ast.literal_eval(start[2])
            elif line.startswith('"'):
                fields[name] += ast.literal_eval(line)
        key = fields["msgid"]
        found[fields["msgctxt"] + CONTEXT_GLUE + key if "msgctxt" in fields else key] = fields["msgstr"]
    return found


def asked_for() -> set[str]:
    """Every message that Python code or a template of ours asks to be translated."""
    found: set[str] = set()
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            if "migrations" not in path.parts:
                found |= _calls(path.read_text())
        for path in sorted((ROOT / app).rglob("templates/**/*.html")):
            found |= _in_template(path.read_text())
    return found


def _calls(source: str) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        words = [arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
        if node.func.id in NAMES and words:
            found.add(words[0])
        elif node.func.id in IN_CONTEXT and len(words) > 1:
            found.add(words[0] + CONTEXT_GLUE + words[1])
    return found


def _in_template(source: str) -> set[str]:
    found = set()
    quoted = r"u?('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
    for name, first, second in re.findall(rf"\b(n?p?gettext|_)\({quoted}(?:,\s*{quoted})?", templatize(source)):
        words = [ast.literal_eval(word) for word in (first, second) if word]
        found.add(words[0] + CONTEXT_GLUE + words[1] if name == "pgettext" else words[0])
    return found


def test_every_message_of_the_code_has_its_chinese() -> None:
    chinese = written("zh_Hans")
    assert sorted(asked_for() - set(chinese)) == []
    assert [key for key, words in chinese.items() if not words] == []


@pytest.mark.parametrize("language", ["zh_Hans", "en"])
def test_what_is_compiled_is_what_is_written(language: str) -> None:
    with (ROOT / "locale" / language / "LC_MESSAGES" / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    for key, words in written(language).items():
        context, _, plain = key.rpartition(CONTEXT_GLUE)
        said = compiled.pgettext(context, plain) if context else compiled.ngettext(plain, plain, 2)
        assert words in {said, compiled.gettext(plain)}


def test_a_translation_keeps_the_places_of_its_message() -> None:
    places = re.compile(r"%\(\w+\)s|%%|%s")
    wrong = [key for key, words in written("zh_Hans").items() if set(places.findall(key)) != set(places.findall(words))]
    assert wrong == []


# A name with its unit keeps it in half-width brackets: such names head the columns of files that other systems read.
UNIT_IN_BRACKETS = re.compile(r"[^,;:()。]*\((?:分|条|盒|秒|米|元|毫克|公斤|分/盒|分/条|%|百分比)\)")
PLACE = re.compile(r"%\(\w+\)s|%s|%d|%%")
CHINESE = "\u4e00-\u9fff"


def half_width(words: str) -> list[str]:
    """The half-width marks beside Chinese characters or places of a message; 1,024 and 10:30 have none."""
    if UNIT_IN_BRACKETS.fullmatch(words) or not re.search(f"[{CHINESE}]", words):
        return []
    told = PLACE.sub("\u4e00", words)
    return re.findall(rf"(?<=[{CHINESE}”》」）])[,;:!?()]|[,;:!?()](?=[{CHINESE}“《「（])", told)


def test_chinese_sentences_have_full_width_marks() -> None:
    chinese = written("zh_Hans")
    assert {key: words for key, words in chinese.items() if half_width(words)} == {}
    assert half_width("已拒绝,未写入(见下)") == [",", "(", ")"]
    assert half_width("共 1,024 条，10:30 截至（含）") == half_width("金额(分)") == []
