import Model
import Threads

@testable import Sinks

extension HTTPSink {
    /// Where the sinks of tests work.
    static let loop: EventLoop = {
        do { return try EventLoop(name: "sinks") } catch { fatalError("\(error)") }
    }()

    /// A sink to a receiver of the test's, with one change or another.
    static func open(to url: String, _ change: (inout Settings) -> Void = { _ in }) throws -> HTTPSink {
        var settings = Settings(url: url, allowedNetworks: ["127.0.0.0/8"])
        change(&settings)
        return try HTTPSink(settings, on: loop, now: { Sample.receivedAt })
    }

    /// Delivers one entry and tells what became of it, in words.
    func outcome(of entry: Entry = Sample.entry(1)) async -> String {
        await deliver([entry]).reasons.joined(separator: "; ")
    }
}
