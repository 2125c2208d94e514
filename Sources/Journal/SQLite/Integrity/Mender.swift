/// A page that was damaged, and what became of what it held.
public struct MendedPage: Sendable, Equatable {
    public let page: Int64
    /// What was on it, in the journal's own word.
    public let table: String
    /// Events on it that are damaged: no sink is given them.
    public var events: [Int64] = []
    /// Whether ids may have been on it of events that are all there: should one come again, it may be taken as new.
    public let hasLostIDs: Bool
    /// The rows that it had room for.
    let rows: ClosedRange<Int64>
}

extension MendedPage: CustomStringConvertible {
    public var description: String {
        let what =
            switch table {
            case _ where events.count == 1:
                "event \(events[0]) cannot be read and is not sent; should it come again, it may be taken as new"
            case _ where !events.isEmpty:
                "events \(events.map(String.init).joined(separator: ", ")) cannot be read and are not sent; should they "
                    + "come again, they may be taken as new"
            case _ where hasLostIDs:
                "events that come again may be taken as new, since their ids are not known any more"
            case JournalTable.events.rawValue: "all events on it are as they were written"
            default: "rows on it may be missing or damaged: `mogate verify` tells which"
            }
        return "page \(page), of \(table), was not as it was written: \(what)"
    }
}

/// Makes pages readable again that are not as they were written.
///
/// What still holds together on them stays, and each row tells by its digest whether it is as it was written; what was
/// changed is then a damaged row, as it would be without seals, and no reason to do without all others. Pages of which
/// rows could not tell are left alone, and the journal is not opened.
enum Mender {
    /// More rows than this lie on no page.
    private static let rowsMax: Int64 = 200

    /// Called under the lock, while nobody has the file open.
    static func mend(_ pages: [Int64], of path: String, patienceMs: Int32) throws(JournalError) -> [MendedPage] {
        let knowledge = try look(into: path, patienceMs: patienceMs)
        let file = try PageFile(path)
        var mended: [MendedPage] = []
        for page in pages where try !file.isWhole(file.read(page), page) {
            let root = try file.root(of: page)
            guard let root, let table = knowledge.tables[root].flatMap({ JournalTable(rawValue: $0) }),
                let outcome = try mend(page, of: table, in: file, knowledge)
            else {
                let owner = root.flatMap { knowledge.tables[$0] }.map { ", of \($0)," } ?? ""
                throw .unusable(
                    "page \(page)\(owner) of \(path) is not as it was written, and nothing else tells what it held: put "
                        + "a backup in its place; or, if another program wrote to it, say `mogate verify --accept-loss`"
                )
            }
            mended.append(outcome)
        }
        try file.sync()
        return mended
    }

    /// What is known of a journal without the page that is damaged.
    private struct Knowledge {
        /// By the roots of their trees.
        var tables: [Int64: String] = [:]
        var newest: [JournalTable: Int64] = [:]
        /// How far it came, as the mark beside it tells.
        var head: CommitHead?
    }

    /// Brings the log into the file, for what is mended there is to count, and asks what else is known.
    private static func look(into path: String, patienceMs: Int32) throws(JournalError) -> Knowledge {
        let database = try Database(path: path, access: .writing)
        database.setPatience(milliseconds: patienceMs)
        try database.execute("PRAGMA synchronous = FULL")
        try database.checkpoint(.truncate)
        guard JournalFile.sizeBytes(of: path + "-wal") ?? 0 == 0 else {
            throw .unusable(
                "\(path) has a page that is not as it was written, and another program reads it: end that first")
        }
        let find = try database.prepare("SELECT rootpage, tbl_name FROM sqlite_schema WHERE rootpage > 0")
        var knowledge = Knowledge()
        while try find.row() { knowledge.tables[find.integer(0)] = find.text(1) ?? "" }
        knowledge.newest = [
            .events: try database.number("SELECT newest_event FROM counters"),
            .requests: try database.number("SELECT newest_request FROM counters"),
        ]
        if case .standing(let head) = try HighWaterMark.read(for: path) { knowledge.head = head }
        return knowledge
    }

    /// Nil where it cannot be.
    private static func mend(
        _ page: Int64, of table: JournalTable, in file: PageFile, _ knowledge: Knowledge
    ) throws(JournalError) -> MendedPage? {
        switch try file.place(of: page) {
        case .overflow(let owner): return try mend(overflow: page, of: table, leaf: owner, in: file, knowledge)
        case .further(let before):
            var leaf = before
            while case .further(let page) = try file.place(of: leaf) { leaf = page }
            guard case .overflow(let owner) = try file.place(of: leaf) else { return nil }
            return try mend(overflow: page, of: table, leaf: owner, in: file, knowledge)
        case .root, .inner: return try mend(leaf: page, of: table, in: file, knowledge)
        case .free, nil: return nil
        }
    }

