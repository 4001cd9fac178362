import Time

/// What the samples of pages have in common.
enum PageSamples {
    static let moment = Moment(Timestamp(seconds: 1_800_000_000), now: Timestamp(seconds: 1_800_007_200))
    static let form = Form(to: "/a", token: "t", fields: [FormField(name: "name", label: "Name")], button: "Save")
    static let button = PostButton("Remove", to: "/a", token: "t", about: "ada@example.com", [("a", "b")])
}
