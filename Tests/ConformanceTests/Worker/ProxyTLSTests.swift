import Foundation
import NIOCore
import NIOSSL
import Testing

@testable import IdempotencyTesting
@testable import Harness

@Suite("E20 worker: TLS on either side", .timeLimit(.minutes(10)))
struct ProxyTLSTests {
  /// Gives a test two certificates of which neither vouches for the other.
  func withCertificates(_ body: (TestCertificate, TestCertificate) async throws -> Void) async throws {
    let root = "/tmp/proxy-tls-\(UInt32.random(in: 0...UInt32.max))"
    defer { try? FileManager.default.removeItem(atPath: root) }
    for name in ["one", "other"] {
      try FileManager.default.createDirectory(atPath: "\(root)/\(name)", withIntermediateDirectories: true)
    }
    try await body(
      try await TestCertificate.make(in: "\(root)/one"), try await TestCertificate.make(in: "\(root)/other"))
  }

  func client(trusts: TestCertificate, shows: TestCertificate? = nil) throws -> NIOSSLContext {
    var tls = TLSConfiguration.makeClientConfiguration()
    tls.trustRoots = .file(trusts.certificatePath)
    if let shows {
      tls.certificateChain = [.certificate(try NIOSSLCertificate.fromPEMFile(shows.certificatePath)[0])]
      tls.privateKey = .privateKey(try NIOSSLPrivateKey(file: shows.keyPath, format: .pem))
    }
    return try NIOSSLContext(configuration: tls)
  }

  func server(_ certificate: TestCertificate, trusts: TestCertificate? = nil) throws -> NIOSSLContext {
    var tls = TLSConfiguration.makeServerConfiguration(
      certificateChain: [.certificate(try NIOSSLCertificate.fromPEMFile(certificate.certificatePath)[0])],
      privateKey: .privateKey(try NIOSSLPrivateKey(file: certificate.keyPath, format: .pem)))
    if let trusts {
      tls.trustRoots = .file(trusts.certificatePath)
      tls.certificateVerification = .noHostnameVerification
    }
    return try NIOSSLContext(configuration: tls)
  }

  static func listener(_ certificate: TestCertificate) -> [String] {
    ["--tls-certificate-file", certificate.certificatePath, "--tls-key-file", certificate.keyPath]
  }

  @Test("clients over TLS: whole answers, also where the connection ends with them")
  func tlsListener() async throws {
    let body = String(repeating: "x", count: 1_000_000)
    try await withCertificates { one, _ in
      try await ProxyWorker.run(flags: Self.listener(one), answers: { _ in .answer(200, body) }) { worker in
        for request in [
          String.guarded(), .guarded(fields: ["Connection: close"]), .request(), .request(version: "HTTP/1.0"),
        ] {
          let wire = try await worker.open(tls: try client(trusts: one))
          try await wire.send(request)
          #expect(try await wire.answer().text == body)
          await wire.close()
        }
        #expect(try worker.origin.requests.allSatisfy { $0["X-Forwarded-Proto"] == "https" })
        #expect(try worker.origin.requests.allSatisfy { $0["Forwarded"]?.contains("proto=https") ?? false })
        // Plain text, or nothing of TLS at all, ends a connection and nothing else.
        let plain = try await worker.open()
        await plain.offer(Array(String.request().utf8))
        await plain.ended()
        let good = try await worker.open(tls: try client(trusts: one))
        try await good.send("GET /x\0 HTTP/1.1\r\n\r\n")
        #expect(try await good.answer().status == 400)
        #expect(await good.ended() == .closed)
        #expect(try worker.origin.requests.count == 4)
      }
    }
  }

  @Test("a half answer over TLS is not said to be whole")
  func brokenAnswer() async throws {
    try await withCertificates { one, _ in
      try await ProxyWorker.run(
        flags: Self.listener(one),
        script: { wire, _ in
          _ = try await wire.request()
          try await wire.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n")
        }
      ) { worker in
        let wire = try await worker.open(tls: try client(trusts: one))
        try await wire.send(.request(version: "HTTP/1.0"))
        #expect(await wire.ended() == .broken)
      }
    }
  }

  @Test("a listener that asks for client certificates serves those who have one")
  func clientCertificates() async throws {
    try await withCertificates { one, other in
      let flags = Self.listener(one) + ["--tls-client-ca-file", other.certificatePath]
      try await ProxyWorker.run(flags: flags) { worker in
        let known = try await worker.open(tls: try client(trusts: one, shows: other))
        try await known.send(.request())
        #expect(try await known.answer().status == 200)
        await known.close()
        for context in [try client(trusts: one), try client(trusts: one, shows: one)] {
          let unknown = try await worker.open(tls: context)
          await unknown.offer(Array(String.request().utf8))
          await unknown.ended()
          #expect(unknown.received.isEmpty)
        }
        #expect(try worker.origin.requests.count == 1)
      }
    }
  }

