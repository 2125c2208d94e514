/// The shape of the database file, as the list of steps that lead to it.
///
/// A step that was ever released is never changed: a new one is put behind it.
enum Schema {
    /// Says in the file's first bytes whose it is: "mogt".
    static let applicationID: Int64 = 0x6D6F_6774

    static let migrations = [first, second, third, fourth, fifth, sixth]

    /// Checks that a file is one of ours, and not of a version that is yet to come. It only reads.
    ///
    /// - Parameter isNewestNeeded: whether an older version will not do, for whoever cannot change that.
    static func inspect(
        _ database: Database, knowing migrations: [String] = migrations, isNewestNeeded: Bool = false
    ) throws(JournalError) {
        let owner: Int64
        do {
            owner = try database.number("PRAGMA application_id")
        } catch .broken(let reason) {
            throw .unusable("it is not a journal: \(reason)")
        }
        guard owner == applicationID else { throw .unusable("it is not a journal, but another program's database") }
        let version = try database.number("PRAGMA user_version")
        guard version <= migrations.count else {
            throw .unusable("it is of version \(version), and this program knows versions up to \(migrations.count)")
        }
        guard version > 0 else { throw .unusable("it is a journal of no version") }
        guard version == migrations.count || !isNewestNeeded else {
            throw .unusable(
                "it is of version \(version), and is brought to version \(migrations.count) when `mogate serve` opens it"
            )
        }
    }

    /// Brings the file to the newest version, each step in a transaction of its own.
    static func migrate(_ database: Database, by migrations: [String] = migrations) throws(JournalError) {
        let version = Int(clamping: try database.number("PRAGMA user_version"))
        for (index, migration) in migrations.enumerated().dropFirst(version) {
            do {
                try database.execute("BEGIN IMMEDIATE")
                try database.execute(migration)
                try database.execute("PRAGMA application_id = \(applicationID); PRAGMA user_version = \(index + 1)")
                try database.execute("COMMIT")
            } catch {
                if !database.isAtRest { try database.execute("ROLLBACK") }
                throw error
            }
        }
    }

    /// Numbers of requests and events are given out by the one writer, without gaps, and never a second time: the
    /// newest ones are in `counters`, so that they outlive the rows. The events that a request brought first follow one
    /// another. Bodies stand last, so that a search which does not want them does not read them.
    private static let first = """
        CREATE TABLE counters(
            id INTEGER PRIMARY KEY CHECK (id = 1),
            newest_event INTEGER NOT NULL,
            newest_request INTEGER NOT NULL
        ) STRICT;
        INSERT INTO counters VALUES (1, 0, 0);

        CREATE TABLE sources(
            id INTEGER PRIMARY KEY,
            source TEXT NOT NULL,
            provider TEXT NOT NULL,
            UNIQUE (source, provider)
        ) STRICT;

        CREATE TABLE requests(
            id INTEGER PRIMARY KEY,
            request_id BLOB NOT NULL,
            received_us INTEGER NOT NULL,
            source INTEGER NOT NULL,
            first_event INTEGER NOT NULL,
            event_count INTEGER NOT NULL,
            headers BLOB NOT NULL,
            body BLOB NOT NULL
        ) STRICT;
        CREATE INDEX requests_by_request_id ON requests(request_id);

        CREATE TABLE labels(
            id INTEGER PRIMARY KEY,
            type TEXT NOT NULL,
            provider TEXT NOT NULL,
            channel TEXT NOT NULL,
            source TEXT NOT NULL,
            UNIQUE (type, provider, channel, source)
        ) STRICT;

        CREATE TABLE events(
            sequence INTEGER PRIMARY KEY,
            id BLOB NOT NULL,
            request INTEGER NOT NULL,
            label INTEGER NOT NULL,
            received_us INTEGER NOT NULL,
            subject TEXT,
            body BLOB NOT NULL
        ) STRICT;
        CREATE UNIQUE INDEX events_by_id ON events(id);

        CREATE TABLE quarantine(
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            request INTEGER NOT NULL,
            at_us INTEGER NOT NULL,
            source INTEGER NOT NULL,
            path TEXT NOT NULL,
            reason TEXT NOT NULL,
            body_digest BLOB NOT NULL,
            UNIQUE (body_digest, source, path, reason)
        ) STRICT;

        CREATE TABLE sinks(
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            cursor INTEGER NOT NULL DEFAULT 0,
            position BLOB NOT NULL DEFAULT x''
        ) STRICT;

        CREATE TABLE retries(
            sink INTEGER NOT NULL,
            sequence INTEGER NOT NULL,
            attempts INTEGER NOT NULL,
            first_tried_us INTEGER NOT NULL,
            due_us INTEGER NOT NULL,
            reason TEXT NOT NULL,
            PRIMARY KEY (sink, sequence)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE dead_letters(
            sink INTEGER NOT NULL,
            sequence INTEGER NOT NULL,
            attempts INTEGER NOT NULL,
            at_us INTEGER NOT NULL,
            reason TEXT NOT NULL,
            PRIMARY KEY (sink, sequence)
        ) STRICT, WITHOUT ROWID;
        """

