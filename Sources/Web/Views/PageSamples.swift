/// What the samples of pages have in common.
enum PageSamples {
    static let form = Form(to: "/a", token: "t", fields: [FormField(name: "name", label: "Name")], button: "Save")
    static let button = PostButton("Remove", to: "/a", token: "t", about: "ada@example.com", [("a", "b")])
}
