"""The tutorial pages run: every python block, in order, in one namespace, with one epoch for the tutorial's 300."""

import contextlib
import io
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
PAGES = {"en": DOCS / "tutorial.md", "ko": DOCS / "ko" / "tutorial.md"}
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")


def blocks(page: str) -> list[tuple[str, str]]:
    """(language, content) of each fenced block, in order."""
    return FENCE.findall(PAGES[page].read_text(encoding="utf-8"))


def words(text: str) -> list[str]:
    """Words without the boxes of tables."""
    return [word for word in text.split() if word.strip("─━┃│┏┓┗┛┡┩┳┻╇┴├┤└┘")]


# A network trained for one epoch earns its warnings.
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::rollcast.errors.RollcastWarning")
def test_the_english_page_runs_and_prints_what_it_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    found, namespace, compared = blocks("en"), {}, 0
    assert [code for _, code in found].count("epochs = 300\n") == 1
    for number, (language, code) in enumerate(found):
        if language != "python":
            continue
        quick = code.replace("epochs = 300\n", "epochs = 1\n")
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(quick, f"tutorial.md, block {number}", "exec"), namespace)  # noqa: S102
        shown = found[number + 1] if number + 1 < len(found) else ("", "")
        if shown[0] == "text":
            assert words(printed.getvalue()) == words(shown[1])
            compared += 1
    assert compared == 9
    assert list(tmp_path.iterdir()) == []  # nothing is written that was not asked for


def test_the_korean_page_has_the_same_code_and_output():
    assert blocks("ko") == blocks("en")


@pytest.mark.parametrize("page", PAGES)
def test_every_link_of_a_page_leads_somewhere(page: str):
    path = PAGES[page]
    links = LINK.findall(path.read_text(encoding="utf-8"))
    local = [link for link in links if "://" not in link]
    assert len(local) >= 8
    missing = [link for link in local if not (path.parent / link).exists()]
    assert missing == []
