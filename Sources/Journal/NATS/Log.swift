internal import Model
internal import NATS
internal import Wire

/// The two streams of a log, asked and written: what JetStream's answers mean for a journal.
struct Log: Sendable {
    let client: NATSClient
    let names: LogNames
    let settings: NATSJournal.Settings

    /// JetStream's own numbers for what it says no with.
    enum Code {
        static let noMessage: Int64 = 10_037
        static let noStream: Int64 = 10_059
        static let noSuchSequence: Int64 = 10_057
        static let otherSequence: Int64 = 10_071
        static let notStored: Int64 = 10_077
        static let noResources: Int64 = 10_023
        static let noStorage: Int64 = 10_047
        static let tooLong: Int64 = 10_054
    }

    /// The words that ``Code/notStored`` comes with where the subject has its one message already.
    static let subjectTaken = "maximum messages per subject exceeded"

    struct Stored {
        let sequence: Int64
        let subject: String
        let bytes: [UInt8]
    }

    /// The message with a number; nil where there is none any more.
    func message(_ sequence: Int64, in stream: String) async throws(JournalError) -> Stored? {
        try await message([Verbatim.Member("seq", .integer(sequence))], in: stream)
    }

    /// The newest message under a subject, as the stream's leader has it; nil where there is none.
    func last(
        _ subject: String, in stream: String, withinMs: Int64 = NATSJournal.Settings.questionMs
    ) async throws(JournalError) -> Stored? {
        try await message([Verbatim.Member("last_by_subj", .string(subject))], in: stream, withinMs: withinMs)
    }

    private func message(
        _ which: [Verbatim.Member], in stream: String, withinMs: Int64 = NATSJournal.Settings.questionMs
    ) async throws(JournalError) -> Stored? {
        let answer: JSON
        do throws(NATSFault) {
            answer = try await client.ask("STREAM.MSG.GET.\(stream)", which, timeoutMs: withinMs)
        } catch .refused(Code.noMessage, _) {
            return nil
        } catch {
            throw JournalError(error)
        }
        guard let message = answer["message"], let sequence = message["seq"]?.integer,
            let subject = message["subject"]?.string,
            let bytes = Base64.decode(message["data"]?.string ?? "")
        else { throw .broken("the log's answer cannot be read") }
        return Stored(sequence: sequence, subject: subject, bytes: bytes)
    }

    /// The number of the newest message in the stream of what came in.
    func newest() async throws(JournalError) -> Int64 {
        do throws(NATSFault) {
            let info = try await client.ask(
                "STREAM.INFO.\(names.stream)", timeoutMs: NATSJournal.Settings.questionMs)
            return info["state"]?["last_seq"]?.integer ?? 0
        } catch {
            throw JournalError(error)
        }
    }

    /// Puts a message in the place of the one under its subject.
    /// - Parameter expected: the number that one must still have, 0 for none; nil where it does not matter.
    /// - Returns: the new one's number; nil where the one under the subject is another by now.
    func put(_ bytes: [UInt8], at subject: String, expecting expected: Int64? = nil) async throws(JournalError)
        -> Int64?
    {
        let headers = expected.map {
            [NATSMessage.Header(name: "Nats-Expected-Last-Subject-Sequence", value: String($0))]
        }
        do throws(NATSFault) {
            return try await client.publish(
                NATSMessage(subject: subject, headers: headers ?? [], body: bytes),
                timeoutMs: NATSJournal.Settings.questionMs
            ).sequence
        } catch .refused(Code.otherSequence, _) {
            return nil
        } catch {
            throw JournalError(error)
        }
    }

    /// Takes a message out of the stream of sinks' states. One that is gone already is no matter.
    func delete(_ sequence: Int64) async throws(JournalError) {
        _ = try await remove(sequence, from: names.state, overwriting: false)
    }

    /// Takes a message out of a stream.
    /// - Parameter overwriting: whether the servers write over what they held of it.
    /// - Returns: whether it was there.
    func remove(_ sequence: Int64, from stream: String, overwriting: Bool) async throws(JournalError) -> Bool {
        do throws(NATSFault) {
            _ = try await client.ask(
                "STREAM.MSG.DELETE.\(stream)",
                [Verbatim.Member("seq", .integer(sequence)), Verbatim.Member("no_erase", .bool(!overwriting))],
                timeoutMs: NATSJournal.Settings.questionMs)
            return true
        } catch .refused(Code.noMessage, _), .refused(Code.noSuchSequence, _) {
            return false
        } catch {
            throw JournalError(error)
        }
    }

    /// The oldest message under a subject from a number on, as the stream's leader has it; nil where there is none.
    func next(_ subject: String, from sequence: Int64, in stream: String) async throws(JournalError) -> Stored? {
        try await message(
            [Verbatim.Member("seq", .integer(sequence)), Verbatim.Member("next_by_subj", .string(subject))], in: stream)
    }

    /// The subjects under which there is something, of those that a filter names.
    func subjects(matching filter: String, in stream: String? = nil) async throws(JournalError) -> [String] {
        do throws(NATSFault) {
            let info = try await client.ask(
                "STREAM.INFO.\(stream ?? names.state)", [Verbatim.Member("subjects_filter", .string(filter))],
                timeoutMs: NATSJournal.Settings.questionMs)
            return info["state"]?["subjects"]?.members.map(\.name) ?? []
        } catch {
            throw JournalError(error)
        }
    }
}

extension JournalError {
    /// What it means for a journal that a server did not do what it was asked.
    init(_ fault: NATSFault) {
        switch fault {
        case .closed: self = .closed
        case .refused(Log.Code.notStored, _), .refused(Log.Code.noResources, _), .refused(Log.Code.noStorage, _):
            self = .full
        case .badSetting(let why), .unsendable(let why): self = .unusable(why)
        case .tooLarge: self = .tooLong(fault.description)
        case .refused(Log.Code.tooLong, let why): self = .tooLong(why)
        case .unreachable, .unanswered, .nobody, .refused, .unreadable: self = .busy
        }
    }
}
