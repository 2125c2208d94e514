/// What the journal counts, for whoever watches it.
public struct JournalFigures: Sendable, Equatable {
    /// Transactions that reached the disk.
    public var commits: Int64 = 0
    /// Receipts in them.
    public var receipts: Int64 = 0
    /// Events in those that were new.
    public var newEvents: Int64 = 0
    /// Receipts that brought nothing new.
    public var duplicates: Int64 = 0
    /// Times that the log was copied into the file.
    public var checkpoints: Int64 = 0
    /// Bytes of the write-ahead log after the last commit.
    public var logBytes: Int64 = 0
    /// Receipts that wait or are being written.
    public var waitingReceipts = 0
    /// Bytes of those.
    public var waitingBytes = 0
    /// Whether receipts are refused for want of room, as of the last one that came or the last pruning.
    public var isFull = false
    /// Whether receipts are refused since a reader holds the log, which would grow beyond its bound.
    public var isLogHeld = false
    /// The number of the newest event.
    public var newest: Int64 = 0
}
