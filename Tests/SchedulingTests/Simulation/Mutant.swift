import Postgres

@testable import Time

/// A rule of the engine that is taken away, to see whether the simulation notices.
enum Mutant: String, CaseIterable {
    /// All leases have one token, so the fence compares nothing.
    case withoutFence
    /// Any next run counts as the one that was seen, and the unique keys below are gone.
    case withoutUniqueness
    /// A dead node's leases never end.
    case withoutLeaseExpiry
    /// A clock that was turned back is forgotten.
    case withoutFolds
    /// Nobody notices that the zone data is new.
    case withoutZoneWatch

    /// Zones of its own, for what is wrong with them must be wrong for nobody else.
    var zonePrefix: String { self == .withoutFolds ? "Mutant/" : "" }

    func spoil(_ database: Database) async throws {
        switch self {
        case .withoutFence:
            try await database.script("CREATE FUNCTION nextval(regclass) RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint'")
        case .withoutUniqueness:
            // Instants are compared for equality there, and where a stretch grows: all else goes by their order.
            try await database.script(
                """
                DROP INDEX queue_once, executions_once;
                CREATE FUNCTION always(timestamptz, timestamptz) RETURNS boolean LANGUAGE sql STRICT AS 'SELECT true';
                CREATE OPERATOR = (LEFTARG = timestamptz, RIGHTARG = timestamptz, FUNCTION = always);
                """)
        case .withoutLeaseExpiry:
            try await database.script(
                """
                CREATE FUNCTION live_forever() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN NEW.alive_until := 'infinity'; RETURN NEW; END $$;
                CREATE TRIGGER live_forever BEFORE INSERT OR UPDATE ON nodes FOR EACH ROW EXECUTE FUNCTION live_forever();
                """)
        case .withoutFolds: forgetFolds()
        case .withoutZoneWatch: break
        }
    }

    private func forgetFolds() {
        for id in Roster.zones {
            guard let zone = ZoneRules.named(id) else { continue }
            var segments: [ZoneSegment] = []
            var second: Int64 = 1_672_531_200  // 2023
            while second < 1_800_000_000 {
                var segment = zone.segment(containing: second)
                second = segment.until
                segment.seenUntil = min(segment.seenUntil, segment.localFrom)
                segments.append(segment)
            }
            segments[0].from = ZoneSegment.always.lowerBound
            segments[segments.count - 1].until = ZoneSegment.always.upperBound
            let spoiled = ZoneRules(id: zonePrefix + id, segments: segments)
            ZoneData.known.withLock { $0[zonePrefix + id] = spoiled }
        }
    }
}
