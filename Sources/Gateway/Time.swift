internal import Foundation
public import Model

/// Clock, sleep and chance, handed in: what decides by them can be asked in a test without waiting.
public struct Time: Sendable {
    /// The wall clock.
    public let now: @Sendable () -> Instant
    /// A clock that nobody sets: milliseconds from some moment on. Nil where the wall clock is not set either.
    public let uptimeMs: (@Sendable () -> Int64)?
    /// Waits for so many milliseconds; ends early, by throwing, where the task is cancelled.
    public let sleep: @Sendable (_ milliseconds: Int64) async throws -> Void
    /// A number from 0 to below 1.
    public let chance: @Sendable () -> Double

    public init(
        now: @escaping @Sendable () -> Instant, uptimeMs: (@Sendable () -> Int64)? = nil,
        sleep: @escaping @Sendable (Int64) async throws -> Void, chance: @escaping @Sendable () -> Double
    ) {
        self.now = now
        self.uptimeMs = uptimeMs
        self.sleep = sleep
        self.chance = chance
    }
}

extension Time {
    /// Milliseconds from some moment on, to tell how long something took: of a clock that nobody sets, where there is one.
    var steadyMs: Int64 { uptimeMs?() ?? now().microseconds / 1_000 }

    /// The system's.
    public static let system = Time(
        now: {
            let time = Date().timeIntervalSince1970
            return Instant(microseconds: Int64(time * 1_000_000))
        },
        uptimeMs: { [start = ContinuousClock.now] in Int64((ContinuousClock.now - start) / .milliseconds(1)) },
        sleep: { try await Task.sleep(for: .milliseconds($0)) },
        chance: { Double.random(in: 0..<1) })
}
