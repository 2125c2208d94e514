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
        if isFirst { Task { await writer.write { self.next() } } }
    }

    /// Returns when all that was taken so far is written, or could not be.
    public func flush() async {
        await writer.write { self.next() }
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

    /// Blocks on the descriptor, on a thread where nobody else has to wait.
    private actor Writer {
        private let thread = WorkThread(name: "log")
        private let descriptor: Int32

        nonisolated var unownedExecutor: UnownedSerialExecutor {
            unsafe thread.asUnownedSerialExecutor()
        }

        init(descriptor: Int32) {
            self.descriptor = descriptor
        }

        func write(_ next: @Sendable () -> [UInt8]?) {
            while let bytes = next() {
                var rest = bytes[...]
                while !rest.isEmpty {
                    let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
                    if count < 0, errno == EINTR { continue }
                    // What cannot be written now is let go: waiting for a disk to have room would be waiting for ever.
                    guard count > 0 else { break }
                    rest = rest.dropFirst(count)
                }
            }
        }
    }
}
