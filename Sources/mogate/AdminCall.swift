import Foundation
import FoundationNetworking
import Gateway
import Journal
import Model

extension JournalOption {
    /// Has an action performed by the server that holds the journal, or here where none does; what fails is said, and the
    /// command exits.
    func perform<Work: Action>(_ action: Work) async throws -> Work.Outcome {
        let place = try place
        do throws(ActionFault) {
            if case .file(let path) = place, SQLiteJournal.isHeld(at: path) {
                return try await AdminCall(to: path).post(action)
            }
            return try await performHere(action, at: place)
        } catch .refused(let why) {
            Output.complaint(why)
            throw Exit.dataError
        } catch .journal(.unusable(let reason)) {
            Output.complaint(reason)
            throw Exit.unavailable
        } catch {
            Output.complaint("\(place): \(error)")
            throw Exit.ioError
        }
    }

    private func performHere<Work: Action>(_ action: Work, at place: Place) async throws(ActionFault) -> Work.Outcome {
        let context: ActionContext
        do throws(JournalError) {
            switch place {
            case .file(let path): context = try ActionContext.open(at: path, contextConfiguration)
            case .log(let log): context = try await ActionContext.open(log, contextConfiguration)
            }
        } catch {
            throw .journal(error)
        }
        do throws(ActionFault) {
            let outcome = try await context.perform(action)
            await context.close()
            return outcome
        } catch {
            await context.close()
            throw error
        }
    }
}

/// A call to the server that holds a journal.
private struct AdminCall {
    /// An action may go through the whole journal.
    private static let patienceSeconds: TimeInterval = 86_400

    let path: String

    init(to path: String) {
        self.path = path
    }

    func post<Work: Action>(_ action: Work) async throws(ActionFault) -> Work.Outcome {
        guard let ticket = AdminTicket(ofJournal: path), let url = URL(string: ticket.url(of: Work.name)) else {
            throw .journal(
                .unusable(
                    "\(path) is in use by a process that takes no actions: give its configuration an `admin` address"))
        }
        var request = URLRequest(url: url, timeoutInterval: Self.patienceSeconds)
        request.httpMethod = "POST"
        request.setValue("Bearer \(ticket.token)", forHTTPHeaderField: "Authorization")
        request.setValue("application/json", forHTTPHeaderField: "Content-Type")
        do {
            request.httpBody = try JSONEncoder().encode(action)
            let (data, response) = try await URLSession.direct.data(for: request)
            let status = (response as? HTTPURLResponse)?.statusCode ?? 0
            guard status == 200 else { throw Self.fault(in: data, status: status) }
            return try JSONDecoder().decode(Work.Outcome.self, from: data)
        } catch let fault as ActionFault {
            throw fault
        } catch {
            throw .journal(.unusable("the server that holds \(path) is out of reach at \(ticket.url)"))
        }
    }

    private static func fault(in data: Data, status: Int) -> ActionFault {
        let answer = try? JSONDecoder().decode([String: String].self, from: data)
        let words = answer?["error"] ?? "the server refused it"
        return status == 503 ? .journal(.unusable(words)) : .refused(words)
    }
}
