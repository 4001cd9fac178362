import Foundation
import JSON
import Postgres
import Scheduling
import Testing
import Time

@testable import Web

/// What the page of an execution makes of what it is given.
@Suite struct ExecutionPageTests {
    private static let now = PageSamples.now

    private static func attempt(
        _ microseconds: [Int64], request: JSON = ["method": "GET", "url": "https://example.com/"], headers: JSON? = nil,
        answer: Execution.Response? = nil, message: String? = nil
    ) -> Attempt {
        Attempt(
            number: 1, status: .failed, reason: .httpStatus, errorMessage: message, startedAt: now, finishedAt: now, statusCode: 503,
            nodeID: ID(at: now), timings: Array(zip(["queue", "dns", "connect", "tls", "first_byte", "total"], microseconds.map { $0 })),
            request: request, responseHeaders: headers, response: answer)
    }

    private static func page(_ attempts: [Attempt], _ status: ExecutionStatus = .failed, mayChange: Bool = true) -> ExecutionPage {
        ExecutionPage(
            .init(
                execution: PageSamples.execution(status), attempts: attempts, around: .init(),
                job: Jobs.Title(name: "Export", isDeleted: false)),
            .init(viewer: Viewer(place: "/acme/executions/x"), organization: "Acme", slug: "acme", mayChange: mayChange, now: now))
    }

    private static func html(_ page: ExecutionPage) throws -> String { try Views().html(page, assets: Assets(), viewer: Viewer()) }

    // MARK: - Timeline

    @Test func theBarsOfAnAttemptStandEndToEndAndFillTheWidth() {
        let segments = Timeline([Self.attempt([100, 100, 100, 100, 100, 500])]).segments(0)
        #expect(segments.map(\.phase) == Timeline.Phase.allCases)
        #expect(zip(segments, segments.dropFirst()).allSatisfy { $0.start + $0.width == $1.start })
        #expect(segments.map(\.width).reduce(0, +) == Timeline.width)
    }

    @Test func whatTookNoTimeHasNoBarAndWhatTookLittleIsSeen() {
        let segments = Timeline([Self.attempt([0, 1, 0, 0, 9_999_999, 10_000_000])]).segments(0)
        #expect(segments.map(\.phase) == [.resolve, .firstByte])
        #expect(segments[0].width == 3 && segments[1].start + segments[1].width <= Timeline.width)
    }

    @Test func attemptsAreDrawnToOneScaleAndALongWaitHidesNothing() {
        let hour: Int64 = 3_600_000_000
        let timeline = Timeline([Self.attempt([hour, 0, 0, 0, 1_000, 1_000]), Self.attempt([0, 0, 0, 0, 500, 500])])
        #expect(timeline.isLatenessCut(0) && !timeline.isLatenessCut(1))
        #expect(timeline.segments(0).map(\.width) == [300, 300] && timeline.segments(1).map(\.width) == [150])
    }

    @Test(arguments: [[0, 0, 0, 0, 0, 0], [-5, -5, 9, 0, 0, 1], [.max, .max, .max, .max, .max, .max]] as [[Int64]])
    func oddNumbersAreDrawnToo(times: [Int64]) {
        let segments = Timeline([Self.attempt(times)]).segments(0)
        #expect(segments.allSatisfy { $0.start >= 0 && $0.width > 0 && $0.start + $0.width <= Timeline.width })
    }

    // MARK: - Bodies

