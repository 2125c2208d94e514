internal import Model
internal import NATS
internal import Wire

/// Makes the streams of a log where there are none, and looks at what they and the servers are set to.
struct LogStreams: Sendable {
    let log: Log

    /// What a stream is to be set to, for exactness first.
    private func configuration(_ name: String, _ subjects: [String], isState: Bool) -> [Verbatim.Member] {
        var members: [Verbatim.Member] = [
            .init("name", .string(name)), .init("subjects", .array(subjects.map { .string($0) })),
            .init("retention", .string("limits")), .init("storage", .string("file")),
            .init("num_replicas", .integer(Int64(log.settings.replicas))), .init("max_msgs_per_subject", .integer(1)),
            .init("discard", .string(isState ? "old" : "new")),
        ]
        guard !isState else { return members }
        members.append(.init("discard_new_per_subject", .bool(true)))
        if let retainMs = log.settings.retainMs { members.append(.init("max_age", .integer(retainMs * 1_000_000))) }
        if let bytesMax = log.settings.bytesMax { members.append(.init("max_bytes", .integer(bytesMax))) }
        return members
    }

    /// Makes what is missing.
    /// - Throws: ``JournalError/unusable(_:)`` where what is there would lose or repeat something.
    func prepare() async throws(JournalError) {
        let names = log.names
        for (name, subjects, isState) in [
            (names.stream, names.streamSubjects, false), (names.state, names.stateSubjects, true),
        ] {
            if try await configuration(of: name) == nil {
                do throws(NATSFault) {
                    _ = try await log.client.ask(
                        "STREAM.CREATE.\(name)", configuration(name, subjects, isState: isState),
                        timeoutMs: NATSJournal.Settings.questionMs)
                } catch .refused(_, let reason) {
                    throw .unusable("the stream \(name) cannot be made: \(reason)")
                } catch {
                    throw JournalError(error)
                }
            }
        }
        if let refusal = try await weaknesses().first(where: \.isFatal) { throw .unusable(refusal.words) }
    }

    /// The same, once a server answers: those that were started at the same time as we were may need a while.
    func weaknessesOnceReachable() async throws(JournalError) -> [LogWeakness] {
        let deadline = ContinuousClock.now + .milliseconds(NATSJournal.Settings.questionMs)
        while true {
            do throws(JournalError) {
                return try await weaknesses()
            } catch .busy {
                guard ContinuousClock.now < deadline else { throw .unusable(NATSJournal.unreachable) }
                try? await Task.sleep(for: .milliseconds(50))
            }
        }
    }

    private func configuration(of name: String) async throws(JournalError) -> JSON? {
        do throws(NATSFault) {
            return try await log.client.ask("STREAM.INFO.\(name)", timeoutMs: NATSJournal.Settings.questionMs)["config"]
        } catch .refused(Log.Code.noStream, _) {
            return nil
        } catch {
            throw JournalError(error)
        }
    }

    /// What in the streams' settings breaks a promise, or may.
    func weaknesses() async throws(JournalError) -> [LogWeakness] {
        var found: [LogWeakness] = []
        for name in [log.names.stream, log.names.state] {
            guard let stream = try await configuration(of: name) else {
                found.append(
                    LogWeakness(
                        "there is no stream \(name) yet: `mogate serve` makes it", isFatal: false, isMissing: true))
                continue
            }
            let isState = name == log.names.state
            func need(_ holds: Bool, _ words: String, isFatal: Bool = true) {
                if !holds { found.append(LogWeakness("stream \(name): \(words)", isFatal: isFatal)) }
            }
            need(
                stream["storage"]?.string == "file", "is held in memory, and gone with the power: storage must be file")
            let subjects = Set(stream["subjects"]?.elements.compactMap(\.string) ?? [])
            let missing = (isState ? log.names.stateSubjects : log.names.streamSubjects).filter {
                !subjects.contains($0)
            }
            need(missing.isEmpty, "does not take \(missing.joined(separator: ", ")): add that to its subjects")
            need(stream["retention"]?.string == "limits", "deletes what was read: retention must be limits")
            need(
                stream["max_msgs_per_subject"]?.integer == 1,
                "max_msgs_per_subject must be 1, or the same event can come twice")
            need(
                stream["discard"]?.string == (isState ? "old" : "new"),
                "discard must be \(isState ? "old" : "new, or old events are lost to new ones")")
            if !isState {
                need(
                    stream["discard_new_per_subject"]?.bool == true,
                    "discard_new_per_subject must be true, or an event that comes again replaces itself and goes out twice"
                )
            }
            let replicas = stream["num_replicas"]?.integer ?? 1
            need(
                replicas >= log.settings.replicas,
                "is on \(replicas) servers, and journal.replicas asks for \(log.settings.replicas)")
            need(
                replicas >= 3,
                "is on \(replicas) server\(replicas == 1 ? "" : "s"): what was answered is lost with a disk",
                isFatal: false)
        }
        return found
    }
}

/// Something in the settings of a log's streams that breaks a promise.
public struct LogWeakness: Sendable, Equatable {
    public let words: String
    /// Whether nothing may be accepted with it.
    public let isFatal: Bool

    /// Whether it is that there is nothing yet.
    let isMissing: Bool

    init(_ words: String, isFatal: Bool, isMissing: Bool = false) {
        self.words = words
        self.isFatal = isFatal
        self.isMissing = isMissing
    }
}
