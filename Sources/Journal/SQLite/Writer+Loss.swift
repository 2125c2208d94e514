import Model

extension Writer {
    /// Goes on after a loss: notes it, and leaves out the numbers that were given out before.
    func accept(_ loss: Loss, held: CommitHead, at now: Instant) throws(JournalError) -> AcceptedLoss {
        let before = chain.head
        let insertLoss = try database.prepare(
            "INSERT INTO losses(number, at_us, after_number, after_event, after_request, why) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
        )
        let raise = try database.prepare(
            """
            UPDATE counters SET events_removed = events_removed + max(0, ?1 - newest_event),
            requests_removed = requests_removed + max(0, ?2 - newest_request),
            newest_event = max(newest_event, ?1), newest_request = max(newest_request, ?2)
            """)
        let counters = try database.prepare("SELECT newest_event, newest_request FROM counters")
        chain.begin()
        let lastEvent = try transaction { () throws(JournalError) in
            try raise.bind(held.lastEvent, at: 1)
            try raise.bind(held.lastRequest, at: 2)
            try raise.run()
            defer { counters.reset() }
            guard try counters.row() else { throw .broken("the counters are gone") }
            let number = try chain.seal(
                lastEvent: counters.integer(0), lastRequest: counters.integer(1), at: now,
                number: max(before.number, held.number) + 1)
            try insertLoss.bind(number, at: 1)
            try insertLoss.bind(now.microseconds, at: 2)
            try insertLoss.bind(before.number, at: 3)
            try insertLoss.bind(before.lastEvent, at: 4)
            try insertLoss.bind(before.lastRequest, at: 5)
            try insertLoss.bind(loss.description, at: 6)
            try insertLoss.run()
            return counters.integer(0)
        }
        chain.advance()
        return AcceptedLoss(
            at: now, afterEvent: before.lastEvent, nextEvent: lastEvent + 1, why: loss.description)
    }
}
