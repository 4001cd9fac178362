import JSON
import Scheduling
import Time

/// A job of the demo, and what is to be seen of it from the first moment on.
struct DemoJob {
    let draft: JSON
    var isTriggered = false
    var isPaused = false
    var pausedUntil: Timestamp?
    /// What it has done until now.
    var history: (Timestamp) -> [InventedHistory.Entry] = { _ in [] }

    init(
        _ key: String, _ name: String, _ url: String, _ schedule: JSON, config: JSONObject = [:], _ more: JSONObject = [:],
        history: @escaping (Timestamp) -> [InventedHistory.Entry] = { _ in [] }
    ) {
        var (members, config) = (more, config)
        config["url"] = .string(url)
        (members["key"], members["name"], members["config"]) = (.string("demo/" + key), .string(name), .object(config))
        members["schedule"] = schedule
        draft = .object(members)
        self.history = history
    }

    var triggered: DemoJob { changed { $0.isTriggered = true } }
    func paused(until end: Timestamp? = nil) -> DemoJob { changed { ($0.isPaused, $0.pausedUntil) = (true, end) } }

    private func changed(_ change: (inout DemoJob) -> Void) -> DemoJob {
        var job = self
        change(&job)
        return job
    }
}

extension Seed {
    /// One for every state there is, and for everything that may stand in a name. They call `receiver`.
    static func jobs(calling receiver: String) -> [DemoJob] { healthy(receiver) + ill(receiver) + still(receiver) + odd(receiver) }

    private static func healthy(_ url: String) -> [DemoJob] {
        [
            DemoJob("every-second", "Heartbeat", url + "ok", ["every": "1s"], ["tags": ["monitoring"]]),
            DemoJob(
                "cache", "Warm the cache", url + "ok", ["cron": "*/15 * * * *"], ["tags": ["web"]],
                history: { Invented.regular(every: 900, days: 30, until: $0, around: 45) }),
            DemoJob(
                "import", "Import orders", url + "json", ["cron": "0 * * * *"], ["tags": ["orders", "imports"]],
                history: { Invented.regular(every: 3_600, days: 30, until: $0, around: 180, failing: 24, json: true) }
            ).triggered,
            DemoJob(
                "weekdays", "Nightly export", url + "ok", ["cron": "0 2 * * 1-5", "timezone": "Europe/Oslo"],
                config: [
                    "method": "POST", "headers": ["Authorization": "Bearer not-to-be-shown", "X-Team": "ops"], "body": "{\"full\": true}",
                ],
                ["tags": ["exports"], "retries": ["limit": 3]]),
            DemoJob("report", "Weekly report", url + "ok", ["cron": "0 8 * * mon", "timezone": "America/New_York"], ["tags": ["reports"]]),
            DemoJob("invoices", "Send invoices", url + "ok", ["cron": "0 6 L * *", "timezone": "Europe/Berlin"], ["tags": ["billing"]]),
            DemoJob("backup", "Fetch the backup", url + "large", ["every": "6h"], ["tags": ["backups"]]).triggered,
            DemoJob("thumbnails", "Thumbnails", url + "binary", ["every": "12h"], ["tags": ["web"]]).triggered,
            DemoJob(
                "slow", "A slow report", url + "slow", ["every": "1m"], config: ["method": "POST", "body": "{}"], ["timeout_ms": 60_000]
            )
            .triggered,
        ]
    }

    private static func ill(_ url: String) -> [DemoJob] {
        [
            DemoJob(
                "failing", "Sync the warehouse", url + "failing", ["cron": "*/5 * * * *"],
                ["tags": ["orders", "critical"], "retries": ["limit": 3, "initial": "1m"]],
                history: { Invented.broken(every: 300, days: 2, until: $0, last: 7, code: 504) }
            ).triggered,
            DemoJob(
                "hanging", "Ask the old ERP", url + "hang", ["cron": "*/10 * * * *"], ["tags": ["orders"], "timeout_ms": 2_000],
                history: { Invented.broken(every: 600, days: 2, until: $0, last: 4, code: nil) }
            ).triggered,
            DemoJob(
                "flaky", "Now and then it fails", url + "flaky", ["every": "5s"],
                ["retries": ["limit": 3, "backoff": "fixed", "initial": "2s"]]),
            DemoJob(
                "late", "Import the catalogue", url + "late", ["every": "1m"],
                ["tags": ["imports"], "timeout_ms": 300_000, "start_deadline": "1h", "missed": "skip"],
                history: { Invented.late(every: 60, count: 60, until: $0) }
            ).triggered,
            DemoJob(
                "missed", "Refresh rates", url + "ok", ["cron": "0 */12 * * *"], ["missed": "skip", "tags": ["billing"]],
                history: { Invented.missed(every: 43_200, days: 30, until: $0) }),
        ]
    }

    private static func still(_ url: String) -> [DemoJob] {
        [
            DemoJob(
                "paused", "Newsletter", url + "ok", ["cron": "0 9 1,15 * *"], ["tags": ["mail"]],
                history: { Invented.regular(every: 86_400, days: 30, until: $0.adding(.seconds(-3 * 86_400)), around: 900) }
            ).paused(),
            DemoJob("holiday", "Remind of open bills", url + "ok", ["every": "1d"], ["tags": ["billing", "mail"]])
                .paused(until: .now().adding(.seconds(9 * 86_400))),
            DemoJob("gone", "Export to the old shop", url + "gone", ["every": "30m"], ["tags": ["exports"]]).triggered,
            DemoJob("on-demand", "On demand", url + "ok", .null),
            DemoJob("launch", "Open the shop", url + "ok", ["at": "2099-01-01T09:00:00Z"]),
        ]
    }

    private static func odd(_ url: String) -> [DemoJob] {
        [
            DemoJob(
                "everything", "Everything that may happen", url + "ok", .null, ["tags": ["test"]],
                history: { Invented.everything(until: $0) }),
            DemoJob(
                "long/path/of-a-key_that.is/as-long-as-keys-may-be/and-then-some",
                "A name as long as names may be: "
                    + String(repeating: "Lorem ipsum dolor sit amet, consectetur adipisici elit. ", count: 2)
                    + "Donaudampfschifffahrtselektrizitätenhauptbetriebswerk", url + "ok", ["cron": "17 3 29 2 *"],
                ["tags": ["a-tag-that-is-as-long-as-tags-of-jobs-may-be-…"]]),
            DemoJob(
                "markup", "<b>Bold</b> & \"quoted\" <script>alert(1)</script>", url + "ok?a=%3Cb%3E&b=1", ["every": "1d"], ["tags": ["<i>"]]
            ),
            DemoJob("emoji", "🧾 Rechnungen ✨ 👩‍👩‍👧‍👦", url + "ok", ["every": "1d"], ["tags": ["🧾", "ü"]]),
            DemoJob(
                "right-to-left", "النسخ الاحتياطي اليومي", url + "ok", ["cron": "30 4 * * *", "timezone": "Asia/Riyadh"], ["tags": ["عربي"]]
            ),
        ]
    }
}
