import JSON
import Scheduling
import Time

extension PageSamples {
    static let alertFrame = AlertFrame(Viewer(), slug: "acme", now: now)
    static let channels: [Channel] = Channel.State.allCases.map { .sample($0, at: now) }
    static let incidents: [Incident] = Incident.Kind.allCases.flatMap { kind in
        [false, true].map { Incident.sample(kind, isClosed: $0, job: job, at: now) }
    }
    static let deliveries: [Delivery] = Delivery.Status.allCases.map { .sample($0, to: channels[0], of: incidents[0], at: now) }
}

extension IncidentsPage {
    static let samples: [IncidentsPage] = [
        sample(PageSamples.incidents, next: "o-1-inc", isFirst: false), sample([], next: nil, isFirst: true),
        sample([], in: .closed, next: nil, isFirst: true),
    ]

    private static func sample(_ incidents: [Incident], in selection: Selection = .all, next: String?, isFirst: Bool) -> IncidentsPage {
        let channel = PageSamples.channels[0]
        let content = Content(
            incidents: incidents, names: [PageSamples.job: .init(name: "Nightly <b> export", isDeleted: false)],
            channels: [channel.id: "On <b> call"],
            tellings: incidents.first.map {
                [$0.id: [Incidents.Telling(channelID: channel.id, openedAt: PageSamples.now)]]
            } ?? [:], open: incidents.count, selection: selection, next: next, isFirst: isFirst, now: PageSamples.now)
        return IncidentsPage(content, PageSamples.alertFrame, icon: "/i")
    }
}

extension IncidentPage {
    static let samples: [IncidentPage] = PageSamples.incidents.map { incident in
        let channel = PageSamples.channels[0]
        let isTold = incident.kind == .failing
        let content = Content(
            incident: incident, job: .init(name: "Nightly <b> export", isDeleted: false), channels: [channel.id: "On <b> call"],
            tellings: [Incidents.Telling(channelID: channel.id, openedAt: PageSamples.now)],
            deliveries: isTold ? PageSamples.deliveries : [])
        return IncidentPage(content, PageSamples.alertFrame, icon: "/i")
    }
}

extension ChannelsPage {
    static let samples: [ChannelsPage] = [
        ChannelsPage(
            PageSamples.channels.map {
                ChannelStanding(
                    $0, label: "Slack", latest: PageSamples.deliveries[0], bounces: [JobNote("Mail to a <b> is stopped.", tone: "bad")])
            }, PageSamples.alertFrame),
        ChannelsPage([], PageSamples.alertFrame),
    ]
}

extension ChannelPage {
    static let samples: [ChannelPage] = PageSamples.channels.map { channel in
        let isOn = channel.state == .on
        let attempt = Delivery.Attempt.sample(at: PageSamples.now)
        let content = Content(
            standing: ChannelStanding(channel, label: "Slack", latest: nil), deliveries: isOn ? PageSamples.deliveries : [],
            attempts: Dictionary(uniqueKeysWithValues: PageSamples.deliveries.map { ($0.id, [attempt]) }), next: isOn ? "1-dlv" : nil,
            isFirst: !isOn)
        return ChannelPage(content, settings: PageSamples.form, PageSamples.alertFrame)
    }
}
