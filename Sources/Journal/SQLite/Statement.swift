import CSQLite
import Model

/// A compiled statement, finalized when it goes. It keeps its connection open for as long as it is there.
///
/// Whoever runs it to its end or gives it up resets it: a statement left in the middle holds the log from being emptied.
@safe struct Statement: ~Copyable {
    private let handle: OpaquePointer
    private let database: Database
    /// Where SQLite reads short values that are bound, a drawer for each: it would ask for memory for every one of them.
    private let drawers: UnsafeMutableRawBufferPointer
    /// Room for an id, a digest, a number to call, a name.
    private static let drawerBytes = 64

    init(owning handle: OpaquePointer, of database: Database) {
        unsafe self.handle = handle
        self.database = database
        let count = unsafe Int(sqlite3_bind_parameter_count(handle))
        unsafe drawers = .allocate(byteCount: count * Self.drawerBytes, alignment: 16)
    }

    deinit {
        unsafe sqlite3_finalize(handle)
        unsafe drawers.deallocate()
    }

    // MARK: Running

    /// Goes to the next row; false where there is none.
    func row() throws(JournalError) -> Bool {
        switch unsafe sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let code: throw error(code)
        }
    }

    /// Runs a statement that brings no rows, and makes it ready for the next time.
    func run() throws(JournalError) {
        let code = unsafe sqlite3_step(handle)
        defer { reset() }
        guard code == SQLITE_DONE else { throw error(code) }
    }

    /// Makes it ready for the next time. What was bound stays bound.
    func reset() {
        unsafe sqlite3_reset(handle)
    }

    // MARK: Binding, from 1

    func bind(_ value: Int64, at index: Int32) throws(JournalError) {
        try check(unsafe sqlite3_bind_int64(handle, index, value))
    }

    func bind(_ value: Int64?, at index: Int32) throws(JournalError) {
        guard let value else { return try bindNothing(at: index) }
        try bind(value, at: index)
    }

    func bind(_ text: String?, at index: Int32) throws(JournalError) {
        guard let text else { return try bindNothing(at: index) }
        // From where it lies: Swift would make a copy with a zero behind it first.
        let code = unsafe text.utf8Span.span.withUnsafeBytes { bytes in
            let count = UInt64(bytes.count)
            guard let drawer = unsafe drawer(holding: bytes, at: index) else {
                return unsafe shim_bind_text_copied(handle, index, bytes.baseAddress, count)
            }
            let text = unsafe drawer.assumingMemoryBound(to: CChar.self)
            return unsafe sqlite3_bind_text64(handle, index, text, count, nil, UInt8(SQLITE_UTF8))
        }
        try check(code)
    }

    func bind(_ id: EventID, at index: Int32) throws(JournalError) {
        try bindSixteenBytes(id.high, id.low, at: index)
    }

    func bind(_ digest: RowDigest, at index: Int32) throws(JournalError) {
        try bindSixteenBytes(digest.high, digest.low, at: index)
    }

    private func bindSixteenBytes(_ high: UInt64, _ low: UInt64, at index: Int32) throws(JournalError) {
        try check(unsafe withUnsafeBytes(of: (high.bigEndian, low.bigEndian)) { unsafe bind(copying: $0, at: index) })
    }

    /// Binds bytes that are copied: for short ones.
    func bind(_ bytes: [UInt8]?, at index: Int32) throws(JournalError) {
        guard let bytes else { return try bindNothing(at: index) }
        try check(unsafe bytes.withUnsafeBytes { unsafe bind(copying: $0, at: index) })
    }

    private func bind(copying bytes: UnsafeRawBufferPointer, at index: Int32) -> Int32 {
        let count = UInt64(bytes.count)
        guard let drawer = unsafe drawer(holding: bytes, at: index) else {
            return unsafe shim_bind_blob_copied(handle, index, bytes.baseAddress, count)
        }
        return unsafe sqlite3_bind_blob64(handle, index, drawer, count, nil)
    }

    /// Puts bytes into the drawer of what is bound there; nil where they are too long for it.
    ///
    /// What lies there is SQLite's until the next value is bound. The statement has to have been reset by then: SQLite refuses
    /// the value where it was not, but by then the old one is gone.
    private func drawer(holding bytes: UnsafeRawBufferPointer, at index: Int32) -> UnsafeRawPointer? {
        let start = (Int(index) - 1) * Self.drawerBytes
        guard bytes.count <= Self.drawerBytes, unsafe drawers.indices.contains(start) else { return nil }
        assert(unsafe sqlite3_stmt_busy(handle) == 0, "a value was bound in the middle of a run")
        let drawer = unsafe UnsafeMutableRawBufferPointer(rebasing: drawers[start..<start + Self.drawerBytes])
        unsafe drawer.copyMemory(from: bytes)
        return UnsafeRawPointer(drawer.baseAddress)
    }

    /// Runs the statement with bytes that SQLite reads where they lie.
    ///
    /// The binding is taken back before the bytes may go.
    func run(lending bytes: [UInt8], at index: Int32) throws(JournalError) {
        guard !bytes.isEmpty else {
            try bind(bytes, at: index)
            return try run()
        }
        try unsafe bytes.withUnsafeBufferPointer { (buffer) throws(JournalError) in
            defer { unsafe sqlite3_bind_null(handle, index) }
            try check(unsafe sqlite3_bind_blob64(handle, index, buffer.baseAddress, UInt64(buffer.count), nil))
            try run()
        }
    }

    private func bindNothing(at index: Int32) throws(JournalError) {
        try check(unsafe sqlite3_bind_null(handle, index))
    }

    // MARK: Reading, from 0

    func isNull(_ column: Int32) -> Bool {
        unsafe sqlite3_column_type(handle, column) == SQLITE_NULL
    }

    func integer(_ column: Int32) -> Int64 {
        unsafe sqlite3_column_int64(handle, column)
    }

    /// Bytes, copied; none where the column holds nothing.
    func bytes(_ column: Int32) -> [UInt8] {
        guard let start = unsafe sqlite3_column_blob(handle, column) else { return [] }
        return unsafe [UInt8](UnsafeRawBufferPointer(start: start, count: byteCount(column)))
    }

    /// How many bytes a column holds, without reading them.
    func byteCount(_ column: Int32) -> Int {
        unsafe Int(sqlite3_column_bytes(handle, column))
    }

    func text(_ column: Int32) -> String? {
        guard let start = unsafe sqlite3_column_text(handle, column) else { return nil }
        return unsafe String(decoding: UnsafeBufferPointer(start: start, count: byteCount(column)), as: UTF8.self)
    }

    /// An id: sixteen bytes, or the row is not one that was written here.
    func id(_ column: Int32) throws(JournalError) -> EventID {
        guard let (high, low) = sixteenBytes(column) else { throw .broken("an id is not sixteen bytes long") }
        return EventID(high: high, low: low)
    }

    /// Sixteen bytes as two numbers; nil where there are more or fewer.
    func sixteenBytes(_ column: Int32) -> (high: UInt64, low: UInt64)? {
        guard let start = unsafe sqlite3_column_blob(handle, column), byteCount(column) == 16 else { return nil }
        let bytes = unsafe UnsafeRawBufferPointer(start: start, count: 16)
        return unsafe (
            UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
            UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        )
    }

    func instant(_ column: Int32) -> Instant {
        Instant(microseconds: integer(column))
    }

    // MARK: Errors

    private func check(_ code: Int32) throws(JournalError) {
        guard code == SQLITE_OK else { throw error(code) }
    }

    private func error(_ code: Int32) -> JournalError {
        database.error(code)
    }
}
