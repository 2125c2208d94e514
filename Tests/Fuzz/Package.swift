// swift-tools-version: 6.2
import PackageDescription

/// As the tests are built. libFuzzer brings the `main` and asks for ours under another name, so no file may be one.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
    .unsafeFlags(["-parse-as-library"]),
]

/// A package of its own, because only a build with `-sanitize=fuzzer` can link it: see `run`.
let package = Package(
    name: "fuzz",
    dependencies: [
        .package(name: "mogate", path: "../..")
    ],
    targets: [
        .systemLibrary(name: "CFuzzer"),
        .target(
            name: "Harness", dependencies: ["CFuzzer", .product(name: "Reading", package: "mogate")],
            swiftSettings: settings),
        .executableTarget(name: "fuzz-telesign", dependencies: ["Harness"], swiftSettings: settings),
        .executableTarget(name: "fuzz-mobile-text-alerts", dependencies: ["Harness"], swiftSettings: settings),
        .executableTarget(name: "fuzz-json", dependencies: ["Harness"], swiftSettings: settings),
        .executableTarget(name: "fuzz-answers", dependencies: ["Harness"], swiftSettings: settings),
        .executableTarget(name: "fuzz-reader", dependencies: ["Harness"], swiftSettings: settings),
    ]
)
