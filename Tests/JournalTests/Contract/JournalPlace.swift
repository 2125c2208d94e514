import FolderKit
import Foundation
import Journal
import Model
import NATSKit
import Testing

/// Where a journal of one kind or another lies: made, closed and opened again by a test of what all of them promise.
final class JournalPlace: Sendable {
    enum Kind: String, CaseIterable, Sendable {
        case sqlite, nats
    }

    private let folder: Folder?
    private let server: NATSServer?

    init(_ kind: Kind) async throws {
        folder = kind == .sqlite ? try Folder() : nil
        server = kind == .nats ? try await NATSServer() : nil
    }

    func open() async throws -> any Journal {
        if let server { return try await NATSJournal.open(.alone(on: server)) }
        return try SQLiteJournal.open(#require(folder))
    }

    /// A look into the journal that lies here.
    func browser() async throws -> any JournalBrowser {
        if let server { return try await NATSBrowser.open(.alone(on: server)) }
        return try SQLiteBrowser(path: #require(folder).journalPath)
    }

    /// Closes a journal, which lies here until then.
    func end(_ journal: any Journal) async {
        await journal.close()
    }
}

extension NATSJournal.Settings {
    /// A log on one server, with turns that are short.
    static func alone(on server: NATSServer, turnMs: Int64 = 2_000) -> Self {
        Self(servers: server.settings, replicas: 1, appendWithinMs: 4_000, turnMs: turnMs, pollMs: 20)
    }
}

extension Journal {
    /// All entries up to a number.
    func entries(through newest: Int64, matching filter: EntryFilter = EntryFilter()) async throws -> [Entry] {
        var entries: [Entry] = []
        var through: Int64 = 0
        while through < newest {
            let batch = try await read(after: through, limit: 100, matching: filter)
            entries += batch.entries
            through = batch.through
        }
        return entries
    }

    /// The number of the newest event, once it is one that a test waits for.
    func newest(where isIt: (Int64) -> Bool = { $0 > 0 }) async -> Int64 {
        for await newest in await commits() where isIt(newest) { return newest }
        return 0
    }
}
