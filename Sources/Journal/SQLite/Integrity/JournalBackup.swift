import Glibc
import Threads

/// A copy of a journal as it is at one moment, made while it is being served or not.
///
/// It is one file that needs nothing beside it: its log is in it, and what a sink has not had yet goes on from there.
public enum JournalBackup {
    private static let valueBytesMax = 256 << 20
    private static let cacheBytes = 2 << 20
    /// How many pages are copied before the log's size is looked at again.
    private static let pagesAtATime: Int32 = 1_024
    /// While a copy is made the log of a journal that is served cannot be emptied: it gives up before there is harm.
    private static let logBytesMax: Int64 = 48 << 20

    /// Copies a journal, puts the copy on the disk, and looks through it. Rows that are damaged in the journal itself are so
    /// in the copy, and are named: they are no reason to do without all others.
    ///
    /// - Throws: ``JournalError``, and then there is nothing under the new name. A file that is there already stays.
    public static func make(of path: String, at target: String) throws(JournalError) -> Verification {
        let path = try JournalFile.find(path)
        guard JournalFile.sizeBytes(of: target) == nil else { throw .unusable("\(target) is there already") }
        let draft = target + ".part"
        unsafe unlink(draft)
        do throws(JournalError) {
            try copy(path, to: draft)
            let verification = try JournalAudit.verify(path: draft)
            guard verification.hasSoundPages else {
                throw .unusable(
                    "the copy is not sound, as the journal itself may not be: see `mogate verify \(path)`; the first of "
                        + "\(verification.flawCount) things is: \(verification.flaws.first?.description ?? "")")
            }
            try publish(draft, as: target)
            return verification
        } catch {
            unsafe unlink(draft)
            throw error
        }
    }

    private static func copy(_ path: String, to draft: String) throws(JournalError) {
        let descriptor = unsafe open(draft, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .unusable("\(draft) cannot be made: \(SystemError.words)") }
        defer { Glibc.close(descriptor) }
        let source = try Database.forReading(path, valueBytesMax: valueBytesMax, cacheBytes: cacheBytes)
        do {
            try Schema.inspect(source)
        } catch .unusable(let reason) {
            throw .unusable("\(path) cannot be used: \(reason)")
        }
        // One connection at a time: where it is closed, all that it wrote is in the file.
        try fill(draft, from: source, logPath: path + "-wal")
        guard fsync(descriptor) == 0 else { throw .unusable("\(draft) cannot be synced: \(SystemError.words)") }
    }

    private static func fill(_ draft: String, from source: Database, logPath: String) throws(JournalError) {
        let copy = try Database(path: draft, access: .writing)
        if try source.isSealed { try copy.sealPages() }
        try copy.execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")
        try source.reading { () throws(JournalError) in
            // The first question fixes the moment; all pages are of that one.
            _ = try source.number("SELECT newest_event FROM counters")
            try source.copy(to: copy, pagesAtATime: pagesAtATime) { () throws(JournalError) in
                guard JournalFile.sizeBytes(of: logPath) ?? 0 < logBytesMax else {
                    throw .unusable(
                        "more comes in than can wait for a copy of this size to be made: try again when less does")
                }
            }
        }
        // It needs no log, nor any file beside it, to be read.
        guard try copy.text("PRAGMA journal_mode = DELETE") == "delete" else {
            throw .unusable("the copy cannot be made to stand alone")
        }
    }

    private static func publish(_ draft: String, as target: String) throws(JournalError) {
        // Not `rename`, which would put it in the place of another.
        guard unsafe link(draft, target) == 0 else { throw .unusable("\(target) cannot be made: \(SystemError.words)") }
        unsafe unlink(draft)
        try JournalFile.syncFolder(of: target)
    }
}
