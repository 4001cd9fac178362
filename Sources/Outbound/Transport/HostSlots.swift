/// How many calls may go to one host at the same time, over all tenants: nobody shall use us to knock a site over.
/// Those above wait their turn in order. Belongs to a `CurlLoop`'s thread.
struct HostSlots {
    typealias Key = TargetURL.Host

    private struct Host {
        var taken = 0
        var waiting: [Transfer] = []
    }

    /// 0 for no limit.
    private let limit: Int
    private var hosts: [Key: Host] = [:]

    init(limit: Int) { self.limit = limit }

    /// Whether `transfer` may begin; if not, it waits, and `release` will name it.
    mutating func take(for transfer: Transfer) -> Bool {
        guard limit > 0 else { return true }
        let key = transfer.request.url.host
        guard hosts[key, default: Host()].taken < limit else {
            hosts[key]?.waiting.append(transfer)
            return false
        }
        hosts[key, default: Host()].taken += 1
        transfer.hostSlot = key
        return true
    }

    /// Gives back what `transfer` holds. Returns the transfer that may begin in its place.
    mutating func release(_ transfer: Transfer) -> Transfer? {
        // Taken out of the table while it changes, so that the queue is not copied.
        guard let key = transfer.hostSlot, var host = hosts.removeValue(forKey: key) else { return nil }
        transfer.hostSlot = nil
        let next = host.waiting.isEmpty ? nil : host.waiting.removeFirst()
        if let next { next.hostSlot = key } else { host.taken -= 1 }
        if host.taken > 0 { hosts[key] = host }
        return next
    }

    /// Waits no longer. False when `transfer` was not waiting.
    mutating func leave(_ transfer: Transfer) -> Bool {
        let key = transfer.request.url.host
        guard let index = hosts[key]?.waiting.firstIndex(where: { $0 === transfer }) else { return false }
        hosts[key]?.waiting.remove(at: index)
        return true
    }
}