  @Test("an origin over TLS, its certificate verified")
  func tlsOrigin() async throws {
    try await withCertificates { one, other in
      let cases: [(flags: [String], isReached: Bool)] = [
        (["--origin-tls-ca-file", one.certificatePath], true),
        (["--origin-tls-ca-file", other.certificatePath], false),
        (["--origin-tls-verify", "false"], true),
      ]
      for (flags, isReached) in cases {
        var options = ProxyWorker.Options(flags: flags)
        options.originScheme = "https"
        try await ProxyWorker.run(try await RawOrigin.start(tls: try server(one)), options) { worker in
          try await worker.connection { wire in
            for _ in 1...3 {
              try await wire.send(.guarded())
              let answer = try await wire.answer()
              #expect(answer.status == (isReached ? 200 : 502))
              #expect(answer.label == (isReached ? "executed" : "released"))
            }
          }
          #expect(try worker.origin.requests.count == (isReached ? 3 : 0))
          if isReached { #expect(worker.origin.connections.count == 1) }
        }
      }
    }
  }

  @Test("an origin that asks for a certificate gets the worker's")
  func originAsks() async throws {
    try await withCertificates { one, other in
      let trust = ["--origin-tls-ca-file", one.certificatePath]
      let show = ["--origin-tls-certificate-file", other.certificatePath, "--origin-tls-key-file", other.keyPath]
      for flags in [trust, trust + show] {
        var options = ProxyWorker.Options(flags: flags)
        options.originScheme = "https"
        let origin = try await RawOrigin.start(tls: try server(one, trusts: other))
        try await ProxyWorker.run(origin, options) { worker in
          let answer = try await worker.send(.request())
          #expect(answer.status == (flags.count > 2 ? 200 : 502))
        }
      }
    }
  }

  @Test("an origin whose TLS never gets ready was not reached")
  func mute() async throws {
    var options = ProxyWorker.Options(flags: [
      "--origin-tls-verify", "false", "--origin-connections-connect-timeout", "200ms",
    ])
    options.originScheme = "https"
    try await ProxyWorker.run(try await RawOrigin.start { wire, _ in await wire.ended() }, options) { worker in
      let answer = try await worker.send(.guarded())
      #expect(answer.status == 502 && answer.label == "released")
    }
  }

  @Test("over TLS an answer without a length is whole only if its end was said")
  func untilClose() async throws {
    try await withCertificates { one, _ in
      var options = ProxyWorker.Options(flags: ["--origin-tls-ca-file", one.certificatePath])
      options.originScheme = "https"
      let origin = try await RawOrigin.start(tls: try server(one)) { wire, _ in
        guard let request = try await wire.request() else { return }
        try await wire.send("HTTP/1.1 200 OK\r\n\r\nbody")
        if request["X-Cut"] != nil { await wire.reset() }
      }
      try await ProxyWorker.run(origin, options) { worker in
        let whole = try await worker.send(.guarded())
        #expect(whole.status == 200 && whole.text == "body")
        let half = try await worker.send(.guarded(fields: ["X-Cut: 1"]))
        // NIOSSL's close says the end of TLS even where the socket is reset behind it.
        #expect(half.label == "uncertain" || half.text == "body")
      }
    }
  }

  // MARK: W11

  /// Gives a test a certificate of this kind of key.
  func withCertificate(_ key: TestCertificate.Key, _ body: (TestCertificate) async throws -> Void) async throws {
    let directory = "/tmp/proxy-tls-\(UInt32.random(in: 0...UInt32.max))"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    try await body(try await TestCertificate.make(in: directory, key: key))
  }

  /// Shakes hands as `openssl s_client` does.
  func handshake(_ worker: ProxyWorker, _ arguments: [String]) async throws -> (isDone: Bool, output: String) {
    let openssl = try #require(ChildProcess.find("openssl"), "openssl is not on PATH")
    let port = try #require(worker.address.port)
    let client = try await ServerProcess.start(
      openssl, ["s_client", "-brief", "-connect", "127.0.0.1:\(port)"] + arguments)
    await client.ended()
    return (client.exitStatus == 0, client.output)
  }

  @Test(
    "W11 of TLS 1.2 suites with forward secrecy alone, for either kind of certificate",
    arguments: TestCertificate.Key.allCases)
  func forwardSecrecy(key: TestCertificate.Key) async throws {
    try await withCertificate(key) { certificate in
      try await ProxyWorker.run(flags: Self.listener(certificate)) { worker in
        let suites = ["AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305"]
        for suite in suites.map({ "ECDHE-\(key.rawValue.uppercased())-\($0)" }) {
          let (isDone, output) = try await handshake(worker, ["-tls1_2", "-cipher", suite])
          #expect(isDone && output.contains("Ciphersuite: \(suite)"), "\(suite): \(output)")
        }
        #expect(try await handshake(worker, ["-tls1_3"]).isDone)
        // Three without forward secrecy, which a certificate of RSA could serve, and one that is not of one step.
        let others = ["AES128-GCM-SHA256", "AES256-GCM-SHA384", "AES128-SHA"]
        for suite in others + ["ECDHE-\(key.rawValue.uppercased())-AES128-SHA"] {
          let (isDone, output) = try await handshake(worker, ["-tls1_2", "-cipher", suite])
          #expect(!isDone && output.contains("alert handshake failure"), "\(suite): \(output)")
        }
        #expect(try await !handshake(worker, ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"]).isDone)
      }
    }
  }

  @Test("W11 an origin without forward secrecy is not reached", arguments: [true, false])
  func originForwardSecrecy(hasIt: Bool) async throws {
    try await withCertificate(.rsa) { certificate in
      var tls = TLSConfiguration.makeServerConfiguration(
        certificateChain: [.certificate(try NIOSSLCertificate.fromPEMFile(certificate.certificatePath)[0])],
        privateKey: .privateKey(try NIOSSLPrivateKey(file: certificate.keyPath, format: .pem)))
      tls.maximumTLSVersion = .tlsv12
      tls.cipherSuiteValues = [hasIt ? .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 : .TLS_RSA_WITH_AES_128_GCM_SHA256]
      var options = ProxyWorker.Options(flags: ["--origin-tls-ca-file", certificate.certificatePath])
      options.originScheme = "https"
      let origin = try await RawOrigin.start(tls: try NIOSSLContext(configuration: tls))
      try await ProxyWorker.run(origin, options) { worker in
        let answer = try await worker.send(.guarded())
        #expect(answer.status == (hasIt ? 200 : 502) && answer.label == (hasIt ? "executed" : "released"))
      }
    }
  }
}
