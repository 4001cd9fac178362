import Scheduling
import Time

/// Where alerts go. (The stored names are long because a template knows no name at two depths.)
struct ChannelsPage: Page {
    static let template = "channels"
    static let fragments: Set = ["channelslive"]

    struct Row: Sendable {
        let rowID: String
        let rowMark: String
        let rowWord: String
        let isBad: Bool
        let rowName: String
        let rowPath: String
        let rowKind: String
        let rowShown: String
        let notes: [JobNote]
        let lastWords: String
        let lastTime: [Moment]
    }

    let title: String
    let livePath: String
    let incidentsPath: String
    let mayAdd: Bool
    let newPath: String
    let rows: [Row]
    let isEmpty: Bool
    let news: String
}

extension ChannelsPage {
    init(_ channels: [ChannelStanding], _ frame: AlertFrame) {
        title = "Channels · Alerts · \(frame.organization)"
        livePath = Fragments.path("channelslive", of: frame.viewer.place)
        incidentsPath = Paths.filled(Paths.incidents, frame.slug)
        mayAdd = frame.mayChange
        newPath = Paths.filled(Paths.newChannel, frame.slug)
        rows = channels.map { Row($0, frame) }
        isEmpty = rows.isEmpty
        let on = channels.count { $0.channel.state == .on }
        news = on == 0 ? "No channel is on: nobody is told of failures." : "\(Words.count(on, "channel")) on."
    }
}

/// A channel, and what is to be known beside it.
struct ChannelStanding: Sendable {
    let channel: Channel
    let label: String
    let latest: Delivery?
    /// Of its recipients, those that mail comes back from, with since when.
    let bounces: [JobNote]

    init(_ channel: Channel, label: String, latest: Delivery?, bounces: [JobNote] = []) {
        (self.channel, self.label, self.latest, self.bounces) = (channel, label, latest, bounces)
    }

    func notes(now: Timestamp) -> [JobNote] { (channel.note(now: now).map { [$0] } ?? []) + bounces }
}

extension ChannelsPage.Row {
    init(_ standing: ChannelStanding, _ frame: AlertFrame) {
        let channel = standing.channel
        rowID = channel.id.text
        (rowMark, rowWord, isBad) = (channel.state.mark.svg, channel.state.word, channel.state == .switchedOff)
        (rowName, rowPath) = (channel.name, Paths.filled(Paths.channel, frame.slug, channel.id.text))
        (rowKind, rowShown) = (standing.label, channel.shown)
        notes = standing.notes(now: frame.now)
        lastWords = standing.latest.map { "\($0.eventWord): \($0.status.word.lowercased())" } ?? "Nothing yet"
        lastTime = standing.latest.map { [Moment($0.createdAt, now: frame.now)] } ?? []
    }
}
