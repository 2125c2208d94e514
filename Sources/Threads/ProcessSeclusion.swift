internal import CEvent
import Glibc

/// What a process does before it reads a secret, so that what it was started with does not give it away.
public enum ProcessSeclusion {
    /// Whether the process may do anything to this machine.
    public static var isRoot: Bool { geteuid() == 0 }

    /// Closes the process against whoever is not root: its memory, its files, and what it was handed by its starter.
    ///
    /// To be called once, at the start, while nothing else runs.
    public static func begin() {
        closeMemory()
        umask(0o077)
        fillStandardDescriptors()
        closeInheritedFiles()
    }

    /// No crash writes the memory to a disk, and no process of the same user can look into it.
    private static func closeMemory() {
        let isClosed = shim_close_memory() == 0
        precondition(isClosed, "a system without PR_SET_DUMPABLE")
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
    }

    /// Where a standard descriptor is closed, the next file that is opened would take its place, and the log would be
    /// written into a database.
    private static func fillStandardDescriptors() {
        while true {
            let descriptor = unsafe open("/dev/null", O_RDWR)
            guard descriptor >= 0 else { return }
            guard descriptor > 2 else { continue }
            close(descriptor)
            return
        }
    }

    /// Files that the starter left open are nobody's here. Pipes and sockets stay: by one of them a starter may tell that
    /// the process lives.
    private static func closeInheritedFiles() {
        guard let folder = unsafe opendir("/proc/self/fd") else { return }
        let own = unsafe dirfd(folder)
        var inherited: [Int32] = []
        while let entry = unsafe readdir(folder) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard let descriptor = Int32(name), descriptor > 2, descriptor != own else { continue }
            if target(of: descriptor).hasPrefix("/") { inherited.append(descriptor) }
        }
        unsafe closedir(folder)
        for descriptor in inherited { close(descriptor) }
    }

    private static func target(of descriptor: Int32) -> String {
        var bytes = [CChar](repeating: 0, count: 64)
        let bytesMax = bytes.count
        let count = unsafe readlink("/proc/self/fd/\(descriptor)", &bytes, bytesMax)
        return String(decoding: bytes.prefix(max(0, count)).map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
