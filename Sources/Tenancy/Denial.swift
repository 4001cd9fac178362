/// Why something about people and their organizations is not done although it was asked for rightly.
public enum Denial: Error, Sendable, Equatable {
    /// Nothing there, or nothing that may be seen.
    case notFound
    /// The actor's own role is lower than what he would give, or take away.
    case aboveOwnRole
    /// An organization always has an owner.
    case lastOwner
    /// Members and open invites together.
    case memberLimitReached(Int)
    case alreadyMember
    case alreadyInvited
    case tooManyOpenInvites(Int)
    /// The invite was sent to somebody else.
    case otherAddress
    /// Whoever invited may not, or no more, give this role.
    case inviteVoid
    /// For what takes a person who has just signed in.
    case recentSignInNeeded
    /// The key that acts was revoked, or is over, meanwhile.
    case keyEnded
    /// Somebody may take it back for some days more.
    case addressReserved
    /// Another user has it by now.
    case addressTaken
    /// The last owner of these.
    case ownsOrganizations([String])
    case tryLater(seconds: Int)

    /// A word that does not change.
    public var code: String {
        switch self {
        case .notFound: "not_found"
        case .aboveOwnRole: "above_own_role"
        case .lastOwner: "last_owner"
        case .memberLimitReached: "limit_reached"
        case .alreadyMember: "already_member"
        case .alreadyInvited: "already_invited"
        case .tooManyOpenInvites: "too_many_invites"
        case .otherAddress: "other_address"
        case .inviteVoid: "invite_void"
        case .recentSignInNeeded: "sign_in_again"
        case .keyEnded: "unauthenticated"
        case .addressReserved: "address_reserved"
        case .addressTaken: "address_taken"
        case .ownsOrganizations: "last_owner"
        case .tryLater: "try_later"
        }
    }

    /// What happened and what to do next.
    public var sentence: String {
        switch self {
        case .notFound: "There is nothing at this address. Check the path and the id."
        case .aboveOwnRole: "This takes a higher role than yours. Ask an owner."
        case .lastOwner: "An organization always has an owner. Make somebody else an owner first."
        case .memberLimitReached(let limit):
            "Your plan has room for \(limit) members, open invites included. Remove one, revoke an invite, or choose a larger plan."
        case .alreadyMember: "This person is a member already. Change the role there."
        case .alreadyInvited: "This address has an open invite. Resend or revoke that one."
        case .tooManyOpenInvites(let most): "There are \(most) open invites, which is all your plan allows at a time. Revoke one first."
        case .otherAddress: "This invite was sent to another address. Sign in with that one to accept it."
        case .inviteVoid: "This invite is void: whoever sent it may not give this role any more. Ask for a new one."
        case .recentSignInNeeded: "Sign in once more to do this."
        case .keyEnded: "This key is no longer good."
        case .addressReserved:
            "An account was moved away from this address within the last days. The mail about that has a link which takes it back; without it, the address is free again after 72 hours."
        case .addressTaken: "Somebody else signs in with this address. Choose another."
        case .ownsOrganizations(let names):
            "You are the last owner of \(names.joined(separator: ", ")). Make somebody else an owner, or delete it, first."
        case .tryLater(let seconds): "This was asked too often. Try again in \(Self.words(seconds))."
        }
    }

    private static func words(_ seconds: Int) -> String {
        switch seconds {
        case ..<120: "\(seconds) seconds"
        case ..<7_200: "\(seconds / 60) minutes"
        default: "\(seconds / 3_600) hours"
        }
    }
}
