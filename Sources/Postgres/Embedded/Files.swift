import Glibc

/// Makes a folder and its missing parents, with these modes whatever the umask; one that exists is left as it is.
func makeFolder(_ path: String, mode: mode_t) throws(EmbeddedPostgresError) {
    if mkdir(path, mode) == 0 {
        chmod(path, mode)
    } else if errno == ENOENT, let parent = parent(of: path) {
        try makeFolder(parent, mode: 0o755)
        guard mkdir(path, mode) == 0 || errno == EEXIST else { throw .system("make the folder", path) }
        chmod(path, mode)
    } else {
        let code = errno
        guard code == EEXIST else { throw .system("make the folder", path, code: code) }
        guard isFolder(path) else { throw .system("use the folder", path, code: ENOTDIR) }
    }
}

func isFolder(_ path: String) -> Bool {
    var entry = stat()
    return stat(path, &entry) == 0 && entry.st_mode & S_IFMT == S_IFDIR
}

func isProgram(_ path: String) -> Bool { access(path, X_OK) == 0 && !isFolder(path) }

/// The path without its last component; nil where there is no other.
func parent(of path: String) -> String? {
    guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return nil }
    return String(path[..<slash])
}

/// The path without links and dots.
func realPath(_ path: String) -> String? {
    guard let real = realpath(path, nil) else { return nil }
    defer { free(real) }
    return String(cString: real)
}

/// What a symbolic link holds; nil if there is no link.
func linkTarget(_ path: String) -> String? {
    var target = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink(path, &target, target.count)
    return count < 0 ? nil : String(decoding: target[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
}

/// The text of a small file, its first 64 KiB; nil if it cannot be read.
func contents(of path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 65_536)
    let count = read(descriptor, &bytes, bytes.count)
    return count < 0 ? nil : String(decoding: bytes[..<count], as: UTF8.self)
}

/// The names in a folder; none if it cannot be read.
func names(in folder: String) -> [String] {
    guard let stream = opendir(folder) else { return [] }
    defer { closedir(stream) }
    var found: [String] = []
    while let entry = readdir(stream) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
            $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name != ".", name != ".." { found.append(name) }
    }
    return found
}

/// Writes a whole file so that a reader, also one after a crash, finds the old text or the new, never half of it.
func replaceFile(_ path: String, with text: String, mode: mode_t) throws(EmbeddedPostgresError) {
    let draft = path + ".new"
    unlink(draft)
    let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
    guard descriptor >= 0 else { throw .system("write", draft) }
    defer { close(descriptor) }
    let bytes = Array(text.utf8)
    guard write(descriptor, bytes, bytes.count) == bytes.count, fchmod(descriptor, mode) == 0, fsync(descriptor) == 0,
        rename(draft, path) == 0
    else { throw .system("write", path) }
}
