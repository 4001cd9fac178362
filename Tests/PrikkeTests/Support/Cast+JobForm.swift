import JSON
import Testing

/// The form of a job as Bob sees it, and what the API says.
extension Cast {
    /// The id of the job that an answer leads to.
    func job(madeBy answer: Answer) throws -> String {
        let complaints = answer.text.matches(of: /class="(?:error|bad)"[^>]*>([^<]*)/).map { String($0.1) }
        #expect(answer.status == 303, "\(complaints)")
        return try #require(answer.location.split(separator: "/").last.map(String.init))
    }

    func jobForm(_ job: String) async throws -> PageForm {
        let page = await house.send(self["Bob"].call("GET", "/acme/jobs/\(job)/edit"))
        #expect(page.status == 200)
        return try #require(PageForm(page.text))
    }

    func jobByAPI(_ job: String) async -> JSON {
        await house.send(self["key to read"].call("GET", "/api/jobs/\(job)")).json
    }

    func send(_ form: PageForm, to path: String? = nil) async -> Answer {
        await house.send(self["Bob"].call("POST", path ?? form.path, form.fields.filter { $0.0 != "_token" }))
    }

    func newJobForm() async throws -> PageForm {
        let page = await house.send(self["Bob"].call("GET", "/acme/jobs/new"))
        #expect(page.status == 200 && page.text.utf8.count < 30_000, "\(page.text.utf8.count)")
        return try #require(PageForm(page.text))
    }
}
