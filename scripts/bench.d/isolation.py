"""Whether time tells what an answer does not: isolation.py BINARY [PAIRS]

Starts the real binary with a private Postgres in a folder of its own, makes two organizations, and asks in pairs, over one
connection, in an order that changes at random: for another tenant's id and for one that nobody has, by API and by page; for a
sign-in link to a known address and to an unknown one; with an unknown key and with a wrong secret of a known one. Checks that
both answers of a pair are the same but for the request's id, and prints the medians and how far they are apart; the first
line is how far the machine puts two requests apart that are the same."""
import hashlib, http.client, json, os, random, re, secrets, signal, statistics, subprocess, sys, tempfile, time, urllib.parse

BINARY, PAIRS = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 500
HOST, PORT = "127.0.0.1", int(os.environ.get("BENCH_PORT", "18092"))
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
UNKNOWN = "01jd3w8k4dfk1q2v7c9r5t0xyz"


def base62(data, width):
    number, text = int.from_bytes(data, "big"), ""
    for _ in range(width):
        number, digit = divmod(number, 62)
        text = DIGITS[digit] + text
    return text


class Connection:
    def __init__(self):
        self.connection = http.client.HTTPConnection(HOST, PORT, timeout=30)

    def send(self, method, path, headers={}, body=None):
        """The status, the headers, the body and the nanoseconds from the first byte sent to the last one read."""
        begin = time.perf_counter_ns()
        self.connection.request(method, path, body=body, headers=headers)
        answer = self.connection.getresponse()
        text = answer.read()
        return answer.status, answer.headers, text, time.perf_counter_ns() - begin


def without_id(answer):
    return answer[0], re.sub(rb'"request_id":"[^"]*"|[Rr]equest id:?[^<]*<[^>]*>[^<]*', b"", answer[2]).replace(b"\r", b"")


def compare(connection, name, one, other, bound, pairs=PAIRS, alike=True):
    """`one` and `other` make the requests of pair number n."""
    times = ([], [])
    for number in range(-20, pairs):
        sides = [(0, one), (1, other)]
        random.shuffle(sides)
        answers = {side: connection.send(*ask(number)) for side, ask in sides}
        if alike:
            first, second = without_id(answers[0]), without_id(answers[1])
            assert first[0] == second[0] and len(first[1]) == len(second[1]), f"{name}: {answers[0][:3]} {answers[1][:3]}"
        if number >= 0:
            for side in (0, 1):
                times[side].append(answers[side][3] / 1000)
    medians = [statistics.median(side) for side in times]
    apart = abs(medians[0] / medians[1] - 1) * 100
    verdict = "" if apart <= bound else f" (more than {bound})"
    print(f"| {name} | {answers[0][0]} | {medians[0]:.0f} | {medians[1]:.0f} | {apart:.1f} %{verdict} |", flush=True)


def main():
    folder = tempfile.mkdtemp(prefix="prikke-bench-")
    environment = {
        **os.environ, "PRIKKE_DATA_DIR": folder, "PORT": str(PORT), "PRIKKE_ALLOW_NETWORKS": "127.0.0.0/8", "PRIKKE_RATE_LIMIT": "0",
        "PRIKKE_TRUSTED_PROXIES": "127.0.0.0/8"}
    log = open(os.path.join(folder, "serve.log"), "w")
    server = subprocess.Popen([BINARY, "serve"], env=environment, stdout=log, stderr=log)
    try:
        run(folder, environment)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(40)


def found(environment, name):
    made = subprocess.run(
        [BINARY, "organization", "create", "--name", name, "--email", f"{name.lower()}@example.com", "--plan", "business", "--json"],
        env=environment, check=True, capture_output=True, text=True)
    return json.loads(made.stdout)


def sql(folder, statement):
    socket = os.readlink(os.path.join(os.path.dirname(os.path.realpath(os.path.join(folder, "cluster"))), "socket"))
    subprocess.run(
        ["psql", "-qX", "-v", "ON_ERROR_STOP=1", f"host={socket} user=postgres dbname=prikke", "-c", statement], check=True,
        stdout=subprocess.DEVNULL)


