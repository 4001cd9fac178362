/// Commands as pages show them, to be copied.
enum Examples {
    /// Makes a job.
    static func makeJob(_ siteURL: String) -> String {
        """
        curl -H "Authorization: Bearer $PRIKKE_API_KEY" -H "Content-Type: application/json" \\
          -d '{"config": {"url": "https://example.com/tick"}, "schedule": {"every": "5m"}}' \\
          \(siteURL)/api/jobs
        """
    }
}
