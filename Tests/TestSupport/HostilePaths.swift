/// What somebody may put where a path of ours is expected, so that a browser, proxy or router leaves the site for it (security.md O1).
public let hostilePaths = [
    "//evil", "//evil.example/", "///evil", "/\\evil", "\\/evil", "\\\\evil", "https:evil", "https://evil", "https:/evil",
    "https:///evil", "HTTP://evil", "/%2f/evil", "/%2F%2Fevil", "/%2fevil", "/%5cevil", "/%5C/evil", "/\t/evil", "/\n/evil",
    "/\r\nSet-Cookie: a=b", "/%09/evil", "/%0a/evil", "/%0d%0aevil", "//evil%00", "/a%00", "//user@evil", "https://prikke.test@evil",
    "/@evil:80//x", "javascript:alert(1)", "JaVaScRiPt:alert(1)", "/javascript:alert(1)", "data:text/html,x", " //evil", "/ /evil",
    "\u{0}/evil", "/.//evil", "/./evil", "/../evil", "/a/../..//evil", "/%2e%2e/evil", "/%2e/evil", "evil", "evil.example/", "", ".",
    "?next=//evil", "#/evil", "/a#//evil", "/a//evil", "/\u{2044}evil", "/\u{FF0F}evil", "/é", "/%zz", "/%", "/%ff", "/a;b", "/a?b=%00",
    "/a?b=c d", "/a?b=\\",
]
