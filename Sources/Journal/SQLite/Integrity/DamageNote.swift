import Glibc
import Threads

/// Which pages of a journal turned out to be damaged, in a small file beside it: the process ends of it, and the next start
/// mends them.
final class DamageNote: Sendable {
    private let path: String
    private let noted: Lock<Set<Int64>>

    /// As it stands on the disk.
    init(for path: String) {
        self.path = path + "-damage"
        noted = Lock(Self.read(self.path))
    }

    var pages: Set<Int64> { noted.withLock { $0 } }

    /// That it cannot be written is passed over: the page is met again.
    func add(_ page: Int64) {
        guard page > 0, noted.withLock({ $0.insert(page).inserted }) else { return }
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { return }
        defer { Glibc.close(descriptor) }
        let line = Array("\(page)\n".utf8)
        _ = unsafe write(descriptor, line, line.count)
    }

    /// All of them are mended.
    func clear() {
        noted.withLock { $0 = [] }
        unsafe unlink(path)
    }

    private static func read(_ path: String) -> Set<Int64> {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return [] }
        defer { Glibc.close(descriptor) }
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: 4_096) { buffer, count in
            count = unsafe max(0, Glibc.read(descriptor, buffer.baseAddress, buffer.count))
        }
        return Set(String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap { Int64($0) })
    }
}
