/// The request to the API that does what a button of a page does, to be pasted into a shell.
enum CurlExample {
    /// `siteURL` is ours.
    static func newJob(at siteURL: String) -> String {
        // An interval that every plan has.
        let body = #"{"name":"Hello","config":{"url":"https://example.com/tick"},"schedule":{"every":"1h"}}"#
        return """
            curl \(siteURL)/api/jobs \\
              -H "Authorization: Bearer $PRIKKE_API_KEY" \\
              -H "Content-Type: application/json" \\
              -d '\(body)'
            """
    }

    static func trigger(_ job: String, at siteURL: String) -> String {
        """
        curl -X POST \(siteURL)/api/jobs/\(job)/trigger \\
          -H "Authorization: Bearer $PRIKKE_API_KEY"
        """
    }
}
