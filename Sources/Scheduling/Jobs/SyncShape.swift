import JSON

/// What the document of sync looks like, in JSON and as prikke.yaml: jobs as `JobShape` declares them, but with a key.
public enum SyncShape {
    /// The body of `PUT /api/sync` and `POST /api/sync/plan`.
    public static func document(_ plugins: JobPlugins) -> Shape {
        Shape.object(
            file(plugins) + [
                Field("dry_run", .boolean, default: false, help: "Say what would be done, and do nothing."),
                Field(
                    "confirm_delete", .integer(0...1_000_000),
                    help: "How many jobs may be deleted: needed for more than 10 of them, or more than a fifth of those that sync manages."),
                Field("adopt", .boolean, default: false, help: "Take over jobs that have such a key and that sync does not manage yet."),
            ]
        ).named("SyncDocument")
    }

    /// What prikke.yaml may hold, in JSON Schema 2020-12, for editors. What a single call says about itself (`dry_run` and its kin)
    /// is not kept in a file.
    public static func editorSchema(_ plugins: JobPlugins) -> JSON {
        var schema: JSONObject = [
            "$schema": "https://json-schema.org/draft/2020-12/schema", "title": "prikke.yaml",
            "description": "The jobs of an organization, for `prikke sync`.",
        ]
        for (name, value) in Shape.object(file(plugins)).schema.object ?? [:] { schema[name] = value }
        return .object(schema)
    }

    private static func file(_ plugins: JobPlugins) -> [Field] {
        [
            Field("jobs", .list(of: JobShape.keyed(plugins), 0...10_000), required: true, help: "The jobs that there are to be."),
            Field("delete_removed", .boolean, default: false, help: "Delete the jobs that sync made and that are not here any more."),
        ]
    }
}
