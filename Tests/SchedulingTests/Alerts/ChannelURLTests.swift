import JSON
import Testing

@testable import Scheduling

/// Whose a URL is.
struct ChannelURLTests {
    static let teams =
        "/powerautomate/automations/direct/workflows/abc/triggers/manual/paths/invoke?api-version=1&sp=%2Ftriggers&sv=1.0&sig=x-y"

    @Test(arguments: [
        ("https://hooks.slack.com/services/T00000000/B00000000/XXXXxxxx1234", "slack", "Slack"),
        ("https://hooks.slack-gov.com/services/T0/B0/x", "slack", "Slack"),
        ("HTTPS://Hooks.Slack.COM:443/services/T0/B0/x", "slack", "Slack"),
        ("https://hooks.slack.com/triggers/E012AB/123456/0a1b2c", "slack", "Slack workflow"),
        ("https://hooks.slack.com/workflows/T1/A1/1/x", "slack", "Slack workflow"),
        ("https://discord.com/api/webhooks/1/a_b-C", "discord", "Discord"),
        ("https://discordapp.com/api/v10/webhooks/1/x", "discord", "Discord"),
        ("https://canary.discord.com/api/webhooks/1/x/slack", "discord", "Discord"),
        ("https://ptb.discordapp.com/api/v9/webhooks/1/x/github?thread_id=5", "discord", "Discord"),
    ]) func aVendorsOwnURLIsRecognisedForCertain(_ url: String, _ kind: String, _ label: String) {
        let found = Kinds.all.recognise(url)
        #expect(found.kind == kind && found.label == label && found.isCertain)
    }

    @Test(arguments: [
        "https://hooks.slack.com.evil.example/services/T0/B0/x", "https://hooks.slack.com@evil.example/services/T0/B0/x",
        "https://hooks.slack.com:pw@evil.example/services/T0/B0/x", "http://hooks.slack.com/services/T0/B0/x",
        "https://hooks.slack.com./services/T0/B0/x", "https://hooks.slack.com:8443/services/T0/B0/x",
        "https://xhooks.slack.com/services/T0/B0/x",
        "https://slack.com/services/T0/B0/x", "https://hooks.slack.com/services/t0/B0/x", "https://hooks.slack.com/services/T0/B0/x/",
        "https://hooks.slack.com/services/T0/B0/", "https://hooks.slack.com/%73ervices/T0/B0/x",
        "https://hooks.slack.com//services/T0/B0/x",
        "https://hooks.slack.com/triggers/T0/abc/0a", "https://evil.example/?u=https://hooks.slack.com/services/T0/B0/x",
        "https://evil.example/#https://discord.com/api/webhooks/1/x", "https://evil.example?discord.com/api/webhooks/1/x",
        "https://discord.com.evil.example/api/webhooks/1/x", "https://evil-discord.com/api/webhooks/1/x",
        "http://discord.com/api/webhooks/1/x",
        "https://discord.com./api/webhooks/1/x", "https://discord.com/api/webhooks/x/x", "https://discord.com/webhooks/1/x",
        "https://discord.com/api/webhooks/1/x/slack/github", "https://www.discord.com/api/webhooks/1/x",
        "https://evil.webhook.office.com.example/webhookb2/x", "https://chat.googleapis.com.evil.example/v1/spaces/A/messages",
        "https://ops.example.com/hook", "", "nonsense", "javascript:alert(1)", "https://hooks.slack.com\\@evil.example/services/T0/B0/x",
    ]) func whatOnlyLooksLikeItIsASignedWebhook(_ url: String) {
        let found = Kinds.all.recognise(url)
        #expect(found.kind == "webhook" && !found.isCertain)
        #expect(["slack", "discord", "webhook"].allSatisfy { Kinds.all[$0]?.recognises(url) == false })
    }

