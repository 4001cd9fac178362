import JSON
import Postgres
import TestSupport
import Testing
import Time

@testable import Prikke
@testable import Scheduling
@testable import Tenancy

/// Channels, incidents and deliveries as pages and the API show them, and what each control does.
@Suite(.database, .serialized, .timeLimit(.minutes(3))) struct AlertsPagesTests {
    private static func post(_ cast: Cast, _ path: String, _ fields: [(String, String)] = [], by name: String = "Adam") async -> Answer {
        await cast.house.send(cast[name].call("POST", path, fields))
    }

    private static func get(_ cast: Cast, _ path: String, by name: String = "Adam") async -> String {
        await cast.house.send(cast[name].call("GET", path)).text
    }

    private static func flash(_ answer: Answer) -> String { (answer.cookie("flash") ?? "").removingPercentEncoding ?? "" }

    // MARK: - Channels

    @Test func anOrganizationBeginsWithMailToItsOwnersAndAnOlderOneGetsThat() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            let own = try await house.services.channels.all(for: cast.access)
            #expect(own.map(\.name) == ["Owners"] && own[0].settings == ["to": "owners"] && own[0].state == .on)
            try await house.services.channels.delete(own[0].id, for: cast.access)
            try await house.database.query("DELETE FROM channels WHERE organization_id = \(cast.globex.organization.id)")
            try await house.services.makeMissingChannels()
            #expect(try await house.services.channels.all(for: cast.access).isEmpty, "who has deleted it does not get it again")
            #expect(try await house.services.channels.all(for: cast.accessOfCharlie).map(\.shown) == ["The owners"])
        }
    }

    @Test func aPastedURLIsRecognisedShownAndAddedInTwoSteps() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            let url = "https://hooks.slack.com/services/T0001/B0001/abcdefghijklWXYZ"
            let asked = await Self.post(cast, "/acme/alerts/channels/new", [("target", url)])
            #expect(asked.status == 200 && asked.text.contains("This is Slack.") && asked.text.contains("Add channel"))
            let part = await Self.post(cast, "/acme/alerts/channels/new?fragment=channelguess", [("target", url)])
            #expect(part.text.contains("This is Slack.") && !part.text.contains("<html"))
            #expect(try await house.services.channels.all(for: cast.access).count == 1, "asking makes nothing")

            let made = await Self.post(cast, "/acme/alerts/channels/new", [("target", url), ("kind", "slack"), ("name", "Ops <b>")])
            #expect(made.status == 303 && Self.flash(made).hasPrefix("Ops <b> is added."))
            let page = await Self.get(cast, made.location)
            #expect(page.contains("hooks.slack.com…WXYZ") && page.contains("Ops &lt;b&gt;") && !page.contains("abcdefghijkl"))
            let list = await Self.get(cast, "/acme/alerts/channels", by: "Victor")
            #expect(
                list.contains("hooks.slack.com…WXYZ") && !list.contains("Add a channel"),
                "a viewer sees where it leads, and changes nothing")
            #expect(try await house.database.query("SELECT FROM audit_log WHERE after::text LIKE '%abcdefghijkl%'").isEmpty)

            let wrong = await Self.post(cast, "/acme/alerts/channels/new", [("target", "nonsense"), ("kind", "webhook")])
            #expect(wrong.status == 422 && wrong.text.contains("value=\"nonsense\""))
            #expect(await Self.post(cast, "/acme/alerts/channels/new").status == 422)
        }
    }

    @Test func whatIsSecretIsKeptAsItWasUnlessAnotherIsWritten() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            let made = await house.send(
                cast["key to manage"].call("POST", "/api/channels", json: #"{"settings":{"url":"https://example.com/alerts/first"}}"#))
            #expect(made.status == 201 && made.json["settings"] == ["url": "***"] && made.json["kind"] == "webhook")
            let path = made.location
            let kept = await house.send(
                cast["key to manage"].call("PATCH", path, json: #"{"name":"Mine","settings":{"url":"***"}}"#))
            #expect(kept.json["name"] == "Mine" && kept.json["shown"] == "example.com…irst")
            let seen = await house.send(cast["key to read"].call("GET", path))
            #expect(seen.json["settings"] == .null && seen.json["shown"] == "example.com…irst")
            let none = await house.send(cast["key to manage"].call("POST", "/api/channels", json: #"{"settings":{"url":"***"}}"#))
            #expect(none.status == 422 && none.json["errors"]?.array?.first?["pointer"] == "/settings/url")
            for (settings, pointer) in [
                (#"{"to":"members","members":["\#(cast.id(of: "Charlie").text)"]}"#, "/settings/members/0"),
                (#"{"to":"address","address":"no address"}"#, "/settings/address"),
                (#"{"to":"owners","url":"https://a.example/"}"#, "/settings/url"),
            ] {
                let refused = await house.send(cast["key to manage"].call("POST", "/api/channels", json: #"{"settings":\#(settings)}"#))
                #expect(refused.status == 422 && refused.json["errors"]?.array?.first?["pointer"] == .string(pointer), "\(refused.text)")
            }
        }
    }

    @Test func thereAreTwentyChannelsAtMost() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            for number in 1..<Channels.most {
                _ = try await house.services.channels.create(["name": "No. \(number)", "settings": ["to": "owners"]], for: cast.access)
            }
            let full = await house.send(cast["key to manage"].call("POST", "/api/channels", json: #"{"settings":{"to":"owners"}}"#))
            #expect(full.status == 409 && full.json["code"] == "too_many_channels")
        }
    }

    @Test func anOutsideAddressGetsNothingBeforeItAgreesAndNothingAfterItLeaves() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            let fields = [("target", "on-call@example.org"), ("kind", "email")]
            let made = await Self.post(cast, "/acme/alerts/channels/new", fields)
            #expect(Self.flash(made).hasSuffix("A mail asks the address to confirm."))
            #expect(Self.flash(await Self.post(cast, made.location + "/test")).hasPrefix("The address has not confirmed yet"))
            let link = try await house.path(of: .channelConfirmation, to: "on-call@example.org")
            let nobody = cast["nobody"]
            #expect(await house.send(nobody.call("GET", link)).text.contains("Send them to me"))
            #expect(await house.send(nobody.call("POST", link)).status == 303)
            #expect(await Self.get(cast, made.location).contains("Send test"))
            #expect(
                try await house.database.query("SELECT FROM audit_log WHERE action = 'channel.confirmed' AND actor = 'system'").count == 1)

            let token = String(link.split(separator: "/").last ?? "")
            #expect(await house.send(nobody.call("GET", "/channels/leave/\(token)")).text.contains("Stop them"))
            let oneClick = "POST /webhooks/leave/\(token) HTTP/1.1\r\nHost: prikke.test\r\nContent-Length: 26\r\nConnection: close\r\n\r\n"
            #expect(await house.send(oneClick + "List-Unsubscribe=One-Click").status == 204)
            #expect(await Self.get(cast, made.location).contains("wants no more alerts"))
            let again = await Self.post(cast, made.location + "/switch", [("to", "on")])
            #expect(Self.flash(again) == "It is on, and waits for the address to confirm.")
            #expect(try await house.mails().filter { $0.mail.kind == .channelConfirmation }.count == 2)
        }
    }

    @Test func aTestIsADeliveryWhoseAttemptsStandOnThePage() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            let channel = try await cast.channel()
            let path = "/acme/alerts/channels/\(channel.id)"
            #expect(Self.flash(await Self.post(cast, path + "/test")).hasPrefix("The test is on its way."))
            #expect(await Self.get(cast, path).contains("Test from Prikke"))
            let failed = try await cast.delivery(to: channel)
            let page = await Self.get(cast, path + "?fragment=channellive", by: "Alice")
            for part in ["HTTP 410", "Gone &lt;b&gt;", "It answered 410.", "Send again", "1 attempt"] {
                #expect(page.contains(part), "\(part)")
            }
            #expect(Self.flash(await Self.post(cast, "/acme/alerts/deliveries/\(failed)/resend")) == "It is sent once more.")
            let resent = await house.send(cast["key to read"].call("GET", "/api/deliveries/\(failed)"))
            #expect(resent.json["status"] == "waiting" && resent.json["attempts"]?.array?.first?["status_code"] == 410)
            let twice = await house.send(cast["key to manage"].call("POST", "/api/deliveries/\(failed)/resend"))
            #expect(twice.status == 409 && twice.json["code"] == "delivery_not_ended")

            #expect(Self.flash(await Self.post(cast, path + "/switch", [("to", "off")])) == "Throw-away is off.")
            #expect(Self.flash(await Self.post(cast, path + "/test")).hasPrefix("The channel is off"))
            #expect(await Self.get(cast, path + "/delete").contains("Nothing more goes to example.com…abcd"))
            #expect(await Self.post(cast, path + "/delete").location == "/acme/alerts/channels")
            #expect(await house.send(cast["Adam"].call("GET", path)).status == 404)
        }
    }

    // MARK: - Incidents

    @Test func anIncidentTellsWhatIsWrongSinceWhenAndWhoKnows() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            #expect(await Self.get(cast, "/acme/alerts").contains("No incidents yet"))
            let job = try await cast.job(["name": "Broken <b>"])
            let incident = try await cast.incident(of: job)
            let channel = try await cast.channel(["name": "Ops"])
            _ = try await cast.delivery(to: channel, of: incident)
            try await house.database.query(
                """
                INSERT INTO tellings (organization_id, incident_id, channel_id, opening_told_at)
                VALUES (\(cast.acme.organization.id), \(ID<Incident>(incident)), \(channel.id), now())
                """)
            let closed = try await cast.incident(isClosed: true)
            let list = await Self.get(cast, "/acme/alerts", by: "Victor")
            for part in ["Broken &lt;b&gt; fails", "Told Ops", "Alerts (1)", "▲ 1 open", closed] { #expect(list.contains(part), "\(part)") }
            #expect(!list.contains("Snooze") && list.utf8.count < 30_000)
            #expect(await !Self.get(cast, "/acme/alerts?state=open").contains(closed))
            let page = await Self.get(cast, "/acme/alerts/incidents/\(incident)")
            for part in ["The target answered 503.", "Failure to Ops: failed", "It answered 410.", "Tell nobody for"] {
                #expect(page.contains(part), "\(part)")
            }
            let ofJob = await Self.get(cast, "/acme/jobs/\(job.id)", by: "Bob")
            #expect(ofJob.contains("This job fails since 2\u{A0}h: told Ops") && ofJob.contains("Snooze 1 h"))
            #expect(ofJob.contains("After a failure, to all channels"))
            let told = await house.send(cast["key to read"].call("GET", "/api/incidents/\(incident)"))
            #expect(
                told.json["tellings"]?.array?.first?["channel_id"] == .string(channel.id.text) && told.json["deliveries"]?.array?.count == 1
            )
            let some = await house.send(cast["key to read"].call("GET", "/api/incidents?state=open&job=\(job.id)&limit=1"))
            #expect(some.json["data"]?.array?.count == 1 && some.json["next_cursor"] == .null)
            let next = await house.send(cast["key to read"].call("GET", "/api/incidents?limit=1")).json["next_cursor"]?.string ?? ""
            let rest = await house.send(cast["key to read"].call("GET", "/api/incidents?limit=1&cursor=\(next)"))
            #expect(rest.json["data"]?.array?.first?["id"] == .string(closed), "open ones first, then those that are over")
        }
    }

    @Test func mutingTellsNobodyAboutTheJobUntilItEnds() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            let incident = try await cast.incident()
            let path = "/acme/alerts/incidents/\(incident)"
            let muted = await Self.post(cast, path + "/mute", [("for", "1h"), ("back", "list")], by: "Bob")
            #expect(muted.location == "/acme/alerts" && Self.flash(muted).hasPrefix("Muted until 20"))
            #expect(await Self.get(cast, path).contains("Unmute"))
            let forever = await house.send(cast["key to write"].call("POST", "/api/incidents/\(incident)/mute", json: #"{"until":null}"#))
            #expect(forever.json["muted"] == true && forever.json["muted_until"] == .null)
            let past = await house.send(
                cast["key to write"].call("POST", "/api/incidents/\(incident)/mute", json: #"{"until":"2020-01-01T00:00:00Z"}"#))
            #expect(past.status == 422)
            #expect(Self.flash(await Self.post(cast, path + "/unmute", by: "Bob")) == "Alerts are told again.")
            #expect(try await house.database.query("SELECT FROM incidents WHERE look_at IS NOT NULL").count == 1, "it is looked at again")
            #expect(try await house.database.query("SELECT FROM audit_log WHERE action IN ('alerts.muted', 'alerts.unmuted')").count == 3)
        }
    }

    // MARK: - Jobs

    @Test func aJobNamesChannelsOfItsOwnOrganizationAlone() async throws {
        try await House.open { house in
            let cast = try await Cast(house)
            let own = try await cast.channel(["name": "Ops"])
            let theirs = try await cast.channel(for: cast.accessOfCharlie)
            func alerts(_ channel: String) -> JSON { ["channels": [.string(channel)]] }
            func draft(_ channel: String, key: String) -> JSON {
                ["key": .string(key), "config": ["url": "https://example.com/"], "alerts": alerts(channel)]
            }
            let caller = cast["key to write"]
            for id in [theirs.id.text, ID<Channel>().text, "nonsense"] {
                let new = await house.send(caller.call("POST", "/api/jobs", json: draft(id, key: "a").text))
                #expect(new.status == 422 && new.json["errors"]?.array?.first?["pointer"] == "/alerts/channels/0")
                #expect(new.json["errors"]?.array?.first?["code"] == "unknown_channel")
                let batch: JSON = ["jobs": [draft(own.id.text, key: "b-\(id)"), draft(id, key: "c")]]
                let answers = await house.send(caller.call("POST", "/api/jobs/batch", json: batch.text)).json
                #expect("\(answers.text)".contains("unknown_channel"))
                let document: JSON = ["jobs": [draft(own.id.text, key: "d"), draft(id, key: "e")]]
                let sync = await house.send(caller.call("PUT", "/api/sync", json: document.text))
                #expect(sync.status == 422 && sync.json["errors"]?.array?.first?["pointer"] == "/jobs/1/alerts/channels/0")
            }
            let job = try await cast.job(["alerts": alerts(own.id.text)])
            let form = try await cast.jobForm(job.id.text)
            #expect(form["alerts_channels"] == [own.id.text])
            #expect(await Self.get(cast, "/acme/jobs/\(job.id)").contains("After a failure, to Ops"))
            let changed = await house.send(
                caller.call("PATCH", "/api/jobs/\(job.id)", json: JSON.object(["alerts": alerts(theirs.id.text)]).text))
            #expect(changed.status == 422)
            try await house.services.channels.delete(own.id, for: cast.access)
            let renamed = await house.send(caller.call("PATCH", "/api/jobs/\(job.id)", json: #"{"name":"Other"}"#))
            #expect(renamed.status == 200, "what it named before may be gone since")
            #expect(await Self.get(cast, "/acme/jobs/\(job.id)/edit").contains("A channel that is gone"))
        }
    }
}
