#!/usr/bin/env python3
"""A person at the operator's page who has something done: headless Chromium.

    page-actions.py ADDRESS (redecode | replay | replay-log | barred)

redecode expects one item in quarantine, which today's decoders understand. It ends well where it was tried without the
token in vain, and then with it, and the quarantine is empty. replay expects one dead letter, which is taken the second
time; replay-log does so over a log, which keeps no history of tries. barred expects a dead letter at a server that lets
nobody act: nothing is offered, and the page says why. The address has the token behind it, but for the last. Else it says
what is wrong.
"""
import os
import sys

from playwright.sync_api import expect, sync_playwright

address = sys.argv[1]
url = address.split("#")[0]
expect.set_options(timeout=20_000)

with sync_playwright() as playwright:
    browser = playwright.chromium.launch(
        executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox"])

    def read_again(page):
        page.goto(f"{url}#/quarantine")
        page.locator("tbody tr").first.click()
        sheet = page.locator("#sheet")
        sheet.get_by_role("button", name="Read again").click()
        expect(sheet).to_contain_text("it is understood whole")
        expect(sheet.locator(".found")).to_contain_text("new")
        sheet.get_by_role("button", name="Add what is new").click()
        page.get_by_role("dialog", name="Add").get_by_role("button", name="Add").click()

    page = browser.new_page()
    page.goto(address)
    expect(page.locator("#state")).to_have_text("ready")
    assert "token" not in page.url, page.url

    if sys.argv[2] == "redecode":
        stranger = browser.new_page()
        stranger.goto(url)
        read_again(stranger)
        stranger.get_by_label("Token").fill("0" * 64)
        stranger.get_by_role("button", name="Go on").click()
        expect(stranger.locator(".toast")).to_contain_text("not the token")

        read_again(page)
        expect(page.locator(".toast")).to_contain_text("1 new events, 1 out of quarantine")
        expect(page.locator("main")).to_contain_text("Nothing is in quarantine")
    elif sys.argv[2] == "barred":
        page.goto(f"{url}#/dead-letters")
        expect(page.locator("tbody tr")).to_have_count(1)
        expect(page.locator(".cannot-act")).to_contain_text("mogate replay --dead-letters")
        expect(page.get_by_role("button", name="Send again")).to_have_count(0)
        expect(page.get_by_role("button", name="Send all of service again")).to_have_count(0)
        expect(page.locator("tbody button")).to_be_hidden()
    else:
        is_log = sys.argv[2] == "replay-log"

        def told(*words):
            page.locator("tbody tr").first.click()
            for one in words:
                expect(page.get_by_label("What became of it")).to_contain_text(one)
            page.keyboard.press("Escape")

        page.goto(f"{url}#/dead-letters")
        told("service given up" if is_log else "service given up, try 1: status 404")
        expect(page.locator(".cannot-act")).to_be_hidden()
        expect(page.get_by_role("button", name="Send all of service again")).to_be_visible()
        page.get_by_role("button", name="Send number 1 to service again").click()
        page.get_by_role("dialog", name="Send again").get_by_role("button", name="Send again").click()
        expect(page.locator(".toast")).to_contain_text("1 on their way to service again")
        expect(page.locator("main")).to_contain_text("No dead letters")
        page.goto(f"{url}#/events")
        if not is_log:
            told("service given up, try 1: status 404", "service sent again", "service taken, at try 1")
    browser.close()
