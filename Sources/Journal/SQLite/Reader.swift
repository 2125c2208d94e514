import Threads

/// A connection that only reads, on a thread of its own, and what it is asked with.
///
/// It may be asked from anywhere, as long as it is open; one answer is found after the other, and none for too long.
actor Reader<Desk> {
    private let thread: WorkThread
    /// Nobody may be on the way to the thread when it ends.
    private let gate = CallGate()
    private var desk: Desk?
    /// It outlives the desk, which has the connection that asks it.
    private let bound: ReadBound

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe thread.asUnownedSerialExecutor()
    }

    init(
        _ database: sending Database, thread name: String, longest: Duration = ReadBound.longest,
        desk: (Database) throws(JournalError) -> Desk
    ) throws(JournalError) {
        // Before there is a thread, which nobody could end.
        self.desk = try desk(database)
        bound = ReadBound(database, longest: longest)
        thread = WorkThread(name: name)
    }

    nonisolated(nonsending) func ask<Answer: Sendable>(
        _ question: @Sendable (Desk) throws(JournalError) -> Answer
    ) async throws(JournalError) -> Answer {
        guard gate.enter() else { throw .closed }
        defer { gate.leave() }
        return try await answer(question)
    }

    private func answer<Answer: Sendable>(
        _ question: @Sendable (Desk) throws(JournalError) -> Answer
    ) throws(JournalError) -> Answer {
        guard let desk else { throw .closed }
        return try bound.during { () throws(JournalError) in try question(desk) }
    }

    /// Lets what was asked be answered, closes the connection and ends the thread.
    nonisolated func close() async {
        let isFirst = gate.shut()
        await gate.empty()
        guard isFirst else { return }
        await clear()
        thread.stop()
    }

    private func clear() {
        desk = nil
    }
}
