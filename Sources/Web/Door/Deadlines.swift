import NIOCore

/// How long we wait for a client.
struct Deadlines: Sendable {
    /// From accept, or from the first byte of a later request, to the end of its headers.
    var head: TimeAmount
    /// To the end of its body.
    var request: TimeAmount
    /// Between two requests.
    var idle: TimeAmount
    /// For the client to take some of an answer.
    var stall: TimeAmount
    /// From the end of serving to the end of the last connection.
    var stop: TimeAmount

    init(_ configuration: WebServer.Configuration) {
        head = TimeAmount(configuration.headerDeadline)
        request = TimeAmount(configuration.requestDeadline)
        idle = TimeAmount(configuration.idleDeadline)
        stall = TimeAmount(configuration.stallDeadline)
        stop = TimeAmount(configuration.stopDeadline)
    }
}
