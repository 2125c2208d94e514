internal import Model
internal import Wire

/// What operators want of sinks, whichever process serves them: messages beside the sink's head.
extension SinkTurns {
    /// Entries that are to be sent again, in order.
    func replays(
        of sink: String, after sequence: Int64, limit: Int
    ) async throws(JournalError) -> [(sequence: Int64, at: Instant)] {
        guard isHeld(sink) else { throw .superseded }
        // Whoever begins anew wants to know what came since.
        if sequence == 0 { note(replays: try await log.numbers(under: log.names.replays(of: sink)), of: sink) }
        var found: [(sequence: Int64, at: Instant)] = []
        for (number, place) in replays(of: sink) where number > sequence {
            guard found.count < limit else { break }
            guard let stored = try await log.message(place, in: log.names.state) else { continue }
            found.append((number, Instant(microseconds: (try? JSON(stored.bytes))?["at"]?.integer ?? 0)))
        }
        return found
    }

    /// Writes what an operator wants of a sink, and tells whoever serves it.
    func instruct(_ steps: Steps, for sink: String) async throws(JournalError) {
        let at = steps.at ?? Instant(microseconds: 0)
        for sequence in steps.replayed {
            let row = Verbatim.object([.init("at", .integer(at.microseconds))])
            _ = try await log.put(row.json, at: log.names.replay(sequence, of: sink))
            // Behind it: should it end in between, the entry is among both for a while, and in neither never.
            let letter = log.names.deadLetter(sequence, of: sink)
            if let dead = try await log.last(letter, in: log.names.state) { try await log.delete(dead.sequence) }
        }
        let isResumed = steps.turn == .resumed || steps.health == .up
        if isHeld(sink) {
            if isResumed { try await record(Steps(turn: steps.turn, health: steps.health), for: sink) }
            return
        }
        if isResumed { try await say(Word(resumes: true), to: sink) }
        if !steps.replayed.isEmpty { try await say(Word(looks: true), to: sink) }
    }

    /// Tells whoever serves a sink, now or next, that events were erased.
    func forget(_ events: Set<Int64>, at sink: String) async throws(JournalError) {
        try await say(Word(forgets: events.sorted()), to: sink)
    }

    struct Word {
        var resumes = false
        var looks = false
        var forgets: [Int64] = []

        var bytes: [UInt8] {
            Verbatim.object([
                .init("resumes", .bool(resumes)), .init("looks", .bool(looks)),
                .init("forgets", .array(forgets.map { .integer($0) })),
            ]).json
        }
    }

    private func say(_ word: Word, to sink: String) async throws(JournalError) {
        // Each has a name of its own, which chance gives it: none takes another's place.
        let name = String(UInt64.random(in: .min ... .max), radix: 36)
        _ = try await log.put(word.bytes, at: log.names.word(name, to: sink))
    }

    /// Takes in what was said to a sink that it is our turn at, and takes it out of the log once it is done.
    func listen(at sink: String) async throws(JournalError) {
        let words = log.names.words(to: sink)
        while isHeld(sink), let stored = try await log.next(words, from: 1, in: log.names.state) {
            let json = try? JSON(stored.bytes)
            let forgotten = Set(json?["forgets"]?.elements.compactMap(\.integer) ?? [])
            if !forgotten.isEmpty { try await erase(forgotten, at: sink) }
            if json?["resumes"]?.bool == true {
                try await record(Steps(turn: .resumed, health: .up), for: sink)
                tell(SinkWord(.resume, to: sink))
            }
            if json?["looks"]?.bool == true { tell(SinkWord(.lookAgain, to: sink)) }
            try await log.delete(stored.sequence)
        }
    }

    /// Takes away what waits of erased events at a sink.
    private func erase(_ events: Set<Int64>, at sink: String) async throws(JournalError) {
        drop(events, at: sink)
        tell(SinkWord(.forget(events), to: sink))
        try await log.removeRows(of: events, at: sink)
    }
}

extension Log {
    /// Takes away all that is kept of events at a sink.
    func removeRows(of events: Set<Int64>, at sink: String) async throws(JournalError) {
        for sequence in events.sorted() {
            for subject in [
                names.retry(sequence, of: sink), names.replay(sequence, of: sink), names.deadLetter(sequence, of: sink),
            ] {
                if let row = try await last(subject, in: names.state) { try await delete(row.sequence) }
            }
        }
    }
}