    // MARK: Leaves

    private static func rows(
        on page: Int64, of table: JournalTable, in file: PageFile, _ knowledge: Knowledge
    ) throws(JournalError) -> ClosedRange<Int64> {
        let rows = try file.rows(on: page)
        let lower = max(rows.lowerBound, 0)
        return lower...max(lower, min(rows.upperBound, knowledge.newest[table] ?? .max))
    }

    private static func mend(
        leaf page: Int64, of table: JournalTable, in file: PageFile, _ knowledge: Knowledge
    ) throws(JournalError) -> MendedPage? {
        // What leads to others cannot be made up.
        guard try file.first(.inner(under: page)) == nil else { return nil }
        let bytes = try file.read(page)
        let rows = try rows(on: page, of: table, in: file, knowledge)
        let leaf = LeafPage(bytes, of: table, rows: rows) { overflow in
            (try? file.place(of: Int64(overflow))) == .overflow(of: page)
        }
        var cells = leaf.cells
        switch table {
        case .events: cells += standIns(for: leaf, rows: rows, in: table)
        case .requests: if cells.isEmpty { cells += standIns(for: leaf, rows: rows, in: table).prefix(1) }
        case .idBlocks:
            // Nothing tells whether they are as they were written. A leaf is never empty.
            var numbers = Set(cells.map(\.row))
            if rows.upperBound < .max { numbers.insert(rows.upperBound) }
            if numbers.isEmpty { numbers.insert(rows.lowerBound) }
            cells = numbers.map { LeafPage.Cell(standingFor: $0, in: table) }
        case .idSegments: cells = cells.map { $0.filled(from: Self.filterStart(of: $0)) }
        case .commits:
            // The last one is in the mark as well, but for what it wrote and when: the next is joined to it.
            if let head = knowledge.head, rows.contains(head.number), !cells.contains(where: { $0.row >= head.number })
            {
                cells.append(LeafPage.Cell(head))
            }
        }
        guard !cells.isEmpty, let mended = LeafPage.bytes(of: cells.sorted { $0.row < $1.row }) else { return nil }
        if table == .idSegments, leaf.lost > 0 { return nil }
        try file.write(mended, as: page)
        return MendedPage(
            page: page, table: table.rawValue, hasLostIDs: table == .idBlocks || table == .idSegments, rows: rows)
    }

    /// Rows for those that were lost, so that nobody takes them for ones that never were.
    private static func standIns(
        for leaf: LeafPage, rows: ClosedRange<Int64>, in table: JournalTable
    ) -> [LeafPage.Cell] {
        let kept = Set(leaf.cells.map(\.row))
        let first = max(rows.lowerBound, 1)
        guard rows.upperBound >= first, rows.upperBound - first < rowsMax else { return [] }
        let free = (first...rows.upperBound).filter { !kept.contains($0) }
        let count = kept.isEmpty ? free.count : leaf.lost
        return free.prefix(count).map { LeafPage.Cell(standingFor: $0, in: table) }
    }

    /// A filter of which every bit is set says of each id that it may be there, and the blocks tell.
    private static func filterStart(of cell: LeafPage.Cell) -> Int {
        var reader = VarintReader(
            bytes: cell.bytes, at: cell.payloadStart, end: cell.payloadStart + cell.recordHeaderBytes)
        _ = reader.next()
        var start = 0
        for _ in 0..<5 { start += Int(JournalTable.bytes(ofType: reader.next() ?? 0)) }
        return start
    }

    // MARK: Pages on which rows go on

    private static func mend(
        overflow page: Int64, of table: JournalTable, leaf: Int64, in file: PageFile, _ knowledge: Knowledge
    ) throws(JournalError) -> MendedPage? {
        var bytes = try file.read(page)
        // It begins with the page that follows, which the map knows as well.
        let next = try file.first(.further(after: page)) ?? 0
        for index in 0..<4 { bytes[index] = UInt8(truncatingIfNeeded: next >> (24 - 8 * Int64(index))) }
        switch table {
        case .events, .requests, .commits: break
        case .idSegments: for index in 4..<bytes.count { bytes[index] = 0xFF }
        case .idBlocks: return nil
        }
        try file.write(bytes, as: page)
        return MendedPage(
            page: page, table: table.rawValue, hasLostIDs: false,
            rows: try rows(on: leaf, of: table, in: file, knowledge))
    }
}
