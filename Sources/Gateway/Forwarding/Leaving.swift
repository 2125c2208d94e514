/// Entries that were settled or given up, for as long as the journal may still say that they wait.
///
/// What it answers may be from before that was recorded: they are not to be sent once more for that.
struct Leaving {
    /// Not yet handed out to be recorded, on their way to the disk, and there.
    private var fresh: Set<Int64> = []
    private var underWay: Set<Int64> = []
    private var onDisk: Set<Int64> = []

    func contains(_ sequence: Int64) -> Bool {
        fresh.contains(sequence) || underWay.contains(sequence) || onDisk.contains(sequence)
    }

    mutating func insert(_ sequence: Int64) {
        fresh.insert(sequence)
    }

    /// All so far are about to be recorded.
    mutating func record() {
        underWay.formUnion(fresh)
        fresh = []
    }

    mutating func recorded() {
        onDisk.formUnion(underWay)
        underWay = []
    }

    /// The journal's next answer is from after they were recorded.
    mutating func forgetRecorded() {
        onDisk = []
    }
}
