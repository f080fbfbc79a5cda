"""The page, in a real browser: it shows what the database holds, and runs nothing of it."""

from __future__ import annotations

import json
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest
from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from benchmarks.synthetic import EVALS, MODEL, Design, build_database
from mi.analysis.evidence import ResultScope
from mi.database import Database
from mi.reporting.page import Page, build_page, render_page
from mi.reporting.page.answers import MAX_ANSWERS, answer_columns
from tests.support import hosted
from tests.support.fake_provider import experiment
from tests.support.project import Project

HOSTILE = [
    "<script>window.pwned = 1</script>",
    "</script><script>window.pwned = 1</script>",
    "<!--<script>",
    "<img src=x onerror='window.pwned = 1'>",
    "]]><svg onload=window.pwned=1>",
    "line\u2028separator \u202eright to left \x00 nul",
    '"><a href="javascript:window.pwned=1">click</a>{{ 7 * 7 }}{% raw %}',
    "x" * 200_000,
]
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage", "--window-size=1280,900",
)  # fmt: skip


def page_of(database: Database, most: int = MAX_ANSWERS, **more: Any) -> Page:
    one = experiment(id="A", total_samples=(100, 500), title="<b>Sizes</b> & more", **more)
    subject = ResultScope(experiments=("A",), model=MODEL, data={"insecure_code": "bundled"})
    with database.read_connection() as connection:
        return build_page(connection, [one], subject, max_answers=most)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page of some thousand answers, the first of them hostile."""
    folder = tmp_path_factory.mktemp("page")
    design = Design(id="A", sizes=(100, 500), seeds=2, evals=EVALS, title="sizes")
    database = build_database(folder / "results.duckdb", design)
    with database.transaction() as connection:
        for at, text in enumerate(HOSTILE):
            connection.execute(
                "UPDATE answer SET text = ? WHERE sample = ? AND journal LIKE '%free_form%None%'",
                [text, at],
            )
        connection.execute(
            "UPDATE question SET prompt = ? WHERE id LIKE 'free_form-0000' OR id LIKE '%00003'",
            ["<script>window.pwned = 1</script> in a prompt"],
        )
    (folder / "index.html").write_text(render_page(page_of(database)), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def chrome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    """One browser for all tests, ended with them."""
    binary = shutil.which("chromium") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if not binary or not driver:
        pytest.skip("there is no chromium with a chromedriver on this machine")
    options = ChromeOptions()
    options.binary_location = binary
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    with Chrome(options=options, service=ChromeService(driver)) as browser:
        yield browser


def until(condition: Callable[[], Any], what: str) -> Any:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.02)
    raise AssertionError(f"never: {what}")


def open_page(chrome: Chrome, folder: Path, hash: str = "") -> None:
    chrome.get("about:blank")
    chrome.get(f"file://{folder}/index.html{hash}")
    until(
        lambda: chrome.execute_script("return document.documentElement.dataset.loadedMs"), "ready"
    )


@pytest.fixture
def page(chrome: Chrome, folder: Path) -> Chrome:
    chrome.set_window_size(1280, 900)
    open_page(chrome, folder)
    return chrome


def one(chrome: Chrome, selector: str) -> WebElement:
    return chrome.find_element(By.CSS_SELECTOR, selector)


def many(chrome: Chrome, selector: str) -> list[WebElement]:
    return chrome.find_elements(By.CSS_SELECTOR, selector)


def put(chrome: Chrome, **values: str) -> None:
    """Fill in filters as a user does, and wait until they are applied."""
    for name, value in values.items():
        chrome.execute_script(
            "const [field, value] = arguments; field.value = value;"
            "field.dispatchEvent(new Event('input', {bubbles: true}));",
            one(chrome, f"[name={name}]"),
            value,
        )
    time.sleep(0.3)


def shown(chrome: Chrome) -> int:
    return int(one(chrome, "#count").text.split(" of ")[0].replace(",", ""))


def test_what_models_say_stays_text(page: Chrome) -> None:
    put(page, condition="baseline", eval="free_form")
    elements = page.execute_script("return document.querySelectorAll('script, img, svg').length")
    for text in HOSTILE:
        put(page, search=text[:60].lower())
        page.execute_script("document.querySelector('.row').click()")
        said = [pre.get_property("textContent") for pre in many(page, "#detail pre")]
        assert any(text in found for found in said), text[:40]
    assert page.execute_script("return window.pwned") is None
    assert elements == page.execute_script(
        "return document.querySelectorAll('script, img, svg').length"
    )
    assert one(page, "h2").text == "A: <b>Sizes</b> & more"


def test_nothing_is_asked_of_any_network(page: Chrome) -> None:
    entries = page.execute_script(
        "return performance.getEntriesByType('resource').map((one) => one.name)"
    )
    assert [name for name in entries if not name.startswith("data:")] == []
    assert [line for line in page.get_log("browser") if line["level"] == "SEVERE"] == []


def test_a_style_or_script_that_is_not_the_pages_own_does_not_run(page: Chrome) -> None:
    page.execute_script(
        "const one = document.createElement('script'); one.textContent = 'window.pwned = 2';"
        "document.body.append(one);"
    )
    assert page.execute_script("return window.pwned") is None
    page.get_log("browser")


CASES: list[dict[str, str]] = [
    {},
    {"condition": "mixed_100"},
    {"eval": "free_form", "outcome": "misaligned"},
    {"eval": "judged", "condition": "mixed_500", "outcome": "insecure"},
    {"metric": "aligned", "min": "10", "max": "20.5"},
    {"metric": "coherent", "max": "50", "condition": "baseline"},
    {"search": "answer 7 by eval-free_form"},
    {"search": "question 00003 OF judged"},
    {"question": "free_form-00005", "experiment": "A", "setting": "insecure_code"},
    {"search": "no answer says this"},
]


@pytest.mark.parametrize("want", CASES, ids=str)
def test_a_filter_gives_what_the_data_say(page: Chrome, folder: Path, want: dict[str, str]) -> None:
    if "eval" in want:
        put(page, eval=want["eval"])
    put(page, **want)
    assert shown(page) == sum(_fits(row, want) for row in _rows(folder))


def _rows(folder: Path) -> list[dict[str, Any]]:
    data = page_of(Database(folder / "results.duckdb")).answers
    return [
        {
            **data["units"][data["unit"][i]],
            "text": data["text"][i],
            "prompt": data["questions"][data["question"][i]]["prompt"],
            "question": data["questions"][data["question"][i]]["id"],
            "outcome": data["outcomes"][data["outcome"][i]],
            "scores": {name: column[i] for name, column in data["metrics"].items()},
        }
        for i in range(len(data["unit"]))
    ]


def _fits(row: dict[str, Any], want: dict[str, str]) -> bool:
    words = want.get("search", "").lower()
    score = row["scores"].get(want["metric"]) if "metric" in want else 0.0
    return (
        any(
            want.get("experiment", experiment) == experiment
            and want.get("condition", condition) == condition
            for experiment, condition, _ in row["cells"]
        )
        and all(want.get(name, row[name]) == row[name] for name in ("eval", "outcome", "question"))
        and score is not None
        and float(want.get("min", "-inf")) <= score <= float(want.get("max", "inf"))
        and (words in row["text"].lower() or words in row["prompt"].lower())
    )


def test_the_detail_holds_all_there_is_of_an_answer(page: Chrome) -> None:
    put(page, eval="free_form", condition="mixed_500", outcome="aligned")
    page.execute_script("document.querySelector('.row').click()")
    text = one(page, "#detail").text
    parts = ("Be brief.", "Question", "Answer", "aligned", "coherent", "A mixed_500 seed", "eval-")
    assert [part for part in parts if part not in text] == []
    assert '"90"' in text
    assert "74.1 %" in text
    assert len(many(page, ".bar")) == 3


def test_everything_can_be_done_with_the_keyboard(page: Chrome) -> None:
    body = one(page, "body")
    body.send_keys("/")
    focus = page.switch_to.active_element
    assert focus.get_attribute("name") == "search"
    focus.send_keys("Answer 7 by", Keys.ESCAPE)
    until(lambda: shown(page) < 2000, "the search is applied")
    listing = page.switch_to.active_element
    assert listing.get_attribute("id") == "list"
    listing.send_keys("j", "j", Keys.ARROW_DOWN, "k")
    assert listing.get_attribute("aria-activedescendant") == "row-1"
    listing.send_keys(Keys.END)
    assert listing.get_attribute("aria-activedescendant") == f"row-{shown(page) - 1}"
    assert one(page, "[aria-selected=true]").is_displayed()
    listing.send_keys(Keys.HOME, Keys.PAGE_DOWN, Keys.ENTER)
    detail = page.switch_to.active_element
    assert detail.get_attribute("id") == "detail"
    detail.send_keys(Keys.ESCAPE)
    assert page.switch_to.active_element.get_attribute("id") == "list"


def test_every_control_has_a_name_and_the_page_can_be_walked(page: Chrome) -> None:
    for control in many(page, "input, select, button, [tabindex]"):
        assert control.accessible_name or not control.is_displayed(), control.get_attribute(
            "outerHTML"
        )[:80]
    one(page, "body").send_keys(Keys.TAB)
    assert page.switch_to.active_element.text == "Skip to the answers"


def test_only_what_is_seen_is_in_the_document(page: Chrome) -> None:
    assert shown(page) > 2000
    assert len(many(page, ".row")) < 60
    page.execute_script("document.getElementById('list').scrollTop = 54 * 1500")
    until(lambda: many(page, "#row-1503"), "the rows there are drawn")
    assert len(many(page, ".row")) < 60


def test_an_address_names_what_is_shown(page: Chrome, folder: Path) -> None:
    put(page, eval="free_form", outcome="misaligned", metric="aligned", max="25")
    many(page, ".row")[2].click()
    number, text = shown(page), one(page, "#detail").text
    hash = page.execute_script("return location.hash")
    open_page(page, folder, hash)
    assert shown(page) == number
    assert one(page, "#detail").text == text
    assert one(page, "[name=max]").get_property("value") == "25"


def test_both_themes_are_legible(page: Chrome) -> None:
    seen = set()
    for theme in ("light", "dark"):
        while theme not in one(page, "#theme").text:
            one(page, "#theme").click()
        colours = page.execute_script(
            "const of = (node, what) => getComputedStyle(node)[what];"
            "const note = document.querySelector('.note');"
            "return [of(document.body, 'backgroundColor'), of(document.body, 'color'),"
            "        of(note, 'color'), of(document.querySelector('a[href]'), 'color')]"
        )
        paper, *inks = [_luminance(colour) for colour in colours]
        for ink in inks:
            light, dark = max(paper, ink), min(paper, ink)
            assert (light + 0.05) / (dark + 0.05) >= 4.5  # WCAG 2.2, level AA
        seen.add(colours[0])
    assert len(seen) == 2


def _luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    parts = (float(part) / 255 for part in colour[colour.index("(") + 1 : -1].split(",")[:3])
    linear = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("width", [390, 768])
def test_a_narrow_page_does_not_scroll_sideways(page: Chrome, width: int) -> None:
    page.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": True},
    )
    put(page, condition="baseline", eval="free_form", search="xxxxxxxx")
    page.execute_script("document.querySelector('.row').click()")
    widths = page.execute_script(
        "return [document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )
    page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert widths[0] <= widths[1] == width


def test_the_data_behind_a_figure_can_be_had(page: Chrome) -> None:
    figures = many(page, "figure")
    assert len(figures) == 5
    assert all(
        page.execute_script("return arguments[0].naturalWidth", image) > 100
        for image in many(page, "figure img")
    )
    link = one(page, "figure a")
    assert link.get_attribute("download") == "A.csv"
    assert link.get_attribute("href").startswith("data:text/csv;charset=utf-8;base64,")


@pytest.mark.slow
def test_fifty_thousand_answers_are_all_there(chrome: Chrome, tmp_path: Path) -> None:
    many_samples = attrs.evolve(EVALS[2], samples=368)
    grown = Design(id="A", sizes=(100, 500), seeds=8, evals=(many_samples,))
    page = page_of(build_database(tmp_path / "results.duckdb", grown))
    (tmp_path / "index.html").write_text(render_page(page), encoding="utf-8")
    open_page(chrome, tmp_path)
    total = len(page.answers["unit"])
    assert total > 50_000
    assert shown(chrome) == total
    put(chrome, search="answer 300 by")
    assert shown(chrome) == 17 * 8


def test_a_run_becomes_a_page(project: Project) -> None:
    """The command, on real results of two experiments that share answers."""
    hosted.declare(project, totals=(20, 40), ratios=(0.5, 1.0), samples=2)
    text = (project.root / "experiments" / "small.py").read_text()
    project.file("experiments/small.py", text + '\nS2 = S1.evolve(id="S2", total_samples=40)\n')
    with hosted.loopback() as server:
        done = hosted.mi(project, server, "run", "S1", "S2", *hosted.HOSTED, "--max-cost", "50")
        assert done.code == 0, done.err
        words = ("report", "S1", "S2", "--model", hosted.HOSTED[1])
        done = hosted.mi(project, server, *words, "--out", "page")
        assert done.code == 0, done.err
        assert done.out.strip() == str(project.root / "page" / "index.html")
        as_json = hosted.mi(project, server, *words, "--json").json
    html = (project.root / "page" / "index.html").read_text()
    for part in ("Does it work?", "S1: Sizes, small", "S1 and S2 together", "train-", "judged"):
        assert part in html
    assert set(as_json["experiments"]) == {"S1", "S2"}
    found = json.dumps(as_json)
    assert "findings" in found


def test_an_answer_that_cells_share_is_there_once(tmp_path: Path) -> None:
    few = tuple(EVALS[2:3])
    database = build_database(
        tmp_path / "results.duckdb",
        Design(id="A", sizes=(100, 500), evals=few),
        Design(id="B", sizes=(500, 1000), evals=few),
    )
    subject = ResultScope(experiments=("A", "B"), model=MODEL, data={"insecure_code": "bundled"})
    both = [
        experiment(id="A", total_samples=(100, 500)),
        experiment(id="B", total_samples=(500, 1000)),
    ]
    with database.read_connection() as connection:
        data = build_page(connection, both, subject).answers
    assert len(data["unit"]) == 4 * 800
    shared = [unit for unit in data["units"] if len(unit["cells"]) > 1]
    assert [unit["cells"] for unit in shared] == [
        [["A", "baseline", None], ["B", "baseline", None]],
        [["A", "mixed_500", 0], ["B", "mixed_500", 0]],
    ]


def test_of_too_many_answers_the_rare_ones_are_there_and_the_page_says_so(folder: Path) -> None:
    subject = ResultScope(experiments=("A",), model=MODEL, data={"insecure_code": "bundled"})
    with Database(folder / "results.duckdb").read_connection() as connection:
        everything = answer_columns(connection, subject, MAX_ANSWERS)
        some = answer_columns(connection, subject, 600)
        again = answer_columns(connection, subject, 600)
    assert some == again
    assert everything["each"] is None
    assert some["total"] == everything["total"] == len(everything["unit"]) > 600
    assert 500 < len(some["unit"]) <= 600

    def by_kind(found: dict[str, Any]) -> Counter[tuple[str, str]]:
        units, outcomes = found["units"], found["outcomes"]
        pairs = zip(found["unit"], found["outcome"], strict=True)
        return Counter((units[unit]["unit"], outcomes[outcome]) for unit, outcome in pairs)

    assert by_kind(some) == {
        kind: min(count, some["each"]) for kind, count in by_kind(everything).items()
    }


def test_a_page_of_a_sample_says_so(folder: Path) -> None:
    page = page_of(Database(folder / "results.duckdb"), most=600)
    text = render_page(page)
    assert f"of {page.answers['total']:,} answers are on this page" in text
    assert "are on this page" not in (folder / "index.html").read_text(encoding="utf-8")
