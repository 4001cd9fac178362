/// How many calls may go to one host at the same time, over all tenants: nobody shall use us to knock a site over.
///
/// A tenant may hold as many slots as are free. So one alone has half of them, two have a third each, and always some are left
/// for whoever comes next, however long the others' calls hang. Those above it wait, and the tenants take turns.
///
/// Belongs to a `CurlLoop`'s thread.
struct HostSlots {
    typealias Key = TargetURL.Host

    private struct Host {
        var taken = 0
        var takenBy: [UInt64: Int] = [:]
        var waiting: [UInt64: [Transfer]] = [:]
        /// The tenants that wait, in the order of their turns.
        var turns: [UInt64] = []
    }

    /// 0 for no limit.
    private let limit: Int
    private var hosts: [Key: Host] = [:]

    init(limit: Int) { self.limit = limit }

    /// Whether `transfer` may begin; if not, it waits, and `release` will name it.
    mutating func take(for transfer: Transfer) -> Bool {
        guard limit > 0 else { return true }
        let (key, tenant) = (transfer.request.url.host, transfer.request.tenant)
        // Taken out of the table while it changes, so that the queues are not copied.
        var host = hosts.removeValue(forKey: key) ?? Host()
        defer { hosts[key] = host }
        guard host.waiting[tenant] == nil, mayTake(tenant, of: host) else {
            if host.waiting[tenant] == nil { host.turns.append(tenant) }
            host.waiting[tenant, default: []].append(transfer)
            return false
        }
        give(to: transfer, of: &host)
        return true
    }

    private func mayTake(_ tenant: UInt64, of host: Host) -> Bool { host.takenBy[tenant, default: 0] < limit - host.taken }

    private func give(to transfer: Transfer, of host: inout Host) {
        host.taken += 1
        host.takenBy[transfer.request.tenant, default: 0] += 1
        transfer.hostSlot = transfer.request.url.host
    }

    /// Gives back what `transfer` holds. Returns the transfers that may begin now.
    mutating func release(_ transfer: Transfer) -> [Transfer] {
        guard let key = transfer.hostSlot, var host = hosts.removeValue(forKey: key) else { return [] }
        let tenant = transfer.request.tenant
        transfer.hostSlot = nil
        host.taken -= 1
        host.takenBy[tenant, default: 1] -= 1
        if host.takenBy[tenant] == 0 { host.takenBy[tenant] = nil }
        var next: [Transfer] = []
        // One place may be room for two: it raises everybody's share.
        while let transfer = takeTurn(of: &host) { next.append(transfer) }
        if host.taken > 0 { hosts[key] = host }
        return next
    }

    private func takeTurn(of host: inout Host) -> Transfer? {
        guard let index = host.turns.firstIndex(where: { mayTake($0, of: host) }) else { return nil }
        let tenant = host.turns.remove(at: index)
        guard let transfer = host.waiting[tenant]?.removeFirst() else { return nil }
        if host.waiting[tenant]?.isEmpty == true { host.waiting[tenant] = nil } else { host.turns.append(tenant) }
        give(to: transfer, of: &host)
        return transfer
    }

    /// Waits no longer. False when `transfer` was not waiting.
    mutating func leave(_ transfer: Transfer) -> Bool {
        let (key, tenant) = (transfer.request.url.host, transfer.request.tenant)
        guard let index = hosts[key]?.waiting[tenant]?.firstIndex(where: { $0 === transfer }) else { return false }
        hosts[key]?.waiting[tenant]?.remove(at: index)
        if hosts[key]?.waiting[tenant]?.isEmpty == true {
            hosts[key]?.waiting[tenant] = nil
            hosts[key]?.turns.removeAll { $0 == tenant }
        }
        return true
    }
}
