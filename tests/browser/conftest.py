"""A real Chromium before a real server on loopback: one of each for a module."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from threading import Thread

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import Error as BrowserError
from werkzeug.serving import WSGIRequestHandler, make_server

from app.bootstrap import Services, build
from app.config import Settings
from app.store.upgrade import upgrade
from tests.pages import PASSWORD, a_user, pages_app

COLOURS, TALLEST = 64, 2_800
"""Of so many colours is a picture, and so many pixels high at most: enough for letters and charts, in 150 kB."""
SCREENSHOTS = Path(__file__).parents[2] / "docs" / "screenshots"
_NAMES = ("chromium", "chromium-browser", "google-chrome")
_HOW = "there is no Chromium for the page tests; get one with `apt-get install chromium`"


class _Silent(WSGIRequestHandler):
    def log(self, type, message, *args):  # noqa: A002 - the framework's name
        pass


@dataclass
class Live:
    """The program on loopback, with the simulated company's tables."""

    address: str
    services: Services
    app: Flask
    browser: Browser

    def open(self, path: str = "/", *roles: str, scheme: str = "light", width: int = 1280, **terms) -> Page:
        """A page in a browser of its own, signed in with these roles, or as nobody."""
        context = self.browser.new_context(
            base_url=self.address,
            color_scheme=scheme,
            viewport={"width": width, "height": 900},
            reduced_motion="reduce",
        )
        page = context.new_page()
        page.set_default_timeout(5_000)
        if roles:
            name = terms.pop("name", "-".join(roles))
            a_user(self.services.store, name, *roles, **terms)
            page.goto("/sign-in")
            page.get_by_label("Name").fill(name)
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button", name="Sign in").click()
        page.goto(path)
        return page


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium or any other; CI must have one."""
    with sync_playwright() as playwright:
        found = next(filter(None, map(shutil.which, _NAMES)), None)
        try:
            browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        except BrowserError:
            if os.environ.get("CI"):
                raise
            pytest.skip(_HOW)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def live(chromium, tmp_path_factory) -> Iterator[Live]:
    """The program with an empty record, served for the tests of a module."""
    home = tmp_path_factory.mktemp("home")
    for name in ("catalog.yaml", "company.yaml"):
        (home / name).write_text((files("app.demo") / name).read_text("utf-8"), "utf-8")
    settings = Settings.from_environment({"QUOTEGUARD_HOME": str(home), "QUOTEGUARD_LOG_LEVEL": "error"})
    upgrade(settings.database_url)
    services = build(settings)
    app = pages_app(services)
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Silent)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Live(f"http://127.0.0.1:{server.port}", services, app, chromium)
    server.shutdown()
    thread.join()
    services.gate.close()
    services.set_ups.close()
    services.store.close()


@pytest.fixture
def has_no_violations():
    """Runs axe-core on a page: `has_no_violations(page)` fails with what it found."""

    def check(page: Page) -> None:
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()

    return check


@pytest.fixture
def keep_screenshot():
    """Keeps a picture of the page in docs/screenshots where SCREENSHOTS=1 asks for it."""

    def keep(page: Page, name: str, *, full: bool = True) -> None:
        if os.environ.get("SCREENSHOTS") == "1":
            SCREENSHOTS.mkdir(parents=True, exist_ok=True)
            whole = Image.open(BytesIO(page.screenshot(full_page=full))).convert("RGB")
            whole = whole.crop((0, 0, whole.width, min(whole.height, TALLEST)))
            few = whole.quantize(palette=_palette(whole), dither=Image.Dither.NONE)
            few.save(SCREENSHOTS / f"{name}.png", optimize=True)

    return keep


def _palette(picture: Image.Image) -> Image.Image:
    """The colours that a picture has most of: those of the pages are flat, and so stay what they are."""
    counted = sorted(picture.getcolors(picture.width * picture.height), reverse=True)[:COLOURS]
    palette = Image.new("P", (1, 1))
    palette.putpalette([part for _, colour in counted for part in colour])
    return palette
