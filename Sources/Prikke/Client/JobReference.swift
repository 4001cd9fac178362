import ArgumentParser

/// A job on the command line: its key, or its id.
struct JobReference: ExpressibleByArgument {
    /// As it was written.
    let text: String

    init?(argument: String) {
        guard !argument.isEmpty else { return nil }
        text = argument
    }

    /// `/api/jobs/job_…`, or `/api/jobs/key:…` with its slashes encoded.
    var path: String {
        let isID = text.hasPrefix("job_") && text.utf8.count == 30
        let key = text.hasPrefix("key:") ? String(text.dropFirst(4)) : text
        return "/api/jobs/" + (isID ? text : "key:" + key.inQuery)
    }
}
