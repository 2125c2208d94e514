// swift-tools-version: 6.2
import PackageDescription

/// What every room is built with: the strictest the compiler offers.
let house: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
]

/// Tests call C and read files as they need to; only the rooms are held to memory safety by the compiler.
let tests: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "mogate",
    products: [
        .executable(name: "mogate", targets: ["mogate"]),
        // What is pure: for Tests/Fuzz, which is a package of its own.
        .library(name: "Reading", targets: ["Model", "Wire", "Providers", "Casebook", "JSONJudge"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        .systemLibrary(
            name: "CEvent", pkgConfig: "libevent_openssl libevent", providers: [.apt(["libevent-dev"])]),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CNATS", pkgConfig: "libnats", providers: [.apt(["libnats-dev"])]),
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),

        .target(name: "CPages", dependencies: ["CSQLite"]),

        .target(name: "Model", exclude: ["README.md"], swiftSettings: house),
        .target(name: "Wire", dependencies: ["COpenSSL"], swiftSettings: house),
        .target(
            name: "Providers", dependencies: ["Model", "Wire"], exclude: ["README.md"], swiftSettings: house),
        .target(name: "Casebook", dependencies: ["Model", "Wire", "Providers"], swiftSettings: house),
        .target(name: "Threads", dependencies: ["CEvent"], swiftSettings: house),
        .target(name: "NATS", dependencies: ["Model", "Wire", "Threads", "CNATS"], swiftSettings: house),
        .target(
            name: "Journal", dependencies: ["Model", "Wire", "Threads", "NATS", "CSQLite", "CPages"],
            swiftSettings: house),
        .target(name: "Sinks", dependencies: ["Model", "Wire", "Threads", "NATS", "CCurl"], swiftSettings: house),
        .target(name: "Front", dependencies: ["Model", "Wire", "Threads", "CEvent", "COpenSSL"], swiftSettings: house),
        .target(name: "Page", resources: [.embedInCode("Files")], swiftSettings: house),
        .target(
            name: "Gateway",
            dependencies: [
                "Model", "Wire", "Providers", "Threads", "NATS", "Journal", "Sinks", "Front", "Page",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: house),
        .executableTarget(
            name: "mogate",
            dependencies: [
                "Model", "Wire", "Providers", "Casebook", "Threads", "Journal", "Sinks", "Front", "Gateway",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            exclude: ["README.md"],
            swiftSettings: house),

        .target(name: "FolderKit", path: "Tests/FolderKit", swiftSettings: tests),
        .testTarget(name: "ModelTests", dependencies: ["Model"], swiftSettings: tests),
        .systemLibrary(
            name: "CJansson", path: "Tests/CJansson", pkgConfig: "jansson", providers: [.apt(["libjansson-dev"])]),
        .target(
            name: "JSONJudge", dependencies: ["Wire", "CJansson"], path: "Tests/JSONJudge", swiftSettings: tests),
        .testTarget(name: "WireTests", dependencies: ["Wire", "JSONJudge"], swiftSettings: tests),
        .testTarget(
            name: "ProviderTests", dependencies: ["Providers", "Model", "Wire", "Casebook"], swiftSettings: tests),
        .target(name: "NATSKit", dependencies: ["Model", "Wire", "NATS"], path: "Tests/NATSKit", swiftSettings: tests),
        .testTarget(name: "NATSTests", dependencies: ["NATS", "NATSKit", "Model", "Wire"], swiftSettings: tests),
        .testTarget(
            name: "JournalTests",
            dependencies: ["Journal", "Model", "Wire", "Threads", "NATS", "NATSKit", "FolderKit", "CSQLite", "CPages"],
            swiftSettings: tests
        ),
        .testTarget(
            name: "SinkTests",
            dependencies: ["Sinks", "Model", "Wire", "Threads", "NATS", "NATSKit", "FolderKit", "CCurl"],
            swiftSettings: tests),
        .testTarget(name: "FrontTests", dependencies: ["Front", "Model", "Wire", "Threads"], swiftSettings: tests),
        .testTarget(
            name: "GatewayTests",
            dependencies: [
                "Gateway", "Model", "Wire", "Providers", "Threads", "NATS", "NATSKit", "Journal", "Sinks", "Front",
                "Casebook", "FolderKit", "mogate",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: tests),
        .testTarget(
            name: "CasebookTests", dependencies: ["Casebook", "Model", "Providers", "Wire", "FolderKit"],
            swiftSettings: tests),
        .testTarget(name: "HouseTests", swiftSettings: tests),
    ]
)
