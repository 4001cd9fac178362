import HTTPTypes
import JSON
import Tenancy

extension Denial: Answerable {
    public var problem: Problem {
        switch self {
        case .notFound: .notFound
        case .keyEnded: .unauthenticated
        case .tryLater(let seconds): Problem(.tooManyRequests, code, sentence, headers: [.retryAfter: "\(seconds)"])
        case .memberLimitReached: Problem(.paymentRequired, code, sentence)
        case .aboveOwnRole, .otherAddress, .recentSignInNeeded: Problem(.forbidden, code, sentence)
        case .lastOwner, .alreadyMember, .alreadyInvited, .tooManyOpenInvites, .inviteVoid, .addressTaken, .addressReserved,
            .ownsOrganizations:
            Problem(.conflict, code, sentence)
        }
    }
}

extension HTTPResponse.Status {
    static let paymentRequired = HTTPResponse.Status(code: 402, reasonPhrase: "Payment Required")
}
