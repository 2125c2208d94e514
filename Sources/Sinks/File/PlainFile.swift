import Glibc

/// An open file, closed when it goes.
final class PlainFile {
    private let descriptor: Int32

    init(owning descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    /// What the system knows of a file.
    struct Facts {
        let sizeBytes: Int64
        let isPlain: Bool
        private let device: UInt
        private let inode: UInt

        init(_ facts: stat) {
            sizeBytes = Int64(facts.st_size)
            isPlain = facts.st_mode & S_IFMT == S_IFREG
            device = UInt(facts.st_dev)
            inode = UInt(facts.st_ino)
        }

        func isSameFile(as other: Facts) -> Bool {
            device == other.device && inode == other.inode
        }
    }

    var facts: Facts? {
        var facts = stat()
        return unsafe fstat(descriptor, &facts) == 0 ? Facts(facts) : nil
    }

    /// Takes the file for this sink alone, until it is closed. Tells whether it could be had.
    func lock() -> Bool {
        flock(descriptor, LOCK_EX | LOCK_NB) == 0
    }

    func write(_ bytes: [UInt8], at offset: Int64) throws(SystemFailure) {
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[written...])
                return unsafe pwrite(descriptor, rest.baseAddress, rest.count, off_t(offset) + written)
            }
            if count > 0 {
                written += count
            } else if count == 0 || errno != EINTR {
                throw SystemFailure("the file cannot be written")
            }
        }
    }

    /// As many bytes as there are, up to `count`.
    func read(_ count: Int, at offset: Int64) throws(SystemFailure) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var read = 0
        while read < count {
            let more = unsafe bytes.withUnsafeMutableBytes { buffer in
                let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[read...])
                return unsafe pread(descriptor, rest.baseAddress, rest.count, off_t(offset) + read)
            }
            if more == 0 { break }
            if more > 0 {
                read += more
            } else if errno != EINTR {
                throw SystemFailure("the file cannot be read")
            }
        }
        return Array(bytes.prefix(read))
    }

    /// Cuts off what lies past the offset.
    func cut(at offset: Int64) throws(SystemFailure) {
        guard ftruncate(descriptor, off_t(offset)) == 0 else { throw SystemFailure("the file cannot be cut") }
    }

    /// Returns when all that was written is on the disk, and the file's size too.
    func sync() throws(SystemFailure) {
        guard fdatasync(descriptor) == 0 else { throw SystemFailure("the file cannot be synced") }
    }
}
