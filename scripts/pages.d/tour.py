"""Goes through the pages and looks at each: tour.py pictures FOLDER URL [PATH...] or tour.py checks AXE URL [PATH...]"""

import os
import re
import sys
import time
import urllib.parse

from browser import Browser
from checks import Checks

class Pictures:
    """Of each page one in light, one in dark and one 390 px wide."""

    KINDS = {"light": ("light", 1280), "dark": ("dark", 1280), "390": ("light", 390)}

    def __init__(self, folder):
        self.folder = folder

    def take(self, name, browser):
        for kind, (scheme, width) in self.KINDS.items():
            file = os.path.join(self.folder, f"{name}-{kind}.png")
            with open(file, "wb") as out:
                out.write(browser.picture(scheme, width))
            print(file)
        browser.look("light", 1280)

    def end(self):
        pass


class Person:
    """Somebody at a browser, whose mail goes to the mailbox of development."""

    def __init__(self, browser, site, eye, email):
        self.browser, self.site, self.eye, self.email = browser, site, eye, email
        self.mails = {}
        self.organization = None

    def open(self, path):
        self.browser.open(self.site + path)

    def take(self, name):
        self.eye.take(name, self.browser)

    def show(self, path, name=None):
        self.open(path)
        self.take(name or re.sub(r"[^a-z0-9]+", "-", path.lower()).strip("-") or "landing")

    def open_mail(self, subject):
        """The next mail of that subject; what its button leads to."""
        self.mails[subject] = number = self.mails.get(subject, 0) + 1
        script = """return [...document.querySelectorAll('tbody tr')].filter(row => row.cells[1].textContent === arguments[0])
            .map(row => row.querySelector('a')).filter(link => link.textContent.startsWith(arguments[1])).map(link => link.href).reverse()"""
        for _ in range(100):
            self.open("/dev/mailbox")
            found = self.browser.run(script, self.email, subject)
            if len(found) >= number:
                self.browser.open(found[number - 1])
                return self.browser.run("return document.querySelector('main table a').href")
            time.sleep(0.1)
        sys.exit(f"No mail “{subject}” came for {self.email}.")

    def ask(self, organization):
        self.open("/users/register")
        self.browser.fill(email=self.email, organization=organization)
        self.browser.press("Sign up")

    def come_in(self):
        self.browser.open(self.open_mail("Sign in to Prikke"))
        return self.press("Sign in")

    def press(self, label):
        """Presses what leads to another page; its path. A busy driver is back before the page is."""
        before = self.browser.url
        self.browser.press(label)
        for _ in range(100):
            if self.browser.url != before:
                break
            time.sleep(0.1)
        return self.browser.url[len(self.site) :]

    def sign_up(self, organization):
        self.ask(organization)
        self.organization = self.come_in()


def tour(person, guest):
    """Every page that there is, in an order in which people may come by them."""
    browser = person.browser
    for path in ["/", "/status", "/nothing", "/users/log-in"]:
        person.show(path)
    person.show("/users/register", "sign-up")
    browser.fill(email="nobody")
    browser.press("Sign up")
    person.take("sign-up-errors")
    person.ask("Zaunkönig & Söhne")
    person.take("sign-in-sent")
    browser.fill(code="000000")
    browser.press("Sign in")
    person.take("sign-in-wrong-code")
    link = person.open_mail("Sign in to Prikke")
    person.take("mail")
    person.show("/dev/mailbox")
    guest.browser.open(link)
    guest.take("link-elsewhere")
    browser.open(link)
    person.take("link-here")
    person.organization = home = person.press("Sign in")
    person.take("overview")
    person.show(home + "/jobs", "jobs-none")
    person.show(home + "/executions", "executions-none")
    person.show(home + "/alerts", "alerts-none")
    person.show(home + "/nothing", "not-found")
    browser.open(link)
    person.take("link-used")
    person.show(link[len(person.site) : -3], "link-gone")

    person.show("/invites", "invites-none")
    person.show("/organizations/new", "new-organization")
    browser.fill(name="Another one")
    another = person.press("Make organization")
    person.open(another + "/settings")
    browser.follow("Delete…")
    browser.fill(confirmation="Another one")
    browser.press("Delete it")
    person.take("account")
    person.show("/account/delete", "account-delete")
    browser.press("Delete my account")
    person.take("account-delete-errors")

    person.show(home + "/members", "members-alone")
    browser.fill(email=guest.email)
    browser.press("Invite")
    person.take("members-invited")
    guest.browser.open(guest.open_mail("You are invited"))
    guest.take("invite-stranger")
    guest.sign_up("Grünspecht")
    guest.show("/invites", "invites")
    guest.browser.press("Accept")
    guest.take("overview-member")
    person.show(home + "/members", "members")
    browser.follow(guest.email)
    person.take("member")
    browser.follow("Hand over…")
    person.take("member-transfer")

    person.show(home + "/keys", "keys-none")
    browser.press("Make a key")
    person.take("keys-errors")
    browser.fill(name="Deploy script")
    browser.press("Make a key")
    person.take("key-shown")
    browser.follow("All keys")
    person.take("keys")
    browser.follow("Deploy script")
    person.take("key")
    browser.follow("Revoke…")
    person.take("key-revocation")
    browser.press("Revoke it")
    person.take("keys-revoked")
    person.show(home + "/settings", "settings")
    person.show(home + "/settings/delete", "settings-delete")
    person.show(home + "/audit-log", "audit-log")
    person.show(home + "/audit-log?action=job.created", "audit-log-none")
    person.show("/", "landing-signed-in")
    for path in DOCS:
        person.show("/docs" + path)
    demo(person)


