import CSQLite

extension JournalError {
    /// What SQLite's answer means for whoever asked.
    ///
    /// After an I/O error SQLite goes on as if nothing were, with pages of which nobody knows whether they are on the
    /// disk. That is not gone along with: all that is neither room nor patience ends the journal.
    init(code: Int32, of database: OpaquePointer) {
        switch code & 0xFF {
        case SQLITE_FULL: self = .full
        case SQLITE_BUSY, SQLITE_LOCKED, SQLITE_NOMEM, SQLITE_INTERRUPT: self = .busy
        default:
            // SQLite's own words name tables and columns, never what is in them.
            let detail = unsafe String(cString: sqlite3_errmsg(database))
            self = .broken("\(Self.words(for: code)): \(detail)")
        }
    }

    /// SQLite's words for one of its codes, and the code itself, which tells more.
    static func words(for code: Int32) -> String {
        if code == Database.damagedPage {
            return "a page is not as it was written, by the disk or by another program (SQLite \(code))"
        }
        guard let words = unsafe sqlite3_errstr(code) else { return "SQLite \(code)" }
        return unsafe "\(String(cString: words)) (SQLite \(code))"
    }
}
