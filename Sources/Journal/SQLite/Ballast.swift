import Glibc

/// Room that is taken while there is some, to be given up when the disk is full: a full disk lets nothing be deleted from
/// the journal either, nor can a sink's progress be recorded, and so nothing would ever make it less full.
struct Ballast {
    let bytes: Int64
    private(set) var isHeld = false
    private let path: String

    /// Takes the room, unless there is none.
    init(for path: String, bytes: Int64) {
        self.path = path + "-ballast"
        self.bytes = bytes
        hold()
    }

    mutating func hold() {
        isHeld = bytes <= 0
        guard !isHeld else { return }
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { return }
        defer { Glibc.close(descriptor) }
        var code: Int32
        repeat { code = posix_fallocate(descriptor, 0, off_t(bytes)) } while code == EINTR
        if code != 0 { unsafe unlink(path) }
        // Where no room can be set aside at all, such as for a bound on the length of files, it is done without.
        isHeld = code != ENOSPC && code != EDQUOT
    }

    /// Gives the room up: whether there was any.
    mutating func release() -> Bool {
        guard isHeld, bytes > 0 else { return false }
        isHeld = false
        return unsafe unlink(path) == 0
    }
}
