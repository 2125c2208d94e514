import CEvent
import Glibc

/// The signals that a service is told things by, as they arrive.
public final class Signals: Sendable {
    public enum Arrival: Sendable {
        /// SIGTERM or SIGINT.
        case stop
        /// SIGHUP.
        case reload
    }

    /// Each arrival once; it ends when ``stop()`` is called.
    public let arrivals: AsyncStream<Arrival>
    private let loop: EventLoop
    private let watcher: Watcher

    /// When it returns, these signals no longer end the process by themselves.
    public init() async throws(ThreadError) {
        loop = try EventLoop(name: "signals")
        let (arrivals, sender) = AsyncStream.makeStream(of: Arrival.self)
        self.arrivals = arrivals
        watcher = Watcher(loop: loop, sender: sender)
        await watcher.begin()
    }

    /// Listens no more.
    public func stop() {
        watcher.sender.finish()
        loop.stop()
    }

    /// Holds the watches on the loop's thread.
    private actor Watcher {
        private let loop: EventLoop
        let sender: AsyncStream<Arrival>.Continuation
        private var watches: [Watch] = []

        nonisolated var unownedExecutor: UnownedSerialExecutor {
            unsafe loop.asUnownedSerialExecutor()
        }

        init(loop: EventLoop, sender: AsyncStream<Arrival>.Continuation) {
            self.loop = loop
            self.sender = sender
        }

        func begin() {
            let sender = sender
            for (number, arrival) in [(SIGTERM, Arrival.stop), (SIGINT, .stop), (SIGHUP, .reload)] {
                watches.append(loop.watch(signal: number) { sender.yield(arrival) })
            }
        }
    }
}
