import FolderKit
import Foundation
import Testing

@testable import Gateway

/// Goal: what is in `deploy` is what the programs that read it take.
struct DeployTests {
    private static let deploy = Repository.root.appending(path: "deploy")

    @Test(arguments: ["mogate.yaml", "cluster.yaml"])
    func kubernetesTakesItsManifests(_ name: String) throws {
        let process = try Python.process(at: Repository.root.appending(path: ".build/venv/bin/kubernetes-validate"))
        process.arguments? += ["--strict", "-k", "1.31", Self.deploy.appending(path: "kubernetes/\(name)").path]
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }

    @Test(arguments: ["container/compose.yaml", "cluster/compose.yaml"])
    func composeTakesItsFiles(_ name: String) throws {
        let process = try Python.process(at: Repository.root.appending(path: ".build/venv/bin/check-jsonschema"))
        process.arguments? += ["--builtin-schema", "vendor.compose-spec", Self.deploy.appending(path: name).path]
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }

    /// The secrets lie elsewhere here than where the configurations say; all else must be right.
    @Test(arguments: ["mogate.yaml", "container/mogate.yaml", "cluster/mogate.yaml"])
    func theConfigurationsAreFaultless(_ name: String) throws {
        let text = try String(contentsOf: Self.deploy.appending(path: name), encoding: .utf8)
            .replacing("file:/run/secrets/mta", with: "env:MTA_SECRET")
            .replacing("file:/run/secrets/telesign", with: "env:TELESIGN_KEY")
        let file = SettingsFile(environment: [:], secrets: SecretStore(environment: RunningMogate.secrets))
        let settings = try file.read(text)
        #expect(settings.sources.count == 2 && settings.sinks.count == 1)
    }

    @Test(arguments: ["install.sh", "manual", "debian/build", "debian/postinst", "debian/prerm"])
    func theScriptsAreScripts(_ name: String) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/bash")
        process.arguments = ["-n", Self.deploy.appending(path: name).path]
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }
}