    @Test(arguments: [
        (
            #"{"b":1,"a":[1,{"x":null}],"e":{},"l":[]}"#,
            "{\n  \"b\": 1,\n  \"a\": [\n    1,\n    {\n      \"x\": null\n    }\n  ],\n  \"e\": {},\n  \"l\": []\n}"
        ),
        (#"{ "n" : 1.10, "big": 12345678901234567.10 , "e":1E5 }"#, "{\n  \"n\": 1.10,\n  \"big\": 12345678901234567.10,\n  \"e\": 1E5\n}"),
        (#"["a,\"]}\\","\u00e9"]"#, "[\n  \"a,\\\"]}\\\\\",\n  \"\\u00e9\"\n]"), ("  7 ", "7"), (" [ ] ", "[]"),
    ])
    func jsonIsLaidOutAndNothingOfItChanged(text: String, pretty: String) {
        #expect(PrettyJSON.text(Array(text.utf8), limit: 10_000) == pretty)
    }

    @Test(arguments: ["", "{", "ok", #"{"a":1,"a":2}"#, "[1,]", "\u{FEFF}[]"]) func whatIsNoJSONIsNotLaidOut(text: String) {
        #expect(PrettyJSON.text(Array(text.utf8), limit: 10_000) == nil)
    }

    @Test func aDeepOrLongDocumentIsLaidOutNoFurtherThanItIsShown() {
        let deep =
            String(repeating: "[", count: 60) + Array(repeating: "1", count: 100_000).joined(separator: ",")
            + String(repeating: "]", count: 60)
        #expect(PrettyJSON.text(Array(deep.utf8), limit: 5_000)?.utf8.count ?? 0 < 6_000)
    }

    @Test func aBodySaysWhatItIsAndHowMuchOfItIsShown() {
        var room = Room(1_000)
        func shown(_ bytes: [UInt8], size: Int? = nil, most: Int = 50) -> [String] {
            let body = ShownBody(
                bytes, size: size ?? bytes.count, isTruncated: size != nil, room: &room, atMost: most)
            return [body.text, body.note]
        }
        #expect(shown([]) == ["", "Empty"])
        #expect(shown(Array("ok".utf8)) == ["ok", "Text, 2\u{A0}B"])
        #expect(shown(Array("{}".utf8)) == ["{}", "JSON, 2\u{A0}B"])
        #expect(shown([0, 1, 2]) == ["", "Binary, 3\u{A0}B"] && shown([0xFF, 0xFE]) == ["", "Binary, 2\u{A0}B"])
        #expect(shown(Array("é".utf8) + [0xC3], size: 2_048) == ["é", "Text, the first 3\u{A0}B of 2.0\u{A0}KiB; the rest was not kept"])
        #expect(shown(Array("<<<<".utf8), most: 9) == ["<<", "Text, the beginning of 4\u{A0}B"], "counted as it is written in HTML")
    }

    // MARK: - As curl

    /// What a shell hands to the program that the command names.
    private func arguments(_ command: String) throws -> [String] {
        let (shell, output) = (Process(), Pipe())
        shell.executableURL = URL(filePath: "/bin/sh")
        shell.arguments = ["-c", "curl() { for word in \"$@\"; do printf '%s\\0' \"$word\"; done; }\n" + command]
        shell.standardOutput = output
        try shell.run()
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        shell.waitUntilExit()
        #expect(shell.terminationStatus == 0)
        return bytes.split(separator: 0, omittingEmptySubsequences: false).dropLast().map { String(decoding: $0, as: UTF8.self) }
    }

    @Test func whateverTheRequestHoldsTheShellHandsOverAsItIs() throws {
        let nasty = "it's '\\'' $(touch /tmp/x) `id` \"$HOME\" !! \n\n-- ; & | > <é> '\u{301} \\"
        let request: JSON = [
            "method": "POST", "url": .string("https://example.com/a?b='$(id)'&c=[1]{2}"),
            "headers": [["Authorization", "***"], ["X-Empty", ""], ["X-Nasty", .string("it's $(id) \"q\"")]], "body": .string("@" + nasty),
            "encoding": "text",
        ]
        let command = try #require(CurlText.command(of: request))
        #expect(
            try arguments(command) == [
                "-gX", "POST", "https://example.com/a?b='$(id)'&c=[1]{2}", "-H", "Authorization: ***", "-H", "X-Empty;", "-H",
                "X-Nasty: it's $(id) \"q\"", "--data-raw", "@" + nasty,
            ])
        #expect(CurlText.command(of: ["method": "HEAD", "url": "https://example.com/"]) == "curl -gI 'https://example.com/'")
    }

    @Test(arguments: ["a\u{0}b", "a\rb", "\u{1B}[2J", "\u{7F}", "\u{3}"]) func whatATerminalWouldTakeForKeysIsNotWritten(body: String) {
        #expect(CurlText.command(of: ["method": "POST", "url": "https://example.com/", "body": .string(body)]) == nil)
    }

    @Test func aBinaryBodyIsSaidNotToBeWritable() throws {
        let request: JSON = ["method": "POST", "url": "https://example.com/", "body": "AAEC", "encoding": "base64"]
        let page = Self.page([Self.attempt([0, 0, 0, 0, 1, 1], request: request)])
        #expect(page.exchanges[0].commands.isEmpty && page.exchanges[0].requests[0].bodyNote == "Binary, 3\u{A0}B")
        #expect(try Self.html(page).contains("no command line carries"))
    }

    // MARK: - The page

    @Test func aPageOfTheLargestThingsStaysUnderThirtyKilobytes() throws {
        let long = String(repeating: "\"<&>'", count: 60_000)
        let headers = JSON.array((0..<50).map { ["X-Header-\($0)", .string(String(long.prefix(300)))] })
        let request: JSON = [
            "method": "POST", "url": .string("https://example.com/" + long.prefix(2_000)), "headers": headers, "body": .string(long),
            "encoding": "text",
        ]
        let answer = Execution.Response(body: Array(long.utf8.prefix(262_144)), size: 900_000, isTruncated: true)
        let attempts = (1...11).map { number in
            let one = Self.attempt(
                [1_000, 2_000, 3_000, 4_000, 5_000, 60_000], request: request, headers: headers, answer: answer,
                message: String(long.prefix(5_000)))
            return Attempt(
                number: number, status: one.status, reason: one.reason, errorMessage: one.errorMessage, startedAt: Self.now,
                finishedAt: Self.now, statusCode: 503, remoteAddress: "2001:db8:1111:2222:3333:4444:5555:6666", nodeID: one.nodeID,
                timings: one.timings, request: request, responseHeaders: headers, response: answer)
        }
        let html = try Self.html(Self.page(attempts))
        #expect(html.utf8.count < 30_000)
        #expect(html.contains("the beginning of 878.9\u{A0}KiB, of which 256.0\u{A0}KiB were kept"))
    }

    @Test func whatMayBeDoneGoesByStatusAndRole() {
        func acts(_ status: ExecutionStatus, mayChange: Bool = true) -> [Bool] {
            let page = Self.page([], status, mayChange: mayChange)
            return [page.acts[0].mayRunAgain, page.acts[0].isCancellable, !page.acts[0].changing.isEmpty, page.isOpen]
        }
        #expect(acts(.pending) == [false, true, false, true] && acts(.running) == [false, true, false, true])
        #expect(acts(.success) == [true, false, true, false] && acts(.skipped) == [true, false, true, false])
        for status in ExecutionStatus.allCases { #expect(acts(status, mayChange: false).dropLast().allSatisfy { !$0 }) }
    }

    @Test func everyReasonHasASentenceAndANextStep() {
        #expect(Set(Reason.allCases.map(\.remedy)).count == Reason.allCases.count)
        #expect(Reason.allCases.allSatisfy { $0.remedy.hasSuffix(".") && $0.remedy.first?.isUppercase == true })
    }

    @Test func aListOfFiftyLongNamesStaysUnderThirtyKilobytes() throws {
        let frame = ExecutionsPage.Frame(
            viewer: Viewer(place: "/acme/executions"), organization: "Acme", slug: "a-rather-long-address-of-an-organization",
            mayChange: true, siteURL: "https://prikke.example", now: Self.now,
            titles: [PageSamples.job: Jobs.Title(name: String(repeating: "Nightly ", count: 25), isDeleted: false)])
        let executions = (0..<25).map { _ in PageSamples.execution(.failed, attempt: 3, message: "The target answered 503.") }
        let page = ExecutionsPage(executions, ExecutionFilter(), next: "1-exe", isFirst: false, frame)
        #expect(try Views().html(page, assets: Assets(), viewer: Viewer()).utf8.count < 30_000)
    }

    @Test(arguments: [
        ("2026-11-30T08:05", "2026-11-30T08:05:00.000000Z"), ("2026-11-30T08:05:07", "2026-11-30T08:05:07.000000Z"),
        ("2026-11-30T08:05:07.5", "2026-11-30T08:05:07.500000Z"), ("2026-11-30T08:05:07Z", "2026-11-30T08:05:07.000000Z"),
        ("2026-11-30T09:05:00+01:00", "2026-11-30T08:05:00.000000Z"), ("2026-11-30", nil), ("yesterday", nil), ("2026-02-30T08:05", nil),
        ("2026-11-30T08:05Z", nil), ("", nil), ("9999999999999999", nil),
    ]) func whatAnInputOfATimeSendsIsReadAsUTC(text: String, instant: String?) {
        #expect(Timestamp(input: text)?.rfc3339 == instant)
    }
}
