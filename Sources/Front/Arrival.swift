import Glibc
import Threads
import Wire

/// A connection of a proxy that has not said yet for whom it speaks: the owner of its socket until then.
@safe final class Arrival {
    let peer: String
    let deadlineMs: Int64
    private var descriptor: Int32
    private var place: Place?
    private var reader = ProxyHeaderReader()
    private var hasBegun = false
    var watch: Watch?

    init(owning descriptor: Int32, from peer: String, in place: consuming Place, deadlineMs: Int64) {
        self.descriptor = descriptor
        self.peer = peer
        self.place = consume place
        self.deadlineMs = deadlineMs
    }

    deinit {
        watch?.cancel()
        if descriptor >= 0 { close(descriptor) }
    }

    /// Reads on where there is more, and takes no byte that lies behind the header.
    func read() -> ProxyHeaderReader.Step {
        var piece = [UInt8](repeating: 0, count: 1_024)
        let count = unsafe recv(descriptor, &piece, piece.count, Int32(MSG_PEEK | MSG_DONTWAIT))
        if count < 0 && (errno == EAGAIN || errno == EINTR) { return .needsMore }
        guard count > 0 else { return .malformed }
        let (consumed, step) = reader.read(piece.span.extracting(..<count))
        hasBegun = true
        let taken = unsafe recv(descriptor, &piece, consumed, Int32(MSG_DONTWAIT))
        return taken == consumed ? step : .malformed
    }

    /// Whether a request may be under way on it, behind the header or a part of that.
    var mayHaveRequest: Bool { hasBegun || Socket.hasUnreadBytes(descriptor) }

    /// Hands the socket over to whoever asks, and gives its place back.
    func takeDescriptor() -> Int32 {
        watch?.cancel()
        place = nil
        defer { descriptor = -1 }
        return descriptor
    }
}
