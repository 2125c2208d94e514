import Glibc

/// Writes lines to a descriptor, such as a log's, without ever making anyone wait for it.
///
/// Lines wait in a bounded queue, which a thread of its own empties. When the queue is full, or the descriptor takes
/// nothing (a full disk, a reader that is gone), lines are dropped and counted: a log is no reason to stop.
public final class LineWriter: Sendable {
    /// With so many bytes waiting, further lines are dropped.
    static let waitingBytesMax = 1 << 20

    private struct Queue {
        var bytes: [UInt8] = []
        var isWriting = false
        var isEnding = false
        var dropped = 0
    }

    private let queue = Lock(Queue())
    private let writer: Writer

    /// The descriptor stays open for as long as the process lives; that is the caller's duty.
    public init(to descriptor: Int32) {
        writer = Writer(descriptor: descriptor)
    }

    /// How many lines were dropped so far.
    public var dropped: Int { queue.withLock { $0.dropped } }

    /// Takes a line, its end included.
    public func write(_ line: [UInt8]) {
        let isFirst = queue.withLock { queue in
            guard queue.bytes.count + line.count <= Self.waitingBytesMax else {
                queue.dropped += 1
                return false
            }
            queue.bytes += line
            defer { queue.isWriting = true }
            return !queue.isWriting
        }
        if isFirst { Task { await writer.write(from: self) } }
    }

    /// Returns when all that was taken so far is written, or could not be. From now on a reader that takes nothing is not
    /// waited for much longer.
    public func finish() async {
        queue.withLock { $0.isEnding = true }
        await writer.write(from: self)
    }

    /// What waits; nil where nothing does, and then the next line calls the writer again.
    private func next() -> [UInt8]? {
        queue.withLock { queue in
            guard !queue.bytes.isEmpty else {
                queue.isWriting = false
                return nil
            }
            defer { queue.bytes = [] }
            return queue.bytes
        }
    }

    private var isEnding: Bool { queue.withLock { $0.isEnding } }

    private func drop(_ lines: Int) {
        queue.withLock { $0.dropped += lines }
    }

    /// Blocks on the descriptor, on a thread where nobody else has to wait.
    private actor Writer {
        /// A pipe that has room at all has room for so much, so that a write never blocks.
        private static let pieceBytes = 4_096
        private static let pollMs: Int32 = 250
        private static let pollsAtTheEnd = 4

        private let thread = WorkThread(name: "log")
        private let descriptor: Int32
        /// Whether the last thing written is half a line, whose other half was dropped.
        private var isTorn = false

        nonisolated var unownedExecutor: UnownedSerialExecutor {
            unsafe thread.asUnownedSerialExecutor()
        }

        init(descriptor: Int32) {
            self.descriptor = descriptor
        }

        func write(from owner: LineWriter) {
            while let lines = owner.next() {
                let newline = UInt8(ascii: "\n")
                let bytes = isTorn ? [newline] + lines : lines
                let written = write(bytes, for: owner)
                // The line's end that was put before them is nobody's line.
                let rest = bytes[max(written, isTorn ? 1 : 0)...]
                guard !rest.isEmpty else {
                    isTorn = false
                    continue
                }
                if written > 0 { isTorn = bytes[written - 1] != newline }
                owner.drop(rest.count { $0 == newline })
            }
        }

        /// How many bytes could be written.
        ///
        /// What cannot be written now is let go: waiting for a disk to have room would be waiting for ever.
        private func write(_ bytes: [UInt8], for owner: LineWriter) -> Int {
            var written = 0
            while written < bytes.count, isWritable(for: owner) {
                let piece = bytes[written...].prefix(Self.pieceBytes)
                let count = unsafe piece.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
                if count < 0, errno == EINTR || errno == EAGAIN { continue }
                guard count > 0 else { break }
                written += count
            }
            return written
        }

        /// Waits until the descriptor takes something, or fails. False where the end has come and it still does not.
        private func isWritable(for owner: LineWriter) -> Bool {
            var place = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            var pollsLeft = Self.pollsAtTheEnd
            while unsafe poll(&place, 1, Self.pollMs) == 0 {
                guard owner.isEnding else { continue }
                pollsLeft -= 1
                if pollsLeft == 0 { return false }
            }
            return true
        }
    }
}
