import Foundation
import FoundationNetworking

extension URLSession {
    /// What asks servers for the commands. It goes by no proxy, since none is known any more: see ``Mogate/main()``. What it
    /// is told it keeps in memory only.
    static let direct = URLSession(configuration: .ephemeral)
}
