import Glibc

/// Files that a command is given by name; `-` is standard input.
enum InputFile {
    struct Unreadable: Error, CustomStringConvertible {
        let path: String
        let cause: String
        var description: String { "\(path == "-" ? "standard input" : path) cannot be read: \(cause)" }
    }

    /// All of it. Throws `Unreadable`, also where it is longer than `most` bytes.
    static func read(_ path: String, upTo most: Int) throws(Unreadable) -> [UInt8] {
        let descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Unreadable(path: path, cause: String(cString: strerror(errno))) }
        defer { if path != "-" { close(descriptor) } }
        var content: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor, &block, block.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Unreadable(path: path, cause: String(cString: strerror(errno))) }
            if count == 0 { return content }
            content += block[..<count]
            guard content.count <= most else { throw Unreadable(path: path, cause: "it is longer than \(most >> 20) MiB") }
        }
    }
}
