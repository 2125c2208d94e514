import Dispatch
import Front

extension Front {
    /// Has the loop stand still while something is done elsewhere, which it finds all at once afterwards.
    nonisolated func standingStill(while work: () async throws -> Void) async throws {
        let end = DispatchSemaphore(value: 0)
        defer { end.signal() }
        let (begins, begun) = AsyncStream.makeStream(of: Void.self)
        Task { await self.stand(begun, until: end) }
        for await _ in begins {}
        try await work()
    }

    /// The same, but that the door is drained before the loop looks at what was done, and for as long as it takes.
    nonisolated func drained(once work: () async throws -> Void) async throws -> Task<Void, Never> {
        let end = DispatchSemaphore(value: 0)
        defer { end.signal() }
        let (begins, begun) = AsyncStream.makeStream(of: Void.self)
        let drained = Task { await self.drain(begun, after: end) }
        for await _ in begins {}
        try await work()
        return drained
    }

    private func stand(_ begun: AsyncStream<Void>.Continuation, until end: DispatchSemaphore) {
        begun.finish()
        end.wait()
    }

    private func drain(_ begun: AsyncStream<Void>.Continuation, after end: DispatchSemaphore) async {
        stand(begun, until: end)
        await drain(withinMs: .max)
    }
}
