import Model

/// An id and the number of its event.
struct IDEntry: Equatable {
    let id: EventID
    let sequence: Int64
}

/// Sorted ids with the numbers of their events, as many as fill a page of the file.
struct IDBlock {
    /// The form that it has on the disk.
    let bytes: [UInt8]

    static let entryBytes = 24
    /// So many, with what SQLite writes beside them, fit on one page.
    static let entriesMax = 160

    /// A block as it was stored; nil where it is none.
    init?(bytes: [UInt8]) {
        guard !bytes.isEmpty, bytes.count.isMultiple(of: Self.entryBytes) else { return nil }
        self.bytes = bytes
    }

    /// A block of entries that are in order.
    init(of entries: [IDEntry]) {
        var words: [UInt64] = []
        words.reserveCapacity(entries.count * Self.entryBytes / 8)
        for entry in entries {
            words.append(entry.id.high.bigEndian)
            words.append(entry.id.low.bigEndian)
            words.append(UInt64(bitPattern: entry.sequence).bigEndian)
        }
        bytes = unsafe words.withUnsafeBytes { unsafe Array($0) }
    }

    /// All of them, in order.
    var entries: [IDEntry] { (0..<count).map { self[$0] } }

    var count: Int { bytes.count / Self.entryBytes }

    subscript(index: Int) -> IDEntry {
        let start = index * Self.entryBytes
        return IDEntry(
            id: EventID(high: word(at: start), low: word(at: start + 8)),
            sequence: Int64(bitPattern: word(at: start + 16)))
    }

    /// The number of the event that has the id; nil where the block does not hold it.
    func sequence(of id: EventID) -> Int64? {
        var range = 0..<count
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            let entry = self[middle]
            if entry.id == id { return entry.sequence }
            range = entry.id < id ? middle + 1..<range.upperBound : range.lowerBound..<middle
        }
        return nil
    }

    private func word(at offset: Int) -> UInt64 {
        unsafe bytes.withUnsafeBytes {
            unsafe UInt64(bigEndian: $0.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        }
    }
}
