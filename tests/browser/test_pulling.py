"""Finding and pulling images, accounts and the empty store, in a plain page: as people use them, with a real registry
behind a gate, one that misbehaves, and one with passwords."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from nbdock.api import Dock
from nbdock.back.backend import backend
from nbdock.back.jobs import Job
from tests.parts.gate import Gate, half_here
from tests.parts.registries import Registry
from tests.parts.tokens import PASSWORD, USER
from tests.registry.faults import USED_UP, Reply, Server

Open = Callable[..., Page]
Check = Callable[[], None]
NOTES = """window.notes = [];
for (const about of ["notice", "open"]) host.hear(about, (each) => notes.push(each));
null"""
WIDE = "document.documentElement.scrollWidth - innerWidth"
HOSTILE = "<img src=x onerror=alert(1)>\u202e"


def box(page: Page) -> Locator:
    return page.get_by_role("combobox", name="Image")


def said(page: Page) -> Locator:
    return page.locator(".nbdock-finder .nbdock-said:visible")


def tags(server: Server, repository: str, names: list[str]) -> None:
    body = json.dumps({"name": repository, "tags": names}).encode()
    server.on(f"GET /v2/{repository}/tags/list", Reply(200, body, {"Content-Type": "application/json"}))


def test_from_a_word_to_an_image_by_keyboard(gated: Gate, plain: Open, accessible: Check) -> None:
    gated.results.append({"name": "library/httpd", "description": HOSTILE, "star_count": 4900, "is_official": True})
    gated.results.extend({"name": f"some{n}/httpd", "description": "x" * 900, "star_count": n} for n in range(40))
    Dock().pull("httpd:2.2")
    page = plain("finder")
    page.evaluate(NOTES)
    box(page).focus()
    page.keyboard.type("httpd")
    expect(said(page)).to_have_text("41 found")
    expect(page.get_by_role("option").first).to_contain_text("4,900")
    accessible()
    for key in ("ArrowDown", "PageDown", "PageDown", "ArrowDown", "PageUp", "PageUp", "PageUp"):
        page.keyboard.press(key)
    expect(page.get_by_role("option", selected=True)).to_contain_text("httpd")
    page.keyboard.press("Enter")
    expect(page.get_by_role("combobox", name="Tag")).to_be_focused()
    expect(said(page)).to_have_text(re.compile(r"Downloads .*B in one layer; 4 are here"))
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("listbox", name="Tag").get_by_role("option")).to_have_text(["latest", "2.4", "2.2"])
    accessible()
    page.keyboard.press("End")
    page.keyboard.type("2.2")
    page.keyboard.press("Escape")
    box(page).focus()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("none")
    expect(page.get_by_role("button", name="Pull", exact=True)).to_be_hidden()
    box(page).fill("httpd:2.2")
    expect(said(page)).to_have_text("Nothing to download: all 5 layers are here.")
    box(page).fill("httpd:2.4")
    box(page).press("Enter")
    page.wait_for_function(
        "fetch('ask/images', {method: 'POST', body: '{}'}).then((r) => r.json())"
        ".then(({value}) => value.images.length == 2)"
    )


def test_words_and_names(gated: Gate, plain: Open) -> None:
    page = plain("finder")
    straight = "(text) => import('./naming.js').then(({goesStraight}) => goesStraight(text))"
    for text in ("httpd:2.4", "localhost/app", "localhost:5000/app", "ghcr.io/a/b", "a@sha256:12", "a/b:1"):
        assert page.evaluate(straight, text), text
    for text in ("httpd", "some/httpd", "web server", "httpd:", "localhost:5000/", "ghcr.io/", ":1", ""):
        assert not page.evaluate(straight, text), text
    box(page).fill("nothing-like-it")
    expect(said(page)).to_have_text("Nothing found.")
    page.get_by_role("option", name="Use what you typed").click()
    expect(said(page)).to_contain_text("Docker Hub has no nothing-like-it:latest.")
    box(page).fill("busybox:latest")
    expect(page.get_by_label("Platform")).to_have_value("linux/amd64")
    page.get_by_label("Platform").select_option("linux/arm64")
    expect(said(page)).to_contain_text("Downloads")
    expect(page.get_by_role("button", name="Pull", exact=True)).to_be_enabled()


def test_ten_thousand_tags(home: object, plain: Open, accessible: Check) -> None:
    with Server() as server:
        tags(server, "app", [f"{n // 100}.{n % 100}" for n in range(10_000)])
        page = plain("finder", {"name": f"{server.host}/app"})
        tag = page.get_by_role("combobox", name="Tag")
        expect(tag).to_have_value("99.99")
        tag.focus()
        page.keyboard.press("ArrowDown")
        expect(page.get_by_role("option").first).to_have_text("99.99")
        assert page.get_by_role("option").count() < 30
        accessible()
        page.keyboard.type("41.4")
        expect(page.get_by_role("option").first).to_have_text("41.49")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        expect(tag).to_have_value("41.49")
        tag.fill("any-tag")
        tag.press("Tab")
        expect(said(page)).to_contain_text(f"{server.host} has no {server.host}/app:any-tag")


def test_a_registry_that_is_slow_fails_or_has_had_enough(home: object, plain: Open, accessible: Check) -> None:
    with Server() as server:
        server.on("GET /v2/slow/tags/list", Reply(silent=True))
        server.on("GET /v2/much/manifests/1", USED_UP)
        server.on("GET /v2/much/tags/list", USED_UP)
        server.on("GET /v1/search", Reply(200, b'{"results": []}', {"Content-Type": "application/json"}))
        page = plain("finder", {"name": f"{server.host}/slow"})
        page.evaluate(NOTES)
        expect(said(page)).to_have_text(f"{server.host} has not answered yet.")
        accessible()
        page.get_by_role("button", name="Cancel").click()
        expect(said(page)).to_have_text("Cancelled.")
        box(page).fill(f"{server.host}/much:1")
        expect(said(page)).to_have_text(f"{server.host} allows no more requests for now. Logging in raises the limit.")
        expect(page.get_by_role("button", name="Pull", exact=True)).to_be_disabled()
        accessible()
        page.get_by_role("button", name="Log in").click()
        assert page.evaluate("notes.map(({about, registry}) => [about, registry])") == [["open account", server.host]]
        box(page).fill("127.0.0.1:1/app:1")
        expect(said(page)).to_contain_text("cannot reach 127.0.0.1:1")
        page.get_by_role("button", name="Try again").click()
        box(page).fill("")
        page.get_by_role("combobox", name="Registry").fill(server.host)
        page.get_by_role("combobox", name="Registry").press("Tab")
        box(page).fill("words")
        expect(said(page)).to_have_text("Nothing found.")
        assert "docker login" not in page.content()
        plain("search")
        box(page).fill(f"{server.host}/much:1")
        page.get_by_role("button", name="Log in").click()
        expect(page.get_by_label("User name")).to_be_focused()
        expect(page.locator(".nbdock-account").get_by_role("combobox")).to_have_value(server.host)


@pytest.mark.parametrize("width", [320, 1000])
def test_pulls_go_on_a_line_each(large: Gate, plain: Open, accessible: Check, width: int) -> None:
    page = plain("pulls")
    page.set_viewport_size({"width": width, "height": 700})
    page.evaluate(NOTES)
    for name in ("large:1", "large:nope"):
        backend().ask("pull", {"reference": name}, Job())
    line, failed = (page.locator(".nbdock-moving", has_text=name) for name in ("large:1", "large:nope"))
    expect(failed).to_contain_text("Docker Hub has no large:nope.")
    assert large.held.wait(30)
    expect(line).to_contain_text(re.compile("No data for [3-9] seconds"))
    expect(line.get_by_role("progressbar", name="Pulling large:1")).to_have_attribute(
        "aria-valuenow", re.compile(r"\d+")
    )
    line.get_by_role("button", name="Layers").click()
    expect(line.locator(".nbdock-layers li")).to_have_count(2)
    accessible()
    assert page.evaluate(WIDE) <= 0
    while not half_here(Dock().store.root):
        page.wait_for_timeout(10)
    line.get_by_role("button", name="Cancel large:1").press("Enter")
    expect(line).to_contain_text("Cancelled; what was downloaded is kept")
    expect(line.get_by_role("button", name="Resume")).to_be_focused()
    for number in range(30):
        backend().ask("pull", {"reference": "large:1", "platform": f"linux/x{number}"}, Job())
    expect(page.get_by_text("30 under way")).to_be_visible()
    accessible()
    assert page.locator(".nbdock-pulls").bounding_box()["height"] < 400  # type: ignore[index]
    page.get_by_role("button", name="Cancel all").click()
    expect(page.get_by_text("under way")).to_be_hidden()
    large.opened.set()
    line.filter(has_not_text="linux/").get_by_role("button", name="Resume").click()
    expect(line.filter(has_not_text="linux/")).to_have_count(0)
    failed.get_by_role("button", name="Dismiss large:nope").click()
    expect(failed).to_have_count(0)
    (note,) = page.evaluate("notes.map(({text, action}) => (action.act(), [text, action.text]))")
    assert note == ["Pulled large:1.", "Open"]
    assert page.evaluate("notes.at(-1).reference") == "large:1"


def test_an_account_and_its_password(private_registry: Registry, plain: Open, accessible: Check) -> None:
    page, host = plain("account"), private_registry.host
    expect(page.get_by_text("You are not logged in anywhere.")).to_be_visible()
    password = page.get_by_label("Password or token")
    page.get_by_role("combobox", name="Registry").fill(host)
    page.get_by_label("User name").fill(USER)
    password.press("Enter")
    expect(page.get_by_role("status")).to_have_text("Type the password.")
    password.fill("wr0ng-secret")
    password.press("Enter")
    assert password.input_value() == ""
    expect(page.get_by_role("status")).to_have_text(f"{host} does not accept this user name and password.")
    accessible()
    assert (page.get_by_label("User name").input_value(), page.get_by_role("combobox").input_value()) == (USER, host)
    expect(password).to_be_focused()
    page.keyboard.type(PASSWORD)
    page.get_by_label("Keep in memory only").uncheck()
    password.press("Enter")
    expect(page.get_by_role("status")).to_contain_text(f"Logged in to {host}. The password is kept in a file")
    expect(page.get_by_role("listitem")).to_contain_text(str(Dock().settings.docker_config))
    accessible()
    assert "wr0ng-secret" not in page.content() and PASSWORD not in page.content()
    page.get_by_role("button", name=f"Log out of {host}").press("Enter")
    expect(page.get_by_role("listitem")).to_have_count(0)
    expect(page.get_by_label("User name")).to_be_focused()


def test_an_empty_store_welcomes(registry: Registry, plain: Open, accessible: Check) -> None:
    page = plain("welcome")
    page.evaluate(NOTES)
    expect(page.get_by_role("button", name="busybox")).to_contain_text("to download")
    expect(page.get_by_role("button", name="python")).not_to_contain_text("to download")
    accessible()
    page.get_by_role("button", name="busybox").click()
    page.get_by_label("Image").fill("web server")
    page.get_by_label("Image").press("Enter")
    assert page.evaluate("notes.map(({reference}) => reference)") == ["busybox", "web server"]
    page.get_by_role("button", name="Try the samples").click()
    page.wait_for_function("notes.some(({text}) => /^Copied \\d+ samples/.test(text))")
    assert len(Dock().ls()) > 5


@pytest.mark.parametrize("look", ["light", "dark", "forced"])
def test_every_look(gated: Gate, plain: Open, accessible: Check, page: Page, look: str) -> None:
    gated.results.append({"name": "library/httpd", "description": "Apache", "star_count": 4900, "is_official": True})
    page.emulate_media(
        color_scheme="dark" if look == "dark" else "light", forced_colors="active" if look == "forced" else "none"
    )
    page.set_viewport_size({"width": 320 if look == "dark" else 1400, "height": 800})
    for part, shown in (("welcome", "to download"), ("account", "not logged in"), ("search", "Pull an image")):
        plain(part)
        expect(page.get_by_text(shown).first).to_be_visible()
        accessible()
        assert page.evaluate(WIDE) <= 0
    box(page).fill("httpd")
    expect(said(page)).to_have_text("one found")
    page.keyboard.press("ArrowDown")
    accessible()
    page.keyboard.press("Enter")
    expect(said(page)).to_contain_text("Downloads")
    accessible()
    assert page.evaluate(WIDE) <= 0
    box(page).fill("httpd:nope")
    expect(said(page)).to_contain_text("Docker Hub has no httpd:nope.")
    accessible()
