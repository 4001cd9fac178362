/// To which transaction, if any, a connection is lent. Kept where the requests are sent and not by the transaction, so that
/// one that has escaped from its closure can never speak on a connection that is somebody else's by now.
struct ConnectionLease {
    private var number: UInt64 = 0
    private var isOver = true
    private var hasBegun = false

    mutating func begin() -> UInt64 {
        number += 1
        (isOver, hasBegun) = (false, false)
        return number
    }

    mutating func end() { isOver = true }

    /// Decides about a request by what it belongs to; nil if it needs no sending and has been answered here.
    mutating func admit(_ request: Request) -> Exchange? {
        switch request.scope {
        case .autocommit: return Exchange(request: request)
        case .transaction(let lease):
            guard lease == number, !isOver else {
                request.fail(PostgresError(.closed, "the transaction is over"), sent: false)
                return nil
            }
            defer { hasBegun = true }
            return Exchange(request: request, begins: !hasBegun)
        case .end(let lease):
            defer { if lease == number { isOver = true } }
            if lease == number, !isOver, hasBegun { return Exchange(request: request) }
            request.reply(.success([]))
            return nil
        }
    }
}
