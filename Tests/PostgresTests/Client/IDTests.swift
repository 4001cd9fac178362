import Postgres
import Testing
import Time

private enum Widget: Identified {
    static let prefix = "widget"
}

@Suite struct IDTests {
    @Test func textIsReadBack() throws {
        let id = ID<Widget>()
        #expect(id.text.hasPrefix("widget_"))
        #expect(id.text.utf8.count == "widget_".utf8.count + 26)
        #expect(ID<Widget>(id.text) == id)
    }

    @Test func anIDCarriesItsMillisecond() {
        let instant = Timestamp(microseconds: 1_764_000_000_123_456)
        #expect(ID<Widget>(at: instant).instant == Timestamp(microseconds: 1_764_000_000_123_000))
        #expect(ID<Widget>(at: Timestamp(microseconds: -1)).instant == Timestamp(microseconds: 0))
    }

    @Test func laterIDsSortLaterAsValuesAndAsText() {
        let earlier = ID<Widget>(at: Timestamp(seconds: 1000))
        let later = ID<Widget>(at: Timestamp(microseconds: 1_000_001_000))
        #expect(earlier < later)
        #expect(earlier.text < later.text)
    }

    @Test func idsOfOneMillisecondDiffer() {
        let ids = Set((0..<10_000).map { _ in ID<Widget>(at: Timestamp(seconds: 1)) })
        #expect(ids.count == 10_000)
    }

    /// The layout of RFC 9562: version 7, variant 10.
    @Test func versionAndVariantAreInTheirPlaces() throws {
        let digits = Array(try #require(ID<Widget>(at: Timestamp(seconds: 1_764_000_000)).text.split(separator: "_").last))
        let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz")
        let bits = try digits.flatMap { digit in
            let value = try #require(alphabet.firstIndex(of: digit))
            return (0..<5).reversed().map { value >> $0 & 1 }
        }
        #expect(Array(bits[50..<54]) == [0, 1, 1, 1])
        #expect(Array(bits[66..<68]) == [1, 0])
    }

    @Test(arguments: [
        "", "widget", "widget_", "gadget_01jd0000000000000000000000", "widget_01jd000000000000000000000",
        "widget_01jd00000000000000000000000", "widget_01JD0000000000000000000000", "widget_01jdi000000000000000000000",
        "widget_01jdu000000000000000000000", "widget_81jd0000000000000000000000", "widget-01jd0000000000000000000000",
        "widget_01jd00000000000000000000é",
    ])
    func anythingElseIsNoID(_ text: String) {
        #expect(ID<Widget>(text) == nil)
    }

    @Test func theLargestIsStillOne() {
        #expect(ID<Widget>("widget_7zzzzzzzzzzzzzzzzzzzzzzzzz")?.text == "widget_7zzzzzzzzzzzzzzzzzzzzzzzzz")
    }
}
