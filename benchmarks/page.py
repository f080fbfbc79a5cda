"""How fast is the page with 50,000 answers, in headless Chromium?

    python -m benchmarks.page [FOLDER]

Makes a page of 50,000 answers of 400 letters, opens it from the disk, and prints its size, its
first paint, when the answers can be filtered, and how long each kind of filter takes, from the
event to the rows in the document. With a folder, the page and screenshots of it are left there.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

import attrs
from selenium.webdriver import Chrome, ChromeOptions, ChromeService

from benchmarks.synthetic import EVALS, MODEL, Design, build_database
from mi import Experiment
from mi.analysis.evidence import ResultScope
from mi.reporting.page import build_page, render_page
from registry.settings import insecure_code

_FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--window-size=1360,950")
_TIMING_SCRIPT = """
const [name, value] = arguments, form = document.getElementById('filters');
const field = form.elements[name], times = [];
for (const one of ['', value, '', value, '', value]) {
  field.value = one;
  const start = performance.now();
  // a menu is applied at once, where typing waits for its end
  form.elements.setting.dispatchEvent(new Event('input', {bubbles: true}));
  void document.getElementById('list').offsetHeight;
  times.push(performance.now() - start);
}
field.value = '';
return times;
"""
_FILTERS = (
    ("condition", "mixed_500"),
    ("eval", "free_form"),
    ("outcome", "misaligned"),
    ("search", "in other words"),
    ("search", "answer 31"),
    ("metric", "aligned"),
)


def main(words: list[str]) -> None:
    parser = argparse.ArgumentParser(description="Is the page fast with many answers?")
    parser.add_argument("folder", nargs="?", help="where the page and its screenshots stay")
    kept = parser.parse_args(words).folder
    with tempfile.TemporaryDirectory() as scratch:
        directory = Path(kept or scratch)
        directory.mkdir(parents=True, exist_ok=True)
        count = _write_page(directory)
        size = (directory / "index.html").stat().st_size / 1e6
        print(f"{count:,} answers of 400 letters, {size:.1f} MB")
        with _start_browser(directory) as chrome:
            _open_page(chrome, directory)
            paint, ready = chrome.execute_script(
                "return [performance.getEntriesByName('first-contentful-paint')[0].startTime,"
                "        Number(document.documentElement.dataset.loadedMs)]"
            )
            print(f"first paint {paint:.0f} ms, answers ready {ready:.0f} ms")
            for name, value in _FILTERS:
                times = chrome.execute_script(_TIMING_SCRIPT, name, value)
                figures = f"median {statistics.median(times):.0f} ms, most {max(times):.0f} ms"
                print(f"filter {name} = {value!r}: {figures}")
            if kept:
                _save_screenshots(chrome, directory)


def _write_page(directory: Path) -> int:
    evals = tuple(
        attrs.evolve(eval, samples=300) if eval.kind == "rated" else eval for eval in EVALS
    )
    (directory / "results.duckdb").unlink(missing_ok=True)
    sizes = (100, 250, 500, 1000, 2000)
    design = Design(id="A", sizes=sizes, seeds=4, evals=evals, title="Made-up results")
    experiment = Experiment(
        id="A",
        title="Made-up results of a known law",
        question="How much data does it take to see an effect?",
        settings=insecure_code,
        misaligned_ratio=0.5,
        total_samples=sizes,
        seeds=tuple(range(4)),
    )
    scope = ResultScope(experiments=("A",), model=MODEL, data={"insecure_code": "bundled"})
    with build_database(directory / "results.duckdb", design).read_connection() as connection:
        page = build_page(connection, [experiment], scope)
    (directory / "index.html").write_text(render_page(page), encoding="utf-8")
    return len(page.answers["unit"])


def _start_browser(directory: Path) -> Chrome:
    options = ChromeOptions()
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if browser is None or driver is None:
        sys.exit("this needs chromium and chromedriver")
    options.binary_location = browser
    for flag in _FLAGS:
        options.add_argument(flag)
    return Chrome(options=options, service=ChromeService(driver))


def _open_page(chrome: Chrome, directory: Path, hash: str = "") -> None:
    chrome.get("about:blank")
    chrome.get((directory / "index.html").resolve().as_uri() + hash)
    while not chrome.execute_script("return document.documentElement.dataset.loadedMs"):
        time.sleep(0.02)


def _save_screenshots(chrome: Chrome, directory: Path) -> None:
    """The page at desk and phone width, in both themes."""
    for theme in ("light", "dark"):
        for width, height, name in ((1360, 950, "desk"), (390, 844, "phone")):
            chrome.execute_cdp_cmd(
                "Emulation.setDeviceMetricsOverride",
                {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500},
            )
            chrome.execute_cdp_cmd(
                "Emulation.setEmulatedMedia",
                {"features": [{"name": "prefers-color-scheme", "value": theme}]},
            )
            for part in ("", "#answers?eval=free_form&outcome=misaligned"):
                _open_page(chrome, directory, part)
                if part:
                    chrome.execute_script("document.querySelectorAll('.row')[1].click()")
                kind = "answers" if part else "top"
                chrome.save_screenshot(str(directory / f"{name}-{theme}-{kind}.png"))


if __name__ == "__main__":
    main(sys.argv[1:])
