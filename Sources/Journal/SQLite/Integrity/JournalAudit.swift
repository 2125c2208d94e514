import Glibc
public import Model

/// What can be done with a journal's file beside serving it: to see whether all of it is there, and to go on where it is not.
public enum JournalAudit {
    private static let valueBytesMax = 256 << 20
    private static let cacheBytes = 8 << 20
    /// A file that is being written is examined by SQLite up to this size: that takes one long look.
    private static let examinedBytesMax: Int64 = 256 << 20

    /// Looks through all of a journal, whether or not it is being written, and changes nothing.
    /// - Parameter tell: which part it is at, how much of that is done, and how much there is, again and again.
    /// - Throws: ``JournalError`` where there is no journal to look at.
    public static func verify(
        path: String, tell: (Verification.Part, Int64, Int64) -> Void = { _, _, _ in }
    ) throws(JournalError) -> Verification {
        let path = try JournalFile.find(path)
        let isServed = FileLock.isHeld(for: path)
        // Before SQLite has a look, which may bring the log's index up to date.
        let log = try LogWalk.settled(path: path, isServed: isServed)
        let pages = try PageWalk(path: path) { tell(.pages, $0, $1) }
        // The mark is read before the database: one that is being written is ahead of it then, and never behind.
        let reading = try HighWaterMark.read(for: path)
        var verification = Verification()
        verification.pages = Int64(pages.pages)
        verification.logFrames = Int64(log.frames)
        for flaw in pages.flaws {
            // Half-copied from the log when the machine stopped: the log still has it, and it is copied again.
            if case .page(let number) = flaw, log.pages.contains(number) { continue }
            verification.add(flaw)
        }
        if let flaw = log.flaw { verification.add(flaw) }
        if !pages.isSealed { verification.remarks.append(.unsealed) }
        do throws(JournalError) {
            try verifyRows(path, reading, isServed: isServed, &verification, tell)
        } catch .unusable(let reason) where verification.isSound {
            throw .unusable("\(path) cannot be used: \(reason)")
        } catch {
            verification.add(.structure("it cannot be read to its end: \(error)"))
        }
        return verification
    }

    private static func verifyRows(
        _ path: String, _ reading: HighWaterMark.Reading, isServed: Bool, _ verification: inout Verification,
        _ tell: (Verification.Part, Int64, Int64) -> Void
    ) throws(JournalError) {
        let database = try Database.forReading(path, valueBytesMax: valueBytesMax, cacheBytes: cacheBytes)
        try Schema.inspect(database, isNewestNeeded: true)
        let head = try CommitChain.head(of: database)
        switch try Loss(in: database, head: head, against: reading) {
        case nil: break
        case .unmarked: verification.remarks.append(.unmarked)
        case let loss?: verification.add(.mark(loss.description))
        }
        let verifier = try Verifier(database, verification)
        defer { verification = verifier.verification }
        try verifier.verifyRows { tell(.rows, $0, $1) }
        tell(.structure, 0, 0)
        try verifier.verifyStructure(isBounded: isServed, bytesMax: examinedBytesMax)
    }

    /// Says of a journal that is not being served that what is missing of it will not come back.
    ///
    /// What is there stays as it is. What was lost is noted in it, numbers that it had given out are not given out again,
    /// and the mark beside it is set to what there is now.
    /// - Returns: what was accepted; nil where nothing is missing, and nothing was done.
    public static func acceptLoss(path: String, at now: Instant) throws(JournalError) -> AcceptedLoss? {
        let path = try JournalFile.find(path)
        let lock = try FileLock(for: path)
        defer { withExtendedLifetime(lock) {} }
        let reading = try HighWaterMark.read(for: path)
        let pagesSealed = try Resealing.run(path)
        try JournalFile.prepare(path, isExpected: true)
        let settings = SQLiteJournal.Settings()
        let database = try Database(path: path, access: .writing)
        try database.secure(valueBytesMax: settings.valueBytesMax, cacheBytes: settings.writerCacheBytes)
        try database.makeDurable(logBytesMax: settings.logBytesMax)
        try Schema.migrate(database)
        let writer = try Writer(database)
        var loss = try Loss(in: database, head: writer.chain.head, against: reading)
        if loss == nil, pagesSealed > 0 { loss = .unsealed(pages: pagesSealed) }
        guard let loss else { return nil }
        var held = writer.chain.head
        if case .standing(let marked) = reading { held = marked }
        let accepted = try writer.accept(loss, held: held, at: now)
        let mark = try HighWaterMark(for: path)
        mark.raise(to: writer.chain.head)
        mark.sync()
        try database.checkpoint(.truncate)
        return accepted
    }
}
