import TestSupport
import Testing

@testable import Web

/// O1: no address from outside leads off the site.
@Suite struct ReturnPathTests {
    @Test(arguments: hostilePaths)
    func whatMayLeadOffTheSiteIsRefused(text: String) {
        #expect(ReturnPath(text) == nil)
    }

    @Test(arguments: [
        "/", "/acme", "/acme/members", "/acme/", "/acme/jobs?status=failed&after=a%2Fb", "/a?next=//evil", "/a?b=c?d", "/%C3%A9",
        "/acme/jobs/key:x".replacing(":", with: "%3A"),
    ])
    func aPathOfOursIsTakenAsItIs(text: String) {
        #expect(ReturnPath(text)?.path == text)
    }

    @Test func nothingAndTooMuchAreRefused() {
        #expect(ReturnPath(nil) == nil)
        #expect(ReturnPath("/" + String(repeating: "a", count: 2_000)) == nil)
    }
}
