import Hummingbird
import Mail
import Mustache

/// The templates, parsed once, and how a page becomes an answer. They are compiled into the program: it needs no folder
/// beside it.
struct Views: Sendable {
    /// Every template under its name; a new file is a new line here.
    static let templates: [String: [UInt8]] = [
        "layout": PackageResources.layout_mustache,
        "field": PackageResources.field_mustache,
        "form": PackageResources.form_mustache,
        "group": PackageResources.group_mustache,
        "postbutton": PackageResources.postbutton_mustache,
        "landing": PackageResources.landing_mustache,
        "overview": PackageResources.overview_mustache,
        "status": PackageResources.status_mustache,
        "error": PackageResources.error_mustache,
        "plain": PackageResources.plain_mustache,
        "account": PackageResources.account_mustache,
        "invites": PackageResources.invites_mustache,
        "members": PackageResources.members_mustache,
        "keys": PackageResources.keys_mustache,
        "settings": PackageResources.settings_mustache,
        "audit": PackageResources.audit_mustache,
        "apicontents": PackageResources.apicontents_mustache,
        "apiresource": PackageResources.apiresource_mustache,
        "errorcodes": PackageResources.errorcodes_mustache,
        "document": PackageResources.document_mustache,
        "docscontents": PackageResources.docscontents_mustache,
        "cronexplained": PackageResources.cronexplained_mustache,
        "time": PackageResources.time_mustache,
        "overviewlive": PackageResources.overviewlive_mustache,
        "jobs": PackageResources.jobs_mustache,
        "jobslive": PackageResources.jobslive_mustache,
        "job": PackageResources.job_mustache,
        "joblive": PackageResources.joblive_mustache,
        "deletedjobs": PackageResources.deletedjobs_mustache,
        "jobform": PackageResources.jobform_mustache,
        "jobpreview": PackageResources.jobpreview_mustache,
        "testresult": PackageResources.testresult_mustache,
        "executions": PackageResources.executions_mustache,
        "executionslive": PackageResources.executionslive_mustache,
        "execution": PackageResources.execution_mustache,
        "executionlive": PackageResources.executionlive_mustache,
        "replay": PackageResources.replay_mustache,
        "incidents": PackageResources.incidents_mustache,
        "incidentslive": PackageResources.incidentslive_mustache,
        "incident": PackageResources.incident_mustache,
        "incidentlive": PackageResources.incidentlive_mustache,
        "channels": PackageResources.channels_mustache,
        "channelslive": PackageResources.channelslive_mustache,
        "channel": PackageResources.channel_mustache,
        "channellive": PackageResources.channellive_mustache,
        "newchannel": PackageResources.newchannel_mustache,
        "channelguess": PackageResources.channelguess_mustache,
        "mailbox": PackageResources.mailbox_mustache,
        "mail": PackageResources.mail_mustache,
    ]

    private let library: MustacheLibrary
    private let siteURL: String

    /// Throws where a template does not parse. `siteURL` is where people reach the site, without a slash at the end.
    init(siteURL: String = "") throws {
        self.siteURL = siteURL
        library = try Self.parsed.get()
    }

    /// They are the same for the life of the process.
    private static let parsed = Result {
        var library = MustacheLibrary()
        for (name, bytes) in templates {
            try library.register(HTMLText.template(String(decoding: bytes, as: UTF8.self)), named: name)
        }
        return library
    }

    /// Those that stand in others, by `{{> form}}`.
    static let partials: Set = [
        "field", "form", "group", "postbutton", "time", "overviewlive", "jobslive", "joblive", "jobpreview", "testresult", "executionslive",
        "executionlive", "cronexplained", "incidentslive", "incidentlive", "channelslive", "channellive", "channelguess",
    ]

    /// A partial alone, as HTML.
    func partial(_ name: String, _ value: some Sendable) -> String { library.render(Shown(value), withTemplate: name) ?? "" }

    /// The page in its layout, as HTML, for whoever looks at it.
    func html(_ page: some Page, assets: Assets, viewer: Viewer) -> String {
        let body = library.render(Shown(page), withTemplate: type(of: page).template) ?? ""
        let chrome = Chrome(
            title: page.title, body: body, assets: assets, viewer: viewer, hasAlarm: page.hasAlarm, description: page.description,
            siteURL: siteURL)
        return library.render(Shown(chrome), withTemplate: "layout") ?? ""
    }
}
