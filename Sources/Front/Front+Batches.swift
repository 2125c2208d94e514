import Model
import Wire

/// How requests that are whole come to their answers.
extension Front {
    func answer(_ request: HTTPRequest, on connection: Connection, at moment: Instant) {
        seen.requests += 1
        connection.hasServed = true
        connection.mayHoldMore = connection.stream.hasInput
        connection.closesAfterReply = !request.keepsAlive || connection.mayHoldMore
        if connection.mayHoldMore { connection.stream.stopReading() }
        if isDraining { return refuse(503, on: connection) }
        let bytes = request.head.count + request.body.count
        guard occupancy.begin(holding: bytes, within: limits) else {
            seen.refusals[503, default: 0] += 1
            return send(unavailable, on: connection)
        }
        seen.requestsInFlight += 1
        seen.bytesHeld += bytes
        makeRoom()
        connection.phase = .answering
        connection.deadlineMs = .max
        guard let pass = connection.pass.take() else { preconditionFailure("a request was not let in") }
        let webhook = webhook(request, from: connection, at: moment)
        queue(RequestBatch.Request(webhook: webhook, ticket: connection.ticket, bytes: bytes), pass)
    }

    /// Puts a request into the batch that it may share, or into a new one.
    private func queue(_ request: RequestBatch.Request, _ pass: Admission.Pass) {
        if let key = pass.batchKey, let batch = batches.last(where: { $0.pass.batchKey === key }),
            batch.hasRoom(for: request.bytes)
        {
            return batch.add(request)
        }
        let batch = RequestBatch(pass)
        batch.add(request)
        batches.append(batch)
        // It runs when this pass of the loop is over, and all that came in it is there.
        Task(executorPreference: preference) { await self.answerNextBatch() }
    }

    /// Answers the batch that has waited for longest. There is a task for each.
    private func answerNextBatch() async {
        let batch = batches.removeFirst()
        await batch.pass.handler(batch.requests.map(\.webhook)) { place, reply in
            answered(batch.take(place), with: reply)
        }
        precondition(batch.isAnswered, "a request was left without a reply")
        // The handler had all of them in memory until now, also those that had their reply before.
        for request in batch.requests {
            occupancy.end(holding: request.bytes)
            seen.bytesHeld -= request.bytes
        }
    }

    private func answered(_ request: RequestBatch.Request, with reply: Reply) {
        seen.requestsInFlight -= 1
        if let connection = connections[request.ticket] {
            send(reply, on: connection)
        } else {
            seen.repliesDropped += 1
        }
        finishDrainingIfDone()
    }
}
