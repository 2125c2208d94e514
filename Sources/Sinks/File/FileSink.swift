public import Model
internal import Threads

/// Writes events into a file, one a line, each exactly once.
///
/// Its position is recorded with the cursor, in one transaction; when it is opened again, what lies past the position
/// is cut. So an event is in the file if and only if the cursor has passed it, whenever the process ended.
public actor FileSink: Sink {
    /// Where to write, and when to put the file aside and begin another.
    public struct Settings: Sendable, Equatable {
        public var path: String
        /// No file grows longer than this, unless by a single batch; nil for no such bound.
        public var rotateBytes: Int64?
        /// A file that was started this long ago takes no more; nil for no such bound.
        public var rotateMs: Int64?

        public init(path: String, rotateBytes: Int64? = nil, rotateMs: Int64? = nil) {
            self.path = path
            self.rotateBytes = rotateBytes
            self.rotateMs = rotateMs
        }
    }

    public nonisolated let batchMax = 512
    /// One after the other: the file has one end.
    public nonisolated let concurrency = 1
    /// So much is gathered before it is written; a batch that is shorter is written at once.
    static let writeBytesMax = 4 << 20

    private let thread: WorkThread
    private let settings: Settings
    private let now: @Sendable () -> Instant
    /// Nil before it is opened, and once it is closed; so is the file.
    private var opening: FileOpening?
    private var current: FileOpening.Opened?
    /// Whether the current file has its last name already, and the next one could not be made yet.
    private var isPutAside = false
    private var buffer: [UInt8] = []
    private nonisolated let gate = CallGate()

    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe thread.asUnownedSerialExecutor()
    }

    /// Opens the file, on the sink's own thread: a file system that hangs holds up only who waits for this sink.
    ///
    /// - Parameter position: what ``deliver(_:)`` last answered and was recorded; empty where nothing ever was.
    public static func open(
        _ settings: Settings, position: [UInt8], now: @escaping @Sendable () -> Instant
    ) async throws(SinkError) -> FileSink {
        let sink = FileSink(settings, now: now)
        do throws(SinkError) {
            try await sink.begin(at: position)
        } catch {
            await sink.close()
            throw error
        }
        return sink
    }

    private init(_ settings: Settings, now: @escaping @Sendable () -> Instant) {
        self.settings = settings
        self.now = now
        thread = WorkThread(name: "file sink")
    }

    private func begin(at position: [UInt8]) throws(SinkError) {
        let folder = try Folder(of: settings.path)
        let opening = FileOpening(folder: folder, name: FileName(Folder.name(in: settings.path)))
        if position.isEmpty {
            current = try opening.start(at: now())
        } else if let saved = FilePosition(position) {
            current = try opening.resume(at: saved, now: now())
        } else {
            throw .positionLost("the saved position of \(settings.path) cannot be read")
        }
        self.opening = opening
    }

    /// Writes all of them or none, and returns when they are on the disk.
    public nonisolated(nonsending) func deliver(_ entries: [Entry]) async -> Delivered {
        guard gate.enter() else {
            return Delivered(outcomes: entries.map { _ in .later(reason: "the sink is closed", waitMs: nil) })
        }
        defer { gate.leave() }
        return await take(entries)
    }

    private func take(_ entries: [Entry]) -> Delivered {
        guard !entries.isEmpty else { return Delivered(outcomes: []) }
        do {
            let position = try append(entries)
            return Delivered(outcomes: entries.map { _ in .taken }, position: position.bytes)
        } catch {
            let outcome = Delivery.later(reason: error.description, waitMs: nil)
            return Delivered(outcomes: entries.map { _ in outcome })
        }
    }

    public nonisolated func close() async {
        gate.shut()
        await letGo()
        await gate.empty()
        thread.stop()
    }

    private func letGo() {
        current = nil
        opening = nil
    }

    // MARK: Writing

    private func append(_ entries: [Entry]) throws(SinkError) -> FilePosition {
        guard let file = try rotated(for: entries) else { throw .unusable("\(settings.path) is closed") }
        do {
            let written = try write(entries, to: file)
            current = written
            return FilePosition(offset: written.offset, startedAt: written.startedAt, tail: written.tail)
        } catch {
            // Half a line, or lines that were not synced. Should they stay for now, they are cut before the next batch.
            try? file.file.cut(at: file.offset)
            throw .unusable("\(settings.path): \(error.words)")
        }
    }

    private func write(
        _ entries: [Entry], to file: FileOpening.Opened
    ) throws(SystemFailure) -> FileOpening.Opened {
        var offset = file.offset
        var tail = file.tail
        buffer.removeAll(keepingCapacity: true)
        for (index, entry) in entries.enumerated() {
            entry.appendJSON(to: &buffer)
            buffer.append(UInt8(ascii: "\n"))
            guard buffer.count >= Self.writeBytesMax || index == entries.count - 1 else { continue }
            try file.file.write(buffer, at: offset)
            offset += Int64(buffer.count)
            let ended = tail + buffer.suffix(FilePosition.tailBytesMax)
            // As an array made of a slice: `suffix` that gives an array itself takes it byte by byte.
            tail = Array(ended[max(0, ended.count - FilePosition.tailBytesMax)...])
            buffer.removeAll(keepingCapacity: true)
        }
        try file.file.sync()
        return FileOpening.Opened(file: file.file, offset: offset, startedAt: file.startedAt, tail: tail)
    }

    // MARK: Rotation

    /// The file that these entries go to: the current one, or the one after it.
    private func rotated(for entries: [Entry]) throws(SinkError) -> FileOpening.Opened? {
        guard let opening, let file = current else { return nil }
        if !isPutAside {
            try checkUntouched(file, in: opening)
            guard isDue(file, adding: entries, at: now()) else { return file }
            do {
                try opening.folder.rename(opening.name.active) { number in
                    opening.name.archive(startedAt: file.startedAt, number: number)
                }
            } catch {
                // The new name may be there already, without being on the disk for certain.
                isPutAside = !opening.folder.isNamed(opening.name.active, file.file)
                throw .unusable(error.words)
            }
            isPutAside = true
        }
        let next = try opening.startFile(at: max(now(), file.startedAt.advanced(by: 1)))
        current = next
        isPutAside = false
        return next
    }

    private func isDue(_ file: FileOpening.Opened, adding entries: [Entry], at now: Instant) -> Bool {
        guard file.offset > 0 else { return false }
        if let rotateMs = settings.rotateMs, now.milliseconds(since: file.startedAt) >= rotateMs { return true }
        guard let rotateBytes = settings.rotateBytes else { return false }
        let addedBytes = entries.reduce(0) { $0 + $1.event.bytes.count + Self.lineBytesAdded }
        return file.offset + Int64(addedBytes) > rotateBytes
    }

    /// How much longer a line is than the event's canonical bytes: the `sequence` member and the line's end.
    private static let lineBytesAdded = 35

    /// Sees to it that the file is as the last batch left it.
    ///
    /// Writing on into a file that someone renamed, deleted or cut would lose events without a word.
    private func checkUntouched(_ file: FileOpening.Opened, in opening: FileOpening) throws(SinkError) {
        guard opening.folder.isNamed(opening.name.active, file.file), let facts = file.file.facts else {
            throw .positionLost("\(settings.path) was renamed or deleted by someone else")
        }
        guard facts.sizeBytes >= file.offset else {
            throw .positionLost("\(settings.path) was cut by someone else")
        }
        guard facts.sizeBytes > file.offset else { return }
        do {
            try file.file.cut(at: file.offset)
        } catch {
            throw .unusable("\(settings.path): \(error.words)")
        }
    }
}
