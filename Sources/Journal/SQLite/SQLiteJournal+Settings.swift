extension SQLiteJournal {
    /// The numbers that bound the journal. What happens at each bound is written beside it.
    public struct Settings: Sendable {
        /// How many receipts share a commit at most, unless one append brings more; the rest goes into the next.
        public var batchReceiptsMax = 512
        /// How many bytes of receipts a commit takes at most, unless one append brings more; the rest goes into the next.
        public var batchBytesMax = 8 << 20
        /// How many receipts may wait; beyond, an append is told ``JournalError/busy`` at once.
        public var waitingReceiptsMax = 8_192
        /// How many bytes of receipts may wait; beyond, an append is told ``JournalError/busy`` at once.
        public var waitingBytesMax = 32 << 20
        /// After how many ticks (``SQLiteJournal/tick()``) a receipt that still waits is told ``JournalError/busy``.
        public var answerTicksMax = 8
        /// Free room on the disk below which receipts are told ``JournalError/full``, so that sinks can go on.
        public var reserveBytes: Int64 = 128 << 20
        /// How large the write-ahead log may become before its pages are copied into the file, between two commits.
        public var logBytesGoal = 8 << 20
        /// How large the write-ahead log may become. It is cut off before; where a reader is in the way of that, receipts are
        /// told ``JournalError/busy`` until it is gone.
        public var logBytesMax = 64 << 20
        /// What the writing connection keeps of the file in memory: enough for all pages that a commit of as many receipts as
        /// may share one changes, where they are of the usual size.
        public var writerCacheBytes = 4 << 20
        /// What the reading connection keeps of the file in memory.
        public var readerCacheBytes = 2 << 20
        /// How long a commit waits for another program that holds the file; then it is ``JournalError/busy``.
        public var patienceMs: Int32 = 1_000
        /// How many rows one step of pruning looks at; the rest is left to the next.
        public var pruneRowsMax = 128
        /// How many bytes of bodies one step of pruning deletes; the rest is left to the next.
        public var pruneBytesMax = 1 << 20
        /// How much free room stays in the file when the rest is given back, so that it need not grow again at once.
        public var freeBytesKept = 16 << 20
        /// Asks how much room the disk has left.
        public var freeBytes: @Sendable (_ path: String) -> Int64? = { DiskSpace.freeBytes(at: $0) }

        public init() {}

        /// How much of the log's bound is left for what sinks record when receipts are refused since the log cannot be cut.
        var logBytesForReceipts: Int { max(logBytesMax - 2 * batchBytesMax, logBytesMax / 2) }

        /// How much of the reserve is set aside, to be given up on a disk that got full all the same.
        var ballastBytes: Int64 { min(64 << 20, reserveBytes / 2) }

        /// More than any one value that was ever written can have.
        var valueBytesMax: Int { max(64 << 20, waitingBytesMax) + (1 << 20) }
    }
}