def demo(person):
    """The demo organization, which has every state in it."""
    browser = person.browser
    person.show("/demo")
    person.organization = home = person.press("Enter the demo")
    person.take("demo-overview")
    person.show(home + "/jobs", "demo-jobs")
    browser.run("document.querySelector('tbody input').click()")
    person.take("demo-jobs-chosen")
    for health in ["failing", "late", "healthy", "paused"]:
        person.show(f"{home}/jobs?health={health}", f"demo-jobs-{health}")
    person.show(home + "/jobs?search=nothing+like+it", "demo-jobs-none")
    jobs = {"failing": "Sync the warehouse", "hanging": "Ask the old ERP", "late": "Import the catalogue", "healthy": "Import orders"}
    for name, label in jobs.items():
        person.open(home + "/jobs?search=" + urllib.parse.quote(label))
        browser.follow(label)
        person.take("demo-job-" + name)
    job = browser.url[len(person.site) :]
    person.show(home + "/jobs/new", "demo-job-new")
    browser.fill(config_url="not a URL")
    browser.press("Create")
    person.take("demo-job-new-errors")
    person.show(job + "/edit", "demo-job-edit")
    browser.press("Test")
    person.take("demo-job-tested")
    person.show(job + "/delete", "demo-job-delete")
    person.show(home + "/jobs?deleted=true", "demo-jobs-deleted")
    person.show(home + "/executions", "demo-executions")
    for status in ["success", "failed", "timeout", "missed", "skipped", "cancelled", "running", "pending"]:
        person.show(f"{home}/executions?status={status}", f"demo-executions-{status}")
        first = browser.run("return document.querySelector('tbody tr th a, tbody tr td a')?.href")
        if first:
            browser.open(first)
            person.take("demo-execution-" + status)
    person.show(home + "/executions/replay?status=failed", "demo-replay")
    alerts(person, home)
    for page in ["members", "keys", "audit-log", "settings"]:
        person.show(f"{home}/{page}", f"demo-{page}")


def alerts(person, home):
    """Incidents and channels of the demo."""
    browser = person.browser
    person.show(home + "/alerts", "demo-alerts")
    for state in ["open", "closed"]:
        person.show(f"{home}/alerts?state={state}", f"demo-alerts-{state}")
        browser.open(browser.run("return document.querySelector('tbody tr th a').href"))
        person.take("demo-incident-" + state)
    person.show(home + "/alerts/channels", "demo-channels")
    for name in ["Owners", "Our status board", "#operations", "On call"]:
        person.open(home + "/alerts/channels")
        browser.follow(name)
        person.take("demo-channel-" + re.sub(r"[^a-z]+", "-", name.lower()).strip("-"))
    person.show(browser.url[len(person.site) :] + "/delete", "demo-channel-delete")
    person.show(home + "/alerts/channels/new", "demo-channel-new")
    browser.fill(target="https://hooks.slack.com/services/T0DEMO000/B0DEMO000/anotherwebhook0000000000")
    browser.press("Go on")
    person.take("demo-channel-recognised")
    person.show(home + "/alerts/channels/new?to=owners", "demo-channel-members")


DOCS = ["", "/getting-started", "/cron", "/cron?expression=0+8+*+*+1", "/webhooks", "/alerts", "/plugins", "/sync", "/self-hosting", "/api", "/api/jobs", "/errors"]


def pages(person, paths):
    """Those that were asked for; signs up for the first that wants it."""
    for path in paths:
        person.open(path.replace("{organization}", person.organization or "/nothing"))
        if person.organization is None and ("{organization}" in path or "/users/log-in?" in person.browser.url):
            person.sign_up("Zaunkönig & Söhne")
        name = re.sub(r"[^a-z0-9]+", "-", path.lower()).strip("-") or "landing"
        person.show(path.replace("{organization}", person.organization or ""), name)


def main(what, where, url, paths):
    eye = Pictures(where) if what == "pictures" else Checks(where)
    tail = f"{time.time_ns() // 1_000_000:x}@example.com"
    with Browser() as browser:
        person = Person(browser, url, eye, f"wilhelmine-{tail}")
        if paths:
            pages(person, paths)
        else:
            with Browser() as other:
                tour(person, Person(other, url, eye, f"bob-{tail}"))
    eye.end()


main(sys.argv[1], sys.argv[2], sys.argv[3].rstrip("/"), sys.argv[4:])
