import Scheduling
import Tenancy

/// The paths about incidents and channels; those with braces are routes.
extension Paths {
    static let incidents = "/{slug}/alerts"
    static let incident = "/{slug}/alerts/incidents/{incident}"
    static let incidentMute = "/{slug}/alerts/incidents/{incident}/mute"
    static let incidentUnmute = "/{slug}/alerts/incidents/{incident}/unmute"
    static let channels = "/{slug}/alerts/channels"
    static let newChannel = "/{slug}/alerts/channels/new"
    static let channel = "/{slug}/alerts/channels/{channel}"
    static let channelTest = "/{slug}/alerts/channels/{channel}/test"
    static let channelSwitch = "/{slug}/alerts/channels/{channel}/switch"
    static let channelConfirmation = "/{slug}/alerts/channels/{channel}/ask"
    static let channelRelease = "/{slug}/alerts/channels/{channel}/release"
    static let channelDeletion = "/{slug}/alerts/channels/{channel}/delete"
    static let deliveryResending = "/{slug}/alerts/deliveries/{delivery}/resend"

    /// For outside addresses: to agree, and to leave; the last is what mail programs post to by themselves (RFC 8058).
    static let channelAgreement = "/channels/confirm/{token}"
    static let channelLeaving = "/channels/leave/{token}"
    static let oneClickLeaving = "/webhooks/leave/{token}"
}

extension AlertLinks {
    /// Of a site: mails and messages lead to the configured address, whatever a request says.
    public init(site url: String) {
        self.init(
            incident: { url + Paths.filled(Paths.incident, $0, $1.text) }, incidents: { url + Paths.filled(Paths.incidents, $0) },
            execution: { url + Paths.filled(Paths.execution, $0, $1.text) }, channel: { url + Paths.filled(Paths.channel, $0, $1.text) },
            channels: { url + Paths.filled(Paths.channels, $0) }, usage: { url + Paths.filled(Paths.settings, $0) },
            leaving: { url + Paths.filled(Paths.channelLeaving, $0) })
    }
}

extension ChannelLinks {
    /// Of a site: mails lead to the configured address, whatever a request says.
    public init(site url: String) {
        self.init(
            confirming: { url + Paths.filled(Paths.channelAgreement, $0) }, leaving: { url + Paths.filled(Paths.channelLeaving, $0) },
            channel: { url + Paths.filled(Paths.channel, $0.slug, $1.text) })
    }
}
