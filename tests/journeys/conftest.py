"""One city hall for all journeys, a Chromium, and a fresh profile a test."""

import pytest
from playwright.sync_api import sync_playwright
from tests.support.town import Person, Town, Wire, launch


def pytest_collection_modifyitems(items):
    for item in items:
        if "journeys" in item.path.parts:
            item.add_marker(pytest.mark.servers)
            item.add_marker(pytest.mark.browser)
    # Playwright keeps its event loop running in this thread until the end; tests with a loop of their own come before.
    items.sort(key=lambda item: "journeys" in item.path.parts)


@pytest.fixture(scope="session")
def town(tmp_path_factory):
    built = Town(tmp_path_factory.mktemp("town"))
    yield built
    built.stop()


@pytest.fixture(scope="session")
def playwright():
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def chromium(playwright, town):
    browser = launch(playwright, town)
    yield browser
    browser.close()


@pytest.fixture
def person(town, chromium):
    """Somebody with a new browser profile; no script of ours may have failed in it."""
    context = chromium.new_context(viewport={"width": 1280, "height": 860}, locale="ja-JP", timezone_id="Asia/Tokyo")
    somebody = Person(town, context)
    yield somebody
    context.close()
    assert somebody.errors == []


@pytest.fixture
def wire(town):
    line = Wire(town.book.port)
    yield line
    line.close()


@pytest.fixture
def far_person(playwright, town, wire):
    """Somebody whose line to the gateway can be cut."""
    browser = launch(playwright, town, wire.port)
    context = browser.new_context(viewport={"width": 1280, "height": 860}, locale="ja-JP", timezone_id="Asia/Tokyo")
    yield Person(town, context)
    browser.close()
