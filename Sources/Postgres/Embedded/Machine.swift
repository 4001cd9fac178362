import Glibc

/// What this machine, or the container we are in, has to give.
enum Machine {
    /// Bytes of memory: the machine's, or less where a control group allows less.
    static var memory: UInt64 {
        let physical = UInt64(max(0, sysconf(Int32(_SC_PHYS_PAGES)))) * UInt64(max(0, sysconf(Int32(_SC_PAGESIZE))))
        let limits = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"]
        return limits.compactMap { contents(of: $0).flatMap { UInt64($0.prefix(while: \.isNumber)) } }.reduce(physical, min)
    }

    /// Bytes free to an ordinary user on the disk of `folder`.
    static func freeDisk(at folder: String) -> UInt64 {
        var disk = statvfs()
        return statvfs(folder, &disk) == 0 ? UInt64(disk.f_bavail) * UInt64(disk.f_frsize) : 0
    }
}
