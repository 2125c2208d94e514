internal import Front
internal import Journal
package import Model
package import Providers
internal import Threads

/// The way of a request: from its bytes to the disk, and only then to its answer.
///
/// A class, for whatever waits holds on to it.
final class Intake: Sendable {
    /// After how many seconds a vendor is asked to come back when nothing can be stored.
    static let retryAfterSeconds = 5

    private let routes: Lock<Routes>
    private let throttle: Throttle
    private let journal: any Journal
    private let now: @Sendable () -> Instant
    private let report: Reporter
    private let accessLog: AccessLog?

    init(
        routes: Lock<Routes>, throttle: Throttle, journal: any Journal, now: @escaping @Sendable () -> Instant,
        report: Reporter, accessLog: AccessLog?
    ) {
        self.routes = routes
        self.throttle = throttle
        self.journal = journal
        self.now = now
        self.report = report
        self.accessLog = accessLog
    }

    /// Whether a request is let in, by its head: of one that is not, no byte of the body is read.
    func admit(_ head: Webhook) -> Admission {
        let (route, proxies) = routes.withLock { ($0.find(head.path), $0.proxies) }
        let sender = proxies.sender(of: head)
        do throws(Rejection) {
            let route = try admit(head, from: sender, by: route)
            let pass = Admission.Pass(batchKey: route, bodyBytesMax: route.source.access.bodyBytesMax) {
                await self.answer($0, by: route, reply: $1)
            }
            return .admitted(pass)
        } catch {
            accessLog?.note(head, from: sender, source: route?.source.name, error.reply)
            return .refused(error.reply)
        }
    }

    /// What a request is answered that is not taken.
    private struct Rejection: Error {
        let reply: Reply
    }

    private func admit(
        _ head: Webhook, from sender: IPAddress?, by route: Routes.Route?
    ) throws(Rejection) -> Routes.Route {
        let waitSeconds = throttle.secondsToWait(from: sender, to: route?.source, at: head.receivedAt)
        guard waitSeconds == 0 else { throw throttled(by: route, seconds: waitSeconds) }
        guard let route else { throw misdirected(head, from: sender, status: 404) }
        guard head.method == "POST" else { throw misdirected(head, from: sender, status: 405) }
        guard isPlain(head.headers) else { throw misdirected(head, from: sender, status: 415) }
        do throws(Refusal) {
            let networks = route.source.access.networks
            let isNear = networks.isEmpty || networks.contains { sender.map($0.contains) ?? false }
            guard isNear else { throw .forged(.address) }
            try route.provider.checkHead(head, for: route.source)
            return route
        } catch {
            throw refused(error, from: sender, by: route, at: head.receivedAt)
        }
    }

    /// Answers requests that were let in by the same route and came together.
    ///
    /// It runs on the caller's thread, and leaves it only while the disk is written.
    private nonisolated(nonsending) func answer(
        _ webhooks: [Webhook], by route: Routes.Route, reply: (_ place: Int, Reply) -> Void
    ) async {
        func conclude(_ place: Int, _ answer: Reply) {
            if let accessLog {
                let webhook = webhooks[place]
                accessLog.note(webhook, from: route.proxies.sender(of: webhook), source: route.source.name, answer)
            }
            reply(place, answer)
        }

        let submissions = read(webhooks, by: route, reject: conclude)
        let readAt = now()
        await journal.append(submissions.map(\.receipt)) { index, outcome in
            let submission = submissions[index]
            switch outcome {
            case .success(let appended): conclude(submission.place, stored(appended, submission, readAt, by: route))
            case .failure(let error): conclude(submission.place, unavailable(error, by: route))
            }
        }
    }

    /// What goes to the journal of a request, and what counts it afterwards.
    private struct Submission {
        /// Which of the requests it is, of those that came together.
        let place: Int
        let receipt: Receipt
        /// Where its events are counted.
        let eventPlaces: [Int]
    }

    /// What the requests come to that are not rejected. All else that was made of them on the way is gone when this returns,
    /// so that requests that wait for the disk hold little.
    ///
    /// Each step is done for all of them before the next one, so that the processor finds the step's code where it was left.
    private func read(
        _ webhooks: [Webhook], by route: Routes.Route, reject: (_ place: Int, Reply) -> Void
    ) -> [Submission] {
        let begunAt = now()
        var requests: [(place: Int, request: Authentic)] = []
        requests.reserveCapacity(webhooks.count)
        var rejections: [(place: Int, reply: Reply)] = []
        for (place, webhook) in webhooks.enumerated() {
            do throws(Rejection) {
                requests.append((place, try authenticate(webhook, by: route)))
            } catch {
                rejections.append((place, error.reply))
            }
        }
        let provedAt = now()
        for (place, reply) in rejections { reject(place, reply) }
        guard !requests.isEmpty else { return [] }
        let decodingAt = now()
        var decodings = requests.map { route.provider.decode($0.request, for: route.source) }
        let submissions = requests.indices.map { index in
            submission(of: requests[index].request, at: requests[index].place, &decodings[index], by: route)
        }
        let provingUs = (provedAt.microseconds - begunAt.microseconds) / Int64(webhooks.count)
        let decodingUs = (now().microseconds - decodingAt.microseconds) / Int64(requests.count)
        for _ in requests { route.meter.decoding.note(microseconds: provingUs + decodingUs) }
        return submissions
    }

