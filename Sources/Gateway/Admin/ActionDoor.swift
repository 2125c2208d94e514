internal import Foundation
internal import Model
internal import Wire

/// Takes actions that are posted to the admin address, by whoever can read the token beside the journal.
struct ActionDoor: Sendable {
    static let pathStart = "/api/v1/"

    /// Every action there is.
    static let actions: [any Action.Type] = [
        EraseAction.self, RedecodeAction.self, ReplayAction.self, ResumeAction.self,
    ]

    let token: [UInt8]
    let context: ActionContext
    let report: @Sendable (Report) -> Void

    /// Whether a path is that of an action, by whatever method it is asked for.
    static func isAction(_ path: String) -> Bool {
        path.hasPrefix(pathStart) && actions.contains { $0.name == path.dropFirst(pathStart.count) }
    }

    nonisolated(nonsending) func answer(_ request: Webhook) async -> Reply {
        guard isAuthentic(request) else {
            report(.actionForged(peer: request.peer))
            return .failure(401, "unauthorized", headers: [.init(name: "WWW-Authenticate", value: "Bearer")])
        }
        let name = request.path.dropFirst(Self.pathStart.count)
        guard let action = Self.actions.first(where: { $0.name == name }) else { return .failure(404, "not found") }
        guard request.method == "POST" else {
            return .failure(405, "method not allowed", headers: [.init(name: "Allow", value: "POST")])
        }
        do throws(ActionFault) {
            let outcome = try await perform(action, request.body)
            report(.acted(action: action.name, peer: request.peer))
            return Reply(status: 200, contentType: "application/json", body: outcome)
        } catch {
            report(.actionFailed(action: action.name, why: error.description))
            let body: Verbatim = ["error": .string(error.description)]
            return Reply(status: error.status, contentType: "application/json", body: body.json)
        }
    }

    /// Whether the request carries the token; told in a time that says nothing about how much of it was right.
    func isAuthentic(_ request: Webhook) -> Bool {
        guard let field = request.headers.sole("Authorization") else { return false }
        let scheme = "Bearer "
        return field.hasPrefix(scheme) && Digest.matches(Array(field.utf8.dropFirst(scheme.utf8.count)), token)
    }

    private nonisolated(nonsending) func perform<Work: Action>(
        _ action: Work.Type, _ body: [UInt8]
    ) async throws(ActionFault) -> [UInt8] {
        let outcome = try await Work.read(body).perform(in: context)
        do { return [UInt8](try JSONEncoder().encode(outcome)) } catch {
            throw .refused("it was done, but what came of it cannot be told")
        }
    }
}
