import Threads

/// A connection that only reads, on a thread of its own, and what it is asked with.
///
/// It may be asked from anywhere, as long as it is open; one answer is found after the other.
actor Reader<Desk> {
    private let thread: WorkThread
    /// Nobody may be on the way to the thread when it ends.
    private let gate = Gate()
    private var desk: Desk?

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe thread.asUnownedSerialExecutor()
    }

    init(_ desk: sending Desk, thread name: String) {
        thread = WorkThread(name: name)
        self.desk = desk
    }

    nonisolated func ask<Answer: Sendable>(
        _ question: @Sendable (Desk) throws(JournalError) -> Answer
    ) async throws(JournalError) -> Answer {
        try gate.enter()
        defer { gate.leave() }
        return try await answer(question)
    }

    private func answer<Answer: Sendable>(
        _ question: @Sendable (Desk) throws(JournalError) -> Answer
    ) throws(JournalError) -> Answer {
        guard let desk else { throw .closed }
        return try question(desk)
    }

    /// Lets what was asked be answered, closes the connection and ends the thread.
    nonisolated func close() async {
        guard await gate.close() else { return }
        await clear()
        thread.stop()
    }

    private func clear() {
        desk = nil
    }
}
