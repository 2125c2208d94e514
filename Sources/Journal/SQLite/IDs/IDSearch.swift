import Model

/// Finds an event by its id for whoever only reads: it holds nothing in memory, and takes a little longer for it.
final class IDSearch {
    private let shelf: IDShelf
    private let findNewest: Statement

    init(_ database: Database) throws(JournalError) {
        shelf = try IDShelf(database)
        findNewest = try database.prepare("SELECT sequence FROM events WHERE sequence > ?1 AND id = ?2")
    }

    /// The number of the event that has the id; nil where there is none. It may have been deleted since it was indexed.
    ///
    /// To be asked within a transaction, so that no segment goes while it is looked for.
    func sequence(of id: EventID) throws(JournalError) -> Int64? {
        let places = try shelf.places()
        for place in places {
            if let sequence = try shelf.sequence(of: id, in: place) { return sequence }
        }
        try findNewest.bind(places.map(\.sequences.upperBound).max() ?? 0, at: 1)
        try findNewest.bind(id, at: 2)
        defer { findNewest.reset() }
        return try findNewest.row() ? findNewest.integer(0) : nil
    }
}
