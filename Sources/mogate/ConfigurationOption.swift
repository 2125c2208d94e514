import ArgumentParser
import Foundation
import Gateway

/// `--config`, which most commands know.
struct ConfigurationOption: ParsableArguments {
    @Option(name: .long, help: "The configuration file.")
    var config = "mogate.yaml"

    /// Reads and checks the file; says all that is wrong with it, and exits.
    func settings() throws -> Settings {
        do {
            return try Self.read(config)
        } catch let faults as SettingsFaults {
            for fault in faults.faults { Output.complaint("\(config): \(fault)") }
            throw Exit.configuration
        } catch {
            guard FileManager.default.fileExists(atPath: config) else {
                Output.complaint("there is no \(config) here: `mogate init` writes one, `--config` names another")
                throw Exit.noInput
            }
            Output.complaint("\(config): cannot be read")
            throw Exit.noInput
        }
    }

    /// Where the journal's file is; says so where there is none, and exits.
    /// - Parameter instead: what is to be done where the journal is a log.
    func journalPath(instead: String) throws -> String {
        let journal = try settings().journal
        guard journal.log == nil else {
            Output.complaint(
                "the journal is a NATS stream, and this command is for a journal that is a file: \(instead); see "
                    + "deploy/cluster/README.md")
            throw Exit.unavailable
        }
        return journal.path
    }

    /// - Throws: ``SettingsFaults``, or what the system says of the file.
    static func read(_ path: String) throws -> Settings {
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let environment = ProcessInfo.processInfo.environment
        return try SettingsFile(environment: environment, secrets: SecretStore(environment: environment)).read(text)
    }
}