    @Test(arguments: [
        ("https://default1.ab.environment.api.powerplatform.com:443" + teams, "Get email address"),
        ("https://prod-12.westeurope.logic.azure.com:443/workflows/abc/triggers/manual/paths/invoke?sig=x", "30 November 2025"),
        ("https://contoso.webhook.office.com/webhookb2/a@b/IncomingWebhook/c/d", "retired"),
        ("https://chat.googleapis.com/v1/spaces/AAA/messages?key=k&token=t", "Google Chat"),
    ]) func whatCannotBeUsedIsRefusedWithWhatToDo(_ url: String, _ words: String) {
        let found = Kinds.all.recognise(url)
        #expect(found.kind == nil && found.hint?.contains(words) == true)
        for kind in Kinds.all.words {
            let errors = Kinds.all[kind]?.check(["url": .string(url)])
            #expect(errors?.map(\.pointer) == ["/url"] && errors?.first?.code == "not_allowed" && errors?.first?.detail == found.hint)
        }
    }

    @Test(arguments: [
        "https://chat.example.com/hooks/abcdefghij0123456789abcdef", "https://example.com/mm/hooks/abcdefghij0123456789abcdef",
    ])
    func mattermostIsSuggestedAsItsHostTellsNothing(_ url: String) {
        let found = Kinds.all.recognise(url)
        #expect(found.kind == "slack" && found.label == "Mattermost" && !found.isCertain && found.hint != nil)
    }

    @Test func theAddressPolicyIsAskedAsForAJob() {
        func codes(_ kinds: ChannelKinds, _ url: String) -> [String] {
            (kinds["webhook"]?.check(["url": .string(url)]) ?? []).map { "\($0.pointer) \($0.code)" }
        }
        #expect(codes(Kinds.closed, "https://example.com/hook") == [])
        #expect(codes(Kinds.closed, "https://127.0.0.1/hook") == ["/url blocked_address"])
        #expect(codes(Kinds.closed, "http://169.254.169.254/latest") == ["/url blocked_address"])
        #expect(codes(Kinds.closed, "http://localhost/hook") == ["/url blocked_address"])
        #expect(codes(Kinds.closed, "https://user:word@example.com/") == ["/url invalid_url"])
        #expect(codes(Kinds.closed, "http://example.com/hook") == ["/url invalid_url"])
        #expect(codes(Kinds.closed, "ftp://example.com/") == ["/url invalid_url"])
        #expect(codes(Kinds.all, "http://127.0.0.1:8080/hook") == [])
    }

    @Test(arguments: [
        ("https://hooks.slack.com/services/T00000000/B00000000/abcdWXYZ", "hooks.slack.com…WXYZ"),
        ("https://example.com:8443/a/long/enough/path?key=1234", "example.com:8443…1234"),
        // Four of few would be much of the secret.
        ("https://example.com/hook", "example.com…"), ("https://example.com", "example.com…"), ("no url, but a secret", "…"),
        ("https://user:word@example.com/", "…"),
    ]) func onlyHostAndEndAreShown(_ url: String, _ shown: String) {
        #expect(ChannelKinds.masked(url) == shown)
    }

    @Test(arguments: [
        (
            "https://discordapp.com/api/webhooks/1/x/slack?wait=false&thread_id=5",
            "https://discord.com/api/v10/webhooks/1/x?wait=true&thread_id=5"
        ),
        ("https://ptb.discord.com/api/v6/webhooks/1/x/github", "https://discord.com/api/v10/webhooks/1/x?wait=true"),
        ("https://discord.com/api/webhooks/1/x?utm=1", "https://discord.com/api/v10/webhooks/1/x?wait=true"),
        ("http://127.0.0.1:9/api/webhooks/1/x/slack?a=b", "http://127.0.0.1:9/api/webhooks/1/x?wait=true&a=b"),
        ("http://127.0.0.1:9/slack", "http://127.0.0.1:9/slack?wait=true"), ("nonsense", "nonsense"),
    ]) func discordIsCalledByItsPresentHostAndVersion(_ pasted: String, _ called: String) {
        #expect(DiscordChannel.called(pasted) == called)
    }
}
