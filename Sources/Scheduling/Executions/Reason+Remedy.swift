extension Reason {
    /// One sentence: what to do about it.
    public var remedy: String {
        switch self {
        case .httpStatus: "Look at the response; if that status is fine, add it to the job's rules of success."
        case .connectFailed: "Check that the target is up and that its port can be reached from outside, then run it again."
        case .dnsFailed: "Check the host name in the job's URL, and its DNS records."
        case .tlsFailed: "Renew or correct the target's certificate, which must be valid for the URL's host."
        case .badResponse: "Look into the log of the target, and of any proxy before it, for what broke off."
        case .blockedAddress: "Use an address that is public; whoever runs this server can allow networks of its own."
        case .deadline: "Raise the limit or answer 202 sooner."
        case .assertionFailed: "Compare the response with the job's rules of success, and correct whichever is wrong."
        case .overlap: "If this comes often, make the job faster, run it less often, or allow it to overlap."
        case .startDeadline: "Run it again if it still matters, or give the job a longer start deadline."
        case .limitReached: "Choose a larger plan, or wait for the next month (UTC)."
        case .paused: "Resume the job to have it run again."
        case .deleted: "If that was a mistake, restore the job: it can be undone for seven days."
        case .breakerOpen: "There is nothing to do: the host is tried again by itself, and called again once it answers."
        case .leaseLost: "Run it again; the target may have been called already, with the same webhook-id."
        case .pluginCrashed: "Run it again; if it crashes again, tell the plugin's author."
        case .pluginBadOutput: "Tell the plugin's author; “prikke plugin check” shows what is wrong."
        case .pluginLimit: "Change the job to ask for less at a time, and run it again."
        case .pluginMissing: "Ask whoever runs this server to install it, or change the job."
        case .noPing: "Check that the program still runs, and that it pings when it ends."
        case .pingFailed: "Look into the log of the program that pinged."
        case .cancelledByUser: "Run it again if it is still wanted."
        case .stoppedByTarget: "Resume the job once its target wants to be called again."
        }
    }
}
