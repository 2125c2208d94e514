@testable import Gateway

/// What a configuration as text comes to.
enum SettingsText {
    static func read(_ text: String, _ environment: [String: String] = [:]) throws -> Settings {
        try SettingsFile(environment: environment, secrets: SecretStore(environment: environment)).read(text)
    }

    /// Everything that is wrong with it, a line each; empty where nothing is.
    static func faults(_ text: String, _ environment: [String: String] = [:]) -> String {
        do {
            _ = try read(text, environment)
            return ""
        } catch {
            return "\(error)"
        }
    }
}