    /// How a request's sender was proved, which nobody knows of requests from before; what a request brought when it was
    /// read again; and what vendors send that is not known yet. The new columns stand behind the body: whoever asks for
    /// them wants it as well.
    private static let second = """
        ALTER TABLE requests ADD COLUMN method TEXT;
        ALTER TABLE requests ADD COLUMN key TEXT;

        CREATE TABLE replays(
            request INTEGER NOT NULL,
            first_event INTEGER NOT NULL,
            event_count INTEGER NOT NULL,
            PRIMARY KEY (request, first_event)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE sightings(
            provider TEXT NOT NULL,
            kind TEXT NOT NULL,
            path TEXT NOT NULL,
            word TEXT NOT NULL,
            first_us INTEGER NOT NULL,
            last_us INTEGER NOT NULL,
            count INTEGER NOT NULL,
            request_id BLOB NOT NULL,
            PRIMARY KEY (provider, kind, path, word)
        ) STRICT, WITHOUT ROWID;
        ALTER TABLE counters ADD COLUMN sightings_left_out INTEGER NOT NULL DEFAULT 0;

        CREATE INDEX quarantine_by_request ON quarantine(request);
        DROP INDEX IF EXISTS retries_by_due;
        """

    /// Ids in sorted segments, in place of an index that writes a page for each of them: see ``IDIndex``. Blocks are as
    /// large as a page, and numbered by their segment.
    private static let third = """
        DROP INDEX events_by_id;
        CREATE TABLE id_segments(
            number INTEGER PRIMARY KEY,
            level INTEGER NOT NULL,
            first_sequence INTEGER NOT NULL,
            last_sequence INTEGER NOT NULL,
            count INTEGER NOT NULL,
            filter BLOB NOT NULL
        ) STRICT;
        CREATE TABLE id_blocks(
            id INTEGER PRIMARY KEY,
            entries BLOB NOT NULL
        ) STRICT;
        """

    /// What shows that a row is as it was written, and that none is missing: a digest for each row, a chain over the
    /// commits that wrote receipts, and how many rows were taken away on purpose, whoever did it. Rows from before have no
    /// digest, and are what the commit of number 0 stands for. Numbers that were given up with what was lost
    /// are named in `losses`.
    private static let fourth = """
        ALTER TABLE events ADD COLUMN digest BLOB;
        ALTER TABLE requests ADD COLUMN digest BLOB;

        CREATE TABLE commits(
            number INTEGER PRIMARY KEY,
            last_event INTEGER NOT NULL,
            last_request INTEGER NOT NULL,
            at_us INTEGER NOT NULL,
            rows BLOB NOT NULL,
            chain BLOB NOT NULL
        ) STRICT;
        INSERT INTO commits SELECT 0, newest_event, newest_request, 0, zeroblob(16), zeroblob(32) FROM counters;

        CREATE TABLE losses(
            number INTEGER PRIMARY KEY,
            at_us INTEGER NOT NULL,
            after_number INTEGER NOT NULL,
            after_event INTEGER NOT NULL,
            after_request INTEGER NOT NULL,
            why TEXT NOT NULL
        ) STRICT;

        ALTER TABLE counters ADD COLUMN events_removed INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE counters ADD COLUMN requests_removed INTEGER NOT NULL DEFAULT 0;
        UPDATE counters SET events_removed = newest_event - (SELECT count(*) FROM events),
            requests_removed = newest_request - (SELECT count(*) FROM requests);
        CREATE TRIGGER events_removed AFTER DELETE ON events BEGIN
            UPDATE counters SET events_removed = events_removed + 1;
        END;
        CREATE TRIGGER requests_removed AFTER DELETE ON requests BEGIN
            UPDATE counters SET requests_removed = requests_removed + 1;
        END;
        """

    /// How a sink was left, and when it came how far; what an entry went through that was not simply taken; and what was
    /// erased. An entry with nothing here was taken at its first try, by the time that its sink had come so far.
    private static let fifth = """
        ALTER TABLE sinks ADD COLUMN moved_us INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE sinks ADD COLUMN is_served INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE sinks ADD COLUMN halted_us INTEGER;
        ALTER TABLE sinks ADD COLUMN halt_reason TEXT;
        ALTER TABLE sinks ADD COLUMN down_until_us INTEGER;
        ALTER TABLE sinks ADD COLUMN probes_failed INTEGER NOT NULL DEFAULT 0;

        CREATE TABLE trials(
            sink INTEGER NOT NULL,
            sequence INTEGER NOT NULL,
            count INTEGER NOT NULL,
            PRIMARY KEY (sink, sequence)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE passages(
            sink INTEGER NOT NULL,
            cursor INTEGER NOT NULL,
            at_us INTEGER NOT NULL,
            PRIMARY KEY (sink, cursor)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE attempts(
            sequence INTEGER NOT NULL,
            sink INTEGER NOT NULL,
            at_us INTEGER NOT NULL,
            outcome INTEGER NOT NULL,
            attempt INTEGER NOT NULL,
            reason TEXT,
            PRIMARY KEY (sequence, sink, at_us, outcome)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE erasures(
            id INTEGER PRIMARY KEY,
            at_us INTEGER NOT NULL,
            salt BLOB NOT NULL,
            subject_digest BLOB NOT NULL,
            events INTEGER NOT NULL,
            requests INTEGER NOT NULL,
            faults INTEGER NOT NULL
        ) STRICT;
        """

    /// Pages that were damaged and made readable again, and what that came to.
    private static let sixth = """
        CREATE TABLE mendings(
            id INTEGER PRIMARY KEY,
            at_us INTEGER NOT NULL,
            page INTEGER NOT NULL,
            words TEXT NOT NULL
        ) STRICT;
        """
}
