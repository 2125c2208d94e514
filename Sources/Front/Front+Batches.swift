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
        guard let admission = connection.admission.take() else { preconditionFailure("a request was not let in") }
        let webhook = webhook(request, from: connection, at: moment)
        queue(RequestBatch.Request(webhook: webhook, ticket: connection.ticket, bytes: bytes), admission)
    }

    /// Puts a request into the batch that it may share, or into one of its own.
    private func queue(_ request: RequestBatch.Request, _ admission: Admission) {
        let batch: RequestBatch
        switch admission {
        case .batched(let key, _, let handler):
            if let open = batches.last(where: { $0.key === key }), open.hasRoom(for: request.bytes) {
                return open.add(request)
            }
            batch = RequestBatch(key: key, handler: handler)
        case .admitted(_, let handler):
            batch = RequestBatch(key: nil) { [await handler($0[0])] }
        case .refused:
            preconditionFailure("a request that was turned away is whole")
        }
        batch.add(request)
        batches.append(batch)
        // It runs when this pass of the loop is over, and all that came in it is there.
        Task(executorPreference: preference) { await self.answerNextBatch() }
    }

    /// Answers the batch that has waited for longest. There is a task for each.
    private func answerNextBatch() async {
        let batch = batches.removeFirst()
        let replies = await batch.handler(batch.requests.map(\.webhook))
        precondition(replies.count == batch.requests.count, "each request is to have one reply")
        for (request, reply) in zip(batch.requests, replies) { handlerReturned(reply, to: request) }
    }

    private func handlerReturned(_ reply: Reply, to request: RequestBatch.Request) {
        occupancy.end(holding: request.bytes)
        seen.requestsInFlight -= 1
        seen.bytesHeld -= request.bytes
        if let connection = connections[request.ticket] {
            send(reply, on: connection)
        } else {
            seen.repliesDropped += 1
        }
        finishDrainingIfDone()
    }
}
