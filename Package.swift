// swift-tools-version: 6.1
import PackageDescription

let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioConcurrency = Target.Dependency.product(name: "NIOConcurrencyHelpers", package: "swift-nio")
let nioFoundation = Target.Dependency.product(name: "NIOFoundationCompat", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioTLS = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let deque = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let heap = Target.Dependency.product(name: "HeapModule", package: "swift-collections")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let metrics = Target.Dependency.product(name: "Metrics", package: "swift-metrics")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let asyncHTTPClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")

// On Linux the library stands where compiler and linker look anyway, and its flags only draw a warning from SwiftPM.
#if os(Linux)
  let pkgConfig: String? = nil
#else
  let pkgConfig: String? = "hiredis"
#endif

let package = Package(
  name: "swift-idempotency",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "HiredisNIO", targets: ["HiredisNIO"]),
    .library(name: "Idempotency", targets: ["Idempotency"]),
    .library(name: "IdempotencyRedis", targets: ["IdempotencyRedis"]),
    .library(name: "HummingbirdIdempotency", targets: ["HummingbirdIdempotency"]),
    .library(name: "IdempotencyTesting", targets: ["IdempotencyTesting"]),
    .executable(name: "idempotency-worker", targets: ["IdempotencyWorker"]),
    .executable(name: "wallet-example", targets: ["WalletExample"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0"),
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-http-structured-headers", from: "1.7.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: ["CommandLineArguments"]),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
    .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.0"),
    .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
  ],
  targets: [
    .systemLibrary(name: "CHiredis", pkgConfig: pkgConfig, providers: [.apt(["libhiredis-dev"]), .brew(["hiredis"])]),
    .target(
      name: "HiredisNIO",
      dependencies: [
        "CHiredis", nioCore, nioPosix, nioConcurrency, nioTLS, nioSSL, crypto, deque, lifecycle, logging,
      ],
      swiftSettings: settings),
    .target(
      name: "Idempotency",
      dependencies: [
        nioCore, nioConcurrency, nioFoundation, crypto, deque, heap, lifecycle, logging,
        .product(name: "RawStructuredFieldValues", package: "swift-http-structured-headers"),
      ],
      swiftSettings: settings),
    .target(
      name: "IdempotencyRedis",
      dependencies: [
        "Idempotency", "HiredisNIO", nioCore, nioPosix, nioConcurrency, deque, lifecycle, logging,
      ],
      resources: [.embedInCode("Scripts")],
      swiftSettings: settings),
    .target(
      name: "HummingbirdIdempotency",
      dependencies: ["Idempotency", hummingbird, httpTypes, nioCore, nioConcurrency, lifecycle, logging, metrics],
      swiftSettings: settings),
    .executableTarget(
      name: "IdempotencyWorker",
      dependencies: [
        "Idempotency", "IdempotencyRedis", "HiredisNIO", nioCore, nioPosix, nioConcurrency, nioTLS, nioSSL,
        crypto, deque, heap, lifecycle, logging, metrics, hummingbird, httpTypes,
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
        .product(name: "Configuration", package: "swift-configuration"),
        .product(name: "Yams", package: "Yams"),
        .product(name: "JWTKit", package: "jwt-kit"),
      ],
      swiftSettings: settings),
    .executableTarget(
      name: "WalletExample",
      dependencies: [
        "Idempotency", "IdempotencyRedis", "HummingbirdIdempotency", "HiredisNIO", hummingbird, httpTypes, arguments,
        crypto, lifecycle, logging, nioCore, nioPosix,
      ],
      swiftSettings: settings),
    .target(
      name: "IdempotencyTesting",
      dependencies: [
        "Idempotency", "IdempotencyRedis", "HiredisNIO", nioCore, nioPosix, nioConcurrency, nioTLS, nioSSL, deque, logging,
      ],
      swiftSettings: settings),
    .executableTarget(
      name: "benchmarks",
      dependencies: [
        "CAllocationCounter", "HiredisNIO", "Idempotency", "IdempotencyRedis", "IdempotencyTesting", arguments, nioCore,
        nioPosix, nioHTTP1, lifecycle, logging, .product(name: "Histogram", package: "hdrhistogram-swift"),
      ],
      path: "benchmarks",
      exclude: ["CAllocationCounter", "results"],
      resources: [.embedInCode("Peers/Nginx"), .embedInCode("Peers/Python")],
      swiftSettings: settings),
    // Takes the place of the C library's allocation functions in whatever links it: of the benchmarks only.
    .target(name: "CAllocationCounter", path: "benchmarks/CAllocationCounter"),
    .target(name: "ThreadSanitizerSuppressions", path: "Tests/ThreadSanitizerSuppressions"),
    .testTarget(
      name: "HiredisNIOTests",
      dependencies: [
        "ThreadSanitizerSuppressions", "HiredisNIO", "IdempotencyTesting", nioCore, nioPosix, nioConcurrency, nioTLS, nioSSL, deque, logging,
        .product(name: "NIOEmbedded", package: "swift-nio"),
      ],
      swiftSettings: settings),
    .testTarget(
      name: "IdempotencyTests",
      dependencies: ["Idempotency", "IdempotencyTesting", nioCore, nioPosix, nioConcurrency, lifecycle, logging],
      swiftSettings: settings),
    .testTarget(
      name: "IdempotencyRedisTests",
      dependencies: [
        "IdempotencyRedis", "Idempotency", "HiredisNIO", "IdempotencyTesting", nioCore, nioPosix, nioConcurrency,
        logging, .product(name: "NIOEmbedded", package: "swift-nio"),
      ],
      swiftSettings: settings),
    .testTarget(
      name: "SimulationTests",
      dependencies: [
        "IdempotencyTesting", "Idempotency", "IdempotencyRedis", "HiredisNIO", nioCore, nioPosix, nioConcurrency, logging,
      ],
      swiftSettings: settings),
    .testTarget(
      name: "FuzzTests",
      dependencies: [
        "HiredisNIO", "Idempotency", "IdempotencyRedis", "IdempotencyTesting", "IdempotencyWorker", nioCore, nioPosix,
        logging,
      ],
      swiftSettings: settings),
    .testTarget(
      name: "WalletExampleTests",
      dependencies: [
        "WalletExample", "Idempotency", hummingbird, httpTypes, nioCore,
        .product(name: "HummingbirdTesting", package: "hummingbird"),
      ],
      swiftSettings: settings),
    .testTarget(
      name: "HummingbirdIdempotencyTests",
      dependencies: [
        "HummingbirdIdempotency", "Idempotency", "IdempotencyTesting", hummingbird, httpTypes, lifecycle, logging,
        nioCore, nioPosix, nioConcurrency,
        .product(name: "HummingbirdTesting", package: "hummingbird"),
      ],
      swiftSettings: settings),
    .testTarget(
      name: "IdempotencyWorkerTests",
      dependencies: [
        "IdempotencyWorker", "Idempotency", "IdempotencyTesting", hummingbird, httpTypes, crypto, logging, metrics,
        nioCore, nioPosix, nioHTTP1, nioConcurrency, nioSSL, lifecycle,
        .product(name: "NIOEmbedded", package: "swift-nio"),
        .product(name: "HummingbirdTesting", package: "hummingbird"),
        .product(name: "JWTKit", package: "jwt-kit"),
        .product(name: "CryptoExtras", package: "swift-crypto"),
      ],
      swiftSettings: settings),
    // Nodes, origins and clients for the tests that need real ones; no tests of its own.
    .testTarget(
      name: "Harness",
      dependencies: [
        "WalletExample", "IdempotencyWorker", "Idempotency", "HummingbirdIdempotency", "IdempotencyRedis",
        "IdempotencyTesting", "HiredisNIO", crypto, hummingbird, httpTypes, asyncHTTPClient, lifecycle, logging, metrics,
        nioCore, nioPosix, nioHTTP1,
        .product(name: "MetricsTestKit", package: "swift-metrics"),
      ],
      swiftSettings: settings),
    .testTarget(
      name: "ConformanceTests",
      dependencies: [
        "Harness", "WalletExample", "IdempotencyWorker", "Idempotency", "HummingbirdIdempotency", "IdempotencyRedis",
        "IdempotencyTesting", "HiredisNIO", crypto, hummingbird, httpTypes, asyncHTTPClient, lifecycle, logging, metrics,
        nioCore, nioPosix, nioHTTP1, nioSSL,
        .product(name: "MetricsTestKit", package: "swift-metrics"),
      ],
      swiftSettings: settings),
    .testTarget(
      name: "ChaosTests",
      dependencies: [
        "Harness", "IdempotencyWorker", "Idempotency", "IdempotencyRedis", "IdempotencyTesting", "HiredisNIO", nioCore,
        nioPosix, logging,
      ],
      swiftSettings: settings),
  ]
)
