internal import Front
internal import Journal
internal import Model

/// The admin address, and what is done by it.
extension Gateway {
    /// Opens it, and leaves word of it beside the journal. Tells where it is.
    func openAdmin(at address: ListenAddress) async throws(GatewayFault) -> String {
        // Of a log no file lies here that could say what a token is: there is one where the operator names it.
        let named = settings.adminToken.map { String(decoding: $0.key, as: UTF8.self) }
        let token = named ?? (archive == nil ? nil : AdminTicket.newToken())
        // It has a loop of its own: it answers while the others are busy.
        let admin = admin(token: token)
        let front = Front(
            loop: loops[0], address: address, limits: Limits(), now: time.now,
            gate: { _ in .admitted(handler: admin.answer) })
        let port = try await listen(front)
        adminFront = front
        // The ticket is for the command line, which changes a journal that is a file.
        guard archive != nil, let token else { return ListenAddress(host: address.host, port: port).description }
        do {
            try AdminTicket(host: address.host, port: port, token: token).leave(besideJournal: settings.journal.path)
        } catch {
            throw .journal(error)
        }
        return ListenAddress(host: address.host, port: port).description
    }

    func closeAdmin() async {
        guard let front = adminFront else { return }
        if archive != nil { AdminTicket.remove(besideJournal: settings.journal.path) }
        await front.drain(withinMs: 0)
    }

    private func admin(token: String?) -> Admin {
        Admin(
            unreadiness: { [weak self] in
                guard let self else { return "stopping" }
                return await self.unreadiness
            },
            remark: { [weak self] in await self?.spillWords },
            metrics: { [weak self] in await self?.metrics ?? "" },
            actions: token.map { token in
                ActionDoor(token: Array(token.utf8), context: context, report: { [report] in report($0) })
            },
            desk: OperatorDesk(
                browser: browser, trends: trends, status: { [weak self] in await self?.status ?? .null },
                sinks: { [weak self] in await self?.settings.sinks ?? [] },
                sources: { [weak self] in await self?.settings.sources ?? [] }),
            hosts: settings.adminHosts)
    }

    private var context: ActionContext {
        ActionContext(
            journal: journal, browser: browser, time: time,
            configuration: { [weak self] in
                guard let settings = await self?.settings else { return .init(sources: [], sinks: []) }
                return .init(settings)
            },
            tell: { [weak self] word in await self?.tell(word) })
    }

    /// Passes a word on to whatever serves the sink, where that is this process.
    func tell(_ word: SinkWord) async {
        guard let forwarder = forwarders[word.sink]?.forwarder else { return }
        switch word.what {
        case .lookAgain: await forwarder.lookAgain()
        case .resume: await forwarder.resume()
        case .forget(let sequences): await forwarder.forget(sequences)
        }
    }
}
