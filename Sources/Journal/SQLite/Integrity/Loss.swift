import Model

/// What shows that a database does not hold what it once held: it, held against the mark beside it.
enum Loss: Equatable, CustomStringConvertible {
    /// The mark was further than the database is.
    case behind(holds: CommitHead, held: CommitHead)
    /// The database went another way than the one that the mark tells of, such as an older copy that was written to.
    case anotherHistory(number: Int64)
    /// There is no mark, and the database is not new.
    case unmarked
    /// There is one, and no word of it is to be believed.
    case markDamaged
    /// Nothing is missing; so many pages had no seal that holds, and all rows in them are as they were written.
    case unsealed(pages: Int)

    /// Nil where nothing is missing.
    init?(
        in database: Database, head: CommitHead, against reading: HighWaterMark.Reading
    ) throws(JournalError) {
        switch reading {
        case .absent where head.number == 0: return nil
        case .absent: self = .unmarked
        case .damaged: self = .markDamaged
        case .standing(let held) where held.number > head.number: self = .behind(holds: head, held: held)
        case .standing(let held):
            guard let chain = try Self.chain(at: held.number, in: database), chain != held.chain else { return nil }
            self = .anotherHistory(number: held.number)
        }
    }

    /// The chain as it was at a commit; nil where that commit's row was pruned, or there never was one.
    private static func chain(at number: Int64, in database: Database) throws(JournalError) -> ChainLink? {
        let find = try database.prepare("SELECT chain FROM commits WHERE number = ?1")
        try find.bind(number, at: 1)
        guard try find.row() else { return nil }
        guard let chain = ChainLink(find.bytes(0)) else { throw .broken("a commit has no chain") }
        return chain
    }

    var description: String {
        switch self {
        case .behind(let holds, let held):
            "it holds events up to \(holds.lastEvent) and requests up to \(holds.lastRequest), and there were "
                + "\(held.lastEvent) and \(held.lastRequest)"
        case .anotherHistory(let number): "what it holds at commit \(number) is not what was committed"
        case .unmarked: "the file that tells how far it came (-mark) is missing"
        case .unsealed(let pages): "\(pages) pages had been written by another program, and were sealed anew"
        case .markDamaged: "the file that tells how far it came (-mark) is damaged"
        }
    }
}
