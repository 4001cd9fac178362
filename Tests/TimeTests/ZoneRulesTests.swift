import Foundation
import TestSupport
import Testing
import Time

@Suite struct ZoneRulesTests {
    @Test(arguments: [
        "GMT+3", "+02:00", "UTC+1", "europe/oslo", "Europe", "Europe/", "Nowhere/City", "", "../etc/passwd", "Europe/../UTC",
        "posix/Europe/Oslo",
        "right/UTC", "posixrules", "localtime", "Factory", "tzdata.zi", "leapseconds", "/usr/share/zoneinfo/UTC", "Europe/Oslo\0", "CEST",
    ])
    func onlyNamesOfZonesAreKnown(id: String) {
        #expect(ZoneRules.named(id) == nil)
    }

    @Test func everyListedNameIsAZone() {
        let names = ZoneData.names()
        #expect(names.contains("Europe/Oslo") && names.contains("Etc/GMT+3") && names.contains("US/Eastern") && names.contains("EST5EDT"))
        for name in names { #expect(ZoneRules.named(name)?.id == name) }
    }

    @Test func aZoneIsReadOnce() throws {
        let first = try #require(ZoneRules.named("Asia/Tokyo"))
        #expect(ZoneRules.named("Asia/Tokyo") === first)
    }

    @Test func theVersionOfTheDataIsTold() {
        #expect(ZoneData.version().wholeMatch(of: /20[0-9][0-9][a-z]+/) != nil)
    }

    /// Foundation has data of its own, of another release. From 1980 to 2024 they agree, but for a few places whose past was
    /// corrected since, and for the old names without a place.
    @Test func offsetsAreThoseOfFoundation() throws {
        var compared = 0
        var different: Set<String> = []
        for (index, id) in ZoneData.names().enumerated() where id.contains("/") && (isLongRun || index % 5 == 0) {
            guard let other = TimeZone(identifier: id) else { continue }
            let zone = try #require(ZoneRules.named(id))
            var random = Seeded(state: UInt64(index))
            compared += 1
            for _ in 0..<200 {
                let seconds = Int64.random(in: 315_532_800..<1_704_067_200, using: &random)
                let expected = other.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds)))
                if zone.offset(at: seconds) != expected { different.insert(id) }
            }
        }
        #expect(compared > 80)
        #expect(different.count * 100 <= compared, "\(different)")
    }

    @Test(arguments: [
        "Europe/Oslo", "America/New_York", "Australia/Lord_Howe", "America/Nuuk", "Asia/Jerusalem", "Europe/Dublin", "America/Santiago",
    ])
    func theRuleAtTheEndHoldsForCenturies(id: String) throws {
        let zone = try #require(ZoneRules.named(id))
        let other = try #require(TimeZone(identifier: id))
        var date = Date(timeIntervalSince1970: 2_145_916_800)  // 2038, where zone files stop listing
        for _ in 0..<60 {
            date = try #require(other.nextDaylightSavingTimeTransition(after: date))
            let seconds = Int64(date.timeIntervalSince1970)
            for around in [seconds - 1, seconds, seconds + 1] {
                let expected = other.secondsFromGMT(for: Date(timeIntervalSince1970: Double(around)))
                #expect(zone.offset(at: around) == expected, "\(id) at \(Timestamp(seconds: around))")
            }
        }
        var random = Seeded(state: 3)
        // The calendar repeats after 400 years, and so must the rule.
        for _ in 0..<500 {
            let seconds = Int64.random(in: 2_145_916_800..<14_769_216_000, using: &random)
            #expect(zone.offset(at: seconds) == zone.offset(at: seconds + 146_097 * 86_400))
        }
    }

    @Test func extremeInstantsHaveAnOffset() throws {
        let oslo = try #require(ZoneRules.named("Europe/Oslo"))
        for seconds in [Int64.min, Int64.max, 0, 1 << 60, -(1 << 60)] { #expect(abs(oslo.offset(at: seconds)) <= 7200) }
        #expect(oslo.local(Timestamp(microseconds: .max)).year > 290_000)
    }

    /// Every wall clock time comes back to itself, everywhere; in gaps and repeated hours both candidates are an hour apart.
    @Test func localTimesResolve() throws {
        var random = Seeded(state: 12)
        for (index, id) in ZoneData.names().enumerated() where isLongRun || index % 10 == 0 {
            let zone = try #require(ZoneRules.named(id))
            for _ in 0..<50 {
                let instant = Timestamp(seconds: Int64.random(in: 0..<4_102_444_800, using: &random))
                #expect(zone.instants(of: zone.local(instant)).contains(instant), "\(id) at \(instant)")
            }
        }
        let apia = try #require(ZoneRules.named("Pacific/Apia"))
        let skipped = try #require(LocalTime("2011-12-30T12:00:00"))
        guard case .never(let earlier, let later) = apia.resolve(skipped) else {
            return #expect(Bool(false), "Apia had no 30 December 2011")
        }
        #expect(later.seconds - earlier.seconds == 86_400)
    }

    @Test func aDamagedZoneFileIsRefusedAndNeverTraps() throws {
        let path = ZoneData.folder + "/Europe/Oslo"
        let whole = [UInt8](try Data(contentsOf: URL(filePath: path)))
        #expect(ZoneRules(id: "x", zoneFile: whole) != nil)
        #expect(ZoneRules(id: "x", zoneFile: []) == nil)
        for length in stride(from: 0, to: whole.count, by: 3) { #expect(ZoneRules(id: "x", zoneFile: Array(whole.prefix(length))) == nil) }
        var random = Seeded(state: 5)
        let daily = try CronExpression("30 2 * * *")
        for _ in 0..<5000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            guard let zone = ZoneRules(id: "x", zoneFile: bytes) else { continue }
            let instant = Timestamp(seconds: Int64.random(in: -5_000_000_000..<5_000_000_000, using: &random))
            if let next = daily.next(after: instant, in: zone) { #expect(next > instant) }
            _ = zone.resolve(zone.local(instant))
        }
    }

    @Test func theRulesOfUTCNeedNoData() throws {
        #expect(ZoneRules.utc.offset(at: 0) == 0)
        #expect(ZoneRules(id: "Fixed", offset: 3600).offset(at: .max) == 3600)
        #expect(try #require(ZoneRules.named("UTC")) == .utc)
    }
}
