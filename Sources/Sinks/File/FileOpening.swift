internal import Model

/// Finds the place where a file sink goes on, from what its folder holds and from the position that was saved.
///
/// A file is put aside only when all of it was recorded, and between two batches. So whenever the process ended, what
/// is found is one of three things: the active file holds what the position tells, perhaps with bytes past it
/// that were never recorded, which are cut; or a file that was put aside ends exactly there, and the active one holds
/// nothing that was recorded; or something else happened to the files, which is for a person to look at.
struct FileOpening {
    let folder: Folder
    let name: FileName

    /// A file that is open, locked, and ends at the offset.
    struct Opened {
        let file: PlainFile
        let offset: Int64
        let startedAt: Instant
        /// The last bytes before the offset.
        let tail: [UInt8]
    }

    /// Opens the file of a sink that has no position yet.
    ///
    /// What is there already may be someone else's, or the sink's own from before its first answer was recorded: it is
    /// neither gone on with nor cut, but put aside under a name that tells.
    func start(at now: Instant) throws(SinkError) -> Opened {
        let present = try openActive(creating: false)
        guard let facts = present?.facts, facts.sizeBytes > 0 else { return try startFile(present, at: now) }
        try wrapped { () throws(SystemFailure) in
            try folder.rename(name.active) { name.unclaimed(foundAt: now, number: $0) }
        }
        return try startFile(at: now)
    }

    /// Opens the file of a sink at the position it last had recorded.
    func resume(at saved: FilePosition, now: Instant) throws(SinkError) -> Opened {
        let active = try openActive(creating: false)
        if let active, try holds(active, saved) {
            if active.facts?.sizeBytes != saved.offset { try cut(active, at: saved.offset) }
            let tail = try wrapped { () throws(SystemFailure) in
                try active.read(saved.tailBytes, at: saved.offset - Int64(saved.tailBytes))
            }
            return Opened(file: active, offset: saved.offset, startedAt: saved.startedAt, tail: tail)
        }
        guard try isPutAside(saved) else { throw .positionLost(loss(of: saved, in: active)) }
        if let active { try cut(active, at: 0) }
        return try startFile(active, at: max(now, saved.startedAt.advanced(by: 1)))
    }

    /// Makes the file, or takes one that is empty; its name is on the disk when this returns.
    func startFile(_ empty: PlainFile? = nil, at now: Instant) throws(SinkError) -> Opened {
        var file = empty
        if file == nil { file = try openActive(creating: true) }
        guard let file else { throw .unusable("\(place) cannot be made") }
        guard file.facts?.sizeBytes == 0 else { throw .inUse("\(place) was written to by someone else") }
        try wrapped { () throws(SystemFailure) in try folder.sync() }
        return Opened(file: file, offset: 0, startedAt: now, tail: [])
    }

    private var place: String { folder.place(of: name.active) }

    private func openActive(creating: Bool) throws(SinkError) -> PlainFile? {
        guard let file = try folder.open(name.active, creating: creating) else { return nil }
        // Someone who holds the file may be about to give it another name, and then let go of it: so both are asked.
        guard file.lock(), folder.isNamed(name.active, file) else {
            throw .inUse("\(place) is written to by another sink")
        }
        return file
    }

    /// Whether what was written up to the position is in the file.
    private func holds(_ file: PlainFile, _ saved: FilePosition) throws(SinkError) -> Bool {
        guard let facts = file.facts, facts.sizeBytes >= saved.offset else { return false }
        return try wrapped { () throws(SystemFailure) in
            saved.matches(tail: try file.read(saved.tailBytes, at: saved.offset - Int64(saved.tailBytes)))
        }
    }

    /// Whether the file of the position was put aside just there.
    private func isPutAside(_ saved: FilePosition) throws(SinkError) -> Bool {
        for number in 0..<FileName.archivesMax {
            let archive = name.archive(startedAt: saved.startedAt, number: number)
            guard let file = try folder.open(archive, creating: false) else { return false }
            if let facts = file.facts, facts.sizeBytes == saved.offset, try holds(file, saved) { return true }
        }
        return false
    }

    private func loss(of saved: FilePosition, in active: PlainFile?) -> String {
        let why =
            switch active?.facts?.sizeBytes {
            case nil: "is missing, though \(saved.offset) bytes of it were recorded as written"
            case let size? where size < saved.offset:
                "has \(size) bytes, though \(saved.offset) were recorded as written"
            case _?: "holds something else than what was recorded as written"
            }
        return "\(place) \(why): put the file back, or give the sink another name"
    }

    private func cut(_ file: PlainFile, at offset: Int64) throws(SinkError) {
        try wrapped { () throws(SystemFailure) in
            try file.cut(at: offset)
            try file.sync()
        }
    }

    private func wrapped<Result>(_ body: () throws(SystemFailure) -> Result) throws(SinkError) -> Result {
        do {
            return try body()
        } catch {
            throw .unusable("\(place): \(error.words)")
        }
    }
}

extension Instant {
    /// So many microseconds later.
    func advanced(by microseconds: Int64) -> Instant {
        Instant(microseconds: self.microseconds &+ microseconds)
    }
}
