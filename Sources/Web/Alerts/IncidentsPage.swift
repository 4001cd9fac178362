import Scheduling
import Time

/// What is failing and what was, open ones first. (The stored names are long because a template knows no name at two depths.)
struct IncidentsPage: Page {
    static let template = "incidents"
    static let fragments: Set = ["incidentslive"]

    struct Tab: Sendable {
        let tabLabel: String
        let tabPath: String
        let isHere: Bool
    }

    struct Link: Sendable { let linkText, linkPath: String }

    struct Row: Sendable {
        /// Rows keep their place on a live page by their ids.
        let rowID: String
        let rowMark: String
        let rowWord: String
        let isBad: Bool
        let rowTitle: String
        let rowPath: String
        let rowDetail: String
        let since: [Moment]
        let lasted: String
        let told: String
        let rowActs: [PostButton]
    }

    let title: String
    let hasAlarm: Bool
    let iconPath: String
    let livePath: String
    let channelsPath: String
    let tabs: [Tab]
    let news: String
    let rows: [Row]
    let hasRows: Bool
    let isNew: Bool
    let isVoid: Bool
    let voidWords: String
    /// One each, or none.
    let newest: [Link]
    let older: [Link]
}

extension IncidentsPage {
    /// Which of them, as the address says it.
    enum Selection: String, Sendable, CaseIterable {
        case all, open, closed

        var isOpen: Bool? { self == .all ? nil : self == .open }
    }

    /// What is read for it.
    struct Content: Sendable {
        let incidents: [Incident]
        let names: [Job.Identifier: Jobs.Title]
        let channels: [Channel.Identifier: String]
        let tellings: [Incident.Identifier: [Incidents.Telling]]
        let open: Int
        let selection: Selection
        let next: String?
        let isFirst: Bool
        let now: Timestamp
    }

    init(_ content: Content, _ frame: AlertFrame, icon: String) {
        let path = Paths.filled(Paths.incidents, frame.slug)
        let own = [("state", content.selection == .all ? nil : content.selection.rawValue)]
        let open = content.open
        title = (open > 0 ? "▲ \(open) open · " : "") + "Alerts · \(frame.organization)"
        (hasAlarm, iconPath) = (open > 0, icon)
        livePath = Fragments.path("incidentslive", of: frame.viewer.place)
        channelsPath = Paths.filled(Paths.channels, frame.slug)
        tabs = Selection.allCases.map { selection in
            Tab(
                tabLabel: selection.rawValue.capitalizedFirst,
                tabPath: Paths.query(path, [("state", selection == .all ? nil : selection.rawValue)]),
                isHere: selection == content.selection)
        }
        news = open == 0 ? "Nothing is failing." : "\(Words.count(open, "incident")) open."
        rows = content.incidents.map { Row($0, content, frame) }
        hasRows = !rows.isEmpty
        isNew = rows.isEmpty && content.isFirst && content.selection == .all
        isVoid = rows.isEmpty && !isNew
        voidWords = content.selection == .open ? "Nothing is failing" : "No \(content.isFirst ? "closed" : "older") incidents"
        newest = content.isFirst ? [] : [Link(linkText: "Newest", linkPath: Paths.query(path, own))]
        older = content.next.map { [Link(linkText: "Older", linkPath: Paths.query(path, own + [("cursor", $0)]))] } ?? []
    }
}

extension IncidentsPage.Row {
    /// Longer names are cut: a page holds many of them, and the incident's page shows all of it.
    private static let longestName = 100

    init(_ incident: Incident, _ content: IncidentsPage.Content, _ frame: AlertFrame) {
        let name = incident.jobID.flatMap { content.names[$0]?.name.cut(Self.longestName) } ?? "A job that is gone"
        rowID = incident.id.text
        (rowMark, rowWord, isBad) = (incident.mark.svg, incident.word, incident.closedAt == nil && incident.kind != .missed)
        rowTitle = incident.title(name)
        rowPath = Paths.filled(Paths.incident, frame.slug, incident.id.text)
        rowDetail = (incident.detail ?? incident.reason?.sentence ?? "").cut(200)
        since = [Moment(incident.openedAt, now: content.now)]
        lasted = incident.length(now: content.now)
        told = Self.told(incident, content)
        rowActs = frame.mayMute && incident.closedAt == nil ? Self.acts(incident, frame) : []
    }

    /// Whom it was told; why nobody.
    private static func told(_ incident: Incident, _ content: IncidentsPage.Content) -> String {
        let names = (content.tellings[incident.id] ?? []).map { content.channels[$0.channelID] ?? "a channel that is gone" }
        let told = names.isEmpty ? "" : "Told " + names.joined(separator: ", ").cut(120)
        guard let silence = incident.silence, incident.closedAt == nil else { return told.isEmpty ? "Told nobody" : told }
        return told.isEmpty ? silence.words : "\(told). \(silence.words)"
    }

    private static func acts(_ incident: Incident, _ frame: AlertFrame) -> [PostButton] {
        let back = ("back", "list")
        func button(_ label: String, _ route: String, _ fields: [(String, String)]) -> PostButton {
            PostButton(
                label, to: Paths.filled(route, frame.slug, incident.id.text), token: frame.viewer.formToken, about: incident.mutes, fields)
        }
        if incident.silence != nil { return [button("Unmute", Paths.incidentUnmute, [back])] }
        return [
            button("Snooze 1 h", Paths.incidentMute, [("for", MuteForm.Length.hour.rawValue), back]),
            button("Mute", Paths.incidentMute, [("for", MuteForm.Length.ever.rawValue), back]),
        ]
    }
}

/// Who looks at alerts, and where.
struct AlertFrame: Sendable {
    let viewer: Viewer
    let organization: String
    let slug: String
    let mayMute: Bool
    let mayChange: Bool
    let now: Timestamp

    init(_ context: MemberContext, now: Timestamp) {
        (viewer, organization, slug) = (context.viewer, context.access.organization.name, context.slug)
        (mayMute, mayChange) = (context.access.may(.muteIncidents), context.access.may(.changeChannels))
        self.now = now
    }

    /// For samples.
    init(_ viewer: Viewer, slug: String, mayChange: Bool = true, now: Timestamp) {
        (self.viewer, organization, self.slug, mayMute, self.mayChange, self.now) = (viewer, "Acme", slug, true, mayChange, now)
    }
}
