#!/usr/bin/env python3
"""A person at the operator's page: headless Chromium, driven by the keyboard and the pointer.

    page.py ADMIN_URL [SCREENSHOT_FOLDER]

Expects two events of +11234567890: one whose text is "Hello", with the vendor's id R1, and one in quarantine. Prints
`open` once the page shows the first, and then waits for one more event with the vendor's id R2. Then prints a JSON object
for each thing it looked at: its name, and what is wrong with it (an empty list where nothing is).
"""
import json
import os
import re
import sys

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright

url = sys.argv[1]
folder = sys.argv[2] if len(sys.argv) > 2 else None
expect.set_options(timeout=20_000)
views = ["events", "flow", "quarantine", "dead-letters", "drift"]


def tell(name, problems):
    print(json.dumps({"name": name, "problems": [str(problem) for problem in problems]}), flush=True)


def checked(name):
    """Runs a check at once, and tells what is wrong with it."""

    def run(check):
        try:
            tell(name, check() or [])
        except Exception as error:
            tell(name, [error])

    return run


with sync_playwright() as playwright:
    browser = playwright.chromium.launch(
        executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox"])
    complaints, elsewhere = [], []

    def opened(**options):
        page = browser.new_context(**options).new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: None if request.url.startswith(url) else elsewhere.append(request.url))
        page.set_default_timeout(20_000)
        return page

    def picture(page, name):
        if folder:
            page.screenshot(path=f"{folder}/{name}.png")

    page = opened(viewport={"width": 1360, "height": 820})
    page.goto(url)
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(1)
    print("open", flush=True)

    @checked("a new event appears by itself")
    def _():
        expect(rows).to_have_count(2)
        expect(page.locator("#state")).to_have_text("ready")

    @checked("what was written is hidden until it is asked for")
    def _():
        page.keyboard.press("j")
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        sheet = page.locator("#sheet")
        expect(sheet).to_be_visible()
        expect(sheet).to_contain_text("R1")
        expect(sheet).to_contain_text("verified by telesign-hmac-sha256")
        wrong = ["it was shown"] if "Hello" in sheet.inner_text() else []
        picture(page, "event")
        page.keyboard.press("r")
        expect(sheet.get_by_label("Canonical")).to_contain_text('"text": "Hello"')
        expect(sheet.get_by_label("As the vendor sent it")).to_contain_text('"mo_message": "Hello"')
        picture(page, "event-revealed")
        page.keyboard.press("k")
        expect(sheet).to_contain_text("R2")
        page.keyboard.press("Escape")
        expect(sheet).to_be_hidden()
        return wrong

    @checked("a search finds by number, vendor's id, event id and text")
    def _():
        wrong = []
        event_id = rows.first.get_attribute("data-id")
        for text, found in [("+1 (123) 456-7890", 2), ("R2", 1), (event_id, 1), ("hello", 2), ("R3", 0)]:
            page.keyboard.press("/")
            expect(page.locator("#search")).to_be_focused()
            page.locator("#search").fill(text)
            page.keyboard.press("Enter")
            try:
                expect(page.locator("form [role=status]")).to_have_text(f"{found} found")
                expect(rows).to_have_count(found)
            except AssertionError as error:
                wrong.append(f"{text}: {error}")
            page.keyboard.press("Escape")
        page.locator("#search").fill("")
        page.keyboard.press("Enter")
        return wrong

    @checked("the keys lead to every view, and each has something to say")
    def _():
        page.keyboard.press("Escape")
        for number, view in enumerate(views, start=1):
            page.keyboard.press(str(number))
            expect(page.locator("nav [aria-current=page]")).to_have_attribute("href", f"#/{view}")
            expect(page.locator("main")).not_to_be_empty()
        page.keyboard.press("3")
        expect(rows).to_have_count(1)
        rows.first.click()
        expect(page.locator("#sheet")).to_contain_text("not JSON")
        page.keyboard.press("Escape")
        page.keyboard.press("?")
        expect(page.locator("#help")).to_be_visible()
        page.keyboard.press("Escape")
        page.keyboard.press("2")
        expect(page.locator("figure.plot .trace").first).to_be_attached()
        expect(page.locator("main")).to_contain_text("/in/telesign")

    for scheme in ["light", "dark"]:
        axe = Axe()
        # Only the checker itself is let past the page's own policy.
        other = opened(viewport={"width": 1360, "height": 820}, color_scheme=scheme, bypass_csp=True)

        @checked(f"the accessibility checker finds nothing: {scheme}")
        def _():
            wrong = []
            for view in views:
                other.goto(f"{url}/#/{view}")
                expect(other.locator("#strip > div").first).to_be_attached()
                expect(other.locator("main")).not_to_be_empty()
                picture(other, f"{view}-{scheme}")
                wrong += [f"{view}: {violation['id']}: {violation['nodes'][0]['html']}"
                          for violation in axe.run(other).response["violations"]]
            other.goto(f"{url}/#/events")
            other.locator("tbody tr").first.click()
            expect(other.locator("#sheet")).to_be_visible()
            wrong += [f"event: {violation['id']}: {violation['nodes'][0]['html']}"
                      for violation in axe.run(other).response["violations"]]
            return wrong

    @checked("it fits a phone")
    def _():
        phone = opened(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
        wrong = []
        for view in views:
            phone.goto(f"{url}/#/{view}")
            expect(phone.locator("#strip > div").first).to_be_attached()
            width = phone.evaluate("document.documentElement.scrollWidth")
            if width > 390:
                wrong.append(f"{view} is {width} wide")
            picture(phone, f"{view}-phone")
        phone.goto(f"{url}/#/events")
        phone.locator("tbody tr").first.tap()
        expect(phone.locator("#sheet")).to_be_visible()
        picture(phone, "event-phone")
        return wrong

    @checked("nothing is said to the console, and nothing is asked of anyone else")
    def _():
        return complaints + elsewhere

    browser.close()
