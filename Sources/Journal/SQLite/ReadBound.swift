import CSQLite

/// Ends a question that takes too long: for as long as it reads, the write-ahead log cannot begin anew.
///
/// SQLite asks after every so many steps of its own whether it is to go on, over all statements of one question.
final class ReadBound {
    /// How long one question may take.
    static let longest = Duration.seconds(5)

    private let longest: Duration
    private var end: ContinuousClock.Instant?

    private static let stepsBetweenLooks: Int32 = 10_000

    init(_ database: Database, longest: Duration = ReadBound.longest) {
        self.longest = longest
        database.asks(every: Self.stepsBetweenLooks, self)
    }

    /// Asks one question; should it be ended, that is ``JournalError/busy``.
    func during<Answer>(_ question: () throws(JournalError) -> Answer) throws(JournalError) -> Answer {
        end = .now + longest
        defer { end = nil }
        return try question()
    }

    /// Whether the question that is under way has had its time.
    var isOver: Bool { end.map { .now >= $0 } ?? false }
}
