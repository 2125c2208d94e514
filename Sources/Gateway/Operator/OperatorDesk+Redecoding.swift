internal import Journal
internal import Model

/// What today's decoders make of a stored request: to be looked at before anything is added.
extension OperatorDesk {
    func redecoding(_ id: String, _ query: QueryItems) async throws(JournalError) -> Reply? {
        guard let id = EventID(id), let request = try await browser.request(id) else { return nil }
        guard let redecoding = Redecoding(request, sources: await sources()) else {
            return .json(["requestId": .string(id.description), "isKnown": .bool(false)])
        }
        let isRevealed = query["reveal"] == "true"
        let findings = try await redecoding.findings(in: browser)
        return .json([
            "requestId": .string(id.description), "isKnown": .bool(true), "isRevealed": .bool(isRevealed),
            "events": .array(findings.map { $0.members(isRevealed: isRevealed) }),
            "faults": .array(
                redecoding.receipt.faults.map { ["path": .string($0.path), "reason": .string($0.reason)] }),
        ])
    }
}

extension Redecoding.Finding {
    fileprivate func members(isRevealed: Bool) -> Verbatim {
        var differences: [EventDifference] = []
        let word: String
        switch verdict {
        case .unchanged: word = "unchanged"
        case .changed(let all): (word, differences) = ("changed", all)
        case .new: word = "new"
        case .gone: word = "gone"
        }
        let shown = { (value: String?) -> Verbatim in
            value.map { .string(isRevealed ? $0 : Mask.word) } ?? .null
        }
        return [
            "id": .string(id.description), "type": .string(type), "verdict": .string(word),
            "differences": .array(
                differences.map {
                    ["path": .string($0.path), "before": shown($0.before), "after": shown($0.after)]
                }),
        ]
    }
}
