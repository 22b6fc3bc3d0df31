"""
Takes the pictures of the README from a running demonstration.

    script/demo --ready-file /tmp/ready.json        (in another terminal)
    .venv/bin/python -m demo.pictures /tmp/ready.json
"""

import json
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

PLACE = Path(__file__).parent.parent / "docs" / "pictures"
PHONE, DESK = (390, 844), (1280, 800)


def main() -> None:
    """Write docs/pictures/*.png."""
    told = json.loads(Path(sys.argv[1]).read_text())
    PLACE.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=options)
        phone = _page(browser, told, PHONE)
        _keep(phone, "signin-phone")
        _sign_in(phone, told)
        _keep(phone, "today-phone")
        phone.click("nav a[href='/pcs']")
        phone.wait_for_selector('[data-testid="pc-card"]')
        _keep(phone, "pcs-phone")
        desk = _page(browser, told, DESK)
        _sign_in(desk, told)
        _keep(desk, "today-desk")
        _open(desk, told)
        _keep(desk, "pc-desk")
        browser.close()


def _page(browser: Browser, told: dict[str, str], size: tuple[int, int]) -> Page:
    view = {"width": size[0], "height": size[1]}
    context = browser.new_context(ignore_https_errors=True, viewport=view, locale="ja-JP", timezone_id="Asia/Tokyo")
    page = context.new_page()
    page.goto(told["url"])
    page.wait_for_selector('[data-testid="signin-login"]')
    return page


def _sign_in(page: Page, told: dict[str, dict[str, dict[str, str]]]) -> None:
    page.fill('[data-testid="signin-login"]', "yamada")
    page.fill('[data-testid="signin-password"]', told["people"]["yamada"]["password"])
    page.click('[data-testid="signin-submit"]')
    page.wait_for_selector('[data-testid="entry"]')


def _open(page: Page, told: dict[str, dict[str, dict[str, str]]]) -> None:
    pc = told["targets"]["rdp"]
    page.click("nav a[href='/pcs']")
    page.click('[data-testid="pc-card"][data-kind="rdp"] [data-testid="connect"]')
    page.wait_for_selector('[data-testid="pc-password"], [data-phase="active"]', state="attached")
    if page.locator('[data-testid="pc-password"]').count():
        page.fill('[data-testid="pc-account"]', pc["account"])
        page.fill('[data-testid="pc-password"]', pc["password"])
        page.uncheck('[data-testid="remember"]')
        page.click('[data-testid="pc-submit"]')
    page.wait_for_selector('[data-testid="session-phase"][data-phase="active"]', state="attached")
    page.wait_for_selector(".tip", state="detached")


def _keep(page: Page, name: str) -> None:
    page.screenshot(path=PLACE / f"{name}.png")
    print(PLACE / f"{name}.png")


if __name__ == "__main__":
    main()
