extension Message {
    /// Why somebody gets mail.
    public enum Kind: String, CaseIterable, Sendable {
        case signIn = "sign_in"
        case confirmAddress = "confirm_address"
        case addressChanged = "address_changed"
        case invite
        case newSignIn = "new_sign_in"
        case newAPIKey = "new_api_key"
        case deletionScheduled = "deletion_scheduled"
        /// Something fails, fails still, or was missed; a test of a channel too.
        case alert
        case recovery
        case digest
        /// So much of what the plan has room for is used.
        case usage
        case paymentFailed = "payment_failed"
        case planChanged = "plan_changed"
        /// An address that is nobody's here is asked whether it wants alerts.
        case channelConfirmation = "channel_confirmation"
        /// A channel was switched off, as it takes nothing any more.
        case channelOff = "channel_off"

        /// Whether it is sent again by itself where nobody can say if it went out. Whoever waits for one of the others asks
        /// for a new one; a warning is rather told twice than not at all.
        public var mayBeRepeated: Bool {
            switch self {
            case .signIn, .confirmAddress, .invite, .channelConfirmation: false
            case .addressChanged, .newSignIn, .newAPIKey, .deletionScheduled, .alert, .recovery, .digest, .usage, .paymentFailed,
                .planChanged, .channelOff:
                true
            }
        }

        /// Whether it is sent to an address that mail came back from, or whose owner complained. What somebody has just asked for is:
        /// without it he could never get in again, to say that his mailbox is well. And who is told that another took his address over
        /// has this one mail to take it back by.
        var ignoresSuppression: Bool { !mayBeRepeated || self == .addressChanged }
    }
}
