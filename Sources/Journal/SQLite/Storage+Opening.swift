import Model

extension Storage {
    /// More damaged pages than this are not a few rows, and the file is not to be trusted.
    private static let pagesMendedMax = 64

    /// Opens the file for writing. Pages that are found damaged on the way, or were noted to be when the process before
    /// ended of them, are mended, and it is opened again.
    static func mendedWriter(
        _ path: String, _ settings: SQLiteJournal.Settings, _ note: DamageNote, at now: Instant
    ) throws(JournalError) -> (Writer, [MendedPage]) {
        var mended: [MendedPage] = []
        while true {
            let pages = note.pages
            guard pages.count <= pagesMendedMax else {
                throw .unusable(
                    "\(path) has too many pages that are not as they were written: put a backup in its place")
            }
            if !pages.isEmpty {
                mended += try Mender.mend(pages.sorted(), of: path, patienceMs: settings.patienceMs)
            }
            do {
                let writer = try writer(path, settings, note)
                for index in mended.indices where mended[index].table == JournalTable.events.rawValue {
                    mended[index].events = try damagedEvents(mended[index].rows, in: writer.database)
                }
                try record(mended, in: writer, at: now)
                note.clear()
                return (writer, mended)
            } catch .broken(let reason) {
                // The same pages once more: it is not they that keep it from being opened.
                guard note.pages != pages else { throw .unusable("\(path) is damaged: \(reason)") }
            }
        }
    }

    private static func writer(
        _ path: String, _ settings: SQLiteJournal.Settings, _ note: DamageNote
    ) throws(JournalError) -> Writer {
        let database = try connection(path, settings, note, cacheBytes: settings.writerCacheBytes)
        try Schema.migrate(database)
        let writer = try Writer(database)
        // Where the next rows go: it is found out now, and not by the first who waits for an answer.
        for (table, key) in [("events", "sequence"), ("requests", "id"), ("id_blocks", "id")] {
            _ = try database.number("SELECT max(\(key)) FROM \(table)")
        }
        return writer
    }

    /// What copies the log of the file, once the writer has opened it.
    static func copier(
        _ path: String, _ settings: SQLiteJournal.Settings, _ note: DamageNote
    ) throws(JournalError) -> LogCopier {
        // It looks at no page twice, so it keeps none.
        LogCopier(try connection(path, settings, note, cacheBytes: 0))
    }

    /// A connection that may write. Its patience counts when it opens the file: a commit and a copying wait for no one.
    private static func connection(
        _ path: String, _ settings: SQLiteJournal.Settings, _ note: DamageNote, cacheBytes: Int
    ) throws(JournalError) -> sending Database {
        let database = try Database(path: path, access: .writing)
        database.damageNote = note
        try database.secure(valueBytesMax: settings.valueBytesMax, cacheBytes: cacheBytes)
        database.setPatience(milliseconds: settings.patienceMs)
        try database.makeDurable(logBytesMax: settings.logBytesMax)
        return database
    }

    /// The numbers of events that are not as they were written.
    private static func damagedEvents(
        _ rows: ClosedRange<Int64>, in database: Database
    ) throws(JournalError) -> [Int64] {
        let labels = try LabelShelf(database)
        let find = try database.prepare(
            """
            SELECT sequence, id, label, received_us, subject, body, digest FROM events
            WHERE sequence BETWEEN ?1 AND ?2 ORDER BY sequence
            """)
        try find.bind(rows.lowerBound, at: 1)
        try find.bind(rows.upperBound, at: 2)
        var damaged: [Int64] = []
        while try find.row() {
            if try labels.soundEntry(in: find, digest: 6) == nil { damaged.append(find.integer(0)) }
        }
        return damaged
    }

    /// Notes what was mended. Events that were lost with it are known by their ids no more: should their vendors send them
    /// again, they are as good as new.
    private static func record(
        _ mended: [MendedPage], in writer: Writer, at now: Instant
    ) throws(JournalError) {
        guard !mended.isEmpty else { return }
        let forgetID = try writer.database.prepare("UPDATE events SET id = x'' WHERE sequence = ?1")
        let insert = try writer.database.prepare("INSERT INTO mendings(at_us, page, words) VALUES (?1, ?2, ?3)")
        try writer.transaction { () throws(JournalError) in
            for page in mended {
                try insert.bind(now.microseconds, at: 1)
                try insert.bind(page.page, at: 2)
                try insert.bind(page.description, at: 3)
                try insert.run()
                for event in page.events {
                    try forgetID.bind(event, at: 1)
                    try forgetID.run()
                }
            }
        }
        writer.ids.forget()
    }
}
