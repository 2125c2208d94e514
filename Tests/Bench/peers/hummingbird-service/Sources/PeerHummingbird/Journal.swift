import CSQLite
import Foundation

/// SQLite with one commit for all that waits, on a thread of its own.
final class Journal: Sendable {
    private struct Waiting {
        let receivedAt: Int64
        let json: Data
        let done: CheckedContinuation<Void, Never>
    }

    private let came = NSCondition()
    // Touched only with `came` held.
    nonisolated(unsafe) private var waiting: [Waiting] = []

    init(at path: String) {
        Thread.detachNewThread { [self] in work(at: path) }
    }

    /// Returns once it is on the disk.
    func append(_ json: Data, receivedAt: Int64) async {
        await withCheckedContinuation { done in
            came.withLock {
                waiting.append(Waiting(receivedAt: receivedAt, json: json, done: done))
                came.signal()
            }
        }
    }

    private func work(at path: String) {
        var database: OpaquePointer?
        var insert: OpaquePointer?
        func run(_ text: String) {
            precondition(sqlite3_exec(database, text, nil, nil, nil) == SQLITE_OK, text)
        }
        precondition(sqlite3_open(path, &database) == SQLITE_OK, path)
        run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
        run("CREATE TABLE events(sequence INTEGER PRIMARY KEY, received INTEGER, json BLOB)")
        sqlite3_prepare_v2(database, "INSERT INTO events(received, json) VALUES(?, ?)", -1, &insert, nil)
        while true {
            let batch = came.withLock {
                while waiting.isEmpty { came.wait() }
                defer { waiting = [] }
                return waiting
            }
            run("BEGIN IMMEDIATE")
            for one in batch {
                sqlite3_bind_int64(insert, 1, one.receivedAt)
                let code = one.json.withUnsafeBytes { bytes in
                    sqlite3_bind_blob(insert, 2, bytes.baseAddress, Int32(bytes.count), nil)
                    return sqlite3_step(insert)
                }
                precondition(code == SQLITE_DONE, "an event could not be inserted")
                sqlite3_reset(insert)
            }
            run("COMMIT")
            for one in batch { one.done.resume() }
        }
    }
}
