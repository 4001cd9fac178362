"""Takes pictures of pages with chromedriver: take.py URL FOLDER [PATH...]"""

import base64
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

KINDS = {"light": ("light", 1280), "dark": ("dark", 1280), "390": ("light", 390)}


class Browser:
    """One session of WebDriver, with a profile that is gone afterwards."""

    def __enter__(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.base = f"http://127.0.0.1:{port}"
        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.driver = subprocess.Popen(["chromedriver", f"--port={port}"], stdout=subprocess.PIPE, text=True)
        for line in self.driver.stdout:
            if "started successfully" in line:
                break
        arguments = ["--headless=new", f"--user-data-dir={self.profile.name}", "--disable-gpu", "--hide-scrollbars", "--no-first-run"]
        if os.getuid() == 0:
            arguments.append("--no-sandbox")
        options = {"binary": "/usr/bin/chromium", "args": arguments}
        answer = self.ask("POST", "/session", {"capabilities": {"alwaysMatch": {"goog:chromeOptions": options}}})
        self.base += "/session/" + answer["sessionId"]
        return self

    def __exit__(self, *_):
        try:
            self.ask("DELETE", "")
        finally:
            self.driver.terminate()
            self.driver.wait()
            self.profile.cleanup()

    def ask(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)["value"]

    def devtools(self, command, **parameters):
        return self.ask("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def open(self, url):
        self.ask("POST", "/url", {"url": url})

    @property
    def url(self):
        return self.ask("GET", "/url")

    def run(self, script, *arguments):
        return self.ask("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def find(self, xpath):
        for _ in range(100):
            found = self.ask("POST", "/elements", {"using": "xpath", "value": xpath})
            if found:
                return "/element/" + next(iter(found[0].values()))
            time.sleep(0.1)
        sys.exit(f"There is no {xpath} on {self.url}.")

    def press(self, label):
        self.ask("POST", self.find(f'//main//button[starts-with(normalize-space(), "{label}")]') + "/click", {})

    def follow(self, label):
        self.ask("POST", self.find(f'//main//a[normalize-space() = "{label}"]') + "/click", {})

    def fill(self, **fields):
        for name, text in fields.items():
            field = self.find(f"//main//*[@name = '{name}']")
            self.ask("POST", field + "/clear", {})
            self.ask("POST", field + "/value", {"text": text})

    def picture(self, scheme, width):
        """The whole page that is open, however long it is."""
        self.devtools("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        # Chromium has no window as narrow as a telephone.
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=False)
        return base64.b64decode(self.devtools("Page.captureScreenshot", format="png", captureBeyondViewport=True)["data"])


class Person:
    """Somebody at a browser, whose mail goes to the mailbox of development."""

    def __init__(self, browser, site, folder, email):
        self.browser, self.site, self.folder, self.email = browser, site, folder, email
        self.mails = {}
        self.organization = None

    def open(self, path):
        self.browser.open(self.site + path)

    def take(self, name):
        for kind, (scheme, width) in KINDS.items():
            file = os.path.join(self.folder, f"{name}-{kind}.png")
            with open(file, "wb") as out:
                out.write(self.browser.picture(scheme, width))
            print(file)
        self.browser.picture("light", 1280)

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
        self.browser.press("Sign in")

    def sign_up(self, organization):
        self.ask(organization)
        self.come_in()
        self.organization = self.browser.url[len(self.site) :]


def tour(person, guest):
    """Every page that there is, in an order in which people may come by them."""
    browser = person.browser
    for path in ["/", "/status", "/demo", "/nothing", "/users/log-in"]:
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
    browser.press("Sign in")
    person.organization = home = browser.url[len(person.site) :]
    person.take("overview")
    browser.open(link)
    person.take("link-used")
    person.show(link[len(person.site) : -3], "link-gone")

    person.show("/invites", "invites-none")
    person.show("/organizations/new", "new-organization")
    browser.fill(name="Another one")
    browser.press("Make organization")
    another = browser.url[len(person.site) :]
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
    browser.press("Revoke")
    person.take("keys-revoked")
    person.show(home + "/settings", "settings")
    person.show(home + "/settings/delete", "settings-delete")
    person.show(home + "/audit-log", "audit-log")
    person.show(home + "/audit-log?action=job.created", "audit-log-none")
    person.show("/", "landing-signed-in")


def pages(person, paths):
    """Those that were asked for; signs up for the first that wants it."""
    for path in paths:
        person.open(path.replace("{organization}", person.organization or "/nothing"))
        if person.organization is None and ("{organization}" in path or "/users/log-in?" in person.browser.url):
            person.sign_up("Zaunkönig & Söhne")
        name = re.sub(r"[^a-z0-9]+", "-", path.lower()).strip("-") or "landing"
        person.show(path.replace("{organization}", person.organization or ""), name)


def main(url, folder, paths):
    tail = f"{time.time_ns() // 1_000_000:x}@example.com"
    with Browser() as browser:
        person = Person(browser, url, folder, f"wilhelmine-{tail}")
        if paths:
            pages(person, paths)
            return
        with Browser() as other:
            tour(person, Person(other, url, folder, f"bob-{tail}"))


main(sys.argv[1].rstrip("/"), sys.argv[2], sys.argv[3:])
