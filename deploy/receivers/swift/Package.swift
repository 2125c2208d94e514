// swift-tools-version: 6.0
import PackageDescription

let package = Package(
    name: "receiver",
    platforms: [.macOS(.v13)],
    products: [.library(name: "EventReceiver", targets: ["EventReceiver"])],
    dependencies: [.package(url: "https://github.com/apple/swift-crypto", from: "3.0.0")],
    targets: [
        .target(
            name: "EventReceiver", dependencies: [.product(name: "Crypto", package: "swift-crypto")], path: "Sources")
    ]
)