    private func authenticate(_ webhook: Webhook, by route: Routes.Route) throws(Rejection) -> Authentic {
        let sender = route.proxies.sender(of: webhook)
        // Those that came together were let in by their heads before any was proved: what was refused since then counts.
        let senderWaitSeconds = throttle.secondsToWait(from: sender, to: nil, at: webhook.receivedAt)
        guard senderWaitSeconds == 0 else { throw throttled(by: route, seconds: senderWaitSeconds) }
        let request: Authentic
        do throws(Refusal) {
            request = try route.provider.authenticate(webhook, for: route.source)
        } catch {
            throw refused(error, from: sender, by: route, at: webhook.receivedAt)
        }
        throttle.proved(sender)
        let waitSeconds = throttle.take(from: route.source, at: webhook.receivedAt)
        guard waitSeconds == 0 else { throw throttled(by: route, seconds: waitSeconds) }
        return request
    }

    private func submission(
        of request: Authentic, at place: Int, _ decoding: inout Decoding, by route: Routes.Route
    ) -> Submission {
        let eventPlaces = route.meter.places(of: decoding.events)
        let names = route.provider.headerNames(toKeepOf: request)
        let receipt = Receipt(request, &decoding, keeping: names, for: route.source)
        return Submission(place: place, receipt: receipt, eventPlaces: eventPlaces)
    }

    private func stored(
        _ appended: Appended, _ submission: Submission, _ readAt: Instant, by route: Routes.Route
    ) -> Reply {
        let meter = route.meter
        meter.committing.note(microseconds: now().microseconds - readAt.microseconds)
        guard !appended.isDuplicate else {
            meter.duplicate.add()
            return route.provider.success
        }
        let receipt = submission.receipt
        meter.accept(receipt, eventsAt: submission.eventPlaces)
        for fault in receipt.faults {
            report(.quarantined(source: receipt.source, requestId: receipt.requestId, fault: fault))
        }
        for sighting in receipt.sightings { report(.drift(provider: receipt.provider, sighting: sighting)) }
        return route.provider.success
    }

    private func unavailable(_ error: JournalError, by route: Routes.Route) -> Reply {
        route.meter.unavailable.add()
        report(.unavailable(source: route.source.name, error: error))
        return .unavailable
    }

    private func misdirected(_ request: Webhook, from sender: IPAddress?, status: Int) -> Rejection {
        throttle.refused(sender, at: request.receivedAt)
        report.metrics.countMisdirected(status)
        report(.misdirected(status: status))
        let reply: Reply =
            switch status {
            case 404: .failure(404, "not found")
            case 405: .failure(405, "method not allowed", headers: [.init(name: "Allow", value: "POST")])
            default: .failure(status, "content encoding not supported")
            }
        return Rejection(reply: reply)
    }

    private func refused(_ why: Refusal, from sender: IPAddress?, by route: Routes.Route, at now: Instant) -> Rejection
    {
        throttle.refused(sender, at: now)
        route.meter.refused.add()
        report(.refused(source: route.source.name, why: why))
        return Rejection(reply: .failure(401, "unauthorized"))
    }

    private func throttled(by route: Routes.Route?, seconds: Int) -> Rejection {
        if let route { route.meter.throttled.add() } else { report.metrics.countMisdirected(429) }
        report(.throttled(source: route?.source.name ?? ""))
        return Rejection(
            reply: .failure(
                429, "too many requests", headers: [.init(name: "Retry-After", value: String(seconds))]))
    }

    /// Signatures are over the bytes as they came, and nothing is ever inflated.
    private func isPlain(_ headers: Headers) -> Bool {
        headers["Content-Encoding"].map { $0.lowercased() == "identity" } ?? true
    }
}

extension Reply {
    /// Nothing could be stored, so nothing is pretended.
    static let unavailable = failure(
        503, "unavailable", headers: [.init(name: "Retry-After", value: String(Intake.retryAfterSeconds))])
}

extension Receipt {
    /// What the journal keeps of a request: its bytes, the header fields worth keeping, and what it came to, whose events are
    /// taken out.
    package convenience init(
        _ request: Authentic, _ decoding: inout Decoding, keeping names: [String], for source: Source
    ) {
        self.init(
            requestId: request.requestId, receivedAt: request.receivedAt, source: source.name,
            provider: source.provider, headers: request.headers.block(of: names, and: Self.plainHeaders),
            body: request.body, bodyDigest: request.bodyDigest,
            events: decoding.freezeEvents(),
            faults: decoding.faults, authenticity: request.authenticity, sightings: decoding.sightings)
    }

    /// Kept of every request, whoever sent it.
    private static let plainHeaders = ["Content-Type", "User-Agent", "traceparent"]
}
