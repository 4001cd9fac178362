"""Gives two organizations something to be seen, and writes down how schemathesis comes in as each of them.

    scene.py URL AUTH_FILE (whole|viewer) KEY KEY

Each key has all scopes. With `viewer`, schemathesis gets keys that may only look.
"""

import json
import sys
import time
import urllib.request


def send(url, key, method, path, body=None):
    request = urllib.request.Request(url + path, method=method, data=None if body is None else json.dumps(body).encode())
    request.add_header("Authorization", f"Bearer {key}")
    if body is not None:
        request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read() or b"null")


def furnish(url, key, name):
    """Jobs of every kind of schedule, some executions of them, an invite, another key."""
    schedules = [None, {"every": "1h"}, {"cron": "0 2 * * 1-5", "timezone": "Europe/Oslo"}, {"delay": "10d"}]
    for number, schedule in enumerate(schedules):
        target = {"url": f"{url}/demo/ok", "method": "POST", "headers": {"Authorization": "secret"}, "body": "{}"}
        draft = {"key": f"{name}/{number}", "name": f"Job {number} of {name}", "config": target, "schedule": schedule, "tags": [name]}
        job = send(url, key, "POST", "/api/jobs", draft)
        for _ in range(2):
            send(url, key, "POST", f"/api/jobs/{job['id']}/trigger", {})
    send(url, key, "POST", "/api/invites", {"email": f"guest@{name}.example"})
    send(url, key, "POST", "/api/api-keys", {"name": f"Another of {name}", "scopes": ["read"]})
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        listed = send(url, key, "GET", f"/api/jobs/key:{name}%2F0/executions")["data"]
        if listed and all(one["status"] == "success" for one in listed):
            return
        time.sleep(0.2)
    sys.exit(f"the executions of {name} did not end")


def main():
    url, file, kind, *keys = sys.argv[1:]
    entries, protected = [], []
    for name, key in zip(("acme", "globex"), keys):
        furnish(url, key, name)
        mine = key
        if kind == "viewer":
            mine = send(url, key, "POST", "/api/api-keys", {"name": "A viewer's", "scopes": ["read"]})["key"]
        entries.append({"name": name, "fixedHeaders": [{"name": "Authorization", "value": f"Bearer {mine}"}]})
        # pk_live_<id>.sk_live_…: a key's own id is in it.
        protected.append("key_" + mine.split(".")[0].removeprefix("pk_live_"))
    with open(file, "w") as auth:
        json.dump({"auth": entries, "protected": protected}, auth)


main()