def run(folder, environment):
    for _ in range(300):
        try:
            if Connection().send("GET", "/health")[0] == 200:
                break
        except OSError:
            pass
        time.sleep(0.1)
    connection = Connection()
    owner, stranger = found(environment, "Owner"), found(environment, "Stranger")

    def api(tenant, method, path, body=None):
        headers = {"Authorization": "Bearer " + tenant["api_key"], "Content-Type": "application/json"}
        return connection.send(method, path, headers, body and json.dumps(body))

    job = json.loads(api(owner, "POST", "/api/jobs", {"config": {"url": "http://127.0.0.1:65533/"}})[2])["id"]
    ids = {
        "job": ("/api/jobs/{}", job),
        "execution": ("/api/executions/{}", json.loads(api(owner, "POST", f"/api/jobs/{job}/trigger")[2])["id"]),
        "key": ("/api/api-keys/{}", json.loads(api(owner, "GET", "/api/api-keys")[2])["data"][0]["id"]),
        "member": ("/api/members/{}", owner["user"]["id"]),
        "invite": ("/api/invites/{}", json.loads(api(owner, "POST", "/api/invites", {"email": "i@example.com"})[2])["id"]),
    }
    # The stranger's owner is signed in.
    cookie = base62(secrets.token_bytes(31), 43)
    sql(folder, f"""INSERT INTO sessions (id, token_hash, user_id, device, created_at, last_used_at)
        SELECT gen_random_uuid(), sha256('{cookie}'), id, 'Bench', now(), now() FROM users WHERE email = 'stranger@example.com'""")

    print("| | status | the one, µs | the other, µs | apart |")
    print("|---|--:|--:|--:|--:|")
    bearer = {"Authorization": "Bearer " + stranger["api_key"]}
    # What the machine itself makes of two requests that are the same.
    compare(
        connection, "API: job, unknown and unknown", lambda n: ("GET", f"/api/jobs/job_{UNKNOWN}", bearer),
        lambda n: ("GET", f"/api/jobs/job_{UNKNOWN}", bearer), 5)
    for name, (path, known) in ids.items():
        unknown = known.split("_")[0] + "_" + UNKNOWN
        compare(
            connection, f"API: {name}, another tenant’s and unknown", lambda n: ("GET", path.format(known), bearer),
            lambda n: ("GET", path.format(unknown), bearer), 5)
    page = {"Cookie": f"prikke_session={cookie}", "Accept": "text/html"}
    slug = stranger["organization"]["slug"]
    pages = {
        "key": f"/{slug}/keys/{{}}", "member": f"/{slug}/members/{{}}", "invite": "/invites/{}",
    }
    for name, path in pages.items():
        known = ids[name][1]
        unknown = known.split("_")[0] + "_" + UNKNOWN
        compare(
            connection, f"page: {name}, another tenant’s and unknown", lambda n: ("GET", path.format(known), page),
            lambda n: ("GET", path.format(unknown), page), 5)
    # Of the same length, since the page says where it is.
    other = owner["organization"]["slug"]
    compare(
        connection, "page: organization, another’s and unknown", lambda n: ("GET", f"/{other}/members", page),
        lambda n: ("GET", f"/{'x' * len(other)}/members", page), 5)
    sign_in(connection, folder)
    keys(connection, owner["api_key"])


def sign_in(connection, folder):
    sql(folder, f"""INSERT INTO users (id, email, created_at, confirmed_at)
        SELECT gen_random_uuid(), 'known-' || n || '@example.com', now(), now() FROM generate_series(0, {PAIRS + 20}) n""")
    status, headers, text, _ = connection.send("GET", "/users/log-in", {"Accept": "text/html"})
    browser = re.search(r"prikke_browser=([^;]+)", headers["Set-Cookie"])[1]
    token = re.search(rb'name="_token" value="([^"]+)"', text)[1].decode()

    def ask(kind):
        def request(number):
            # Each from a network of its own: the limits are another matter.
            network = f"198.18.{(number + 20) % 256}.{(number + 20) // 256 * 2 + (kind == 'known') + 1}"
            body = urllib.parse.urlencode({"email": f"{kind}-{number + 20}@example.com", "_token": token})
            return "POST", "/users/log-in", {
                "Cookie": f"prikke_browser={browser}", "Content-Type": "application/x-www-form-urlencoded",
                "X-Forwarded-For": network}, body
        return request

    compare(connection, "sign-in: known and unknown address", ask("known"), ask("other"), 5)


def keys(connection, key):
    name, secret = key.split(".")
    random_part = secret.removeprefix("sk_live_")[:-6]

    def spoilt(place):
        """The secret with another character there, and the checksum that belongs to it."""
        digit = "1" if random_part[place] != "1" else "2"
        place %= len(random_part)
        text = random_part[:place] + digit + random_part[place + 1:]
        return f"{text}{base62(hashlib.sha256(text.encode()).digest()[:4], 6)}"

    def asking(name, text):
        return lambda n: ("GET", "/api/jobs", {"Authorization": f"Bearer {name}.sk_live_{text}"})

    unknown = asking("pk_live_" + UNKNOWN, spoilt(-1))
    compare(connection, "key: unknown id and wrong in its first character", unknown, asking(name, spoilt(0)), 2)
    compare(connection, "key: unknown id and wrong in its last character", unknown, asking(name, spoilt(-1)), 2)
    compare(connection, "key: wrong in its first and in its last character", asking(name, spoilt(0)), asking(name, spoilt(-1)), 2)


main()
