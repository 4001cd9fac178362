import CCurl
import EventLoop
import Glibc

/// What libcurl calls back for one transfer. All of it happens inside a call of ours into libcurl, so on the loop's thread;
/// the pointers are to objects that the `CurlLoop` holds until it has taken the handle out of libcurl.
enum CurlCallbacks {
    /// Once for a handle.
    static func install(on easy: UnsafeMutableRawPointer, loop: CurlLoop) {
        prikke_easy_on_write(easy) { bytes, size, count, transfer in
            let piece = CurlCallbacks.bytes(bytes, size * count)
            return CurlCallbacks.object(transfer, Transfer.self)?.take(piece) == true ? size * count : 0
        }
        prikke_easy_on_header(easy) { bytes, size, count, transfer in
            let line = CurlCallbacks.bytes(bytes, size * count)
            return CurlCallbacks.object(transfer, Transfer.self)?.takeHead(line) == true ? size * count : 0
        }
        prikke_easy_on_open(easy) { transfer, _, address in
            guard let transfer = CurlCallbacks.object(transfer, Transfer.self), let address else { return CURL_SOCKET_BAD }
            return CurlCallbacks.open(address, for: transfer)
        }
        prikke_easy_on_close(easy) { loop, socket in
            CurlCallbacks.object(loop, CurlLoop.self)?.willClose(socket)
            return close(socket)
        }
        prikke_easy_set_pointer(easy, CURLOPT_CLOSESOCKETDATA, Unmanaged.passUnretained(loop).toOpaque())
        prikke_easy_on_request(easy) { transfer, _, _, _, _ in
            CurlCallbacks.object(transfer, Transfer.self).map(CurlCallbacks.maySend) == true ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
        }
    }

    /// Once for a transfer.
    static func attach(_ transfer: Transfer, to easy: UnsafeMutableRawPointer) {
        let pointer = Unmanaged.passUnretained(transfer).toOpaque()
        for option in [CURLOPT_PRIVATE, CURLOPT_WRITEDATA, CURLOPT_HEADERDATA, CURLOPT_OPENSOCKETDATA, CURLOPT_PREREQDATA] {
            prikke_easy_set_pointer(easy, option, pointer)
        }
    }

    /// The transfer that a handle works for.
    static func transfer(of easy: UnsafeMutableRawPointer?) -> Transfer? {
        var pointer: UnsafeMutableRawPointer?
        prikke_easy_get_pointer(easy, CURLINFO_PRIVATE, &pointer)
        return object(pointer, Transfer.self)
    }

    static func object<T: AnyObject>(_ pointer: UnsafeMutableRawPointer?, _ type: T.Type) -> T? {
        pointer.map { Unmanaged<T>.fromOpaque($0).takeUnretainedValue() }
    }

    private static func bytes(_ start: UnsafeMutablePointer<CChar>?, _ count: Int) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: start.map { UnsafeRawPointer($0).assumingMemoryBound(to: UInt8.self) }, count: start == nil ? 0 : count)
    }

    /// The last look before any packet leaves: at the very socket address that is about to be connected.
    private static func open(_ target: UnsafeMutablePointer<curl_sockaddr>, for transfer: Transfer) -> curl_socket_t {
        guard let address = prikke_target_address(target).flatMap({ IPAddress($0) }), transfer.mayConnect(to: address) else {
            transfer.isBlocked = true
            return CURL_SOCKET_BAD
        }
        let socket = prikke_open_socket(target)
        transfer.isStarved = socket == CURL_SOCKET_BAD
        return socket
    }

    /// libcurl sends a request again by itself when an open connection ends without an answer. The target may have acted on
    /// the first, so it may not, unless that one is known never to have arrived.
    private static func maySend(_ transfer: Transfer) -> Bool {
        transfer.wasLost = transfer.wasSent && !transfer.neverArrived
        (transfer.wasSent, transfer.neverArrived) = (true, false)
        return !transfer.wasLost
    }
}
